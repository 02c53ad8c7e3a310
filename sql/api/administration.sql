-- What admins see of users, and do to them.

-- An account as admins see it.
create or replace function api.account_object(u sluice.users) returns jsonb
language plpgsql stable as $$
begin
    return jsonb_build_object('id', u.id, 'email', u.email, 'name', u.name,
        'role', u.role, 'plan', u.plan, 'locale', u.locale,
        'issuer', u.issuer, 'created_at', u.created_at,
        'disabled', u.disabled_at is not null,
        'verified', u.verified_at is not null,
        'bounced', u.bounced_at is not null, 'leaves_at', u.leaves_at,
        'second_factor', api.has_factor(u.id),
        'signed_in_at', coalesce(u.signed_in_at, (
            select s.created_at from sluice.sessions s where s.user_id = u.id
            order by s.id desc limit 1)),
        'files', coalesce((select k.files from sluice.kept k
                           where k.owner = u.id), 0),
        'bytes', coalesce((select k.bytes from sluice.kept k
                           where k.owner = u.id), 0));
end;
$$;


-- Lists

-- At most so many of these roles, the newest first, behind a place: role by
-- role along an index, so that a page costs a page.
create or replace function api.newest_accounts(roles text[], since timestamptz,
    behind uuid, many integer) returns uuid[]
language plpgsql stable as $$
begin
    return array(
        select c.id from unnest(roles) r, lateral (
            select u.id, u.created_at from sluice.users u
            where u.role = r and (u.created_at, u.id) < (since, behind)
            order by u.created_at desc, u.id desc limit many) c
        order by c.created_at desc, c.id desc limit many);
end;
$$;


-- The same of those whose addresses begin so, in their order.
create or replace function api.named_accounts(roles text[], prefix text,
    behind text, many integer) returns uuid[]
language plpgsql stable as $$
declare
    past constant text := prefix || chr(1114111);   -- the last character
begin
    return array(
        select c.id from unnest(roles) r, lateral (
            select u.id, coalesce(u.email_key, lower(u.email)) as key
            from sluice.users u
            where u.role = r
              and coalesce(u.email_key, lower(u.email)) ~>=~ prefix
              and coalesce(u.email_key, lower(u.email)) ~<~ past
              and coalesce(u.email_key, lower(u.email)) ~>~ behind
            order by coalesce(u.email_key, lower(u.email)) using ~<~
            limit many) c
        order by c.key using ~<~ limit many);
end;
$$;


-- Behind an account the list goes on: by address, or by when it was made.
create or replace function api.account_cursor(account uuid, named boolean)
returns text
language sql stable as $$
    select case when named then coalesce(u.email_key, lower(u.email))
                else (extract(epoch from u.created_at) * 1000000)::bigint
                     || '.' || u.id end
    from sluice.users u where u.id = account;
$$;


create or replace function api.refuse_accounts(args jsonb) returns jsonb
language plpgsql immutable as $$
begin
    return coalesce(api.refuse_limit(args), case
        when args->>'role' not in ('viewer', 'editor', 'admin', '')
            then (api.refuse('field-invalid', 'One of viewer, editor, admin.',
                             'role')).body
        when args->'nginx'->>'search' is null and args->>'cursor' !~
             '^(-?[0-9]{1,17}[.][0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})?$'
            then (api.refuse('field-invalid', 'Take it from "next" of the page '
                             'before.', 'cursor')).body end);
end;
$$;


-- GET /api/accounts: the newest first; with `q` those whose address begins so,
-- in the order of addresses, or the one that has this id.
create or replace function api.list_accounts(actor uuid, args jsonb,
                                             out status integer,
                                             out body jsonb)
language plpgsql stable
set enable_seqscan = off set enable_bitmapscan = off set jit = off
as $$
declare
    ids uuid[];
    many integer;
    behind text;
    search constant text := args->'nginx'->>'search';
    cursor constant text := coalesce(args->>'cursor', '');
    roles constant text[] := case
        when args->>'role' <> '' then array[args->>'role']
        else '{viewer,editor,admin}' end;
begin
    body := api.refuse_accounts(args);
    status := 400;

    if body is not null then
        return;
    end if;

    many := coalesce((args->>'limit')::integer, 50);

    if api.is_id(search) then
        ids := array(select id from sluice.users
                     where id = search::uuid and role = any (roles));
    elsif search is not null then
        ids := api.named_accounts(roles, search, cursor, many + 1);
    elsif cursor = '' then
        ids := api.newest_accounts(roles, 'infinity',
            'ffffffff-ffff-ffff-ffff-ffffffffffff', many + 1);
    else
        ids := api.newest_accounts(roles, to_timestamp(0)
            + split_part(cursor, '.', 1)::bigint * interval '1 microsecond',
            split_part(cursor, '.', 2)::uuid, many + 1);
    end if;

    if cardinality(ids) > many then
        ids := ids[:many];
        behind := api.account_cursor(ids[many], search is not null);
    end if;

    status := 200;
    body := jsonb_build_object('items', (
        select coalesce(jsonb_agg(api.account_object(u) order by n), '[]')
        from unnest(ids) with ordinality t(id, n)
        join sluice.users u on u.id = t.id), 'next', behind);
end;
$$;


create or replace function api.get_account(actor uuid, args jsonb,
                                           out status integer, out body jsonb)
language plpgsql stable as $$
begin
    select 200, api.account_object(u) into status, body
    from sluice.users u where u.id = (args->>'id')::uuid;

    if not found then
        select * into status, body from api.refuse('not-found');
    end if;
end;
$$;


-- Changes

-- What of the fields is wrong by itself, as a refusal; else null.
create or replace function api.refuse_account(args jsonb) returns jsonb
language plpgsql stable as $$
begin
    return case
        when not args ?| '{role,plan,disabled,name}'
            then (api.refuse('field-invalid', 'Name what is to change: role, '
                             'plan, disabled, name.')).body
        when args ? 'role' and (jsonb_typeof(args->'role') <> 'string'
             or args->>'role' not in ('viewer', 'editor', 'admin'))
            then (api.refuse('field-invalid', 'One of viewer, editor, admin.',
                             'role')).body
        when jsonb_typeof(args->'plan') not in ('string', 'null')
             or (args->>'plan' is not null
                 and not exists (select from sluice.plans
                                 where name = args->>'plan'))
            then (api.refuse('field-invalid', 'There is no plan of this name.',
                             'plan')).body
        else coalesce(api.refuse_flags(args, '{disabled}'),
                      api.refuse_profile(args - 'locale')) end;
end;
$$;


-- Null when somebody else could do what he can, else why he stays.
create or replace function api.refuse_last_admin(u sluice.users) returns jsonb
language sql stable as $$
    select (api.refuse('conflict', 'This is the last admin: make somebody else '
                       'one first.')).body
    where api.is_last_admin(u);
$$;


-- And what by whose it is.
create or replace function api.refuse_account_change(actor uuid,
    u sluice.users, args jsonb) returns jsonb
language plpgsql stable as $$
declare
    ends constant boolean := coalesce(args->>'role' <> 'admin', false)
                             or coalesce((args->>'disabled')::boolean, false);
begin
    return coalesce(case
        when u.id is null then (api.refuse('not-found')).body
        when u.issuer is not null and args->>'role' <> u.role
            then (api.refuse('conflict', case
                when u.issuer = api.service_issuer() then 'The role of a '
                    'service account stands in its keys: make another.'
                else 'He signs in elsewhere, and his role comes from there.'
                end, 'role')).body
        when u.issuer is not null and args ? 'name'
             and args->>'name' is distinct from u.name
            then (api.refuse('conflict', 'The name of this account comes from '
                             'elsewhere.', 'name')).body
        when u.id = actor and (args->>'disabled')::boolean
            then (api.refuse('conflict', 'This is you: another admin may '
                             'disable you.', 'disabled')).body end,
        case when ends then api.refuse_last_admin(u) end);
end;
$$;


create or replace function api.rename_account(u sluice.users, name_given text,
                                              actor uuid) returns void
language plpgsql as $$
begin
    if u.name is distinct from name_given then
        update sluice.users set name = name_given where id = u.id;
        perform sluice.note(actor, 'user-name', u.id::text,
            jsonb_build_object('from', u.name, 'to', name_given));
    end if;
end;
$$;


-- PATCH /api/accounts/{id}: by what sluicectl calls.
create or replace function api.change_account(actor uuid, args jsonb,
                                              out status integer,
                                              out body jsonb)
language plpgsql as $$
declare
    u sluice.users;
    who constant text := args->>'id';
    revoked jsonb := '[]';
begin
    status := 400;
    body := api.refuse_account(args);

    if body is null then
        perform api.admins_lock();
        select * into u from sluice.users where id = who::uuid for update;
        body := coalesce(api.refuse_admin(actor),
                         api.refuse_account_change(actor, u, args));
    end if;

    if body is not null then
        return;
    end if;

    if (args->>'disabled')::boolean then
        revoked := api.disable_user(who, actor)->'revoked';
    elsif args ? 'disabled' then
        perform api.enable_user(who, actor);
    end if;

    if args->>'role' <> u.role then
        revoked := revoked || (api.set_role(who, args->>'role', actor)
                               ->'revoked');
    end if;

    if args ? 'plan' then
        perform api.set_plan(who, args->>'plan', actor);
    end if;

    if args ? 'name' then
        perform api.rename_account(u, args->>'name', actor);
    end if;

    select 200, api.account_object(n) || jsonb_build_object('revoked', revoked)
    into status, body from sluice.users n where n.id = u.id;
end;
$$;


-- DELETE /api/accounts/{id}: as if he left.
create or replace function api.delete_account(actor uuid, args jsonb,
                                              out status integer,
                                              out body jsonb)
language plpgsql as $$
declare
    u sluice.users;
begin
    perform api.admins_lock();
    select * into u from sluice.users
    where id = (args->>'id')::uuid for no key update;

    body := coalesce(api.refuse_admin(actor), case
        when u.id is null then (api.refuse('not-found')).body
        when u.id = actor then (api.refuse('conflict', 'This is you: DELETE '
            '/api/me.')).body end, api.refuse_last_admin(u));

    if body is not null then
        status := 400;
        return;
    end if;

    select * into status, body from api.begin_leaving(u, args->'nginx', actor);
end;
$$;


create or replace function api.list_account_sessions(actor uuid, args jsonb,
                                                     out status integer,
                                                     out body jsonb)
language plpgsql stable as $$
begin
    if exists (select from sluice.users where id = (args->>'id')::uuid) then
        select * into status, body
        from api.list_sessions((args->>'id')::uuid, args);
    else
        select * into status, body from api.refuse('not-found');
    end if;
end;
$$;


-- All of them, a service account's keys, and what another issuer has signed for
-- him until now.
create or replace function api.delete_account_sessions(actor uuid, args jsonb,
                                                       out status integer,
                                                       out body jsonb)
language plpgsql as $$
declare
    u sluice.users;
begin
    select * into u from sluice.users
    where id = (args->>'id')::uuid for no key update;

    if not found then
        select * into status, body from api.refuse('not-found');
        return;
    end if;

    select * into status, body from api.end_sessions(u.id,
        jsonb_build_object('nginx', args->'nginx'
                                    || jsonb_build_object('by', actor)));

    if u.issuer is not null then
        body := jsonb_build_object('revoked', (body->'revoked')
                                              || api.end_keys(u.id)
                                              || api.revoke_user(u));
    end if;
end;
$$;


create or replace function api.delete_account_factors(actor uuid, args jsonb,
                                                      out status integer,
                                                      out body jsonb)
language plpgsql as $$
begin
    if api.reset_factors(args->>'id', actor, args->'nginx') is null then
        select * into status, body from api.refuse('not-found');
    else
        status := 204;
        body := '{}';
    end if;
end;
$$;
