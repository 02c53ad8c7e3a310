-- What the kinds of jobs call that clean up: expire, orphans, prune and scrub.
-- Each call is short, takes at most so many rows, and may be repeated; what a
-- job did until it was killed stays done, and what it did not, a later one
-- does.


-- expire

-- Uploads that nobody came back for, and those whose nginx is gone, behind this
-- id.
create or replace function queue.expired_uploads(behind uuid, many integer)
returns jsonb
language sql stable as $$
    select coalesce(jsonb_agg(id order by id), '[]')
    from (select id from sluice.uploads
          where state <> 'done' and expires_at < now() and id > behind
          order by id limit many) x;
$$;


-- The row goes; the caller holds the file's lock, so nobody is about to finish
-- it. One that is open has no media file: both change in one transaction.
create or replace function queue.expire_upload(upload uuid) returns jsonb
language plpgsql as $$
begin
    delete from sluice.uploads
    where id = upload and state <> 'done' and expires_at < now()
      and coalesce(turn_until, '-infinity') < now();
    return to_jsonb(found);
end;
$$;


-- What uploads have left in the bucket, some of it: what nginx removes at once
-- is gone by then. `kept`: the file itself is somebody's after all.
create or replace function queue.strays(many integer) returns jsonb
language sql stable as $$
    select coalesce(jsonb_agg(jsonb_build_object(
        'id', s.id, 'multipart', s.multipart, 'kept',
        exists (select from sluice.media where id = s.id)
        or exists (select from sluice.attachments where id = s.id))), '[]')
    from (select * from sluice.strays
          where since < now() - interval '10 minutes'
          order by since limit many) s;
$$;


create or replace function queue.drop_stray(stray uuid) returns jsonb
language sql as $$
    delete from sluice.strays where id = stray;
    select to_jsonb(true);
$$;


-- orphans

-- Whether a row knows the file. What is still coming in (`part`) is an open
-- upload's; once it is whole, it is an upload, a media file that no job has
-- moved into the store yet, or an attachment. A media file that is being
-- removed is known until its files are gone.
create or replace function queue.is_known(file_kind text, file uuid,
                                          folder uuid) returns boolean
language sql stable as $$
    select case file_kind
        when 'part' then
            exists (select from sluice.uploads
                    where id = file and state <> 'done')
        when 'upload' then
            exists (select from sluice.media where id = file)
            or exists (select from sluice.attachments where id = file)
            or exists (select from sluice.uploads
                       where id = file and state <> 'done')
        when 'media' then                   -- or an export's
            exists (select from sluice.media where id = file)
            or exists (select from sluice.exports
                       where id = file and gone_at is null)
        else                                -- or its whole folder is an orphan
            exists (select from sluice.attachments
                    where id = file and media = folder)
            or not exists (select from sluice.media where id = folder)
        end;
$$;


-- The first look: of these files of a machine, notes those that no row knows.
-- One that changed counts as new. Returns how many folders are among them.
create or replace function queue.note_orphans(machine text, job_id uuid,
                                              files jsonb) returns jsonb
language sql as $$
    with noted as (
        insert into sluice.orphans as o (host, path, kind, id, media, mark,
                                         pass)
        select machine, f.path, f.kind, f.id, f.media, f.mark, job_id
        from jsonb_to_recordset(files)
            as f(path text, kind text, id uuid, media uuid, mark text)
        where not queue.is_known(f.kind, f.id, f.media)
        on conflict (host, path) do update
        set seen_at = case when (o.kind, o.id, o.mark)
                                = (excluded.kind, excluded.id, excluded.mark)
                           then o.seen_at else now() end,
            kind = excluded.kind, id = excluded.id, media = excluded.media,
            mark = excluded.mark, pass = excluded.pass, last_at = now()
        returning kind
    )
    select to_jsonb(count(*) filter (where kind = 'media')) from noted;
$$;


-- When all has been looked at: what was not seen again is gone or has a row by
-- now, and is forgotten. Returns how many are left.
create or replace function queue.forget_orphans(machine text, job_id uuid)
returns jsonb
language sql as $$
    delete from sluice.orphans where host = machine and pass <> job_id;
    select to_jsonb(count(*)) from sluice.orphans where host = machine;
$$;


-- Those that have been the same for so many hours, behind this path.
create or replace function queue.ripe_orphans(machine text, job_id uuid,
    hours integer, behind text, many integer) returns jsonb
language sql stable as $$
    select coalesce(jsonb_agg(jsonb_build_object('path', path, 'mark', mark)
                              order by path), '[]')
    from (select path, mark from sluice.orphans
          where host = machine and pass = job_id
            and seen_at <= now() - hours * interval '1 hour'
            and path > behind
          order by path limit many) x;
$$;


-- The last look, right before the file goes: whether it may. It is written down
-- before it is done; whoever is killed in between leaves a file that is new to
-- the next pass.
create or replace function queue.take_orphan(machine text, name text)
returns jsonb
language plpgsql as $$
declare
    o sluice.orphans;
begin
    delete from sluice.orphans x
    where x.host = machine and x.path = name
      and not queue.is_known(x.kind, x.id, x.media)
    returning * into o;

    if o.path is not null then
        perform sluice.note(null, 'orphan-removed', o.path,
                            jsonb_build_object('host', o.host, 'mark', o.mark,
                                               'since', o.seen_at));
    end if;
    return to_jsonb(o.path is not null);
end;
$$;


-- prune

-- Jobs that are over. Those stay that another waits for, and all of a media
-- file that did not become ready: its owner may try again, and reads there why
-- he should.
create or replace function queue.prune_jobs(age interval, many integer)
returns bigint
language sql as $$
    with gone as (
        delete from sluice.jobs where id in (
            select j.id from sluice.jobs j
            where j.state in ('done', 'dead', 'cancelled')
              and j.finished_at < now() - age
              and coalesce(j.lease_until, '-infinity') < now()
              and (j.media is null
                   or exists (select from sluice.media m
                              where m.id = j.media and m.state = 'ready'
                                and m.deleted_at is null))
              and not exists (select from sluice.jobs w
                              where w.waits_for = j.id)
              and not exists (select from sluice.attachments a
                              where a.job = j.id and not a.ready)
            limit many for update skip locked)
        returning id
    )
    select count(*) from gone;
$$;


-- Sessions that are over, and whose links are.
create or replace function queue.prune_sessions(age interval, many integer)
returns bigint
language sql as $$
    with gone as (
        delete from sluice.sessions where id in (
            select id from sluice.sessions
            where coalesce(ended_at, expires_at) < now() - age
              and coalesce(links_until, '-infinity') < now()
            limit many for update skip locked)
        returning id
    )
    select count(*) from gone;
$$;


-- At most so many rows of each, by their ages in `params`: how many went.
create or replace function queue.prune(params jsonb, many integer)
returns jsonb
language plpgsql as $$
declare
    audits bigint;
    uploads bigint;
    notes bigint;

    -- a schedule cannot say that what happened just now is old; and of the audit
    -- a job, whoever made it, not what the schedule does not
    audit_age constant interval := interval '1 day' * greatest(1,
        (params->>'audit_days')::integer,
        coalesce((select (s.params->>'audit_days')::integer
                  from sluice.schedules s where s.name = 'prune'), 400));
    job_age constant interval := interval '1 day' * greatest(1,
        coalesce((params->>'job_days')::integer, 30));
    session_age constant interval := interval '1 day' * greatest(1,
        coalesce((params->>'session_days')::integer, 30));
begin
    delete from sluice.audit where id in (
        select id from sluice.audit where at < now() - audit_age
        order by at limit many);
    get diagnostics audits = row_count;

    -- what is open is for `expire`, which knows of locks
    delete from sluice.uploads where id in (
        select id from sluice.uploads
        where state = 'done' and expires_at < now()
        order by expires_at limit many for update skip locked);
    get diagnostics uploads = row_count;

    -- of machines that look no more
    delete from sluice.orphans where (host, path) in (
        select host, path from sluice.orphans
        where last_at < now() - interval '30 days' limit many);
    get diagnostics notes = row_count;

    return jsonb_build_object(
        'audit', audits, 'uploads', uploads, 'notes', notes,
        'jobs', queue.prune_jobs(job_age, many),
        'sessions', queue.prune_sessions(session_age, many),
        'revocations', api.forget_revocations(),
        'answers', api.forget_answers(many),
        'keys', api.forget_keys(),
        'months', api.forget_months(many),
        'mails', queue.prune_mails(many),
        'tickets', queue.prune_tickets(many));
end;
$$;


-- scrub

-- The files to read next: originals in the store that were not read for so many
-- days, and first those that never were. `of` is the media whose folder an
-- attachment is in.
create or replace function queue.scrub_next(days integer, many integer)
returns jsonb
language sql stable as $$
    with due as (
        (select id, null::uuid media, bytes, scrubbed_at from sluice.media
         where deleted_at is null and extension is not null
           and (scrubbed_at is null
                or scrubbed_at < now() - days * interval '1 day')
         order by scrubbed_at nulls first, id limit many)
        union all
        (select a.id, a.media, a.bytes, a.scrubbed_at
         from sluice.attachments a
         join sluice.media m on m.id = a.media and m.deleted_at is null
         where a.ready and a.removed_at is null
           and (a.scrubbed_at is null
                or a.scrubbed_at < now() - days * interval '1 day')
         order by a.scrubbed_at nulls first, a.id limit many)
    )
    select coalesce(jsonb_agg(jsonb_build_object('id', id, 'of', media,
                                                 'bytes', bytes)), '[]')
    from (select * from due order by scrubbed_at nulls first, id limit many) x;
$$;


-- Writes down what changed with a file: `was` is the rot that was known.
create or replace function queue.judge(file uuid, sound boolean, was text,
                                       reason text) returns text
language plpgsql as $$
begin
    if sound and was is not null then
        perform sluice.note(null, 'rot-healed', file::text);
    elsif not sound and was is null then
        perform sluice.note(null, 'rot-found', file::text,
                            jsonb_build_object('reason', reason));
    end if;
    return case when sound then 'sound' else 'rot' end;
end;
$$;


-- What reading it gave: its digest, or null and the reason why it cannot be
-- read. Returns "sound", "rot" or "gone": what is being removed has not rotted.
create or replace function queue.scrubbed(file uuid, folder uuid,
                                          digest text, trouble text)
returns jsonb
language plpgsql as $$
declare
    was text;
    sound boolean;
    reason constant text := coalesce(trouble,
        'Its bytes are not those that came: their SHA-256 is '
        || digest || '.');
    archived constant boolean := digest is null and trouble is null;
begin
    perform from sluice.media
    where id = coalesce(folder, file) and deleted_at is null for update;
    if not found then
        return '"gone"';
    end if;

    if folder is null then
        select m.rot, coalesce(m.sha256 = decode(digest, 'hex'), false)
        into was, sound from sluice.media m where m.id = file;
        update sluice.media
        set scrubbed_at = now(),
            rot = case when archived then rot when not sound then reason end,
            rot_at = case when archived then rot_at
                          when not sound then coalesce(rot_at, now()) end
        where id = file;
    else
        select a.rot, coalesce(a.sha256 = decode(digest, 'hex'), false)
        into was, sound from sluice.attachments a
        where a.id = file and a.media = folder and a.removed_at is null;
        if not found then
            return '"gone"';
        end if;
        update sluice.attachments
        set scrubbed_at = now(),
            rot = case when archived then rot when not sound then reason end,
            rot_at = case when archived then rot_at
                          when not sound then coalesce(rot_at, now()) end
        where id = file;
    end if;

    if archived then
        return '"archived"';
    end if;

    return to_jsonb(queue.judge(file, sound, was, reason));
end;
$$;


-- leave

-- One step of taking away all that belongs to somebody whose time has come: how
-- much of it is left, in {"left"}. What jobs remove, and what comes in to nobody
-- any more, is waited for. In the audit his id stays, as a name that tells
-- nothing, and no address.
create or replace function queue.leave(who uuid, many integer) returns jsonb
language plpgsql as $$
declare
    m record;
    remains bigint;
begin
    perform from sluice.users where id = who and leaves_at <= now() for update;

    if not found then                       -- he stays, or has left
        return '{"left": 0}';
    end if;

    for m in select id from sluice.media
             where owner = who and deleted_at is null limit many
    loop
        perform api.delete_media(who, jsonb_build_object('id', m.id));
    end loop;

    update sluice.uploads set expires_at = now()
    where owner = who and state <> 'done' and expires_at > now();

    if found then                           -- as its schedule would, later
        perform queue.enqueue('expire', unique_key => 'expire');
    end if;

    perform api.end_exports(who, 'Its owner has left.');

    remains := (select count(*) from sluice.media where owner = who)
        + (select count(*) from sluice.uploads
           where owner = who and state <> 'done')
        + (select count(*) from sluice.exports
           where user_id = who and gone_at is null);

    if remains > 0 then
        return jsonb_build_object('left', remains);
    end if;

    update sluice.audit
    set detail = detail - '{address,agent,email,from,to,title,issuer}'::text[]
    where actor = who or target = who::text;

    -- whoever invited him did that before he had an id
    update sluice.audit set detail = detail - 'email'
    where action = 'user-invited'
      and detail->>'email' = (select email from sluice.users where id = who);

    delete from sluice.tickets where user_id = who;
    delete from sluice.users where id = who;
    perform sluice.note(null, 'user-left', who::text);

    return '{"left": 0}';
end;
$$;
