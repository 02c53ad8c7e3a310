-- What users may be sent in a month, and how many streams they may have at once.
alter table sluice.plans
    add column bytes_month bigint check (bytes_month >= 0),
    add column streams_max integer check (streams_max > 0);
alter table sluice.users
    add column bytes_month bigint check (bytes_month >= 0),
    add column streams_max integer check (streams_max > 0);

-- What they were sent: a row for each month (UTC), kept for thirteen of them.
create table sluice.sent (
    user_id uuid not null references sluice.users on delete cascade,
    month   date not null,
    bytes   bigint not null,
    primary key (user_id, month)
) with (fillfactor = 50);
create index sent_month on sluice.sent (month);

-- Zones of nginx that count them, each with its last batch: one that comes again
-- is not counted twice. A zone is forgotten after a day without any.
create table sluice.meters (
    id    uuid primary key,
    batch bigint not null,
    at    timestamptz not null default now()
);
