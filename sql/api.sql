-- What nginx calls. An endpoint is one function api.<name>(actor, args) that
-- answers (status, body): `args` holds path parts, query arguments and body.
-- A refusal is (status >= 400, {"problem": word, "detail", "field"}): nginx
-- looks the word up in the one table of problems. Paths in `links` are signed
-- by nginx. Sessions have functions of their own form, since passwords and
-- tokens are made in C.

create or replace function api.refuse(word text, detail text default null,
                                      field text default null,
                                      out status integer, out body jsonb)
language sql immutable as $$
    select 400, jsonb_strip_nulls(jsonb_build_object(
        'problem', word, 'detail', detail, 'field', field));
$$;


-- sessions

create or replace function api.find_login(email_given text)
returns table (id uuid, email text, name text, role text, password text)
language sql stable as $$
    select u.id, u.email, u.name, u.role, u.password from sluice.users u
    where lower(u.email) = lower(email_given) and u.disabled_at is null;
$$;


create or replace function api.create_session(session uuid, actor uuid,
    digest bytea, agent text, peer inet, seconds bigint) returns void
language sql as $$
    insert into sluice.sessions (id, user_id, refresh_digest, user_agent,
                                 address, expires_at)
    values (session, actor, digest, left(agent, 500), peer,
            now() + seconds * interval '1 second');
$$;


create or replace function api.refresh_session(digest bytea)
returns table (id uuid, email text, name text, role text, session uuid)
language sql stable as $$
    select u.id, u.email, u.name, u.role, s.id
    from sluice.sessions s join sluice.users u on u.id = s.user_id
    where s.refresh_digest = digest and s.ended_at is null
      and s.expires_at > now() and u.disabled_at is null;
$$;


create or replace function api.end_session(actor uuid, session uuid)
returns void
language sql as $$
    update sluice.sessions set ended_at = now()
    where id = session and user_id = actor and ended_at is null;
$$;


create or replace function api.get_me(actor uuid, args jsonb,
                                      out status integer, out body jsonb)
language plpgsql stable as $$
begin
    select 200, jsonb_build_object('id', id, 'email', email, 'name', name,
                                   'role', role, 'created_at', created_at)
    into status, body
    from sluice.users where id = actor and disabled_at is null;

    if not found then
        select * into status, body from api.refuse('token-invalid');
    end if;
end;
$$;


-- jobs

create or replace function api.job_object(j sluice.jobs) returns jsonb
language sql stable as $$
    select jsonb_build_object(
        'id', j.id, 'kind', j.kind, 'media', j.media, 'state', j.state,
        'progress', round(j.progress::numeric, 1), 'attempt', j.attempt,
        'max_attempts', j.max_attempts, 'error', j.error,
        'created_at', j.created_at, 'started_at', j.started_at,
        'finished_at', j.finished_at);
$$;


create or replace function api.get_job(actor uuid, args jsonb,
                                       out status integer, out body jsonb)
language plpgsql stable as $$
begin
    select 200, api.job_object(j) into status, body
    from sluice.jobs j join sluice.media m on m.id = j.media
    where j.id = (args->>'id')::uuid and api.may_see(actor, m);

    if not found then
        select * into status, body from api.refuse('not-found');
    end if;
end;
$$;


-- media: one's own; editors and admins see all, and what they bring is seen by
-- everybody

create or replace function api.is_editor(actor uuid) returns boolean
language sql stable as $$
    select exists (select from sluice.users where id = actor
                   and role in ('editor', 'admin') and disabled_at is null);
$$;


create or replace function api.may_see(actor uuid, m sluice.media)
returns boolean
language sql stable as $$
    select m.owner = actor or m.visibility = 'library' or api.is_editor(actor);
$$;


create or replace function api.media_links(m sluice.media, many integer)
returns jsonb
language sql immutable as $$
    select case when m.state = 'ready' then jsonb_strip_nulls(
        jsonb_build_object(
            'play', case when m.kind in ('video', 'audio')
                         then folder || 'hls/master.m3u8' end,
            'original', folder || 'original.' || m.extension,
            'poster', case when m.poster then folder || 'poster.jpg' end,
            'pages', case when m.kind = 'score' then
                (select coalesce(jsonb_agg(format('%spages/%s.png', folder,
                                                  lpad(n::text, 4, '0'))
                                           order by n), '[]')
                 from generate_series(1, least(m.pages, many)) n) end))
        else '{}' end
    from (select format('/media/%s/%s/', right(m.id::text, 2), m.id)) f(folder);
$$;


-- The job that tells most: one that died, else the one at work, else the last.
create or replace function api.media_job(m sluice.media) returns jsonb
language sql stable as $$
    select api.job_object(j) from sluice.jobs j
    where j.media = m.id
    order by j.state = 'dead' and j.kind <> 'poster' desc,
             j.state in ('running', 'retrying', 'queued') desc, j.id desc
    limit 1;
$$;


-- With links to at most so many pages of a score.
create or replace function api.media_object(m sluice.media, many integer)
returns jsonb
language sql stable as $$
    select jsonb_build_object(
        'id', m.id, 'kind', m.kind, 'title', m.title, 'author', m.author,
        'filename', m.filename, 'visibility', m.visibility, 'owner', m.owner,
        'state', m.state, 'error', m.error, 'bytes', m.bytes,
        'sha256', encode(m.sha256, 'hex'), 'duration', m.duration,
        'width', m.width, 'height', m.height, 'pages', m.pages,
        'streams', m.streams, 'created_at', m.created_at,
        'job', api.media_job(m), 'links', api.media_links(m, many));
$$;


create or replace function api.get_media(actor uuid, args jsonb,
                                         out status integer, out body jsonb)
language plpgsql stable as $$
begin
    select 200, api.media_object(m, m.pages) into status, body
    from sluice.media m
    where m.id = (args->>'id')::uuid and m.deleted_at is null
      and api.may_see(actor, m);

    if not found then
        select * into status, body from api.refuse('not-found');
    end if;
end;
$$;


-- The newest first, of a score the first page alone; `next` is the id to go on
-- behind.
create or replace function api.list_media(actor uuid, args jsonb,
                                          out status integer, out body jsonb)
language plpgsql stable as $$
declare
    many integer := 50;
    behind uuid;
    pattern text;
    everything boolean := api.is_editor(actor);
begin
    if args->>'limit' is not null then
        if args->>'limit' !~ '^[0-9]{1,3}$'
           or (args->>'limit')::integer not between 1 and 200 then
            select * into status, body from api.refuse('field-invalid',
                'A number from 1 to 200.', 'limit');
            return;
        end if;
        many := (args->>'limit')::integer;
    end if;

    if args->>'kind' not in ('video', 'audio', 'score', '') then
        select * into status, body from api.refuse('field-invalid',
            'One of video, audio, score.', 'kind');
        return;
    end if;

    if args->>'cursor' <> '' then
        if args->>'cursor' !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then
            select * into status, body from api.refuse('field-invalid',
                'Take it from "next" of the page before.', 'cursor');
            return;
        end if;
        behind := args->>'cursor';
    end if;

    pattern := '%' || regexp_replace(coalesce(args->>'q', ''), '([\\%_])',
                                     '\\\1', 'g') || '%';

    with page as (
        select m from sluice.media m
        where m.deleted_at is null
          and (everything or m.owner = actor or m.visibility = 'library')
          and (behind is null or m.id < behind)
          and (coalesce(args->>'kind', '') in ('', m.kind))
          and (pattern = '%%' or m.title ilike pattern or m.author ilike pattern)
        order by m.id desc limit many + 1
    ), numbered as (
        select m, row_number() over (order by (m).id desc) n from page
    )
    select 200, jsonb_build_object(
        'items', coalesce(jsonb_agg(api.media_object(m, 1) order by n)
                          filter (where n <= many), '[]'),
        'next', (select (m).id from numbered where n = many
                 and exists (select from numbered where n > many)))
    into status, body from numbered;
end;
$$;


-- Before a body is read: may this user bring something at all?
create or replace function api.begin_upload(actor uuid, args jsonb,
                                            out status integer, out body jsonb)
language plpgsql stable as $$
begin
    perform from sluice.users where id = actor and disabled_at is null;

    if found then
        status := 200;
    else
        select * into status, body from api.refuse('token-invalid');
    end if;
end;
$$;


-- After the file is durable in the spool: the row and its first job.
create or replace function api.create_media(actor uuid, args jsonb,
                                            out status integer, out body jsonb)
language plpgsql as $$
declare
    m sluice.media;
    known boolean := args->>'kind' in ('video', 'audio', 'score');
begin
    perform from sluice.users where id = actor and disabled_at is null;

    if not found then
        select * into status, body from api.refuse('token-invalid');
        return;
    end if;

    insert into sluice.media (id, owner, visibility, kind, state, title,
                              filename, bytes, sha256)
    values ((args->>'id')::uuid, actor,
            case when api.is_editor(actor) then 'library' else 'private' end,
            case when known then args->>'kind' else 'video' end, 'processing',
            coalesce(nullif(args->>'title', ''),
                     nullif(regexp_replace(args->>'filename', '\.[^.]*$', ''),
                            ''),
                     args->>'filename'),
            args->>'filename', (args->>'bytes')::bigint,
            decode(args->>'sha256', 'hex'))
    returning * into m;

    insert into sluice.jobs (id, kind, media)
    values ((args->>'job')::uuid,
            case when m.kind = 'score' then 'score' else 'probe' end, m.id);

    status := 201;
    body := api.media_object(m, 0);
end;
$$;


-- Gone from sight at once; the files follow in a job.
create or replace function api.delete_media(actor uuid, args jsonb,
                                            out status integer, out body jsonb)
language plpgsql as $$
declare
    m sluice.media;
begin
    select * into m from sluice.media
    where id = (args->>'id')::uuid and deleted_at is null
    for update;

    if not found or not api.may_see(actor, m) then
        select * into status, body from api.refuse('not-found');
        return;
    end if;

    if m.owner <> actor and not api.is_editor(actor) then
        select * into status, body from api.refuse('role-too-low',
            'Only its owner and editors may delete this.');
        return;
    end if;

    update sluice.media set deleted_at = now() where id = m.id;
    insert into sluice.jobs (id, kind, media)
    values (sluice.uuid_v7(), 'remove', m.id);

    status := 204;
end;
$$;
