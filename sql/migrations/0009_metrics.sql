-- What is counted for operators without reading what is over, or sound.
create index jobs_dead on sluice.jobs (kind) where state = 'dead';
create index media_rotten on sluice.media (id)
    where rot is not null and deleted_at is null;
create index attachments_rotten on sluice.attachments (media)
    where rot is not null;

-- Nobody calls it any more.
drop function if exists api.forget_uploads();
