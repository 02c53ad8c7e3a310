-- Every upload under way has a row, from before its first byte: what it may
-- bring counts. One that nobody may come back for is 'held' by the request that
-- brings it, which renews `expires_at`, a lease.
alter table sluice.uploads
    drop constraint uploads_state_check,
    add constraint uploads_state_check
        check (state in ('held', 'open', 'done')),
    add column bytes bigint not null default 0 check (bytes >= 0),
                                        -- that it has or may get; of a final
                                        -- one those of its parts count
    add column parts uuid[];            -- of a final one, in their order

update sluice.uploads set bytes = coalesce(length, 0) where state = 'open';

drop index sluice.uploads_owner;
create index uploads_owner on sluice.uploads (owner) where state <> 'done';
