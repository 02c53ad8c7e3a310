-- What was signed and shall open nothing any more: links by their jti, sessions
-- by their sid, users by their sub. A row leaves when all it stands for would
-- have expired.

create table sluice.revocations (
    kind       text not null check (kind in ('jti', 'sid', 'sub')),
    id         text not null check (octet_length(id) between 1 and 255),
    before     timestamptz,                 -- sub: what was issued until then;
                                            -- null: all of it
    expires_at timestamptz not null,
    created_at timestamptz not null default now(),
    revoked_by uuid references sluice.users on delete set null,
                                            -- jti: whoever took it back
    primary key (kind, id)
);
create index revocations_by on sluice.revocations (revoked_by)
    where revoked_by is not null;
create index revocations_expired on sluice.revocations (expires_at);

-- How long a revocation must stand: until the last link that was minted for
-- the session or the user is over, and as long as nginx signs tokens and the
-- links of media objects for. nginx says how long that is; a day stands for
-- sessions that began before it did.
alter table sluice.sessions
    add column links_until timestamptz,
    add column signs_for integer not null default 86400;   -- seconds
alter table sluice.users add column links_until timestamptz;

-- Their form changed: api.sql makes them anew.
drop function if exists
    api.create_session(uuid, uuid, bytea, text, inet, bigint),
    api.refresh_session(bytea),
    api.end_session(uuid, uuid);
