-- A second factor of a user, of one kind or another. Secrets are sealed: who
-- has the record alone cannot read them (core/account/seal.h). One that nobody
-- has shown yet that he has (`confirmed_at`) counts for nothing. `last_step` is
-- that of the last code which was taken: it is none a second time.
create table sluice.factors (
    id           uuid primary key,
    user_id      uuid not null references sluice.users on delete cascade,
    kind         text not null check (kind in ('totp')),
    sealed       text not null,
    last_step    bigint not null default 0,
    created_at   timestamptz not null default now(),
    confirmed_at timestamptz,
    used_at      timestamptz
);
create unique index factors_totp
    on sluice.factors (user_id, (confirmed_at is not null))
    where kind = 'totp';

-- Codes on paper, for who has lost his factor: SHA-256 of each
-- (core/account/recovery.h).
create table sluice.recovery_codes (
    user_id uuid not null references sluice.users on delete cascade,
    digest  bytea not null check (length(digest) = 32),
    used_at timestamptz,
    primary key (user_id, digest)
);

-- When codes of a kind were tried lately, the oldest first: five at most.
create table sluice.code_tries (
    user_id uuid not null references sluice.users on delete cascade,
    kind    text not null check (kind in ('totp', 'recovery')),
    at      timestamptz[] not null,
    primary key (user_id, kind)
);

-- When, and by what (words of RFC 8176), the session's user showed last who he
-- is. Null in those that began before: then, with a password.
alter table sluice.sessions
    add column authenticated_at timestamptz,
    add column amr text[];
