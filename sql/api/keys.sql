-- Service accounts, and the keys that a team's own backend signs in with.

create or replace function api.service_issuer() returns text
language sql immutable as $$ select 'urn:sluice:service' $$;


-- As core/account/scope.c knows them.
create or replace function api.scopes() returns text[]
language sql immutable as $$
    select array['links:mint', 'media:read', 'media:write', 'accounts:read',
                 'accounts:write', 'audit:read'];
$$;


create or replace function api.key_object(k sluice.keys, u sluice.users)
returns jsonb
language sql stable as $$
    select jsonb_build_object('id', k.id, 'name', u.name, 'account', u.id,
        'role', u.role, 'scopes', to_jsonb(k.scopes), 'kid', k.kid,
        'created_at', k.created_at, 'made_by', k.made_by,
        'expires_at', k.expires_at, 'last_used_at', k.last_used_at);
$$;


-- What is wrong with the scopes that are asked for, as a refusal; else null.
create or replace function api.refuse_scopes(asked jsonb) returns jsonb
language plpgsql immutable as $$
begin
    if jsonb_typeof(asked) is distinct from 'array' then
        return (api.refuse('field-invalid', 'An array of '
            || array_to_string(api.scopes(), ', ') || '.', 'scopes')).body;
    elsif jsonb_array_length(asked) not between 1 and 50 then
        return (api.refuse('field-invalid', 'At least one, and each once.',
                           'scopes')).body;
    end if;

    return (select (api.refuse('field-invalid', 'One of '
                || array_to_string(api.scopes(), ', ') || '.',
                format('scopes[%s]', n - 1))).body
            from jsonb_array_elements(asked) with ordinality t(scope, n)
            where jsonb_typeof(scope) <> 'string'
               or not scope#>>'{}' = any (api.scopes())
            order by n limit 1);
end;
$$;


-- The same for all that makes a key.
create or replace function api.refuse_key(args jsonb) returns jsonb
language plpgsql immutable as $$
declare
    role_given constant text := coalesce(args->>'role', 'viewer');
begin
    return coalesce(case
        when jsonb_typeof(args->'name') is distinct from 'string'
             or not api.is_text(args->>'name', 60)
            then (api.refuse('field-invalid', 'A text of 1 to 60 characters.',
                             'name')).body
        when args ? 'role' and (jsonb_typeof(args->'role') <> 'string'
             or args->>'role' not in ('viewer', 'editor', 'admin'))
            then (api.refuse('field-invalid', 'One of viewer, editor, admin.',
                             'role')).body
        when args ? 'expires_in' and (jsonb_typeof(args->'expires_in')
                 <> 'number' or args->>'expires_in' !~ '^[0-9]{4,8}$'
             or (args->>'expires_in')::integer not between 3600 and 31622400)
            then (api.refuse('field-invalid', 'Seconds, from an hour (3600) to '
                             'a year (31622400).', 'expires_in')).body end,
        api.refuse_scopes(args->'scopes'), case
        when role_given <> 'admin'
             and args->'scopes' ?| '{accounts:read,accounts:write,audit:read}'
            then (api.refuse('field-invalid', 'Accounts and the audit are for '
                             'keys whose role is admin.', 'role')).body end);
end;
$$;


-- Those that are over, and what was made with them: how many.
create or replace function api.forget_keys() returns bigint
language sql as $$
    with gone as (
        delete from sluice.keys
        where greatest(expires_at, links_until) < now() - interval '1 day'
        returning 1)
    select count(*) from gone;
$$;


-- The account of this name as it is, or as it will be.
create or replace function api.service_of(args jsonb, out u sluice.users,
                                          out body jsonb)
language plpgsql as $$
begin
    select * into u from sluice.users
    where issuer = api.service_issuer() and subject = args->>'name'
    for no key update;

    if not found then
        u.role := coalesce(args->>'role', 'viewer');
        u.name := args->>'name';
    elsif u.disabled_at is not null or u.leaves_at is not null then
        body := (api.refuse('conflict', 'This account is disabled, or about to '
                            'go.', 'name')).body;
    elsif u.role <> coalesce(args->>'role', 'viewer') then
        body := (api.refuse('conflict', format('The role of this account is '
                            '%s: take another name.', u.role), 'role')).body;
    end if;
end;
$$;


-- POST /api/keys: nginx makes the text of what is asked for in `need`, and
-- `key` of its facts has what is kept of it. There may be a thousand, those
-- that were taken back among them until they would have expired.
create or replace function api.create_key(actor uuid, args jsonb,
                                          out status integer, out body jsonb)
language plpgsql as $$
declare
    x record;
    u sluice.users;
    k sluice.keys;
    facts constant jsonb := args->'nginx';
    made constant jsonb := args->'nginx'->'key'->'made';
begin
    status := 400;
    body := api.refuse_key(args);

    if body is not null then
        return;
    end if;

    perform pg_advisory_xact_lock(hashtextextended('sluice.keys', 0));
    perform api.forget_keys();
    x := api.service_of(args);
    u := x.u;
    body := coalesce(case when actor is not null    -- else it is sluicectl
                          then api.refuse_admin(actor) end, x.body, case
        when (select count(*) from sluice.keys) >= 1000
            then (api.refuse('too-many', 'There are a thousand keys, with '
                  'those that were taken back before they expired.')).body end);

    if body is not null then
        return;
    elsif made is null then
        u.id := coalesce(u.id, sluice.uuid_v7());
        status := 200;
        body := jsonb_build_object('need', jsonb_build_object('key',
            jsonb_build_object('id', sluice.uuid_v7(), 'user', u.id,
                'role', u.role, 'scopes', args->'scopes',
                'issued', api.issued_at(u.id::text),
                'expires', floor(extract(epoch from now()))::bigint
                    + coalesce((args->>'expires_in')::bigint, 7776000))));
        return;
    elsif u.id is null then
        u.id := (made->>'user')::uuid;
        insert into sluice.users (id, issuer, subject, name, role)
        values (u.id, api.service_issuer(), args->>'name', u.name, u.role);
        perform sluice.note(actor, 'user-added', u.id::text, jsonb_build_object(
            'issuer', api.service_issuer(), 'role', u.role));
    elsif u.id <> (made->>'user')::uuid then
        body := (api.refuse('key-busy')).body;   -- somebody was quicker
        return;
    end if;

    insert into sluice.keys (id, user_id, digest, kid, scopes, made_by,
                             expires_at, signs_for)
    values ((made->>'id')::uuid, u.id, decode(facts->'key'->>'digest', 'hex'),
            facts->'key'->>'kid', array(
                select distinct scope from
                jsonb_array_elements_text(args->'scopes') scope order by scope),
            actor, to_timestamp((made->>'expires')::bigint),
            (facts->>'signs')::integer)
    returning * into k;

    perform sluice.note(actor, 'key-added', k.id::text, jsonb_build_object(
        'account', u.id, 'name', u.name, 'scopes', to_jsonb(k.scopes),
        'until', k.expires_at));

    status := 201;
    body := api.key_object(k, u);
end;
$$;


-- The newest first; those that were taken back are none any more.
create or replace function api.list_keys(actor uuid, args jsonb,
                                         out status integer, out body jsonb)
language plpgsql stable as $$
declare
    many integer;
    items jsonb;
    behind uuid;
begin
    body := coalesce(api.refuse_limit(args), api.refuse_cursor(args));

    if body is not null then
        status := 400;
        return;
    end if;

    many := coalesce((args->>'limit')::integer, 50);

    with page as (
        select k, u from sluice.keys k join sluice.users u on u.id = k.user_id
        where k.removed_at is null
          and (coalesce(args->>'cursor', '') = ''
               or k.id < (args->>'cursor')::uuid)
        order by k.id desc limit many + 1
    )
    select coalesce(jsonb_agg(api.key_object(k, u) order by (k).id desc), '[]')
    into items from page;

    if jsonb_array_length(items) > many then
        items := items - -1;
        behind := items->-1->>'id';
    end if;

    status := 200;
    body := jsonb_build_object('items', items, 'next', behind);
end;
$$;


-- What ends a key, and what was made with it, as the end of a session does.
create or replace function api.end_key(k sluice.keys) returns jsonb
language plpgsql as $$
begin
    update sluice.keys set removed_at = now() where id = k.id;

    return api.revoke('sid', k.id::text, null,
        greatest(k.expires_at, now(), k.links_until)
        + k.signs_for * interval '1 second');
end;
$$;


-- All of an account: what was revoked.
create or replace function api.end_keys(account uuid) returns jsonb
language sql as $$
    select coalesce(jsonb_agg(api.end_key(k)), '[]') from (
        select * from sluice.keys
        where user_id = account and removed_at is null for update) k;
$$;


-- By its `id`, or by the `digest` (hex) of its text, for who has found one.
create or replace function api.delete_key(actor uuid, args jsonb,
                                          out status integer, out body jsonb)
language plpgsql as $$
declare
    k sluice.keys;
begin
    select * into k from sluice.keys
    where removed_at is null
      and case when args ? 'id' then id = (args->>'id')::uuid
               else digest = decode(args->>'digest', 'hex') end
    for update;

    if not found then
        select * into status, body from api.refuse('not-found');
        return;
    end if;

    status := 204;
    body := jsonb_build_object('revoked', jsonb_build_array(api.end_key(k)));
    perform sluice.note(actor, 'key-removed', k.id::text,
                        jsonb_build_object('account', k.user_id));
    perform api.forget_revocations();
end;
$$;


-- Each process of nginx tells it once a minute, and it is written as often.
create or replace function api.key_used(which uuid) returns void
language sql as $$
    update sluice.keys set last_used_at = now()
    where id = which and removed_at is null
      and coalesce(last_used_at < now() - interval '50 s', true);
$$;
