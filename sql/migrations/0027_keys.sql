-- What a team's own backend signs in with. A service account is a user whose
-- issuer is 'urn:sluice:service' and whose subject is its name; it has some
-- keys, so that one can take the place of another. A key says itself what it
-- opens (core/account/service_key.h): here is what people see of it, and that it
-- was taken back.
create table sluice.keys (
    id           uuid primary key,
    user_id      uuid not null references sluice.users on delete cascade,
    digest       bytea not null unique check (length(digest) = 32), -- SHA-256
    kid          text not null,             -- of the key that has signed it
    scopes       text[] not null,
    made_by      uuid,                      -- null: an operator
    created_at   timestamptz not null default now(),
    expires_at   timestamptz not null,
    last_used_at timestamptz,               -- to the minute
    removed_at   timestamptz,
    signs_for    integer not null default 86400,   -- as those of sessions
    links_until  timestamptz
);
create index keys_user on sluice.keys (user_id);
