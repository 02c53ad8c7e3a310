-- What is known of films and recordings beside their streams, and what lies
-- beside them.

alter table sluice.media
    add column notice text,                 -- what its owner is to know of it
    add column recording jsonb,             -- album, track, disc, year, loudness
    add column chapters jsonb,              -- [{start, end, title}]
    add column beside jsonb not null default '{}',
                                            -- poster, cover, storyboard, …: paths
    add column poster_at double precision   -- seconds; null: the best of some
        check (poster_at >= 0),
    add column posters integer not null default 0;
                                            -- that have been asked for

-- Texts that somebody brings for a film lie among the attachments.
alter table sluice.attachments
    drop constraint attachments_role_check,
    drop constraint attachments_kind_check,
    add constraint attachments_role_check
        check (role in ('attachment', 'page', 'subtitles')),
    add constraint attachments_kind_check
        check (kind in ('video', 'audio', 'score', 'subtitles')),
    add column language text,               -- BCP 47
    add column title text,                  -- for people: "English (SDH)"
    add column purpose text
        check (purpose in ('forced', 'hearing-impaired', 'commentary')),
    add column note text;                   -- how it was read

-- One well-formed file for somebody to take away, for a day.
create table sluice.downloads (
    id         uuid primary key,
    media      uuid not null references sluice.media on delete cascade,
    user_id    uuid not null references sluice.users on delete cascade,
    job        uuid references sluice.jobs on delete set null,
    picture    text,                        -- names of renditions
    sound      text,
    bytes      bigint check (bytes >= 0),
    created_at timestamptz not null default now(),
    ready_at   timestamptz,
    expires_at timestamptz not null,
    gone_at    timestamptz                  -- there is no file of it
);
create index downloads_user on sluice.downloads (user_id, created_at);
create index downloads_media on sluice.downloads (media);
create index downloads_job on sluice.downloads (job) where job is not null;
create index downloads_there on sluice.downloads (expires_at)
    where gone_at is null;

insert into sluice.job_kinds (kind, priority, seconds) values
    ('chapters',   1, 600),
    ('cover',      0, 600),
    ('listen',     1, 21600),
    ('storyboard', 2, 21600);
