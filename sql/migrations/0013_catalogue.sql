-- What lists and searches go by, so that each costs a page.

alter table sluice.media
    add column tags text[] not null default '{}',
    add column titled boolean not null default true;
                                -- false: the title is the file's name so far

-- Words as one looks for them: letters and digits alone, without case, accents
-- and ligatures, and numbers apart from what they stand beside: "K.331" and
-- "K331" are "k 331". Scripts other than these keep their letters.
alter table sluice.media drop column words;

create or replace function sluice.fold(words text) returns text
language sql immutable strict parallel safe as $$
    select regexp_replace(regexp_replace(
        replace(replace(replace(replace(
            translate(lower(regexp_replace(normalize(words, NFKD),
                '[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5'
                '\u064b-\u0652\u0670\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff'
                '\ufe20-\ufe2f]+', '', 'g')),
                'ØøŁłĐđÐðĦħıŊŋŦŧÆŒÞẞ', 'oollddddhhinnttæœþß'),
            'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th'),
        '[\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00bf\u00d7\u00f7'
        '\u02b0-\u02ff\u05be\u05c0\u05c3\u060c\u061b\u061f\u2000-\u2bff'
        '\u2e00-\u2e7f\u3000-\u303f\u30fb\ufe10-\ufe1f\ufe30-\ufe6f\uff00-'
        '\uff0f]+', ' ', 'g'),
        '(?<=[0-9])(?=[^0-9 ])|(?<=[^0-9 ])(?=[0-9])', ' ', 'g')
$$;

-- The different words of a text in their order, cut at 40 letters, no more of
-- them than half a MiB.
create function sluice.words(content text) returns text[]
language sql immutable strict parallel safe as $$
    select coalesce(array_agg(word order by first), '{}') from (
        select word, first,
               sum(octet_length(word) + 12) over (order by first) so_far
        from (select left(w, 40) word, min(n) first
              from unnest(string_to_array(sluice.fold(content), ' '))
                   with ordinality as t(w, n)
              where w <> '' group by 1) each_once) counted
    where so_far < 500000
$$;

update sluice.media
set text_words = array_to_tsvector(sluice.words(
    array_to_string(tsvector_to_array(text_words), ' ')))
where text_words is not null;


-- A row for each media file that is there. `number` is the order of lists; it
-- begins anywhere, since cursors show it. `words` are keys: a word behind whom
-- it is for and which 8,192 numbers it is among, so that what a search reads is
-- bounded by these, however often its words occur elsewhere: "l2a.sonate",
-- where l is the library (all may see it), h what is hidden (owner, editors),
-- and o with some of the owner's id the same for its owner.
create sequence sluice.catalogue_number as bigint;
select setval('sluice.catalogue_number',
              (random() * 1000000)::bigint * 8192 + 8192);

create table sluice.catalogue (
    number   bigint primary key default nextval('sluice.catalogue_number'),
    media    uuid not null unique references sluice.media on delete cascade,
    owner    uuid not null,
    kind     text not null,
    library  boolean not null,
    attached integer not null default 0,    -- how many attachments it has
    told     jsonb,                         -- what these know of the music
    words    tsvector not null
) with (fillfactor = 90, toast_tuple_target = 128);
create index catalogue_library on sluice.catalogue (kind, number)
    where library;
create index catalogue_hidden on sluice.catalogue (kind, number)
    where not library;
create index catalogue_own on sluice.catalogue (owner, kind, number)
    where not library;
create index catalogue_words on sluice.catalogue using gin (words)
    with (fastupdate = off);

create function sluice.segment(number bigint) returns text
language sql immutable strict parallel safe as $$
    select to_hex(number >> 13)
$$;

-- Before the words of whom: of the library, of what is hidden, of an owner.
create function sluice.scopes(library boolean, owner uuid) returns text[]
language sql immutable strict parallel safe as $$
    select case when library then array['l']
                else array['h', 'o' || right(owner::text, 7) || '-'] end
$$;

create function sluice.catalogue_words(m sluice.media, number bigint,
                                       library boolean) returns tsvector
language sql immutable parallel safe as $$
    select array_to_tsvector(array_agg(distinct scope || sluice.segment(number)
                                                || '.' || word))
    from unnest(sluice.scopes(library, m.owner)) scope,
         unnest(sluice.words(concat_ws(' ', m.title, m.author,
                                       regexp_replace(m.filename,
                                                      '[.][^.]*$', ''),
                                       array_to_string(m.tags, ' '),
                                       array_to_string(tsvector_to_array(
                                           m.text_words), ' ')))
                || ('=' || m.kind)) word
$$;

create function sluice.catalogue_media() returns trigger
language plpgsql as $$
declare
    n bigint;
    seen constant boolean := new.visibility = 'library'
                             and new.state <> 'failed';
begin
    if new.deleted_at is not null then
        delete from sluice.catalogue where media = new.id;
        return null;
    end if;

    select number into n from sluice.catalogue where media = new.id;
    n := coalesce(n, nextval('sluice.catalogue_number'));

    insert into sluice.catalogue as c (number, media, owner, kind, library,
                                       words)
    values (n, new.id, new.owner, new.kind, seen,
            sluice.catalogue_words(new, n, seen))
    on conflict (media) do update
    set owner = excluded.owner, kind = excluded.kind,
        library = excluded.library, words = excluded.words;
    return null;
end;
$$;

create trigger media_catalogued after insert on sluice.media
    for each row execute function sluice.catalogue_media();
create trigger media_recatalogued after update on sluice.media
    for each row when (
        (old.title, old.author, old.tags, old.text_words, old.kind, old.owner,
         old.visibility, old.state = 'failed', old.deleted_at is null)
        is distinct from
        (new.title, new.author, new.tags, new.text_words, new.kind, new.owner,
         new.visibility, new.state = 'failed', new.deleted_at is null))
    execute function sluice.catalogue_media();

-- The first attachment that knows something tells it.
create function sluice.catalogue_attachments() returns trigger
language plpgsql as $$
declare
    of_media constant uuid := coalesce(new.media, old.media);
begin
    update sluice.catalogue
    set attached = attached + (tg_op = 'INSERT')::integer
                            - (tg_op = 'DELETE')::integer,
        told = (select jsonb_object_agg(e.key, e.value
                                        order by a.position desc, a.id desc)
                from sluice.attachments a, jsonb_each(a.about) e
                where a.media = of_media)
    where media = of_media;
    return null;
end;
$$;

create trigger attachments_catalogued
    after insert or delete or update of about, position on sluice.attachments
    for each row execute function sluice.catalogue_attachments();

insert into sluice.catalogue (number, media, owner, kind, library, attached,
                              told, words)
select n, m.id, m.owner, m.kind, seen,
       (select count(*) from sluice.attachments a where a.media = m.id),
       (select jsonb_object_agg(e.key, e.value
                                order by a.position desc, a.id desc)
        from sluice.attachments a, jsonb_each(a.about) e
        where a.media = m.id),
       sluice.catalogue_words(m, n, seen)
from (select id, nextval('sluice.catalogue_number') n
      from (select id from sluice.media where deleted_at is null
            order by id) in_order) numbered
join sluice.media m using (id),
     lateral (select m.visibility = 'library' and m.state <> 'failed') x(seen);

-- Their form changed, or nobody calls them any more.
drop function if exists
    api.media_score(sluice.media),
    api.media_links(sluice.media, integer),
    api.media_object(sluice.media, integer),
    api.search_words(text);

-- The job that a media file is shown with, however many attachments it has.
create index jobs_main on sluice.jobs (media, id)
    where media is not null and kind <> 'attach';
