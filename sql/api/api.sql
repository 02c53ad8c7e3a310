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


create or replace function api.may_see(actor uuid, m sluice.media)
returns boolean
language sql stable as $$
    select m.owner = actor
           or (m.visibility = 'library' and m.state <> 'failed')
           or api.is_editor(actor);
$$;


-- The name that a file is saved under: the client's, with the extension that
-- its contents have. Rows from before 2026-12 may have names that no link can
-- (core/grant/grant_rule.c): what stands in the way is replaced.
create or replace function api.download_name(filename text, extension text)
returns text
language sql immutable as $$
    select case when base <> '' and octet_length(base) <= 240
                then base else 'original' end || '.' || extension
    from regexp_replace(regexp_replace(filename, '\.[^.]*$', ''),
                        '[\u0001-\u001f\u007f-\u009f/]', '_', 'g') base;
$$;
