-- What an nginx or a worker of before still calls while it is replaced, since
-- `db migrate` comes first (docs/operating.md). Each says until when it was
-- called; they all go with 0.2.0, since none is called from 0.1.0 on.


-- Until 2026-11-29, 18:18, when plain uploads had no row of their own: may this
-- user bring something (of so many bytes, when that is known) at all?
create or replace function api.reserve_upload(actor uuid, args jsonb,
                                              out status integer,
                                              out body jsonb)
language plpgsql stable as $$
begin
    perform from sluice.users where id = actor and disabled_at is null;

    if not found then
        select * into status, body from api.refuse('token-invalid');
        return;
    end if;

    body := coalesce(api.refuse_jobs(actor),
                     api.refuse_bytes(actor, (args->>'bytes')::bigint),
                     api.refuse_attachment(actor, args));
    status := 400;

    if body is null then
        status := 200;
        body := jsonb_build_object('room', api.longest(actor));
    end if;
end;
$$;


-- Until 2026-11-29, 13:10, by another name.
create or replace function api.begin_upload(actor uuid, args jsonb,
    out status integer, out body jsonb)
language sql as $$
    select * from api.reserve_upload(actor, args);
$$;


-- Until 2026-11-29, 13:10, by another name.
create or replace function api.create_media(actor uuid, args jsonb,
    out status integer, out body jsonb)
language sql as $$
    select * from api.ingest(actor, args);
$$;


-- Until 2026-11-29, 13:10, by another name.
create or replace function api.follow_job(actor uuid, args jsonb,
    out status integer, out body jsonb)
language sql as $$
    select * from api.get_job(actor, args, true);
$$;


-- Until 2026-11-29, 17:55: it does not tell when the token was issued.
create or replace function api.provision_user(person uuid, issuer_given text,
    subject_given text, email_given text, name_given text, role_given text,
    out status integer, out body jsonb)
language sql as $$
    select * from api.provision_user(person, issuer_given, subject_given,
        email_given, name_given, role_given, null);
$$;


-- Until 2026-11-29, 13:10, by another name.
create or replace function api.adopt_user(person uuid, issuer_given text,
    subject_given text, email_given text, name_given text, role_given text,
    out status integer, out body jsonb)
language sql as $$
    select * from api.provision_user(person, issuer_given, subject_given,
        email_given, name_given, role_given);
$$;


-- Until 2026-11-29, 18:18, when an upload's file was made before its row.
create or replace function api.create_upload(actor uuid, args jsonb,
                                             out status integer, out body jsonb)
language plpgsql as $$
begin
    select * into status, body
    from api.add_upload(actor, '{"bytes": 0}' || args);

    if status = 201 then
        select * into status, body from api.keep_upload(actor, args);
    end if;
end;
$$;


-- Until 2026-11-30, 04:00, by another name.
create or replace function api.claim_upload(actor uuid, args jsonb,
    out status integer, out body jsonb)
language sql as $$
    select * from api.grow_upload(actor, args);
$$;


-- Until 2026-11-29, 18:44, when a slot did not say that it lives.
create or replace function queue.tick() returns jsonb
language sql as $$ select queue.tick(null) $$;


-- Until 2026-11-30, 07:00, when nginx asked for the hash by itself.
create or replace function api.find_login(email_given text)
returns table (id uuid, email text, name text, role text, password text)
language sql stable as $$
    select u.id, u.email, u.name, u.role, u.password from sluice.users u
    where lower(u.email) = lower(email_given) and u.disabled_at is null
      and u.password is not null;
$$;


-- Until 2026-11-30, 06:00, when a refresh token never changed.
create or replace function api.create_session(session uuid, actor uuid,
    digest bytea, agent text, peer inet, seconds bigint, signs integer)
returns table (role text, issued bigint)
language plpgsql as $$
#variable_conflict use_column
begin
    perform from sluice.users where id = actor and disabled_at is null
    for no key update;

    if found then
        perform api.drop_oldest_sessions(actor);

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
