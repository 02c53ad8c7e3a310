-- What was copied of a film is decoded once, behind all that somebody waits for.

insert into sluice.job_kinds (kind, priority, seconds) values
    ('verify', 2, 43200);

-- Tracks that others took the place of: whoever plays by them does so for a day.
create table sluice.replaced (
    media       uuid not null references sluice.media on delete cascade,
    folder      text not null,              -- of sluice.renditions
    name        text not null,
    replaced_at timestamptz not null default now(),
    primary key (media, folder, name)
);
create index replaced_at on sluice.replaced (replaced_at);
