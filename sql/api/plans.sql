-- Plans and quotas: what a user may keep and bring.

-- The whole of a plan, made or changed.
create or replace function api.make_plan(p sluice.plans)
returns setof sluice.plans
language sql as $$
    insert into sluice.plans select p.*
    on conflict (name) do update
    set quota_bytes = p.quota_bytes, uploads_max = p.uploads_max,
        upload_bytes_max = p.upload_bytes_max, files_max = p.files_max,
        sessions_max = p.sessions_max, bytes_month = p.bytes_month,
        streams_max = p.streams_max
    returning *;
$$;


-- His own bounds before those of his plan.
create or replace function api.limits(actor uuid) returns sluice.plans
language sql stable as $$
    select u.plan, coalesce(u.quota_bytes, p.quota_bytes),
           coalesce(u.uploads_max, p.uploads_max, 20),
           coalesce(u.upload_bytes_max, p.upload_bytes_max),
           coalesce(u.files_max, p.files_max,
                    case u.role when 'viewer' then 100000 else 1000000 end),
           coalesce(u.sessions_max, p.sessions_max),
           coalesce(u.bytes_month, p.bytes_month),
           coalesce(u.streams_max, p.streams_max)
    from sluice.users u left join sluice.plans p on p.name = u.plan
    where u.id = actor;
$$;


-- His uploads that are not over, but for those named.
create or replace function api.under_way(actor uuid, but uuid[] default '{}')
returns setof sluice.uploads
language sql stable as $$
    select * from sluice.uploads
    where owner = actor and state in ('held', 'open') and expires_at > now()
      and id <> all (but);
$$;


-- How many bytes a user may still bring; null without a quota. What he keeps
-- and what is under way count, but for the uploads named.
create or replace function api.room(actor uuid, but uuid[] default '{}')
returns bigint
language sql stable as $$
    select (api.limits(u.id)).quota_bytes
           - coalesce((select k.bytes from sluice.kept k
                       where k.owner = u.id), 0)
           - coalesce((select sum(p.bytes)
                       from api.under_way(u.id, but) p), 0)
    from sluice.users u where u.id = actor;
$$;


-- The longest that his next upload may become; null without a bound.
create or replace function api.longest(actor uuid, but uuid[] default '{}')
returns bigint
language sql stable as $$
    select least(api.room(actor, but), (api.limits(actor)).upload_bytes_max);
$$;


-- Null when an upload may come that has so many bytes, else why not.
create or replace function api.refuse_bytes(actor uuid, bytes bigint,
                                            but uuid[] default '{}')
returns jsonb
language sql stable as $$
    select case
        when l.upload_bytes_max < refuse_bytes.bytes
            then (api.refuse('too-large')).body
        when coalesce(k.files, 0) >= l.files_max
            then (api.refuse('quota-exceeded', format('You may keep %s files: '
                  'delete some first.', l.files_max))).body
        when api.room(actor, but) < coalesce(refuse_bytes.bytes, 0)
            then (api.refuse('quota-exceeded')).body end
    from api.limits(actor) l left join sluice.kept k on k.owner = actor;
$$;


-- Null when a user may bring what makes another job, else why not: so many of
-- his wait at most. What a job leads to is not asked, nor what is taken away.
create or replace function api.refuse_jobs(actor uuid) returns jsonb
language sql stable as $$
    select (api.refuse('too-many', 'You have 1,000 jobs waiting: come back when'
                                   ' some of them are done.')).body
    where 1000 <= (select count(*) from (
        select from sluice.jobs j
        where sluice.turn_of(j.owner) = actor and not queue.is_removal(j.kind)
          and j.state in ('queued', 'retrying') and j.waits_for is null
        limit 1000) as waiting);
$$;
