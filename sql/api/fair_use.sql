-- Fair use: what users were sent in a month, and what their plans say of it.

-- The first day of this month, and the moment when the next one begins: UTC.
create or replace function api.this_month() returns date
language sql stable as $$
    select date_trunc('month', now() at time zone 'utc')::date;
$$;

create or replace function api.next_month() returns timestamptz
language sql stable as $$
    select (api.this_month() + interval '1 month') at time zone 'utc';
$$;


-- Whether he has used up what he may be sent in this month.
create or replace function api.is_over(who uuid) returns boolean
language plpgsql stable as $$
begin
    return coalesce((select s.bytes from sluice.sent s
                     where s.user_id = who and s.month = api.this_month()), 0)
           >= (api.limits(who)).bytes_month;
end;
$$;


-- What he sees of it himself.
create or replace function api.month_object(who uuid) returns jsonb
language sql stable as $$
    select jsonb_build_object(
        'bytes', coalesce((select s.bytes from sluice.sent s
                           where s.user_id = who
                             and s.month = api.this_month()), 0),
        'bytes_max', (api.limits(who)).bytes_month,
        'until', api.next_month());
$$;


-- A batch of a zone, in which users were sent so many bytes: a user's row is
-- there once. Of each user of ours: until when he is over, as seconds since 1970,
-- or null; -1 where nothing bounds his months. And how many streams he may have
-- at once.
create or replace function api.count_bytes(zone uuid, batch_given bigint,
                                           users uuid[], sent bigint[])
returns table (id uuid, over bigint, streams integer)
language plpgsql as $$
#variable_conflict use_column
begin
    insert into sluice.meters as m (id, batch) values (zone, batch_given)
    on conflict (id) do update set batch = excluded.batch, at = now()
    where m.batch < excluded.batch;

    if found then
        insert into sluice.sent as s (user_id, month, bytes)
        select u.id, api.this_month(), g.bytes
        from unnest(users, sent) as g(id, bytes)
        join sluice.users u on u.id = g.id
        where g.bytes > 0 order by u.id
        on conflict (user_id, month) do update
        set bytes = s.bytes + excluded.bytes;
    end if;

    return query
    select u.id,
           case when coalesce(u.bytes_month, p.bytes_month) is null then -1
                when coalesce(s.bytes, 0)
                     >= coalesce(u.bytes_month, p.bytes_month)
                then extract(epoch from api.next_month())::bigint end,
           coalesce(u.streams_max, p.streams_max)
    from unnest(users) as g(id)
    join sluice.users u on u.id = g.id
    left join sluice.plans p on p.name = u.plan
    left join sluice.sent s on s.user_id = u.id and s.month = api.this_month();
end;
$$;


-- Months that are long over, and zones that count no more.
create or replace function api.forget_months(many integer) returns bigint
language plpgsql as $$
declare
    months bigint;
begin
    delete from sluice.sent where (user_id, month) in (
        select user_id, month from sluice.sent
        where month < api.this_month() - interval '12 months'
        order by month limit many);
    get diagnostics months = row_count;

    delete from sluice.meters where at < now() - interval '1 day';

    return months;
end;
$$;
