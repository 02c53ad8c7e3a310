-- What a slot of the worker calls; scheduler.sql has what is done without one.
-- A job belongs to the slot that took it until its lease runs out; every
-- call names the slot, and what was lost meanwhile is refused. Where a call
-- touches both, the media row is locked before the job. Calls that end a job
-- may be repeated: a lost reply does no harm. Each change that somebody may
-- look at makes the job's version grow by one.

-- The heartbeat: the job's version. Null: the job is someone else's, cancelled,
-- or its media is being removed; whatever the slot made of it must be dropped.
create or replace function queue.renew(job_id uuid, slot text, lease interval,
    progress_now real, seconds integer default null) returns bigint
language plpgsql as $$
declare
    v bigint;
begin
    perform set_config('synchronous_commit', 'off', true);

    update sluice.jobs j
    set lease_until = now() + lease, seconds_left = seconds,
        progress = coalesce(progress_now, progress), version = version + 1
    where id = job_id and state = 'running' and leased_by = slot
      and (media is null or kind = 'remove'
           or not exists (select from sluice.media m
                          where m.id = j.media and m.deleted_at is not null))
    returning version into v;
    return v;
end;
$$;


-- The words of a score that the record keeps for search: names before the text.
create or replace function queue.score_words(score jsonb, content text)
returns tsvector
language sql immutable as $$
    select array_to_tsvector(sluice.words(concat_ws(' ', score->>'title',
        score->>'composer', score->>'lyricist', score->>'arranger',
        (select string_agg(t, ' ') from jsonb_array_elements_text(
            coalesce(score->'parts', '[]') || coalesce(score->'tags', '[]'))
            as words(t)),
        content)));
$$;


-- What a job found out about the music. An attachment is kept apart; one that is
-- a page makes the score longer.
create or replace function queue.keep_score(j sluice.jobs, patch jsonb)
returns void
language plpgsql as $$
declare
    found_words constant tsvector :=
        queue.score_words(patch->'score', patch->>'text');
begin
    if not queue.attaches(j) then
        update sluice.media
        set score = patch->'score', text_words = found_words
        where id = j.media and patch ? 'score';
        return;
    end if;

    update sluice.attachments
    set ready = true, kind = patch->'attachment'->>'kind',
        format = patch->'attachment'->>'format',
        extension = patch->'attachment'->>'extension',
        duration = (patch->'attachment'->>'duration')::float8,
        encoding = patch->'attachment'->>'encoding',
        about = patch->'score', text_words = found_words
    where id = (j.params->>'attachment')::uuid and removed_at is null;

    if not found then
        return;
    end if;

    update sluice.media
    set author = case when authored then author
                      else coalesce(author, patch->'score'->>'composer') end,
        pages = pages + (j.params->>'role' = 'page')::integer
    where id = j.media;
end;
$$;


-- The job is done. `patch` holds the media columns it found out, `next` the
-- kinds of the jobs that follow, and patch.follow those with params. Returns
-- {"followers": ids of those and of the ones that waited for this, "job"}, or
-- null when the job was lost. With a lease, `job` is the next one that the slot
-- has by now, as of take_next().
create or replace function queue.finish(job_id uuid, slot text, patch jsonb,
    outcome jsonb, next text[], lease interval) returns jsonb
language plpgsql as $$
declare
    j sluice.jobs;
    media_id uuid;
    followers jsonb := '[]';
begin
    select media into media_id from sluice.jobs where id = job_id;
    if media_id is not null then
        perform from sluice.media where id = media_id for update;
    end if;

    update sluice.jobs
    set state = 'done', progress = 100, result = outcome, lease_until = null,
        seconds_left = null, finished_at = now(), version = version + 1
    where id = job_id and leased_by = slot and state = 'running'
    returning * into j;

    if not found then
        return (select jsonb_build_object('followers', '[]'::jsonb, 'job',
                                          case when lease is not null
                                               then queue.recall(slot, lease)
                                          end)
                from sluice.jobs
                where id = job_id and leased_by = slot and state = 'done');
    end if;

    perform queue.trace(j.trace);      -- of what follows

    if j.media is not null then
        update sluice.media
        set kind = coalesce(patch->>'kind', kind),
            title = case when titled then title else coalesce(
                left(nullif(coalesce(patch->>'title',
                                     patch->'score'->>'title'), ''), 500),
                title) end,
            extension = coalesce(patch->>'extension', extension),
            author = case when authored then author
                      else coalesce(author, patch->>'author') end,
            duration = coalesce((patch->>'duration')::float8, duration),
            width = coalesce((patch->>'width')::integer, width),
            height = coalesce((patch->>'height')::integer, height),
            pages = coalesce((patch->>'pages')::integer, pages),
            streams = coalesce(patch->'streams', streams),
            facts = coalesce(patch->'facts', facts),
            master = greatest((patch->>'master')::integer, master),
            poster = coalesce((patch->>'poster')::boolean, poster)
        where id = j.media;
        perform queue.keep_score(j, patch);
        perform queue.keep_film(j, patch);

        if j.kind in ('detach', 'withdraw') then    -- its files are gone
            delete from sluice.attachments
            where id = (j.params->>'attachment')::uuid
              and media = j.media and removed_at is not null;
        end if;

        with inserted as (
            insert into sluice.jobs (id, kind, media, params, place,
                                     place_until)
            select sluice.uuid_v7(), n.kind, m.id, n.params,
                   queue.place_for(slot, n.kind), now() + interval '2 seconds'
            from sluice.media m, (
                select kind, '{}'::jsonb from unnest(next) kind
                union all
                select f->>'kind', f->'params'
                from jsonb_array_elements(patch->'follow') f) n(kind, params)
            where m.id = j.media and m.deleted_at is null
            returning id
        )
        select coalesce(jsonb_agg(id), '[]') into followers from inserted;

        if j.kind in ('split', 'encode') then
            followers := followers || queue.pieces(j);
        end if;
    end if;

    if exists (select from sluice.jobs where waits_for = j.id) then
        with freed as (
            update sluice.jobs
            set waits_for = null, run_at = greatest(run_at, now()),
                version = version + 1
            where waits_for = j.id
            returning id
        )
        select followers || jsonb_agg(id) into followers from freed;
    end if;

    if j.media is not null then
        perform queue.settle(j.media);
    end if;

    return jsonb_build_object('followers', followers, 'job',
                              case when lease is not null
                                   then queue.choose(slot, lease) end);
end;
$$;


-- How long to wait after the nth try: n⁴ + 15 seconds, so that a passing
-- trouble costs little and a lasting one is not asked about often; and up to
-- 10 n more, so that what failed together does not come back together. The
-- numbers are Sidekiq's.
create or replace function queue.backoff(n integer) returns interval
language sql volatile as $$
    select (n::float8 ^ 4 + 15 + random() * 10 * n) * interval '1 second';
$$;


-- The longest that this can be.
create or replace function queue.backoff_max(kind text, n integer)
returns interval
language sql immutable as $$
    select (m::float8 ^ 4 + 15 + 10 * m) * interval '1 second'
    from (select case when queue.is_removal(kind)
                      then least(n, 6) else n end) as t(m);
$$;


-- The longest that a job waits, which is at least as long as slots put it off:
-- SLOT_PUT_OFF_SECONDS of worker/slot.c.
create or replace function queue.wait_max(kind text, n integer)
returns interval
language sql immutable as $$
    select greatest(queue.backoff_max(kind, n), interval '15 minutes');
$$;


-- The job did not work out. With `again` it is tried later, as long as it has
-- tries left; without, it is dead. Removing is tried for ever, and at least
-- every half hour: what somebody deleted must not stay. Returns the new state,
-- or null when lost.
create or replace function queue.fail(job_id uuid, slot text, reason text,
                                      again boolean) returns text
language plpgsql as $$
declare
    j sluice.jobs;
    due timestamptz;
begin
    perform queue.lock_media(job_id);

    select * into j from sluice.jobs where id = job_id and leased_by = slot
    for update;
    if j.state in ('retrying', 'dead') then
        return j.state;
    elsif j.state is distinct from 'running' then
        return null;
    end if;

    if again and (j.attempt < j.max_attempts or queue.is_removal(j.kind)) then
        due := now() + queue.backoff(case when queue.is_removal(j.kind)
                                     then least(j.attempt, 6)
                                     else j.attempt end);
        update sluice.jobs
        set state = 'retrying', error = reason, lease_until = null,
            seconds_left = null, run_at = due,
            rank = due + priority * interval '5 minutes',
            version = version + 1
        where id = job_id;
        return 'retrying';
    end if;

    perform queue.bury(job_id, reason);
    return 'dead';
end;
$$;


-- The slot lets go of a job that waits for what takes its time elsewhere: it is
-- due again after so many seconds, and the try does not count. What is not there
-- three days after the job was first taken fails, as in queue.fail().
create or replace function queue.put_off(job_id uuid, slot text, reason text,
                                         seconds integer) returns text
language plpgsql as $$
declare
    due constant timestamptz := now() + seconds * interval '1 second';
begin
    update sluice.jobs
    set state = 'retrying', error = reason, attempt = attempt - 1,
        lease_until = null, seconds_left = null, run_at = due,
        rank = due + priority * interval '5 minutes', version = version + 1
    where id = job_id and leased_by = slot and state = 'running'
      and started_at > now() - interval '3 days';

    if found then
        return 'retrying';
    end if;

    return queue.fail(job_id, slot, reason, true);
end;
$$;


-- The slot stops and lets go of its job: the try does not count, and the next
-- slot may begin at once. Of a job that was cancelled under it, it says that
-- it no longer writes. Returns whether the job is due again.
create or replace function queue.give_back(job_id uuid, slot text)
returns boolean
language plpgsql as $$
declare
    due boolean;
begin
    update sluice.jobs
    set state = case state when 'running' then 'queued' else state end,
        attempt = attempt - (state = 'running')::integer,
        lease_until = null, seconds_left = null, version = version + 1
    where id = job_id and leased_by = slot
      and state in ('running', 'cancelled')
    returning state = 'queued' into due;
    return coalesce(due, false);
end;
$$;


-- A slot is known to have died: its jobs are due at once, and the tries count.
-- Returns their ids.
create or replace function queue.release(slot text) returns jsonb
language sql as $$
    delete from sluice.slots where name = slot;

    with released as (
        update sluice.jobs set lease_until = '-infinity'
        where state in ('running', 'cancelled') and leased_by = slot
          and lease_until is not null
        returning id, state
    )
    select coalesce(jsonb_agg(id) filter (where state = 'running'), '[]')
    from released;
$$;


-- Whether a job makes the attachment that `detach` or `withdraw` takes away.
create or replace function queue.is_of_attachment(j sluice.jobs,
                                                  detach sluice.jobs)
returns boolean
language sql immutable as $$
    select j.kind in ('attach', 'subtitles')
           and j.params->>'attachment' = detach.params->>'attachment';
$$;


-- For `remove`, `detach` and `withdraw`: cancels whatever else is planned for the media, or
-- for the attachment, and returns how many slots may still be writing there.
create or replace function queue.cancel_others(job_id uuid, slot text)
returns integer
language plpgsql as $$
declare
    j sluice.jobs;
begin
    perform queue.lock_media(job_id);

    select * into j from sluice.jobs
    where id = job_id and leased_by = slot and state = 'running';
    if not found then
        return 0;
    end if;

    update sluice.jobs o
    set state = 'cancelled', finished_at = now(), version = version + 1
    where o.media = j.media and o.id <> job_id
      and o.state in ('queued', 'running', 'retrying')
      and (j.kind = 'remove' or queue.is_of_attachment(o, j));

    return (select count(*) from sluice.jobs o
            where o.media = j.media and o.id <> job_id
              and o.state = 'cancelled' and o.lease_until > now()
              and (j.kind = 'remove' or queue.is_of_attachment(o, j)));
end;
$$;


-- The files are gone; the row goes too, and takes its jobs along. False when
-- the job was lost.
create or replace function queue.finish_remove(job_id uuid, slot text)
returns boolean
language plpgsql as $$
begin
    delete from sluice.media m using sluice.jobs j
    where j.id = job_id and j.media = m.id and m.deleted_at is not null
      and j.leased_by = slot and j.state = 'running';
    return found or not exists (select from sluice.jobs where id = job_id);
end;
$$;
