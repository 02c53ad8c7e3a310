-- As which roles nginx and workers come, when that is not the owner of all of
-- this: see sql/house/rights.sql.
create table sluice.applications (
    role name primary key
);
