-- Films and recordings: what is told of them beside what any media file has.

create or replace function api.film_item(m sluice.media) returns jsonb
language plpgsql stable as $$
begin
    return jsonb_build_object('notice', m.notice, 'recording', m.recording);
end;
$$;


-- The whole of it, where no list pays for it.
create or replace function api.film_object(m sluice.media) returns jsonb
language plpgsql stable as $$
begin
    return jsonb_build_object('chapters', m.chapters, 'poster_at', m.poster_at);
end;
$$;


-- Links to what was made of it beside what plays.
create or replace function api.beside_links(m sluice.media, folder text)
returns jsonb
language plpgsql stable as $$
begin
    return jsonb_build_object(
        'poster', case when m.poster then
            folder || coalesce(m.beside->>'poster', 'poster.jpg') end,
        'cover', folder || (m.beside->>'cover'),
        'waveform', folder || (m.beside->>'waveform'),
        'chapters', folder || (m.beside->>'chapters'),
        -- its sheets lie beside it
        'storyboard', folder || (m.beside->>'storyboard'));
end;
$$;


-- Null when this second may become the poster's, or none is named; else why not.
create or replace function api.refuse_poster(m sluice.media, args jsonb)
returns jsonb
language plpgsql stable as $$
declare
    at constant jsonb := args->'poster_at';
begin
    if not args ? 'poster_at' then
        return null;
    elsif m.kind <> 'video' then
        return (api.refuse('conflict', 'Only a film has pictures to choose '
                           'from.', 'poster_at')).body;
    elsif m.state <> 'ready' then
        return (api.refuse('conflict', 'The film is not ready yet.',
                           'poster_at')).body;
    elsif at = 'null' then
        return api.refuse_jobs(m.owner);
    elsif jsonb_typeof(at) <> 'number' or at::numeric < 0
          or at::numeric >= m.duration::numeric then
        return (api.refuse('field-invalid', 'A second of the film, or null: '
                           'then the best of several is taken.',
                           'poster_at')).body;
    end if;
    return api.refuse_jobs(m.owner);
end;
$$;


-- The job that makes the picture of another second, under a name of its own;
-- null when none is to be woken. One that still waits makes this one instead.
create or replace function api.take_poster(was sluice.media, m sluice.media)
returns uuid
language plpgsql as $$
declare
    asked jsonb;
    made uuid;
begin
    if m.poster_at is not distinct from was.poster_at then
        return null;
    end if;

    update sluice.media set posters = posters + 1 where id = m.id
    returning jsonb_build_object('number', posters, 'at', poster_at) into asked;

    update sluice.jobs set params = asked, version = version + 1
    where media = m.id and kind = 'poster' and state in ('queued', 'retrying')
      and params ? 'number';
    if found then
        return null;
    end if;

    insert into sluice.jobs (id, kind, media, params)
    values (sluice.uuid_v7(), 'poster', m.id, asked)
    returning id into made;
    return made;
end;
$$;
