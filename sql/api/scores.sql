-- Scores: their pages, and the files that are added to them.

-- The numbers in the names of a score's pages, in their order and at most so
-- many: those of its own, then the pages that were added.
create or replace function api.page_numbers(m sluice.media, many integer)
returns setof integer
language sql stable as $$
    with added as (
        select position, number from sluice.attachments
        where media = m.id and role = 'page' and ready and removed_at is null
    )
    select number from (
        select n, n from generate_series(1, m.pages - (select count(*)
                                                       from added)::integer) n
        union all select position, number from added) pages(place, number)
    order by place limit many;
$$;


-- Files that belong to a score.
create or replace function api.attachment_object(a sluice.attachments)
returns jsonb
language sql stable as $$
    select jsonb_build_object(
        'id', a.id, 'media', a.media, 'role', a.role, 'position', a.position,
        'kind', a.kind, 'format', a.format, 'filename', a.filename,
        'bytes', a.bytes, 'sha256', encode(a.sha256, 'hex'),
        'duration', a.duration, 'language', a.language, 'title', a.title,
        'purpose', a.purpose, 'encoding', a.encoding,
        'state', case when a.ready then 'ready'
                      when a.failed_at is null then 'processing'
                      else 'failed' end,
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
    from sluice.attachments a
    where a.media = m.id and a.removed_at is null;
$$;


-- The score that a file is for, or null.
create or replace function api.score_id(args jsonb) returns uuid
language sql immutable as $$
    select case when api.is_id(args->>'score')
                then (args->>'score')::uuid end;
$$;


-- Behind the last one, not counting pages that failed.
create or replace function api.next_place(score_id uuid, as_role text)
returns integer
language sql stable as $$
    select coalesce(max(position) + 1, case as_role when 'page' then 2
                                                    else 1 end)
    from sluice.attachments
    where media = score_id and role = as_role and removed_at is null
      and (as_role <> 'page' or failed_at is null);
$$;


-- Null when the file may become part of the score, or is none; else why not.
create or replace function api.refuse_attachment(actor uuid, args jsonb)
returns jsonb
language plpgsql stable as $$
declare
    m sluice.media;
    refused jsonb;
    place constant text := coalesce(args->>'position', '');
    most_numbers constant integer := 9999;  -- four digits in the files' names
    is_page constant boolean := coalesce(args->>'role', '') = 'page';
begin
    if coalesce(args->>'score', '') = '' then
        return null;
    elsif args->>'role' = 'subtitles' then
        return api.refuse_text(actor, api.score_id(args), args);
    elsif coalesce(args->>'role', '') not in ('', 'attachment', 'page') then
        return (api.refuse('field-invalid', 'One of attachment, page, '
                           'subtitles.', 'role')).body;
    elsif place !~ '^([1-9][0-9]{0,2})?$' or (is_page and place = '1') then
        return (api.refuse('field-invalid', 'A number from 1 to 999; the first '
                           'page is the score itself.', 'position')).body;
    elsif api.score_id(args) is null then
        return (api.refuse('field-invalid', 'The id of a score.',
                           'score')).body;
    end if;

    select * into m from sluice.media
    where id = api.score_id(args) and deleted_at is null;

    refused := api.refuse_change(actor, m);
    if refused is not null then
        return refused;
    elsif m.kind <> 'score' or m.state = 'failed' then
        return (api.refuse('conflict',
            'Files can be added to a score alone.')).body;
    elsif is_page and m.state = 'ready' and m.width is null then
        return (api.refuse('conflict',
            'Pages can be added to a score that is one picture alone.')).body;
    elsif is_page and exists (
            select from sluice.attachments where media = m.id
            and role = 'page' and position::text = place
            and failed_at is null and removed_at is null) then
        return (api.refuse('conflict', 'There is such a page already.')).body;
    elsif (select count(*) from sluice.attachments
           where media = m.id and removed_at is null) >= 600 then
        return (api.refuse('conflict',
            'A score has at most 600 further files.')).body;
    elsif is_page and m.last_number >= most_numbers then
        return (api.refuse('conflict', 'So many pages came and went that this '
            'score takes no more: bring it anew.')).body;
    elsif place = '' and api.next_place(m.id, case when is_page then 'page'
                                              else 'attachment' end) > 999 then
        return (api.refuse('conflict', 'There is no place behind 999: name '
                           'another one.', 'position')).body;
    end if;

    return null;
end;
$$;


-- What is wrong with the fields of an attachment that are to change, as a
-- refusal; else null.
create or replace function api.refuse_attachment_fields(a sluice.attachments,
                                                        args jsonb)
returns jsonb
language plpgsql immutable as $$
begin
    if not args ?| '{position,filename}' then
        return (api.refuse('field-invalid', 'Name what is to change: position, '
                           'filename.')).body;
    elsif args ? 'position'
          and (coalesce(args->>'position', '') !~ '^[1-9][0-9]{0,2}$'
               or (a.role = 'page' and args->>'position' = '1')) then
        return (api.refuse('field-invalid', 'A number from 1 to 999; the first '
                           'page is the score itself.', 'position')).body;
    elsif args ? 'filename'
          and (jsonb_typeof(args->'filename') <> 'string'
               or not api.is_text(args->>'filename', 255)
               or octet_length(args->>'filename') > 255
               or args->>'filename' ~ '/') then
        return (api.refuse('field-invalid', 'A file name is 1 to 255 bytes of '
                           'UTF-8 without control characters and slashes.',
                           'filename')).body;
    end if;
    return null;
end;
$$;


-- In a list nobody shares a place; among pages some may be free.
create or replace function api.number_places(score_id uuid) returns void
language sql as $$
    update sluice.attachments a set position = p.n
    from (select id, row_number() over (order by position, id) n
          from sluice.attachments
          where media = score_id and role = 'attachment' and removed_at is null)
         as p
    where a.id = p.id and a.position <> p.n;
$$;


-- To another place: what lies between moves by one towards the one that it
-- leaves. A page that failed has no place, and moves nothing.
create or replace function api.move_attachment(attachment uuid, place integer)
returns void
language plpgsql as $$
declare
    a sluice.attachments;
begin
    select * into a from sluice.attachments where id = attachment;

    if a.role = 'page' and a.failed_at is not null then
        update sluice.attachments set position = place where id = a.id;
        return;
    end if;

    if a.role = 'attachment' then
        perform api.number_places(a.media);
        select x.position, least(place, (select count(*)
                                         from sluice.attachments y
                                         where y.media = x.media
                                           and y.role = x.role
                                           and y.removed_at is null))
        into a.position, place from sluice.attachments x where x.id = a.id;
    end if;

    update sluice.attachments x
    set position = case when x.id = a.id then place
                        else x.position + sign(a.position - place)::integer end
    where x.media = a.media and x.role = a.role and x.removed_at is null
      and (x.role = 'attachment' or x.failed_at is null)
      and x.position between least(a.position, place)
                         and greatest(a.position, place);
end;
$$;


-- Null when this user may change the attachment, else why not; the lock of its
-- score's row is held from then on.
create or replace function api.hold_attachment(actor uuid, args jsonb)
returns jsonb
language plpgsql as $$
declare
    m sluice.media;
begin
    select * into m from sluice.media
    where id = (args->>'id')::uuid and deleted_at is null for update;

    return coalesce(api.refuse_change(actor, m), (
        select (api.refuse('not-found')).body
        where not exists (select from sluice.attachments
                          where id = (args->>'attachment')::uuid
                            and media = m.id and removed_at is null)));
end;
$$;


create or replace function api.change_attachment(actor uuid, args jsonb,
                                                 out status integer,
                                                 out body jsonb)
language plpgsql as $$
declare
    was sluice.attachments;
    now_is sluice.attachments;
    made uuid;
begin
    body := api.hold_attachment(actor, args);
    select * into was from sluice.attachments
    where id = (args->>'attachment')::uuid;

    body := coalesce(body,
        case when was.role = 'subtitles'
             then api.refuse_text_fields(was, args) end,
        case when was.role <> 'subtitles' or args ? 'filename'
             then api.refuse_attachment_fields(was, args) end);
    if body is not null then
        status := 400;
        return;
    elsif was.role = 'subtitles' then
        made := api.change_text(actor, was, args);
        select * into now_is from sluice.attachments where id = was.id;
        status := 200;
        body := api.attachment_object(now_is) || case when made is null
            then '{}' else
            jsonb_build_object('wake', jsonb_build_array(made)) end;
        return;
    end if;

    if args ? 'position' then
        perform api.move_attachment(was.id, (args->>'position')::integer);
    end if;
    update sluice.attachments
    set filename = coalesce(args->>'filename', filename)
    where id = was.id returning * into now_is;

    if (now_is.position, now_is.filename)
       is distinct from (was.position, was.filename) then
        perform sluice.note(actor, 'attachment-changed', was.id::text,
            jsonb_build_object('media', was.media, 'was', jsonb_build_object(
                'position', was.position, 'filename', was.filename)));
    end if;

    status := 200;
    body := api.attachment_object(now_is);
end;
$$;


-- Gone from sight at once, also from searches; the files follow in a job.
create or replace function api.delete_attachment(actor uuid, args jsonb,
                                                 out status integer,
                                                 out body jsonb)
language plpgsql as $$
declare
    a sluice.attachments;
    told jsonb;
    made constant uuid := sluice.uuid_v7();
begin
    body := api.hold_attachment(actor, args);
    if body is not null then
        status := 400;
        return;
    end if;

    update sluice.attachments set removed_at = now()
    where id = (args->>'attachment')::uuid returning * into a;
    update sluice.media set pages = pages - 1
    where id = a.media and a.ready and a.role = 'page';

    told := api.end_job(a.job, 'Its file was removed.');
    insert into sluice.jobs (id, kind, media, params)
    values (made, case a.role when 'subtitles' then 'withdraw'
                              else 'detach' end, a.media,
            jsonb_strip_nulls(jsonb_build_object('attachment', a.id,
                'number', a.number, 'folder',
                (select folder from sluice.renditions r
                 where r.media = a.media and r.name = api.text_name(a.id)))));
    perform sluice.note(actor, 'attachment-removed', a.id::text,
                        jsonb_build_object('media', a.media, 'role', a.role,
                                           'filename', a.filename));

    status := 204;
    body := jsonb_build_object('wake', jsonb_build_array(made),
                               'publish', told);
end;
$$;
