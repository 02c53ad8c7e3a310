-- What many users may keep and bring, by one row: null is without a bound. What
-- a user's own row says comes before his plan.
create table sluice.plans (
    name             text primary key
                     check (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
    quota_bytes      bigint check (quota_bytes >= 0),
    uploads_max      integer check (uploads_max >= 0),      -- at once
    upload_bytes_max bigint check (upload_bytes_max >= 0)   -- of one
);

alter table sluice.users
    add column plan text references sluice.plans on update cascade,
    add column upload_bytes_max bigint check (upload_bytes_max >= 0);
