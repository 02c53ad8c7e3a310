-- How one signs in, and with what.

-- Null when each of these is true, false, or not there.
create or replace function api.refuse_flags(args jsonb, names text[])
returns jsonb
language sql immutable as $$
    select (api.refuse('field-invalid', 'This must be true or false.',
                       name)).body
    from unnest(names) name
    where args ? name and jsonb_typeof(args->name) <> 'boolean' limit 1;
$$;


create or replace function api.sign_in(nobody uuid, args jsonb,
                                       out status integer, out body jsonb)
language plpgsql as $$
declare
    u sluice.users;
    facts constant jsonb := args->'nginx';
begin
    body := api.refuse_flags(args, '{remember,cookies}');

    if body is not null then
        status := 400;
        return;
    elsif facts ? 'passkey' then
        select * into status, body from api.sign_in_passkey(args);
        return;
    end if;

    select * into u from sluice.users
    where coalesce(email_key, lower(email)) = api.email_key(facts)
      and disabled_at is null and password is not null;

    if not facts ? 'verified' then
        select * into status, body
        from api.need_verify(u.password, api.email_key(facts));
        return;
    end if;

    -- locked, so that one that changes meanwhile lets nobody in, and no hash of
    -- the one before takes its place
    select * into u from sluice.users
    where id = u.id and password = facts->>'verified' and disabled_at is null
    for no key update;

    if not found then
        select * into status, body from api.refuse('login-failed');
        return;
    end if;

    if facts ? 'rehashed' then
        update sluice.users set password = facts->>'rehashed' where id = u.id
        returning * into u;
    end if;

    select * into status, body from api.challenge(u, args);

    if status is not null then
        return;
    end if;

    select * into status, body from api.begin_session(u.id, facts,
        coalesce((args->>'remember')::boolean, true));
end;
$$;


-- All other sessions end.
create or replace function api.change_password(actor uuid, args jsonb,
                                               out status integer,
                                               out body jsonb)
language plpgsql as $$
declare
    x record;
    u sluice.users;
    facts constant jsonb := args->'nginx';
begin
    x := api.verify_own(actor, args);
    u := x.u;
    status := x.status;
    body := x.body;

    if body is not null then
        return;
    elsif not facts ? 'hash' then
        select * into status, body
        from api.need_hash(array[u.email, u.name]);
        return;
    end if;

    update sluice.users set password = facts->>'hash' where id = actor;
    perform api.end_tickets(u);
    perform sluice.note(actor, 'password-changed', actor::text,
        jsonb_build_object('address', facts->>'address'));
    perform api.tell(u, 'password-changed', facts);
    select * into status, body from api.end_sessions(actor,
        jsonb_build_object('others', 'true', 'nginx', facts));
end;
$$;
