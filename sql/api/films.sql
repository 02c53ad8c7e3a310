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
