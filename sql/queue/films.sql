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


create or replace function queue.keep_film(j sluice.jobs, patch jsonb)
returns void
language plpgsql as $$
begin
    if not patch ?| '{notices,recording,chapters,beside}' then
        return;
    end if;

    update sluice.media
    set notice = queue.join_notices(notice, coalesce(patch->'notices', '[]')),
        recording = case when patch ? 'recording'
            then coalesce(recording, '{}') || (patch->'recording')
            else recording end,
        chapters = coalesce(patch->'chapters', chapters),
        beside = beside || coalesce(patch->'beside', '{}')
    where id = j.media;
end;
$$;
