-- What a film or a recording was made into: track files, each of one picture,
-- sound or text, and the playlists that name them.

create table sluice.renditions (
    media      uuid not null references sluice.media on delete cascade,
    name       text not null check (length(name) between 1 and 64),
    kind       text not null check (kind in ('video', 'audio', 'subtitles')),
    folder     text not null,               -- of the media's hls/
    about      jsonb not null,              -- what playlists tell of it
    bytes      bigint not null check (bytes >= 0),
    job        uuid,                        -- that made it
    created_at timestamptz not null default now(),
    primary key (media, name)
);

alter table sluice.media
    add column facts jsonb,                 -- of the upload, as ffprobe has them
    add column masters integer not null default 0,  -- numbers handed out
    add column master integer;              -- of the playlist to play; null:
                                            -- of before, or none yet

-- What plays comes first, its pictures next, as one owner's jobs go one after
-- the other; the rest of one film is in bulk beside another's.
update sluice.job_kinds set priority = 0 where kind = 'package';
update sluice.job_kinds set priority = 1 where kind = 'poster';

insert into sluice.job_kinds (kind, priority, seconds, at_once_own) values
    ('split',  1, 7200,  null),
    ('encode', 2, 7200,  null),
    ('join',   1, 7200,  null);
