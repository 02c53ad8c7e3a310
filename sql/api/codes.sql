-- Codes of a second factor: who has one, who must show one, and whether one that
-- came along is right. They are looked at in C, which alone can read secrets: a
-- function that needs it says so, and is called again with what was found
-- (ngx_module/account/ngx_http_sluice_need.h). So are passkeys. What the client
-- sent of passwords and codes is named in `brought` of nginx's facts, and never
-- told.

create or replace function api.has_factor(actor uuid) returns boolean
language sql stable as $$
    select exists (select from sluice.factors
                   where user_id = actor and confirmed_at is not null)
           or exists (select from sluice.passkeys where user_id = actor);
$$;


-- Whether this server asks for it.
create or replace function api.asks_factor(actor uuid, facts jsonb)
returns boolean
language sql stable as $$
    select (facts->>'factors')::boolean is distinct from false
           and api.has_factor(actor);
$$;


-- Who must have a second factor: `factor_from` is the least role of those, null
-- for nobody's. Another issuer's users sign in there.
create or replace function api.must_have_factor(u sluice.users, facts jsonb)
returns boolean
language sql immutable as $$
    select u.issuer is null and coalesce(
        array_position('{viewer,editor,admin}', u.role)
        >= array_position('{viewer,editor,admin}', facts->>'factor_from'),
        false);
$$;


-- Whether a session is for nothing but to set up a second factor, or to show
-- the one that is there.
create or replace function api.is_enrolling(u sluice.users, s sluice.sessions,
                                            facts jsonb) returns boolean
language sql stable as $$
    select api.must_have_factor(u, facts)
           and not (coalesce('mfa' = any (s.amr), false)
                    and api.has_factor(u.id));
$$;


-- What a user sees of it.
create or replace function api.second_factor(u sluice.users, facts jsonb)
returns jsonb
language sql stable as $$
    select jsonb_build_object(
        'required', api.must_have_factor(u, facts),
        'totp', exists (select from sluice.factors
                        where user_id = u.id and kind = 'totp'
                          and confirmed_at is not null),
        'passkeys', case when (facts->>'passkeys')::boolean then
            (select count(*) from sluice.passkeys where user_id = u.id) end,
        'recovery_codes', (select count(*) from sluice.recovery_codes
                           where user_id = u.id and used_at is null));
$$;


-- By what somebody is known who has shown a password, and a code or none.
create or replace function api.methods(code boolean) returns text[]
language sql immutable as $$
    select case when code then '{pwd,otp,mfa}' else '{pwd}' end::text[];
$$;


-- The same of who may have shown a passkey in place of either. Whether it stays
-- in its device, nobody has attested: that it cannot be copied is its word.
create or replace function api.methods_of(facts jsonb, pwd boolean,
                                          code boolean) returns text[]
language sql immutable as $$
    select case
        when not facts->'brought' ? 'passkey' then api.methods(code)
        else case when pwd then '{pwd}' else '{}' end::text[]
             || case when (facts#>>'{passkey,eligible}')::boolean
                     then 'swk' else 'hwk' end
             || '{user,mfa}'::text[] end;
$$;


-- With the last second factor its recovery codes go.
create or replace function api.drop_idle_codes(owner uuid) returns void
language sql as $$
    delete from sluice.recovery_codes
    where user_id = owner and not api.has_factor(owner);
$$;


-- What a browser is told of a user's passkeys, so that it asks for one of them:
-- PublicKeyCredentialDescriptorJSON (Web Authentication, Level 3, 5.8.3).
create or replace function api.passkey_descriptors(owner uuid) returns jsonb
language sql stable as $$
    select coalesce(jsonb_agg(jsonb_build_object('type', 'public-key',
        'id', credential, 'transports', to_jsonb(transports)) order by id),
        '[]')
    from sluice.passkeys where user_id = owner;
$$;


-- For so long what somebody has shown is enough for what is dangerous.
create or replace function api.fresh_for() returns interval
language sql immutable as $$ select interval '15 min' $$;


-- Null when the session that asks has shown lately all that the account has, or
-- is none of ours; else why not.
create or replace function api.refuse_stale(actor uuid, facts jsonb)
returns jsonb
language plpgsql stable as $$
declare
    s sluice.sessions;
begin
    select * into s from sluice.sessions
    where id = nullif(facts->>'own', '')::uuid and user_id = actor;

    return case when found and not
        (coalesce(s.authenticated_at, s.created_at) > now() - api.fresh_for()
         and (not api.asks_factor(actor, facts)
              or coalesce('mfa' = any (s.amr), false)))
        then (api.refuse('authentication-too-old', 'Show again that it is you: '
                         'POST /api/sessions/current/authenticate.')).body
             || jsonb_build_object('max_age',
                    extract(epoch from api.fresh_for())::bigint) end;
end;
$$;


-- What a challenge is bound to, so that it ends with the password.
create or replace function api.password_print(u sluice.users) returns text
language sql immutable as $$
    select left(encode(sha256(convert_to(u.password, 'UTF8')), 'hex'), 32);
$$;


-- For whom the password was right: a challenge, which nginx signs, where a
-- second factor is to follow; else `status` is null.
create or replace function api.challenge(u sluice.users, args jsonb,
                                         out status integer, out body jsonb)
language plpgsql stable as $$
declare
    has jsonb;
    passkeys jsonb := '[]';
begin
    if api.asks_factor(u.id, args->'nginx') then
        has := api.second_factor(u, args->'nginx');

        if (has->>'passkeys')::bigint > 0 then
            passkeys := api.passkey_descriptors(u.id);
        end if;

        status := 200;
        body := jsonb_build_object('challenge', jsonb_build_object(
            'session', args->'nginx'->>'session', 'user', u.id,
            'print', api.password_print(u),
            'methods', case when passkeys <> '[]' then '["passkey"]'
                            else '[]' end::jsonb
                    || case when (has->>'totp')::boolean then '["totp"]'
                            else '[]' end::jsonb || '["recovery_code"]',
            'passkeys', nullif(passkeys, '[]'),
            'remember', coalesce((args->>'remember')::boolean, true)));
    end if;
end;
$$;


-- So many codes of a kind may be wrong within so long.
create or replace function api.code_tries() returns integer
language sql immutable as $$ select 5 $$;

create or replace function api.code_window() returns interval
language sql immutable as $$ select interval '5 min' $$;


-- Counts a try before the code is looked at, so that no number of requests at
-- once has more of them: null, or the refusal. The caller holds the user's row.
create or replace function api.refuse_try(actor uuid, kind_tried text)
returns jsonb
language plpgsql as $$
declare
    tried timestamptz[];
begin
    select coalesce(array_agg(t order by t), '{}') into tried
    from sluice.code_tries c, unnest(c.at) t
    where c.user_id = actor and c.kind = kind_tried
      and t > now() - api.code_window();

    if cardinality(tried) >= api.code_tries() then
        return (api.refuse('too-many', 'Too many codes for this account were '
                           'wrong: come back later.')).body
            || jsonb_build_object('retry_after', ceil(extract(epoch from
                tried[cardinality(tried) - api.code_tries() + 1]
                + api.code_window() - now()))::bigint);
    end if;

    insert into sluice.code_tries as c (user_id, kind, at)
    values (actor, kind_tried, tried || now())
    on conflict (user_id, kind) do update set at = excluded.at;

    return null;
end;
$$;


-- What was tried was right: it does not stay counted.
create or replace function api.was_right(actor uuid, kind_tried text)
returns void
language sql as $$
    update sluice.code_tries c set at = c.at[1:cardinality(c.at) - 1]
    where c.user_id = actor and c.kind = kind_tried;
$$;


-- What was tried was right, or not: then it stays counted, and `field` is named.
create or replace function api.refuse_wrong(actor uuid, kind_tried text,
                                            right_one boolean, field text,
                                            facts jsonb) returns jsonb
language plpgsql as $$
begin
    if right_one then
        perform api.was_right(actor, kind_tried);
        return null;
    end if;

    perform sluice.note(actor, 'second-factor-failed', actor::text,
        jsonb_build_object('kind', kind_tried,
                           'address', facts->>'address'));
    return (api.refuse('field-invalid', 'This code is wrong, or was used '
                       'before.', field)).body;
end;
$$;


-- A code of the authenticator with this factor: `status` is null once it is
-- right, and not before. Its step is taken in the transaction of what it is for.
create or replace function api.prove_totp(u sluice.users, f sluice.factors,
                                          facts jsonb, out status integer,
                                          out body jsonb)
language plpgsql as $$
begin
    if not facts->'brought' ? 'code' then
        select * into status, body from api.refuse('field-invalid',
            'Six digits, as a text.', 'code');

    elsif f.id is null then
        select * into status, body from api.refuse('field-invalid',
            'You have no authenticator: show a passkey, or a recovery code.',
            'code');

    elsif facts ? 'step' then
        update sluice.factors set used_at = now(),
            last_step = nullif(facts->>'step', 'false')::bigint,
            sealed = coalesce(facts->>'resealed', sealed)
        where id = f.id
          and last_step < nullif(facts->>'step', 'false')::bigint;
        body := api.refuse_wrong(u.id, 'totp', found, 'code', facts);
        status := case when body is not null then 400 end;

    else
        body := api.refuse_try(u.id, 'totp');
        status := 400;

        if body is null then
            status := 200;
            body := jsonb_build_object('need', jsonb_build_object(
                'totp', f.sealed, 'owner', u.id, 'after', f.last_step));
        end if;
    end if;
end;
$$;


-- The same with a code on paper. Those that are left go to be compared, all of
-- them; who was quicker with the same one has used it.
create or replace function api.prove_recovery(u sluice.users, facts jsonb,
                                              out status integer,
                                              out body jsonb)
language plpgsql as $$
begin
    if facts ? 'recovered' then
        update sluice.recovery_codes set used_at = now()
        where user_id = u.id and used_at is null
          and digest = decode(nullif(facts->>'recovered', 'false'), 'hex');

        if found then
            perform sluice.note(u.id, 'recovery-code-used', u.id::text,
                jsonb_build_object('address', facts->>'address', 'left',
                    (select count(*) from sluice.recovery_codes
                     where user_id = u.id and used_at is null)));
        end if;

        body := api.refuse_wrong(u.id, 'recovery', found, 'recovery_code',
                                 facts);
        status := case when body is not null then 400 end;
        return;
    end if;

    body := api.refuse_try(u.id, 'recovery');
    status := 400;

    if body is null then
        status := 200;
        select jsonb_build_object('need', jsonb_build_object('owner', u.id,
            'recovery', coalesce(jsonb_agg(encode(digest, 'hex')), '[]')))
        into body from sluice.recovery_codes
        where user_id = u.id and used_at is null;
    end if;
end;
$$;


-- Null when this passkey may be taken, of which it is certain that it was shown;
-- then that is noted. One that counts how often it has signed, and has not gone
-- on, is there twice (Web Authentication, Level 3, 6.1.1); whether it may be
-- copied never changes (6.1.3). The caller holds the user's row.
create or replace function api.refuse_shown(p sluice.passkeys, facts jsonb)
returns jsonb
language plpgsql as $$
declare
    shown constant jsonb := facts->'passkey';
begin
    if (shown->>'eligible')::boolean <> p.eligible
       or coalesce((shown->>'user')::uuid, p.user_id) <> p.user_id then
        return (api.refuse('passkey-wrong')).body;
    end if;

    if p.count > 0 and (shown->>'count')::bigint <= p.count then
        perform sluice.note(p.user_id, 'passkey-cloned', p.id::text,
            jsonb_build_object('name', p.name, 'count', p.count,
                'shown', shown->'count', 'address', facts->>'address'));
        return (api.refuse('passkey-cloned', 'Sign in with something else, '
                           'remove it, and add it anew.')).body;
    end if;

    update sluice.passkeys
    set count = (shown->>'count')::bigint,
        backed_up = (shown->>'backed_up')::boolean, used_at = now()
    where id = p.id;

    return null;
end;
$$;


-- The same as of codes with a passkey of this user.
create or replace function api.prove_passkey(u sluice.users, facts jsonb,
                                             out status integer,
                                             out body jsonb)
language plpgsql as $$
declare
    p sluice.passkeys;
begin
    select * into p from sluice.passkeys
    where user_id = u.id and credential = facts#>>'{passkey,id}';

    if not facts ? 'signed' then
        status := 400;
        body := api.refuse_try(u.id, 'passkey');

        if body is null then
            status := 200;
            body := jsonb_build_object('need',
                                       jsonb_build_object('passkey', p.key));
        end if;
        return;
    end if;

    if p.id is null or not (facts->>'signed')::boolean then
        perform sluice.note(u.id, 'second-factor-failed', u.id::text,
            jsonb_build_object('kind', 'passkey',
                               'address', facts->>'address'));
        select * into status, body from api.refuse('passkey-wrong');
        return;
    end if;

    body := api.refuse_shown(p, facts);

    if body is null then
        perform api.was_right(u.id, 'passkey');
    else
        status := 400;
    end if;
end;
$$;


-- One of the three.
create or replace function api.prove_code(u sluice.users, facts jsonb,
                                          out status integer, out body jsonb)
language plpgsql as $$
declare
    f sluice.factors;
begin
    if facts->'brought' ? 'passkey' then
        select * into status, body from api.prove_passkey(u, facts);
        return;
    end if;

    if facts->'brought' ? 'recovery_code'
       and not facts->'brought' ? 'code' then
        select * into status, body from api.prove_recovery(u, facts);
        return;
    end if;

    select * into f from sluice.factors
    where user_id = u.id and kind = 'totp' and confirmed_at is not null;

    select * into status, body from api.prove_totp(u, f, facts);
end;
$$;
