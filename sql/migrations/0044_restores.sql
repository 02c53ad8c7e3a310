-- A file of a bucket that lies in an archive is brought back because somebody
-- asked for it.

insert into sluice.job_kinds (kind, priority, seconds) values
    ('restore', 0, 300);
