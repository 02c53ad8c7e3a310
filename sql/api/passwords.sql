-- Passwords never come here: where a function needs one it says so, in `need`, and
-- is called again with what nginx found
-- (ngx_module/account/ngx_http_sluice_need.h).

-- Whether a password fits this hash (null: nobody's); tries are counted for the
-- account. Then `verified` is the hash, so that one that was changed meanwhile
-- lets nobody in.
create or replace function api.need_verify(hash text, account text,
                                           out status integer, out body jsonb)
language sql immutable as $$
    select 200, jsonb_build_object('need', jsonb_build_object(
        'verify', hash, 'account', lower(account)));
$$;


-- A hash of `new_password`, or of what else it is called in the body, which is
-- none of what is known of its owner.
create or replace function api.need_hash(known text[],
    called text default 'new_password', out status integer, out body jsonb)
language sql immutable as $$
    select 200, jsonb_build_object('need', jsonb_build_object(
        'hash', array_remove(known, null), 'of', called));
$$;


-- Whoever asks is this user, and knows his password: `u`, locked; or what is
-- still to be found out, or why not. Who signs in elsewhere has no password
-- here, and who has a second factor has shown it lately.
create or replace function api.verify_own(actor uuid, args jsonb,
    out u sluice.users, out status integer, out body jsonb)
language plpgsql as $$
declare
    facts constant jsonb := args->'nginx';
begin
    select * into u from sluice.users where id = actor for no key update;

    if u.id is null or u.disabled_at is not null then
        select * into status, body from api.refuse('token-invalid');

    elsif u.password is null then
        select * into status, body from api.refuse('conflict',
            'You sign in elsewhere: your password is not kept here.');

    elsif not facts ? 'verified' then
        select * into status, body
        from api.need_verify(u.password, coalesce(u.email_key, lower(u.email)));

    elsif facts->>'verified' <> u.password then
        select * into status, body from api.refuse('field-invalid',
            'This is not your password.', 'password');

    elsif api.asks_factor(actor, facts) then
        body := api.refuse_stale(actor, facts);
        status := case when body is not null then 400 end;
    end if;
end;
$$;
