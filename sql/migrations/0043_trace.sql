-- The request that a job comes of, as W3C's traceparent, of what
-- queue.trace() has said in the transaction; what follows on a job has the job's.

alter table sluice.jobs
    add column trace text default nullif(current_setting('sluice.trace', true), '');
