-- Those of films whose pieces were left: queue.expired_pieces(). Built while
-- others write: see SQL_CONCURRENT in worker/ctl/sql.h.

create index concurrently if not exists jobs_left
    on sluice.jobs (finished_at)
    where kind in ('encode', 'join') and state in ('dead', 'cancelled');
