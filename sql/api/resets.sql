-- What somebody does about his own account with a mailed link, or leaves it.

-- The same whoever asks, for whomever.
create or replace function api.create_reset(nobody uuid, args jsonb,
                                            out status integer,
                                            out body jsonb)
language plpgsql as $$
declare
    facts constant jsonb := args->'nginx';
    key constant text := api.email_key(facts);
    u sluice.users;
    ticket uuid;
begin
    body := api.refuse_network(facts);

    if body is not null then
        status := 400;
        return;
    end if;

    u := api.user_of(key);
    ticket := api.begin_ticket('reset', api.email_of(facts), key,
                               interval '1 hour', facts);

    if ticket is not null then
        perform api.send_mail('reset', case when u.issuer is null
                                                 and u.disabled_at is null
                                            then u.email end,
                              u.locale, facts, '{}', ticket);
    end if;

    status := 202;
    body := jsonb_build_object('email', api.email_of(facts));
end;
$$;


create or replace function api.get_reset(nobody uuid, args jsonb,
                                         out status integer, out body jsonb)
language sql as $$
    select status, body - '{role,name}'::text[]
    from api.get_ticket('reset', args);
$$;


-- All sessions end, and with them whoever had got in.
create or replace function api.finish_reset(nobody uuid, args jsonb,
                                            out status integer, out body jsonb)
language plpgsql as $$
declare
    x record;
    facts constant jsonb := args->'nginx';
    t sluice.tickets;
    u sluice.users;
begin
    x := api.take_ticket('reset', facts);
    t := x.t;
    body := x.refusal;

    if body is null then
        u := api.user_of(t.email_key);

        if u.id is null or u.issuer is not null or u.disabled_at is not null
        then
            body := (api.refuse('link-ended', 'This link is good for nothing '
                                'any more: the account has changed.')).body;
        end if;
    end if;

    if body is not null then
        status := 400;
        return;
    elsif not facts ? 'hash' then
        select * into status, body
        from api.need_hash(array[u.email, u.name], 'password');
        return;
    end if;

    update sluice.users
    set password = facts->>'hash', verified_at = coalesce(verified_at, now())
    where id = u.id;

    perform api.end_tickets(u);
    perform sluice.note(u.id, 'password-reset', u.id::text,
                        jsonb_build_object('address', facts->>'address'));
    perform api.tell(u, 'password-changed', facts);

    body := (api.end_sessions(u.id, jsonb_build_object('nginx', facts))).body
            || jsonb_build_object('email', u.email);
    status := 200;
end;
$$;


-- The new address is confirmed by a link that goes there; until then nothing
-- changes. Whose address it is already is told by mail alone.
create or replace function api.change_email(actor uuid, args jsonb,
                                            out status integer, out body jsonb)
language plpgsql as $$
declare
    x record;
    facts constant jsonb := args->'nginx';
    key constant text := api.email_key(facts);
    u sluice.users;
    other sluice.users;
    ticket uuid;
begin
    x := api.verify_own(actor, args);
    u := x.u;
    status := x.status;
    body := x.body;

    if body is not null then
        return;
    end if;

    if coalesce(u.email_key, lower(u.email)) = key then
        select * into status, body from api.refuse('conflict',
            'This is your address already.', 'email');
        return;
    end if;

    other := api.user_of(key);
    ticket := api.begin_ticket('address', api.email_of(facts), key,
                               interval '1 day', facts, '{}', actor);

    if ticket is null then
        select * into status, body from api.refuse('too-many',
            'This address was written to three times within the hour, or ten '
            'times within the day.', 'email');
        return;
    end if;

    perform api.send_mail(case when other.id is null then 'address'
                               else 'known' end, api.email_of(facts),
                          u.locale, facts, '{}',
                          case when other.id is null then ticket end);
    perform sluice.note(actor, 'address-asked', actor::text,
                        jsonb_build_object('email', api.email_of(facts)));

    status := 202;
    body := jsonb_build_object('email', api.email_of(facts));
end;
$$;


create or replace function api.finish_change_email(t sluice.tickets,
    facts jsonb, out status integer, out body jsonb)
language plpgsql as $$
declare
    was sluice.users;
begin
    perform api.end_ticket(t.id);

    select * into was from sluice.users
    where id = t.user_id and disabled_at is null and issuer is null for update;

    if not found then
        select * into status, body from api.refuse('link-ended',
            'This link is good for nothing any more: the account has changed.');
        return;
    elsif (api.user_of(t.email_key)).id is not null then
        select * into status, body from api.refuse('conflict',
            'This address has become somebody else''s.');
        return;
    end if;

    update sluice.users
    set email = t.email, email_key = t.email_key, verified_at = now(),
        bounced_at = null
    where id = was.id;

    perform api.end_tickets(was);
    perform api.tell(was, 'address-changed', facts,
                     jsonb_build_object('email', t.email));
    perform sluice.note(was.id, 'address-changed', was.id::text,
        jsonb_build_object('from', was.email, 'to', t.email));

    status := 200;
    body := jsonb_build_object('email', t.email);
end;
$$;


-- An address is somebody's: of a new account, or of one that is there.
create or replace function api.verify_email(nobody uuid, args jsonb,
                                            out status integer, out body jsonb)
language plpgsql as $$
declare
    x record;
    t sluice.tickets;
begin
    x := api.take_ticket('address', args->'nginx');
    t := x.t;
    body := x.refusal;

    if body is null then
        select * into status, body
        from api.finish_change_email(t, args->'nginx');
        return;
    elsif body->>'problem' = 'not-found' then
        x := api.take_ticket('sign-up', args->'nginx');
        t := x.t;
        body := x.refusal;
    end if;

    if body is null then
        select * into status, body from api.finish_sign_up(t);
    else
        status := 400;
    end if;
end;
$$;


-- The account goes in seven days, unless its owner signs in before. Until then
-- nobody is in it. `actor` is who says so: he, or an admin.
create or replace function api.begin_leaving(u sluice.users, facts jsonb,
                                             actor uuid, out status integer,
                                             out body jsonb)
language plpgsql as $$
declare
    on_day constant timestamptz := coalesce(u.leaves_at,
                                            now() + interval '7 days');
begin
    update sluice.users set leaves_at = on_day where id = u.id;
    perform api.end_tickets(u);

    if u.leaves_at is null then
        perform queue.enqueue('leave', jsonb_build_object('user', u.id),
                              run_at => on_day, unique_key => u.id::text);
        perform sluice.note(actor, 'user-leaves', u.id::text,
                            jsonb_build_object('on', on_day));
        perform api.tell(u, 'leaving', facts, jsonb_build_object(
            'until', to_char(on_day, 'YYYY-MM-DD')));
    end if;

    body := (api.end_sessions(u.id, jsonb_build_object('nginx',
        facts || jsonb_build_object('by', actor)))).body;
    body := jsonb_build_object('leaves_at', on_day,
        'revoked', (body->'revoked') || api.end_keys(u.id)
            || case when u.issuer is not null then api.revoke_user(u)
                    else '[]' end);
    status := 202;
end;
$$;


create or replace function api.delete_me(actor uuid, args jsonb,
                                         out status integer, out body jsonb)
language plpgsql as $$
declare
    x record;
    u sluice.users;
begin
    perform api.admins_lock();
    x := api.verify_own(actor, args);
    u := x.u;
    status := x.status;
    body := x.body;

    if body is not null then
        return;
    elsif api.is_last_admin(u) then
        select * into status, body from api.refuse('conflict',
            'You are the last admin: make somebody else one first.');
        return;
    end if;

    select * into status, body
    from api.begin_leaving(u, args->'nginx', actor);
end;
$$;
