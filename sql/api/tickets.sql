-- What is mailed, and what its links are good for. Whether somebody has an
-- account shows in no answer, nor in how long it takes: an address that is known
-- and one that is not cost the same statements.

-- An address as nginx reads it (core/account/address.h): what is stored, and
-- what it is compared by.
create or replace function api.email_of(facts jsonb) returns text
language sql immutable as $$ select facts->'email'->>'text' $$;

create or replace function api.email_key(facts jsonb) returns text
language sql immutable as $$ select facts->'email'->>'key' $$;


-- Who has the address; null: nobody.
create or replace function api.user_of(key text) returns sluice.users
language sql stable as $$
    select * from sluice.users where coalesce(email_key, lower(email)) = key;
$$;


-- Where the pages are: nginx says it, and it is kept for whom nobody tells.
-- Null: nobody has said it yet.
create or replace function api.site_of(facts jsonb) returns text
language plpgsql as $$
declare
    known constant text := (select url from sluice.site);
begin
    if facts->>'site' <> coalesce(known, '') then
        insert into sluice.site (url) values (facts->>'site')
        on conflict (alone) do update set url = excluded.url;
    end if;

    return coalesce(facts->>'site', known);
end;
$$;


-- A mail by the template of this name; to nobody (null) it is not sent. What is
-- in `vals` may stand in it, and of the ticket the token that nginx made.
create or replace function api.send_mail(template text, address text,
    language text, facts jsonb, vals jsonb default '{}',
    ticket uuid default null) returns void
language plpgsql as $$
declare
    site constant text := api.site_of(facts);
begin
    if site is null then                    -- where should it lead?
        return;
    end if;

    perform queue.enqueue('mail', jsonb_strip_nulls(jsonb_build_object(
        'template', template, 'to', address, 'site', site,
        'language', coalesce(language, facts->>'language'), 'token', case when ticket is not null
             then facts->'ticket'->>'token' end,
        'values', vals)));
end;
$$;


-- Mail about an account goes to its owner, if he has an address, 20 times a day
-- at most.
create or replace function api.tell(u sluice.users, template text, facts jsonb,
                                    vals jsonb default '{}') returns void
language plpgsql as $$
declare
    key constant text := coalesce(u.email_key, lower(u.email));
    most constant integer := 20;
begin
    if key is null or (select count(*) from (select from sluice.tickets
            where email_key = key and purpose = 'notice'
              and created_at > now() - interval '1 day' limit most) x) = most
    then
        return;
    end if;

    insert into sluice.tickets (id, purpose, user_id, email, email_key,
                                expires_at, used_at)
    values (sluice.uuid_v7(), 'notice', u.id, u.email, key, now(), now());

    perform api.send_mail(template, u.email, u.locale, facts,
        jsonb_build_object('name', coalesce(u.name, u.email)) || vals);
end;
$$;


-- What happened to a second factor of an account, of whichever kind: one was
-- 'added' or 'removed', or the recovery 'codes' were made anew. Whoever does it,
-- its owner hears of it.
create or replace function api.tell_factor(owner uuid, what text,
                                           facts jsonb) returns void
language plpgsql as $$
declare
    u sluice.users;
begin
    select * into u from sluice.users where id = owner;
    perform api.tell(u, 'factor-' || what, coalesce(facts, '{}'));
end;
$$;


-- From where: a household or an office (RFC 6177), as one.
create or replace function api.network_of(facts jsonb) returns inet
language sql immutable as $$
    select network(set_masklen(a, case family(a) when 4 then 24 else 64 end))
    from (select (facts->>'address')::inet a) x;
$$;


-- Null when more mails may be asked for from there, else why not: for those who
-- have not signed in. One at a time is counted.
create or replace function api.refuse_network(facts jsonb) returns jsonb
language plpgsql as $$
declare
    from_there constant inet := api.network_of(facts);
    most constant integer := 100;           -- an hour
    oldest timestamptz;
begin
    if from_there is null then
        return null;
    end if;

    perform pg_advisory_xact_lock(hashtextextended('mails of '
                                                   || from_there, 0));
    select created_at into oldest from sluice.tickets
    where network = from_there and created_at > now() - interval '1 hour'
    order by created_at desc offset most - 1 limit 1;

    return case when found then (api.refuse('too-many',
            'Too many mails were asked for from there.')).body
        || jsonb_build_object('retry_after', 1 + ceil(extract(epoch from
               oldest + interval '1 hour' - now()))::integer) end;
end;
$$;


-- A ticket by the id that nginx has made a link of, which is returned; null when as many mails have gone to this address as
-- it gets: 3 an hour, 10 a day.
create or replace function api.begin_ticket(purpose text, email text, key text,
    life interval, facts jsonb, data jsonb default '{}',
    person uuid default null, maker uuid default null) returns uuid
language plpgsql as $$
declare
    ticket uuid;
begin
    perform pg_advisory_xact_lock(hashtextextended('mails to ' || key, 0));

    if (select count(*) >= 10
               or count(*) filter (where created_at > now()
                                         - interval '1 hour') >= 3
        from sluice.tickets t
        where t.email_key = key and t.purpose <> 'notice'
          and t.created_at > now() - interval '1 day') then
        return null;
    end if;

    insert into sluice.tickets (id, purpose, user_id, email, email_key, network,
                                data, made_by, expires_at)
    values ((facts->'ticket'->>'id')::uuid, purpose, person, email, key,
            case when maker is null and person is null
                 then api.network_of(facts) end,
            jsonb_strip_nulls(data), maker, now() + life)
    returning id into ticket;

    return ticket;
end;
$$;


-- The ticket that the link has brought, locked, and before it the row of whose
-- account it changes; or why it is good for nothing. An invitation is no better
-- than who made it.
create or replace function api.take_ticket(purpose_given text, facts jsonb,
                                           out t sluice.tickets,
                                           out refusal jsonb)
language plpgsql as $$
declare
    whose uuid;
begin
    select * into t from sluice.tickets
    where id = (facts->>'link')::uuid and purpose = purpose_given;

    whose := coalesce(t.user_id, (api.user_of(t.email_key)).id);
    perform from sluice.users where id = whose for no key update;
    select * into t from sluice.tickets where id = t.id for update;

    refusal := case
        when t.id is null then (api.refuse('not-found',
            'There is no such link.')).body
        when t.used_at is not null then (api.refuse('link-ended',
            'This link was used before.')).body
        when t.expires_at <= now() then (api.refuse('link-ended',
            'This link has expired: ask for a new one.')).body
        when purpose_given = 'invitation' and not api.is_admin(t.made_by)
            then (api.refuse('link-ended', 'Whoever invited you is no admin '
                             'any more: ask for another invitation.')).body end;
end;
$$;


create or replace function api.end_ticket(ticket uuid) returns void
language sql as $$
    update sluice.tickets set used_at = now(), data = '{}' where id = ticket;
$$;


-- What was mailed before, for a new password or to another address, is good for
-- nothing any more. The caller holds the user's row, so that no more comes.
create or replace function api.end_tickets(u sluice.users) returns void
language plpgsql as $$
begin
    update sluice.tickets set used_at = now(), data = '{}'
    where user_id = u.id and purpose = 'address' and used_at is null;

    update sluice.tickets set used_at = now(), data = '{}'
    where email_key = coalesce(u.email_key, lower(u.email))
      and purpose = 'reset' and used_at is null;
end;
$$;


-- For the page behind a link, before anything is done.
create or replace function api.get_ticket(purpose_given text, args jsonb,
                                          out status integer, out body jsonb)
language plpgsql as $$
declare
    x record;
    t sluice.tickets;
begin
    x := api.take_ticket(purpose_given, args->'nginx');
    t := x.t;
    body := x.refusal;

    if body is not null then
        status := 400;
        return;
    end if;

    status := 200;
    body := jsonb_build_object('email', t.email, 'role', t.data->>'role',
                               'name', t.data->>'name',
                               'expires_at', t.expires_at);
end;
$$;
