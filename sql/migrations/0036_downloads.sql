-- One well-formed file of a film for somebody to take away, for a day: a picture
-- and a sound of those that it plays by, in media/<xx>/<media>/downloads/.

create table sluice.downloads (
    id         uuid primary key,
    media      uuid not null references sluice.media on delete cascade,
    user_id    uuid references sluice.users on delete set null,
    job        uuid references sluice.jobs on delete set null,
    picture    text,                        -- names of renditions
    sound      text,
    bytes      bigint check (bytes >= 0),   -- of the file, or of what it is of
    created_at timestamptz not null default now(),
    ready_at   timestamptz,
    expires_at timestamptz not null
);
create index downloads_user on sluice.downloads (user_id, expires_at);
create index downloads_media on sluice.downloads (media);
create index downloads_job on sluice.downloads (job) where job is not null;
create index downloads_expired on sluice.downloads (expires_at);

insert into sluice.job_kinds (kind, priority, seconds, at_once_own) values
    ('download', 0, 7200, 1);
