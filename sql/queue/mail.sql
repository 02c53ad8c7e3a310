-- Mail is sent by slots of its own, so that it never waits behind films: they
-- take nothing else, and the other slots no mail.

-- Gives the mail that is due longest to the slot; null when there is none. One
-- whose slot fell silent may be sent twice: its Message-ID stays the same.
create or replace function queue.take_mail(slot text, lease interval)
returns jsonb
language plpgsql as $$
declare
    j sluice.jobs;
    due uuid;
begin
    perform set_config('synchronous_commit', 'off', true);

    select w.id into due from sluice.jobs w
    where sluice.turn_of(w.owner) = sluice.turn_of(null) and w.kind = 'mail'
      and w.state in ('queued', 'retrying') and w.waits_for is null
      and w.run_at <= now()
    order by w.rank limit 1
    for update skip locked;

    if not found then
        select w.id into due from sluice.jobs w
        where w.state = 'running' and w.lease_until < now() and w.kind = 'mail'
          and w.attempt < w.max_attempts and w.lost < 2
        order by w.lease_until limit 1
        for update skip locked;
    end if;

    update sluice.jobs
    set attempt = attempt + 1, lost = lost + (state = 'running')::integer,
        state = 'running', leased_by = slot,
        lease_until = clock_timestamp() + lease, progress = 0, error = null,
        seconds_left = null, started_at = coalesce(started_at, now()),
        version = version + 1
    where id = due
    returning * into j;

    return case when found then queue.describe(j) end;
end;
$$;


-- The relay has it, or knows no such address; the link in it is the reader's
-- alone from now on.
create or replace function queue.end_mail(job_id uuid, address text,
                                          arrives boolean) returns jsonb
language plpgsql as $$
begin
    update sluice.jobs set params = params - 'token' where id = job_id;
    update sluice.users set bounced_at = case when not arrives then now() end
    where lower(email) = lower(address)
      and (bounced_at is null) <> arrives;
    return to_jsonb(found);
end;
$$;


-- Mails that nobody sent, as where no worker has the line `mail`: what they say
-- is no longer true. Those that are over go sooner than other jobs: anybody can
-- ask for some, and they name addresses.
create or replace function queue.prune_mails(many integer) returns bigint
language plpgsql as $$
declare
    stale bigint;
    gone bigint;
begin
    update sluice.jobs
    set state = 'cancelled', finished_at = now(), version = version + 1,
        params = params - 'token', error = 'No worker sent it within a day.'
    where id in (
        select j.id from sluice.jobs j
        where sluice.turn_of(j.owner) = sluice.turn_of(null)
          and j.kind = 'mail' and j.state in ('queued', 'retrying')
          and j.waits_for is null and j.created_at < now() - interval '1 day'
        order by j.rank limit many for update skip locked);
    get diagnostics stale = row_count;

    delete from sluice.jobs where id in (
        select j.id from sluice.jobs j
        where j.kind = 'mail' and j.state in ('done', 'dead', 'cancelled')
          and j.finished_at < now() - interval '3 days'
        limit many for update skip locked);
    get diagnostics gone = row_count;

    return stale + gone;
end;
$$;


-- Tickets that have ended some days ago: until then whoever comes late is told
-- why.
create or replace function queue.prune_tickets(many integer) returns bigint
language sql as $$
    with gone as (
        delete from sluice.tickets where id in (
            select id from sluice.tickets
            where expires_at < now() - interval '3 days'
            order by expires_at limit many for update skip locked)
        returning id
    )
    select count(*) from gone;
$$;
