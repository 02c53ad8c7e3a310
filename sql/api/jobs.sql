-- Jobs: how they are told of, and who may see and change them.

create or replace function api.job_object(j sluice.jobs) returns jsonb
language sql stable as $$
    select jsonb_build_object(
        'id', j.id, 'kind', j.kind, 'media', j.media, 'state', j.state,
        'progress', round(j.progress::numeric, 1),
        'seconds_left', j.seconds_left, 'attempt', j.attempt,
        'max_attempts', j.max_attempts, 'error', j.error,
        'waits_for', j.waits_for, 'run_at', j.run_at,
        'created_at', j.created_at, 'started_at', j.started_at,
        'finished_at', j.finished_at, 'trace', j.trace);
$$;


-- What is told of a job while it goes on, here and by workers over Redis's
-- channel sluice:progress.
create or replace function api.job_event(j sluice.jobs) returns jsonb
language sql stable as $$
    select jsonb_build_object(
        'v', 1, 'job', j.id, 'version', j.version, 'state', j.state,
        'progress', round(j.progress::numeric, 1),
        'seconds_left', j.seconds_left, 'attempt', j.attempt,
        'error', j.error);
$$;


-- The same of several, for those who watch them.
create or replace function api.poll_jobs(ids uuid[])
returns table (id uuid, event jsonb)
language sql stable as $$
    select j.id, api.job_event(j) from sluice.jobs j where j.id = any (ids);
$$;


-- One's own jobs, and those of media that one may see.
create or replace function api.may_see_job(actor uuid, j sluice.jobs)
returns boolean
language sql stable as $$
    select case when j.media is null
                then coalesce(j.owner = actor, false) or api.is_editor(actor)
                else exists (select from sluice.media m where m.id = j.media
                             and api.may_see(actor, m)) end;
$$;


-- The job as it is, or as who watches it is told of it.
drop function if exists api.get_job(uuid, jsonb);

create or replace function api.get_job(actor uuid, args jsonb,
                                       watched boolean default false,
                                       out status integer, out body jsonb)
language plpgsql stable as $$
begin
    select 200, case when watched then api.job_event(j)
                     else api.job_object(j) end
    into status, body
    from sluice.jobs j
    where j.id = (args->>'id')::uuid and api.may_see_job(actor, j);

    if not found then
        select * into status, body from api.refuse('not-found');
    end if;
end;
$$;


-- Null when the actor may change the job, else the refusal.
create or replace function api.refuse_job(actor uuid, job_id uuid)
returns jsonb
language plpgsql stable as $$
declare
    j sluice.jobs;
begin
    select * into j from sluice.jobs where id = job_id;

    if not found or not api.may_see_job(actor, j) then
        return (api.refuse('not-found')).body;
    elsif j.owner is distinct from actor and not api.is_editor(actor) then
        return (api.refuse('role-too-low',
            'Only the owner of the work and editors may do this.')).body;
    end if;
    return null;
end;
$$;


-- Ends a job whose work nobody wants any more: what to publish of it. The
-- caller holds its media's lock.
create or replace function api.end_job(job_id uuid, reason text) returns jsonb
language plpgsql as $$
declare
    j constant sluice.jobs := queue.stop(job_id, reason);
begin
    return case when j.id is not null then api.tell_cancelled(j) else '[]' end;
end;
$$;


-- To the workers, and to whoever watches it.
create or replace function api.tell_cancelled(j sluice.jobs) returns jsonb
language sql stable as $$
    select jsonb_build_array(
        jsonb_build_object('channel', 'sluice:cancel', 'message',
                           jsonb_build_object('v', 1, 'job', j.id)),
        jsonb_build_object('channel', 'sluice:progress', 'message',
                           api.job_event(j)));
$$;


-- What was not over is cancelled; nginx tells `publish` to the workers and to
-- whoever watches the job. May be repeated.
create or replace function api.cancel_job(actor uuid, args jsonb,
                                          out status integer, out body jsonb)
language plpgsql as $$
declare
    job_id constant uuid := args->>'id';
    j sluice.jobs;
    told jsonb := '[]';
begin
    body := api.refuse_job(actor, job_id);
    if body is not null then
        status := 400;
        return;
    end if;

    j := queue.cancel(job_id, actor);

    if j.id is not null then
        told := api.tell_cancelled(j);
    else
        select * into j from sluice.jobs where id = job_id;
        if j.state is distinct from 'cancelled' then
            select * into status, body from api.refuse('conflict',
                case when queue.is_removal(j.kind)
                     then 'What was deleted is removed in any case.'
                     else 'This job is over.' end);
            return;
        end if;
    end if;

    status := 200;
    body := api.job_object(j) || jsonb_build_object('publish', told);
end;
$$;


-- A job that is dead or cancelled is queued again; nginx puts the ids of
-- `wake` into the stream.
create or replace function api.retry_job(actor uuid, args jsonb,
                                         out status integer, out body jsonb)
language plpgsql as $$
declare
    job_id constant uuid := args->>'id';
    j sluice.jobs;
begin
    body := coalesce(api.refuse_job(actor, job_id),
                     (select api.refuse_jobs(owner) from sluice.jobs
                      where id = job_id));
    if body is not null then
        status := 400;
        return;
    end if;

    j := queue.retry(job_id, actor);

    if j.id is null then
        select * into status, body from api.refuse('conflict',
            'Only a job that is dead or cancelled, and whose file is there, '
            'can be tried again.');
        return;
    end if;

    status := 202;
    body := api.job_object(j) || jsonb_build_object(
        'wake', jsonb_build_array(j.id),
        'publish', jsonb_build_array(jsonb_build_object(
            'channel', 'sluice:progress', 'message', api.job_event(j))));
exception
    when unique_violation then
        select * into status, body from api.refuse('conflict',
            'The same work is under way in another job.');
    when exclusion_violation then
        select * into status, body from api.refuse('conflict',
            'Another page has its place by now: move one of them, or remove '
            'it.');
end;
$$;
