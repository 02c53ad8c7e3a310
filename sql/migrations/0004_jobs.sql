-- What a job may cost, when its turn comes, and what it waits for.

-- A row a kind; operators change it as they like.
create table sluice.job_kinds (
    kind         text primary key,
    max_attempts integer not null default 8 check (max_attempts > 0),
    priority     smallint not null default 1 check (priority between 0 and 2),
                                            -- 0: somebody waits, 2: in bulk
    seconds      integer not null default 3600 check (seconds > 0),
                                            -- the longest a try may take
    at_once      integer check (at_once > 0),        -- in all; null: any
    at_once_own  integer check (at_once_own > 0)     -- of one owner
);
insert into sluice.job_kinds (kind, priority, seconds, at_once_own) values
    ('probe',   0, 600,   null),
    ('score',   0, 7200,  null),
    ('package', 1, 86400, 4),
    ('poster',  1, 900,   null),
    ('remove',  2, 3600,  null),
    ('noop',    1, 60,    null);            -- for tests: worker.conf, "noop on"

alter table sluice.jobs
    drop constraint jobs_kind_check,        -- job_defaults() looks
    alter column max_attempts drop default,
    add column owner uuid,                  -- whose work it is
    add column params jsonb not null default '{}',
    add column priority smallint,
    add column rank timestamptz,            -- the least is taken first
    add column unique_key text
        check (octet_length(unique_key) between 1 and 255),
    add column waits_for uuid references sluice.jobs on delete set null,
                                            -- until that one is done
    add column lost integer not null default 0,  -- slots that died over it
    add column seconds_left integer,        -- running: a guess
    add column version bigint not null default 1;  -- grows with each change

-- An age of five minutes counts as much as a step of priority: who comes late
-- and urgent goes first, and nobody waits for ever.
create function sluice.job_defaults() returns trigger
language plpgsql as $$
declare
    k sluice.job_kinds;
begin
    select * into k from sluice.job_kinds where kind = new.kind;
    if not found then
        raise check_violation
            using message = format('There is no kind of job %L.', new.kind);
    end if;

    new.max_attempts := coalesce(new.max_attempts, k.max_attempts);
    new.priority := coalesce(new.priority, k.priority);
    new.rank := coalesce(new.rank,
                         new.run_at + new.priority * interval '5 minutes');

    if new.owner is null and new.media is not null then
        select owner into new.owner from sluice.media where id = new.media;
    end if;
    return new;
end;
$$;

create trigger jobs_defaults before insert on sluice.jobs
    for each row execute function sluice.job_defaults();

update sluice.jobs j
set priority = k.priority,
    rank = j.run_at + k.priority * interval '5 minutes',
    owner = (select owner from sluice.media m where m.id = j.media)
from sluice.job_kinds k where k.kind = j.kind;

alter table sluice.jobs
    alter column priority set not null,
    alter column rank set not null,
    set (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02,
         autovacuum_analyze_scale_factor = 0.02);

drop index sluice.jobs_due, sluice.jobs_media;
create index jobs_due on sluice.jobs (rank, id)
    where state in ('queued', 'retrying') and waits_for is null;
create index jobs_media on sluice.jobs (media) where media is not null;
create index jobs_waiting on sluice.jobs (waits_for)
    where waits_for is not null;
create unique index jobs_unique on sluice.jobs (kind, unique_key)
    where unique_key is not null
      and state in ('queued', 'running', 'retrying');

-- What comes again and again. A tick that nobody was there for is made up for
-- once; while the last one's job is not over, no other is made.
create table sluice.schedules (
    name    text primary key,
    kind    text not null references sluice.job_kinds,
    every   interval not null check (every >= interval '1 second'),
    next_at timestamptz not null default now(),
    params  jsonb not null default '{}',
    enabled boolean not null default true
);

-- Their form changed: queue.sql makes them anew.
drop function if exists
    queue.is_due(sluice.jobs),
    queue.describe(sluice.jobs),
    queue.hand_out(uuid, text, interval),
    queue.take(uuid, text, interval),
    queue.renew(uuid, text, interval, real),
    queue.finish(uuid, text, jsonb, jsonb, text[]),
    queue.give_back(uuid, text),
    queue.release(text);
