-- A refresh token is used once: it tells how often its session was refreshed
-- before, and so does the record. Sessions that began before have a token by
-- its digest until they are refreshed the first time. `used_at`, `used_from`:
-- when and from where the session was refreshed last. `remembered`: it goes on
-- when its browser is closed.
alter table sluice.sessions
    alter column refresh_digest drop not null,
    add column refreshes integer not null default 0,
    add column used_at timestamptz,
    add column used_from inet,
    add column remembered boolean not null default true;
