-- What a slot of the worker calls; scheduler.sql has what is done without one.
-- A job belongs to the slot that took it until its lease runs out; every
-- call names the slot, and what was lost meanwhile is refused. Where a call
-- touches both, the media row is locked before the job. Calls that end a job
-- may be repeated: a lost reply does no harm. Each change that somebody may
-- look at makes the job's version grow by one.

-- Jobs that take away what people have deleted: nobody stops them, and they are
-- tried until it is gone.
create or replace function queue.is_removal(kind text) returns boolean
language sql immutable parallel safe as $$
    select kind in ('remove', 'detach');
$$;


-- When nothing is left to do for a media row: ready, or failed if one of the
-- jobs it cannot do without is dead. The caller holds the row's lock.
create or replace function queue.settle(media_id uuid) returns void
language sql as $$
    update sluice.media m set state = 'ready', error = null
    where m.id = media_id and m.state = 'processing'
      and not exists (select from sluice.jobs j
                      where j.media = media_id
                        and not queue.is_removal(j.kind)
                        and j.kind <> 'attach'
                        and (j.state in ('queued', 'running', 'retrying')
                             or (j.state in ('dead', 'cancelled')
                                 and j.kind <> 'poster')));
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

    if j.kind = 'attach' then
        update sluice.attachments set failed_at = now()
        where id = (j.params->>'attachment')::uuid and not ready
          and failed_at is null;
    end if;

    if j.media is not null then
        if j.kind in ('probe', 'package', 'score') then
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
    -- params that do not fit may not even be ones that a slot can read
    misfit constant text := case when j.media is null
                                 then queue.misfit(j.kind, j.params) end;
begin
    return jsonb_build_object(
        'id', j.id, 'kind', j.kind, 'attempt', j.attempt,
        'max_attempts', j.max_attempts, 'misfit', misfit,
        'params', case when misfit is null then j.params end,
        'version', j.version,
        'seconds', (select k.seconds from sluice.job_kinds k
                    where k.kind = j.kind),
        'media', case when j.media is not null then
            (select to_jsonb(m) - '{sha256,owner,text_words}'::text[]
             from sluice.media m
             where m.id = j.media) end);
end;
$$;


-- What is done by hand is left to who does it; what schedules ask for is the
-- house's, and waits for its turn like an owner.
create or replace function queue.is_bound(who uuid, kind text)
returns boolean
language plpgsql stable as $$
#variable_conflict use_variable
begin
    return who <> sluice.turn_of(null)
        or exists (select from sluice.schedules s where s.kind = kind);
end;
$$;


-- How many slots are alive: those that are at a job, those that looked for one
-- lately, and the one that asks.
create or replace function queue.slots_alive(slot text) returns bigint
language plpgsql stable as $$
begin
    return (select count(*) from (
        select slot
        union
        select s.name from sluice.slots s
        where s.seen_at > now() - interval '6 seconds'
        union
        select j.leased_by from sluice.jobs j
        where j.state = 'running' and j.lease_until >= now()) as alive);
end;
$$;


-- A slot lives, and whom it has served if it has.
create or replace function queue.seen(slot text, who uuid default null)
returns void
language plpgsql as $$
begin
    insert into sluice.slots as s values (slot, now(),
                                          coalesce(who, sluice.turn_of(null)))
    on conflict (name) do update
    set seen_at = now(), served = coalesce(who, s.served);
end;
$$;


-- It leaves: the others need not count with it any more.
create or replace function queue.leave(slot text) returns boolean
language sql as $$
    delete from sluice.slots where name = slot;
    select true;
$$;


-- The job, locked, whose slot fell silent, and whose kind has room.
create or replace function queue.abandoned(full_kinds text[],
    full_owners text[]) returns uuid
language plpgsql
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off
as $$
declare
    found_id uuid;
begin
    select j.id into found_id
    from sluice.jobs j
    where j.state = 'running' and j.lease_until < now()
      and (queue.is_removal(j.kind)
           or (j.attempt < j.max_attempts and j.lost < 2))
      and j.kind <> all (full_kinds)
      and coalesce(j.kind || ' ' || j.owner, '') <> all (full_owners)
      and (j.media is null or j.kind = 'remove'
           or not exists (select from sluice.media m where m.id = j.media
                          and m.deleted_at is not null))
    order by j.lease_until limit 1
    for update of j skip locked;
    return found_id;
end;
$$;


-- The best due job of one owner, locked: of each kind that has room the one of
-- the least rank is looked up. With `soon`, what the house does in bulk waits
-- for its ten minutes; `most` is how many slots he may have whom others wait
-- for.
create or replace function queue.best_of(who uuid, soon boolean,
    at_work uuid[], at_work_kinds text[], most bigint) returns uuid
language plpgsql
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off
set enable_incremental_sort = off set jit = off
as $$
declare
    found_id uuid;
    k text;
    held constant bigint := (select count(*)
        from unnest(at_work, at_work_kinds) w(o, n)
        where w.o = who and queue.is_bound(w.o, w.n));
begin
    for k in
        select kinds.kind
        from sluice.job_kinds kinds cross join lateral (
            select j.rank, j.id from sluice.jobs j
            where sluice.turn_of(j.owner) = who and j.kind = kinds.kind
              and j.state in ('queued', 'retrying') and j.waits_for is null
              and j.run_at <= now()
            order by j.rank, j.id limit 1) best
        where (kinds.at_once is null or kinds.at_once > (
                   select count(*) from unnest(at_work_kinds) w(n)
                   where w.n = kinds.kind))
          and (kinds.at_once_own is null or who = sluice.turn_of(null)
               or kinds.at_once_own > (
                   select count(*) from unnest(at_work, at_work_kinds) w(o, n)
                   where w.o = who and w.n = kinds.kind))
          and (held < most or not queue.is_bound(who, kinds.kind))
          and (not soon or who <> sluice.turn_of(null) or best.rank <= now()
               or not queue.is_bound(who, kinds.kind))
        order by best.rank, best.id
    loop
        select j.id into found_id from sluice.jobs j
        where sluice.turn_of(j.owner) = who and j.kind = k
          and j.state in ('queued', 'retrying') and j.waits_for is null
          and j.run_at <= now()
          and (j.media is null or k = 'remove'
               or not exists (select from sluice.media m where m.id = j.media
                              and m.deleted_at is not null))
        order by j.rank, j.id limit 1
        for update of j skip locked;

        exit when found_id is not null;
    end loop;

    return found_id;
end;
$$;


-- The owner behind this one who has something waiting; null: none.
create or replace function queue.owner_behind(who uuid) returns uuid
language plpgsql stable
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off
as $$
begin
    if who is null then
        return (select sluice.turn_of(j.owner) from sluice.jobs j
                where j.state in ('queued', 'retrying') and j.waits_for is null
                order by sluice.turn_of(j.owner), j.kind, j.rank, j.id limit 1);
    end if;

    return (select sluice.turn_of(j.owner) from sluice.jobs j
            where j.state in ('queued', 'retrying') and j.waits_for is null
              and sluice.turn_of(j.owner) > who
            order by sluice.turn_of(j.owner), j.kind, j.rank, j.id limit 1);
end;
$$;


-- The job that is to be taken next, locked: one whose slot fell silent, else
-- one of the owner whose turn it is. Owners come one after the other, behind
-- the one whom the slot served last; those who have a slot already after those
-- who have none, and with two slots or more nobody has all of them: the last
-- one is kept for whoever else comes. It takes a look or two into the index for
-- each owner who is passed over, however much he has waiting. `limited`: two
-- who look at the same time might both find room for the last one.
create or replace function queue.candidate(slot text, out found_id uuid,
                                           out limited boolean)
language plpgsql as $$
declare
    alive constant bigint := queue.slots_alive(slot);
    most constant bigint := case when alive > 1 then alive - 1 else alive end;
    house constant uuid := sluice.turn_of(null);
    first constant uuid := coalesce((select served from sluice.slots
                                     where name = slot), house);
    at_work uuid[];
    at_work_kinds text[];
    who uuid := first;
    wrapped boolean := false;
    later uuid[] := '{}';
begin
    select coalesce(array_agg(sluice.turn_of(j.owner)), '{}'),
           coalesce(array_agg(j.kind), '{}')
    into at_work, at_work_kinds
    from sluice.jobs j where j.state = 'running' and j.lease_until >= now();

    found_id := queue.abandoned(
        array(select k.kind from sluice.job_kinds k
              where k.at_once <= (select count(*) from unnest(at_work_kinds) n
                                  where n = k.kind)),
        array(select w.n || ' ' || w.o
              from unnest(at_work, at_work_kinds) w(o, n)
              join sluice.job_kinds k on k.kind = w.n
              group by w.o, w.n, k.at_once_own
              having count(*) >= k.at_once_own));

    while found_id is null loop
        who := queue.owner_behind(who);
        if who is null then
            exit when wrapped;
            wrapped := true;
            who := queue.owner_behind(null);
        end if;
        exit when who is null or (wrapped and who > first);

        if who = any (at_work) then
            later := later || who;
        else
            found_id := queue.best_of(who, true, at_work, at_work_kinds, most);
            later := case when who = house then later || who else later end;
        end if;
    end loop;

    if found_id is null then
        for who in
            select l.o from unnest(later) with ordinality l(o, n)
            order by (select count(*) from unnest(at_work) w(o)
                      where w.o = l.o), l.o = house, l.n
        loop
            found_id := queue.best_of(who, false, at_work, at_work_kinds, most);
            exit when found_id is not null;
        end loop;
    end if;

    select k.at_once is not null or k.at_once_own is not null
           or (alive > 1 and queue.is_bound(sluice.turn_of(j.owner), j.kind))
    into limited
    from sluice.jobs j join sluice.job_kinds k on k.kind = j.kind
    where j.id = found_id;
end;
$$;


-- Gives the next due job to the slot; null when there is none. Where there is
-- a limit, they are counted by one at a time.
create or replace function queue.choose(slot text, lease interval)
returns jsonb
language plpgsql as $$
declare
    limits_lock constant bigint := 7564394;  -- any; "slj"
    next_id uuid;
    counted boolean;
    j sluice.jobs;
begin
    select found_id, limited into next_id, counted from queue.candidate(slot);

    if counted then
        perform pg_advisory_xact_lock(limits_lock);
        select found_id into next_id from queue.candidate(slot);
    end if;

    if next_id is null then
        return null;
    end if;

    update sluice.jobs
    set attempt = attempt + 1, lost = lost + (state = 'running')::integer,
        state = 'running', leased_by = slot,
        lease_until = clock_timestamp() + lease, progress = 0, error = null,
        seconds_left = null, started_at = coalesce(started_at, now()),
        version = version + 1
    where id = next_id
    returning * into j;

    perform queue.seen(slot, sluice.turn_of(j.owner));
    return queue.describe(j);
end;
$$;


-- The job that the slot has by now, when the answer that gave it may have been
-- lost. A slot has one at a time; null when it has none.
create or replace function queue.recall(slot text, lease interval)
returns jsonb
language plpgsql as $$
declare
    j sluice.jobs;
begin
    update sluice.jobs
    set lease_until = clock_timestamp() + lease, version = version + 1
    where id = (select id from sluice.jobs
                where state = 'running' and leased_by = slot
                limit 1 for update skip locked)
    returning * into j;

    return case when found then queue.describe(j) end;
end;
$$;


-- Takes the due job whose turn it is. That somebody began is not worth waiting
-- for the disk: when a crash of the server forgets it, the job is still
-- queued, and whoever does it now is told so at the next heartbeat.
create or replace function queue.take_next(slot text, lease interval)
returns jsonb
language plpgsql as $$
begin
    perform set_config('synchronous_commit', 'off', true);
    return queue.choose(slot, lease);
end;
$$;


-- The heartbeat: the job's version. Null: the job is someone else's, cancelled,
-- or its media is being removed; whatever the slot made of it must be dropped.
create or replace function queue.renew(job_id uuid, slot text, lease interval,
    progress_now real, seconds integer default null) returns bigint
language plpgsql as $$
declare
    v bigint;
begin
    perform set_config('synchronous_commit', 'off', true);

    update sluice.jobs j
    set lease_until = now() + lease, seconds_left = seconds,
        progress = coalesce(progress_now, progress), version = version + 1
    where id = job_id and state = 'running' and leased_by = slot
      and (media is null or kind = 'remove'
           or not exists (select from sluice.media m
                          where m.id = j.media and m.deleted_at is not null))
    returning version into v;
    return v;
end;
$$;


-- The words of a score that the record keeps for search: names before the text.
create or replace function queue.score_words(score jsonb, content text)
returns tsvector
language sql immutable as $$
    select array_to_tsvector(sluice.words(concat_ws(' ', score->>'title',
        score->>'composer', score->>'lyricist', score->>'arranger',
        (select string_agg(t, ' ') from jsonb_array_elements_text(
            coalesce(score->'parts', '[]') || coalesce(score->'tags', '[]'))
            as words(t)),
        content)));
$$;


-- What a job found out about the music. An attachment is kept apart; one that is
-- a page makes the score longer.
create or replace function queue.keep_score(j sluice.jobs, patch jsonb)
returns void
language plpgsql as $$
declare
    found_words constant tsvector :=
        queue.score_words(patch->'score', patch->>'text');
begin
    if j.kind <> 'attach' then
        update sluice.media
        set score = patch->'score', text_words = found_words
        where id = j.media and patch ? 'score';
        return;
    end if;

    update sluice.attachments
    set ready = true, kind = patch->'attachment'->>'kind',
        format = patch->'attachment'->>'format',
        extension = patch->'attachment'->>'extension',
        duration = (patch->'attachment'->>'duration')::float8,
        about = patch->'score', text_words = found_words
    where id = (j.params->>'attachment')::uuid and removed_at is null;

    if not found then
        return;
    end if;

    update sluice.media
    set author = case when authored then author
                      else coalesce(author, patch->'score'->>'composer') end,
        pages = pages + (j.params->>'role' = 'page')::integer
    where id = j.media;
end;
$$;


-- The job is done. `patch` holds the media columns it found out, `next` the
-- kinds of the jobs that follow. Returns {"followers": ids of those and of the
-- ones that waited for this, "job"}, or null when the job was lost. With a
-- lease, `job` is the next one that the slot has by now, as of take_next().
create or replace function queue.finish(job_id uuid, slot text, patch jsonb,
    outcome jsonb, next text[], lease interval) returns jsonb
language plpgsql as $$
declare
    j sluice.jobs;
    media_id uuid;
    followers jsonb := '[]';
begin
    select media into media_id from sluice.jobs where id = job_id;
    if media_id is not null then
        perform from sluice.media where id = media_id for update;
    end if;

    update sluice.jobs
    set state = 'done', progress = 100, result = outcome, lease_until = null,
        seconds_left = null, finished_at = now(), version = version + 1
    where id = job_id and leased_by = slot and state = 'running'
    returning * into j;

    if not found then
        return (select jsonb_build_object('followers', '[]'::jsonb, 'job',
                                          case when lease is not null
                                               then queue.recall(slot, lease)
                                          end)
                from sluice.jobs
                where id = job_id and leased_by = slot and state = 'done');
    end if;

    if j.media is not null then
        update sluice.media
        set kind = coalesce(patch->>'kind', kind),
            title = case when titled then title else coalesce(
                left(nullif(coalesce(patch->>'title',
                                     patch->'score'->>'title'), ''), 500),
                title) end,
            extension = coalesce(patch->>'extension', extension),
            author = case when authored then author
                      else coalesce(author, patch->>'author') end,
            duration = coalesce((patch->>'duration')::float8, duration),
            width = coalesce((patch->>'width')::integer, width),
            height = coalesce((patch->>'height')::integer, height),
            pages = coalesce((patch->>'pages')::integer, pages),
            streams = coalesce(patch->'streams', streams),
            poster = coalesce((patch->>'poster')::boolean, poster)
        where id = j.media;
        perform queue.keep_score(j, patch);

        if j.kind = 'detach' then   -- its files are gone
            delete from sluice.attachments
            where id = (j.params->>'attachment')::uuid
              and media = j.media and removed_at is not null;
        end if;

        with inserted as (
            insert into sluice.jobs (id, kind, media)
            select sluice.uuid_v7(), n.kind, m.id
            from sluice.media m, unnest(next) as n(kind)
            where m.id = j.media and m.deleted_at is null
            returning id
        )
        select coalesce(jsonb_agg(id), '[]') into followers from inserted;
    end if;

    with freed as (
        update sluice.jobs
        set waits_for = null, run_at = greatest(run_at, now()),
            version = version + 1
        where waits_for = j.id
        returning id
    )
    select followers || coalesce(jsonb_agg(id), '[]') into followers
    from freed;

    if j.media is not null then
        perform queue.settle(j.media);
    end if;

    return jsonb_build_object('followers', followers, 'job',
                              case when lease is not null
                                   then queue.choose(slot, lease) end);
end;
$$;


-- How long to wait after the nth try: n⁴ + 15 seconds, so that a passing
-- trouble costs little and a lasting one is not asked about often; and up to
-- 10 n more, so that what failed together does not come back together. The
-- numbers are Sidekiq's.
create or replace function queue.backoff(n integer) returns interval
language sql volatile as $$
    select (n::float8 ^ 4 + 15 + random() * 10 * n) * interval '1 second';
$$;


-- The longest that this can be.
create or replace function queue.backoff_max(kind text, n integer)
returns interval
language sql immutable as $$
    select (m::float8 ^ 4 + 15 + 10 * m) * interval '1 second'
    from (select case when queue.is_removal(kind)
                      then least(n, 6) else n end) as t(m);
$$;


-- The job did not work out. With `again` it is tried later, as long as it has
-- tries left; without, it is dead. Removing is tried for ever, and at least
-- every half hour: what somebody deleted must not stay. Returns the new state,
-- or null when lost.
create or replace function queue.fail(job_id uuid, slot text, reason text,
                                      again boolean) returns text
language plpgsql as $$
declare
    j sluice.jobs;
    due timestamptz;
begin
    perform queue.lock_media(job_id);

    select * into j from sluice.jobs where id = job_id and leased_by = slot
    for update;
    if j.state in ('retrying', 'dead') then
        return j.state;
    elsif j.state is distinct from 'running' then
        return null;
    end if;

    if again and (j.attempt < j.max_attempts or queue.is_removal(j.kind)) then
        due := now() + queue.backoff(case when queue.is_removal(j.kind)
                                     then least(j.attempt, 6)
                                     else j.attempt end);
        update sluice.jobs
        set state = 'retrying', error = reason, lease_until = null,
            seconds_left = null, run_at = due,
            rank = due + priority * interval '5 minutes',
            version = version + 1
        where id = job_id;
        return 'retrying';
    end if;

    perform queue.bury(job_id, reason);
    return 'dead';
end;
$$;


-- The slot stops and lets go of its job: the try does not count, and the next
-- slot may begin at once. Of a job that was cancelled under it, it says that
-- it no longer writes. Returns whether the job is due again.
create or replace function queue.give_back(job_id uuid, slot text)
returns boolean
language plpgsql as $$
declare
    due boolean;
begin
    update sluice.jobs
    set state = case state when 'running' then 'queued' else state end,
        attempt = attempt - (state = 'running')::integer,
        lease_until = null, seconds_left = null, version = version + 1
    where id = job_id and leased_by = slot
      and state in ('running', 'cancelled')
    returning state = 'queued' into due;
    return coalesce(due, false);
end;
$$;


-- A slot is known to have died: its jobs are due at once, and the tries count.
-- Returns their ids.
create or replace function queue.release(slot text) returns jsonb
language sql as $$
    delete from sluice.slots where name = slot;

    with released as (
        update sluice.jobs set lease_until = '-infinity'
        where state in ('running', 'cancelled') and leased_by = slot
          and lease_until is not null
        returning id, state
    )
    select coalesce(jsonb_agg(id) filter (where state = 'running'), '[]')
    from released;
$$;


-- Whether a job makes the attachment that `detach` takes away.
create or replace function queue.is_of_attachment(j sluice.jobs,
                                                  detach sluice.jobs)
returns boolean
language sql immutable as $$
    select j.kind = 'attach'
           and j.params->>'attachment' = detach.params->>'attachment';
$$;


-- For `remove` and `detach`: cancels whatever else is planned for the media, or
-- for the attachment, and returns how many slots may still be writing there.
create or replace function queue.cancel_others(job_id uuid, slot text)
returns integer
language plpgsql as $$
declare
    j sluice.jobs;
begin
    perform queue.lock_media(job_id);

    select * into j from sluice.jobs
    where id = job_id and leased_by = slot and state = 'running';
    if not found then
        return 0;
    end if;

    update sluice.jobs o
    set state = 'cancelled', finished_at = now(), version = version + 1
    where o.media = j.media and o.id <> job_id
      and o.state in ('queued', 'running', 'retrying')
      and (j.kind = 'remove' or queue.is_of_attachment(o, j));

    return (select count(*) from sluice.jobs o
            where o.media = j.media and o.id <> job_id
              and o.state = 'cancelled' and o.lease_until > now()
              and (j.kind = 'remove' or queue.is_of_attachment(o, j)));
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
