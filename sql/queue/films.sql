-- What jobs find out about films and recordings, beside what queue.finish()
-- keeps of any media file.

-- Sentences for the owner, each once.
create or replace function queue.join_notices(notice text, more jsonb)
returns text
language sql immutable as $$
    select nullif(concat_ws(' ', notice, (
        select string_agg(said, ' ' order by n)
        from jsonb_array_elements_text(more) with ordinality x(said, n)
        where position(said in coalesce(notice, '')) = 0)), '');
$$;


-- Which of the posters that were asked for this one is; 0: none was.
create or replace function queue.poster_number(beside jsonb) returns integer
language sql immutable as $$
    select coalesce(substring(beside->>'poster' from '^poster-([0-9]+)'),
                    '0')::integer;
$$;


-- What lies beside it now. A poster that was asked for before the one that is
-- shown is not, however late it comes.
create or replace function queue.join_beside(beside jsonb, more jsonb)
returns jsonb
language sql immutable as $$
    select case when more ? 'poster' and queue.poster_number(more)
                                         < queue.poster_number(beside)
                then beside || (more - 'poster') else beside || more end;
$$;


create or replace function queue.keep_film(j sluice.jobs, patch jsonb)
returns void
language plpgsql as $$
begin
    if j.kind = 'download' then
        update sluice.downloads
        set ready_at = now(), bytes = (patch->'download'->>'bytes')::bigint
        where id = (j.params->>'download')::uuid;
        return;
    end if;

    if not patch ?| '{notices,recording,chapters,beside}' then
        return;
    end if;

    update sluice.media
    set notice = queue.join_notices(notice, coalesce(patch->'notices', '[]')),
        recording = case when patch ? 'recording'
            then coalesce(recording, '{}') || (patch->'recording')
            else recording end,
        chapters = coalesce(patch->'chapters', chapters),
        beside = queue.join_beside(beside, coalesce(patch->'beside', '{}'))
    where id = j.media;
end;
$$;
