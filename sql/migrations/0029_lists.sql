-- What admins list users and the audit by. Built while others write: see
-- SQL_CONCURRENT in worker/ctl/sql.h.

create index concurrently if not exists users_listed
    on sluice.users (role, created_at, id);

create index concurrently if not exists users_named
    on sluice.users (role, (coalesce(email_key, lower(email)))
                           text_pattern_ops);

create index concurrently if not exists audit_targets
    on sluice.audit (target, id);

create index concurrently if not exists audit_actors
    on sluice.audit (actor, id) where actor is not null;

create index concurrently if not exists audit_actions
    on sluice.audit (action, id);

create index concurrently if not exists factors_user
    on sluice.factors (user_id);
