-- Mail, and what its links are good for.

-- What an address is compared by, where that is not lower(email): letters of
-- all languages without their case, the domain in A-labels
-- (core/account/address.h). `verified_at`: somebody has followed a link that was
-- mailed there. `bounced_at`: the relay knows no such address. `leaves_at`: when
-- all that is his goes, unless he signs in before.
alter table sluice.users
    add column email_key text,
    add column verified_at timestamptz,
    add column bounced_at timestamptz,
    add column leaves_at timestamptz;

-- A ticket is used once, by whoever has the link that was mailed: its id, with
-- a MAC by nginx's keys, which the record does not have. Until the mail is sent its job
-- has the link.
create table sluice.tickets (
    id         uuid primary key,
    purpose    text not null
               check (purpose in ('sign-up', 'invitation', 'reset', 'address',
                                  'notice')),   -- a mail without a link
    user_id    uuid references sluice.users on delete cascade,
    email      text not null,               -- where the link goes
    email_key  text not null,
    network    inet,                        -- from where it was asked for
    data       jsonb not null default '{}', -- what comes of it
    made_by    uuid references sluice.users on delete cascade,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    used_at    timestamptz
);
create index tickets_email on sluice.tickets (email_key, created_at);
create index tickets_network on sluice.tickets (network, created_at)
    where network is not null;
create index tickets_user on sluice.tickets (user_id)
    where user_id is not null;
create index tickets_made on sluice.tickets (made_by, id desc)
    where made_by is not null;
create index tickets_expires on sluice.tickets (expires_at);

-- A mail that was not sent within a day is of no use any more.
insert into sluice.job_kinds (kind, priority, seconds, max_attempts) values
    ('mail',  0, 120,  10),
    ('leave', 2, 3600, 100);

-- Ours win, as before; now by what addresses are compared by.
create or replace function sluice.take_address() returns trigger
language plpgsql as $$
begin
    update sluice.users set email = null, email_key = null
    where coalesce(email_key, lower(email))
              = coalesce(new.email_key, lower(new.email))
      and issuer is not null;
    return new;
end;
$$;
