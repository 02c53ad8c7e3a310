-- What the application's roles may: call what nginx and workers call, and nothing
-- else. They see no table. What they call does its work as the owner of the
-- record; so none of them changes or deletes a row of the audit. Who asks they
-- are believed, and the hash of a password is told for nginx to compare: what an
-- application may is all that its users may, one by one.

-- What those of the release before call, and this one does not: before.sql. They
-- go with the next one. Whatever else is called stays as it is for a release, or
-- `db migrate` refuses: first it comes here.
create or replace function sluice.called_before() returns text[]
language sql immutable as $$
    select array[
        'api.reserve_upload', 'api.begin_upload', 'api.create_media',
        'api.follow_job', 'api.adopt_user', 'api.create_upload',
        'api.claim_upload', 'api.find_login', 'api.create_session'];
$$;


-- What nginx and workers call, those of before among them. A test compares it
-- with their sources.
create or replace function sluice.called() returns text[]
language sql immutable as $$
    select array[
        -- endpoints
        'api.create_account', 'api.list_accounts', 'api.get_account',
        'api.change_account', 'api.delete_account',
        'api.list_account_sessions', 'api.delete_account_sessions',
        'api.delete_account_factors', 'api.list_audit', 'api.verify_email',
        'api.create_reset', 'api.get_reset', 'api.finish_reset',
        'api.list_invitations', 'api.create_invitation',
        'api.delete_invitation', 'api.get_invitation', 'api.accept_invitation',
        'api.sign_in', 'api.list_sessions', 'api.delete_sessions',
        'api.authenticate', 'api.delete_session', 'api.get_me',
        'api.change_me', 'api.delete_me', 'api.change_password',
        'api.change_email', 'api.create_export', 'api.get_export',
        'api.delete_export', 'api.begin_totp', 'api.confirm_totp',
        'api.delete_totp', 'api.renew_recovery_codes', 'api.offer_sign_in',
        'api.offer_again', 'api.list_passkeys', 'api.add_passkey',
        'api.begin_passkey', 'api.change_passkey', 'api.delete_passkey',
        'api.list_keys',
        'api.create_key', 'api.delete_key', 'api.list_media', 'api.get_media',
        'api.change_media', 'api.delete_media', 'api.change_attachment',
        'api.delete_attachment', 'api.create_download',
        'api.get_download', 'api.delete_download', 'api.get_job', 'api.cancel_job',
        'api.retry_job',
        -- what C does of them, and for itself
        'api.answer_challenge', 'api.refresh_session', 'api.end_session',
        'api.provision_user', 'api.once', 'api.first_asked', 'api.mint_links',
        'api.revoke_link', 'api.hold_upload', 'api.renew_upload',
        'api.drop_upload', 'api.keep_upload', 'api.delete_upload',
        'api.grow_upload', 'api.open_upload', 'api.clear_uploads', 'api.ingest',
        'api.take_upload', 'api.renew_turn', 'api.begin_parts', 'api.add_part',
        'api.set_tail', 'api.whole_upload', 'api.list_parts',
        'api.poll_jobs', 'api.metrics', 'api.revocations', 'api.revoked_since',
        'api.key_used', 'api.count_bytes', 'api.replayed', 'api.traced',
        'api.restore_file',
        -- workers
        'queue.recall', 'queue.take_next', 'queue.take_mail', 'queue.renew',
        'queue.finish', 'queue.fail', 'queue.put_off',
        'queue.give_back', 'queue.release',
        'queue.leave', 'queue.tick', 'queue.announce', 'queue.cancel_others',
        'queue.finish_remove', 'queue.end_mail', 'queue.expire_upload',
        'queue.expired_uploads', 'queue.strays', 'queue.drop_stray', 'queue.prune', 'queue.note_orphans',
        'queue.forget_orphans', 'queue.take_orphan', 'queue.ripe_orphans',
        'queue.scrubbed', 'queue.scrub_next', 'queue.begin_export',
        'queue.export_page', 'queue.finish_export', 'queue.expired_exports',
        'queue.drop_export', 'queue.expired_downloads',
        'queue.drop_download', 'queue.renditions', 'queue.expired_renditions',
        'queue.drop_rendition', 'queue.expired_pieces',
        'queue.drop_pieces'] || sluice.called_before();
$$;


-- Gives the roles that are named what they may, and takes all else. Whoever
-- makes functions anew calls it in the same transaction, since those that are
-- new may be called by anybody. Without a role nothing is changed.
create or replace function sluice.grant_rights() returns void
language plpgsql as $$
declare
    app name;
    called regprocedure;
begin
    if not exists (select from sluice.applications) then
        return;
    end if;

    revoke all on all functions in schema sluice, api, queue from public;

    for called in select p.oid::regprocedure from pg_proc p
                  join pg_namespace n on n.oid = p.pronamespace
                  where n.nspname || '.' || p.proname = any (sluice.called())
    loop
        execute format('alter function %s security definer '
                       'set search_path = pg_catalog, pg_temp', called);

        for app in select role from sluice.applications loop
            execute format('grant execute on function %s to %I', called, app);
        end loop;
    end loop;

    for app in select role from sluice.applications loop
        execute format('revoke all on all tables in schema sluice from %I',
                       app);
        execute format('grant usage on schema api, queue to %I', app);
        execute format('grant select on public.sluice_migrations to %I', app);
    end loop;
end;
$$;


-- From now on this role is one of them. Whoever can be the owner may do all
-- that he may, whatever is granted.
create or replace function sluice.add_application(app name) returns void
language plpgsql as $$
declare
    owner constant oid := (select relowner from pg_class
                           where oid = 'sluice.audit'::regclass);
begin
    if not exists (select from pg_roles where rolname = app) then
        raise exception 'there is no role %', app;
    elsif pg_has_role(app, owner, 'member') then
        raise exception '% can be the owner of the record', app
            using hint = 'Let another role be its owner: see operating.md.';
    end if;

    insert into sluice.applications values (app) on conflict do nothing;
    perform sluice.grant_rights();
end;
$$;
