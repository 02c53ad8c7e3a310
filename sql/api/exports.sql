-- All that is one's own, to take away: asked for, looked at, removed. A job
-- makes it: sql/house/exports.sql has what that calls.

-- So many a day, one at a time; kept for so long.
create or replace function api.exports_a_day() returns integer
language sql immutable as $$ select 3 $$;

create or replace function api.export_life() returns interval
language sql immutable as $$ select interval '7 days' $$;


-- The one that is made, or there; null: none. One whose time is over is none
-- from that moment, whenever its file goes.
create or replace function api.export_of(who uuid) returns sluice.exports
language sql stable as $$
    select * from sluice.exports
    where user_id = who and ended_at is null
      and (expires_at is null or expires_at > now())
    order by created_at desc, id desc limit 1;
$$;


-- How it stands: "none", "making", "ready", "failed".
create or replace function api.export_object(who uuid, e sluice.exports)
returns jsonb
language plpgsql stable as $$
declare
    j sluice.jobs;
begin
    select * into j from sluice.jobs where id = e.job;

    return jsonb_build_object(
        'state', case
            when e.id is null then 'none'
            when e.ready_at is not null then 'ready'
            when j.state in ('queued', 'running', 'retrying', 'done')
                then 'making'
            else 'failed' end,
        'requested_at', e.created_at, 'ready_at', e.ready_at,
        'expires_at', e.expires_at, 'bytes', e.bytes, 'missing', e.missing,
        'job', case when j.id is not null and e.ready_at is null
                    then api.job_object(j) end,
        'left', greatest(0, api.exports_a_day() - (
            select count(*) from sluice.exports
            where user_id = who and created_at > now() - interval '1 day')),
        'links', case when e.ready_at is null then '{}'
            else jsonb_build_object('download', jsonb_build_object(
                'path', format('/media/%s/%s/export.zip',
                               right(e.id::text, 2), e.id),
                'filename', format('sluice-export-%s.zip',
                    to_char(e.ready_at at time zone 'utc',
                            'YYYY-MM-DD')))) end);
end;
$$;


-- Null when he may ask for one now, else why not. The caller holds his row.
create or replace function api.refuse_export(who uuid) returns jsonb
language plpgsql stable as $$
declare
    e constant sluice.exports := api.export_of(who);
    j sluice.jobs;
    oldest timestamptz;
begin
    select * into j from sluice.jobs
    where id = e.job and state in ('queued', 'running', 'retrying');

    if j.id is not null and e.ready_at is null then
        return (api.refuse('conflict', 'An export is under way: wait for it, '
                           'or remove it by DELETE /api/me/export.')).body
            || jsonb_build_object('retry_after',
                                  greatest(10, coalesce(j.seconds_left, 60)));
    end if;

    select created_at into oldest from sluice.exports
    where user_id = who and created_at > now() - interval '1 day'
    order by created_at desc offset api.exports_a_day() - 1 limit 1;

    if oldest is not null then
        return (api.refuse('too-many', 'Three exports were asked for within a '
                           'day.')).body
            || jsonb_build_object('retry_after', 1 + ceil(extract(epoch from
                   oldest + interval '1 day' - now()))::integer);
    end if;

    return api.refuse_jobs(who);
end;
$$;


-- Nobody wants those that he has any more: what to publish of them, and the job
-- that takes the files, in `wake`. It is one of their own: another that is at
-- work may have passed by.
create or replace function api.end_exports(who uuid, reason text)
returns jsonb
language plpgsql as $$
declare
    e sluice.exports;
    told jsonb := '[]';
    key text := 'exports of ' || who;
begin
    for e in update sluice.exports set ended_at = now()
             where user_id = who and ended_at is null returning *
    loop
        key := 'export ' || e.id;

        if e.job is not null then
            told := told || api.end_job(e.job, reason);
        end if;
    end loop;

    return jsonb_build_object('publish', told, 'wake', case
        when exists (select from sluice.exports
                     where user_id = who and gone_at is null)
            then jsonb_build_array(queue.enqueue('expire',
                                                 unique_key => key))
        else '[]' end);
end;
$$;


-- Whoever signs in elsewhere has shown there who he is; others as for all that
-- is dangerous.
create or replace function api.prove_export(u sluice.users, facts jsonb,
                                            out status integer,
                                            out body jsonb)
language plpgsql as $$
declare
    who record;
begin
    if u.issuer is not null then
        return;
    end if;

    who := api.factor_user(u.id, facts, true);

    if who.body is not null then
        status := 400;
        body := who.body;
    else
        select * into status, body
        from api.prove(who.u, who.s, api.fresh_for(), facts);
    end if;
end;
$$;


-- POST /api/me/export: another one takes the place of that of before.
create or replace function api.create_export(actor uuid, args jsonb,
                                             out status integer,
                                             out body jsonb)
language plpgsql as $$
declare
    u sluice.users;
    e sluice.exports;
    ended jsonb;
    facts constant jsonb := args->'nginx';
begin
    select * into u from sluice.users where id = actor for no key update;

    body := case when u.id is null or u.disabled_at is not null
                 then (api.refuse('token-invalid')).body
                 else api.refuse_export(actor) end;

    if body is not null then
        status := 400;
        return;
    end if;

    select * into status, body from api.prove_export(u, facts);

    if status is not null then
        return;
    end if;

    ended := api.end_exports(actor, 'Another one took its place.');
    e.id := sluice.uuid_v7();
    e.job := queue.enqueue('export', jsonb_build_object('export', e.id),
                           owner => actor);

    insert into sluice.exports (id, user_id, job, facts)
    values (e.id, actor, e.job, jsonb_build_object('site', facts->>'site',
        'language', coalesce(u.locale, facts->>'language')));

    perform sluice.note(actor, 'export-requested', actor::text,
                        jsonb_build_object('address', facts->>'address'));

    status := 202;
    body := api.export_object(actor, api.export_of(actor))
            || ended || jsonb_build_object('wake', (ended->'wake') || to_jsonb(e.job));
end;
$$;


create or replace function api.get_export(actor uuid, args jsonb,
                                          out status integer, out body jsonb)
language sql stable as $$
    select 200, api.export_object(actor, api.export_of(actor));
$$;


-- Of one that is under way, the work ends, too.
create or replace function api.delete_export(actor uuid, args jsonb,
                                             out status integer,
                                             out body jsonb)
language plpgsql as $$
begin
    perform from sluice.users where id = actor for no key update;

    if (api.export_of(actor)).id is null then
        select * into status, body from api.refuse('not-found');
        return;
    end if;

    status := 204;
    body := api.end_exports(actor, 'It was removed.');
    perform sluice.note(actor, 'export-removed', actor::text,
                        jsonb_build_object('address',
                                           args->'nginx'->>'address'));
end;
$$;
