-- By the key of a request that comes again. Built while others write: see
-- SQL_CONCURRENT in worker/ctl/sql.h.

create index concurrently if not exists uploads_key on sluice.uploads (owner, key)
    where key is not null;
