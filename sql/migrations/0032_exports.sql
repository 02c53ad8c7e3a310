-- What people take away with them: a zip of all that is theirs, which a job
-- makes as <media>/<xx>/<id>/export.zip. `ended_at`: nobody wants it any more;
-- `gone_at`: there is no file of it, either. The row stays for a day all the
-- same, since so many may be asked for in one.
create table sluice.exports (
    id         uuid primary key,
    user_id    uuid not null references sluice.users on delete cascade,
    job        uuid references sluice.jobs on delete set null,
    facts      jsonb not null,              -- site and language, for the mail
    created_at timestamptz not null default now(),
    ready_at   timestamptz,
    expires_at timestamptz,                 -- of one that is ready
    bytes      bigint check (bytes >= 0),
    missing    bigint,                      -- files that were not to be had
    ended_at   timestamptz,
    gone_at    timestamptz
);
create index exports_user on sluice.exports (user_id, created_at);
create index exports_job on sluice.exports (job) where job is not null;
create index exports_there on sluice.exports (created_at)
    where gone_at is null;

-- Where the pages are that mails name, as nginx said it last: an operator's
-- command knows of none.
create table sluice.site (
    alone boolean primary key default true check (alone),
    url   text not null
);

insert into sluice.job_kinds (kind, priority, seconds, at_once_own) values
    ('export', 2, 86400, 1);
