-- Users whom another issuer's token speaks for: nginx makes their row when they
-- first come, with an id made from issuer and subject. They have no password
-- here, and an address only if the issuer tells one that nobody else has.

alter table sluice.users
    alter column email drop not null,
    alter column password drop not null,
    add column issuer text check (octet_length(issuer) between 1 and 255),
    add column subject text check (octet_length(subject) between 1 and 255),
    add constraint users_origin unique (issuer, subject),
    add constraint users_proof check (
        case when issuer is null
             then email is not null and password is not null
                  and subject is null
             else subject is not null and password is null end);

-- Ours win: whoever gets a password here takes his address back.
create function sluice.take_address() returns trigger
language plpgsql as $$
begin
    update sluice.users set email = null
    where lower(email) = lower(new.email) and issuer is not null;
    return new;
end;
$$;

create trigger users_take_address before insert or update of email
    on sluice.users for each row when (new.issuer is null)
    execute function sluice.take_address();
