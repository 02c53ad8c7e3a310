-- What the worker calls. A job belongs to the slot that took it until its
-- lease runs out; every call names the slot, and what was lost meanwhile is
-- refused. Where a call touches both, the media row is locked before the job.
-- Calls that end a job may be repeated: a lost reply does no harm.

-- Nobody has the job, and its time has come.
create or replace function queue.is_due(j sluice.jobs) returns boolean
language sql stable as $$
    select ((j.state in ('queued', 'retrying') and j.run_at <= now())
            or (j.state = 'running' and j.lease_until < now()))
           and (j.kind = 'remove'
                or not exists (select from sluice.media m
                               where m.id = j.media
                                 and m.deleted_at is not null));
$$;


-- When nothing is left to do for a media row: ready, or failed if one of the
-- jobs it cannot do without is dead. The caller holds the row's lock.
create or replace function queue.settle(media_id uuid) returns void
language sql as $$
    update sluice.media m set state = 'ready', error = null
    where m.id = media_id and m.state = 'processing'
      and not exists (select from sluice.jobs j
                      where j.media = media_id and j.kind <> 'remove'
                        and (j.state in ('queued', 'running', 'retrying')
                             or (j.state = 'dead' and j.kind <> 'poster')));
$$;


create or replace function queue.bury(job_id uuid, reason text) returns void
language plpgsql as $$
declare
    j sluice.jobs;
begin
    update sluice.jobs set state = 'dead', error = reason, lease_until = null,
                           finished_at = now()
    where id = job_id returning * into j;

    if j.kind in ('probe', 'package', 'score') then
        update sluice.media set state = 'failed', error = reason
        where id = j.media;
    end if;

    perform queue.settle(j.media);
end;
$$;


-- Jobs whose slots fell silent once too often.
create or replace function queue.bury_interrupted() returns void
language plpgsql as $$
declare
    j record;
begin
    for j in select id, media, attempt from sluice.jobs
             where state = 'running' and lease_until < now()
               and attempt >= max_attempts and kind <> 'remove'
    loop
        perform from sluice.media where id = j.media for update;

        -- Its slot may have been heard of meanwhile.
        perform from sluice.jobs
        where id = j.id and state = 'running' and lease_until < now()
        for update;
        if found then
            perform queue.bury(j.id,
                               format('The work was interrupted %s times.',
                                      j.attempt));
        end if;
    end loop;
end;
$$;


-- What a slot must know of its job.
create or replace function queue.describe(j sluice.jobs) returns jsonb
language sql stable as $$
    select jsonb_build_object('id', j.id, 'kind', j.kind,
                              'attempt', j.attempt,
                              'max_attempts', j.max_attempts,
                              'media', to_jsonb(m) - 'sha256' - 'owner')
    from (select) one left join sluice.media m on m.id = j.media;
$$;


create or replace function queue.hand_out(job_id uuid, slot text,
                                          lease interval) returns jsonb
language plpgsql as $$
declare
    j sluice.jobs;
begin
    update sluice.jobs
    set state = 'running', attempt = attempt + 1, leased_by = slot,
        lease_until = now() + lease, progress = 0, error = null,
        started_at = coalesce(started_at, now())
    where id = job_id
    returning * into j;

    return queue.describe(j);
end;
$$;


-- Takes this job if it is due; null when someone else has it or it is over.
create or replace function queue.take(job_id uuid, slot text, lease interval)
returns jsonb
language plpgsql as $$
declare
    found_id uuid;
begin
    perform queue.bury_interrupted();

    select id into found_id from sluice.jobs j
    where id = job_id and queue.is_due(j)
    for update skip locked;

    return case when found_id is not null
                then queue.hand_out(found_id, slot, lease) end;
end;
$$;


-- Takes any due job, the one that waits longest first.
create or replace function queue.take_next(slot text, lease interval)
returns jsonb
language plpgsql as $$
declare
    found_id uuid;
begin
    perform queue.bury_interrupted();

    select id into found_id from sluice.jobs j
    where state in ('queued', 'retrying', 'running') and queue.is_due(j)
    order by run_at, id limit 1
    for update skip locked;

    return case when found_id is not null
                then queue.hand_out(found_id, slot, lease) end;
end;
$$;


-- The heartbeat. False: the job is someone else's, cancelled, or its media is
-- being removed; whatever the slot made of it must be dropped.
create or replace function queue.renew(job_id uuid, slot text, lease interval,
                                       progress_now real) returns boolean
language plpgsql as $$
begin
    update sluice.jobs j
    set lease_until = now() + lease,
        progress = coalesce(progress_now, progress)
    where id = job_id and state = 'running' and leased_by = slot
      and (kind = 'remove'
           or not exists (select from sluice.media m
                          where m.id = j.media and m.deleted_at is not null));
    return found;
end;
$$;


-- The job is done. `patch` holds the media columns it found out, `next` the
-- kinds of the jobs that follow. Returns the ids of those as a JSON array, or
-- null when the job was lost.
create or replace function queue.finish(job_id uuid, slot text, patch jsonb,
                                        outcome jsonb, next text[])
returns jsonb
language plpgsql as $$
declare
    j sluice.jobs;
    followers jsonb;
begin
    perform from sluice.media m join sluice.jobs x on x.media = m.id
    where x.id = job_id for update of m;

    select * into j from sluice.jobs where id = job_id and leased_by = slot
    for update;
    if j.state = 'done' then
        return '[]';
    elsif j.state is distinct from 'running' then
        return null;
    end if;

    update sluice.jobs
    set state = 'done', progress = 100, result = outcome, lease_until = null,
        finished_at = now()
    where id = job_id;

    update sluice.media
    set kind = coalesce(patch->>'kind', kind),
        extension = coalesce(patch->>'extension', extension),
        author = coalesce(patch->>'author', author),
        duration = coalesce((patch->>'duration')::float8, duration),
        width = coalesce((patch->>'width')::integer, width),
        height = coalesce((patch->>'height')::integer, height),
        pages = coalesce((patch->>'pages')::integer, pages),
        streams = coalesce(patch->'streams', streams),
        poster = coalesce((patch->>'poster')::boolean, poster)
    where id = j.media;

    with inserted as (
        insert into sluice.jobs (id, kind, media)
        select sluice.uuid_v7(), n.kind, m.id
        from sluice.media m, unnest(next) as n(kind)
        where m.id = j.media and m.deleted_at is null
        returning id
    )
    select coalesce(jsonb_agg(id), '[]') into followers from inserted;

    perform queue.settle(j.media);
    return followers;
end;
$$;


-- The job did not work out. With `again` it is tried later, as long as it has
-- tries left; without, it is dead. Removing is tried for ever: what somebody
-- deleted must not stay. Returns the new state, or null when lost.
create or replace function queue.fail(job_id uuid, slot text, reason text,
                                      again boolean) returns text
language plpgsql as $$
declare
    j sluice.jobs;
begin
    perform from sluice.media m join sluice.jobs x on x.media = m.id
    where x.id = job_id for update of m;

    select * into j from sluice.jobs where id = job_id and leased_by = slot
    for update;
    if j.state in ('retrying', 'dead') then
        return j.state;
    elsif j.state is distinct from 'running' then
        return null;
    end if;

    if again and (j.attempt < j.max_attempts or j.kind = 'remove') then
        update sluice.jobs
        set state = 'retrying', error = reason, lease_until = null,
            run_at = now() + (least(attempt, 6) ^ 4 + 15
                              + random() * 10 * attempt) * interval '1 second'
        where id = job_id;
        return 'retrying';
    end if;

    perform queue.bury(job_id, reason);
    return 'dead';
end;
$$;


-- The slot stops and lets go of its job: the try does not count, and the next
-- slot may begin at once. Of a job that was cancelled under it, it says that
-- it no longer writes.
create or replace function queue.give_back(job_id uuid, slot text)
returns void
language sql as $$
    update sluice.jobs
    set state = case state when 'running' then 'queued' else state end,
        attempt = attempt - case state when 'running' then 1 else 0 end,
        run_at = case state when 'running' then now() else run_at end,
        lease_until = null
    where id = job_id and leased_by = slot
      and state in ('running', 'cancelled');
$$;


-- A slot is known to have died: its job is due at once, and the try counts.
create or replace function queue.release(slot text) returns integer
language sql as $$
    with released as (
        update sluice.jobs set lease_until = '-infinity'
        where state in ('running', 'cancelled') and leased_by = slot
          and lease_until is not null
        returning 1
    )
    select count(*)::integer from released;
$$;


-- Jobs that are due and that nobody was told of lately, at most `many`: their
-- ids go to the stream again.
create or replace function queue.announce(many integer, every interval)
returns setof uuid
language sql as $$
    update sluice.jobs set announced_at = now()
    where id in (select id from sluice.jobs j
                 where state in ('queued', 'retrying', 'running')
                   and queue.is_due(j)
                   and coalesce(announced_at, created_at) < now() - every
                 order by run_at limit many
                 for update skip locked)
    returning id;
$$;


-- For `remove`: cancels whatever else is planned for the media, and returns
-- how many slots may still be writing below its folder.
create or replace function queue.cancel_others(job_id uuid, slot text)
returns integer
language plpgsql as $$
declare
    j sluice.jobs;
begin
    perform from sluice.media m join sluice.jobs x on x.media = m.id
    where x.id = job_id for update of m;

    select * into j from sluice.jobs
    where id = job_id and leased_by = slot and state = 'running';
    if not found then
        return 0;
    end if;

    update sluice.jobs set state = 'cancelled', finished_at = now()
    where media = j.media and id <> job_id
      and state in ('queued', 'running', 'retrying');

    return (select count(*) from sluice.jobs
            where media = j.media and id <> job_id and state = 'cancelled'
              and lease_until > now());
end;
$$;


-- The files are gone; the row goes too, and takes its jobs along. False when
-- the job was lost.
create or replace function queue.finish_remove(job_id uuid, slot text)
returns boolean
language plpgsql as $$
begin
    delete from sluice.media m using sluice.jobs j
    where j.id = job_id and j.media = m.id and m.deleted_at is not null
      and j.leased_by = slot and j.state = 'running';
    return found or not exists (select from sluice.jobs where id = job_id);
end;
$$;
