-- The index in front of this one has its column, too.

drop index concurrently if exists sluice.sessions_user;
