-- Uploads: begun, taken up again, put together, and ended.

-- An upload waits so long for the next request.
create or replace function api.upload_patience() returns interval
language sql immutable as $$ select interval '1 day' $$;


-- Before a body is read: may this user bring something (of so many bytes, when
-- that is known) at all? nginx reserves the space.
create or replace function api.reserve_upload(actor uuid, args jsonb,
                                              out status integer,
                                              out body jsonb)
language plpgsql stable as $$
begin
    perform from sluice.users where id = actor and disabled_at is null;

    if not found then
        select * into status, body from api.refuse('token-invalid');
        return;
    end if;

    body := coalesce(api.refuse_bytes(actor, (args->>'bytes')::bigint),
                     api.refuse_attachment(actor, args));
    status := 400;

    if body is null then
        status := 200;
        body := jsonb_build_object('room', api.longest(actor));
    end if;
end;
$$;


-- Its name of before, for an nginx that is being replaced.
create or replace function api.begin_upload(actor uuid, args jsonb,
    out status integer, out body jsonb)
language sql as $$
    select * from api.reserve_upload(actor, args);
$$;


create or replace function api.upload_object(u sluice.uploads)
returns jsonb
language sql stable as $$
    select jsonb_build_object(
        'length', u.length, 'metadata', u.metadata, 'filename', u.filename,
        'title', coalesce(u.title, ''), 'partial', u.partial,
        'done', u.state = 'done', 'media', u.media,
        'expires', extract(epoch from u.expires_at)::bigint,
        'room', api.longest(u.owner, array[u.id]));
$$;


-- When space is short: some of those that nobody came back for, whose files may
-- go. Their rows are for the job `expire`, since a request may be at one still.
create or replace function api.clear_uploads(actor uuid, args jsonb,
                                             out status integer, out body jsonb)
language sql as $$
    select 200, jsonb_build_object('expired', coalesce(jsonb_agg(id), '[]'))
    from (select id from sluice.uploads
          where state = 'open' and expires_at < now()
          order by random() limit 16) x;
$$;


-- Its file is there already.
create or replace function api.create_upload(actor uuid, args jsonb,
                                             out status integer, out body jsonb)
language plpgsql as $$
declare
    u sluice.uploads;
begin
    perform from sluice.users
    where id = actor and disabled_at is null for no key update;

    if not found then
        select * into status, body from api.refuse('token-invalid');
        return;
    end if;

    if (select count(*) from sluice.uploads p where p.owner = actor
        and p.state = 'open' and p.expires_at > now())
       >= (api.limits(actor)).uploads_max then
        select * into status, body from api.refuse('too-many',
            'Finish or end one of your uploads first.');
        return;
    end if;

    body := coalesce(api.refuse_bytes(actor, (args->>'length')::bigint),
                     api.refuse_attachment(actor, args));
    if body is not null then
        status := 400;
        return;
    end if;

    insert into sluice.uploads (id, owner, length, metadata, filename, title,
                                partial, expires_at)
    values ((args->>'id')::uuid, actor, (args->>'length')::bigint,
            args->>'metadata', args->>'filename', nullif(args->>'title', ''),
            (args->>'partial')::boolean, now() + api.upload_patience())
    returning * into u;

    status := 201;
    body := api.upload_object(u);
end;
$$;


-- Before anything is done with an upload. It lives on when somebody comes; a
-- `length` that was not known is taken once.
create or replace function api.open_upload(actor uuid, args jsonb,
                                           out status integer, out body jsonb)
language plpgsql as $$
declare
    u sluice.uploads;
    given constant bigint := (args->>'length')::bigint;
begin
    select * into u from sluice.uploads
    where id = (args->>'id')::uuid and owner = actor for update;

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
            length = coalesce(length, given)
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
    where id = (args->>'id')::uuid and owner = actor returning state into was;

    if was is null then
        select * into status, body from api.refuse('not-found');
    else
        status := 200;
        body := jsonb_build_object('open', was = 'open');
    end if;
end;
$$;


-- What is to be put together: the parts' lengths in their order; or, when that
-- was done before, the upload that came of it.
create or replace function api.find_parts(actor uuid, args jsonb,
                                          out status integer, out body jsonb)
language plpgsql stable as $$
declare
    many constant integer := jsonb_array_length(args->'parts');
    ids uuid[];
    lengths jsonb;
    total bigint;
    found_many integer;
    made uuid;
begin
    perform from sluice.users where id = actor and disabled_at is null;

    if not found then
        select * into status, body from api.refuse('token-invalid');
        return;
    end if;

    select array_agg(p::uuid) into ids
    from jsonb_array_elements_text(args->'parts') p;

    select max(u.final::text)::uuid into made from sluice.uploads u
    where u.id = any (ids) and u.owner = actor
    having count(u.final) = many and count(distinct u.final) = 1;

    if made is not null then
        select 200, api.upload_object(u) || jsonb_build_object('id', u.id)
        into status, body from sluice.uploads u where u.id = made;
        if found then
            return;
        end if;
    end if;

    select count(*), sum(u.length), jsonb_agg(u.length order by p.n)
    into found_many, total, lengths
    from unnest(ids) with ordinality p(id, n)
    join sluice.uploads u on u.id = p.id
    where u.owner = actor and u.partial and u.state = 'open'
      and u.expires_at > now();

    if found_many <> many then
        select * into status, body from api.refuse('not-found',
            'A part is missing.', 'Upload-Concat');
    elsif lengths @> '[null]' then
        select * into status, body from api.refuse('conflict',
            'A part is not whole.', 'Upload-Concat');
    else
        body := coalesce(api.refuse_bytes(actor, total, ids),
                         api.refuse_attachment(actor, args));
        status := 400;

        if body is null then
            status := 200;
            body := jsonb_build_object('done', false, 'length', total,
                                       'lengths', lengths, 'expires',
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
begin
    if args ? 'parts' then
        insert into sluice.uploads (id, owner, length, metadata, filename,
                                    state, media, expires_at)
        values ((args->>'upload')::uuid, actor, (args->>'bytes')::bigint,
                coalesce(args->>'metadata', ''), args->>'filename', 'done',
                made, until);

        update sluice.uploads
        set state = 'done', final = (args->>'upload')::uuid, expires_at = until
        where owner = actor and partial and id in (
            select p::uuid from jsonb_array_elements_text(args->'parts') p);
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
    select array_remove(array(
        select p::uuid from jsonb_array_elements_text(args->'parts') p)
        || (args->>'upload')::uuid, null);
$$;
