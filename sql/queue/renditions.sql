-- What films are made into: kept as jobs make it, and the pieces that encoding
-- is cut into.

-- The master playlist of this number, in the media's folder; that of a film of
-- before has none.
create or replace function queue.playlist(master integer) returns text
language sql immutable parallel safe as $$
    select coalesce('hls/master.' || master || '.m3u8', 'hls/master.m3u8');
$$;


-- Keeps what a job has made and published, forgets what is `gone`, and hands out
-- the number of the next master playlist with all that it is to name. Null: the
-- job is somebody else's by now. May be repeated.
create or replace function queue.renditions(job_id uuid, rows jsonb, gone jsonb)
returns jsonb
language plpgsql as $$
declare
    j sluice.jobs;
    n integer;
begin
    perform queue.lock_media(job_id);

    select * into j from sluice.jobs where id = job_id and state = 'running';
    if not found then
        return null;
    end if;

    insert into sluice.replaced (media, folder, name)
    select r.media, r.folder, r.name from sluice.renditions r
    where r.media = j.media and r.kind <> 'subtitles'
      and (gone ? r.name
           or exists (select from jsonb_array_elements(rows) x
                      where x->>'name' = r.name and x->>'folder' <> r.folder))
    on conflict do nothing;

    delete from sluice.renditions where media = j.media and gone ? name;

    insert into sluice.renditions (media, name, kind, folder, about, bytes, job)
    select j.media, r->>'name', r->>'kind', r->>'folder',
           r - '{name,kind,folder,bytes}'::text[], (r->>'bytes')::bigint, j.id
    from jsonb_array_elements(rows) r
    on conflict (media, name) do update
    set kind = excluded.kind, folder = excluded.folder, about = excluded.about,
        bytes = excluded.bytes, job = excluded.job, created_at = now();

    update sluice.media set masters = masters + 1 where id = j.media
    returning masters into n;

    return jsonb_build_object('serial', n, 'renditions', (
        select coalesce(jsonb_agg(jsonb_build_object(
                   'name', r.name, 'kind', r.kind, 'folder', r.folder,
                   'about', r.about) order by r.kind desc, r.name), '[]')
        from sluice.renditions r where r.media = j.media));
end;
$$;


-- The pieces of a film's encoding that follow when `split` or one of them is
-- done: so many wait at a time, and behind the last one what joins them. Each
-- is told by what `split` found out; the caller holds the media row's lock.
-- Their ids.
create or replace function queue.pieces(j sluice.jobs) returns jsonb
language plpgsql as $$
declare
    waiting constant integer := 8;
    run_id constant uuid := case j.kind when 'split' then j.id
                            else (j.params->>'run')::uuid end;
    plan jsonb;
    why jsonb;
    total integer;
    begun integer;
    done integer;
    open integer;
    ids jsonb;
begin
    select result, params - 'rungs' into plan, why
    from sluice.jobs where id = run_id;
    total := coalesce(jsonb_array_length(plan->'pieces'), 0);

    select count(*), count(*) filter (where state = 'done'),
           count(*) filter (where state in ('queued', 'running', 'retrying'))
    into begun, done, open
    from sluice.jobs o
    where o.media = j.media and o.kind = 'encode'
      and o.params->>'run' = run_id::text;

    with piece as (
        insert into sluice.jobs (id, kind, media, params)
        select sluice.uuid_v7(), 'encode', m.id,
               why || (plan->'pieces'->n) || jsonb_build_object('run', run_id,
                   'piece', n, 'of', total, 'rungs', plan->'rungs')
        from sluice.media m,
             generate_series(begun, least(begun + waiting - open, total) - 1) n
        where m.id = j.media and m.deleted_at is null
        returning id
    ), joined as (
        insert into sluice.jobs (id, kind, media, params)
        select sluice.uuid_v7(), 'join', m.id,
               why || jsonb_build_object('run', run_id, 'of', total,
                                         'rungs', plan->'rungs')
        from sluice.media m
        where m.id = j.media and m.deleted_at is null and total > 0
          and done = total
          and not exists (select from sluice.jobs o
                          where o.media = j.media and o.kind = 'join'
                            and o.params->>'run' = run_id::text)
        returning id
    )
    select coalesce(jsonb_agg(id), '[]') into ids
    from (select id from piece union all select id from joined) made;
    return ids;
end;
$$;


-- The pieces that nobody will join: their run was over a day ago.
create or replace function queue.expired_pieces(many integer) returns jsonb
language sql stable as $$
    select coalesce(jsonb_agg(x.run), '[]') from (
        select distinct jsonb_build_object('media', j.media,
            'id', j.params->>'run', 'of', j.params->'of') run
        from sluice.jobs j
        where j.kind in ('encode', 'join') and j.state in ('dead', 'cancelled')
          and j.finished_at < now() - interval '1 day'
          and j.media is not null and not j.params ? 'forgotten'
          and not exists (
              select from sluice.jobs o
              where o.media = j.media and o.kind in ('encode', 'join')
                and o.params->>'run' = j.params->>'run'
                and o.state in ('queued', 'running', 'retrying'))
        limit many) x;
$$;


-- They are gone: whoever tries one of them again is told so.
create or replace function queue.drop_pieces(run uuid) returns jsonb
language plpgsql as $$
begin
    update sluice.jobs
    set params = params || '{"forgotten": true}'
    where media = (select media from sluice.jobs where id = run)
      and kind in ('encode', 'join') and params->>'run' = run::text;
    return 'true';
end;
$$;


-- Tracks whose day is over since others took their place.
create or replace function queue.expired_renditions(many integer)
returns jsonb
language sql stable as $$
    select coalesce(jsonb_agg(x.one), '[]') from (
        select jsonb_build_object('media', r.media, 'folder', r.folder,
                                  'name', r.name) one
        from sluice.replaced r
        where r.replaced_at < now() - interval '1 day'
        order by r.replaced_at
        limit many) x;
$$;


-- Their files are gone.
create or replace function queue.drop_rendition(media_id uuid, in_folder text,
                                                called text) returns jsonb
language plpgsql as $$
begin
    delete from sluice.replaced
    where media = media_id and folder = in_folder and name = called;
    return 'true';
end;
$$;
