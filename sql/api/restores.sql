-- Files of a bucket that lie in an archive, and that somebody asked for: a job
-- has the bucket bring them back.

-- So many at once of one user, whoever's files they are: each costs money.
create or replace function api.restores_at_once() returns integer
language sql immutable as $$ select 20 $$;


-- How long the bucket takes at most, by S3's tier Standard: "Archive retrieval
-- options" says 3 to 5 hours, and 12 of what lies deep.
create or replace function api.restore_takes(class text) returns interval
language sql immutable as $$
    select case when class like 'DEEP_ARCHIVE%' then interval '12 hours'
                else interval '5 hours' end;
$$;


-- One that is over time may be there at any moment.
create or replace function api.restore_object(j sluice.jobs) returns jsonb
language plpgsql stable as $$
declare
    soon constant interval := interval '5 minutes';
    class constant text := j.params->>'class';
    ready constant timestamptz := date_trunc('second',
        greatest(j.created_at + api.restore_takes(class), now() + soon));
begin
    return jsonb_build_object(
        'state', 'restoring', 'storage_class', class, 'job', j.id,
        'asked_at', j.created_at, 'ready_at', ready,
        'retry_after', ceil(extract(epoch from ready - now()))::integer);
end;
$$;


-- Null when this user may have one more brought back, else why not. A job that
-- waits for the bucket is `retrying`.
create or replace function api.refuse_restore(actor uuid) returns jsonb
language plpgsql stable as $$
declare
    waiting constant bigint := count(*) from sluice.jobs
        where sluice.turn_of(owner) = sluice.turn_of(actor)
          and kind = 'restore' and state in ('queued', 'retrying')
          and waits_for is null;
    running constant bigint := count(*) from sluice.jobs
        where sluice.turn_of(owner) = sluice.turn_of(actor)
          and kind = 'restore' and state = 'running';
begin
    if waiting + running >= api.restores_at_once() then
        return (api.refuse('too-many', format('You have %s files brought back '
                           'from an archive already: come back when some of '
                           'them are there.', api.restores_at_once()))).body
               || '{"retry_after": 3600}';
    end if;
    return api.refuse_jobs(actor);
end;
$$;


-- Somebody may have the file at `path`, and the bucket said that it lies in an
-- archive of this `class`. However many ask, on whatever node, one job brings it
-- back; its turn is that of who asked first, or of whose file it is.
create or replace function api.restore_file(actor uuid, args jsonb,
                                            out status integer, out body jsonb)
language plpgsql as $$
declare
    parts constant text[] := regexp_match(args->>'path',
        '^/media/([0-9a-f]{2})/([0-9a-f-]{36})/([^/]+(?:/[^/]+){0,3})$');
    m sluice.media;
    j sluice.jobs;
    payer uuid;
    made uuid;
begin
    if parts is null or not api.is_id(parts[2])
       or right(parts[2], 2) <> parts[1]
       or octet_length(args->>'path') > 255 then
        select * into status, body from api.refuse('not-found');
        return;
    end if;

    perform pg_advisory_xact_lock(hashtextextended(args->>'path', 0));
    select * into m from sluice.media
    where id = parts[2]::uuid and deleted_at is null;
    if not found then
        select * into status, body from api.refuse('not-found');
        return;
    end if;

    select * into j from sluice.jobs
    where kind = 'restore' and unique_key = args->>'path'
      and state in ('queued', 'running', 'retrying');
    status := 202;
    if found then
        body := api.restore_object(j);
        return;
    end if;

    select coalesce((select id from sluice.users where id = actor), m.owner)
    into payer;
    perform from sluice.users where id = payer for no key update;
    body := api.refuse_restore(payer);
    if body is not null then
        status := 400;
        return;
    end if;

    made := queue.enqueue('restore',
        jsonb_build_object('name', parts[3],
                           'class', left(coalesce(args->>'class', ''), 40)),
        m.id, payer, unique_key => args->>'path');
    select * into j from sluice.jobs where id = made;
    body := api.restore_object(j)
            || jsonb_build_object('wake', jsonb_build_array(j.id));
end;
$$;
