-- Texts that somebody brings: attachments whose role is `subtitles`.

-- The rendition that is made of one.
create or replace function api.text_name(attachment uuid) returns text
language sql immutable as $$ select 't' || right(attachment::text, 8); $$;


create or replace function api.text_params(a sluice.attachments)
returns jsonb
language sql stable as $$
    select jsonb_strip_nulls(jsonb_build_object('attachment', a.id, 'language',
        a.language, 'title', a.title, 'purpose', a.purpose));
$$;


-- What is said of a text is right, or a refusal says what is not. Empty and null
-- say nothing.
create or replace function api.refuse_text_words(args jsonb) returns jsonb
language plpgsql immutable as $$
declare
    name text;
begin
    foreach name in array '{language,title,purpose}'::text[] loop
        if jsonb_typeof(args->name) not in ('string', 'null') then
            return (api.refuse('field-invalid', 'A text, or null.', name)).body;
        end if;
    end loop;

    if coalesce(args->>'language', '')
       !~ '^([A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,4})?$' then
        return (api.refuse('field-invalid', 'A language is a tag of BCP 47, as '
                           'fr, pt-BR or zh-Hant.', 'language')).body;
    elsif coalesce(args->>'purpose', '') not in ('', 'forced',
            'hearing-impaired', 'commentary') then
        return (api.refuse('field-invalid', 'One of forced, hearing-impaired, '
                           'commentary.', 'purpose')).body;
    elsif coalesce(args->>'title', '') <> ''
          and not api.is_text(args->>'title', 200) then
        return (api.refuse('field-invalid', 'A title is at most 200 characters '
                           'without control characters.', 'title')).body;
    end if;
    return null;
end;
$$;


-- Null when a text may be brought for the film that is named, else why not.
create or replace function api.refuse_text(actor uuid, film uuid, args jsonb)
returns jsonb
language plpgsql stable as $$
declare
    m sluice.media;
    refused jsonb;
    most constant integer := 64;
begin
    if film is null then
        return (api.refuse('field-invalid', 'The id of a film or a recording.',
                           'score')).body;
    end if;

    select * into m from sluice.media
    where id = film and deleted_at is null;

    refused := coalesce(api.refuse_change(actor, m),
                        api.refuse_text_words(args));
    if refused is not null then
        return refused;
    elsif m.kind not in ('video', 'audio') or m.state = 'failed' then
        return (api.refuse('conflict', 'Subtitles can be brought for a film or '
                           'a recording alone.')).body;
    elsif (args->>'bytes')::bigint > 8388608 then
        return (api.refuse('too-large', 'Subtitles have at most 8 MiB.')).body;
    elsif (select count(*) from sluice.attachments
           where media = m.id and removed_at is null) >= most then
        return (api.refuse('conflict', 'A film has at most 64 further texts: '
                           'remove some first.')).body;
    end if;
    return null;
end;
$$;


create or replace function api.refuse_text_fields(a sluice.attachments,
                                                  args jsonb)
returns jsonb
language plpgsql stable as $$
begin
    if not args ?| '{language,title,purpose,filename}' then
        return (api.refuse('field-invalid', 'Name what is to change: language, '
                           'title, purpose, filename.')).body;
    elsif exists (select from sluice.jobs
                  where id = a.job and state = 'running') then
        return (api.refuse('conflict', 'The file is being read: try again in a '
                           'moment.')).body;
    end if;

    return coalesce(api.refuse_text_words(args), api.refuse_jobs((
        select owner from sluice.media where id = a.media)));
end;
$$;


-- Language, title, purpose and file name, those that are named. Players have
-- them with the next playlist: the job that writes it, or null. The caller holds
-- the lock of the film's row.
create or replace function api.change_text(actor uuid, was sluice.attachments,
                                           args jsonb) returns uuid
language plpgsql as $$
declare
    a sluice.attachments;
    made uuid;
begin
    update sluice.attachments
    set language = case when args ? 'language'
                        then nullif(args->>'language', '') else language end,
        title = case when args ? 'title' then nullif(args->>'title', '')
                     else title end,
        purpose = case when args ? 'purpose' then nullif(args->>'purpose', '')
                       else purpose end,
        filename = coalesce(args->>'filename', filename)
    where id = was.id returning * into a;

    if (a.language, a.title, a.purpose, a.filename)
       is not distinct from
       (was.language, was.title, was.purpose, was.filename) then
        return null;
    end if;

    perform sluice.note(actor, 'attachment-changed', a.id::text,
        jsonb_build_object('media', a.media, 'was', jsonb_build_object(
            'language', was.language, 'title', was.title,
            'purpose', was.purpose, 'filename', was.filename)));

    update sluice.jobs set params = api.text_params(a), version = version + 1
    where id = a.job and state in ('queued', 'retrying', 'dead', 'cancelled');

    update sluice.renditions
    set about = (about - '{language,title,purpose}'::text[])
                || (api.text_params(a) - 'attachment')
    where media = a.media and name = api.text_name(a.id);

    if found and (a.language, a.title, a.purpose)
                 is distinct from (was.language, was.title, was.purpose)
       and not exists (select from sluice.jobs
                       where media = a.media and kind = 'subtitles'
                         and state in ('queued', 'retrying')
                         and params ? 'told') then
        insert into sluice.jobs (id, kind, media, params)
        values (sluice.uuid_v7(), 'subtitles', a.media,
                jsonb_build_object('attachment', a.id, 'told', true))
        returning id into made;
    end if;

    return made;
end;
$$;
