-- What was copied of a film is decoded once, behind all that somebody waits for.

insert into sluice.job_kinds (kind, priority, seconds) values
    ('verify', 2, 43200);
