-- Which trace what is done belongs to (W3C Trace Context), for the rest of the
-- transaction: jobs that come of it have it. Null: none.
create or replace function queue.trace(traceparent text) returns void
language plpgsql as $$
begin
    perform set_config('sluice.trace', coalesce(traceparent, ''), true);
end;
$$;
