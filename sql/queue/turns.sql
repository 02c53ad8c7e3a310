-- Whose turn it is: owners come one after the other, and a slot gets the best
-- job of one of them.

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

    if exists (select from sluice.jobs j
               where j.state = 'running' and j.lease_until < now()) then
        found_id := queue.abandoned(
            array(select k.kind from sluice.job_kinds k
                  where k.at_once <= (select count(*)
                                      from unnest(at_work_kinds) n
                                      where n = k.kind)),
            array(select w.n || ' ' || w.o
                  from unnest(at_work, at_work_kinds) w(o, n)
                  join sluice.job_kinds k on k.kind = w.n
                  group by w.o, w.n, k.at_once_own
                  having count(*) >= k.at_once_own));
    end if;

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
