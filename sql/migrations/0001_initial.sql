-- The record: who there is, what they brought, and what is still to be done.

create schema sluice;
create schema api;    -- what nginx calls, one function per endpoint: api.sql
create schema queue;  -- what the worker calls: queue.sql

create table sluice.users (
    id          uuid primary key,
    email       text not null check (length(email) between 3 and 254),
    password    text not null,              -- PHC string, argon2id
    role        text not null default 'viewer'
                check (role in ('viewer', 'editor', 'admin')),
    name        text,
    disabled_at timestamptz,
    created_at  timestamptz not null default now()
);
create unique index users_email on sluice.users (lower(email));

create table sluice.sessions (
    id             uuid primary key,
    user_id        uuid not null references sluice.users on delete cascade,
    refresh_digest bytea not null unique,   -- SHA-256 of the refresh token
    user_agent     text,
    address        inet,
    created_at     timestamptz not null default now(),
    expires_at     timestamptz not null,
    ended_at       timestamptz
);
create index sessions_user on sluice.sessions (user_id);

create table sluice.media (
    id         uuid primary key,            -- UUIDv7: sorts by creation
    owner      uuid not null references sluice.users,
    visibility text not null default 'private'
               check (visibility in ('private', 'library')),
    kind       text not null check (kind in ('video', 'audio', 'score')),
    state      text not null
               check (state in ('uploading', 'processing', 'ready', 'failed')),
    title      text not null check (length(title) between 1 and 500),
    author     text,
    filename   text not null,               -- as the client named it
    extension  text,                        -- of original.<ext>, by content
    bytes      bigint not null check (bytes >= 0),
    sha256     bytea not null check (length(sha256) = 32),
    duration   double precision,            -- seconds
    width      integer,
    height     integer,
    pages      integer,
    streams    jsonb not null default '[]',
    poster     boolean not null default false,
    error      text,                        -- why it failed, for its owner
    created_at timestamptz not null default now(),
    deleted_at timestamptz
);
create index media_owner on sluice.media (owner, id desc)
    where deleted_at is null;
create index media_library on sluice.media (id desc)
    where deleted_at is null and visibility = 'library';

create table sluice.jobs (
    id           uuid primary key,
    kind         text not null
                 check (kind in ('probe', 'package', 'poster', 'score',
                                 'remove')),
    media        uuid references sluice.media on delete cascade,
    state        text not null default 'queued'
                 check (state in ('queued', 'running', 'retrying', 'done',
                                  'dead', 'cancelled')),
    attempt      integer not null default 0,  -- tries begun
    max_attempts integer not null default 4,
    run_at       timestamptz not null default now(),
    announced_at timestamptz,               -- last XADD by the announcer
    lease_until  timestamptz,               -- running: who is silent loses it
    leased_by    text,                      -- host:pid of the slot
    progress     real not null default 0 check (progress between 0 and 100),
    error        text,
    result       jsonb,
    created_at   timestamptz not null default now(),
    started_at   timestamptz,
    finished_at  timestamptz
);
create index jobs_due on sluice.jobs (run_at)
    where state in ('queued', 'retrying');
create index jobs_leased on sluice.jobs (lease_until) where state = 'running';
create index jobs_media on sluice.jobs (media);

-- UUIDv7 (RFC 9562): 48 bits of milliseconds, version, then random bits.
create function sluice.uuid_v7() returns uuid
language sql volatile parallel safe as $$
    select encode(set_byte(
        overlay(uuid_send(gen_random_uuid())
                placing substring(int8send((extract(epoch from
                    clock_timestamp()) * 1000)::bigint) from 3)
                from 1 for 6),
        6, (b'0111' || get_byte(uuid_send(gen_random_uuid()), 6)::bit(4))
               ::bit(8)::int), 'hex')::uuid
$$;
