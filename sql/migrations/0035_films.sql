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
    add column encoding text;               -- that its text was read in

insert into sluice.job_kinds (kind, priority, seconds) values
    ('chapters',   1, 600),
    ('subtitles',  1, 3600),
    ('withdraw',   2, 3600),
    ('cover',      1, 600),
    ('listen',     1, 21600),
    ('storyboard', 2, 21600);
