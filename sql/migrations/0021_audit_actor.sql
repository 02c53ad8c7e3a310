-- What one user did today. Built while others write: see
-- SQL_CONCURRENT in worker/ctl/sql.h.

create index concurrently if not exists audit_actor
    on sluice.audit (actor, action, at) where actor is not null;
