-- What nginx calls. An endpoint is one function api.<name>(actor, args) that
-- answers (status, body): `args` holds path parts, query arguments and body.
-- A refusal is (status >= 400, {"problem": word, "detail", "field"}): nginx
-- looks the word up in the one table of problems. Paths in `links` are signed
-- by nginx. Here is what they share; the endpoints are in the files beside
-- this one, by topic.

create or replace function api.refuse(word text, detail text default null,
                                      field text default null,
                                      out status integer, out body jsonb)
language sql immutable as $$
    select 400, jsonb_strip_nulls(jsonb_build_object(
        'problem', word, 'detail', detail, 'field', field));
$$;


-- media: one's own; editors and admins see all, and what they bring is seen by
-- everybody unless it failed

create or replace function api.is_editor(actor uuid) returns boolean
language sql stable as $$
    select exists (select from sluice.users where id = actor
                   and role in ('editor', 'admin') and disabled_at is null);
$$;


create or replace function api.is_admin(actor uuid) returns boolean
language sql stable as $$
    select exists (select from sluice.users where id = actor
                   and role = 'admin' and disabled_at is null);
$$;


-- Null when he is one, and stays it for as long as the transaction: what an admin
-- asks for may have waited behind the call that made him none.
create or replace function api.refuse_admin(actor uuid) returns jsonb
language plpgsql as $$
begin
    perform from sluice.users
    where id = actor and role = 'admin' and disabled_at is null for key share;

    return case when not found then (api.refuse('role-too-low')).body end;
end;
$$;


create or replace function api.may_see(actor uuid, m sluice.media)
returns boolean
language sql stable as $$
    select m.owner = actor
           or (m.visibility = 'library' and m.state <> 'failed')
           or api.is_editor(actor);
$$;


-- Null when this user may change the media file, else why not: its owner may,
-- and editors. One that is not there, or not his to see, is null or any row.
create or replace function api.refuse_change(actor uuid, m sluice.media)
returns jsonb
language sql stable as $$
    select case
        when m.id is null or not api.may_see(actor, m)
            then (api.refuse('not-found')).body
        when m.owner <> actor and not api.is_editor(actor)
            then (api.refuse('role-too-low', 'Only its owner and editors may '
                                             'change this.')).body end;
$$;


-- Null when media of this visibility may be made by this user, or nothing is
-- said of it, else why not.
create or replace function api.refuse_visibility(actor uuid, args jsonb)
returns jsonb
language sql stable as $$
    select case
        when coalesce(args->>'visibility', '') = '' then null
        when args->>'visibility' not in ('private', 'library')
            then (api.refuse('field-invalid', 'One of private, library.',
                             'visibility')).body
        when args->>'score' <> ''
            then (api.refuse('field-invalid', 'What belongs to a score is seen '
                             'by whom the score is.', 'visibility')).body
        when args->>'visibility' = 'library' and not api.is_editor(actor)
            then (api.refuse('role-too-low', 'Only editors may show media to '
                             'all.', 'visibility')).body end;
$$;


-- Null when a list may be as long as `limit` says, else why not.
create or replace function api.refuse_limit(args jsonb) returns jsonb
language plpgsql immutable as $$
begin
    if args->>'limit' !~ '^[0-9]{1,3}$'
       or (args->>'limit')::integer not between 1 and 200 then
        return (api.refuse('field-invalid', 'A number from 1 to 200.',
                           'limit')).body;
    end if;
    return null;
end;
$$;


-- An id as answers have it: a UUID in lower case.
create or replace function api.is_id(given text) returns boolean
language sql immutable as $$
    select given ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$';
$$;


-- Null when a page may begin behind `cursor`, an id, else why not.
create or replace function api.refuse_cursor(args jsonb) returns jsonb
language plpgsql immutable as $$
begin
    if args->>'cursor' <> '' and not api.is_id(args->>'cursor') then
        return (api.refuse('field-invalid',
                           'Take it from "next" of the page before.',
                           'cursor')).body;
    end if;
    return null;
end;
$$;


-- Text that people read: so many characters at most, none of them control
-- characters, and something to see.
create or replace function api.is_text(words text, most integer)
returns boolean
language sql immutable as $$
    select length(words) <= most and words !~ '[\u0001-\u001f\u007f-\u009f]'
           and words ~ '[^[:space:]]';
$$;


-- The name that a file is saved under: the client's, with the extension that
-- its contents have. Rows from before 2026-12 may have names that no link can
-- (core/grant/grant_rule.c): what stands in the way is replaced.
create or replace function api.download_name(filename text, extension text)
returns text
language plpgsql immutable as $$
declare
    base constant text := regexp_replace(regexp_replace(filename,
        '\.[^.]*$', ''), '[\u0001-\u001f\u007f-\u009f/]', '_', 'g');
begin
    return case when base <> '' and octet_length(base) <= 240 then base
                else 'original' end || '.' || extension;
end;
$$;


-- A call's arguments without `trace`, which what comes of it has: queue.trace().
create or replace function api.traced(args jsonb) returns jsonb
language plpgsql as $$
begin
    perform queue.trace(args->>'trace');
    return args - 'trace';
end;
$$;
