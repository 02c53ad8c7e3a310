-- Who did what, for admins.

-- A moment as RFC 3339 has it; null: it is none.
create or replace function api.read_time(given text) returns timestamptz
language plpgsql immutable as $$
begin
    if given ~* ('^[0-9]{4}-[0-9]{2}-[0-9]{2}t[0-9]{2}:[0-9]{2}:[0-9]{2}'
                 '([.][0-9]{1,9})?(z|[+-][0-9]{2}:[0-9]{2})$') then
        return given::timestamptz;
    end if;
    return null;
exception
    when datetime_field_overflow or invalid_datetime_format
         or invalid_time_zone_displacement_value then
        return null;
end;
$$;


-- The least UUIDv7 of a moment.
create or replace function api.first_id(moment timestamptz) returns uuid
language sql immutable as $$
    select (lpad(to_hex(greatest(0, (extract(epoch from moment) * 1000)::bigint)),
                 12, '0') || repeat('0', 20))::uuid;
$$;


-- Rows behind one, at most so many, along the index of what tells most. A row's
-- id is made as it is written, so never before `at`, when its transaction began.
create or replace function api.audit_read(who uuid, did text, to_what text,
    since timestamptz, until timestamptz, behind uuid, most integer)
returns setof sluice.audit
language plpgsql stable
set enable_seqscan = off set enable_bitmapscan = off set jit = off
as $$
declare
    first constant uuid := api.first_id(since);
    below constant uuid := least(behind, api.first_id(until + interval '1 h'));
begin
    if to_what is not null then
        return query select a.* from sluice.audit a
            where a.target = to_what and a.id < below and a.id >= first
            order by a.id desc limit most;
    elsif who is not null then
        return query select a.* from sluice.audit a
            where a.actor = who and a.id < below and a.id >= first
            order by a.id desc limit most;
    elsif did is not null then
        return query select a.* from sluice.audit a
            where a.action = did and a.id < below and a.id >= first
            order by a.id desc limit most;
    else
        return query select a.* from sluice.audit a
            where a.id < below and a.id >= first
            order by a.id desc limit most;
    end if;
end;
$$;


create or replace function api.refuse_audit(args jsonb) returns jsonb
language plpgsql immutable as $$
declare
    field text;
begin
    if args->>'actor' <> '' and not api.is_id(args->>'actor') then
        return (api.refuse('field-invalid', 'The id of a user.', 'actor')).body;
    elsif length(args->>'action') > 64 then
        return (api.refuse('field-invalid', 'A word such as user-role.',
                           'action')).body;
    elsif octet_length(args->>'target') > 1000 then
        return (api.refuse('field-invalid', 'An id, or a path.',
                           'target')).body;
    end if;

    foreach field in array '{from,to}'::text[] loop
        if args->>field <> '' and api.read_time(args->>field) is null then
            return (api.refuse('field-invalid', 'A date and time as RFC 3339 '
                               'has it.', field)).body;
        end if;
    end loop;

    return coalesce(api.refuse_limit(args), api.refuse_cursor(args));
end;
$$;


-- GET /api/audit: the newest first. What several filters ask for is looked for
-- among 2,000 rows at most: then `next` says that there may be more, though the
-- page be short.
create or replace function api.list_audit(actor uuid, args jsonb,
                                          out status integer, out body jsonb)
language plpgsql stable as $$
declare
    most integer := 2000;
    many integer;
    who uuid;
    did constant text := nullif(args->>'action', '');
    to_what constant text := nullif(args->>'target', '');
    since timestamptz;
    until timestamptz;
begin
    body := api.refuse_audit(args);

    if body is not null then
        status := 400;
        return;
    end if;

    many := coalesce((args->>'limit')::integer, 50);
    who := nullif(args->>'actor', '')::uuid;
    since := coalesce(api.read_time(nullif(args->>'from', '')), '-infinity');
    until := coalesce(api.read_time(nullif(args->>'to', '')), 'infinity');

    -- whatever is read is asked for
    if num_nonnulls(who, did, to_what) <= 1 and until = 'infinity' then
        most := many + 1;
    end if;

    with seen as materialized (
        select a.*, row_number() over (order by a.id desc) n
        from api.audit_read(who, did, to_what, greatest(since, to_timestamp(0)),
            least(until, now() + interval '1 day'),
            coalesce(nullif(args->>'cursor', '')::uuid,
                     'ffffffff-ffff-ffff-ffff-ffffffffffff'), most) a
    ), fit as (
        select * from seen s
        where (who is null or s.actor = who) and (did is null or s.action = did)
          and s.at >= since and s.at < until
        order by s.id desc limit many + 1
    ), page as (
        select * from fit order by id desc limit many
    )
    select jsonb_build_object('items', (
        select coalesce(jsonb_agg(jsonb_build_object('id', id, 'at', at,
                   'actor', p.actor, 'action', action, 'target', target,
                   'detail', detail) order by id desc), '[]') from page p),
        'next', case
            when (select count(*) from fit) > many
                then (select id from page order by id limit 1)
            when (select count(*) from seen) = most
                then (select id from seen where n = most) end)
    into body;

    status := 200;
end;
$$;
