-- Whose turn it is: owners have theirs one after the other, and none has all
-- slots while another waits.

-- Who a job counts for: its owner, or the house. In an index: it stays so.
create function sluice.turn_of(owner uuid) returns uuid
language sql immutable parallel safe as $$
    select coalesce(owner, '00000000-0000-0000-0000-000000000000'::uuid)
$$;

create index jobs_turn on sluice.jobs
    (sluice.turn_of(owner), kind, rank, id)
    where state in ('queued', 'retrying') and waits_for is null;

-- Not by id, too: then it would seem to serve for what jobs_turn is for, and
-- somebody's hundred thousand jobs would be passed over one by one.
drop index sluice.jobs_due;
create index jobs_due on sluice.jobs (rank)
    where state in ('queued', 'retrying') and waits_for is null;

-- Quick, and looked at first: not behind the film's packaging, as one owner's
-- jobs go one after the other.
update sluice.job_kinds set priority = 0 where kind = 'poster';

-- Slots that are alive. Not logged: a crash forgets what is true again within
-- seconds.
create unlogged table sluice.slots (
    name    text primary key,
    seen_at timestamptz not null,
    served  uuid not null                   -- whom it had a job of last
);

comment on column sluice.jobs.leased_by is 'host:mark:pid of the slot';

-- Its form changed: queue.sql makes it anew.
drop function if exists queue.candidate(text[], text[]);
