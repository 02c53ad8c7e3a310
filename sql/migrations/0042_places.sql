-- Which machine has the file that a job reads, and until when it is left to it.

alter table sluice.jobs
    add column place text,                  -- as slots' names begin
    add column place_until timestamptz;

comment on column sluice.jobs.leased_by is
    'host:mark:pid[:ability] of the slot';
