-- Reads that a replica answers: sluice_database_replica of nginx.

-- Calls api.<function>(actor, args) once all up to `wanted` is replayed here.
-- That takes a moment where it was written just now; `behind` is how many bytes
-- are lacking when it takes longer, and then nothing is answered. Not stable: the
-- function sees what was replayed by then.
create or replace function api.replayed(actor uuid, args jsonb, wanted pg_lsn,
                                        function text, out status integer,
                                        out body jsonb, out behind bigint)
language plpgsql as $$
declare
    tries constant integer := 10;
begin
    if not pg_is_in_recovery() then
        raise exception 'this is a replica no more'
            using errcode = 'read_only_sql_transaction';
    end if;

    for try in 1 .. tries loop
        behind := greatest(0, pg_wal_lsn_diff(wanted,
                                              pg_last_wal_replay_lsn()));
        exit when behind = 0;
        perform pg_sleep(0.002);
    end loop;

    if behind = 0 then
        execute format('select status, body from api.%I($1, $2)', function)
        into status, body using actor, args;
    end if;
end;
$$;
