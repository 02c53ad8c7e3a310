-- When somebody signed in last: sessions that are over leave the record.
alter table sluice.users add column signed_in_at timestamptz;

-- How many sessions one may have at once.
alter table sluice.plans
    add column sessions_max integer check (sessions_max > 0);
alter table sluice.users
    add column sessions_max integer check (sessions_max > 0);

-- The audit is kept for 400 days, unless an operator has said something else.
update sluice.schedules set params = params || '{"audit_days": 400}'
where name = 'prune' and params->>'audit_days' = '365';
