-- What this month costs by a price list (conf/prices.json), so far and by its
-- end: `part` is a kind, an owner or a plan, as `by` says; `many` of them at
-- most, the dearest, then what the others come to, and all together. `over`: by
-- its end the month has so much of its budget, in percent.
--
-- All amounts are numeric, none is ever a float. A month's first day counts as a
-- whole one, so that its first minutes forecast nothing absurd. Tiers are of all
-- that was sent; each owner bears of it what his bytes are of them.

create or replace function sluice.month_cost(
    prices jsonb, by text, many integer, alarm numeric)
returns table (part text, name text, stored bigint, sent bigint, so_far text,
               forecast text, over boolean)
language sql stable as $$
    with clock as (
        select greatest(extract(epoch from now()
                                - api.this_month()::timestamp at time zone 'utc'),
                        86400)
               / extract(epoch from api.next_month()
                         - api.this_month()::timestamp at time zone 'utc') as gone

    ), drawn as (           -- what was made of media, by owner
        select m.owner, sum(r.bytes) as bytes
        from sluice.renditions r join sluice.media m on m.id = r.media
        group by m.owner

    ), used as (
        select case by when 'plan' then coalesce(u.plan, '(none)')
                       else coalesce(u.email::text, u.id::text) end as name,
               sum(coalesce(k.bytes, 0) + coalesce(d.bytes, 0)) as stored,
               sum(coalesce(s.bytes, 0)) as sent
        from sluice.users u
        left join sluice.kept k on k.owner = u.id
        left join drawn d on d.owner = u.id
        left join sluice.sent s on s.user_id = u.id
                                   and s.month = api.this_month()
        group by 1

    ), whole as (
        select coalesce(sum(u.stored), 0) as stored,
               coalesce(sum(u.sent), 0) as sent
        from used u

    ), tiers as (           -- in bytes
        select (t.value->>'price')::numeric as price,
               coalesce(lag((t.value->>'up_to')::numeric) over (order by t.n), 0)
               * 1073741824 as low,
               (t.value->>'up_to')::numeric * 1073741824 as high
        from jsonb_array_elements(prices->'egress_gib')
             with ordinality t(value, n)

    ), egress as (
        select sum(greatest(least(w.sent, t.high) - t.low, 0) * t.price)
               / 1073741824 as now,
               sum(greatest(least(w.sent / c.gone, t.high) - t.low, 0) * t.price)
               / 1073741824 as then
        from tiers t, whole w, clock c

    ), each as (
        select u.name, u.stored, u.sent,
               u.stored / 1073741824 * (prices->>'storage_gib_month')::numeric
                   as storage,
               coalesce(u.sent / nullif(w.sent, 0), 0) as share
        from used u, whole w

    ), parts as (
        select 1 as place, by as part, e.name, e.stored, e.sent,
               e.storage * least(c.gone, 1) + e.share * g.now as now,
               e.storage + e.share * g.then as then
        from each e, egress g, clock c
        where by <> 'kind'
        union all
        select 1, 'kind', 'storage', w.stored, 0,
               sum(e.storage) * least(c.gone, 1), sum(e.storage)
        from each e, whole w, clock c
        where by = 'kind'
        group by w.stored, c.gone
        union all
        select 1, 'kind', 'egress', 0, w.sent, g.now, g.then
        from egress g, whole w
        where by = 'kind'
        union all
        select 0, 'fixed', f.key, 0, 0, f.value::numeric * least(c.gone, 1),
               f.value::numeric
        from jsonb_each_text(prices->'fixed_month') f, clock c

    ), placed as (
        select p.*, row_number() over (partition by p.place
                                       order by p.then desc, p.name) as n
        from parts p

    ), shown as (
        select p.place, p.part, p.name, p.stored, p.sent, p.now, p.then
        from placed p
        where p.place = 0 or p.n <= many
        union all
        select 2, 'others', count(*)::text, sum(p.stored), sum(p.sent),
               sum(p.now), sum(p.then)
        from placed p
        where p.place = 1 and p.n > many
        having count(*) > 0
        union all
        select 3, 'total', prices->>'currency', sum(p.stored), sum(p.sent),
               sum(p.now), sum(p.then)
        from parts p
    )
    select s.part, s.name, s.stored::bigint, s.sent::bigint,
           round(s.now, 2)::text, round(s.then, 2)::text,
           coalesce(s.place = 3 and s.then * 100
                    >= alarm * (prices->>'budget')::numeric, false)
    from shown s
    order by s.place, s.then desc, s.name;
$$;
