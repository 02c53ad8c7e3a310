-- Whose turn it is: owners come one after the other, and a slot gets the best
-- job of one of them.

drop function if exists
    queue.abandoned(text[], text[]),
    queue.best_of(uuid, boolean, uuid[], text[], bigint),
    queue.owner_behind(uuid),
    queue.owner_behind(uuid, uuid),
    queue.abandoned(),
    queue.unweighed(),
    queue.first_of(uuid, text, timestamptz, uuid),
    queue.candidate(text);

-- Whom the slots are at work for; those for mails are none of them (mail.sql).
create or replace view queue.at_work as
    select sluice.turn_of(j.owner) as who, j.kind, j.leased_by as slot
    from sluice.jobs j
    where j.state = 'running' and j.lease_until >= now()
      and not queue.is_mail(j.kind);


-- What is done by hand is left to who does it; what schedules ask for is the
-- house's, and waits for its turn like an owner.
create or replace function queue.is_bound(who uuid, kind text)
returns boolean
language plpgsql stable as $$
#variable_conflict use_variable
begin
    if who <> sluice.turn_of(null) then
        return true;
    end if;

    return exists (select from sluice.schedules s where s.kind = kind);
end;
$$;


-- How many slots are alive that take what this one does: those that are at a
-- job, those that looked for one lately, and the one that asks.
create or replace function queue.slots_alive(slot text) returns bigint
language plpgsql stable as $$
begin
    return (select count(*) from (
        select slot as name
        union
        select s.name from sluice.slots s
        where s.seen_at > now() - interval '6 seconds'
        union
        select w.slot from queue.at_work w) as alive(name)
        where queue.ability(alive.name) = queue.ability(slot));
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


-- Whether the limits of a kind leave room for one more of this owner's.
create or replace function queue.has_room(who uuid, kind text)
returns boolean
language plpgsql stable as $$
#variable_conflict use_variable
begin
    return (select (k.at_once is null or k.at_once > (
                        select count(*) from queue.at_work w
                        where w.kind = kind))
                   and (k.at_once_own is null or who = sluice.turn_of(null)
                        or k.at_once_own > (
                            select count(*) from queue.at_work w
                            where w.who = who and w.kind = kind))
            from sluice.job_kinds k where k.kind = kind);
end;
$$;


-- Whether an owner has less than he may have whom others wait for: with two
-- slots or more nobody has all of them, of those that take the same.
create or replace function queue.may_have_another(who uuid, slot text)
returns boolean
language plpgsql stable as $$
#variable_conflict use_variable
declare
    most constant bigint := greatest(queue.slots_alive(slot) - 1, 1);
begin
    return most > (select count(*) from queue.at_work w
                   where w.who = who and queue.is_bound(w.who, w.kind)
                     and queue.ability(w.slot) = queue.ability(slot));
end;
$$;


-- The job, locked, whose slot fell silent, and whose kind has room.
create or replace function queue.abandoned(slot text) returns uuid
language plpgsql as $$
declare
    found_id uuid;
begin
    select j.id into found_id
    from sluice.jobs j
    where j.state = 'running' and j.lease_until < now()
      and not queue.is_mail(j.kind) and queue.can(slot, j.kind)
      and (queue.is_removal(j.kind)
           or (j.attempt < j.max_attempts and j.lost < 2))
      and queue.has_room(sluice.turn_of(j.owner), j.kind)
      and (j.media is null or j.kind = 'remove'
           or not exists (select from sluice.media m where m.id = j.media
                          and m.deleted_at is not null))
    order by j.lease_until limit 1
    for update of j skip locked;
    return found_id;
end;
$$;


-- Whether a job is not left to another machine, which has its file. That lasts
-- two seconds: so only those that were made within them are passed over.
create or replace function queue.is_for(slot text, place text,
                                        place_until timestamptz)
returns boolean
language sql stable as $$
    select place is null or place = queue.machine(slot)
           or place_until <= now();
$$;


-- The first of an owner's due jobs of a kind, locked, from this one on: those
-- that are over are still in the index before it.
create or replace function queue.first_of(who uuid, job_kind text,
    rank_from timestamptz, id_from uuid, slot text) returns uuid
language plpgsql as $$
declare
    found_id uuid;
begin
    select j.id into found_id from sluice.jobs j
    where sluice.turn_of(j.owner) = who and j.kind = job_kind
      and (j.rank, j.id) >= (rank_from, id_from)
      and j.state in ('queued', 'retrying') and j.waits_for is null
      and j.run_at <= now() and queue.is_for(slot, j.place, j.place_until)
      and (j.media is null or j.kind = 'remove'
           or not exists (select from sluice.media m where m.id = j.media
                          and m.deleted_at is not null))
    order by j.rank, j.id limit 1
    for update of j skip locked;
    return found_id;
end;
$$;


-- The best due job of one owner, locked: of each kind that has room the one of
-- the least rank is looked up. With `soon`, what the house does in bulk waits
-- for its ten minutes.
create or replace function queue.best_of(who uuid, soon boolean, slot text)
returns uuid
language plpgsql as $$
declare
    house constant boolean := who = sluice.turn_of(null);
    found_id uuid;
    best record;
    another boolean;                        -- asked once, if at all
begin
    for best in
        select kinds.kind, due.rank, due.id,
               queue.is_bound(who, kinds.kind) as bound
        from sluice.job_kinds kinds cross join lateral (
            select j.rank, j.id from sluice.jobs j
            where sluice.turn_of(j.owner) = who and j.kind = kinds.kind
              and j.state in ('queued', 'retrying') and j.waits_for is null
              and j.run_at <= now()
              and queue.is_for(slot, j.place, j.place_until)
            order by j.rank, j.id limit 1) due
        where not queue.is_mail(kinds.kind) and queue.can(slot, kinds.kind)
        order by due.rank, due.id
    loop
        if best.bound then
            another := coalesce(another, queue.may_have_another(who, slot));
            continue when not another or (soon and house
                                          and best.rank > now());
        end if;
        continue when not queue.has_room(who, best.kind);

        found_id := queue.first_of(who, best.kind, best.rank, best.id,
                                   slot);
        exit when found_id is not null;
    end loop;

    return found_id;
end;
$$;


-- The owner behind this one who has something waiting, on a round that goes on
-- behind the last one with the first, and ends with `last`, whatever he has.
create or replace function queue.owner_behind(who uuid, last uuid) returns uuid
language plpgsql stable as $$
begin
    if who < last then
        return coalesce(
            (select sluice.turn_of(j.owner) from sluice.jobs j
             where j.state in ('queued', 'retrying') and j.waits_for is null
               and sluice.turn_of(j.owner) > who
               and sluice.turn_of(j.owner) < last
             order by sluice.turn_of(j.owner), j.kind, j.rank, j.id limit 1),
            last);
    end if;

    return coalesce(
        (select sluice.turn_of(j.owner) from sluice.jobs j
         where j.state in ('queued', 'retrying') and j.waits_for is null
           and sluice.turn_of(j.owner) > who
         order by sluice.turn_of(j.owner), j.kind, j.rank, j.id limit 1),
        (select sluice.turn_of(j.owner) from sluice.jobs j
         where j.state in ('queued', 'retrying') and j.waits_for is null
           and sluice.turn_of(j.owner) < last
         order by sluice.turn_of(j.owner), j.kind, j.rank, j.id limit 1),
        last);
end;
$$;


-- The same, of those who have something waiting that is long, or quick.
create or replace function queue.owner_behind(who uuid, last uuid, long boolean)
returns uuid
language plpgsql stable as $$
begin
    if who < last then
        return coalesce(
            (select sluice.turn_of(j.owner) from sluice.jobs j
             where j.state in ('queued', 'retrying') and j.waits_for is null
               and queue.is_long(j.kind) = long
               and sluice.turn_of(j.owner) > who
               and sluice.turn_of(j.owner) < last
             order by sluice.turn_of(j.owner), j.kind, j.rank, j.id limit 1),
            last);
    end if;

    return coalesce(
        (select sluice.turn_of(j.owner) from sluice.jobs j
         where j.state in ('queued', 'retrying') and j.waits_for is null
           and queue.is_long(j.kind) = long
           and sluice.turn_of(j.owner) > who
         order by sluice.turn_of(j.owner), j.kind, j.rank, j.id limit 1),
        (select sluice.turn_of(j.owner) from sluice.jobs j
         where j.state in ('queued', 'retrying') and j.waits_for is null
           and queue.is_long(j.kind) = long
           and sluice.turn_of(j.owner) < last
         order by sluice.turn_of(j.owner), j.kind, j.rank, j.id limit 1),
        last);
end;
$$;


-- The job that is to be taken next, locked: one whose slot fell silent, else
-- one of the owner whose turn it is. Owners come one after the other, behind
-- the one whom the slot served last; those who have a slot already after those
-- who have none, and the last one is kept for whoever else comes. It takes a
-- look or two into the index for each owner who is passed over, however much he
-- has waiting.
create or replace function queue.candidate(slot text) returns uuid
language plpgsql as $$
declare
    house constant uuid := sluice.turn_of(null);
    served constant uuid := coalesce((select s.served from sluice.slots s
                                      where s.name = slot), house);
    at_work constant uuid[] := array(select w.who from queue.at_work w);
    able constant text := queue.ability(slot);
    found_id uuid := queue.abandoned(slot);
    who uuid := served;
    later uuid[] := '{}';
begin
    while found_id is null loop
        who := case when able in ('encode', 'quick')
                    then queue.owner_behind(who, served, able = 'encode')
                    else queue.owner_behind(who, served) end;

        if who <> all (at_work) then
            found_id := queue.best_of(who, true, slot);
        end if;
        if who = any (at_work) or who = house then
            later := later || who;
        end if;
        exit when who = served;
    end loop;

    if found_id is null then
        for who in
            select l.o from unnest(later) with ordinality l(o, n)
            order by (select count(*) from unnest(at_work) w(o)
                      where w.o = l.o), l.o = house, l.n
        loop
            found_id := queue.best_of(who, false, slot);
            exit when found_id is not null;
        end loop;
    end if;

    return found_id;
end;
$$;


-- The same job, locked, where there is nothing to weigh: no slot fell silent,
-- and all that waits is the house's, of one kind, by hand and without limits.
-- It takes a third of the time, and none waits for the others. Null otherwise.
create or replace function queue.unweighed(slot text) returns uuid
language plpgsql as $$
declare
    house constant uuid := sluice.turn_of(null);
    head record;
begin
    select first.kind, first.rank, first.id into head
    from (select sluice.turn_of(j.owner) as who, j.kind from sluice.jobs j
          where j.state in ('queued', 'retrying') and j.waits_for is null
          order by sluice.turn_of(j.owner) desc, j.kind desc, j.rank desc,
                   j.id desc limit 1) last
    join sluice.job_kinds k on k.kind = last.kind
    cross join lateral (
          select j.kind, j.rank, j.id from sluice.jobs j
          where j.state in ('queued', 'retrying') and j.waits_for is null
            and sluice.turn_of(j.owner) = last.who
          order by j.kind, j.rank, j.id limit 1) first
    where last.who = house and last.kind = first.kind
      and not queue.is_mail(k.kind) and queue.can(slot, k.kind)
      and k.at_once is null and k.at_once_own is null
      and not exists (select from sluice.schedules s where s.kind = k.kind)
      and not exists (select from sluice.jobs j
                      where j.state = 'running' and j.lease_until < now());

    return case when found then
        queue.first_of(house, head.kind, head.rank, head.id, slot) end;
end;
$$;


-- Gives the next due job to the slot; null when there is none. Where there is
-- something to weigh, one at a time does: two who look at the same time might
-- both find room for the last one. The settings are for all that this calls:
-- plans go by the index that has the order, and are made once for all owners.
create or replace function queue.choose(slot text, lease interval)
returns jsonb
language plpgsql
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off
set enable_incremental_sort = off set jit = off
set plan_cache_mode = force_generic_plan
as $$
declare
    limits_lock constant bigint := 7564394;  -- any; "slj"
    next_id uuid := queue.unweighed(slot);
    j sluice.jobs;
begin
    if next_id is null then
        perform pg_advisory_xact_lock(limits_lock);
        next_id := queue.candidate(slot);
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
