-- What nginx calls. An endpoint is one function api.<name>(actor, args) that
-- answers (status, body): `args` holds path parts, query arguments and body.
-- A refusal is (status >= 400, {"problem": word, "detail", "field"}): nginx
-- looks the word up in the one table of problems. Paths in `links` are signed
-- by nginx. Sessions have functions of their own form, since passwords and
-- tokens are made in C.

create or replace function api.refuse(word text, detail text default null,
                                      field text default null,
                                      out status integer, out body jsonb)
language sql immutable as $$
    select 400, jsonb_strip_nulls(jsonb_build_object(
        'problem', word, 'detail', detail, 'field', field));
$$;


-- sessions

create or replace function api.find_login(email_given text)
returns table (id uuid, email text, name text, role text, password text)
language sql stable as $$
    select u.id, u.email, u.name, u.role, u.password from sluice.users u
    where lower(u.email) = lower(email_given) and u.disabled_at is null
      and u.password is not null;
$$;


-- When what is signed for this user now was issued, in seconds since 1970: not
-- before a revocation that it must survive.
create or replace function api.issued_at(subject text) returns bigint
language sql volatile as $$
    select greatest(floor(extract(epoch from clock_timestamp()))::bigint,
                    (select floor(extract(epoch from before))::bigint + 1
                     from sluice.revocations
                     where kind = 'sub' and id = subject));
$$;


-- `signs`: for how many seconds nginx signs with a session by itself. The
-- user's row is locked, so that a role or an account that changes meanwhile
-- revokes what this call lets be signed. No row: the user is disabled by now.
create or replace function api.create_session(session uuid, actor uuid,
    digest bytea, agent text, peer inet, seconds bigint, signs integer)
returns table (role text, issued bigint)
language plpgsql as $$
#variable_conflict use_column
begin
    perform from sluice.users where id = actor and disabled_at is null
    for share;

    if found then
        insert into sluice.sessions (id, user_id, refresh_digest, user_agent,
                                     address, expires_at, signs_for)
        values (session, actor, digest, left(agent, 500), peer,
                now() + seconds * interval '1 second', signs);

        perform sluice.note(actor, 'session-begun', session::text,
                            jsonb_build_object('address', peer));

        return query select u.role, api.issued_at(actor::text)
                     from sluice.users u where u.id = actor;
    end if;
end;
$$;


create or replace function api.refresh_session(digest bytea, signs integer)
returns table (id uuid, email text, name text, role text, session uuid,
               issued bigint)
language plpgsql as $$
#variable_conflict use_column
begin
    perform from sluice.users u join sluice.sessions s on s.user_id = u.id
    where s.refresh_digest = digest for share of u;

    update sluice.sessions set signs_for = signs
    where refresh_digest = digest and signs_for < signs;

    return query
        select u.id, u.email, u.name, u.role, s.id, api.issued_at(u.id::text)
        from sluice.sessions s join sluice.users u on u.id = s.user_id
        where s.refresh_digest = digest and s.ended_at is null
          and s.expires_at > now() and u.disabled_at is null;
end;
$$;


-- `session` is empty for those who signed in elsewhere: they have none here.
create or replace function api.end_session(actor uuid, session text,
    signs integer, out status integer, out body jsonb)
language plpgsql as $$
declare
    s sluice.sessions;
begin
    update sluice.sessions set ended_at = coalesce(ended_at, now())
    where id = nullif(session, '')::uuid and user_id = actor
    returning * into s;

    if s.ended_at = now() then              -- and not before
        perform sluice.note(actor, 'session-ended', session);
    end if;

    status := 204;
    body := jsonb_build_object('revoked', case when session = '' then '[]'
        else jsonb_build_array(api.revoke('sid', session, null,
            greatest(now() + greatest(s.signs_for, signs)
                             * interval '1 second', s.links_until))) end);
    perform api.forget_revocations();
end;
$$;


-- revocations: who revokes tells it in `revoked`, which nginx passes on at
-- once; each nginx process reads the whole of it now and then

create or replace function api.revocation_object(r sluice.revocations)
returns jsonb
language sql immutable as $$
    select jsonb_build_object('kind', r.kind, 'id', r.id,
        'before', coalesce(floor(extract(epoch from r.before))::bigint, 0),
        'exp', ceil(extract(epoch from r.expires_at))::bigint);
$$;


-- What is not expired, by (kind, id): page on behind the last one; without a
-- limit all of it. Times in seconds since 1970. A user of another issuer goes
-- on to get tokens while he is disabled here: what is issued until a while
-- after the next reading, which comes within a minute, is refused, too.
create or replace function api.revocations(after_kind text default '',
    after_id text default '', many integer default null)
returns table (kind text, id text, before bigint, exp bigint)
language sql stable as $$
    select r.kind, r.id,
           coalesce(floor(extract(epoch from case when u.id is null
               then r.before
               else greatest(r.before, now() + interval '90 s') end))::bigint,
               0),
           ceil(extract(epoch from case when u.id is null then r.expires_at
               else greatest(r.expires_at, now() + interval '7 days')
               end))::bigint
    from sluice.revocations r
    left join sluice.users u on r.kind = 'sub' and r.id = u.id::text
        and u.issuer is not null and u.disabled_at is not null
    where (r.kind, r.id) > (after_kind, after_id)
      and (r.expires_at > now() or u.id is not null)
    order by r.kind, r.id limit many;
$$;


-- What was revoked before stays so for at least as much and as long.
create or replace function api.revoke(kind_given text, id_given text,
    cut timestamptz, until timestamptz) returns jsonb
language plpgsql as $$
declare
    r sluice.revocations;
begin
    insert into sluice.revocations as old (kind, id, before, expires_at)
    values (kind_given, id_given, cut, until)
    on conflict (kind, id) do update
    set before = case when old.before is null or excluded.before is null
                      then null
                      else greatest(old.before, excluded.before) end,
        expires_at = greatest(old.expires_at, excluded.expires_at)
    returning * into r;

    return api.revocation_object(r);
end;
$$;


-- Some of what has expired goes whenever something comes: how much.
create or replace function api.forget_revocations() returns bigint
language sql as $$
    with gone as (
        delete from sluice.revocations
        where (kind, id) in (select kind, id from sluice.revocations r
                             where expires_at < now()
                               and not exists (select from sluice.users u
                                   where r.kind = 'sub' and r.id = u.id::text
                                     and u.issuer is not null
                                     and u.disabled_at is not null)
                             order by expires_at
                             limit 100 for update skip locked)
        returning id
    )
    select count(*) from gone;
$$;


-- Whatever was issued to a user until now. The caller holds the user's row, so
-- that nobody signs in meanwhile. A week is the least: tokens of other issuers
-- are not ours to know.
create or replace function api.revoke_user(u sluice.users) returns jsonb
language sql as $$
    select api.revoke('sub', u.id::text, clock_timestamp()
        + case when u.issuer is not null and u.disabled_at is not null
               then interval '90 s' else interval '0' end,
        greatest(now() + interval '7 days', u.links_until,
                 (select max(now() + s.signs_for * interval '1 second')
                  from sluice.sessions s where s.user_id = u.id)));
$$;


-- users, as sluicectl sets them, by address or id; null when there is none

create or replace function api.is_user(u sluice.users, who text)
returns boolean
language sql stable as $$
    select u.id::text = lower(who) or lower(u.email) = lower(who);
$$;


create or replace function api.user_object(u sluice.users, revoked jsonb)
returns jsonb
language sql stable as $$
    select jsonb_build_object('id', u.id, 'email', u.email, 'role', u.role,
                              'plan', u.plan,
                              'disabled', u.disabled_at is not null,
                              'revoked', revoked);
$$;


-- Tokens with the old role end; sessions stay, and give new tokens.
create or replace function api.set_role(who text, role_given text)
returns jsonb
language plpgsql as $$
declare
    u sluice.users;
    revoked jsonb := '[]';
begin
    select * into u from sluice.users person
    where api.is_user(person, who) for update;

    if not found then
        return null;
    end if;

    if u.issuer is not null then
        raise exception 'the role of this user comes from %', u.issuer
            using hint = 'Change it there: each token brings it along.';
    end if;

    if u.role <> role_given then
        perform sluice.note(null, 'user-role', u.id::text,
                            jsonb_build_object('from', u.role,
                                               'to', role_given));
        update sluice.users set role = role_given where id = u.id
        returning * into u;
        revoked := jsonb_build_array(api.revoke_user(u));
        perform api.forget_revocations();
    end if;

    return api.user_object(u, revoked);
end;
$$;


-- The whole of a plan, made or changed.
create or replace function api.make_plan(p sluice.plans)
returns setof sluice.plans
language sql as $$
    insert into sluice.plans select p.*
    on conflict (name) do update
    set quota_bytes = p.quota_bytes, uploads_max = p.uploads_max,
        upload_bytes_max = p.upload_bytes_max
    returning *;
$$;


create or replace function api.set_plan(who text, plan_given text)
returns jsonb
language plpgsql as $$
declare
    u sluice.users;
begin
    if plan_given is not null
       and not exists (select from sluice.plans where name = plan_given) then
        raise exception 'there is no plan %', plan_given;
    end if;

    update sluice.users person set plan = plan_given
    where api.is_user(person, who) returning * into u;

    return case when found then api.user_object(u, '[]') end;
end;
$$;


-- Ends all sessions, and revokes those of which anything may still be good.
create or replace function api.disable_user(who text) returns jsonb
language plpgsql as $$
declare
    u sluice.users;
    revoked jsonb;
begin
    select * into u from sluice.users person
    where api.is_user(person, who) for update;

    if not found then
        return null;
    end if;

    if u.disabled_at is null then
        perform sluice.note(null, 'user-disabled', u.id::text);
    end if;

    update sluice.users set disabled_at = coalesce(disabled_at, now())
    where id = u.id returning * into u;

    with ended as (
        update sluice.sessions set ended_at = now()
        where user_id = u.id and ended_at is null
        returning id, expires_at, signs_for * interval '1 second' signs,
                  links_until
    )
    select jsonb_agg(api.revoke('sid', id::text, null,
                                greatest(now() + signs, links_until))
                     order by id)
    into revoked from ended
    where greatest(expires_at + signs, links_until) > now();

    revoked := coalesce(revoked, '[]') || api.revoke_user(u);
    perform api.forget_revocations();

    return api.user_object(u, revoked);
end;
$$;


create or replace function api.enable_user(who text) returns jsonb
language plpgsql as $$
declare
    u sluice.users;
begin
    select * into u from sluice.users person
    where api.is_user(person, who) for update;

    if not found then
        return null;
    end if;

    if u.disabled_at is not null then
        perform sluice.note(null, 'user-enabled', u.id::text);
    end if;

    update sluice.users set disabled_at = null
    where id = u.id returning * into u;

    return api.user_object(u, '[]');
end;
$$;


-- links

-- One row a link, in order. `links` holds the media, or a path and the media
-- whose folder it names if any; and what is asked for with it: `reads` (nothing
-- but GET and HEAD), exp, sub and sid, with sub_id and sid_id where those may be
-- users and sessions of ours. `problem` tells why one may not be minted; then
-- none is. A viewer mints for media he may see, and for paths within their
-- folders; an editor for all media; an admin for any path. `tied` says that
-- some link has a sub or sid: what these stand for is locked, so that it does
-- not end while links are made for it. `show` is what people want of a folder.
create or replace function api.mint_links(actor uuid, args jsonb)
returns table (problem text, detail text, field text, path text, show text,
               issued bigint)
language plpgsql as $$
#variable_conflict use_column
declare
    own_sid constant text := args->>'sid';
    my_role text;
begin
    select u.role into my_role from sluice.users u
    where u.id = actor and u.disabled_at is null;

    if not found then
        return query select 'token-invalid', null, null, null, null,
                            null::bigint;
        return;
    end if;

    if args ? 'tied' then
        perform from sluice.users u
        where u.id in (select (l->>'sub_id')::uuid
                       from jsonb_array_elements(args->'links') l)
        order by u.id for no key update;

        perform from sluice.sessions s
        where s.id in (select (l->>'sid_id')::uuid
                       from jsonb_array_elements(args->'links') l)
        order by s.id for no key update;
    end if;

    return query
    with asked as (
        select * from rows from (jsonb_to_recordset(args->'links') as
            (media uuid, path text, reads boolean, sub text, sub_id uuid,
             sid text, sid_id uuid, exp bigint)) with ordinality
            as l(media, path, reads, sub, sub_id, sid, sid_id, exp, n)
    ), known as (
        select a.*, m.id media_id, m.kind, m.extension,
               '/media/' || right(m.id::text, 2) || '/' || m.id || '/' folder
        from asked a left join sluice.media m
            on m.id = a.media and m.deleted_at is null
               and (my_role <> 'viewer' or m.owner = actor
                    or m.visibility = 'library')
    ), judged as (
        select k.*, case
            when k.path is null and k.media_id is null then 'media'
            when my_role <> 'admin' and k.path is not null
                 and not coalesce(starts_with(k.path, k.folder), false)
                then 'path'
            when not k.reads and my_role <> 'admin' then 'methods'
            when k.sub <> actor::text and my_role <> 'admin' then 'sub'
            when exists (select from sluice.users u where u.id = k.sub_id
                         and u.disabled_at is not null) then 'sub disabled'
            when k.sid is distinct from own_sid and k.sid is not null
                 and my_role <> 'admin' then 'sid'
            when exists (select from sluice.sessions s where s.id = k.sid_id
                         and s.ended_at is not null) then 'sid ended'
            end wrong
        from known k
    ), good as (
        select * from judged where args ? 'tied'
          and not exists (select from judged where wrong is not null)
    ), kept_sessions as (
        update sluice.sessions s set links_until = g.until
        from (select sid_id, to_timestamp(max(exp)) until from good
              group by sid_id) g
        where s.id = g.sid_id
          and (s.links_until is null or s.links_until < g.until)
    ), kept_users as (
        update sluice.users u set links_until = g.until
        from (select sub_id, to_timestamp(max(exp)) until from good
              group by sub_id) g
        where u.id = g.sub_id
          and (u.links_until is null or u.links_until < g.until)
    )
    select case when wrong = 'media' then 'not-found'
                when wrong ~ ' ' then 'field-invalid'
                when wrong is not null then 'role-too-low' end,
           case wrong
               when 'media' then 'There is no such media, or none for you.'
               when 'path' then 'Your role allows paths in the folders of '
                                'media that you may see.'
               when 'methods' then 'Your role allows links that read.'
               when 'sub' then 'Only your own, unless you are an admin.'
               when 'sid' then 'Only your own, unless you are an admin.'
               when 'sub disabled' then 'This user is disabled.'
               when 'sid ended' then 'This session has ended.' end,
           split_part(wrong, ' ', 1),
           coalesce(j.path, folder),
           case when j.path is not null then j.path
                when kind in ('video', 'audio')
                    then folder || 'hls/master.m3u8'
                else folder || coalesce('original.' || extension, '') end,
           case when sub is not null then api.issued_at(sub) end
    from judged j order by n;
end;
$$;


-- `own`: the caller minted it; `exp` is in the id of whatever was minted here.
-- Of other links the one who revokes may say when they expire.
create or replace function api.revoke_link(actor uuid, args jsonb,
                                           out status integer, out body jsonb)
language plpgsql as $$
declare
    given constant text := args->>'expires_at';
    until timestamptz := now() + interval '10 years';
begin
    perform from sluice.users where id = actor and disabled_at is null
       and (role = 'admin' or (args->>'own')::boolean);

    if not found then
        select * into status, body from api.refuse('not-found');
        return;
    end if;

    if args ? 'exp' then
        until := to_timestamp((args->>'exp')::bigint);
    elsif given ~ '^[0-9]{1,11}$' then
        until := to_timestamp(given::bigint);
    elsif given ~* ('^[0-9]{4}-[0-9]{2}-[0-9]{2}t[0-9]{2}:[0-9]{2}:[0-9]{2}'
                    '([.][0-9]{1,9})?(z|[+-][0-9]{2}:[0-9]{2})$') then
        until := given::timestamptz;
    elsif given is not null then
        raise datetime_field_overflow;
    end if;

    -- nginx keeps them all in memory of one size
    if (select role <> 'admin' from sluice.users where id = actor)
       and (select count(*) >= 1000 from sluice.revocations
            where revoked_by = actor and expires_at > now()) then
        select * into status, body from api.refuse('too-many',
            'You have taken back 1,000 links that would still be open. '
            'End the session that they were made in, or ask an admin.');
        return;
    end if;

    status := 204;
    body := jsonb_build_object('revoked', case when until < now() then '[]'
        else jsonb_build_array(api.revoke('jti', args->>'jti', null, until))
        end);
    update sluice.revocations set revoked_by = actor
    where kind = 'jti' and id = args->>'jti';
    perform sluice.note(actor, 'link-revoked', args->>'jti',
                        jsonb_build_object('until', until));
    perform api.forget_revocations();
exception
    when datetime_field_overflow or invalid_datetime_format
         or invalid_time_zone_displacement_value then
        select * into status, body from api.refuse('field-invalid',
            'Seconds since 1970, or a date and time as RFC 3339 has it.',
            'expires_at');
end;
$$;


-- Before a foreign token's user does anything: the row that all else looks up.
-- What the token does not tell stays; an address that somebody has is not his.
create or replace function api.adopt_user(person uuid, issuer_given text,
    subject_given text, email_given text, name_given text, role_given text,
    out status integer, out body jsonb)
language plpgsql as $$
declare
    u sluice.users;
begin
    if exists (select from sluice.users
               where lower(email) = lower(email_given) and id <> person) then
        email_given := null;
    end if;

    select * into u from sluice.users where id = person;

    if not found then
        insert into sluice.users (id, issuer, subject, email, name, role)
        values (person, issuer_given, subject_given, email_given, name_given,
                role_given)
        on conflict (id) do nothing;

        if found then
            perform sluice.note(person, 'user-added', person::text,
                                jsonb_build_object('issuer', issuer_given,
                                                   'role', role_given));
        end if;

        select * into u from sluice.users where id = person;
    end if;

    if u.disabled_at is not null or u.issuer is distinct from issuer_given
       or u.subject is distinct from subject_given then
        select * into status, body from api.refuse('token-invalid');
        return;
    end if;

    if (u.role, u.email, u.name) is distinct from
       (role_given, coalesce(email_given, u.email),
        coalesce(name_given, u.name)) then
        update sluice.users
        set role = role_given, email = coalesce(email_given, email),
            name = coalesce(name_given, name)
        where id = person;

        if u.role <> role_given then
            perform sluice.note(person, 'user-role', person::text,
                                jsonb_build_object('from', u.role,
                                                   'to', role_given));
        end if;
    end if;

    status := 200;
exception when unique_violation then
    if email_given is null then
        raise;
    end if;

    -- somebody took the address meanwhile
    select * into status, body
    from api.adopt_user(person, issuer_given, subject_given, null, name_given,
                        role_given);
end;
$$;


create or replace function api.get_me(actor uuid, args jsonb,
                                      out status integer, out body jsonb)
language plpgsql stable as $$
begin
    select 200, jsonb_build_object('id', id, 'email', email, 'name', name,
                                   'role', role, 'created_at', created_at)
    into status, body
    from sluice.users where id = actor and disabled_at is null;

    if not found then
        select * into status, body from api.refuse('token-invalid');
    end if;
end;
$$;


-- jobs

create or replace function api.job_object(j sluice.jobs) returns jsonb
language sql stable as $$
    select jsonb_build_object(
        'id', j.id, 'kind', j.kind, 'media', j.media, 'state', j.state,
        'progress', round(j.progress::numeric, 1),
        'seconds_left', j.seconds_left, 'attempt', j.attempt,
        'max_attempts', j.max_attempts, 'error', j.error,
        'waits_for', j.waits_for, 'run_at', j.run_at,
        'created_at', j.created_at, 'started_at', j.started_at,
        'finished_at', j.finished_at);
$$;


-- What is told of a job while it goes on, here and by workers over Redis's
-- channel sluice:progress.
create or replace function api.job_event(j sluice.jobs) returns jsonb
language sql stable as $$
    select jsonb_build_object(
        'v', 1, 'job', j.id, 'version', j.version, 'state', j.state,
        'progress', round(j.progress::numeric, 1),
        'seconds_left', j.seconds_left, 'attempt', j.attempt,
        'error', j.error);
$$;


-- media: one's own; editors and admins see all, and what they bring is seen by
-- everybody

create or replace function api.is_editor(actor uuid) returns boolean
language sql stable as $$
    select exists (select from sluice.users where id = actor
                   and role in ('editor', 'admin') and disabled_at is null);
$$;


create or replace function api.may_see(actor uuid, m sluice.media)
returns boolean
language sql stable as $$
    select m.owner = actor or m.visibility = 'library' or api.is_editor(actor);
$$;


-- The name that a file is saved under: the client's, with the extension that
-- its contents have.
create or replace function api.download_name(filename text, extension text)
returns text
language sql immutable as $$
    select case when base <> '' and octet_length(base) <= 240
                then base else 'original' end || '.' || extension
    from regexp_replace(filename, '\.[^.]*$', '') base;
$$;


-- The numbers of a score's pages, at most so many: those of its own, then the
-- pages that were added. Numbers may be left out.
create or replace function api.page_numbers(m sluice.media, many integer)
returns setof integer
language sql stable as $$
    with added as (
        select position from sluice.attachments
        where media = m.id and role = 'page' and ready
    )
    select n from (
        select generate_series(1, m.pages - (select count(*) from added)
                                            ::integer)
        union all select position from added) pages(n)
    order by n limit many;
$$;


-- A link is a path, or {path, filename}: then it opens an attachment. Files
-- that others wrote and that browsers would run are never shown by them.
create or replace function api.media_links(m sluice.media, many integer)
returns jsonb
language sql stable as $$
    select case when m.state = 'ready' then jsonb_strip_nulls(
        jsonb_build_object(
            'play', case when m.kind in ('video', 'audio')
                         then folder || 'hls/master.m3u8' end,
            'original', case when m.kind = 'score' then jsonb_build_object(
                    'path', folder || 'original.' || m.extension,
                    'filename', api.download_name(m.filename, m.extension))
                else to_jsonb(folder || 'original.' || m.extension) end,
            'poster', case when m.poster then folder || 'poster.jpg' end,
            'pages', case when m.kind = 'score' then
                (select coalesce(jsonb_agg(format('%spages/%s.png', folder,
                                                  lpad(n::text, 4, '0'))
                                           order by n), '[]')
                 from api.page_numbers(m, many) n) end))
        else '{}' end
    from (select format('/media/%s/%s/', right(m.id::text, 2), m.id)) f(folder);
$$;


-- Files that belong to a score. A job that is over and has not made one ready
-- has failed.
create or replace function api.attachment_object(a sluice.attachments)
returns jsonb
language sql stable as $$
    select jsonb_build_object(
        'id', a.id, 'media', a.media, 'role', a.role, 'position', a.position,
        'kind', a.kind, 'format', a.format, 'filename', a.filename,
        'bytes', a.bytes, 'sha256', encode(a.sha256, 'hex'),
        'duration', a.duration,
        'state', case when a.ready then 'ready'
                      when j.state in ('queued', 'running', 'retrying')
                      then 'processing' else 'failed' end,
        'error', case when not a.ready then j.error end,
        'job', a.job, 'created_at', a.created_at,
        'links', case when a.ready then jsonb_build_object('original',
            jsonb_build_object(
                'path', format('/media/%s/%s/attachments/%s.%s',
                               right(a.media::text, 2), a.media, a.id,
                               a.extension),
                'filename', api.download_name(a.filename, a.extension)))
            else '{}' end)
    from (select) one left join sluice.jobs j on j.id = a.job;
$$;


create or replace function api.attachments(m sluice.media) returns jsonb
language sql stable as $$
    select coalesce(jsonb_agg(api.attachment_object(a)
                              order by a.role = 'page' desc, a.position, a.id),
                    '[]')
    from sluice.attachments a where a.media = m.id;
$$;


-- What the score tells by itself, and what its attachments know besides: the
-- first of them that knows it.
create or replace function api.media_score(m sluice.media) returns jsonb
language sql stable as $$
    select (select coalesce(jsonb_object_agg(e.key, e.value
                                             order by a.position desc,
                                                      a.id desc), '{}')
            from sluice.attachments a, jsonb_each(a.about) e
            where a.media = m.id) || m.score;
$$;


-- The job that tells most: one that died, else the one at work, else the last.
create or replace function api.media_job(m sluice.media) returns jsonb
language sql stable as $$
    select api.job_object(j) from sluice.jobs j
    where j.media = m.id and j.kind <> 'attach'
    order by j.state = 'dead' and j.kind <> 'poster' desc,
             j.state in ('running', 'retrying', 'queued') desc, j.id desc
    limit 1;
$$;


-- With links to at most so many pages of a score.
create or replace function api.media_object(m sluice.media, many integer)
returns jsonb
language sql stable as $$
    select jsonb_build_object(
        'id', m.id, 'kind', m.kind, 'title', m.title, 'author', m.author,
        'filename', m.filename, 'visibility', m.visibility, 'owner', m.owner,
        'state', m.state, 'error', m.error, 'bytes', m.bytes,
        'sha256', encode(m.sha256, 'hex'), 'duration', m.duration,
        'width', m.width, 'height', m.height, 'pages', m.pages,
        'streams', m.streams, 'score', api.media_score(m),
        'created_at', m.created_at,
        'job', api.media_job(m), 'links', api.media_links(m, many),
        'attachments', api.attachments(m));
$$;


create or replace function api.get_media(actor uuid, args jsonb,
                                         out status integer, out body jsonb)
language plpgsql stable as $$
begin
    select 200, api.media_object(m, m.pages) into status, body
    from sluice.media m
    where m.id = (args->>'id')::uuid and m.deleted_at is null
      and api.may_see(actor, m);

    if not found then
        select * into status, body from api.refuse('not-found');
    end if;
end;
$$;


-- What has all of these words, or words that begin with them; null without any.
create or replace function api.search_words(q text) returns tsquery
language sql immutable as $$
    select nullif(regexp_replace(plainto_tsquery('simple',
                                                 sluice.fold(left(q, 200)))
                                     ::text,
                                 $r$('([^']|'')*')$r$, '\1:*', 'g'),
                  '')::tsquery;
$$;


-- The newest first, of a score the first page alone; `next` is the id to go on
-- behind.
create or replace function api.list_media(actor uuid, args jsonb,
                                          out status integer, out body jsonb)
language plpgsql stable as $$
declare
    many integer := 50;
    behind uuid;
    pattern text;
    wanted tsquery := api.search_words(args->>'q');
    everything boolean := api.is_editor(actor);
begin
    if args->>'limit' is not null then
        if args->>'limit' !~ '^[0-9]{1,3}$'
           or (args->>'limit')::integer not between 1 and 200 then
            select * into status, body from api.refuse('field-invalid',
                'A number from 1 to 200.', 'limit');
            return;
        end if;
        many := (args->>'limit')::integer;
    end if;

    if args->>'kind' not in ('video', 'audio', 'score', '') then
        select * into status, body from api.refuse('field-invalid',
            'One of video, audio, score.', 'kind');
        return;
    end if;

    if args->>'cursor' <> '' then
        if args->>'cursor' !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then
            select * into status, body from api.refuse('field-invalid',
                'Take it from "next" of the page before.', 'cursor');
            return;
        end if;
        behind := args->>'cursor';
    end if;

    pattern := '%' || regexp_replace(coalesce(args->>'q', ''), '([\\%_])',
                                     '\\\1', 'g') || '%';

    with page as (
        select m from sluice.media m
        where m.deleted_at is null
          and (everything or m.owner = actor or m.visibility = 'library')
          and (behind is null or m.id < behind)
          and (coalesce(args->>'kind', '') in ('', m.kind))
          and (pattern = '%%' or m.title ilike pattern or m.author ilike pattern
               or m.words @@ wanted)
        order by m.id desc limit many + 1
    ), numbered as (
        select m, row_number() over (order by (m).id desc) n from page
    )
    select 200, jsonb_build_object(
        'items', coalesce(jsonb_agg(api.media_object(m, 1) order by n)
                          filter (where n <= many), '[]'),
        'next', (select (m).id from numbered where n = many
                 and exists (select from numbered where n > many)))
    into status, body from numbered;
end;
$$;


-- uploads

-- His own bounds before those of his plan.
create or replace function api.limits(actor uuid) returns sluice.plans
language sql stable as $$
    select u.plan, coalesce(u.quota_bytes, p.quota_bytes),
           coalesce(u.uploads_max, p.uploads_max, 20),
           coalesce(u.upload_bytes_max, p.upload_bytes_max)
    from sluice.users u left join sluice.plans p on p.name = u.plan
    where u.id = actor;
$$;


-- How many bytes a user may still bring; null without a quota. What he keeps
-- and what he has announced count, but for the uploads named.
create or replace function api.room(actor uuid, but uuid[] default '{}')
returns bigint
language sql stable as $$
    select (api.limits(u.id)).quota_bytes
           - coalesce((select sum(m.bytes) from sluice.media m
                       where m.owner = u.id and m.deleted_at is null), 0)
           - coalesce((select sum(a.bytes) from sluice.attachments a
                       join sluice.media m on m.id = a.media
                       where m.owner = u.id and m.deleted_at is null), 0)
           - coalesce((select sum(p.length) from sluice.uploads p
                       where p.owner = u.id and p.state = 'open'
                         and p.expires_at > now() and p.id <> all (but)), 0)
    from sluice.users u where u.id = actor;
$$;


-- The longest that his next upload may become; null without a bound.
create or replace function api.longest(actor uuid, but uuid[] default '{}')
returns bigint
language sql stable as $$
    select least(api.room(actor, but), (api.limits(actor)).upload_bytes_max);
$$;


-- Null when an upload may have so many bytes, else why not.
create or replace function api.refuse_bytes(actor uuid, bytes bigint,
                                            but uuid[] default '{}')
returns jsonb
language sql stable as $$
    select case
        when (api.limits(actor)).upload_bytes_max < bytes
            then (api.refuse('too-large')).body
        when api.room(actor, but) < coalesce(bytes, 0)
            then (api.refuse('quota-exceeded')).body end;
$$;


-- An upload waits so long for the next request.
create or replace function api.upload_patience() returns interval
language sql immutable as $$ select interval '1 day' $$;


-- Null when the file may become part of the score, or is none; else why not.
create or replace function api.refuse_attachment(actor uuid, args jsonb)
returns jsonb
language plpgsql stable as $$
declare
    m sluice.media;
    place constant text := coalesce(args->>'position', '');
    is_page constant boolean := coalesce(args->>'role', '') = 'page';
begin
    if coalesce(args->>'score', '') = '' then
        return null;
    elsif coalesce(args->>'role', '') not in ('', 'attachment', 'page') then
        return (api.refuse('field-invalid', 'One of attachment, page.',
                           'role')).body;
    elsif place !~ '^([1-9][0-9]{0,2})?$' or (is_page and place = '1') then
        return (api.refuse('field-invalid', 'A number from 1 to 999; the first '
                           'page is the score itself.', 'position')).body;
    elsif args->>'score' !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then
        return (api.refuse('field-invalid', 'The id of a score.',
                           'score')).body;
    end if;

    select * into m from sluice.media
    where id = (args->>'score')::uuid and deleted_at is null;

    if not found or not api.may_see(actor, m) then
        return (api.refuse('not-found')).body;
    elsif m.owner <> actor and not api.is_editor(actor) then
        return (api.refuse('role-too-low',
            'Only its owner and editors may add to this.')).body;
    elsif m.kind <> 'score' or m.state = 'failed' then
        return (api.refuse('conflict',
            'Files can be added to a score alone.')).body;
    elsif is_page and m.state = 'ready' and m.width is null then
        return (api.refuse('conflict',
            'Pages can be added to a score that is one picture alone.')).body;
    elsif is_page and exists (
            select from sluice.attachments where media = m.id
            and role = 'page' and position::text = place) then
        return (api.refuse('conflict', 'There is such a page already.')).body;
    elsif (select count(*) from sluice.attachments where media = m.id) >= 600
    then
        return (api.refuse('conflict',
            'A score has at most 600 further files.')).body;
    end if;

    return null;
end;
$$;


-- What follows on the work on the score waits for that.
create or replace function api.create_attachment(actor uuid, args jsonb,
    out status integer, out body jsonb)
language plpgsql as $$
declare
    a sluice.attachments;
    as_role constant text := coalesce(nullif(args->>'role', ''), 'attachment');
begin
    perform from sluice.media where id::text = args->>'score' for update;

    body := api.refuse_attachment(actor, args);
    if body is not null then
        status := 400;
        return;
    end if;

    insert into sluice.attachments (id, media, role, position, filename, bytes,
                                    sha256)
    values ((args->>'id')::uuid, (args->>'score')::uuid, as_role,
            coalesce(nullif(args->>'position', '')::integer,
                     (select coalesce(max(position) + 1,
                                      case as_role when 'page' then 2 else 1
                                      end)
                      from sluice.attachments
                      where media = (args->>'score')::uuid
                        and role = as_role)),
            args->>'filename', (args->>'bytes')::bigint,
            decode(args->>'sha256', 'hex'))
    returning * into a;

    insert into sluice.jobs (id, kind, media, params, waits_for)
    values ((args->>'job')::uuid, 'attach', a.media,
            jsonb_build_object('attachment', a.id, 'role', a.role,
                               'position', a.position),
            (select id from sluice.jobs
             where media = a.media and kind in ('probe', 'score')
               and state in ('queued', 'running', 'retrying')
             order by id desc limit 1));

    update sluice.attachments set job = (args->>'job')::uuid where id = a.id
    returning * into a;

    status := 201;
    body := api.attachment_object(a);
end;
$$;


-- Before a body is read: may this user bring something (of so many bytes, when
-- that is known) at all?
create or replace function api.begin_upload(actor uuid, args jsonb,
                                            out status integer, out body jsonb)
language plpgsql stable as $$
begin
    perform from sluice.users where id = actor and disabled_at is null;

    if not found then
        select * into status, body from api.refuse('token-invalid');
        return;
    end if;

    body := coalesce(api.refuse_bytes(actor, (args->>'bytes')::bigint),
                     api.refuse_attachment(actor, args));
    status := 400;

    if body is null then
        status := 200;
        body := jsonb_build_object('room', api.longest(actor));
    end if;
end;
$$;


create or replace function api.upload_object(u sluice.uploads)
returns jsonb
language sql stable as $$
    select jsonb_build_object(
        'length', u.length, 'metadata', u.metadata, 'filename', u.filename,
        'title', coalesce(u.title, ''), 'partial', u.partial,
        'done', u.state = 'done', 'media', u.media,
        'expires', extract(epoch from u.expires_at)::bigint,
        'room', api.longest(u.owner, array[u.id]));
$$;


-- When space is short: some of those that nobody came back for, whose files may
-- go. Their rows are for the job `expire`, since a request may be at one still.
create or replace function api.clear_uploads(actor uuid, args jsonb,
                                             out status integer, out body jsonb)
language sql as $$
    select 200, jsonb_build_object('expired', coalesce(jsonb_agg(id), '[]'))
    from (select id from sluice.uploads
          where state = 'open' and expires_at < now()
          order by random() limit 16) x;
$$;


-- Its file is there already.
create or replace function api.create_upload(actor uuid, args jsonb,
                                             out status integer, out body jsonb)
language plpgsql as $$
declare
    u sluice.uploads;
begin
    perform from sluice.users
    where id = actor and disabled_at is null for no key update;

    if not found then
        select * into status, body from api.refuse('token-invalid');
        return;
    end if;

    if (select count(*) from sluice.uploads p where p.owner = actor
        and p.state = 'open' and p.expires_at > now())
       >= (api.limits(actor)).uploads_max then
        select * into status, body from api.refuse('too-many',
            'Finish or end one of your uploads first.');
        return;
    end if;

    body := coalesce(api.refuse_bytes(actor, (args->>'length')::bigint),
                     api.refuse_attachment(actor, args));
    if body is not null then
        status := 400;
        return;
    end if;

    insert into sluice.uploads (id, owner, length, metadata, filename, title,
                                partial, expires_at)
    values ((args->>'id')::uuid, actor, (args->>'length')::bigint,
            args->>'metadata', args->>'filename', nullif(args->>'title', ''),
            (args->>'partial')::boolean, now() + api.upload_patience())
    returning * into u;

    status := 201;
    body := api.upload_object(u);
end;
$$;


-- Before anything is done with an upload. It lives on when somebody comes; a
-- `length` that was not known is taken once.
create or replace function api.open_upload(actor uuid, args jsonb,
                                           out status integer, out body jsonb)
language plpgsql as $$
declare
    u sluice.uploads;
    given constant bigint := (args->>'length')::bigint;
begin
    select * into u from sluice.uploads
    where id = (args->>'id')::uuid and owner = actor for update;

    if not found then
        select * into status, body from api.refuse('not-found');
        return;
    end if;

    if u.expires_at < now() then
        select * into status, body from api.refuse('upload-expired');
        return;
    end if;

    if u.state = 'open' and given is not null then
        if u.length <> given then
            select * into status, body from api.refuse('conflict',
                'The length was another one before.', 'Upload-Length');
            return;
        end if;

        body := api.refuse_bytes(actor, given, array[u.id]);
        if body is not null then
            status := 400;
            return;
        end if;
    end if;

    if u.state = 'open'
       and (u.expires_at < now() + api.upload_patience() / 2
            or (given is not null and u.length is null)) then
        update sluice.uploads
        set expires_at = now() + api.upload_patience(),
            length = coalesce(length, given)
        where id = u.id returning * into u;
    end if;

    status := 200;
    body := api.upload_object(u);
end;
$$;


-- The media file that came of it stays: `open` says that there is none, and
-- its files are to go.
create or replace function api.delete_upload(actor uuid, args jsonb,
                                             out status integer, out body jsonb)
language plpgsql as $$
declare
    was text;
begin
    delete from sluice.uploads
    where id = (args->>'id')::uuid and owner = actor returning state into was;

    if was is null then
        select * into status, body from api.refuse('not-found');
    else
        status := 200;
        body := jsonb_build_object('open', was = 'open');
    end if;
end;
$$;


-- What is to be put together: the parts' lengths in their order; or, when that
-- was done before, the upload that came of it.
create or replace function api.find_parts(actor uuid, args jsonb,
                                          out status integer, out body jsonb)
language plpgsql stable as $$
declare
    many constant integer := jsonb_array_length(args->'parts');
    ids uuid[];
    lengths jsonb;
    total bigint;
    found_many integer;
    made uuid;
begin
    perform from sluice.users where id = actor and disabled_at is null;

    if not found then
        select * into status, body from api.refuse('token-invalid');
        return;
    end if;

    select array_agg(p::uuid) into ids
    from jsonb_array_elements_text(args->'parts') p;

    select max(u.final::text)::uuid into made from sluice.uploads u
    where u.id = any (ids) and u.owner = actor
    having count(u.final) = many and count(distinct u.final) = 1;

    if made is not null then
        select 200, api.upload_object(u) || jsonb_build_object('id', u.id)
        into status, body from sluice.uploads u where u.id = made;
        if found then
            return;
        end if;
    end if;

    select count(*), sum(u.length), jsonb_agg(u.length order by p.n)
    into found_many, total, lengths
    from unnest(ids) with ordinality p(id, n)
    join sluice.uploads u on u.id = p.id
    where u.owner = actor and u.partial and u.state = 'open'
      and u.expires_at > now();

    if found_many <> many then
        select * into status, body from api.refuse('not-found',
            'A part is missing.', 'Upload-Concat');
    elsif lengths @> '[null]' then
        select * into status, body from api.refuse('conflict',
            'A part is not whole.', 'Upload-Concat');
    else
        body := coalesce(api.refuse_bytes(actor, total, ids),
                         api.refuse_attachment(actor, args));
        status := 400;

        if body is null then
            status := 200;
            body := jsonb_build_object('done', false, 'length', total,
                                       'lengths', lengths, 'expires',
                extract(epoch from now() + api.upload_patience())::bigint);
        end if;
    end if;
end;
$$;


-- The upload behind a media file is done, and its parts are. False when there
-- is none any more.
create or replace function api.end_upload(actor uuid, args jsonb, made uuid)
returns boolean
language plpgsql as $$
declare
    until constant timestamptz := now() + api.upload_patience();
begin
    if args ? 'parts' then
        insert into sluice.uploads (id, owner, length, metadata, filename,
                                    state, media, expires_at)
        values ((args->>'upload')::uuid, actor, (args->>'bytes')::bigint,
                coalesce(args->>'metadata', ''), args->>'filename', 'done',
                made, until);

        update sluice.uploads
        set state = 'done', final = (args->>'upload')::uuid, expires_at = until
        where owner = actor and partial and id in (
            select p::uuid from jsonb_array_elements_text(args->'parts') p);
        return true;
    end if;

    update sluice.uploads set state = 'done', media = made, expires_at = until
    where id = (args->>'upload')::uuid and owner = actor;
    return found;
end;
$$;


-- The uploads behind a file, whose bytes are not to be counted twice.
create or replace function api.behind(args jsonb) returns uuid[]
language sql immutable as $$
    select array_remove(array(
        select p::uuid from jsonb_array_elements_text(args->'parts') p)
        || (args->>'upload')::uuid, null);
$$;


-- A file that becomes part of a score.
create or replace function api.take_attachment(actor uuid, args jsonb,
    out status integer, out body jsonb)
language plpgsql as $$
declare
    a sluice.attachments;
begin
    select * into a from sluice.attachments where id = (args->>'id')::uuid;

    if found then                   -- by a request whose answer was lost
        status := 200;
        body := api.attachment_object(a);
        return;
    end if;

    body := api.refuse_bytes(actor, (args->>'bytes')::bigint,
                             api.behind(args));
    if body is not null then
        status := 400;
        return;
    end if;

    select * into status, body from api.create_attachment(actor, args);

    if status = 201 and args ? 'upload'
       and not api.end_upload(actor, args, (args->>'score')::uuid) then
        raise 'upload % is gone', args->>'upload';
    end if;
end;
$$;


-- One that stands for itself. A file that this user has already is not taken
-- twice: 200 instead of 201, and what lies in the spool is to go.
create or replace function api.take_media(actor uuid, args jsonb,
                                          out status integer, out body jsonb)
language plpgsql as $$
declare
    m sluice.media;
    digest constant bytea := decode(args->>'sha256', 'hex');
    known boolean := args->>'kind' in ('video', 'audio', 'score');
begin
    if args ? 'upload' and not args ? 'parts' then
        select d.* into m from sluice.uploads u
        join sluice.media d on d.id = u.media
        where u.id = (args->>'upload')::uuid and u.state = 'done';

        if found then               -- by a request whose answer was lost
            status := 200;
            body := api.media_object(m, 0);
            return;
        end if;
    end if;

    select * into m from sluice.media
    where owner = actor and sha256 = digest
      and bytes = (args->>'bytes')::bigint
      and deleted_at is null and state <> 'failed'
    order by id limit 1;

    if found then
        if args ? 'upload' and not api.end_upload(actor, args, m.id) then
            select * into status, body from api.refuse('not-found');
            return;
        end if;

        status := 200;
        body := api.media_object(m, 0)
                || jsonb_build_object('duplicate', true);
        return;
    end if;

    body := api.refuse_bytes(actor, (args->>'bytes')::bigint,
                             api.behind(args));
    if body is not null then
        status := 400;
        return;
    end if;

    insert into sluice.media (id, owner, visibility, kind, state, title,
                              filename, bytes, sha256)
    values ((args->>'id')::uuid, actor,
            case when api.is_editor(actor) then 'library' else 'private' end,
            case when known then args->>'kind' else 'video' end, 'processing',
            coalesce(nullif(args->>'title', ''),
                     nullif(regexp_replace(args->>'filename', '\.[^.]*$', ''),
                            ''),
                     args->>'filename'),
            args->>'filename', (args->>'bytes')::bigint, digest)
    returning * into m;

    insert into sluice.jobs (id, kind, media)
    values ((args->>'job')::uuid,
            case when m.kind = 'score' then 'score' else 'probe' end, m.id);

    if args ? 'upload' and not api.end_upload(actor, args, m.id) then
        raise 'upload % is gone', args->>'upload';
    end if;

    status := 201;
    body := api.media_object(m, 0);
end;
$$;


-- After the file is durable in the spool: the row and its first job, one after
-- the other for each user. All that was asked before is asked again: a refusal
-- is an upload's end.
create or replace function api.create_media(actor uuid, args jsonb,
                                            out status integer, out body jsonb)
language plpgsql as $$
begin
    perform from sluice.users where id = actor and disabled_at is null
    for no key update;

    if not found then
        select * into status, body from api.refuse(
            case when args ? 'upload' then 'account-disabled'
                 else 'token-invalid' end);
    elsif args->>'score' <> '' then
        select * into status, body from api.take_attachment(actor, args);
    else
        select * into status, body from api.take_media(actor, args);
    end if;

    if status >= 400 then
        delete from sluice.uploads
        where id = (args->>'upload')::uuid and owner = actor;
    end if;
end;
$$;


-- Gone from sight at once; the files follow in a job.
create or replace function api.delete_media(actor uuid, args jsonb,
                                            out status integer, out body jsonb)
language plpgsql as $$
declare
    m sluice.media;
begin
    select * into m from sluice.media
    where id = (args->>'id')::uuid and deleted_at is null
    for update;

    if not found or not api.may_see(actor, m) then
        select * into status, body from api.refuse('not-found');
        return;
    end if;

    if m.owner <> actor and not api.is_editor(actor) then
        select * into status, body from api.refuse('role-too-low',
            'Only its owner and editors may delete this.');
        return;
    end if;

    update sluice.media set deleted_at = now() where id = m.id;
    perform sluice.note(actor, 'media-deleted', m.id::text,
                        jsonb_build_object('title', m.title,
                                           'owner', m.owner));
    insert into sluice.jobs (id, kind, media, params)
    values (sluice.uuid_v7(), 'remove', m.id, jsonb_build_object('uploads',
        (select coalesce(jsonb_agg(id), '[]') from sluice.attachments
         where media = m.id)));

    status := 204;
end;
$$;


-- jobs: who may see and change them

-- As follow_job() and poll_jobs() tell them.
create or replace function api.poll_jobs(ids uuid[])
returns table (id uuid, event jsonb)
language sql stable as $$
    select j.id, api.job_event(j) from sluice.jobs j where j.id = any (ids);
$$;


-- One's own jobs, and those of media that one may see.
create or replace function api.may_see_job(actor uuid, j sluice.jobs)
returns boolean
language sql stable as $$
    select case when j.media is null
                then coalesce(j.owner = actor, false) or api.is_editor(actor)
                else exists (select from sluice.media m where m.id = j.media
                             and api.may_see(actor, m)) end;
$$;


create or replace function api.get_job(actor uuid, args jsonb,
                                       out status integer, out body jsonb)
language plpgsql stable as $$
begin
    select 200, api.job_object(j) into status, body
    from sluice.jobs j
    where j.id = (args->>'id')::uuid and api.may_see_job(actor, j);

    if not found then
        select * into status, body from api.refuse('not-found');
    end if;
end;
$$;


create or replace function api.follow_job(actor uuid, args jsonb,
                                          out status integer, out body jsonb)
language plpgsql stable as $$
begin
    select 200, api.job_event(j) into status, body
    from sluice.jobs j
    where j.id = (args->>'id')::uuid and api.may_see_job(actor, j);

    if not found then
        select * into status, body from api.refuse('not-found');
    end if;
end;
$$;


-- Null when the actor may change the job, else the refusal.
create or replace function api.refuse_job(actor uuid, job_id uuid)
returns jsonb
language plpgsql stable as $$
declare
    j sluice.jobs;
begin
    select * into j from sluice.jobs where id = job_id;

    if not found or not api.may_see_job(actor, j) then
        return (api.refuse('not-found')).body;
    elsif j.owner is distinct from actor and not api.is_editor(actor) then
        return (api.refuse('role-too-low',
            'Only the owner of the work and editors may do this.')).body;
    end if;
    return null;
end;
$$;


-- What was not over is cancelled; nginx tells `publish` to the workers and to
-- whoever follows the job. May be repeated.
create or replace function api.cancel_job(actor uuid, args jsonb,
                                          out status integer, out body jsonb)
language plpgsql as $$
declare
    job_id constant uuid := args->>'id';
    j sluice.jobs;
    told jsonb := '[]';
begin
    body := api.refuse_job(actor, job_id);
    if body is not null then
        status := 400;
        return;
    end if;

    j := queue.cancel(job_id, actor);

    if j.id is not null then
        told := jsonb_build_array(
            jsonb_build_object('channel', 'sluice:cancel', 'message',
                jsonb_build_object('v', 1, 'job', j.id)),
            jsonb_build_object('channel', 'sluice:progress', 'message',
                               api.job_event(j)));
    else
        select * into j from sluice.jobs where id = job_id;
        if j.state is distinct from 'cancelled' then
            select * into status, body from api.refuse('conflict',
                case when j.kind = 'remove'
                     then 'What was deleted is removed in any case.'
                     else 'This job is over.' end);
            return;
        end if;
    end if;

    status := 200;
    body := api.job_object(j) || jsonb_build_object('publish', told);
end;
$$;


-- A job that is dead or cancelled is queued again; nginx puts the ids of
-- `wake` into the stream.
create or replace function api.retry_job(actor uuid, args jsonb,
                                         out status integer, out body jsonb)
language plpgsql as $$
declare
    job_id constant uuid := args->>'id';
    j sluice.jobs;
begin
    body := api.refuse_job(actor, job_id);
    if body is not null then
        status := 400;
        return;
    end if;

    j := queue.retry(job_id, actor);

    if j.id is null then
        select * into status, body from api.refuse('conflict',
            'Only a job that is dead or cancelled can be tried again.');
        return;
    end if;

    status := 202;
    body := api.job_object(j) || jsonb_build_object(
        'wake', jsonb_build_array(j.id),
        'publish', jsonb_build_array(jsonb_build_object(
            'channel', 'sluice:progress', 'message', api.job_event(j))));
exception
    when unique_violation then
        select * into status, body from api.refuse('conflict',
            'The same work is under way in another job.');
end;
$$;
