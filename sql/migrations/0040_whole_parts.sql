-- Parts of tus's concatenation that are in a bucket: whole there, as files of
-- their own, until another upload is put together from them.
alter table sluice.uploads
    add column whole boolean not null default false;    -- spool/<id> is all of
                                                        -- it; digest, too
