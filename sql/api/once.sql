-- Idempotency-Key: what comes again has the first one's answer, and no second
-- effect. An answer is written in the transaction of its effect, so that both
-- are there or none; a refusal has no effect and is not kept. `once` is
-- {"key", "print"} in hex: the key, and what it stands for.

create or replace function api.answer_life() returns interval
language sql immutable as $$ select interval '1 day' $$;


-- So many keys of a user are kept at once.
create or replace function api.answers_max() returns integer
language sql immutable as $$ select 10000 $$;


-- The lock of a key, for as long as a transaction. Whoever locks his user, too,
-- has this one first.
create or replace function api.key_lock(actor uuid, once jsonb) returns bigint
language sql immutable as $$
    select hashtextextended(actor || (once->>'key'), 0);
$$;


-- What is known of a key: its `answer`; or why it cannot be taken now. With
-- neither it is the caller's until his transaction ends: he keeps the answer,
-- or an upload that has the key. `own` is his, and had its place before: what
-- came for it is not refused since another one looks at the key just now.
create or replace function api.look_up(actor uuid, once jsonb,
                                       own uuid default null,
                                       out refused jsonb,
                                       out answer sluice.answers)
language plpgsql as $$
declare
    asked constant bytea := decode(once->>'key', 'hex');
    stands_for constant bytea := decode(once->>'print', 'hex');
    meant bytea;
begin
    perform from sluice.users where id = actor and disabled_at is null;

    if not found then
        refused := (api.refuse('token-invalid')).body;
        return;
    end if;

    if own is not null then
        perform pg_advisory_xact_lock(api.key_lock(actor, once));

    elsif not pg_try_advisory_xact_lock(api.key_lock(actor, once)) then
        refused := (api.refuse('key-busy')).body;
        return;
    end if;

    delete from sluice.answers a
    where a.owner = actor and a.key = asked and a.expires_at <= now();

    select * into answer from sluice.answers a
    where a.owner = actor and a.key = asked;

    if found then
        meant := answer.print;
    else
        select u.print into meant from sluice.uploads u
        where u.owner = actor and u.key = asked and u.state = 'held'
          and u.expires_at > now() and u.id is distinct from own
        limit 1;

        if found and meant = stands_for then
            refused := (api.refuse('key-busy')).body;
        end if;
    end if;

    if meant <> stands_for then
        refused := (api.refuse('key-used', null, 'Idempotency-Key')).body;

    elsif meant is null and own is null
          and (select count(*) from sluice.answers a
               where a.owner = actor and a.expires_at > now())
              >= api.answers_max() then
        refused := (api.refuse('too-many', 'You have used 10,000 keys within '
            'a day: ask without one.', 'Idempotency-Key')).body;
    end if;
end;
$$;


-- What is kept of an answer. Of an upload `file` has bytes and sha256.
create or replace function api.answer_row(actor uuid, once jsonb,
                                          answered integer, said jsonb,
                                          file jsonb default '{}')
returns sluice.answers
language sql stable as $$
    select actor, decode(once->>'key', 'hex'), decode(once->>'print', 'hex'),
           answered, said - array['wake', 'publish', 'revoked'],
           (file->>'bytes')::bigint, decode(file->>'sha256', 'hex'),
           now() + api.answer_life();
$$;


-- Whose key was looked up keeps what he answers.
create or replace function api.keep_answer(actor uuid, once jsonb,
                                           answered integer, said jsonb,
                                           file jsonb default '{}')
returns void
language sql as $$
    insert into sluice.answers
    select a.* from api.answer_row(actor, once, answered, said, file) a;
$$;


-- api.<call>(actor, args), or what it answered before.
create or replace function api.once(actor uuid, args jsonb,
                                    out status integer, out body jsonb)
language plpgsql as $$
declare
    known record;
begin
    select * into known from api.look_up(actor, args->'once');

    if known.refused is not null then
        status := 400;
        body := known.refused;
    elsif (known.answer).key is not null then
        status := (known.answer).status;
        body := (known.answer).body;
    else
        execute format('select status, body from api.%I($1, $2)',
                       args->>'call')
        into status, body using actor, args->'args';

        if status < 400 then
            perform api.keep_answer(actor, args->'once', status, body);
        end if;
    end if;
end;
$$;


-- When a key was first asked with, for answers that are made anew.
create or replace function api.first_asked(actor uuid, args jsonb,
                                           out status integer, out body jsonb)
language plpgsql as $$
declare
    known record;
begin
    select * into known from api.look_up(actor, args->'once');

    if known.refused is not null then
        status := 400;
        body := known.refused;
        return;
    end if;

    status := 200;
    body := coalesce((known.answer).body, jsonb_build_object('at',
        extract(epoch from date_trunc('second', now()))::bigint));
end;
$$;


-- Answers that are over, some at a time: how many went.
create or replace function api.forget_answers(many integer) returns integer
language sql as $$
    with gone as (
        delete from sluice.answers where (owner, key) in (
            select owner, key from sluice.answers where expires_at <= now()
            order by expires_at limit many for update skip locked)
        returning 1)
    select count(*)::integer from gone;
$$;
