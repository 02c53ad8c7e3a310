-- Links: made, and taken back.

-- One row a link, in order. `links` holds the media, or a path and the media
-- whose folder it names if any; and what is asked for with it: jti, `reads`
-- (nothing but GET and HEAD), `counts` (it has uses or bytes), exp, sub and sid,
-- with sub_id and sid_id where those may be users and sessions, or keys, of ours.
-- `problem` tells why one may not be minted; then none is. nginx has put the
-- caller into `sub` unless he is an admin. A viewer mints for media he may see,
-- and for paths within their folders; an editor for all media; an admin for any
-- path. `tied` says that some link has a sub or sid: what these stand for is
-- locked, so that it does not end while links are made for it. `show` is what
-- people want of a folder.
-- With `once` (once.sql) the links are those of the first request with that
-- key, which came `at`: asked for again, they are judged again, and not counted.
create or replace function api.mint_links(actor uuid, args jsonb)
returns table (problem text, detail text, field text, path text, show text,
               issued bigint)
language plpgsql as $$
#variable_conflict use_column
declare
    own_sid constant text := args->>'sid';
    many constant integer := 10000;
    my_role text;
    known record;
    fresh boolean := true;
begin
    select u.role into my_role from sluice.users u
    where u.id = actor and u.disabled_at is null;

    if not found then
        return query select 'token-invalid', null, null, null, null,
                            null::bigint;
        return;
    end if;

    if args ? 'once' then
        select * into known from api.look_up(actor, args->'once');

        fresh := (known.answer).key is null;

        if known.refused is null and not fresh
           and (known.answer).body->'at' <> args->'at' then
            known.refused := (api.refuse('key-busy')).body;
        end if;

        if known.refused is not null then
            return query select known.refused->>'problem',
                known.refused->>'detail', null, null, null, null::bigint;
            return;
        end if;
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

        perform from sluice.keys k
        where k.id in (select (l->>'sid_id')::uuid
                       from jsonb_array_elements(args->'links') l)
        order by k.id for no key update;
    end if;

    if my_role <> 'admin' and args ? 'counts' and fresh then
        delete from sluice.counted_links c
        where c.user_id = actor and c.until < current_date;

        if (select coalesce(sum(c.many), 0) from sluice.counted_links c
            where c.user_id = actor)
           + (select count(*) from jsonb_array_elements(args->'links') l
              where l ? 'counts') > many then
            return query select 'too-many', 'You have minted 10,000 links with '
                'uses or bytes that are not over yet.', null, null, null,
                null::bigint;
            return;
        end if;
    end if;

    return query
    with asked as (
        select * from rows from (jsonb_to_recordset(args->'links') as
            (jti text, media uuid, path text, reads boolean, counts boolean,
             sub text, sub_id uuid, sid text, sid_id uuid, exp bigint))
            with ordinality as l(jti, media, path, reads, counts, sub, sub_id,
                                 sid, sid_id, exp, n)
    ), known as (
        select a.*, m.id media_id, m.kind, m.extension, m.master,
               '/media/' || right(m.id::text, 2) || '/' || m.id || '/' folder
        from asked a left join sluice.media m
            on m.id = a.media and m.deleted_at is null
               and (my_role <> 'viewer' or m.owner = actor
                    or m.visibility = 'library')
    ), used_up as materialized (
        select id from (select distinct sub_id id from asked) whose
        where api.is_over(id)
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
            when k.reads and k.sub_id in (select id from used_up) then 'sub over'
            when k.sid is distinct from own_sid and k.sid is not null
                 and my_role <> 'admin' then 'sid'
            when exists (select from sluice.sessions s where s.id = k.sid_id
                         and s.ended_at is not null)
                 or exists (select from sluice.keys w where w.id = k.sid_id
                            and w.removed_at is not null) then 'sid ended'
            end wrong
        from known k
    ), good as (
        select * from judged
        where not exists (select from judged where wrong is not null)
    ), new as (
        select * from good where fresh
    ), noted as (
        insert into sluice.audit (actor, action, target, detail)
        select actor, 'links-minted', coalesce(min(jti) filter (where n = 1),
                                               'links'),
               jsonb_build_object('many', count(*),
                   'until', to_timestamp(max(exp)),
                   'path', min(coalesce(path, folder)) filter (where n = 1),
                   'ids', jsonb_agg(jti order by n) filter (where n <= 20))
        from new having count(*) > 0
    ), kept as (
        insert into sluice.answers
        select a.* from (select from new having count(*) > 0) minted,
            api.answer_row(actor, args->'once', 201,
                           jsonb_build_object('at', args->'at')) a
        where args ? 'once'
    ), counted as (
        insert into sluice.counted_links as c (user_id, until, many)
        select actor, (to_timestamp(exp) at time zone 'utc')::date + 1,
               count(*)
        from new where counts group by 2
        on conflict (user_id, until) do update set many = c.many + excluded.many
    ), kept_sessions as (
        update sluice.sessions s
        set links_until = greatest(s.links_until, g.until),
            links_alone = s.links_alone or g.alone
        from (select sid_id, to_timestamp(max(exp)) until,
                     bool_or(sub is null) alone
              from new group by sid_id) g
        where s.id = g.sid_id
          and (s.links_until is null or s.links_until < g.until
               or g.alone > s.links_alone)
    ), kept_keys as (
        update sluice.keys k set links_until = g.until
        from (select sid_id, to_timestamp(max(exp)) until from new
              group by sid_id) g
        where k.id = g.sid_id
          and (k.links_until is null or k.links_until < g.until)
    ), kept_users as (
        update sluice.users u set links_until = g.until
        from (select sub_id, to_timestamp(max(exp)) until from new
              group by sub_id) g
        where u.id = g.sub_id
          and (u.links_until is null or u.links_until < g.until)
    )
    select case when wrong = 'media' then 'not-found'
                when wrong = 'sub over' then 'transfer-exceeded'
                when wrong ~ ' ' then 'field-invalid'
                when wrong is not null then 'role-too-low' end,
           case wrong
               when 'media' then 'There is no such media, or none for you.'
               when 'path' then 'Your role allows paths in the folders of '
                                'media that you may see.'
               when 'methods' then 'Your role allows links that read.'
               when 'sub' then 'Only your own, unless you are an admin.'
               when 'sid' then 'Only your own, unless you are an admin.'
               when 'sub over' then 'What may be sent to this user in a month '
                                    'has been used up: links can be made '
                                    'again when the next month begins.'
               when 'sub disabled' then 'This user is disabled.'
               when 'sid ended' then 'This session has ended.' end,
           split_part(wrong, ' ', 1),
           coalesce(j.path, folder),
           case when j.path is not null then j.path
                when kind in ('video', 'audio')
                    then folder || queue.playlist(master)
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
            where revoked_by = actor and kind = 'jti' and expires_at > now())
    then
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
