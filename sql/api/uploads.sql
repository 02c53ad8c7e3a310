-- Uploads: begun, taken up again, put together, and ended.

-- An upload waits so long for the next request.
create or replace function api.upload_patience() returns interval
language sql immutable as $$ select interval '1 day' $$;


-- What a request holds is nobody's when it was not heard of for so long.
create or replace function api.upload_lease() returns interval
language sql immutable as $$ select interval '5 minutes' $$;


drop function if exists api.upload_lease(boolean);

-- The same of one that may have a key, or puts parts together: who comes again
-- waits for that.
create or replace function api.upload_lease(key bytea, parts uuid[])
returns interval
language sql stable as $$
    select case when key is not null or parts is not null
                then least(api.upload_lease(), '20 seconds')
                else api.upload_lease() end;
$$;


-- Of a body of unknown length so many bytes are asked for at once.
create or replace function api.upload_step() returns bigint
language sql immutable as $$ select 67108864::bigint $$;


create or replace function api.upload_object(u sluice.uploads)
returns jsonb
language sql stable as $$
    select jsonb_build_object(
        'length', u.length, 'metadata', u.metadata, 'filename', u.filename,
        'title', coalesce(u.title, ''), 'partial', u.partial,
        'done', u.state = 'done', 'media', u.media,
        'stored', u.multipart is not null, 'turn', u.turn,
        'concat', case when u.partial then 'partial'
                       when u.parts is not null then 'final;' || (
                           select string_agg('/api/uploads/' || p.id, ' '
                                             order by p.n)
                           from unnest(u.parts) with ordinality p(id, n)) end,
        'expires', extract(epoch from u.expires_at)::bigint,
        'renew', (extract(epoch from api.upload_lease(u.key, u.parts))
                  / 3)::bigint,
        'granted', u.bytes, 'room', api.longest(u.owner, array[u.id]));
$$;


-- When space is short: some of those that nobody came back for, whose files may
-- go. Their rows are for the job `expire`, since a request may be at one still.
create or replace function api.clear_uploads(actor uuid, args jsonb,
                                             out status integer, out body jsonb)
language sql as $$
    select 200, jsonb_build_object('expired', coalesce(jsonb_agg(id), '[]'))
    from (select id from sluice.uploads
          where state in ('held', 'open') and expires_at < now()
          order by random() limit 16) x;
$$;


-- How many bytes an upload that has `has` may become: as many `more`, when that
-- is known, else a step on; `refused` says why none, or fewer than are known to
-- come.
create or replace function api.grant_bytes(actor uuid, has bigint, more bigint,
                                           but uuid[], out granted bigint,
                                           out refused jsonb)
language plpgsql stable as $$
begin
    refused := api.refuse_bytes(actor, has + coalesce(more, 1), but);

    if refused is null then
        granted := has + coalesce(more, least(api.upload_step(),
                                              api.longest(actor, but) - has));
    end if;
end;
$$;


-- What has been answered to an upload with this key, if anything: `before` is
-- what tus began, or `{"bytes"}` of a file that came whole. That has to come
-- again, since nobody else can tell whether it is the same; it is read and not
-- written, so it has no bytes to ask for.
create or replace function api.uploaded_before(actor uuid, args jsonb,
                                               out refused jsonb,
                                               out before jsonb)
language plpgsql as $$
declare
    known record;
begin
    select * into known from api.look_up(actor, args->'once');
    refused := known.refused;

    if refused is not null or (known.answer).key is null then
        return;
    elsif (known.answer).sha256 is null then
        before := (known.answer).body;
    elsif (args->>'bytes')::bigint <> (known.answer).bytes then
        refused := (api.refuse('key-used', null, 'Idempotency-Key')).body;
    else
        before := jsonb_build_object('bytes', (known.answer).bytes);
    end if;
end;
$$;


-- The row of an upload that is about to begin, in his turn for each user: held
-- by whoever asks. `length` is what it will have, `bytes` what comes at once,
-- each null when nobody knows; `parts` are what it is put together from, `once`
-- the key of the request, `node` whose spool has what is not in the bucket yet. `before` in the answer: it was answered already.
create or replace function api.add_upload(actor uuid, args jsonb,
                                          out status integer, out body jsonb)
language plpgsql as $$
declare
    u sluice.uploads;
    found_parts jsonb := '{}';
    ids constant uuid[] := api.part_ids(args);
    once_key constant bytea := decode(args->'once'->>'key', 'hex');
    given bigint := (args->>'length')::bigint;
    allowed bigint := 0;
    before jsonb;
begin
    perform from sluice.users
    where id = actor and disabled_at is null for no key update;

    if not found then
        select * into status, body from api.refuse('token-invalid');
        return;
    end if;

    if args ? 'once' then
        select b.refused, b.before into body, before
        from api.uploaded_before(actor, args) b;

        if body is not null or before ? 'id' then
            status := case when body is null then 200 else 400 end;
            body := coalesce(body, jsonb_build_object('before', before));
            return;
        end if;
    end if;

    if (select count(*) from api.under_way(actor, ids))
       >= (api.limits(actor)).uploads_max then
        select * into status, body from api.refuse('too-many',
            'Finish or end one of your uploads first.');
        return;
    end if;

    if ids <> '{}' then
        select * into status, found_parts from api.find_parts(actor, args);
        if status >= 400 or (found_parts->>'done')::boolean then
            body := found_parts;
            return;
        end if;
        given := (found_parts->>'length')::bigint;
    elsif before is null then
        select granted, refused into allowed, body from api.grant_bytes(actor,
            0, coalesce(given, (args->>'bytes')::bigint), '{}');
    end if;

    if before is null then
        body := coalesce(body, api.refuse_jobs(actor),
                         api.refuse_visibility(actor, args),
                         api.refuse_attachment(actor, args));
    end if;
    if body is not null then
        status := 400;
        return;
    end if;

    insert into sluice.uploads (id, owner, state, length, bytes, metadata,
                                filename, title, partial, parts, expires_at,
                                key, print, multipart, node)
    values ((args->>'id')::uuid, actor, 'held', given, allowed,
            coalesce(args->>'metadata', ''), args->>'filename',
            nullif(args->>'title', ''),
            coalesce((args->>'partial')::boolean, false), nullif(ids, '{}'),
            now() + api.upload_lease(once_key, nullif(ids, '{}')), once_key,
            decode(args->'once'->>'print', 'hex'),
            case when args ? 'node' then '' end, (args->>'node')::uuid)
    returning * into u;

    update sluice.uploads set final = u.id where id = any (ids);

    status := 201;
    body := found_parts || api.upload_object(u)
            || jsonb_strip_nulls(jsonb_build_object('before', before));
end;
$$;


-- What is held is over when the server is: it need not be on its disk.
create or replace function api.hold_upload(actor uuid, args jsonb,
                                           out status integer, out body jsonb)
language plpgsql as $$
begin
    perform set_config('synchronous_commit', 'off', true);
    select * into status, body from api.add_upload(actor, args);
end;
$$;


create or replace function api.renew_upload(actor uuid, args jsonb,
                                            out status integer, out body jsonb)
language plpgsql as $$
begin
    perform set_config('synchronous_commit', 'off', true);
    update sluice.uploads
    set expires_at = now() + api.upload_lease(key, parts)
    where id = (args->>'id')::uuid and owner = actor and state = 'held';
    status := 204;
end;
$$;


create or replace function api.drop_upload(actor uuid, args jsonb,
                                           out status integer, out body jsonb)
language plpgsql as $$
begin
    perform set_config('synchronous_commit', 'off', true);
    update sluice.uploads set state = 'held'      -- kept while its client left
    where id = (args->>'id')::uuid and owner = actor and state = 'open';
    perform api.let_go((args->>'id')::uuid, actor);
    status := 204;
end;
$$;


-- It is held no more; its parts are what they were.
create or replace function api.let_go(upload uuid, actor uuid) returns void
language sql as $$
    delete from sluice.uploads
    where id = upload and owner = actor and state = 'held';
    update sluice.uploads set final = null
    where final = upload and owner = actor and state = 'open';
$$;


-- Its file is there: whoever began it may come back.
create or replace function api.keep_upload(actor uuid, args jsonb,
                                           out status integer, out body jsonb)
language plpgsql as $$
declare
    u sluice.uploads;
    known record;
begin
    if args ? 'once' then
        select * into known
        from api.look_up(actor, args->'once', (args->>'id')::uuid);

        body := coalesce(known.refused, case
            when (known.answer).key is not null
                then (api.refuse('key-busy')).body end);
        if body is not null then
            status := 400;
            return;
        end if;
    end if;

    update sluice.uploads
    set state = 'open', expires_at = now() + api.upload_patience(),
        turn_until = case when multipart is not null
                          then now() + api.turn_lease() end
    where id = (args->>'id')::uuid and owner = actor and state = 'held'
    returning * into u;

    if not found then
        select * into status, body from api.refuse('not-found');
        return;
    end if;

    if args ? 'once' then
        perform api.keep_answer(actor, args->'once', 201,
                                jsonb_build_object('id', u.id));
    end if;

    status := 201;
    body := api.upload_object(u);
end;
$$;


-- Of an upload whose length nobody knew: `length`, now that it is said; or as
-- many bytes as it may get behind the `has` that it has: `more`, or a step.
create or replace function api.grow_upload(actor uuid, args jsonb,
                                           out status integer, out body jsonb)
language plpgsql as $$
declare
    u sluice.uploads;
    allowed bigint;
    given constant bigint := (args->>'length')::bigint;
    has constant bigint := coalesce(given, (args->>'has')::bigint);
    more constant bigint := case when given is null
                                 then (args->>'more')::bigint else 0 end;
begin
    perform from sluice.users where id = actor for no key update;

    select * into u from sluice.uploads
    where id = (args->>'id')::uuid and owner = actor and state <> 'done'
    for update;

    if not found then
        select * into status, body from api.refuse('not-found');
        return;
    end if;

    select granted, refused into allowed, body
    from api.grant_bytes(actor, has, more, array[u.id]);

    if body is not null then
        status := 400;
        return;
    end if;

    update sluice.uploads
    set bytes = allowed, length = coalesce(length, given),
        expires_at = greatest(expires_at,
                              now() + api.upload_lease(key, parts))
    where id = u.id returning * into u;

    status := 200;
    body := api.upload_object(u);
end;
$$;


-- Before anything is done with an upload. It lives on when somebody comes. (An
-- nginx that is being replaced brings a `length` that was not known.)
create or replace function api.open_upload(actor uuid, args jsonb,
                                           out status integer, out body jsonb)
language plpgsql as $$
declare
    u sluice.uploads;
    given constant bigint := (args->>'length')::bigint;
begin
    select * into u from sluice.uploads
    where id = (args->>'id')::uuid and owner = actor and state <> 'held'
    for update;

    if not found then
        select * into status, body from api.refuse('not-found');
        return;
    end if;

    if u.expires_at < now() then
        select * into status, body from api.refuse('upload-expired');
        return;
    end if;

    if u.state = 'open' and given is not null then
        if u.length <> given then
            select * into status, body from api.refuse('conflict',
                'The length was another one before.', 'Upload-Length');
            return;
        end if;

        body := api.refuse_bytes(actor, given, array[u.id]);
        if body is not null then
            status := 400;
            return;
        end if;
    end if;

    if u.state = 'open'
       and (u.expires_at < now() + api.upload_patience() / 2
            or (given is not null and u.length is null)) then
        update sluice.uploads
        set expires_at = now() + api.upload_patience(),
            bytes = coalesce(given, bytes), length = coalesce(length, given)
        where id = u.id returning * into u;
    end if;

    status := 200;
    body := api.upload_object(u);
end;
$$;


-- The media file that came of it stays: `open` says that there is none, and
-- its files are to go.
create or replace function api.delete_upload(actor uuid, args jsonb,
                                             out status integer, out body jsonb)
language plpgsql as $$
declare
    was text;
begin
    delete from sluice.uploads
    where id = (args->>'id')::uuid and owner = actor and state <> 'held'
    returning state into was;

    if was is null then
        select * into status, body from api.refuse('not-found');
    else
        status := 200;
        body := jsonb_build_object('open', was = 'open');
    end if;
end;
$$;


-- Those that are named, in their order.
create or replace function api.part_ids(args jsonb) returns uuid[]
language sql immutable as $$
    select coalesce(array_agg(p::uuid order by n), '{}')
    from jsonb_array_elements_text(args->'parts') with ordinality x(p, n);
$$;


-- What is to be put together: the parts' lengths in their order, whether the
-- bucket has them (`in_bucket`; all or none), and `digest`, how far SHA-256 is
-- behind the first then; or, when that was done before, the upload that came of it. Parts that are done have no file
-- any more: they make what they made, in its order.
create or replace function api.find_parts(actor uuid, args jsonb,
                                          out status integer, out body jsonb)
language plpgsql stable as $$
declare
    ids constant uuid[] := api.part_ids(args);
    lengths jsonb;
    total bigint;
    found_many integer;
    in_bucket integer;
    all_whole boolean;
    digests bytea[];
    made sluice.uploads;
begin
    perform from sluice.users where id = actor and disabled_at is null;

    if not found then
        select * into status, body from api.refuse('token-invalid');
        return;
    end if;

    select f.* into made from sluice.uploads f
    where f.owner = actor and f.state <> 'done' and f.expires_at > now()
      and f.id in (select final from sluice.uploads where id = any (ids))
    limit 1;

    if found then
        select * into status, body from api.refuse('upload-locked',
            'These parts are being put together.', 'Upload-Concat');
        return;
    end if;

    select f.* into made from sluice.uploads f
    where f.owner = actor and f.state = 'done' and f.id = (
        select max(u.final::text)::uuid from sluice.uploads u
        where u.id = any (ids) and u.owner = actor and u.state = 'done'
        having count(u.final) = cardinality(ids)
           and count(distinct u.final) = 1);

    if found and coalesce(made.parts, ids) = ids then
        status := 200;
        body := api.upload_object(made) || jsonb_build_object('id', made.id);
        return;
    elsif found then
        select * into status, body from api.refuse('conflict',
            'These parts were put together in another order, and are gone: '
            'bring them again.', 'Upload-Concat');
        return;
    end if;

    select count(*), sum(u.length), jsonb_agg(u.length order by p.n),
           count(u.multipart), bool_and(u.whole),
           array_agg(u.digest order by p.n)
    into found_many, total, lengths, in_bucket, all_whole, digests
    from unnest(ids) with ordinality p(id, n)
    join sluice.uploads u on u.id = p.id
    where u.owner = actor and u.partial and u.state = 'open'
      and u.expires_at > now();

    if found_many <> cardinality(ids) then
        select * into status, body from api.refuse('not-found',
            'A part is missing.', 'Upload-Concat');
    elsif lengths @> '[null]' or (in_bucket > 0 and not all_whole) then
        select * into status, body from api.refuse('conflict',
            'A part is not whole.', 'Upload-Concat');
    else
        body := coalesce(api.refuse_bytes(actor, total, ids),
                         api.refuse_attachment(actor, args));
        status := 400;

        if body is null then
            status := 200;
            body := jsonb_build_object('done', false, 'length', total,
                                       'lengths', lengths,
                                       'in_bucket', in_bucket > 0, 'digest',
                                       encode(digests[1], 'hex'), 'expires',
                extract(epoch from now() + api.upload_patience())::bigint);
        end if;
    end if;
end;
$$;


-- The upload behind a media file is done, and its parts are. False when there
-- is none any more.
create or replace function api.end_upload(actor uuid, args jsonb, made uuid)
returns boolean
language plpgsql as $$
declare
    until constant timestamptz := now() + api.upload_patience();
    many constant integer := 1000;      -- of his that are remembered
begin
    delete from sluice.uploads where id in (
        select id from sluice.uploads where owner = actor and state = 'done'
        order by expires_at desc offset many limit 100);

    if args ? 'parts' then
        insert into sluice.uploads (id, owner, length, metadata, filename,
                                    parts, state, media, expires_at)
        values ((args->>'upload')::uuid, actor, (args->>'bytes')::bigint,
                coalesce(args->>'metadata', ''), args->>'filename',
                api.part_ids(args), 'done', made, until)
        on conflict (id) do update
        set state = 'done', media = made, expires_at = until;

        update sluice.uploads
        set state = 'done', final = (args->>'upload')::uuid, expires_at = until
        where owner = actor and partial and id = any (api.part_ids(args));

        perform api.settle_upload(p) from unnest(api.part_ids(args)) p;
        return true;
    end if;

    update sluice.uploads set state = 'done', media = made, expires_at = until
    where id = (args->>'upload')::uuid and owner = actor;
    return found;
end;
$$;


-- The uploads behind a file, whose bytes are not to be counted twice.
create or replace function api.behind(args jsonb) returns uuid[]
language sql immutable as $$
    select api.part_ids(args) || (args->>'id')::uuid;
$$;
