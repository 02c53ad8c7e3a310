-- Passkeys (Web Authentication, Level 3), and how one signs in with one. What is
-- looked at without the record, C has looked at before these are called; whether
-- a signature is right it tells when it is asked
-- (ngx_module/account/ngx_http_sluice_need.h). Challenges are made there, too.

-- A challenge for this, made now by the record's clock, which tells afterwards
-- what came first.
create or replace function api.need_offer(what text, of_what uuid,
                                          out status integer, out body jsonb)
language sql volatile as $$
    select 200, jsonb_build_object('need', jsonb_build_object(
        'offer', what, 'of', of_what,
        'since', ceil(extract(epoch from clock_timestamp()) * 1000)::bigint));
$$;


-- PublicKeyCredentialRequestOptionsJSON: 5.1.10.
create or replace function api.request_options(offer jsonb, allowed jsonb,
                                               verified text) returns jsonb
language sql immutable as $$
    select jsonb_build_object('challenge', offer->'challenge',
        'timeout', offer->'timeout', 'rpId', offer->'rp',
        'allowCredentials', allowed, 'userVerification', verified);
$$;


create or replace function api.refuse_no_passkeys(facts jsonb) returns jsonb
language sql immutable as $$
    select (api.refuse('conflict', 'Passkeys are not taken on this server.'))
           .body
    where (facts->>'passkeys')::boolean is not true;
$$;


-- POST /api/sessions/passkey-options: for whoever wants to sign in. Nothing is
-- kept of it: the challenge names the session that begins with it, once.
create or replace function api.offer_sign_in(nobody uuid, args jsonb,
                                             out status integer,
                                             out body jsonb)
language plpgsql as $$
declare
    facts constant jsonb := args->'nginx';
begin
    status := 400;
    body := api.refuse_no_passkeys(facts);

    if body is not null then
        return;
    elsif not facts ? 'offer' then
        select * into status, body
        from api.need_offer('sign-in', (facts->>'session')::uuid);
        return;
    end if;

    status := 200;
    body := api.request_options(facts->'offer', '[]', 'required');
end;
$$;


-- POST /api/sessions, with `passkey` in place of address and password: whose it
-- is, the passkey says itself.
create or replace function api.sign_in_passkey(args jsonb, out status integer,
                                               out body jsonb)
language plpgsql as $$
declare
    p sluice.passkeys;
    facts constant jsonb := args->'nginx';
    shown constant jsonb := args->'nginx'->'passkey';
begin
    status := 400;
    body := case
        when args ? 'email' or facts->'brought' ? 'password'
            then (api.refuse('field-invalid', 'Either this, or email and '
                             'password.', 'passkey')).body
        when not (shown->>'verified')::boolean
            then (api.refuse('field-invalid', 'Without a password who holds it '
                             'must be verified, by PIN, finger or face.',
                             'passkey.response.authenticatorData')).body end;

    if body is not null then
        return;
    end if;

    select k.* into p from sluice.passkeys k
    join sluice.users u on u.id = k.user_id
    where k.credential = shown->>'id' and k.user_id = (shown->>'user')::uuid
      and u.disabled_at is null;

    if not facts ? 'signed' then
        status := 200;
        body := jsonb_build_object('need', jsonb_build_object(
            'passkey', p.key, 'account', 'passkey ' || (shown->>'id')));
        return;
    elsif p.id is null or not (facts->>'signed')::boolean then
        select * into status, body from api.refuse('passkey-wrong');
        return;
    end if;

    -- what was counted meanwhile counts, and what was removed is none
    perform from sluice.users where id = p.user_id for no key update;
    select * into p from sluice.passkeys where id = p.id;

    body := case
        when p.id is null then (api.refuse('passkey-wrong')).body
        when exists (select from sluice.sessions
                     where id = (shown#>>'{offer,of}')::uuid)
            then (api.refuse('challenge-invalid')).body end;
    body := coalesce(body, api.refuse_shown(p, facts));

    if body is null then
        select * into status, body from api.begin_session(p.user_id,
            facts || jsonb_build_object('session', shown#>>'{offer,of}',
                'amr', api.methods_of(facts, false, true)),
            coalesce((args->>'remember')::boolean, true));
    end if;
end;
$$;
