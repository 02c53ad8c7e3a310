-- A library to measure lists in: `many` media of viewers and editors (psql -v
-- many=1000000), put into the catalogue at once at the end. Words fall off as they do in libraries: "sonate" is in every
-- third title, "w<n>" in ever fewer, "lento" in the oldest tenth alone; kinds:
-- one in 2,000 is audio. One editor brought most, one viewer a good many, the
-- rest is many people's.

insert into sluice.users (id, email, password, role)
select ('01890000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
       'reader' || n || '@example.org', 'x',
       case n when 0 then 'editor' else 'viewer' end
from generate_series(0, 199) n;

alter table sluice.media disable trigger media_catalogued;

insert into sluice.media (id, owner, visibility, kind, state, title, author,
                          filename, extension, bytes, sha256, pages,
                          text_words)
select (lpad(to_hex(1700000000000 + n * 1000::bigint), 12, '0')::text
        || '7000800000000000' || lpad(to_hex(n % 65536), 4, '0'))::uuid,
       ('01890000-0000-7000-8000-' || lpad(to_hex(who), 12, '0'))::uuid,
       case who when 0 then 'library' else 'private' end,
       case when n % 2000 = 7 then 'audio' when n % 3 = 0 then 'video'
            else 'score' end,
       case when n % 997 = 3 then 'failed' else 'ready' end,
       concat_ws(' ',
           case when n % 3 = 1 then 'Sonate' end,
           case when n % 10 = 1 then 'Allegro' when n % 10 = 2 then 'Adagio' end,
           case when n < :many / 10 then 'Lento' end,
           'w' || (power(random(), 4) * 20000)::integer,
           'Satz w' || (power(random(), 3) * 20000)::integer, 'Nr.', n),
       'Autor a' || (power(random(), 3) * 5000)::integer,
       'file-' || n || '.pdf', 'pdf', 1000, sha256(n::text::bytea), 1,
       case when n % 20 = 0 then array_to_tsvector(array(
           select distinct 't' || (power(random(), 2) * 30000)::integer
           from generate_series(1, 60) where n >= 0)) end
from (select n, case when n % 10 < 6 then 0 when n % 10 = 6 then 1
                     else 2 + n % 198 end who
      from generate_series(1, :many) n) x;

alter table sluice.media enable trigger media_catalogued;

insert into sluice.catalogue (number, media, owner, kind, library, words)
select n, m.id, m.owner, m.kind, seen, 
       sluice.catalogue_words(m, n, seen, null)
from (select id, nextval('sluice.catalogue_number') n
      from (select id from sluice.media order by id) in_order) numbered
join sluice.media m using (id),
     lateral (select m.visibility = 'library' and m.state <> 'failed') x(seen);

alter table sluice.jobs disable trigger jobs_defaults;
insert into sluice.jobs (id, kind, media, state, owner, finished_at, priority,
                         max_attempts, rank)
select gen_random_uuid(), 'score', id, 'done', owner, now(), 1, 1, now()
from sluice.media;
alter table sluice.jobs enable trigger jobs_defaults;
