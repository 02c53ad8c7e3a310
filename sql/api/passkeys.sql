-- Passkeys of one's own: how one is added, named, shown again and taken away.

create or replace function api.passkey_object(p sluice.passkeys) returns jsonb
language sql stable as $$
    select jsonb_build_object('id', p.id, 'name', p.name,
        'credential', p.credential, 'transports', to_jsonb(p.transports),
        'synced', p.eligible, 'backed_up', p.backed_up,
        'created_at', p.created_at, 'last_used_at', p.used_at);
$$;


-- POST /api/sessions/current/passkey-options: to show one of one's own again,
-- alone, or beside the password where it cannot tell who holds it.
create or replace function api.offer_again(actor uuid, args jsonb,
                                           out status integer, out body jsonb)
language plpgsql as $$
declare
    facts constant jsonb := args->'nginx';
    own constant uuid := nullif(args->'nginx'->>'own', '')::uuid;
begin
    status := 400;
    body := coalesce(api.refuse_no_passkeys(facts), case
        when own is null or not exists (select from sluice.passkeys
                                        where user_id = actor)
            then (api.refuse('conflict', 'You have no passkey.')).body end);

    if body is not null then
        return;
    elsif not facts ? 'offer' then
        select * into status, body from api.need_offer('again', own);
        return;
    end if;

    status := 200;
    body := api.request_options(facts->'offer',
                                api.passkey_descriptors(actor), 'preferred');
end;
$$;


-- Null when this user may have one more.
create or replace function api.refuse_passkey(u sluice.users, facts jsonb)
returns jsonb
language sql stable as $$
    select coalesce(api.refuse_no_passkeys(facts), case
        when (select count(*) from sluice.passkeys where user_id = u.id)
             >= 20
            then (api.refuse('too-many', 'You have twenty passkeys: remove one '
                             'first.')).body end);
$$;


create or replace function api.refuse_passkey_name(args jsonb) returns jsonb
language sql immutable as $$
    select (api.refuse('field-invalid', 'A text of 1 to 100 characters.',
                       'name')).body
    where jsonb_typeof(args->'name') is distinct from 'string'
       or not api.is_text(args->>'name', 100);
$$;


-- POST /api/me/passkeys/options: PublicKeyCredentialCreationOptionsJSON, 5.1.9.
-- The user's id is that of his account, in bytes: no name that tells anybody.
create or replace function api.begin_passkey(actor uuid, args jsonb,
                                             out status integer,
                                             out body jsonb)
language plpgsql as $$
declare
    who record;
    facts constant jsonb := args->'nginx';
begin
    who := api.factor_user(actor, facts, true);
    status := 400;
    body := coalesce(who.body, api.refuse_passkey(who.u, facts));

    if body is not null then
        return;
    elsif not facts ? 'offer' then
        select * into status, body
        from api.prove(who.u, who.s, api.fresh_for(), facts);

        if status is null then
            select * into status, body from api.need_offer('add', actor);
        end if;
        return;
    end if;

    status := 200;
    body := jsonb_build_object(
        'rp', jsonb_build_object('id', facts#>'{offer,rp}',
                                 'name', facts#>'{offer,rp}'),
        'user', jsonb_build_object('id', translate(rtrim(
                encode(uuid_send(actor), 'base64'), '='), '+/', '-_'),
            'name', (who.u).email,
            'displayName', coalesce((who.u).name, (who.u).email)),
        'challenge', facts#>'{offer,challenge}',
        'timeout', facts#>'{offer,timeout}',
        'pubKeyCredParams', (select jsonb_agg(jsonb_build_object(
            'type', 'public-key', 'alg', alg)) from unnest('{-8,-7,-257}'::
            integer[]) alg),
        'excludeCredentials', api.passkey_descriptors(actor),
        'authenticatorSelection', jsonb_build_object(
            'residentKey', 'preferred', 'requireResidentKey', false,
            'userVerification', 'preferred'),
        'attestation', 'none',
        'extensions', jsonb_build_object('credProps', true));
end;
$$;


-- Null when what nginx has read is one that can be added.
create or replace function api.refuse_new_passkey(u sluice.users, args jsonb)
returns jsonb
language sql stable as $$
    select coalesce(
        api.refuse_flags(args, '{cookies}'),
        api.refuse_passkey_name(args), case
        when not args->'nginx' ? 'passkey'
            then (api.refuse('field-invalid', 'This must be an object, as '
                  'PublicKeyCredential.toJSON() makes it.', 'passkey')).body
        when not api.is_offered(u.id, u.passkeys_at, args->'nginx')
            then (api.refuse('challenge-invalid')).body
        when exists (select from sluice.passkeys
                     where credential = args#>>'{nginx,passkey,id}')
            then (api.refuse('conflict', 'This passkey is known already.',
                             'passkey.id')).body end);
$$;


-- POST /api/me/passkeys: what an authenticator made of it. This session has shown
-- it; with the first second factor recovery codes come along.
create or replace function api.add_passkey(actor uuid, args jsonb,
                                           out status integer, out body jsonb)
language plpgsql as $$
declare
    who record;
    p sluice.passkeys;
    s sluice.sessions;
    facts constant jsonb := args->'nginx';
    made constant jsonb := args->'nginx'->'passkey';
    first_one constant boolean := not api.has_factor(actor);
begin
    who := api.factor_user(actor, facts, true);
    s := who.s;
    status := 400;
    body := coalesce(who.body, api.refuse_passkey(who.u, facts),
                     api.refuse_new_passkey(who.u, args));

    if body is not null then
        return;
    elsif first_one and not facts ? 'digests' then
        select * into status, body from api.need_recovery_codes(actor);
        return;
    end if;

    select * into status, body
    from api.prove(who.u, who.s, api.fresh_for(), facts);

    if status is not null then
        return;
    end if;

    insert into sluice.passkeys (id, user_id, credential, key, name, transports,
                                 count, eligible, backed_up)
    values (sluice.uuid_v7(), actor, made->>'id', made->>'key', args->>'name',
            array(select jsonb_array_elements_text(made->'transports')),
            (made->>'count')::bigint, (made->>'eligible')::boolean,
            (made->>'backed_up')::boolean)
    on conflict (credential) do nothing returning * into p;

    if p.id is null then                -- another user was quicker with it
        select * into status, body from api.refuse('conflict',
            'This passkey is known already.', 'passkey.id');
        return;
    end if;

    update sluice.users set passkeys_at = clock_timestamp() where id = actor;

    if not coalesce('mfa' = any (s.amr), false) then
        update sluice.sessions
        set amr = api.methods_of(
            facts || '{"brought": ["passkey"]}',
            'pwd' = any (coalesce(s.amr, api.methods(false))), true)
        where id = s.id returning * into s;
    end if;

    perform sluice.note(actor, 'passkey-added', p.id::text,
        jsonb_build_object('name', p.name, 'address', facts->>'address'));
    perform api.tell(who.u, 'passkey-added', facts,
                     jsonb_build_object('passkey', p.name));

    if first_one then
        perform api.keep_recovery_codes(actor, facts);
    end if;

    status := 201;
    body := api.session_again(who.u, s, facts) || jsonb_build_object('told',
        jsonb_build_object('passkey', api.passkey_object(p)));
end;
$$;


-- GET /api/me/passkeys: they are few.
create or replace function api.list_passkeys(actor uuid, args jsonb,
                                             out status integer,
                                             out body jsonb)
language sql stable as $$
    select 200, jsonb_build_object('items', coalesce(
        jsonb_agg(api.passkey_object(p) order by p.id), '[]'))
    from sluice.passkeys p where p.user_id = actor;
$$;


-- PATCH /api/me/passkeys/{id}: another name.
create or replace function api.change_passkey(actor uuid, args jsonb,
                                              out status integer,
                                              out body jsonb)
language plpgsql as $$
declare
    p sluice.passkeys;
begin
    status := 400;
    body := api.refuse_passkey_name(args);

    if body is not null then
        return;
    end if;

    update sluice.passkeys set name = args->>'name'
    where id = (args->>'id')::uuid and user_id = actor returning * into p;

    if not found then
        select * into status, body from api.refuse('not-found');
        return;
    end if;

    status := 200;
    body := api.passkey_object(p);
end;
$$;


-- DELETE /api/me/passkeys/{id}. With the last factor its recovery codes go.
create or replace function api.delete_passkey(actor uuid, args jsonb,
                                              out status integer,
                                              out body jsonb)
language plpgsql as $$
declare
    who record;
    p sluice.passkeys;
    facts constant jsonb := args->'nginx';
begin
    who := api.factor_user(actor, facts, true);
    status := 400;
    body := who.body;

    select * into p from sluice.passkeys
    where id = (args->>'id')::uuid and user_id = actor;

    if body is null and p.id is null then
        body := (api.refuse('not-found')).body;
    end if;

    if body is not null then
        return;
    end if;

    select * into status, body
    from api.prove(who.u, who.s, api.fresh_for(), facts);

    if status is not null then
        return;
    end if;

    delete from sluice.passkeys where id = p.id;

    perform api.drop_idle_codes(actor);
    perform sluice.note(actor, 'passkey-removed', p.id::text,
        jsonb_build_object('name', p.name, 'address', facts->>'address'));
    perform api.tell_factor(actor, 'removed', facts);
    status := 204;
end;
$$;
