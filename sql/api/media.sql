-- Media: shown, listed, changed and deleted.

-- A link is a path, or {path, filename}: then it opens an attachment; what a
-- film was made into has {path, …} each. Files that others wrote and that
-- browsers would run are never shown by them.
create or replace function api.media_links(m sluice.media, shown integer[])
returns jsonb
language plpgsql stable as $$
declare
    folder constant text := format('/media/%s/%s/', right(m.id::text, 2), m.id);
begin
    if m.state <> 'ready' then
        return '{}';
    end if;

    return jsonb_strip_nulls(jsonb_build_object(
        'play', case when m.kind in ('video', 'audio')
                     then folder || queue.playlist(m.master) end,
        'dash', folder || 'hls/manifest.' || m.master || '.mpd',
        'original', jsonb_build_object(
            'path', folder || 'original.' || m.extension,
            'filename', api.download_name(case when m.kind = 'score'
                then m.filename else m.title || '.' end, m.extension)),
        'pages', case when m.kind = 'score' then
            to_jsonb(array(select format('%spages/%s.png', folder,
                                         lpad(n::text, 4, '0'))
                           from unnest(shown) with ordinality p(n, at)
                           order by at)) end)
        || api.beside_links(m, folder));
end;
$$;


-- What it was made into, of a kind: each a file of its own.
create or replace function api.media_renditions(m sluice.media, texts boolean)
returns jsonb
language plpgsql stable as $$
declare
    hls constant text := format('/media/%s/%s/hls/', right(m.id::text, 2), m.id);
begin
    return (select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                'name', r.name, 'kind', case when not texts then r.kind end,
                'codecs', r.about->'codecs', 'width', r.about->'width',
                'height', r.about->'height', 'range', r.about->'range',
                'frame_rate', r.about->'frame_rate',
                'bandwidth', r.about->'bandwidth',
                'channels', r.about->'channels',
                'language', r.about->'language', 'title', r.about->'title',
                'purpose', r.about->'purpose', 'default', r.about->'default',
                'bytes', case when not texts then r.bytes end,
                'path', format('%s%s/%s.%s', hls, r.folder, r.name,
                               case when texts then 'vtt' else 'mp4' end)))
            order by r.kind desc, (r.about->>'height')::integer desc, r.name),
            '[]')
            from sluice.renditions r
            where r.media = m.id and (r.kind = 'subtitles') = texts);
end;
$$;


-- The qualities of a film that are on their way. They are encoded together,
-- piece by piece, and then joined.
create or replace function api.making(m sluice.media) returns jsonb
language plpgsql stable as $$
declare
    j sluice.jobs;
    share numeric;
begin
    select * into j from sluice.jobs
    where media = m.id and kind in ('encode', 'join')
      and state in ('queued', 'running', 'retrying')
    order by id desc limit 1;

    if not found then
        return '[]';
    end if;

    select sum(case state when 'done' then 100 when 'running' then progress
               else 0 end)::numeric / (j.params->>'of')::integer into share
    from sluice.jobs
    where media = m.id and kind = 'encode'
      and params->>'run' = j.params->>'run';

    return (select coalesce(jsonb_agg(jsonb_build_object(
                'name', r->>'name', 'kind', 'video',
                'lines', substring(r->>'name' from '^v([0-9]+)')::integer,
                'progress', round(share, 1))), '[]')
            from jsonb_array_elements(j.params->'rungs') r);
end;
$$;


-- The job that tells most: one that died and was needed, else the one at work,
-- else the last. What is made beside a film tells less than any other.
create or replace function api.media_job(m sluice.media) returns jsonb
language plpgsql stable as $$
begin
    return (select api.job_object(j) from sluice.jobs j
            where j.media = m.id
              and j.kind not in ('attach', 'detach', 'withdraw', 'restore')
              and not queue.attaches(j)
            order by queue.is_beside(j.kind),
                     j.state = 'dead' and queue.is_needed(j.kind) desc,
                     j.state in ('running', 'retrying', 'queued') desc,
                     j.id desc
            limit 1);
end;
$$;


-- What lists tell of a media file, whatever hangs on it: of a score the first
-- page, how many attachments there are, and what these know of the music.
create or replace function api.media_item(m sluice.media, c sluice.catalogue)
returns jsonb
language plpgsql stable as $$
begin
    return jsonb_build_object(
        'id', m.id, 'kind', m.kind, 'title', m.title, 'author', m.author,
        'tags', m.tags, 'filename', m.filename, 'visibility', m.visibility,
        'owner', m.owner, 'state', m.state, 'error', m.error,
        'bytes', m.bytes, 'sha256', encode(m.sha256, 'hex'),
        'duration', m.duration, 'width', m.width, 'height', m.height,
        'pages', m.pages, 'streams', m.streams,
        'score', coalesce(c.told, '{}') || m.score,
        'created_at', m.created_at, 'job', api.media_job(m),
        'links', api.media_links(m, case when m.pages > 0 then '{1}'::integer[]
                                         else '{}' end),
        'attached', coalesce(c.attached, 0)) || api.film_item(m);
end;
$$;


-- The whole of it, with links to all pages and with its attachments.
create or replace function api.media_object(m sluice.media) returns jsonb
language plpgsql stable as $$
declare
    c sluice.catalogue;
begin
    select * into c from sluice.catalogue where media = m.id;

    return api.media_item(m, c) || api.film_object(m) || jsonb_build_object(
        'links', api.media_links(m, array(select api.page_numbers(m, m.pages)))
            || case when m.state = 'ready' and m.kind in ('video', 'audio')
                    then jsonb_build_object(
                        'renditions', api.media_renditions(m, false),
                        'subtitles', api.media_renditions(m, true))
                    else '{}' end,
        'making', api.making(m), 'attachments', api.attachments(m));
end;
$$;


-- Changes with what people change: the first part of its entity tag, which
-- If-Match goes by.
create or replace function api.version(m sluice.media) returns text
language sql stable as $$
    select left(encode(sha256(convert_to(jsonb_build_array(
        m.title, m.author, m.tags, m.visibility)::text
        || coalesce(m.poster_at::text, ''),
        'UTF8')), 'hex'), 16);
$$;


-- Null unless `if_match` names other versions than this one.
create or replace function api.refuse_version(m sluice.media, args jsonb)
returns jsonb
language sql stable as $$
    select (api.refuse('precondition-failed', case args->'if_match'
        when '[]' then 'If-Match takes the ETag of this as it came: a weak tag '
                       'never matches.'
        else 'Ask for it again, and change that.' end, 'If-Match')).body
    where jsonb_typeof(args->'if_match') = 'array'
      and not args->'if_match' ? api.version(m);
$$;


create or replace function api.get_media(actor uuid, args jsonb,
                                         out status integer, out body jsonb)
language plpgsql stable as $$
declare
    m sluice.media;
begin
    select * into m from sluice.media x
    where x.id = (args->>'id')::uuid and x.deleted_at is null
      and api.may_see(actor, x);

    if not found then
        select * into status, body from api.refuse('not-found');
        return;
    end if;

    body := api.refuse_version(m, args);
    status := 400;

    if body is null then
        status := 200;
        body := api.media_object(m)
                || jsonb_build_object('etag', api.version(m));
    end if;
end;
$$;


-- Lists

-- The numbers of the catalogue below `behind`, at most so many, of these kinds:
-- of all that an editor may see, or a user.
create or replace function api.browse(actor uuid, everything boolean,
    kinds text[], behind bigint, many integer) returns bigint[]
language plpgsql stable as $$
begin
    return array(
        select number from (
            select c.number from unnest(kinds) k, lateral (
                select number from sluice.catalogue
                where library and kind = k and number < behind
                order by number desc limit many) c
            union all
            select c.number from unnest(kinds) k, lateral (
                select number from sluice.catalogue
                where everything and not library and kind = k
                  and number < behind
                order by number desc limit many) c
            union all
            select c.number from unnest(kinds) k, lateral (
                select number from sluice.catalogue
                where not everything and not library and owner = actor
                  and kind = k and number < behind
                order by number desc limit many) c) seen
        order by number desc limit many);
end;
$$;


drop function if exists
    api.search(uuid, boolean, text[], text[], bigint, integer, integer),
    api.segment_query(uuid, boolean, text[], text);

-- What is among the 8,192 numbers of a segment, for these scopes, and has all of
-- these words, or words that begin with them.
create or replace function api.segment_query(scopes text[], segment text,
                                             words text[]) returns tsquery
language plpgsql immutable as $$
declare
    scope text;
    word text;
    keys text[];
    asked text[];
begin
    foreach scope in array scopes loop
        keys := '{}';
        foreach word in array words loop
            keys := keys || ('''' || scope || segment || '.' || word
                || case when word ^@ '=' then '''' else ''':*' end);
        end loop;
        asked := asked || array_to_string(keys, '&');
    end loop;
    return array_to_string(asked, '|')::tsquery;
end;
$$;


-- Those of these numbers of the catalogue that have all of these words.
create or replace function api.having_words(numbers bigint[], words text[])
returns bigint[]
language sql stable as $$
    with seen as materialized (
        select c.number, c.library, c.words from unnest(numbers) n
        join sluice.catalogue c on c.number = n),
    asked as materialized (
        select library, segment, api.segment_query(
            array[case when library then 'l' else 'h' end], segment, words) all_of
        from (select distinct library, sluice.segment(number) as segment
              from seen) d)
    select array(
        select number from seen s join asked a on a.library = s.library
            and a.segment = sluice.segment(s.number)
        where ts_match_vq(s.words, a.all_of) order by number desc);
$$;


-- Those of these words that no more than a quarter of these numbers have; if
-- there are none, the rarest.
create or replace function api.rare_words(numbers bigint[], words text[])
returns text[]
language sql stable as $$
    select array(
        select word from (
            select word, share, min(share) over () as least
            from unnest(words) word, lateral (
                select cardinality(api.having_words(numbers, array[word])) * 4.0
                       / cardinality(numbers)) x(share)) shares
        where share <= greatest(least, 1));
$$;


-- The same as browse() for what has all of these words, the newest first.
-- Looks for `most` at the longest, but through a segment at least; `reached` is
-- the number to go on below when that was not enough, else null.
--
-- What is often there is found among the newest; where what may be seen is far
-- between, that goes on. What is rare is found by the index of words: by those
-- that are rare, a segment after the other, since of a frequent one the index
-- has to read all that there is.
create or replace function api.search(actor uuid, everything boolean,
    kinds text[], words text[], behind bigint, many integer, most interval,
    out numbers bigint[], out reached bigint)
language plpgsql stable
set enable_seqscan = off set jit = off
as $$
declare
    until constant timestamptz := clock_timestamp() + most;
    newest constant integer := 128;
    scopes constant text[] := '{l}' || case when everything then '{h}'
        else (sluice.scopes(false, actor))[2:] end;
    seen bigint[];
    fit bigint[];
    keys text[];
    any_of tsquery;
    all_of tsquery;
    segment text;
    below bigint;
begin
    numbers := '{}';
    reached := behind;

    loop
        seen := api.browse(actor, everything, kinds, reached, newest);
        fit := api.having_words(seen, words);
        numbers := numbers || fit[:many - cardinality(numbers)];

        if cardinality(numbers) = many or cardinality(seen) < newest then
            reached := null;
            return;
        end if;

        reached := seen[newest];
        continue when cardinality(fit) * 8 >= newest;
        exit when seen[1] - reached < 8192;

        if clock_timestamp() > until then
            return;
        end if;
    end loop;

    keys := api.rare_words(seen[:32], words)
            || case when cardinality(kinds) = 1 then array['=' || kinds[1]] end;
    below := reached;

    loop
        select max(number) into reached from sluice.catalogue
        where number < reached;
        exit when reached is null;

        segment := sluice.segment(reached);
        any_of := api.segment_query(scopes, segment, keys);
        all_of := api.segment_query(scopes, segment, words);
        numbers := numbers || array(
            select number from sluice.catalogue c
            where c.words @@ any_of and ts_match_vq(c.words, all_of)
              and number + 0 < below
              and (library or everything or owner = actor)
            order by number + 0 desc limit many - cardinality(numbers));

        if cardinality(numbers) = many then
            reached := null;
            return;
        end if;

        reached := reached >> 13 << 13;
        exit when clock_timestamp() > until;
    end loop;
end;
$$;


-- What of a page's arguments is wrong, as a refusal; else null.
create or replace function api.refuse_page(args jsonb) returns jsonb
language plpgsql immutable as $$
begin
    if api.refuse_limit(args) is not null then
        return api.refuse_limit(args);
    elsif args->>'kind' not in ('video', 'audio', 'score', '') then
        return (api.refuse('field-invalid', 'One of video, audio, score.',
                           'kind')).body;
    elsif args->>'cursor' !~ '^([0-9]{1,18})?$' then
        return (api.refuse('field-invalid',
                           'Take it from "next" of the page before.',
                           'cursor')).body;
    end if;
    return null;
end;
$$;


-- The newest first; `next` is where the following page begins. A search looks
-- for 8 ms at the longest, and says by `next` that there may be more, though
-- the page be short.
create or replace function api.media_page(actor uuid, kind text, q text,
    behind bigint, many integer) returns jsonb
language plpgsql stable as $$
declare
    most_words constant integer := 8;
    most constant interval := '8 ms';
    kinds constant text[] := case when kind <> '' then array[kind]
                                  else '{video,audio,score}' end;
    words constant text[] := (sluice.words(left(q, 200)))[:most_words];
    everything constant boolean := api.is_editor(actor);
    numbers bigint[] := '{}';
    reached bigint;
begin
    if cardinality(words) > 0 then
        select * into numbers, reached from api.search(actor, everything, kinds,
            words, behind, many + 1, most);
    elsif coalesce(btrim(q), '') = '' then
        numbers := api.browse(actor, everything, kinds, behind, many + 1);
    end if;

    if cardinality(numbers) > many then
        reached := numbers[many];
    end if;

    return (select jsonb_build_object(
                'items', coalesce(jsonb_agg(api.media_item(m, c)
                                            order by c.number desc), '[]'),
                'next', reached::text)
            from sluice.catalogue c join sluice.media m on m.id = c.media
            where c.number = any (numbers[:many]));
end;
$$;


create or replace function api.list_media(actor uuid, args jsonb,
                                          out status integer, out body jsonb)
language plpgsql stable as $$
begin
    body := api.refuse_page(args);
    status := 400;

    if body is null then
        status := 200;
        body := api.media_page(actor, args->>'kind', args->>'q',
            coalesce(nullif(args->>'cursor', '')::bigint, 1e18::bigint),
            coalesce(nullif(args->>'limit', '')::integer, 50));
    end if;
end;
$$;


-- What is wrong with the fields that are to change, as a refusal; else null.
create or replace function api.refuse_fields(args jsonb) returns jsonb
language plpgsql immutable as $$
declare
    tags constant jsonb := args->'tags';
begin
    if not args ?| '{title,author,tags,visibility,poster_at}' then
        return (api.refuse('field-invalid', 'Name what is to change: title, '
                           'author, tags, visibility, poster_at.')).body;
    elsif args ? 'title' and (jsonb_typeof(args->'title') <> 'string'
                              or not api.is_text(args->>'title', 500)) then
        return (api.refuse('field-invalid', 'A title is 1 to 500 characters '
                           'without control characters.', 'title')).body;
    elsif coalesce(args->'author', 'null') not in ('null', '""')
          and (jsonb_typeof(args->'author') <> 'string'
               or not api.is_text(args->>'author', 500)) then
        return (api.refuse('field-invalid', 'An author is at most 500 '
                           'characters without control characters, or null.',
                           'author')).body;
    elsif args ? 'visibility' and (jsonb_typeof(args->'visibility') <> 'string'
                                   or args->>'visibility' = '') then
        return (api.refuse('field-invalid', 'One of private, library.',
                           'visibility')).body;
    elsif not args ? 'tags' then
        return null;
    elsif jsonb_typeof(tags) <> 'array' then
        return (api.refuse('field-invalid', 'An array of texts.', 'tags')).body;
    elsif jsonb_array_length(tags) > 64 then
        return (api.refuse('field-invalid', 'At most 64 of them.',
                           'tags')).body;
    end if;

    return (select (api.refuse('field-invalid', 'A tag is 1 to 100 characters '
                               'without control characters.',
                               format('tags[%s]', n - 1))).body
            from jsonb_array_elements(tags) with ordinality t(tag, n)
            where jsonb_typeof(tag) <> 'string'
               or not api.is_text(tag#>>'{}', 100)
            order by n limit 1);
end;
$$;


-- Each once, in their order.
create or replace function api.tags(args jsonb) returns text[]
language sql immutable as $$
    select coalesce(array_agg(tag order by first), '{}')
    from (select tag, min(n) first
          from jsonb_array_elements_text(args->'tags')
               with ordinality t(tag, n) group by 1) each_once;
$$;


-- The row as it becomes. What people have said, no job says otherwise.
create or replace function api.change_fields(m sluice.media, args jsonb)
returns sluice.media
language plpgsql stable as $$
begin
    if args ? 'title' then
        m.title := args->>'title';
        m.titled := true;
    end if;
    if args ? 'author' then
        m.author := nullif(args->>'author', '');
        m.authored := true;
    end if;
    if args ? 'tags' then
        m.tags := api.tags(args);
    end if;
    if args ? 'poster_at' then
        m.poster_at := (args->>'poster_at')::float8;
    end if;
    m.visibility := coalesce(args->>'visibility', m.visibility);
    return m;
end;
$$;


-- Title, author, tags, visibility and the poster's second, those that are named.
-- What it was is in the audit.
create or replace function api.change_media(actor uuid, args jsonb,
                                            out status integer, out body jsonb)
language plpgsql as $$
declare
    was sluice.media;
    m sluice.media;
    made uuid;
begin
    select * into was from sluice.media
    where id = (args->>'id')::uuid and deleted_at is null
    for update;

    body := coalesce(api.refuse_change(actor, was),
                     api.refuse_version(was, args), api.refuse_fields(args),
                     case when args->>'visibility' <> was.visibility
                          then api.refuse_visibility(actor, args - 'score')
                     end, api.refuse_poster(was, args));
    if body is not null then
        status := 400;
        return;
    end if;

    m := api.change_fields(was, args);

    update sluice.media
    set title = m.title, titled = m.titled, author = m.author,
        authored = m.authored, tags = m.tags, visibility = m.visibility,
        poster_at = m.poster_at
    where id = m.id;
    made := api.take_poster(was, m);

    if api.version(m) <> api.version(was) then
        perform sluice.note(actor, 'media-changed', m.id::text,
            jsonb_build_object('owner', m.owner, 'was', (
                select jsonb_object_agg(w.key, w.value)
                from jsonb_each(to_jsonb(was)) w
                join jsonb_each(to_jsonb(m)) n on n.key = w.key
                where w.key in ('title', 'author', 'tags', 'visibility',
                                'poster_at')
                  and n.value <> w.value)));
    end if;

    status := 200;
    body := api.media_object(m) || jsonb_build_object('etag', api.version(m))
            || case when made is null then '{}' else
                   jsonb_build_object('wake', jsonb_build_array(made)) end;
end;
$$;


-- Gone from sight at once; the files follow in a job.
create or replace function api.delete_media(actor uuid, args jsonb,
                                            out status integer, out body jsonb)
language plpgsql as $$
declare
    m sluice.media;
begin
    select * into m from sluice.media
    where id = (args->>'id')::uuid and deleted_at is null
    for update;

    body := coalesce(api.refuse_change(actor, m),
                     api.refuse_version(m, args));
    if body is not null then
        status := 400;
        return;
    end if;

    update sluice.media set deleted_at = now() where id = m.id;
    perform sluice.note(actor, 'media-deleted', m.id::text,
                        jsonb_build_object('title', m.title,
                                           'owner', m.owner));
    insert into sluice.jobs (id, kind, media, params)
    values (sluice.uuid_v7(), 'remove', m.id, jsonb_build_object('uploads',
        (select coalesce(jsonb_agg(id), '[]') from sluice.attachments
         where media = m.id)));

    status := 204;
end;
$$;
