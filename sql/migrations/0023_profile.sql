-- Users of ours may have no password yet: who came without a hash asks for one
-- by mail. `locale` is a language tag (BCP 47) that mails are written in.
alter table sluice.users
    add column locale text
        check (locale ~ '^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}$'),
    drop constraint users_proof,
    add constraint users_proof check (
        case when issuer is null
             then email is not null and subject is null
             else subject is not null and password is null end) not valid;
alter table sluice.users validate constraint users_proof;
