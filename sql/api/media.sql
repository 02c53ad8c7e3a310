-- Media: shown, listed, ingested and deleted.

-- A link is a path, or {path, filename}: then it opens an attachment. Files
-- that others wrote and that browsers would run are never shown by them.
create or replace function api.media_links(m sluice.media, many integer)
returns jsonb
language sql stable as $$
    select case when m.state = 'ready' then jsonb_strip_nulls(
        jsonb_build_object(
            'play', case when m.kind in ('video', 'audio')
                         then folder || 'hls/master.m3u8' end,
            'original', case when m.kind = 'score' then jsonb_build_object(
                    'path', folder || 'original.' || m.extension,
                    'filename', api.download_name(m.filename, m.extension))
                else to_jsonb(folder || 'original.' || m.extension) end,
            'poster', case when m.poster then folder || 'poster.jpg' end,
            'pages', case when m.kind = 'score' then
                (select coalesce(jsonb_agg(format('%spages/%s.png', folder,
                                                  lpad(n::text, 4, '0'))
                                           order by n), '[]')
                 from api.page_numbers(m, many) n) end))
        else '{}' end
    from (select format('/media/%s/%s/', right(m.id::text, 2), m.id)) f(folder);
$$;


-- The job that tells most: one that died, else the one at work, else the last.
create or replace function api.media_job(m sluice.media) returns jsonb
language sql stable as $$
    select api.job_object(j) from sluice.jobs j
    where j.media = m.id and j.kind <> 'attach'
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
        'streams', m.streams, 'score', api.media_score(m),
        'created_at', m.created_at,
        'job', api.media_job(m), 'links', api.media_links(m, many),
        'attachments', api.attachments(m));
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


-- What has all of these words, or words that begin with them; null without any.
create or replace function api.search_words(q text) returns tsquery
language sql immutable as $$
    select nullif(regexp_replace(plainto_tsquery('simple',
                                                 sluice.fold(left(q, 200)))
                                     ::text,
                                 $r$('([^']|'')*')$r$, '\1:*', 'g'),
                  '')::tsquery;
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
    wanted tsquery := api.search_words(args->>'q');
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
          and (pattern = '%%' or m.title ilike pattern or m.author ilike pattern
               or m.words @@ wanted)
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


-- A file that stands for itself. One that this user has already is not taken
-- twice: 200 instead of 201, and what lies in the spool is to go.
drop function if exists api.take_media(uuid, jsonb);

create or replace function api.ingest_media(actor uuid, args jsonb,
                                            out status integer, out body jsonb)
language plpgsql as $$
declare
    m sluice.media;
    digest constant bytea := decode(args->>'sha256', 'hex');
    known boolean := args->>'kind' in ('video', 'audio', 'score');
begin
    if args ? 'upload' and not args ? 'parts' then
        select d.* into m from sluice.uploads u
        join sluice.media d on d.id = u.media
        where u.id = (args->>'upload')::uuid and u.state = 'done';

        if found then               -- by a request whose answer was lost
            status := 200;
            body := api.media_object(m, 0);
            return;
        end if;
    end if;

    select * into m from sluice.media
    where owner = actor and sha256 = digest
      and bytes = (args->>'bytes')::bigint
      and deleted_at is null and state <> 'failed'
    order by id limit 1;

    if found then
        if args ? 'upload' and not api.end_upload(actor, args, m.id) then
            select * into status, body from api.refuse('not-found');
            return;
        end if;

        status := 200;
        body := api.media_object(m, 0)
                || jsonb_build_object('duplicate', true);
        return;
    end if;

    body := api.refuse_bytes(actor, (args->>'bytes')::bigint,
                             api.behind(args));
    if body is not null then
        status := 400;
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
            args->>'filename', (args->>'bytes')::bigint, digest)
    returning * into m;

    insert into sluice.jobs (id, kind, media)
    values ((args->>'job')::uuid,
            case when m.kind = 'score' then 'score' else 'probe' end, m.id);

    if args ? 'upload' and not api.end_upload(actor, args, m.id) then
        raise 'upload % is gone', args->>'upload';
    end if;

    status := 201;
    body := api.media_object(m, 0);
end;
$$;


-- After the file is durable in the spool: the row and its first job, one after
-- the other for each user. All that was asked before is asked again: a refusal
-- is an upload's end.
create or replace function api.ingest(actor uuid, args jsonb,
                                      out status integer, out body jsonb)
language plpgsql as $$
begin
    perform from sluice.users where id = actor and disabled_at is null
    for no key update;

    if not found then
        select * into status, body from api.refuse(
            case when args ? 'upload' then 'account-disabled'
                 else 'token-invalid' end);
    elsif args->>'score' <> '' then
        select * into status, body from api.ingest_attachment(actor, args);
    else
        select * into status, body from api.ingest_media(actor, args);
    end if;

    if status >= 400 then
        delete from sluice.uploads
        where id = (args->>'upload')::uuid and owner = actor;
    end if;

    perform api.let_go((args->>'id')::uuid, actor);
end;
$$;


-- Its name of before, for an nginx that is being replaced.
create or replace function api.create_media(actor uuid, args jsonb,
    out status integer, out body jsonb)
language sql as $$
    select * from api.ingest(actor, args);
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
    perform sluice.note(actor, 'media-deleted', m.id::text,
                        jsonb_build_object('title', m.title,
                                           'owner', m.owner));
    insert into sluice.jobs (id, kind, media, params)
    values (sluice.uuid_v7(), 'remove', m.id, jsonb_build_object('uploads',
        (select coalesce(jsonb_agg(id), '[]') from sluice.attachments
         where media = m.id)));

    status := 204;
end;
$$;
