-- What the params of a job must be, asked before a schedule has them and again
-- before a slot gets them.

-- What is wrong with the params of such a job, in a sentence; null when nothing
-- is, and of other kinds. What is missing or null has its default.
create or replace function queue.misfit(job_kind text, params jsonb)
returns text
language plpgsql immutable as $$
declare
    century constant integer := 36500;      -- days
    -- what each takes: a whole number up to this one, or null for true or false
    takes constant jsonb := case job_kind
        when 'expire' then jsonb_build_object()
        when 'orphans' then
            jsonb_build_object('hours', 24 * century, 'anyway', null,
                               'seconds', 86400 * century::bigint)
        when 'prune' then
            jsonb_build_object('audit_days', century, 'job_days', century,
                               'session_days', century)
        when 'scrub' then
            jsonb_build_object('days', century, 'rate', 1099511627776,
                               'seconds', 86400 * century::bigint)
    end;
    shown constant integer := 40;           -- letters of what was given
    p record;
begin
    if takes is null then
        return null;
    end if;
    if params is null or jsonb_typeof(params) <> 'object' then
        return format('The params are %s, but %s takes a JSON object of them.',
                      coalesce(left(params::text, shown), 'null'), job_kind);
    end if;

    for p in select key as name, value, left(value::text, shown) as given,
                    takes->key as most
             from jsonb_each(params)
    loop
        if p.most is null then
            return format('The param "%s" is %s, but %s takes %s.',
                left(p.name, shown), p.given, job_kind,
                coalesce((select 'only ' || string_agg(key, ', ' order by key)
                          from jsonb_object_keys(takes) key), 'none'));
        end if;

        if p.value = 'null' then
            continue;
        end if;

        if p.most = 'null' and jsonb_typeof(p.value) <> 'boolean' then
            return format('The param "%s" is %s, but %s takes true or false '
                          'there.', p.name, p.given, job_kind);
        end if;

        if p.most <> 'null'
           and (p.value::text !~ '^-?[0-9]+$'
                or abs(p.value::text::numeric) > p.most::numeric) then
            return format('The param "%s" is %s, but %s takes a whole number '
                          'up to %s there.', p.name, p.given, job_kind, p.most);
        end if;
    end loop;

    return null;
end;
$$;


-- The same for who makes or changes a schedule.
create or replace function queue.check_schedule() returns trigger
language plpgsql as $$
declare
    wrong constant text := queue.misfit(new.kind, new.params);
begin
    if wrong is not null then
        raise exception using errcode = 'check_violation', message = wrong;
    end if;
    return new;
end;
$$;

create or replace trigger schedule_params
before insert or update of kind, params on sluice.schedules
for each row execute function queue.check_schedule();
