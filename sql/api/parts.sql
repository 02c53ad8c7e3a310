-- Uploads into a bucket: their parts that are safe there, and which node goes on
-- with one. What is said here of an upload holds for all of them.

-- A node that was not heard of for so long is gone, and another may take over.
create or replace function api.turn_lease() returns interval
language sql immutable as $$ select interval '15 seconds' $$;


-- How far an upload is in the bucket: `parts` hold its first `safe` bytes, and
-- `digest` is how far SHA-256 is behind them; `tail` bytes more are beside.
create or replace function api.stored_object(u sluice.uploads) returns jsonb
language sql stable as $$
    select jsonb_build_object(
        'multipart', u.multipart, 'turn', u.turn, 'parts', count(p.number),
        'safe', coalesce(sum(p.bytes), 0), 'tail', u.tail, 'whole', u.whole,
        'digest', encode(u.digest, 'hex'),
        'tail_sha256', encode(u.tail_sha256, 'hex'))
    from sluice.parts p where p.upload = u.id;
$$;


-- The upload is this node's from now on: `mine` says that it was before, too,
-- so that what its disk has counts. While another one is at it, `held`; and when
-- it is `whole`, since then nobody is to be. When another one has brought it to
-- its end meanwhile, `done`.
create or replace function api.take_upload(actor uuid, args jsonb,
                                           out status integer, out body jsonb)
language plpgsql as $$
declare
    u sluice.uploads;
    who constant uuid := args->>'node';
    mine boolean;
begin
    select * into u from sluice.uploads
    where id = (args->>'id')::uuid and owner = actor and state = 'open'
      and multipart is not null
    for update;

    if not found then
        perform from sluice.uploads
        where id = (args->>'id')::uuid and owner = actor and state = 'done';

        if found then
            status := 200;
            body := jsonb_build_object('done', true);
        else
            select * into status, body from api.refuse('not-found');
        end if;
        return;
    end if;

    mine := u.node is not distinct from who;

    if u.whole or (not mine and u.turn_until > now()) then
        status := 200;
        body := api.stored_object(u) || jsonb_build_object('held', true);
        return;
    end if;

    update sluice.uploads
    set node = who, turn = turn + 1,
        turn_until = now() + api.turn_lease()
    where id = u.id returning * into u;

    status := 200;
    body := api.stored_object(u)
            || jsonb_build_object('held', false, 'mine', mine);
end;
$$;


-- The upload, locked, if it is this node's turn yet.
create or replace function api.my_turn(actor uuid, args jsonb)
returns sluice.uploads
language plpgsql as $$
declare
    u sluice.uploads;
begin
    select * into u from sluice.uploads
    where id = (args->>'id')::uuid and owner = actor and state <> 'done'
      and multipart is not null and node = (args->>'node')::uuid
      and turn = (args->>'turn')::bigint
    for update;
    return u;
end;
$$;


-- Nobody waits for it: that a server forgets is a lease that ends early.
create or replace function api.renew_turn(actor uuid, args jsonb,
                                          out status integer, out body jsonb)
language plpgsql as $$
declare
    u sluice.uploads;
begin
    perform set_config('synchronous_commit', 'off', true);
    u := api.my_turn(actor, args);
    update sluice.uploads
    set turn_until = case when args ? 'over' then null
                          else now() + api.turn_lease() end
    where id = u.id and turn_until is not null;
    status := 204;
end;
$$;


-- S3 has begun an upload in parts for it; `multipart` in the answer is the one
-- that counts.
create or replace function api.begin_parts(actor uuid, args jsonb,
                                           out status integer, out body jsonb)
language plpgsql as $$
declare
    u sluice.uploads;
begin
    u := api.my_turn(actor, args);

    if u.id is null then
        select * into status, body from api.refuse('upload-locked');
        return;
    end if;

    update sluice.uploads set multipart = args->>'multipart'
    where id = u.id and multipart = '' returning * into u;

    if not found then
        select * into status, body from api.refuse('upload-locked');
        return;
    end if;

    status := 200;
    body := api.stored_object(u);
end;
$$;


-- One more part is in the bucket, behind those that were.
create or replace function api.add_part(actor uuid, args jsonb,
                                        out status integer, out body jsonb)
language plpgsql as $$
declare
    u sluice.uploads;
    had constant integer := (select count(*) from sluice.parts
                             where upload = (args->>'id')::uuid);
begin
    u := api.my_turn(actor, args);

    if u.id is null or (args->>'number')::integer <> had + 1 then
        select * into status, body from api.refuse('upload-locked');
        return;
    end if;

    insert into sluice.parts (upload, number, bytes, etag, sha256)
    values (u.id, (args->>'number')::integer, (args->>'bytes')::bigint,
            args->>'etag', decode(args->>'sha256', 'hex'));

    update sluice.uploads
    set digest = decode(args->>'digest', 'hex'), tail = 0, tail_sha256 = null
    where id = u.id;

    status := 204;
end;
$$;


-- So many bytes behind the parts are in the bucket, too: another node may go on.
-- What the parts have overtaken meanwhile is none.
create or replace function api.set_tail(actor uuid, args jsonb,
                                        out status integer, out body jsonb)
language plpgsql as $$
declare
    u sluice.uploads;
begin
    u := api.my_turn(actor, args);

    if u.id is null or (args->>'parts')::bigint <> (
           select count(*) from sluice.parts where upload = u.id) then
        select * into status, body from api.refuse('upload-locked');
        return;
    end if;

    update sluice.uploads
    set tail = (args->>'tail')::bigint, turn_until = null,
        tail_sha256 = decode(args->>'sha256', 'hex')
    where id = u.id;

    status := 204;
end;
$$;


-- All of it is in the bucket as one file, though no media file comes of it yet:
-- `digest` is how far SHA-256 is behind it.
create or replace function api.whole_upload(actor uuid, args jsonb,
                                            out status integer, out body jsonb)
language plpgsql as $$
declare
    u sluice.uploads;
begin
    u := api.my_turn(actor, args);

    if u.id is null then
        select * into status, body from api.refuse('upload-locked');
        return;
    end if;

    update sluice.uploads
    set whole = true, digest = decode(args->>'digest', 'hex'), tail = 0,
        tail_sha256 = null, turn_until = null
    where id = u.id;

    status := 200;
    body := '{}';
end;
$$;


-- All that it is to be made of: [[bytes, etag, sha256], …].
create or replace function api.list_parts(actor uuid, args jsonb,
                                          out status integer, out body jsonb)
language sql stable as $$
    select 200, coalesce(jsonb_agg(jsonb_build_array(
        p.bytes, p.etag, encode(p.sha256, 'hex')) order by p.number), '[]')
    from sluice.parts p join sluice.uploads u on u.id = p.upload
    where u.id = (args->>'id')::uuid and u.owner = actor;
$$;


-- The upload is over, and what came of it has this id, or another one had it
-- before: then its bytes in the bucket are nobody's.
create or replace function api.settle_upload(upload uuid) returns void
language plpgsql as $$
declare
    was text;
begin
    select multipart into was from sluice.uploads where id = upload;

    if was is null then
        return;
    end if;

    if not exists (select from sluice.media where id = upload)
       and not exists (select from sluice.attachments where id = upload) then
        insert into sluice.strays (id, multipart) values (upload, was)
        on conflict (id) do nothing;
    end if;

    update sluice.uploads set multipart = null where id = upload;
    delete from sluice.parts p where p.upload = settle_upload.upload;
end;
$$;
