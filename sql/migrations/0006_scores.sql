-- What is known of scores, and what is found by words.

-- Letters as one looks for them: without case, accents and ligatures.
create function sluice.fold(words text) returns text
language sql immutable strict parallel safe as $$
    select lower(regexp_replace(normalize(words, NFKD), '[\u0300-\u036f]+', '',
                                'g'))
$$;

alter table sluice.media
    add column score jsonb,             -- composer, key, time, parts, …
    add column text_words tsvector,     -- what is written in it, and `score`
    add column words tsvector generated always as (
        setweight(to_tsvector('simple'::regconfig,
                              sluice.fold(title || ' '
                                          || coalesce(author, ''))), 'A')
        || coalesce(text_words, '')) stored;
create index media_words on sluice.media using gin (words)
    where deleted_at is null;

-- Files that belong to a score: more of its pages, or the same music in another
-- form. `position` is the page's number, or where it stands in the list. Bytes
-- lie beside the original, in attachments/<id>.<extension>.
create table sluice.attachments (
    id         uuid primary key,            -- of the file in the spool, too
    media      uuid not null references sluice.media on delete cascade,
    role       text not null check (role in ('attachment', 'page')),
    position   integer not null check (position between 1 and 999),
    filename   text not null,               -- as the client named it
    bytes      bigint not null check (bytes >= 0),
    sha256     bytea not null check (length(sha256) = 32),
    job        uuid references sluice.jobs on delete set null,
    ready      boolean not null default false,
    kind       text check (kind in ('video', 'audio', 'score')),
    format     text,                        -- for people: "MusicXML"
    extension  text,
    duration   double precision,            -- seconds, of a recording
    about      jsonb,                       -- what it tells of the music
    created_at timestamptz not null default now()
);
create index attachments_media on sluice.attachments (media, position);
create unique index attachments_page on sluice.attachments (media, position)
    where role = 'page';

insert into sluice.job_kinds (kind, priority, seconds, at_once_own) values
    ('attach', 0, 600, null);
