-- What is cleaned up and looked after, and who did what.

-- Rows are added and grow old; nothing changes them.
create table sluice.audit (
    id     uuid primary key default sluice.uuid_v7(),
    at     timestamptz not null default now(),
    actor  uuid,                            -- null: an operator, or a job
    action text not null,                   -- 'session-begun'
    target text not null,                   -- the id or path it was done to
    detail jsonb not null default '{}'
);
create index audit_at on sluice.audit (at);

-- Writes down what is done in the caller's transaction, or is about to be done
-- after it.
create function sluice.note(actor uuid, action text, target text,
                            detail jsonb default '{}') returns void
language sql as $$
    insert into sluice.audit (actor, action, target, detail)
    values (actor, action, target, jsonb_strip_nulls(detail));
$$;

-- Files that no row knew when they were looked at: two looks a day apart make
-- an orphan. Machines that share folders have their notes apart, since each
-- sees inodes of its own.
create table sluice.orphans (
    host    text not null,
    path    text not null,                  -- "spool/…" or "media/…"
    kind    text not null check (kind in ('part', 'upload', 'media',
                                          'attachment')),
    id      uuid not null,                  -- whose row would know it
    media   uuid,                           -- an attachment: in whose folder
    mark    text not null,                  -- changes when the file does
    seen_at timestamptz not null default now(),   -- as it is, for the first time
    pass    uuid not null,                  -- the job that saw it last
    last_at timestamptz not null default now(),
    primary key (host, path)
);

-- Originals are read again and again; what is no longer what came has rotted.
alter table sluice.media
    add column scrubbed_at timestamptz,
    add column rot_at timestamptz,          -- since when it is known
    add column rot text;                    -- why, for operators
alter table sluice.attachments
    add column scrubbed_at timestamptz,
    add column rot_at timestamptz,
    add column rot text;
create index media_scrubbed on sluice.media (scrubbed_at nulls first, id)
    where deleted_at is null and extension is not null;
create index attachments_scrubbed
    on sluice.attachments (scrubbed_at nulls first, id) where ready;

insert into sluice.job_kinds (kind, priority, seconds, at_once) values
    ('expire',  2, 3600,  1),
    ('orphans', 2, 86400, 1),
    ('prune',   2, 3600,  1),
    ('scrub',   2, 86400, 1);

-- A fresh record has nothing to clean yet.
insert into sluice.schedules (name, kind, every, next_at, params) values
    ('expire',  'expire',  '10 min', now() + interval '10 min', '{}'),
    ('orphans', 'orphans', '6 h',    now() + interval '6 h', '{"hours": 24}'),
    ('prune',   'prune',   '1 day',  now() + interval '1 day',
     '{"audit_days": 365, "job_days": 30, "session_days": 30}'),
    ('scrub',   'scrub',   '1 h',    now() + interval '1 h',
     '{"days": 30, "rate": 33554432, "seconds": 1800}');

-- Their form changed: queue.sql and api.sql make them anew.
drop function if exists
    queue.cancel(uuid),
    queue.retry(uuid),
    api.forget_revocations();
