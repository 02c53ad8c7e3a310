-- Uploads into a bucket: what of one lies there, and what has to be known to go
-- on with it on any node. How far it is on its node's disk is not written here.
alter table sluice.uploads
    add column multipart text,          -- S3's id of an upload in parts; empty:
                                        -- none yet; null: not in a bucket, or
                                        -- nothing of it is to go from there
    add column node uuid,               -- of the spool that has what comes
                                        -- behind the parts
    add column turn bigint not null default 0,  -- another one with each node
    add column turn_until timestamptz,  -- while that node alone may append
    add column digest bytea,            -- how far SHA-256 is behind all parts
    add column tail bigint not null default 0 check (tail >= 0),
    add column tail_sha256 bytea;       -- bytes behind them, in <id>.tail

create table sluice.parts (
    upload uuid not null references sluice.uploads on delete cascade,
    number integer not null check (number between 1 and 10000),
    bytes  bigint not null check (bytes > 0),
    etag   text not null,
    sha256 bytea not null,
    primary key (upload, number)
);

-- What uploads have left in the bucket that nobody knows any more.
create table sluice.strays (
    id        uuid primary key,
    multipart text not null,
    since     timestamptz not null default now()
);

create function sluice.leave_stray() returns trigger
language plpgsql as $$
begin
    insert into sluice.strays (id, multipart) values (old.id, old.multipart)
    on conflict (id) do nothing;
    return old;
end;
$$;

create trigger uploads_stray before delete on sluice.uploads
for each row when (old.multipart is not null)
execute function sluice.leave_stray();
