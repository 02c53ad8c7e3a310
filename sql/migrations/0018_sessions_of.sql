-- Somebody's sessions in their order. Built while others write: see
-- SQL_CONCURRENT in worker/ctl/sql.h.

create index concurrently if not exists sessions_of
    on sluice.sessions (user_id, id);
