-- Scores: their pages, and the files that are added to them.

-- The numbers of a score's pages, at most so many: those of its own, then the
-- pages that were added. Numbers may be left out.
create or replace function api.page_numbers(m sluice.media, many integer)
returns setof integer
language sql stable as $$
    with added as (
        select position from sluice.attachments
        where media = m.id and role = 'page' and ready
    )
    select n from (
        select generate_series(1, m.pages - (select count(*) from added)
                                            ::integer)
        union all select position from added) pages(n)
    order by n limit many;
$$;


-- Files that belong to a score. A job that is over and has not made one ready
-- has failed.
create or replace function api.attachment_object(a sluice.attachments)
returns jsonb
language sql stable as $$
    select jsonb_build_object(
        'id', a.id, 'media', a.media, 'role', a.role, 'position', a.position,
        'kind', a.kind, 'format', a.format, 'filename', a.filename,
        'bytes', a.bytes, 'sha256', encode(a.sha256, 'hex'),
        'duration', a.duration,
        'state', case when a.ready then 'ready'
                      when j.state in ('queued', 'running', 'retrying')
                      then 'processing' else 'failed' end,
        'error', case when not a.ready then j.error end,
        'job', a.job, 'created_at', a.created_at,
        'links', case when a.ready then jsonb_build_object('original',
            jsonb_build_object(
                'path', format('/media/%s/%s/attachments/%s.%s',
                               right(a.media::text, 2), a.media, a.id,
                               a.extension),
                'filename', api.download_name(a.filename, a.extension)))
            else '{}' end)
    from (select) one left join sluice.jobs j on j.id = a.job;
$$;


create or replace function api.attachments(m sluice.media) returns jsonb
language sql stable as $$
    select coalesce(jsonb_agg(api.attachment_object(a)
                              order by a.role = 'page' desc, a.position, a.id),
                    '[]')
    from sluice.attachments a where a.media = m.id;
$$;


-- Null when the file may become part of the score, or is none; else why not.
create or replace function api.refuse_attachment(actor uuid, args jsonb)
returns jsonb
language plpgsql stable as $$
declare
    m sluice.media;
    place constant text := coalesce(args->>'position', '');
    is_page constant boolean := coalesce(args->>'role', '') = 'page';
begin
    if coalesce(args->>'score', '') = '' then
        return null;
    elsif coalesce(args->>'role', '') not in ('', 'attachment', 'page') then
        return (api.refuse('field-invalid', 'One of attachment, page.',
                           'role')).body;
    elsif place !~ '^([1-9][0-9]{0,2})?$' or (is_page and place = '1') then
        return (api.refuse('field-invalid', 'A number from 1 to 999; the first '
                           'page is the score itself.', 'position')).body;
    elsif args->>'score' !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then
        return (api.refuse('field-invalid', 'The id of a score.',
                           'score')).body;
    end if;

    select * into m from sluice.media
    where id = (args->>'score')::uuid and deleted_at is null;

    if not found or not api.may_see(actor, m) then
        return (api.refuse('not-found')).body;
    elsif m.owner <> actor and not api.is_editor(actor) then
        return (api.refuse('role-too-low',
            'Only its owner and editors may add to this.')).body;
    elsif m.kind <> 'score' or m.state = 'failed' then
        return (api.refuse('conflict',
            'Files can be added to a score alone.')).body;
    elsif is_page and m.state = 'ready' and m.width is null then
        return (api.refuse('conflict',
            'Pages can be added to a score that is one picture alone.')).body;
    elsif is_page and exists (
            select from sluice.attachments where media = m.id
            and role = 'page' and position::text = place) then
        return (api.refuse('conflict', 'There is such a page already.')).body;
    elsif (select count(*) from sluice.attachments where media = m.id) >= 600
    then
        return (api.refuse('conflict',
            'A score has at most 600 further files.')).body;
    end if;

    return null;
end;
$$;


-- What follows on the work on the score waits for that.
create or replace function api.create_attachment(actor uuid, args jsonb,
    out status integer, out body jsonb)
language plpgsql as $$
declare
    a sluice.attachments;
    as_role constant text := coalesce(nullif(args->>'role', ''), 'attachment');
begin
    perform from sluice.media where id::text = args->>'score' for update;

    body := api.refuse_attachment(actor, args);
    if body is not null then
        status := 400;
        return;
    end if;

    insert into sluice.attachments (id, media, role, position, filename, bytes,
                                    sha256)
    values ((args->>'id')::uuid, (args->>'score')::uuid, as_role,
            coalesce(nullif(args->>'position', '')::integer,
                     (select coalesce(max(position) + 1,
                                      case as_role when 'page' then 2 else 1
                                      end)
                      from sluice.attachments
                      where media = (args->>'score')::uuid
                        and role = as_role)),
            args->>'filename', (args->>'bytes')::bigint,
            decode(args->>'sha256', 'hex'))
    returning * into a;

    insert into sluice.jobs (id, kind, media, params, waits_for)
    values ((args->>'job')::uuid, 'attach', a.media,
            jsonb_build_object('attachment', a.id, 'role', a.role,
                               'position', a.position),
            (select id from sluice.jobs
             where media = a.media and kind in ('probe', 'score')
               and state in ('queued', 'running', 'retrying')
             order by id desc limit 1));

    update sluice.attachments set job = (args->>'job')::uuid where id = a.id
    returning * into a;

    status := 201;
    body := api.attachment_object(a);
end;
$$;


-- A file that becomes part of a score.
drop function if exists api.take_attachment(uuid, jsonb);

create or replace function api.ingest_attachment(actor uuid, args jsonb,
    out status integer, out body jsonb)
language plpgsql as $$
declare
    a sluice.attachments;
begin
    select * into a from sluice.attachments where id = (args->>'id')::uuid;

    if found then                   -- by a request whose answer was lost
        status := 200;
        body := api.attachment_object(a);
        return;
    end if;

    body := api.refuse_bytes(actor, (args->>'bytes')::bigint,
                             api.behind(args));
    if body is not null then
        status := 400;
        return;
    end if;

    select * into status, body from api.create_attachment(actor, args);

    if status = 201 and args ? 'upload'
       and not api.end_upload(actor, args, (args->>'score')::uuid) then
        raise 'upload % is gone', args->>'upload';
    end if;
end;
$$;
