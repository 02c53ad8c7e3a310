-- The record's numbers for Prometheus.

-- A label's value as the text format 0.0.4 has it, of so many letters at most.
create or replace function api.label(value text) returns text
language sql immutable as $$
    select replace(replace(replace(left(value, 64), '\', '\\'), '"', '\"'),
                   E'\n', '\n');
$$;


-- A row a sample, with labels as they are written: '{kind="probe"}'. Each kind
-- that there is has all its rows, also at 0, so that no series ends; those
-- beyond the first 64 are "other" together. What is over is not read: each part
-- of `counted` has an index of its own, and plans of a time when the queue was
-- most of the table are kept from reading all of it.
create or replace function api.metrics(out name text, out labels text,
                                       out value bigint) returns setof record
language sql stable
set enable_seqscan = off set jit = off
as $$
    with counted as (
        select kind, state, count(*) as jobs,
               min(run_at) filter (where run_at <= now()) as due
        from sluice.jobs
        where state in ('queued', 'retrying') and waits_for is null
        group by kind, state
        union all
        select kind, state, count(*), null
        from sluice.jobs
        where state in ('queued', 'retrying') and waits_for is not null
        group by kind, state
        union all
        select kind, state, count(*),
               min(greatest(lease_until, started_at))
               filter (where lease_until < now())   -- -infinity: let go
        from sluice.jobs where state = 'running' group by kind, state
        union all
        select kind, state, count(*), null
        from sluice.jobs where state = 'dead' group by kind, state
    ), kinds as (
        select kind, case when row_number() over (order by kind collate "C")
                               <= 64
                          then api.label(kind) else 'other' end as label
        from (select kind from sluice.job_kinds
              union select kind from counted) k
    )
    select 'sluice_jobs', format('{kind="%s",state="%s"}', label, s.state),
           coalesce(sum(jobs), 0)::bigint
    from kinds
    cross join (values ('queued'), ('retrying'), ('running'), ('dead'))
        as s(state)
    left join counted c on c.kind = kinds.kind and c.state = s.state
    group by label, s.state
    union all
    select 'sluice_jobs_oldest_seconds', format('{kind="%s"}', label),
           coalesce(extract(epoch from now() - min(due)), 0)::bigint
    from kinds left join counted using (kind)
    group by label
    union all
    select 'sluice_slots', format('{ability="%s"}', a.ability),
           count(alive.name)
    from (values ('any'), ('encode'), ('quick')) as a(ability)
    left join (select s.name from sluice.slots s
               where s.seen_at > now() - interval '1 minute'
               union
               select w.slot from queue.at_work w) as alive(name)
        on coalesce(nullif(queue.ability(alive.name), ''), 'any') = a.ability
    group by a.ability
    union all
    select 'sluice_media_rotten', '',
           (select count(*) from sluice.media
            where rot is not null and deleted_at is null)
           + (select count(*) from sluice.attachments a
              where a.rot is not null and a.removed_at is null
                and (select m.deleted_at is null from sluice.media m
                     where m.id = a.media))
    union all
    select 'sluice_uploads_open', '', count(*)
    from sluice.uploads where state <> 'done' and expires_at > now();
$$;
