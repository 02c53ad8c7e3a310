-- Uploads that can be taken up again. How far one has come is the size of its
-- file in the spool, <spool>/<id>.part, and not written here.

create table sluice.uploads (
    id         uuid primary key,            -- of the media file to be, too
    owner      uuid not null references sluice.users on delete cascade,
    length     bigint check (length >= 0),  -- null: the client says it later
    metadata   text not null default '',    -- Upload-Metadata, as it came
    filename   text,                        -- null: a part
    title      text,
    partial    boolean not null default false,
    state      text not null default 'open'
               check (state in ('open', 'done')),
    media      uuid references sluice.media on delete set null,
    final      uuid,                        -- a part: which upload took it
    created_at timestamptz not null default now(),
    expires_at timestamptz not null
);
create index uploads_owner on sluice.uploads (owner) where state = 'open';
create index uploads_expired on sluice.uploads (expires_at);
create index uploads_final on sluice.uploads (final) where final is not null;

-- What one user may keep and bring: null is without a bound.
alter table sluice.users
    add column quota_bytes bigint check (quota_bytes >= 0),
    add column uploads_max integer check (uploads_max >= 0);

-- The same file of the same owner is one original.
create index media_digest on sluice.media (owner, sha256)
    where deleted_at is null;
