-- What is done to jobs from outside, by the same rules as in queue.sql: they
-- are queued and announced, made by schedules, buried, cancelled and tried
-- again.

-- Jobs whose slots fell silent once too often: three times, or at their last
-- try.
create or replace function queue.bury_interrupted() returns void
language plpgsql as $$
declare
    j record;
begin
    for j in select id, lost from sluice.jobs
             where state = 'running' and lease_until < now()
               and (attempt >= max_attempts or lost >= 2)
               and not queue.is_removal(kind)
    loop
        perform queue.lock_media(j.id);

        -- Its slot may have been heard of meanwhile.
        update sluice.jobs set lost = lost + 1
        where id = j.id and state = 'running' and lease_until < now();
        if found then
            perform queue.bury(j.id,
                               format('The work was interrupted %s times.',
                                      j.lost + 1));
        end if;
    end loop;
end;
$$;


-- Jobs that are due and that nobody was told of lately, at most `many`: their
-- ids go to the stream again. They are looked for once, and not for each job
-- anew, as a join may when the server thinks that there are few.
create or replace function queue.announce(many integer, every interval)
returns setof uuid
language sql as $$
    update sluice.jobs set announced_at = now()
    where id = any (array(
        select id from sluice.jobs
        where state in ('queued', 'retrying') and waits_for is null
          and run_at <= now() and not queue.is_mail(kind)
          and coalesce(announced_at, created_at) < now() - every
        order by rank limit many
        for update skip locked))
    returning id;
$$;


-- A job to do, and its id; of those with one key, only one is not over at a
-- time, and its id comes back. `waits_for` is a job that must be done before:
-- when that one has failed by now, this one is cancelled at once.
create or replace function queue.enqueue(kind text, params jsonb default '{}',
    media uuid default null, owner uuid default null,
    priority integer default null, run_at timestamptz default now(),
    unique_key text default null, waits_for uuid default null) returns uuid
language plpgsql as $$
#variable_conflict use_variable
declare
    parent text := 'done';
    made uuid;
begin
    if waits_for is not null then
        select j.state into parent from sluice.jobs j where j.id = waits_for
        for share;
    end if;

    loop
        insert into sluice.jobs as j (id, kind, params, media, owner, priority,
                                      run_at, unique_key, waits_for, state,
                                      error, finished_at)
        select sluice.uuid_v7(), kind, params, media, owner, priority, run_at,
               unique_key, case when parent <> 'done' then waits_for end,
               case when parent in ('dead', 'cancelled') then 'cancelled'
                    else 'queued' end,
               case when parent in ('dead', 'cancelled')
                    then 'The job it waited for did not work out.' end,
               case when parent in ('dead', 'cancelled') then now() end
        on conflict do nothing
        returning j.id into made;
        exit when made is not null;

        select j.id into made from sluice.jobs j
        where j.kind = kind and j.unique_key = unique_key
          and j.state in ('queued', 'running', 'retrying');
        exit when made is not null;
    end loop;

    return made;
end;
$$;


-- When the clock was set back, as one that was an hour ahead is: what was to
-- happen at once or soon by the later time does so by this one. That it was is
-- known by jobs from the future, and by waits that are longer than any.
create or replace function queue.follow_clock() returns void
language plpgsql as $$
declare
    clock_lock constant bigint := 7564387;   -- any; "slc"
    slack constant interval := '2 seconds';  -- between clocks
    lease constant interval := '30 seconds'; -- none is longer
    -- priority adds up to ten minutes to run_at: so these few are in the index
    far constant timestamptz := now() + interval '10 minutes 25 seconds';
    latest timestamptz := (select created_at from sluice.jobs
                           order by id desc limit 1);
begin
    if not coalesce(latest > now() + slack, false)
       and not exists (select from sluice.jobs
                       where state = 'retrying' and waits_for is null
                         and rank > far
                         and run_at > now() + queue.wait_max(kind, attempt))
       or not pg_try_advisory_xact_lock(clock_lock)
    then
        return;
    end if;

    with late as (
        select id, created_at - now() as by from sluice.jobs
        where state in ('queued', 'retrying') and created_at > now() + slack
        for update skip locked
    )
    update sluice.jobs j
    set created_at = now(), run_at = run_at - by, rank = rank - by,
        announced_at = null
    from late where late.id = j.id;

    update sluice.jobs
    set run_at = now(), rank = now() + priority * interval '5 minutes'
    where id in (select id from sluice.jobs where state = 'retrying'
                 and run_at > now() + queue.wait_max(kind, attempt)
                 for update skip locked);

    update sluice.jobs set lease_until = now() + lease
    where id in (select id from sluice.jobs
                 where state in ('running', 'cancelled')
                   and lease_until > now() + lease
                 for update skip locked);

    update sluice.schedules set next_at = next_at - (latest - now())
    where next_at > now() + every and next_at <= latest + every;
end;
$$;


-- What is to be done every now and then, by anyone: schedules that are due get
-- their job, exactly one a tick, and what was interrupted too often is buried.
-- Returns the ids of new jobs. A slot that looks for work says that it lives.
create or replace function queue.tick(slot text) returns jsonb
language plpgsql as $$
declare
    s sluice.schedules;
    made jsonb := '[]';
begin
    if slot is not null then
        perform queue.seen(slot);
        delete from sluice.slots
        where seen_at < now() - interval '1 hour'
           or seen_at > now() + interval '1 minute';
    end if;
    perform queue.bury_interrupted();
    perform queue.follow_clock();

    for s in
        update sluice.schedules
        set next_at = next_at + every
            * (1 + floor(extract(epoch from now() - next_at)
                         / extract(epoch from every)))
        where name in (select name from sluice.schedules
                       where enabled and next_at <= now()
                       for update skip locked)
        returning *
    loop
        made := made || to_jsonb(queue.enqueue(s.kind, s.params,
                                               unique_key => s.name));
    end loop;

    return made;
end;
$$;


-- A job that nobody wants any more, whose media's lock the caller holds; a slot
-- that is at it holds its lease until it has let go. Null when it was over, or
-- is a removal, which cannot be stopped.
create or replace function queue.stop(job_id uuid, reason text)
returns sluice.jobs
language sql as $$
    update sluice.jobs
    set state = 'cancelled', error = reason, seconds_left = null,
        finished_at = now(), version = version + 1
    where id = job_id and state in ('queued', 'running', 'retrying')
      and not queue.is_removal(kind)
    returning *;
$$;


-- The same at somebody's wish, with whatever waits for it.
create or replace function queue.cancel(job_id uuid, actor uuid default null)
returns sluice.jobs
language plpgsql as $$
declare
    j sluice.jobs;
begin
    perform queue.lock_media(job_id);
    j := queue.stop(job_id, 'It was cancelled.');

    if j.id is null then
        return null;
    end if;

    perform queue.give_up(j, 'Its processing was cancelled.');
    perform sluice.note(actor, 'job-cancelled', j.id::text,
                        jsonb_build_object('kind', j.kind, 'media', j.media));
    return j;
end;
$$;


-- What is dead or cancelled begins anew, with all its tries. Null when it is
-- neither, or its media or attachment is gone; exclusion_violation when another
-- page has the place of this one by now.
create or replace function queue.retry(job_id uuid, actor uuid default null)
returns sluice.jobs
language plpgsql as $$
declare
    j sluice.jobs;
begin
    perform queue.lock_media(job_id);

    update sluice.jobs x
    set state = 'queued', attempt = 0, lost = 0, progress = 0, error = null,
        run_at = now(), rank = now() + priority * interval '5 minutes',
        waits_for = null, leased_by = null, lease_until = null,
        announced_at = null, finished_at = null, version = version + 1
    where id = job_id and state in ('dead', 'cancelled')
      and (media is null
           or exists (select from sluice.media m
                      where m.id = x.media and m.deleted_at is null))
      and (not queue.attaches(x)
           or exists (select from sluice.attachments a
                      where a.id = (x.params->>'attachment')::uuid
                        and not a.ready and a.removed_at is null))
      and (kind <> 'export'
           or exists (select from sluice.exports e
                      where e.job = x.id and e.ended_at is null))
    returning * into j;

    if not found then
        return null;
    end if;

    if queue.is_needed(j.kind) then
        update sluice.media set state = 'processing', error = null
        where id = j.media;
    end if;

    if queue.attaches(j) then
        update sluice.attachments set failed_at = null
        where id = (j.params->>'attachment')::uuid;
    end if;

    perform sluice.note(actor, 'job-retried', j.id::text,
                        jsonb_build_object('kind', j.kind, 'media', j.media));
    return j;
end;
$$;
