-- What was revoked: who revokes tells it in `revoked`, which nginx passes on at
-- once; one process of each machine reads what is new every second, and the
-- whole of it now and then.

-- When what is signed for this user now was issued, in seconds since 1970: not
-- before a revocation that it must survive.
create or replace function api.issued_at(subject text) returns bigint
language sql volatile as $$
    select greatest(floor(extract(epoch from clock_timestamp()))::bigint,
                    (select floor(extract(epoch from before))::bigint + 1
                     from sluice.revocations
                     where kind = 'sub' and id = subject));
$$;


create or replace function api.revocation_object(r sluice.revocations)
returns jsonb
language sql immutable as $$
    select jsonb_build_object('kind', r.kind, 'id', r.id,
        'before', coalesce(floor(extract(epoch from r.before))::bigint, 0),
        'exp', ceil(extract(epoch from r.expires_at))::bigint);
$$;


-- What is not expired, by (kind, id): page on behind the last one; without a
-- limit all of it. Times in seconds since 1970. A user of another issuer goes
-- on to get tokens while he is disabled here: what is issued until a while
-- after the next reading, which comes within a minute, is refused, too; of his
-- two rows the one that refuses more comes first. A page costs a page, whatever
-- the planner believes of the tables: both halves go along an index.
create or replace function api.revocations(after_kind text default '',
    after_id text default '', many integer default null)
returns table (kind text, id text, before bigint, exp bigint)
language sql stable
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off
set enable_hashjoin = off set enable_mergejoin = off set jit = off
as $$
    select a.kind, a.id,
           coalesce(floor(extract(epoch from a.before))::bigint, 0),
           ceil(extract(epoch from a.expires_at))::bigint
    from (
        (select r.kind, r.id, r.before, r.expires_at
         from sluice.revocations r
         where (r.kind, r.id) > (after_kind, after_id)
           and r.expires_at > now()
         order by r.kind, r.id limit many)
        union all
        (select 'sub', u.id::text,
                greatest(r.before, now() + interval '90 s'),
                greatest(r.expires_at, now() + interval '7 days')
         from sluice.users u
         join sluice.revocations r on r.kind = 'sub' and r.id = u.id::text
         where u.issuer is not null and u.disabled_at is not null
           and u.id::text
               > case when after_kind < 'sub' then '' else after_id end
           and after_kind <= 'sub'
         order by u.id::text limit many)
    ) a
    order by a.kind, a.id, a.before desc nulls first limit many;
$$;


-- What was written by transactions that were not over at `since`: what is new
-- since somebody read at that time, in no order. Rows of a copy that was put
-- back into another PostgreSQL may name transactions that are still to come:
-- they are not new.
create or replace function api.revoked_since(since xid8, many integer)
returns table (kind text, id text, before bigint, exp bigint)
language sql stable
set enable_seqscan = off set enable_bitmapscan = off set jit = off
as $$
    select r.kind, r.id,
           coalesce(floor(extract(epoch from r.before))::bigint, 0),
           ceil(extract(epoch from r.expires_at))::bigint
    from sluice.revocations r
    where r.tx >= since and r.tx < pg_snapshot_xmax(pg_current_snapshot())
      and r.expires_at > now()
    limit many;
$$;


-- What was revoked before stays so for at least as much and as long.
create or replace function api.revoke(kind_given text, id_given text,
    cut timestamptz, until timestamptz) returns jsonb
language plpgsql as $$
declare
    r sluice.revocations;
begin
    insert into sluice.revocations as old (kind, id, before, expires_at)
    values (kind_given, id_given, cut, until)
    on conflict (kind, id) do update
    set before = case when old.before is null or excluded.before is null
                      then null
                      else greatest(old.before, excluded.before) end,
        expires_at = greatest(old.expires_at, excluded.expires_at)
    returning * into r;

    return api.revocation_object(r);
end;
$$;


-- Some of what has expired goes whenever something comes: how much.
create or replace function api.forget_revocations() returns bigint
language sql as $$
    with gone as (
        delete from sluice.revocations
        where (kind, id) in (select kind, id from sluice.revocations r
                             where expires_at < now()
                               and not exists (select from sluice.users u
                                   where r.kind = 'sub' and r.id = u.id::text
                                     and u.issuer is not null
                                     and u.disabled_at is not null)
                             order by expires_at
                             limit 100 for update skip locked)
        returning id
    )
    select count(*) from gone;
$$;


-- Whatever was issued to a user until now. The caller holds the user's row, so
-- that nobody signs in meanwhile. A week is the least: tokens of other issuers
-- are not ours to know.
create or replace function api.revoke_user(u sluice.users) returns jsonb
language sql as $$
    select api.revoke('sub', u.id::text, clock_timestamp()
        + case when u.issuer is not null and u.disabled_at is not null
               then interval '90 s' else interval '0' end,
        greatest(now() + interval '7 days', u.links_until,
                 (select max(now() + s.signs_for * interval '1 second')
                  from sluice.sessions s where s.user_id = u.id)));
$$;
