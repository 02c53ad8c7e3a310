-- Accounts that people make themselves, as sluice_registration lets them.

create or replace function api.add_user(email_given text, key text, args jsonb,
    hash text, role_given text default 'viewer', plan_given text default null)
returns uuid
language plpgsql as $$
declare
    made uuid;
begin
    insert into sluice.users (id, email, email_key, name, locale, password, role,
                              plan, verified_at)
    values (sluice.uuid_v7(), email_given, key, args->>'name', args->>'locale',
            hash, role_given, plan_given, now())
    on conflict do nothing
    returning id into made;

    if made is not null then
        perform sluice.note(made, 'user-added', made::text,
                            jsonb_build_object('role', role_given));
    end if;

    return made;
end;
$$;


-- What whoever signs up must give, and may; null when all is well.
create or replace function api.refuse_sign_up(args jsonb) returns jsonb
language sql immutable as $$
    select coalesce(api.refuse_profile(args),
        case when args->'nginx'->>'registration' = 'closed'
             then (api.refuse('registration-closed')).body end);
$$;


-- The account is made when the mailed link is followed. Whoever has one gets a
-- mail that says so, and the same answer.
create or replace function api.create_account(nobody uuid, args jsonb,
                                              out status integer,
                                              out body jsonb)
language plpgsql as $$
declare
    facts constant jsonb := args->'nginx';
    key constant text := api.email_key(facts);
    email constant text := api.email_of(facts);
    u sluice.users;
    ticket uuid;
begin
    status := 400;
    body := api.refuse_sign_up(args);

    if body is null and facts->>'registration' = 'invited' then
        body := (api.refuse('registration-closed',
            'An account is made by an invitation here.')).body;
    end if;

    body := coalesce(body, api.refuse_network(facts));  -- a hash costs

    if body is not null then
        return;
    elsif not facts ? 'hash' then
        select * into status, body
        from api.need_hash(array[email, args->>'name'], 'password');
        return;
    end if;

    u := api.user_of(key);
    ticket := api.begin_ticket('sign-up', email, key, interval '1 day', facts,
        jsonb_build_object('hash', facts->>'hash', 'name', args->>'name',
                           'locale', args->>'locale'));

    if ticket is not null then
        perform api.send_mail(case when u.id is null then 'sign-up'
                                   else 'known' end,
                              email, coalesce(u.locale, args->>'locale'), facts,
                              '{}', case when u.id is null then ticket end);
    end if;

    status := 202;
    body := jsonb_build_object('email', email);
end;
$$;


create or replace function api.finish_sign_up(t sluice.tickets,
                                              out status integer,
                                              out body jsonb)
language plpgsql as $$
begin
    perform api.end_ticket(t.id);

    if api.add_user(t.email, t.email_key, t.data, t.data->>'hash') is null then
        select * into status, body from api.refuse('conflict',
            'There is an account of this address: sign in.');
        return;
    end if;

    status := 200;
    body := jsonb_build_object('email', t.email);
end;
$$;


-- invitations

create or replace function api.invitation_object(t sluice.tickets)
returns jsonb
language sql stable as $$
    select jsonb_build_object('id', t.id, 'email', t.email,
        'role', t.data->>'role', 'plan', t.data->>'plan',
        'name', t.data->>'name', 'created_at', t.created_at,
        'expires_at', t.expires_at);
$$;


create or replace function api.refuse_invitation(args jsonb) returns jsonb
language plpgsql stable as $$
begin
    return coalesce(api.refuse_sign_up(args), case
        when args ? 'role' and (jsonb_typeof(args->'role') <> 'string'
             or args->>'role' not in ('viewer', 'editor', 'admin'))
            then (api.refuse('field-invalid', 'One of viewer, editor, admin.',
                             'role')).body
        when jsonb_typeof(args->'plan') not in ('string', 'null')
             or (args->>'plan' is not null
                 and not exists (select from sluice.plans
                                 where name = args->>'plan'))
            then (api.refuse('field-invalid', 'There is no plan of this name.',
                             'plan')).body end);
end;
$$;


-- A new one takes the place of one that is open. One admin may have a thousand.
create or replace function api.create_invitation(actor uuid, args jsonb,
                                                 out status integer,
                                                 out body jsonb)
language plpgsql as $$
declare
    facts constant jsonb := args->'nginx';
    key constant text := api.email_key(facts);
    ticket uuid;
    t sluice.tickets;
begin
    status := 400;
    body := coalesce(api.refuse_invitation(args), case
        when (api.user_of(key)).id is not null then (api.refuse('conflict',
            'There is an account of this address.', 'email')).body
        when (select count(*) from (select from sluice.tickets
                  where made_by = actor and used_at is null
                    and expires_at > now() limit 1000) open) = 1000
            then (api.refuse('too-many', 'A thousand of your invitations are '
                             'open: take some back.')).body end);

    if body is not null then
        return;
    end if;

    ticket := api.begin_ticket('invitation', api.email_of(facts), key,
        interval '7 days', facts, jsonb_build_object(
            'role', coalesce(args->>'role', 'viewer'), 'plan', args->>'plan',
            'name', args->>'name', 'locale', args->>'locale'),
        maker => actor);

    if ticket is null then
        select * into status, body from api.refuse('too-many',
            'This address was written to three times within the hour, or ten '
            'times within the day.', 'email');
        return;
    end if;

    update sluice.tickets set used_at = now()
    where email_key = key and purpose = 'invitation' and used_at is null
      and id <> ticket;

    perform api.send_mail('invitation', api.email_of(facts), args->>'locale',
                          facts, '{}', ticket);
    perform sluice.note(actor, 'user-invited', ticket::text,
        jsonb_build_object('email', api.email_of(facts),
                           'role', coalesce(args->>'role', 'viewer')));

    select * into t from sluice.tickets where id = ticket;
    status := 201;
    body := api.invitation_object(t);
end;
$$;


-- Those that are open, of all who are admins, the newest first.
create or replace function api.list_invitations(actor uuid, args jsonb,
                                                out status integer,
                                                out body jsonb)
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
        select t from sluice.tickets t
        where t.purpose = 'invitation' and t.used_at is null
          and t.expires_at > now() and api.is_admin(t.made_by)
          and (coalesce(args->>'cursor', '') = ''
               or t.id < (args->>'cursor')::uuid)
        order by t.id desc limit many + 1
    )
    select coalesce(jsonb_agg(api.invitation_object(t) order by (t).id desc),
                    '[]')
    into items from page;

    if jsonb_array_length(items) > many then
        items := items - -1;
        behind := items->-1->>'id';
    end if;

    status := 200;
    body := jsonb_build_object('items', items, 'next', behind);
end;
$$;


create or replace function api.delete_invitation(actor uuid, args jsonb,
                                                 out status integer,
                                                 out body jsonb)
language plpgsql as $$
begin
    update sluice.tickets set used_at = now(), data = '{}'
    where id = (args->>'id')::uuid and purpose = 'invitation'
      and used_at is null;

    if not found then
        select * into status, body from api.refuse('not-found');
        return;
    end if;

    perform sluice.note(actor, 'invitation-taken-back', args->>'id');
    status := 204;
end;
$$;


create or replace function api.get_invitation(nobody uuid, args jsonb,
                                              out status integer,
                                              out body jsonb)
language sql as $$
    select * from api.get_ticket('invitation', args);
$$;


-- Whoever has the link is who was invited.
create or replace function api.accept_invitation(nobody uuid, args jsonb,
                                                 out status integer,
                                                 out body jsonb)
language plpgsql as $$
declare
    x record;
    facts constant jsonb := args->'nginx';
    t sluice.tickets;
begin
    status := 400;
    body := api.refuse_sign_up(args);

    if body is null then
        x := api.take_ticket('invitation', facts);
        t := x.t;
        body := x.refusal;
    end if;

    if body is not null then
        return;
    elsif not facts ? 'hash' then
        select * into status, body
        from api.need_hash(array[t.email, args->>'name'], 'password');
        return;
    end if;

    perform api.end_ticket(t.id);

    if api.add_user(t.email, t.email_key, t.data || args, facts->>'hash',
                    t.data->>'role', t.data->>'plan') is null then
        select * into status, body from api.refuse('conflict',
            'There is an account of this address: sign in.');
        return;
    end if;

    status := 201;
    body := jsonb_build_object('email', t.email);
end;
$$;
