-- What somebody has finished lately. Built while others write: see
-- SQL_CONCURRENT in worker/ctl/sql.h.

create index concurrently if not exists uploads_done
    on sluice.uploads (owner, expires_at) where state = 'done';
