-- Files of films that were asked for, and whose day is over.

-- [{id, media}]: at most so many whose files may go. One that a job may still be
-- writing waits for that.
create or replace function queue.expired_downloads(many integer) returns jsonb
language sql stable as $$
    select coalesce(jsonb_agg(jsonb_build_object('id', x.id, 'media', x.media)),
                    '[]') from (
        select d.id, d.media from sluice.downloads d
        where d.expires_at < now()
          and not exists (select from sluice.jobs j where j.id = d.job
                          and j.state in ('running', 'cancelled')
                          and j.lease_until > now())
        order by d.expires_at limit many) x;
$$;


-- Its file is gone, and so is whatever was to make it.
create or replace function queue.drop_download(download uuid) returns jsonb
language plpgsql as $$
declare
    job_id uuid;
begin
    delete from sluice.downloads where id = download returning job into job_id;
    update sluice.jobs
    set state = 'cancelled', finished_at = now(), version = version + 1,
        error = 'Nobody wants it any more.'
    where id = job_id and state in ('queued', 'retrying');
    return 'true';
end;
$$;
