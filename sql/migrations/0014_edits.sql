-- What people say of their media, and attachments that failed, were moved or
-- were removed.

alter table sluice.media
    add column authored boolean not null default false;
                                -- true: no job says who wrote it

-- `position` is the place among the pages or in the list; `number` is a page's
-- in the names of its files (pages/<number>.png), and never another one's of
-- the same score, so that no path changes its bytes.
alter table sluice.attachments
    add column number integer,
    add column failed_at timestamptz,
    add column removed_at timestamptz,      -- its files follow: detach
    add column text_words tsvector;         -- what is written in it, and `about`
alter table sluice.media
    add column last_number integer not null default 1;
                                            -- that a page of it has had
comment on column sluice.media.text_words is 'what is written in it, and '
    '`score`; of attachments from before 2026-12, too';

update sluice.attachments set number = position where role = 'page';
update sluice.media m set last_number = taken.last
from (select media, max(position) last from sluice.attachments
      where role = 'page' group by media) taken
where m.id = taken.media;
update sluice.attachments a set failed_at = now()
where not ready and not exists (
    select from sluice.jobs j
    where j.id = a.job and j.state in ('queued', 'running', 'retrying'));

-- Who failed or is removed has no place. Judged when a statement is over: pages
-- change places.
drop index sluice.attachments_page;
alter table sluice.attachments
    add constraint attachments_number unique (media, number),
    add constraint attachments_place
        exclude using btree (media with =, position with =)
        where (role = 'page' and failed_at is null and removed_at is null)
        deferrable initially immediate;

insert into sluice.job_kinds (kind, priority, seconds) values
    ('detach', 2, 3600);

-- What a media file's attachments are found by: no more of it than a MiB.
create function sluice.attached_words(of_media uuid) returns text
language sql stable as $$
    select string_agg(array_to_string(tsvector_to_array(text_words), ' '), ' '
                      order by position, id)
    from (select text_words, position, id,
                 sum(pg_column_size(text_words)) over (order by position, id)
                     so_far
          from sluice.attachments
          where media = of_media and ready and removed_at is null
            and text_words is not null) a
    where so_far < 1048576
$$;

drop trigger attachments_catalogued on sluice.attachments;
drop function sluice.catalogue_attachments();
drop function sluice.catalogue_words(sluice.media, bigint, boolean);

create function sluice.catalogue_words(m sluice.media, number bigint,
    library boolean, attached text) returns tsvector
language sql immutable parallel safe as $$
    select array_to_tsvector(array_agg(distinct scope || sluice.segment(number)
                                                || '.' || word))
    from unnest(sluice.scopes(library, m.owner)) scope,
         unnest(sluice.words(concat_ws(' ', m.title, m.author,
                                       regexp_replace(m.filename,
                                                      '[.][^.]*$', ''),
                                       array_to_string(m.tags, ' '),
                                       array_to_string(tsvector_to_array(
                                           m.text_words), ' '),
                                       attached))
                || ('=' || m.kind)) word
$$;

create or replace function sluice.catalogue_media() returns trigger
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
            sluice.catalogue_words(new, n, seen,
                                   sluice.attached_words(new.id)))
    on conflict (media) do update
    set owner = excluded.owner, kind = excluded.kind,
        library = excluded.library, words = excluded.words;
    return null;
end;
$$;

-- What the catalogue tells of the attachments of these media: once a statement.
-- The first one that knows something tells it.
create function sluice.recount(these uuid[], reworded boolean) returns void
language sql as $$
    update sluice.catalogue c
    set attached = (select count(*) from sluice.attachments a
                    where a.media = c.media and a.removed_at is null),
        told = (select jsonb_object_agg(e.key, e.value
                                        order by a.position desc, a.id desc)
                from sluice.attachments a, jsonb_each(a.about) e
                where a.media = c.media and a.removed_at is null),
        words = case when reworded then
            (select sluice.catalogue_words(m, c.number, c.library,
                                           sluice.attached_words(m.id))
             from sluice.media m where m.id = c.media) else c.words end
    where c.media = any (these);
$$;

create function sluice.catalogue_attachments() returns trigger
language plpgsql as $$
begin
    if tg_op = 'UPDATE' then
        perform sluice.recount(array_agg(distinct n.media),
            bool_or((o.text_words, o.ready, o.removed_at is null)
                    is distinct from
                    (n.text_words, n.ready, n.removed_at is null)))
        from changed n join old_rows o on o.id = n.id
        where (o.about, o.position, o.text_words, o.ready,
               o.removed_at is null)
              is distinct from
              (n.about, n.position, n.text_words, n.ready,
               n.removed_at is null)
        having count(*) > 0;
    else
        perform sluice.recount(array_agg(distinct media), false) from changed
        having count(*) > 0;
    end if;
    return null;
end;
$$;

create trigger attachments_added after insert on sluice.attachments
    referencing new table as changed
    for each statement execute function sluice.catalogue_attachments();
create trigger attachments_changed after update on sluice.attachments
    referencing old table as old_rows new table as changed
    for each statement execute function sluice.catalogue_attachments();
create trigger attachments_gone after delete on sluice.attachments
    referencing old table as changed
    for each statement execute function sluice.catalogue_attachments();
drop function if exists queue.join_words(tsvector, tsvector);
