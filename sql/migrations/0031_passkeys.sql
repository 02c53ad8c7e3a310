-- Passkeys of a user: Web Authentication, Level 3. `credential` is its id in
-- base64url, `key` its public half as JWK, `count` how often it has signed (0: it
-- does not count), `eligible` whether it may be copied to other devices.
create table sluice.passkeys (
    id         uuid primary key,
    user_id    uuid not null references sluice.users on delete cascade,
    credential text not null unique check (length(credential) <= 1364),
    key        text not null check (length(key) <= 2048),
    name       text not null,
    transports text[] not null default '{}',
    count      bigint not null default 0,
    eligible   boolean not null,
    backed_up  boolean not null,
    created_at timestamptz not null default now(),
    used_at    timestamptz
);
create index passkeys_user on sluice.passkeys (user_id);

-- When the last one was added, so that a challenge for one of before is over.
alter table sluice.users add column passkeys_at timestamptz;

-- Passkeys are tried as codes are.
alter table sluice.code_tries
    drop constraint code_tries_kind_check,
    add constraint code_tries_kind_check
        check (kind in ('totp', 'recovery', 'passkey'));
