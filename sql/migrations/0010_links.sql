-- What was taken back reaches each machine by the record alone, too, and what
-- one user may fill has a bound.

-- The transaction that wrote a row last: whoever reads what is new asks for the
-- rows of those that were not over when he read before. A sequence would pass
-- over a row that is committed after a later one.
alter table sluice.revocations
    add column tx xid8 not null default pg_current_xact_id();
create index revocations_tx on sluice.revocations (tx);

create function sluice.revocation_changed() returns trigger
language plpgsql as $$
begin
    new.tx := pg_current_xact_id();
    return new;
end;
$$;

create trigger revocations_changed before update on sluice.revocations
    for each row execute function sluice.revocation_changed();

-- Users of other issuers who are disabled here: see api.revocations().
create index users_barred on sluice.users ((id::text))
    where issuer is not null and disabled_at is not null;

-- Some link names this session and no user: that the user's links end does not
-- end it.
alter table sluice.sessions
    add column links_alone boolean not null default false;

-- Links with uses or bytes that were minted, by the day when they are over:
-- each is a number in Redis until then.
create table sluice.counted_links (
    user_id uuid not null references sluice.users on delete cascade,
    until   date not null,
    many    integer not null,
    primary key (user_id, until)
);
