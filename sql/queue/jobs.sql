-- What becomes of a job and of its media, whoever ends it: a slot in queue.sql,
-- or the scheduler.

-- Jobs that take away what people have deleted: nobody stops them, and they are
-- tried until it is gone.
create or replace function queue.is_removal(kind text) returns boolean
language sql immutable parallel safe as $$
    select kind in ('remove', 'detach', 'withdraw');
$$;


-- Jobs that may take long, and all the processor that they get; the others are
-- quick. The index jobs_turn_long has the same expression, and so has
-- worker/jobs/kinds.c.
create or replace function queue.is_long(kind text) returns boolean
language sql immutable parallel safe as $$
    select kind = any (array['package', 'split', 'encode', 'join', 'verify',
                             'storyboard', 'listen', 'download']);
$$;


-- What a slot takes, by its name, host:mark:pid[:ability]: 'encode' what is
-- long, 'quick' all else; '' anything.
create or replace function queue.ability(slot text) returns text
language sql immutable parallel safe as $$
    select split_part(slot, ':', 4);
$$;


create or replace function queue.can(slot text, kind text) returns boolean
language sql immutable parallel safe as $$
    select case queue.ability(slot) when 'encode' then queue.is_long(kind)
                                    when 'quick' then not queue.is_long(kind)
                                    else true end;
$$;


-- The machine of a slot.
create or replace function queue.machine(slot text) returns text
language sql immutable parallel safe as $$
    select split_part(slot, ':', 1);
$$;


-- The machine of a slot, for a job that reads what this one has read: its file
-- is there by now. Null where no slot of that machine takes such jobs.
create or replace function queue.place_for(slot text, kind text) returns text
language sql stable as $$
    select queue.machine(slot)
    where exists (select from sluice.slots s
                  where queue.machine(s.name) = queue.machine(slot)
                    and queue.can(s.name, kind));
$$;


-- Those that slots of their own do: mail.sql.
create or replace function queue.is_mail(kind text) returns boolean
language sql immutable parallel safe as $$
    select kind = 'mail';
$$;


-- Whether a job takes a file into what is there: a score or, as subtitles, a film.
create or replace function queue.attaches(j sluice.jobs) returns boolean
language sql immutable as $$
    select j.kind = 'attach'
           or (j.kind = 'subtitles' and j.params ? 'attachment'
               and not j.params ? 'told');
$$;


-- Jobs without which a media object is no good.
create or replace function queue.is_needed(kind text) returns boolean
language sql immutable parallel safe as $$
    select kind in ('probe', 'package', 'score');
$$;


-- Jobs that make what lies beside a film or a recording: nobody waits for them.
create or replace function queue.is_beside(kind text) returns boolean
language sql immutable parallel safe as $$
    select kind in ('storyboard', 'chapters', 'subtitles', 'listen', 'cover',
                    'download', 'verify');
$$;


-- A media row is ready when all that it cannot do without is done, whatever else
-- is still being made. The caller holds the row's lock.
create or replace function queue.settle(media_id uuid) returns void
language sql as $$
    update sluice.media m set state = 'ready', error = null
    where m.id = media_id and m.state = 'processing'
      and not exists (select from sluice.jobs j
                      where j.media = media_id and queue.is_needed(j.kind)
                        and j.state <> 'done');
$$;


-- A job that ended without having done its work: what the media cannot do
-- without fails it, and who waits for the job waits in vain. The caller holds
-- the media row's lock.
create or replace function queue.give_up(j sluice.jobs, reason text)
returns void
language plpgsql as $$
declare
    child sluice.jobs;
begin
    for child in
        update sluice.jobs
        set state = 'cancelled', finished_at = now(), version = version + 1,
            error = 'The job it waited for did not work out.'
        where waits_for = j.id and state in ('queued', 'retrying')
        returning *
    loop
        perform queue.give_up(child, reason);
    end loop;

    if queue.attaches(j) then
        update sluice.attachments set failed_at = now()
        where id = (j.params->>'attachment')::uuid and not ready
          and failed_at is null;
    end if;

    if j.media is not null then
        if queue.is_needed(j.kind) then
            update sluice.media set state = 'failed', error = reason
            where id = j.media;
        end if;
        perform queue.settle(j.media);
    end if;
end;
$$;


create or replace function queue.bury(job_id uuid, reason text) returns void
language plpgsql as $$
declare
    j sluice.jobs;
begin
    update sluice.jobs
    set state = 'dead', error = reason, lease_until = null,
        seconds_left = null, finished_at = now(), version = version + 1
    where id = job_id returning * into j;

    perform queue.give_up(j, reason);
end;
$$;


-- Locks the media row of a job, if it has one.
create or replace function queue.lock_media(job_id uuid) returns void
language plpgsql as $$
declare
    media_id uuid;
begin
    select media into media_id from sluice.jobs where id = job_id;
    if media_id is not null then
        perform from sluice.media where id = media_id for update;
    end if;
end;
$$;


-- What a slot must know of its job. Not in the language sql, whose functions
-- are planned anew in each call: that took as long as all else together.
create or replace function queue.describe(j sluice.jobs) returns jsonb
language plpgsql stable as $$
declare
    seconds constant integer := (select k.seconds from sluice.job_kinds k
                                 where k.kind = j.kind);
    media jsonb;
    misfit text;
begin
    if j.media is null then
        -- params that do not fit may not even be ones that a slot can read
        misfit := queue.misfit(j.kind, j.params);
    else
        select to_jsonb(m) - '{sha256,owner,text_words}'::text[] into media
        from sluice.media m where m.id = j.media;
    end if;

    return jsonb_build_object(
        'id', j.id, 'kind', j.kind, 'attempt', j.attempt,
        'max_attempts', j.max_attempts, 'misfit', misfit,
        'params', case when misfit is null then j.params end,
        'version', j.version, 'seconds', seconds, 'media', media,
        'trace', j.trace);
end;
$$;
