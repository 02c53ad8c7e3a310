-- The second factor: how it is set up, shown and taken away. What is dangerous
-- is for who has shown lately, in this session, all that the account has.

-- Null when this user may have a second factor here, else why not; `off`: also
-- on a server that asks nobody for one.
create or replace function api.refuse_factors(u sluice.users, facts jsonb,
                                              off boolean) returns jsonb
language sql immutable as $$
    select case
        when u.id is null or u.disabled_at is not null
            then (api.refuse('token-invalid')).body
        when u.issuer is not null
            then (api.refuse('conflict', 'You sign in elsewhere: a second '
                             'factor is asked for there.')).body
        when u.password is null
            then (api.refuse('conflict', 'There is no password here that a '
                             'second factor could be beside.')).body
        when (facts->>'factors')::boolean is false and not off
            then (api.refuse('conflict', 'There is no second factor on this '
                             'server.')).body end;
$$;


-- Who asks, with his row locked, and his session: `body` says why not.
create or replace function api.factor_user(actor uuid, facts jsonb,
                                           off boolean, out u sluice.users,
                                           out s sluice.sessions,
                                           out body jsonb)
language plpgsql as $$
begin
    select * into u from sluice.users where id = actor for no key update;

    select * into s from sluice.sessions
    where id = nullif(facts->>'own', '')::uuid and user_id = actor
      and ended_at is null and expires_at > now();

    body := api.refuse_factors(u, facts, off);

    if body is null and s.id is null then
        body := (api.refuse('token-invalid')).body;
    end if;
end;
$$;


-- Whether it is he: `status` is null once that is certain. What he brought is
-- looked at, all of it; what he did not, the session must have seen lately. A
-- passkey whose holder was verified is all of it.
create or replace function api.prove(u sluice.users, s sluice.sessions,
                                     lately interval, facts jsonb,
                                     out status integer, out body jsonb)
language plpgsql as $$
declare
    brought constant jsonb := facts->'brought';
    factor constant boolean := api.asks_factor(u.id, facts);
    fresh constant boolean :=
        coalesce(s.authenticated_at, s.created_at) > now() - lately
        and (not factor or coalesce('mfa' = any (s.amr), false));
    whole constant boolean := brought ? 'passkey'
                              and (facts#>>'{passkey,verified}')::boolean;
begin
    if not fresh and lately > '0' and jsonb_array_length(brought) = 0 then
        select * into status, body from api.refuse('authentication-too-old',
            'Show again that it is you: POST '
            '/api/sessions/current/authenticate.');
        body := body || jsonb_build_object('max_age',
            extract(epoch from lately)::bigint);
        return;
    end if;

    if not fresh and not whole and not brought ? 'password' then
        select * into status, body from api.refuse('field-invalid',
            'This must be a text.', 'password');

    elsif brought ? 'password' and not facts ? 'verified' then
        select * into status, body
        from api.need_verify(u.password, coalesce(u.email_key, lower(u.email)));

    elsif brought ? 'password' and facts->>'verified' <> u.password then
        select * into status, body from api.refuse('field-invalid',
            'This is not your password.', 'password');

    elsif brought ? 'passkey'
          or factor and (not fresh or brought ?| '{code,recovery_code}') then
        select * into status, body from api.prove_code(u, facts);
    end if;
end;
$$;


-- Whether the challenge that a passkey has signed is for this, and of later than
-- what was done with the last one: it is answered once. True without a passkey.
create or replace function api.is_offered(what uuid, since timestamptz,
                                          facts jsonb) returns boolean
language sql immutable as $$
    select not facts ? 'passkey' or (
        (facts#>>'{passkey,offer,of}')::uuid = what
        and (facts#>>'{passkey,offer,since}')::bigint
            > coalesce(floor(extract(epoch from since) * 1000), 0));
$$;


-- POST /api/sessions/current/authenticate: the same session, in which it is
-- certain again who it is.
create or replace function api.authenticate(actor uuid, args jsonb,
                                            out status integer,
                                            out body jsonb)
language plpgsql as $$
declare
    who record;
    s sluice.sessions;
    facts constant jsonb := args->'nginx';
begin
    who := api.factor_user(actor, facts, true);
    body := coalesce(who.body, api.refuse_flags(args, '{cookies}'), case
        when not api.is_offered((who.s).id,
                coalesce((who.s).authenticated_at, (who.s).created_at), facts)
            then (api.refuse('challenge-invalid')).body end);

    if body is not null then
        status := 400;
        return;
    end if;

    select * into status, body from api.prove(who.u, who.s, '0', facts);

    if status is not null then
        return;
    end if;

    update sluice.sessions
    set authenticated_at = now(), amr = api.methods_of(facts,
            facts->'brought' ? 'password', api.asks_factor(actor, facts))
    where id = (who.s).id returning * into s;

    perform sluice.note(actor, 'session-authenticated', s.id::text,
        jsonb_build_object('amr', s.amr, 'address', facts->>'address'));

    status := 200;
    body := api.session_again(who.u, s, facts);
end;
$$;


-- POST /api/sessions/challenge: a sign-in goes on, in the session that its
-- challenge names. It begins once.
create or replace function api.answer_challenge(nobody uuid, args jsonb,
                                                out status integer,
                                                out body jsonb)
language plpgsql as $$
declare
    u sluice.users;
    facts constant jsonb := args->'nginx';
    half constant jsonb := args->'nginx'->'challenge';
begin
    select * into u from sluice.users
    where id = (half->>'user')::uuid and disabled_at is null
    for no key update;

    if u.id is null or not api.has_factor(u.id)
       or api.password_print(u) is distinct from half->>'print'
       or exists (select from sluice.sessions
                  where id = (half->>'session')::uuid) then
        select * into status, body from api.refuse('challenge-invalid');
        return;
    end if;

    select * into status, body from api.prove_code(u, facts);

    if status is null then
        select * into status, body from api.begin_session(u.id,
            facts || jsonb_build_object('session', half->>'session',
                                        'amr', api.methods_of(facts, true,
                                                              true)),
            (half->>'remember')::boolean);

    elsif body->>'problem' = 'field-invalid'
          and facts ?| '{step,recovered}' then
        body := body || '{"problem": "code-wrong"}';
    end if;
end;
$$;


-- POST /api/me/totp: a secret, which counts for nothing until a code of it was
-- shown. One that is there before goes on until then.
create or replace function api.begin_totp(actor uuid, args jsonb,
                                          out status integer, out body jsonb)
language plpgsql as $$
declare
    who record;
    facts constant jsonb := args->'nginx';
begin
    who := api.factor_user(actor, facts, false);

    if who.body is not null then
        status := 400;
        body := who.body;
        return;
    end if;

    if not facts ? 'sealed' then
        select * into status, body
        from api.prove(who.u, who.s, api.fresh_for(), facts);

        if status is null then
            status := 200;
            body := jsonb_build_object('need', jsonb_build_object(
                'secret', (who.u).email, 'owner', actor));
        end if;
        return;
    end if;

    delete from sluice.factors
    where user_id = actor and kind = 'totp' and confirmed_at is null;

    insert into sluice.factors (id, user_id, kind, sealed)
    values (sluice.uuid_v7(), actor, 'totp', facts->>'sealed');

    status := 201;
    body := '{}';
end;
$$;


-- New recovery codes in place of those of before; `digests` in hex.
create or replace function api.keep_recovery_codes(actor uuid, facts jsonb)
returns void
language plpgsql as $$
begin
    delete from sluice.recovery_codes where user_id = actor;

    insert into sluice.recovery_codes (user_id, digest)
    select actor, decode(digest, 'hex')
    from jsonb_array_elements_text(facts->'digests') digest;

    perform sluice.note(actor, 'recovery-codes-made', actor::text,
        jsonb_build_object('address', facts->>'address'));
end;
$$;


create or replace function api.need_recovery_codes(actor uuid,
                                                   out status integer,
                                                   out body jsonb)
language sql immutable as $$
    select 200, jsonb_build_object('need', jsonb_build_object(
        'codes', true, 'owner', actor));
$$;


-- POST /api/me/totp/confirm: a code shows that the secret arrived. From now on
-- it is asked for; this session has shown it.
create or replace function api.confirm_totp(actor uuid, args jsonb,
                                            out status integer,
                                            out body jsonb)
language plpgsql as $$
declare
    who record;
    f sluice.factors;
    s sluice.sessions;
    facts constant jsonb := args->'nginx';
begin
    who := api.factor_user(actor, facts, false);
    body := coalesce(who.body, api.refuse_flags(args, '{cookies}'));

    select * into f from sluice.factors
    where user_id = actor and kind = 'totp' and confirmed_at is null
      and created_at > now() - interval '1 hour';

    if body is null and f.id is null then
        body := (api.refuse('conflict', 'Nothing has begun, or an hour ago: '
                            'POST /api/me/totp.')).body;
    end if;

    if body is not null then
        status := 400;
        return;
    end if;

    -- they are made first: what shows the code is done once
    if not facts ? 'digests' then
        select * into status, body from api.need_recovery_codes(actor);
        return;
    end if;

    select * into status, body from api.prove_totp(who.u, f, facts);

    if status is not null then
        return;
    end if;

    delete from sluice.factors
    where user_id = actor and kind = 'totp' and confirmed_at is not null;
    update sluice.factors set confirmed_at = now() where id = f.id;

    update sluice.sessions set amr = api.methods(true)
    where id = (who.s).id returning * into s;

    perform sluice.note(actor, 'factor-added', actor::text,
        jsonb_build_object('kind', 'totp', 'address', facts->>'address'));
    perform api.keep_recovery_codes(actor, facts);
    perform api.tell_factor(actor, 'added', facts);

    status := 200;
    body := api.session_again(who.u, s, facts);
end;
$$;


-- DELETE /api/me/totp: also one that has only begun. With the last factor its
-- recovery codes go.
create or replace function api.delete_totp(actor uuid, args jsonb,
                                           out status integer, out body jsonb)
language plpgsql as $$
declare
    who record;
    facts constant jsonb := args->'nginx';
    counted constant boolean := api.has_factor(actor);
begin
    who := api.factor_user(actor, facts, true);

    if who.body is null and not exists (
        select from sluice.factors
        where user_id = actor and kind = 'totp') then
        who.body := (api.refuse('not-found')).body;
    end if;

    if who.body is not null then
        status := 400;
        body := who.body;
        return;
    end if;

    select * into status, body
    from api.prove(who.u, who.s, api.fresh_for(), facts);

    if status is not null then
        return;
    end if;

    delete from sluice.factors where user_id = actor and kind = 'totp';

    perform api.drop_idle_codes(actor);
    perform sluice.note(actor, 'factor-removed', actor::text,
        jsonb_build_object('kind', 'totp', 'address', facts->>'address'));

    if counted then
        perform api.tell_factor(actor, 'removed', facts);
    end if;

    status := 204;
end;
$$;


-- POST /api/me/recovery-codes: those of before are none any more.
create or replace function api.renew_recovery_codes(actor uuid, args jsonb,
                                                    out status integer,
                                                    out body jsonb)
language plpgsql as $$
declare
    who record;
    facts constant jsonb := args->'nginx';
begin
    who := api.factor_user(actor, facts, false);

    if who.body is null and not api.has_factor(actor) then
        who.body := (api.refuse('conflict', 'They stand in for a second '
                                'factor, and you have none.')).body;
    end if;

    if who.body is not null then
        status := 400;
        body := who.body;
        return;
    end if;

    if not facts ? 'digests' then
        select * into status, body from api.need_recovery_codes(actor);
        return;
    end if;

    select * into status, body
    from api.prove(who.u, who.s, api.fresh_for(), facts);

    if status is null then
        perform api.keep_recovery_codes(actor, facts);
        perform api.tell_factor(actor, 'codes', facts);
        status := 201;
        body := '{}';
    end if;
end;
$$;


-- For who has lost all of them, as sluicectl sets users: by address or id, null
-- when there is none. He signs in with his password alone, until he sets one up.
drop function if exists
    api.reset_factors(text),
    api.reset_factors(text, uuid);

create or replace function api.reset_factors(who text,
    actor uuid default null, facts jsonb default '{}') returns jsonb
language plpgsql as $$
declare
    u sluice.users;
    counted boolean;
begin
    select * into u from sluice.users person
    where person.id = api.user_named(who) for no key update;

    if not found then
        return null;
    end if;

    counted := api.has_factor(u.id);
    delete from sluice.factors where user_id = u.id;
    delete from sluice.passkeys where user_id = u.id;
    delete from sluice.recovery_codes where user_id = u.id;
    delete from sluice.code_tries where user_id = u.id;
    perform sluice.note(actor, 'factors-reset', u.id::text);

    if counted then
        perform api.tell_factor(u.id, 'removed', facts);
    end if;

    return api.user_object(u, '[]');
end;
$$;
