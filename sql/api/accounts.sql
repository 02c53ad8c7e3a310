-- Accounts: who one is, and how one shows it. Passwords never come here: where a
-- function needs one it says so, in `need`, and is called again with what nginx
-- found (ngx_module/account/ngx_http_sluice_need.h).

-- Whether a password fits this hash (null: nobody's); tries are counted for the
-- account. Then `verified` is the hash, so that one that was changed meanwhile
-- lets nobody in.
create or replace function api.need_verify(hash text, account text,
                                           out status integer, out body jsonb)
language sql immutable as $$
    select 200, jsonb_build_object('need', jsonb_build_object(
        'verify', hash, 'account', lower(account)));
$$;


-- A hash of `new_password`, which is none of what is known of its owner.
create or replace function api.need_hash(known text[],
                                         out status integer, out body jsonb)
language sql immutable as $$
    select 200, jsonb_build_object('need', jsonb_build_object(
        'hash', array_remove(known, null)));
$$;


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
    if jsonb_typeof(args->'email') is distinct from 'string'
       or args->>'email' = '' then
        body := (api.refuse('field-invalid', 'This must be a text.',
                            'email')).body;
    elsif octet_length(args->>'email') > 254 then   -- RFC 5321, 4.5.3.1.3
        body := (api.refuse('field-invalid', 'This is too long.',
                            'email')).body;
    else
        body := api.refuse_flags(args, '{remember,cookies}');
    end if;

    if body is not null then
        status := 400;
        return;
    end if;

    select * into u from sluice.users
    where lower(email) = lower(args->>'email') and disabled_at is null
      and password is not null;

    if not facts ? 'verified' then
        select * into status, body
        from api.need_verify(u.password, args->>'email');
        return;
    end if;

    if facts->>'verified' is distinct from u.password then
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
    u sluice.users;
    facts constant jsonb := args->'nginx';
begin
    select * into u from sluice.users where id = actor for no key update;

    if u.id is null or u.disabled_at is not null then
        select * into status, body from api.refuse('token-invalid');

    elsif u.password is null then
        select * into status, body from api.refuse('conflict',
            'You sign in elsewhere: your password is not kept here.');

    elsif not facts ? 'verified' then
        select * into status, body from api.need_verify(u.password, u.email);

    elsif facts->>'verified' <> u.password then
        select * into status, body from api.refuse('field-invalid',
            'This is not your password.', 'password');

    elsif not facts ? 'hash' then
        select * into status, body
        from api.need_hash(array[u.email, u.name]);

    else
        update sluice.users set password = facts->>'hash' where id = actor;
        perform sluice.note(actor, 'password-changed', actor::text,
            jsonb_build_object('address', facts->>'address'));
        select * into status, body from api.delete_sessions(actor,
            jsonb_build_object('others', 'true', 'nginx', facts));
    end if;
end;
$$;
