-- Users: as sluicectl sets them, by address or id (null when there is none), as
-- other issuers' tokens bring them, and as they see themselves.

drop function if exists
    api.is_user(sluice.users, text),
    api.set_role(text, text),
    api.set_plan(text, text),
    api.disable_user(text),
    api.enable_user(text);


-- Whose address this is, or id; null: nobody's.
create or replace function api.user_named(who text) returns uuid
language plpgsql stable as $$
begin
    if api.is_id(lower(who)) then
        return (select id from sluice.users where id = who::uuid);
    end if;

    return (select id from sluice.users
            where coalesce(email_key, lower(email)) = lower(who));
end;
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
create or replace function api.set_role(who text, role_given text,
                                        actor uuid default null)
returns jsonb
language plpgsql as $$
declare
    u sluice.users;
    revoked jsonb := '[]';
begin
    select * into u from sluice.users person
    where person.id = api.user_named(who) for update;

    if not found then
        return null;
    end if;

    if u.issuer = api.service_issuer() then
        raise exception 'the role of a service account stands in its keys'
            using hint = 'Make an account of another name.';
    elsif u.issuer is not null then
        raise exception 'the role of this user comes from %', u.issuer
            using hint = 'Change it there: each token brings it along.';
    end if;

    if u.role <> role_given then
        perform sluice.note(actor, 'user-role', u.id::text,
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


create or replace function api.set_plan(who text, plan_given text,
                                        actor uuid default null)
returns jsonb
language plpgsql as $$
declare
    u sluice.users;
begin
    if plan_given is not null
       and not exists (select from sluice.plans where name = plan_given) then
        raise exception 'there is no plan %', plan_given;
    end if;

    select * into u from sluice.users person
    where person.id = api.user_named(who) for update;

    if not found then
        return null;
    end if;

    if u.plan is distinct from plan_given then
        perform sluice.note(actor, 'user-plan', u.id::text,
                            jsonb_build_object('from', u.plan,
                                               'to', plan_given));
        update sluice.users set plan = plan_given where id = u.id
        returning * into u;
    end if;

    return api.user_object(u, '[]');
end;
$$;


-- Ends all sessions, and revokes those of which anything may still be good: the
-- newest thousand, and those of whose links some name no user. What was made for
-- the others ends with the user.
create or replace function api.disable_user(who text,
    actor uuid default null) returns jsonb
language plpgsql as $$
declare
    u sluice.users;
    revoked jsonb;
begin
    select * into u from sluice.users person
    where person.id = api.user_named(who) for update;

    if not found then
        return null;
    end if;

    if u.disabled_at is null then
        perform sluice.note(actor, 'user-disabled', u.id::text);
    end if;

    update sluice.users set disabled_at = coalesce(disabled_at, now())
    where id = u.id returning * into u;
    perform api.end_tickets(u);

    with ended as (
        update sluice.sessions set ended_at = now()
        where user_id = u.id and ended_at is null
        returning id, expires_at, signs_for * interval '1 second' signs,
                  links_until, links_alone
    ), alive as (
        select * from ended
        where greatest(expires_at + signs, links_until) > now()
        order by links_alone desc, id desc
        limit greatest(1000, (select count(*) from ended where links_alone))
    )
    select jsonb_agg(api.revoke('sid', id::text, null,
                                greatest(now() + signs, links_until))
                     order by id)
    into revoked from alive;

    revoked := coalesce(revoked, '[]') || api.end_keys(u.id)
               || api.revoke_user(u);
    perform api.forget_revocations();

    return api.user_object(u, revoked);
end;
$$;


create or replace function api.enable_user(who text,
    actor uuid default null) returns jsonb
language plpgsql as $$
declare
    u sluice.users;
begin
    select * into u from sluice.users person
    where person.id = api.user_named(who) for update;

    if not found then
        return null;
    end if;

    if u.disabled_at is not null then
        perform sluice.note(actor, 'user-enabled', u.id::text);
    end if;

    update sluice.users set disabled_at = null
    where id = u.id returning * into u;

    return api.user_object(u, '[]');
end;
$$;


-- Whoever takes an admin away has this, so that of two who do one sees it.
create or replace function api.admins_lock() returns void
language sql as $$
    select pg_advisory_xact_lock(hashtextextended('sluice.admins', 0));
$$;


-- Nobody else could do what he can: a program does not count, nor who leaves.
create or replace function api.is_last_admin(u sluice.users) returns boolean
language sql stable as $$
    select u.role = 'admin' and not exists (
        select from sluice.users
        where role = 'admin' and id <> u.id and disabled_at is null
          and leaves_at is null
          and issuer is distinct from api.service_issuer());
$$;


-- Before a foreign token's user does anything: the row that all else looks up.
-- What the token does not tell stays; an address that somebody has is not his.
-- When his issuer has taken a role from him, what was made for him before the
-- token that says so, `issued` (seconds since 1970; null: it does not tell),
-- ends with the role.
create or replace function api.provision_user(person uuid, issuer_given text,
    subject_given text, email_given text, name_given text, role_given text,
    issued bigint, out status integer, out body jsonb)
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

        if issued > 0 and (u.role = 'admin' or role_given = 'viewer')
           and u.role <> role_given then
            body := jsonb_build_object('revoked', jsonb_build_array(
                api.revoke('sub', person::text, to_timestamp(issued - 1),
                           greatest(now() + interval '7 days',
                                    u.links_until))));
        end if;
    end if;

    status := 200;
exception when unique_violation then
    if email_given is null then
        raise;
    end if;

    -- somebody took the address meanwhile
    select * into status, body
    from api.provision_user(person, issuer_given, subject_given, null,
                            name_given, role_given, issued);
end;
$$;


create or replace function api.get_me(actor uuid, args jsonb,
                                      out status integer, out body jsonb)
language plpgsql stable as $$
begin
    select 200, jsonb_build_object('id', id, 'email', email, 'name', name,
                                   'role', role, 'locale', locale,
                                   'created_at', created_at,
                                   'month', api.month_object(id),
                                   'streams_max', (api.limits(id)).streams_max,
                                   'second_factor',
                                   api.second_factor(u, args->'nginx'))
    into status, body
    from sluice.users u where id = actor and disabled_at is null;

    if not found then
        select * into status, body from api.refuse('token-invalid');
    end if;
end;
$$;


-- What is wrong with a name or a locale, as a refusal; else null. Null takes it
-- away.
create or replace function api.refuse_profile(args jsonb) returns jsonb
language sql immutable as $$
    select case
        when jsonb_typeof(args->'name') not in ('string', 'null')
             or not api.is_text(args->>'name', 200)
            then (api.refuse('field-invalid', 'A text of 1 to 200 characters, '
                             'or null.', 'name')).body
        when jsonb_typeof(args->'locale') not in ('string', 'null')
             or args->>'locale' !~ '^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}$'
            then (api.refuse('field-invalid', 'A language tag such as fr or '
                             'en-GB, or null.', 'locale')).body end;
$$;


create or replace function api.change_me(actor uuid, args jsonb,
                                         out status integer, out body jsonb)
language plpgsql as $$
begin
    body := api.refuse_profile(args);

    if body is not null then
        status := 400;
        return;
    end if;

    if args ? 'name' and exists (select from sluice.users
                                 where id = actor and issuer is not null) then
        select * into status, body from api.refuse('conflict',
            'You sign in elsewhere, and your name comes from there.', 'name');
        return;
    end if;

    update sluice.users
    set name = case when args ? 'name' then args->>'name' else name end,
        locale = case when args ? 'locale' then args->>'locale'
                      else locale end
    where id = actor and disabled_at is null;

    select * into status, body from api.get_me(actor, args);
end;
$$;


-- Users of another place, all of them or none: null, or {"line", "detail"} of
-- the first that cannot be taken.
create or replace function api.import_users(batch jsonb) returns jsonb
language plpgsql as $$
declare
    item jsonb;
begin
    for item in select jsonb_array_elements(batch) loop
        insert into sluice.users (id, email, email_key, name, role, plan, locale,
                                  password, issuer, subject, disabled_at,
                                  created_at)
        values ((item->>'id')::uuid, item->>'email', item->>'email_key',
                item->>'name',
                coalesce(item->>'role', 'viewer'), item->>'plan',
                item->>'locale', item->>'password', item->>'issuer',
                item->>'subject',
                case when (item->>'disabled')::boolean then now() end,
                coalesce((item->>'created_at')::timestamptz, now()));

        insert into sluice.factors (id, user_id, kind, sealed, confirmed_at)
        select sluice.uuid_v7(), (item->>'id')::uuid, 'totp',
               item->>'sealed', now()
        where item ? 'sealed';

        insert into sluice.recovery_codes (user_id, digest)
        select (item->>'id')::uuid, decode(code, 'hex')
        from jsonb_array_elements_text(
            coalesce(item->'recovery_codes', '[]')) code;
    end loop;

    perform sluice.note(null, 'users-imported', 'users', jsonb_build_object(
        'count', jsonb_array_length(batch)));
    return null;
exception when others then
    return jsonb_build_object('line', item->'line', 'detail', case
        when sqlstate = '23505' then
            'there is a user with this address or id already'
        when sqlerrm ~ 'users_plan' then
            'there is no plan ' || (item->>'plan')
        else sqlerrm end);
end;
$$;


-- Some users behind one, in the order of their ids, as import_users() takes
-- them; hashes, and second factors as they are sealed, only when asked for.
drop function if exists api.export_users(uuid, boolean, integer);

create or replace function api.export_users(behind uuid, hashes boolean,
                                            many integer,
                                            factors boolean default false)
returns setof jsonb
language sql stable as $$
    select jsonb_strip_nulls(jsonb_build_object(
        'id', id, 'email', email, 'name', name, 'role', role, 'plan', plan,
        'locale', locale, 'issuer', issuer, 'subject', subject,
        'disabled', disabled_at is not null, 'created_at', created_at,
        'password', case when hashes then password end,
        'sealed', case when factors then (
            select f.sealed from sluice.factors f
            where f.user_id = users.id and f.kind = 'totp'
              and f.confirmed_at is not null) end,
        'recovery_codes', case when factors then (
            select jsonb_agg(encode(c.digest, 'hex') order by c.digest)
            from sluice.recovery_codes c
            where c.user_id = users.id and c.used_at is null) end))
    from sluice.users where behind is null or id > behind
    order by id limit many;
$$;
