-- What the job calls that makes an export: all that the record has of somebody,
-- in pages, so that it may be any much. No secret is in it, no hash, and nothing
-- of other people; what is shown is named, and all else is not.

-- Whose it is, while it is wanted and this job is the one for it.
create or replace function queue.export_owner(job_id uuid, export uuid)
returns uuid
language sql stable as $$
    select user_id from sluice.exports
    where id = export and job = job_id and ended_at is null;
$$;


-- The head of account.json.
create or replace function queue.export_account(who uuid) returns jsonb
language sql stable as $$
    select jsonb_build_object(
        'account', jsonb_build_object(
            'id', u.id, 'email', u.email, 'name', u.name, 'role', u.role,
            'locale', u.locale, 'issuer', u.issuer, 'subject', u.subject,
            'has_password', u.password is not null,
            'created_at', u.created_at, 'verified_at', u.verified_at,
            'bounced_at', u.bounced_at, 'signed_in_at', u.signed_in_at,
            'disabled_at', u.disabled_at, 'leaves_at', u.leaves_at),
        'plan', jsonb_build_object(
            'name', u.plan,
            'quota_bytes', coalesce(u.quota_bytes, p.quota_bytes),
            'uploads_max', coalesce(u.uploads_max, p.uploads_max),
            'upload_bytes_max', coalesce(u.upload_bytes_max,
                                         p.upload_bytes_max),
            'files_max', coalesce(u.files_max, p.files_max)),
        'kept', jsonb_build_object('files', coalesce(k.files, 0),
                                   'bytes', coalesce(k.bytes, 0)),
        'recovery_codes', (select jsonb_build_object(
                'left', count(*) filter (where used_at is null),
                'used', count(*) filter (where used_at is not null))
            from sluice.recovery_codes where user_id = who))
    from sluice.users u
    left join sluice.plans p on p.name = u.plan
    left join sluice.kept k on k.owner = u.id
    where u.id = who;
$$;


-- What is to be made, for whom; or a null of JSON: nobody wants it any more.
-- `ready`: a try before this one has made it, and did not come to say so.
create or replace function queue.begin_export(job_id uuid, export uuid)
returns jsonb
language sql stable as $$
    select coalesce((select jsonb_build_object(
        'ready', e.ready_at is not null, 'site', e.facts->>'site',
        'language', e.facts->>'language', 'about', queue.export_account(who),
        'files', coalesce(k.files, 0), 'bytes', coalesce(k.bytes, 0))
    from sluice.exports e
    cross join queue.export_owner(job_id, export) who
    left join sluice.kept k on k.owner = who
    where e.id = export and who is not null), 'null');
$$;


-- Rows with an id behind one.
create or replace function queue.export_plain(who uuid, part text,
                                              behind uuid, many integer)
returns table (key text, item jsonb)
language plpgsql stable as $$
begin
    if part = 'sessions' then
        return query select s.id::text, jsonb_build_object(
            'id', s.id, 'device', s.user_agent, 'address', s.address,
            'created_at', s.created_at, 'last_used_at', s.used_at,
            'last_used_from', s.used_from,
            'authenticated_at', s.authenticated_at, 'methods', s.amr,
            'remembered', s.remembered, 'expires_at', s.expires_at,
            'ended_at', s.ended_at)
        from sluice.sessions s where s.user_id = who and s.id > behind
        order by s.id limit many;
    elsif part = 'factors' then
        return query select f.id::text, jsonb_build_object(
            'id', f.id, 'kind', f.kind, 'created_at', f.created_at,
            'confirmed_at', f.confirmed_at, 'last_used_at', f.used_at)
        from sluice.factors f where f.user_id = who and f.id > behind
        order by f.id limit many;
    elsif part = 'passkeys' then
        return query select p.id::text, jsonb_build_object(
            'id', p.id, 'name', p.name, 'created_at', p.created_at,
            'last_used_at', p.used_at, 'eligible', p.eligible,
            'backed_up', p.backed_up)
        from sluice.passkeys p where p.user_id = who and p.id > behind
        order by p.id limit many;
    elsif part = 'keys' then
        return query select k.id::text, jsonb_build_object(
            'id', k.id, 'name', a.subject, 'scopes', k.scopes,
            'created_at', k.created_at, 'expires_at', k.expires_at,
            'last_used_at', k.last_used_at, 'removed_at', k.removed_at)
        from sluice.keys k join sluice.users a on a.id = k.user_id
        where who in (k.made_by, k.user_id) and k.id > behind
        order by k.id limit many;
    elsif part = 'mails' then
        return query select t.id::text, jsonb_build_object(
            'id', t.id, 'purpose', t.purpose, 'to', t.email,
            'created_at', t.created_at, 'expires_at', t.expires_at,
            'used_at', t.used_at)
        from sluice.tickets t where t.user_id = who and t.id > behind
        order by t.id limit many;
    elsif part = 'uploads' then
        return query select x.id::text, jsonb_build_object(
            'id', x.id, 'state', x.state, 'filename', x.filename,
            'title', x.title, 'length', x.length, 'metadata', x.metadata,
            'media', x.media, 'created_at', x.created_at,
            'expires_at', x.expires_at)
        from sluice.uploads x where x.owner = who and x.id > behind
        order by x.id limit many;
    elsif part = 'exports' then
        return query select e.id::text, jsonb_build_object(
            'id', e.id, 'created_at', e.created_at, 'ready_at', e.ready_at,
            'expires_at', e.expires_at, 'ended_at', e.ended_at,
            'bytes', e.bytes)
        from sluice.exports e where e.user_id = who and e.id > behind
        order by e.id limit many;
    end if;
end;
$$;


-- Links that he took back, and how many are counted that he minted; of others
-- the audit tells.
create or replace function queue.export_links(who uuid, behind text,
                                              many integer)
returns table (key text, item jsonb)
language sql stable as $$
    select l.key, l.item from (
        select 'counted ' || c.until as key, jsonb_build_object(
            'with_uses_or_bytes', c.many, 'until', c.until) as item
        from sluice.counted_links c where c.user_id = who
        union all
        select 'revoked ' || r.kind || ' ' || r.id, jsonb_build_object(
            'taken_back', r.id, 'at', r.created_at, 'until', r.expires_at)
        from sluice.revocations r where r.revoked_by = who and r.kind = 'jti'
    ) l where l.key collate "C" > behind
    order by l.key collate "C" limit many;
$$;


-- Jobs of a page of his media; `key` is the media's.
create or replace function queue.export_jobs(who uuid, behind uuid,
                                             many integer)
returns table (key text, item jsonb)
language sql stable as $$
    with page as (
        select id from sluice.media
        where owner = who and deleted_at is null and id > behind
        order by id limit many)
    select p.id::text, j.item from page p
    left join lateral (
        select api.job_object(x) as item, x.id from sluice.jobs x
        where x.media = p.id) j on true
    order by p.id, j.id;
$$;


-- What he did, and what was done to his account. Who else it was, and whom else
-- it was done to, is theirs: of what he did as an editor or admin to others
-- there is what and when. `everything`: he is a viewer, so all media that he has
-- changed are his.
create or replace function queue.export_line(a sluice.audit, who uuid,
                                             everything boolean)
returns jsonb
language sql stable as $$
    select jsonb_strip_nulls(jsonb_build_object(
        'id', a.id, 'at', a.at, 'action', a.action,
        'by', case when a.actor = who then 'you'
                   when a.actor is not null then 'an admin'
                   else 'an operator, or a job' end,
        'target', case when own.it
                         or a.action !~ '^(user|users|invitation|factors)-'
                       then a.target end,
        'detail', case
            when a.actor is distinct from who
                then a.detail - '{address,agent,by}'::text[]
            when own.it then a.detail - 'by'
            else a.detail - '{email,name,from,to,title,author,issuer,'
                            'subject,by,user,role,last}'::text[] end))
    from (select a.target = who::text
                 or (everything and a.action !~ '^(user|users|invitation)-')
                 or exists (select from sluice.media m where m.owner = who
                            and m.id::text = a.target)
                 or a.action ~ '^session-' as it) own;
$$;


create or replace function queue.export_audit(who uuid, behind uuid,
                                              many integer)
returns table (key text, item jsonb)
language plpgsql stable
set enable_seqscan = off set enable_bitmapscan = off set jit = off
as $$
declare
    everything constant boolean := (select u.role = 'viewer'
        from sluice.users u where u.id = who);
begin
    return query select a.id::text, queue.export_line(a, who, everything)
    from ((select x.* from sluice.audit x
           where x.actor = who and x.id > behind order by x.id limit many)
          union
          (select x.* from sluice.audit x
           where x.target = who::text and x.id > behind
           order by x.id limit many)) a
    order by a.id limit many;
end;
$$;


-- A media file with all that is known of it, and its attachments in their
-- order.
create or replace function queue.export_media(who uuid, behind uuid,
                                              many integer)
returns table (key text, item jsonb)
language sql stable as $$
    select m.id::text, (to_jsonb(m)
        - '{owner,text_words,authored,titled,last_number,scrubbed_at,rot,rot_at,deleted_at}'::text[])
        || jsonb_build_object(
            'sha256', encode(m.sha256, 'hex'),
            'attachments', coalesce((
                select jsonb_agg((to_jsonb(a)
                    - '{media,job,text_words,number,scrubbed_at,rot,rot_at,removed_at}'::text[])
                    || jsonb_build_object('sha256', encode(a.sha256, 'hex'))
                    order by a.role desc, a.position, a.id)
                from sluice.attachments a
                where a.media = m.id and a.removed_at is null), '[]'))
    from sluice.media m
    where m.owner = who and m.deleted_at is null and m.id > behind
    order by m.id limit many;
$$;


-- A page of one of these: {"items", "next"}; `next` is null with the last. Or a
-- null of JSON: nobody wants the export any more.
create or replace function queue.export_page(job_id uuid, export uuid,
                                             part text, behind text,
                                             many integer) returns jsonb
language plpgsql stable as $$
declare
    who constant uuid := queue.export_owner(job_id, export);
    after constant uuid := case when part <> 'links' then coalesce(
        nullif(behind, '')::uuid,
        '00000000-0000-0000-0000-000000000000') end;
    items jsonb;
    rows bigint;
    last text;
begin
    if who is null then
        return 'null';
    end if;

    select jsonb_agg(r.item order by r.n) filter (where r.item is not null),
           count(distinct r.key), (array_agg(r.key order by r.n desc))[1]
    into items, rows, last
    from (select x.key, x.item, row_number() over () as n from (
        select * from queue.export_links(who, behind, many)
        where part = 'links'
        union all
        select * from queue.export_jobs(who, after, many) where part = 'jobs'
        union all
        select * from queue.export_audit(who, after, many)
        where part = 'audit'
        union all
        select * from queue.export_media(who, after, many)
        where part = 'media'
        union all
        select * from queue.export_plain(who, part, after, many)) x) r;

    return jsonb_build_object('items', coalesce(items, '[]'), 'next',
                              case when rows = many then last end);
end;
$$;


-- The file is there: from now on it is told of. False: nobody wants it.
create or replace function queue.finish_export(job_id uuid, export uuid,
    size bigint, lost bigint) returns jsonb
language plpgsql as $$
declare
    e sluice.exports;
    u sluice.users;
begin
    select x.* into u from sluice.users x
    where x.id = queue.export_owner(job_id, export) for no key update;

    update sluice.exports
    set ready_at = now(), expires_at = now() + api.export_life(),
        bytes = size, missing = lost
    where id = export and job = job_id and ended_at is null
      and ready_at is null
    returning * into e;

    if found then
        perform api.tell(u, 'export-ready', e.facts, jsonb_build_object(
            'until', to_char(e.expires_at at time zone 'utc', 'YYYY-MM-DD')));
    end if;

    return to_jsonb(queue.export_owner(job_id, export) is not null);
end;
$$;


-- expire

-- Those whose files are to go: nobody wants them, their time is over, or they
-- never came about. A slot that may still publish one has its lease.
create or replace function queue.expired_exports(many integer) returns jsonb
language sql stable as $$
    select coalesce(jsonb_agg(x.id), '[]') from (
        select e.id from sluice.exports e
        where e.gone_at is null
          and (e.ended_at is not null or e.expires_at < now()
               or e.created_at < now() - interval '30 days')
          and (e.ready_at is not null
               or not exists (select from sluice.jobs j where j.id = e.job
                              and j.state in ('running', 'cancelled')
                              and j.lease_until > now()))
        order by e.created_at limit many) x;
$$;


-- Its file is gone. Rows of before yesterday count for nothing.
create or replace function queue.drop_export(export uuid) returns jsonb
language plpgsql as $$
begin
    update sluice.exports
    set gone_at = now(), ended_at = coalesce(ended_at, now())
    where id = export;

    delete from sluice.exports
    where gone_at is not null and created_at < now() - interval '1 day';
    return 'true';
end;
$$;
