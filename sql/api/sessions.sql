-- Sessions: how one signs in, goes on and leaves. Passwords are looked at in C,
-- and tokens are made there of what `session` in a body says.

-- What nginx makes tokens of: a session, how often it was refreshed, and whose
-- it is. `left` is how many seconds it lives on; `authenticated`, since 1970,
-- and `amr` say when and by what he showed that. Who is `enrolling` can do
-- nothing but set up a second factor.
create or replace function api.session_tokens(u sluice.users,
                                              s sluice.sessions, facts jsonb)
returns jsonb
language sql volatile as $$
    select jsonb_build_object('session', jsonb_build_object(
        'id', s.id, 'refreshes', s.refreshes, 'remembered', s.remembered,
        'left', ceil(extract(epoch from s.expires_at - now()))::bigint,
        'issued', api.issued_at(u.id::text),
        'authenticated', floor(extract(epoch from
            coalesce(s.authenticated_at, s.created_at)))::bigint,
        'amr', coalesce(s.amr, api.methods(false)),
        'enrolling', api.is_enrolling(u, s, facts),
        'user', jsonb_build_object('id', u.id, 'email', u.email,
                                   'name', u.name, 'role', u.role)));
$$;


-- The same for who has his refresh token already: another access token alone.
create or replace function api.session_again(u sluice.users,
                                             s sluice.sessions, facts jsonb)
returns jsonb
language sql volatile as $$
    select jsonb_set(api.session_tokens(u, s, facts), '{session,again}',
                     'true');
$$;


drop function if exists api.drop_oldest_session(uuid);


-- Before one more begins: of those that go on as many stay as his plan allows
-- beside it, and in the record the newest thousand. Answers what is revoked.
create or replace function api.drop_oldest_sessions(actor uuid) returns jsonb
language plpgsql as $$
declare
    at_once constant integer := (api.limits(actor)).sessions_max;
    many constant integer := 1000;
    oldest record;
    revoked jsonb := '[]';
begin
    if at_once is not null then
        for oldest in
            select s.id from sluice.sessions s
            where s.user_id = actor and s.ended_at is null
              and s.expires_at > now()
            order by s.id desc offset at_once - 1
        loop
            revoked := revoked || ((api.end_session(actor, oldest.id::text, 0))
                                   .body->'revoked');
        end loop;
    end if;

    for oldest in
        select s.id, s.ended_at is null and s.expires_at > now() as alive
        from sluice.sessions s where s.user_id = actor
        order by s.id desc offset many - 1 limit 2
    loop
        if oldest.alive then
            revoked := revoked || ((api.end_session(actor, oldest.id::text, 0))
                                   .body->'revoked');
        end if;
        delete from sluice.sessions where id = oldest.id;
    end loop;

    return revoked;
end;
$$;


-- Who signs in stays.
create or replace function api.stay(u sluice.users) returns void
language plpgsql as $$
begin
    if u.leaves_at is not null then
        update sluice.users set leaves_at = null where id = u.id;
        perform queue.cancel(id, u.id) from sluice.jobs
        where kind = 'leave' and unique_key = u.id::text
          and state in ('queued', 'retrying');
        perform sluice.note(u.id, 'user-stays', u.id::text);
    end if;
end;
$$;


-- Until when a session that began then may be used, if it is not used from now
-- on. nginx of before says nothing of that (null).
create or replace function api.session_end(began timestamptz, facts jsonb)
returns timestamptz
language sql stable as $$
    select least(began + (facts->>'seconds')::bigint * interval '1 second',
                 now() + (facts->>'idle')::bigint * interval '1 second');
$$;


-- For whom it is certain: `facts` are nginx's, and `amr` among them says by what,
-- unless it was a password alone. The user's row is locked, so that a role or an
-- account that changes meanwhile revokes what this call lets be signed.
create or replace function api.begin_session(actor uuid, facts jsonb,
                                             remember boolean,
                                             out status integer,
                                             out body jsonb)
language plpgsql as $$
declare
    u sluice.users;
    s sluice.sessions;
    revoked jsonb;
begin
    select * into u from sluice.users
    where id = actor and disabled_at is null for no key update;

    if not found then
        select * into status, body from api.refuse('login-failed');
        return;
    end if;

    perform api.stay(u);
    revoked := api.drop_oldest_sessions(actor);

    insert into sluice.sessions (id, user_id, user_agent, address, expires_at,
                                 signs_for, remembered, authenticated_at, amr)
    values ((facts->>'session')::uuid, actor, left(facts->>'agent', 500),
            (facts->>'address')::inet,
            api.session_end(now(), facts),
            (facts->>'signs')::integer, remember, now(),
            coalesce((select array_agg(word) from
                      jsonb_array_elements_text(facts->'amr') word),
                     api.methods(false)))
    returning * into s;

    update sluice.users set signed_in_at = now() where id = actor;
    perform sluice.note(actor, 'session-begun', s.id::text,
                        jsonb_build_object('address', s.address));

    status := 201;
    body := api.session_tokens(u, s, facts)
            || jsonb_build_object('revoked', revoked);
end;
$$;


-- For so long a refresh token that was just used brings its successor: to
-- another tab that asked at once, and to whom the answer did not reach.
create or replace function api.refresh_grace() returns interval
language sql immutable as $$ select interval '10 s' $$;


-- A genuine refresh token, of which `session` and `refreshes` are told; of
-- sessions that began before those were in it `digest` (hex) is. One that was
-- used before was stolen, now or then: the session ends, since nobody knows
-- which of the two is its owner (RFC 9700, 4.14.2).
create or replace function api.refresh_session(nobody uuid, args jsonb,
                                               out status integer,
                                               out body jsonb)
language plpgsql as $$
declare
    u sluice.users;
    s sluice.sessions;
    facts constant jsonb := args->'nginx';
    of uuid := (args->>'session')::uuid;
    used constant bigint := coalesce((args->>'refreshes')::bigint, 0);
begin
    if of is null then
        select id into of from sluice.sessions
        where refresh_digest = decode(args->>'digest', 'hex');
    end if;

    select p.* into u from sluice.users p
    where p.id = (select user_id from sluice.sessions where id = of)
    for no key update;

    select * into s from sluice.sessions where id = of for no key update;

    if s.id is null or s.ended_at is not null or s.expires_at <= now()
       or api.session_end(s.created_at, facts) <= now()
       or u.disabled_at is not null or used > s.refreshes then
        select * into status, body from api.refuse('token-invalid',
            'The session has ended: sign in again.');
        return;
    end if;

    if used = s.refreshes then
        update sluice.sessions
        set refreshes = s.refreshes + 1, used_at = now(),
            used_from = (facts->>'address')::inet,
            expires_at = api.session_end(s.created_at, facts),
            signs_for = greatest(signs_for, (facts->>'signs')::integer)
        where id = s.id returning * into s;

    elsif used < s.refreshes - 1
          or s.used_at < now() - api.refresh_grace() then
        perform sluice.note(u.id, 'refresh-reused', s.id::text,
            jsonb_build_object('address', facts->>'address',
                               'agent', left(facts->>'agent', 500)));
        body := (api.end_session(u.id, s.id::text,
                                 (facts->>'signs')::integer)).body;
        status := 400;
        body := body || (api.refuse('token-invalid', 'This refresh token was '
            'used before, so the session has ended: sign in again.')).body;
        return;
    end if;

    status := 200;
    body := api.session_tokens(u, s, facts);
end;
$$;


-- `session` is empty for those who signed in elsewhere: they have none here.
-- nginx keeps what was taken back in memory of one size: who has ended as many
-- sessions as one user may, of which anything may still be good, ends with the
-- next what was made for him until now, in all of them.
create or replace function api.end_session(actor uuid, session text,
    signs integer, out status integer, out body jsonb)
language plpgsql as $$
declare
    s sluice.sessions;
    u sluice.users;
    many constant integer := 1000;
begin
    status := 204;
    body := jsonb_build_object('revoked', '[]'::jsonb);

    if (select count(*) from (select from sluice.revocations
            where revoked_by = actor and kind = 'sid' and expires_at > now()
            limit many) ended) = many then
        select * into u from sluice.users where id = actor for update;
    end if;

    update sluice.sessions set ended_at = coalesce(ended_at, now())
    where id = nullif(session, '')::uuid and user_id = actor
    returning * into s;

    if s.ended_at = now() then              -- and not before
        perform sluice.note(actor, 'session-ended', session);
    end if;

    if session = '' then
        null;
    elsif u.id is null or s.links_alone then
        body := jsonb_build_object('revoked', jsonb_build_array(
            api.revoke('sid', session, null,
                greatest(now() + greatest(s.signs_for, signs)
                                 * interval '1 second', s.links_until))));
        update sluice.revocations set revoked_by = actor
        where kind = 'sid' and id = session;
    else
        body := jsonb_build_object('revoked',
                                   jsonb_build_array(api.revoke_user(u)));
    end if;

    perform api.forget_revocations();
end;
$$;


-- One's sessions that are alive, the newest first.
create or replace function api.list_sessions(actor uuid, args jsonb,
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
        select s.* from sluice.sessions s
        where s.user_id = actor and s.ended_at is null
          and s.expires_at > now()
          and (coalesce(args->>'cursor', '') = ''
               or s.id < (args->>'cursor')::uuid)
        order by s.id desc limit many + 1
    )
    select jsonb_agg(jsonb_build_object(
               'id', id, 'current',
               id::text = args->'nginx'->>'own',
               'user_agent', user_agent, 'address', address,
               'created_at', created_at, 'used_from', used_from,
               'used_at', coalesce(used_at, created_at),
               'authenticated_at', coalesce(authenticated_at, created_at),
               'amr', coalesce(amr, api.methods(false)),
               'expires_at', expires_at) order by id desc)
    into items from page;

    items := coalesce(items, '[]');

    if jsonb_array_length(items) > many then
        items := items - -1;
        behind := items->-1->>'id';
    end if;

    status := 200;
    body := jsonb_build_object('items', items, 'next', behind);
end;
$$;


-- One of one's own. Who ends others has shown lately who he is: a thief of a
-- session shall not be the one who signs its owner out.
create or replace function api.delete_session(actor uuid, args jsonb,
                                              out status integer,
                                              out body jsonb)
language plpgsql as $$
begin
    perform from sluice.sessions
    where id = (args->>'id')::uuid and user_id = actor and ended_at is null
      and expires_at > now();

    body := case when found then api.refuse_stale(actor, args->'nginx') end;

    if body is not null then
        status := 400;
    elsif found then
        select * into status, body from api.end_session(actor, args->>'id',
            (args->'nginx'->>'signs')::integer);
    else
        select * into status, body from api.refuse('not-found');
    end if;
end;
$$;


-- All of a user's; with `others` all but the caller's. `by` is who does it, when
-- it is not he himself. Where they are more than one user may have taken back one
-- by one, all that was made for him until now ends with them: his own session
-- goes on with its next refresh.
create or replace function api.end_sessions(actor uuid, args jsonb,
                                            out status integer,
                                            out body jsonb)
language plpgsql as $$
declare
    u sluice.users;
    many constant integer := 1000;
    but constant uuid := case when args->>'others' = 'true'
                              then nullif(args->'nginx'->>'own', '')::uuid end;
    signs constant integer := (args->'nginx'->>'signs')::integer;
    too_many boolean;
    revoked jsonb;
begin
    select * into u from sluice.users where id = actor for no key update;

    too_many := (select count(*) from sluice.revocations where revoked_by = actor
             and kind = 'sid' and expires_at > now())
            + (select count(*) from sluice.sessions where user_id = actor
               and ended_at is null and expires_at > now()) > many;

    with ended as (
        update sluice.sessions set ended_at = now()
        where user_id = actor and ended_at is null and expires_at > now()
          and id is distinct from but
        returning *
    )
    select jsonb_agg(api.revoke('sid', id::text, null,
                                greatest(now() + greatest(signs_for, signs)
                                             * interval '1 second',
                                         links_until)) order by id)
           filter (where not too_many or links_alone)
    into revoked from ended;

    revoked := coalesce(revoked, '[]');

    update sluice.revocations set revoked_by = actor
    where kind = 'sid' and id in (select item->>'id'
                                  from jsonb_array_elements(revoked) item);

    if too_many then
        revoked := revoked || api.revoke_user(u);
    end if;

    perform sluice.note(coalesce((args->'nginx'->>'by')::uuid, actor),
                        'sessions-ended', actor::text,
                        jsonb_build_object('but', but));
    perform api.forget_revocations();

    status := 204;
    body := jsonb_build_object('revoked', revoked);
end;
$$;


-- DELETE /api/sessions, for oneself.
create or replace function api.delete_sessions(actor uuid, args jsonb,
                                               out status integer,
                                               out body jsonb)
language plpgsql as $$
begin
    if args->>'others' not in ('true', 'false') then
        select * into status, body from api.refuse('field-invalid',
            'One of true, false.', 'others');
        return;
    end if;

    body := api.refuse_stale(actor, args->'nginx');

    if body is not null then
        status := 400;
    else
        select * into status, body from api.end_sessions(actor, args);
    end if;
end;
$$;
