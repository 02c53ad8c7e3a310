-- Downloads: a rendition of a film as one file, under the film's title.

-- So many at once of one user, whoever's films they are of.
create or replace function api.downloads_at_once() returns integer
language sql immutable as $$ select 4 $$;


create or replace function api.download_object(d sluice.downloads)
returns jsonb
language plpgsql stable as $$
declare
    j sluice.jobs;
    m sluice.media;
begin
    select * into j from sluice.jobs where id = d.job;
    select * into m from sluice.media where id = d.media;

    return jsonb_build_object(
        'id', d.id, 'media', d.media, 'rendition', d.picture, 'sound', d.sound,
        'state', case when d.ready_at is not null then 'ready'
                      when j.state in ('dead', 'cancelled') or j.id is null
                          then 'failed'
                      else 'processing' end,
        'error', case when d.ready_at is null then j.error end,
        'job', d.job, 'bytes', case when d.ready_at is not null then d.bytes end,
        'created_at', d.created_at, 'expires_at', d.expires_at,
        'links', case when d.ready_at is null then '{}' else
            jsonb_build_object('file', jsonb_build_object(
                'path', format('/media/%s/%s/downloads/%s.mp4',
                               right(d.media::text, 2), d.media, d.id),
                'filename', api.download_name(concat_ws(' ', m.title,
                    case when d.picture is not null
                         then format('(%sp)', ltrim(split_part(d.picture, '-',
                                                               1), 'v')) end)
                    || '.mp4', 'mp4'))) end);
end;
$$;


-- The rendition of that name and kind, or none.
create or replace function api.rendition(m sluice.media, called jsonb,
                                         as_kind text)
returns sluice.renditions
language sql stable as $$
    select r from sluice.renditions r
    where r.media = m.id and r.kind = as_kind
      and jsonb_typeof(called) = 'string' and r.name = called#>>'{}';
$$;


-- Null when this may be asked for, else why not.
create or replace function api.refuse_download(actor uuid, m sluice.media,
                                               args jsonb)
returns jsonb
language plpgsql stable as $$
declare
    picture constant sluice.renditions :=
        api.rendition(m, args->'rendition', 'video');
    sound constant sluice.renditions := api.rendition(m, args->'sound',
                                                      'audio');
begin
    if m.state <> 'ready' then
        return (api.refuse('conflict', 'The film is not ready yet.')).body;
    elsif picture.name is null
          and coalesce(args->'rendition', 'null') <> 'null' then
        return (api.refuse('field-invalid', 'The name of one of the film''s '
                           'pictures: see links.renditions.',
                           'rendition')).body;
    elsif sound.name is null and coalesce(args->'sound', 'null') <> 'null' then
        return (api.refuse('field-invalid', 'The name of one of the film''s '
                           'sounds: see links.renditions.', 'sound')).body;
    elsif picture.name is null and sound.name is null then
        return (api.refuse('field-invalid', 'Name a picture, a sound, or both.',
                           'rendition')).body;
    elsif (select count(*) from sluice.downloads
           where user_id = actor and expires_at > now())
          >= api.downloads_at_once() then
        return (api.refuse('too-many', 'You have four files to download '
                           'already: each is there for a day, or until you '
                           'remove it.')).body;
    end if;
    return api.refuse_jobs(actor);
end;
$$;


-- One that is there for this user is not made twice: 200 instead of 202.
create or replace function api.create_download(actor uuid, args jsonb,
                                               out status integer,
                                               out body jsonb)
language plpgsql as $$
declare
    m sluice.media;
    d sluice.downloads;
    made constant uuid := sluice.uuid_v7();
    picture sluice.renditions;
    sound sluice.renditions;
begin
    perform from sluice.users where id = actor for no key update;
    select * into m from sluice.media x
    where x.id = (args->>'id')::uuid and x.deleted_at is null
      and api.may_see(actor, x);

    if not found then
        select * into status, body from api.refuse('not-found');
        return;
    end if;

    picture := api.rendition(m, args->'rendition', 'video');
    sound := api.rendition(m, args->'sound', 'audio');

    select x.* into d from sluice.downloads x
    left join sluice.jobs j on j.id = x.job
    where x.media = m.id and x.user_id = actor and x.expires_at > now()
      and x.picture is not distinct from picture.name
      and x.sound is not distinct from sound.name
      and (x.ready_at is not null or j.state in ('queued', 'running',
                                                 'retrying'))
    limit 1;
    if found then
        status := 200;
        body := api.download_object(d);
        return;
    end if;

    body := api.refuse_download(actor, m, args);
    if body is not null then
        status := 400;
        return;
    end if;

    insert into sluice.downloads (id, media, user_id, picture, sound, bytes,
                                  expires_at)
    values (sluice.uuid_v7(), m.id, actor, picture.name, sound.name,
            coalesce(picture.bytes, 0) + coalesce(sound.bytes, 0),
            now() + interval '1 day')
    returning * into d;

    insert into sluice.jobs (id, kind, media, owner, params)
    values (made, 'download', m.id, actor, jsonb_strip_nulls(jsonb_build_object(
        'download', d.id,
        'picture', format('hls/%s/%s.mp4', picture.folder, picture.name),
        'sound', format('hls/%s/%s.mp4', sound.folder, sound.name),
        'language', sound.about->>'language')
        - case when picture.name is null then 'picture' else '' end
        - case when sound.name is null then 'sound' else '' end));
    update sluice.downloads set job = made where id = d.id returning * into d;

    status := 202;
    body := api.download_object(d)
            || jsonb_build_object('wake', jsonb_build_array(made));
end;
$$;


-- The download of this user, if he may still see what it is of.
create or replace function api.own_download(actor uuid, args jsonb)
returns sluice.downloads
language sql stable as $$
    select d from sluice.downloads d join sluice.media m on m.id = d.media
    where d.id = (args->>'download')::uuid and d.media = (args->>'id')::uuid
      and d.user_id = actor and d.expires_at > now()
      and m.deleted_at is null and api.may_see(actor, m);
$$;


create or replace function api.get_download(actor uuid, args jsonb,
                                            out status integer, out body jsonb)
language plpgsql stable as $$
declare
    d constant sluice.downloads := api.own_download(actor, args);
begin
    if d.id is null then
        select * into status, body from api.refuse('not-found');
    else
        status := 200;
        body := api.download_object(d);
    end if;
end;
$$;


-- Gone for him at once; the job `expire` removes the file.
create or replace function api.delete_download(actor uuid, args jsonb,
                                               out status integer,
                                               out body jsonb)
language plpgsql as $$
declare
    d constant sluice.downloads := api.own_download(actor, args);
    told jsonb := '[]';
begin
    if d.id is null then
        select * into status, body from api.refuse('not-found');
        return;
    end if;

    update sluice.downloads set expires_at = now() where id = d.id;
    if d.job is not null then
        told := api.end_job(d.job, 'Nobody wants it any more.');
    end if;

    status := 204;
    body := jsonb_build_object('publish', told, 'wake', jsonb_build_array(
        queue.enqueue('expire', unique_key => 'download ' || d.id)));
end;
$$;
