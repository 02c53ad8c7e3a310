-- What comes of an upload that is whole: a file that becomes part of a score,
-- or one that stands for itself.

-- The row of an attachment that is new: the next place unless one is asked for,
-- and a page's number, which no other one ever had. The caller holds the lock
-- of the score's row.
create or replace function api.add_attachment(score_id uuid, args jsonb)
returns sluice.attachments
language plpgsql as $$
declare
    a sluice.attachments;
    as_role constant text := coalesce(nullif(args->>'role', ''), 'attachment');
    place constant integer := coalesce(nullif(args->>'position', '')::integer,
        api.next_place(score_id, as_role));
    next_number integer;
begin
    if as_role = 'page' then
        update sluice.media set last_number = last_number + 1
        where id = score_id returning last_number into next_number;
    end if;

    insert into sluice.attachments (id, media, role, position, number, filename,
                                    bytes, sha256, language, title, purpose)
    values ((args->>'id')::uuid, score_id, as_role, place, next_number,
            args->>'filename', (args->>'bytes')::bigint,
            decode(args->>'sha256', 'hex'),
            case as_role when 'subtitles'
                         then nullif(args->>'language', '') end,
            case as_role when 'subtitles' then nullif(args->>'title', '') end,
            case as_role when 'subtitles'
                         then nullif(args->>'purpose', '') end)
    returning * into a;
    return a;
end;
$$;


-- What follows on the work on the score waits for that. To the worker, a page's
-- `position` is the number in the names of its files.
create or replace function api.create_attachment(actor uuid, args jsonb,
    out status integer, out body jsonb)
language plpgsql as $$
declare
    a sluice.attachments;
begin
    body := api.refuse_attachment(actor, args);
    if body is not null then
        status := 400;
        return;
    end if;

    a := api.add_attachment((args->>'score')::uuid, args);

    insert into sluice.jobs (id, kind, media, params, waits_for)
    values ((args->>'job')::uuid,
            case a.role when 'subtitles' then 'subtitles' else 'attach' end,
            a.media, case a.role when 'subtitles' then api.text_params(a) else
            jsonb_build_object('attachment', a.id, 'role', a.role,
                               'position', coalesce(a.number, a.position)) end,
            (select id from sluice.jobs
             where media = a.media and queue.is_needed(kind)
               and state in ('queued', 'running', 'retrying')
             order by id desc limit 1));

    update sluice.attachments set job = (args->>'job')::uuid where id = a.id
    returning * into a;

    status := 201;
    body := api.attachment_object(a);
end;
$$;


-- The attachment of these bytes that the score has already. The same page may
-- be wanted in two places: one is the same when it is for no other place.
create or replace function api.same_attachment(actor uuid, args jsonb)
returns sluice.attachments
language sql stable as $$
    select a from sluice.attachments a join sluice.media m on m.id = a.media
    where m.id = api.score_id(args) and m.deleted_at is null
      and api.refuse_change(actor, m) is null
      and a.sha256 = decode(args->>'sha256', 'hex')
      and a.bytes = (args->>'bytes')::bigint
      and a.role = coalesce(nullif(args->>'role', ''), 'attachment')
      and a.language is not distinct from nullif(args->>'language', '')
      and (a.role <> 'page'
           or coalesce(args->>'position', '') in ('', a.position::text))
      and a.failed_at is null and a.removed_at is null
    order by a.position, a.id limit 1;
$$;


-- A file that becomes part of a score. One that it has already is not taken
-- twice: 200 instead of 201, and what lies in the spool is to go.
drop function if exists api.take_attachment(uuid, jsonb);

create or replace function api.ingest_attachment(actor uuid, args jsonb,
    out status integer, out body jsonb)
language plpgsql as $$
declare
    a sluice.attachments;
begin
    perform from sluice.media where id = api.score_id(args) for update;

    select * into a from sluice.attachments where id = (args->>'id')::uuid;

    if found then                   -- by a request whose answer was lost
        status := 200;
        body := api.attachment_object(a);
        return;
    end if;

    a := api.same_attachment(actor, args);
    if a.id is not null then
        status := 200;
        body := api.attachment_object(a)
                || jsonb_build_object('duplicate', true);
    else
        body := api.refuse_bytes(actor, (args->>'bytes')::bigint,
                                 api.behind(args));
        status := 400;
        if body is null then
            select * into status, body from api.create_attachment(actor, args);
        end if;
    end if;

    if status < 400 and args ? 'upload'
       and not api.end_upload(actor, args, api.score_id(args)) then
        raise 'upload % is gone', args->>'upload';
    end if;
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
            body := api.media_object(m);
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
        body := api.media_object(m)
                || jsonb_build_object('duplicate', true);
        return;
    end if;

    body := api.refuse_bytes(actor, (args->>'bytes')::bigint,
                             api.behind(args));
    body := coalesce(body, api.refuse_visibility(actor, args));
    if body is not null then
        status := 400;
        return;
    end if;

    insert into sluice.media (id, owner, visibility, kind, state, title,
                              titled, filename, bytes, sha256)
    values ((args->>'id')::uuid, actor,
            coalesce(nullif(args->>'visibility', ''),
                     case when api.is_editor(actor) then 'library'
                          else 'private' end),
            case when known then args->>'kind' else 'video' end, 'processing',
            coalesce(nullif(args->>'title', ''),
                     nullif(btrim(replace(regexp_replace(args->>'filename',
                         '\.[^.]*$', ''), '_', ' ')), ''),
                     args->>'filename'),
            coalesce(args->>'title', '') <> '',
            args->>'filename', (args->>'bytes')::bigint, digest)
    returning * into m;

    insert into sluice.jobs (id, kind, media)
    values ((args->>'job')::uuid,
            case when m.kind = 'score' then 'score' else 'probe' end, m.id);

    if args ? 'upload' and not api.end_upload(actor, args, m.id) then
        raise 'upload % is gone', args->>'upload';
    end if;

    status := 201;
    body := api.media_object(m);
end;
$$;


-- What a file with this key was answered with, if it is the same; a status that
-- is null says that it is new. `again`: it was read to be compared, not written.
create or replace function api.ingested_before(actor uuid, args jsonb,
                                               out status integer,
                                               out body jsonb)
language plpgsql as $$
declare
    known record;
    a sluice.answers;
begin
    select * into known
    from api.look_up(actor, args->'once', (args->>'id')::uuid);

    a := known.answer;

    if known.refused is not null then
        status := 400;
        body := known.refused;
    elsif a.sha256 = decode(args->>'sha256', 'hex') then
        status := a.status;
        body := a.body;
    elsif a.key is not null then
        select * into status, body from api.refuse('key-used', null,
                                                   'Idempotency-Key');
    elsif args ? 'again' then       -- its answer is over, and it has no file
        select * into status, body from api.refuse('key-busy');
    end if;
end;
$$;


-- After the file is durable in the spool: the row and its first job, one after
-- the other for each user. All that was asked before is asked again: a refusal
-- is an upload's end.
create or replace function api.ingest(actor uuid, args jsonb,
                                      out status integer, out body jsonb)
language plpgsql as $$
declare
    keyed boolean := false;
begin
    if args ? 'once' then
        perform pg_advisory_xact_lock(api.key_lock(actor, args->'once'));
    end if;

    perform from sluice.users where id = actor and disabled_at is null
    for no key update;

    if not found then
        select * into status, body from api.refuse(
            case when args ? 'upload' then 'account-disabled'
                 else 'token-invalid' end);
    elsif args ? 'once' then
        select * into status, body from api.ingested_before(actor, args);
        keyed := status is null;
    end if;

    if status is not null then
        null;
    elsif args->>'score' <> '' then
        select * into status, body from api.ingest_attachment(actor, args);
    else
        select * into status, body from api.ingest_media(actor, args);
    end if;

    if keyed and status < 400 then
        perform api.keep_answer(actor, args->'once', status, body, args);
    end if;

    perform api.settle_upload((args->>'id')::uuid);

    if status >= 400 then
        delete from sluice.uploads
        where id = (args->>'upload')::uuid and owner = actor;
    end if;

    perform api.let_go((args->>'id')::uuid, actor);
end;
$$;
