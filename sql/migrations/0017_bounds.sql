-- What one user may fill has a bound, whatever it is: docs/bounds.md.

-- How much somebody keeps, kept up by triggers: to ask costs the same, however
-- much it is. Attachments count for the owner of their score.
create table sluice.kept (
    owner uuid primary key references sluice.users on delete cascade,
    files bigint not null,
    bytes bigint not null
) with (fillfactor = 50);

alter table sluice.plans
    add column files_max integer check (files_max >= 0);
alter table sluice.users
    add column files_max integer check (files_max >= 0);

create function sluice.keep(whose uuid, more_files bigint, more_bytes bigint)
returns void
language sql as $$
    insert into sluice.kept as k values (whose, more_files, more_bytes)
    on conflict (owner) do update
    set files = k.files + excluded.files, bytes = k.bytes + excluded.bytes;
$$;

create function sluice.keep_added() returns trigger
language plpgsql as $$
begin
    perform sluice.keep(owner, count(*), sum(bytes)::bigint)
    from added where deleted_at is null group by owner order by owner;
    return null;
end;
$$;

-- What attachments weigh goes and comes with their score.
create function sluice.keep_changed() returns trigger
language plpgsql as $$
begin
    perform sluice.keep(c.owner, sum(c.way * w.files)::bigint,
                        sum(c.way * (c.bytes + w.bytes))::bigint)
    from (select o.id, o.owner, o.bytes, -1 as way
          from was o join became n using (id)
          where o.deleted_at is null
            and (o.owner, o.bytes, o.deleted_at)
                is distinct from (n.owner, n.bytes, n.deleted_at)
          union all
          select n.id, n.owner, n.bytes, 1
          from was o join became n using (id)
          where n.deleted_at is null
            and (o.owner, o.bytes, o.deleted_at)
                is distinct from (n.owner, n.bytes, n.deleted_at)) c,
         lateral (select 1 + count(*) as files, coalesce(sum(a.bytes), 0) bytes
                  from sluice.attachments a
                  where a.media = c.id and a.removed_at is null) w
    group by c.owner order by c.owner;
    return null;
end;
$$;

-- By hand: what jobs remove was deleted before.
create function sluice.keep_removed() returns trigger
language plpgsql as $$
begin
    perform sluice.keep(old.owner, -1 - count(*),
                        -old.bytes - coalesce(sum(a.bytes), 0)::bigint)
    from sluice.attachments a
    where a.media = old.id and a.removed_at is null;
    return old;
end;
$$;

create trigger media_kept after insert on sluice.media
    referencing new table as added
    for each statement execute function sluice.keep_added();
create trigger media_kept_anew after update on sluice.media
    referencing old table as was new table as became
    for each statement execute function sluice.keep_changed();
create trigger media_kept_no_more before delete on sluice.media
    for each row when (old.deleted_at is null)
    execute function sluice.keep_removed();

create function sluice.keep_attachments() returns trigger
language plpgsql as $$
declare
    way constant integer := case tg_op when 'INSERT' then 1 else -1 end;
begin
    perform sluice.keep(m.owner, way * count(*), way * sum(x.bytes)::bigint)
    from changed x join sluice.media m on m.id = x.media
    where m.deleted_at is null and x.removed_at is null
    group by m.owner order by m.owner;
    return null;
end;
$$;

create function sluice.keep_attachments_changed() returns trigger
language plpgsql as $$
begin
    perform sluice.keep(m.owner, sum(c.way), sum(c.way * c.bytes)::bigint)
    from (select n.media, n.bytes,
                 case when n.removed_at is null then 1 else -1 end as way
          from was o join became n using (id)
          where (o.removed_at is null) <> (n.removed_at is null)) c
    join sluice.media m on m.id = c.media
    where m.deleted_at is null group by m.owner order by m.owner;
    return null;
end;
$$;

create trigger attachments_kept after insert on sluice.attachments
    referencing new table as changed
    for each statement execute function sluice.keep_attachments();
create trigger attachments_kept_anew after update on sluice.attachments
    referencing old table as was new table as became
    for each statement execute function sluice.keep_attachments_changed();
create trigger attachments_kept_no_more after delete on sluice.attachments
    referencing old table as changed
    for each statement execute function sluice.keep_attachments();

insert into sluice.kept
select owner, count(*), sum(bytes)
from (select owner, bytes from sluice.media where deleted_at is null
      union all
      select m.owner, a.bytes from sluice.attachments a
      join sluice.media m on m.id = a.media
      where m.deleted_at is null and a.removed_at is null) x
group by owner;

-- Of what one user does, so many rows a day tell one by one; what comes beyond
-- is counted in the last of them. An admin's are all kept, and operators'.
create function sluice.bound_audit() returns trigger
language plpgsql as $$
declare
    most constant integer := 200;
begin
    if new.actor is null
       or most > (select count(*) from (
            select from sluice.audit
            where actor = new.actor and action = new.action
              and at >= date_trunc('day', now()) limit most) x)
       or exists (select from sluice.users
                  where id = new.actor and role = 'admin') then
        return new;
    end if;

    update sluice.audit
    set detail = detail || jsonb_build_object('last', new.target,
        'more', coalesce((detail->>'more')::bigint, 0) + 1)
    where id = (select id from sluice.audit
                where actor = new.actor and action = new.action
                order by at desc, id desc limit 1);
    return null;
end;
$$;

create trigger audit_bound before insert on sluice.audit
    for each row execute function sluice.bound_audit();
