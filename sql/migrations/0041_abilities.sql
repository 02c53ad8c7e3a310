-- Owners in their order, for slots that take what is long, or what is quick:
-- queue.is_long(). Built while others write: see SQL_CONCURRENT in
-- worker/ctl/sql.h.

create index concurrently if not exists jobs_turn_long on sluice.jobs
    ((kind = any (array['package', 'split', 'encode', 'join', 'verify',
                        'storyboard', 'listen', 'download'])),
     sluice.turn_of(owner), kind, rank, id)
    where state in ('queued', 'retrying') and waits_for is null;
