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
