-- Sessions: how one signs in, goes on and leaves. They have functions of their
-- own form, since passwords and tokens are made in C.

create or replace function api.find_login(email_given text)
returns table (id uuid, email text, name text, role text, password text)
language sql stable as $$
    select u.id, u.email, u.name, u.role, u.password from sluice.users u
    where lower(u.email) = lower(email_given) and u.disabled_at is null
      and u.password is not null;
$$;


-- `signs`: for how many seconds nginx signs with a session by itself. The
-- user's row is locked, so that a role or an account that changes meanwhile
-- revokes what this call lets be signed. No row: the user is disabled by now.
-- A user has the newest thousand: with one more the oldest ends, and goes.
create or replace function api.create_session(session uuid, actor uuid,
    digest bytea, agent text, peer inet, seconds bigint, signs integer)
returns table (role text, issued bigint)
language plpgsql as $$
#variable_conflict use_column
declare
    many constant integer := 1000;
    oldest record;
begin
    perform from sluice.users where id = actor and disabled_at is null
    for no key update;

    if found then
        for oldest in
            select s.id, s.ended_at is null and s.expires_at > now() as alive
            from sluice.sessions s where s.user_id = actor
            order by s.id desc offset many - 1 limit 2
        loop
            if oldest.alive then
                perform api.end_session(actor, oldest.id::text, 0);
            end if;
            delete from sluice.sessions where id = oldest.id;
        end loop;

        insert into sluice.sessions (id, user_id, refresh_digest, user_agent,
                                     address, expires_at, signs_for)
        values (session, actor, digest, left(agent, 500), peer,
                now() + seconds * interval '1 second', signs);

        perform sluice.note(actor, 'session-begun', session::text,
                            jsonb_build_object('address', peer));

        return query select u.role, api.issued_at(actor::text)
                     from sluice.users u where u.id = actor;
    end if;
end;
$$;


create or replace function api.refresh_session(digest bytea, signs integer)
returns table (id uuid, email text, name text, role text, session uuid,
               issued bigint)
language plpgsql as $$
#variable_conflict use_column
begin
    perform from sluice.users u join sluice.sessions s on s.user_id = u.id
    where s.refresh_digest = digest for share of u;

    update sluice.sessions set signs_for = signs
    where refresh_digest = digest and signs_for < signs;

    return query
        select u.id, u.email, u.name, u.role, s.id, api.issued_at(u.id::text)
        from sluice.sessions s join sluice.users u on u.id = s.user_id
        where s.refresh_digest = digest and s.ended_at is null
          and s.expires_at > now() and u.disabled_at is null;
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
