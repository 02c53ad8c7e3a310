-- Who has an address. Built while others write: see SQL_CONCURRENT in
-- worker/ctl/sql.h.

create unique index concurrently if not exists users_key
    on sluice.users (coalesce(email_key, lower(email)));
