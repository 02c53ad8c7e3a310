-- What POST requests with an Idempotency-Key were answered: written in the
-- transaction of their effect, and kept for a day.

create table sluice.answers (
    owner      uuid not null references sluice.users on delete cascade,
    key        bytea not null check (length(key) = 32),   -- its SHA-256
    print      bytea not null check (length(print) = 32), -- what it stands for
    status     integer not null,
    body       jsonb,       -- links in it are paths, without a signature
    bytes      bigint,      -- of an upload: the file, to be compared with
    sha256     bytea,
    expires_at timestamptz not null,
    primary key (owner, key)
);
create index answers_expired on sluice.answers (expires_at);

-- The key of the request that holds an upload: another one waits for it.
alter table sluice.uploads
    add column key bytea,
    add column print bytea;
