/*
 * The API's table of contents. A row is an endpoint:
 *
 *   method, path, least role, scope of keys, who answers, what C does around
 *
 * path         {jti} stands for what a grant's may be, {token} for what a
 *              mailed link carries, {id} and any other name for a UUID
 * least role   ADMIN, EDITOR, VIEWER; ENROLLING: also who must set up a second
 *              factor first; or NONE: anyone
 * scope        what a service account's key must be for: SCOPE_*; NONE: no key
 *              opens it, ANY: each does
 * SQL(name)    api.name(actor uuid, args jsonb) returns (status, body): query
 *              arguments, the body's members and the path's parts come merged
 *              in `args`, where later ones win
 * READ(name)   the same, for what changes nothing: it is stopped when its
 *              client has left
 * C(name)      ngx_http_sluice_name_handler(), for what only C can do:
 *              tokens, links, bytes, streams
 * LINKS        the paths in `links` of the answer become signed URLs
 * MATCH        `if_match` in `args` has what If-Match names
 * FACTS        `nginx` in `args` has what nginx knows of who asks, and what
 *              EMAIL, MAIL, TICKET and SEARCH add: ngx_http_sluice_facts.h
 * EMAIL        the body's `email`, judged
 * MAIL         what a mail is made of: site, language, a link's ticket
 * TICKET       the ticket whose link was followed, {token} in the path
 * PASSWORDS    those in the body are verified and hashed for the function,
 *              which never sees them: ngx_http_sluice_need.h
 * CODES        the same, with those of a second factor, too
 * SHOWN(for)   the body's `passkey` is looked at: one that is shown to sign in
 *              (IN) or AGAIN, or a NEW one
 * SEARCH       `q`, as addresses are compared
 * NEEDS        the function is called again with what it needs made, as those
 *              with PASSWORDS are
 * REPLICA      of READ: sluice_database_replica may answer, where there is one
 * SLASH        the path may have a slash behind it, as other servers' have
 *
 * To add one: its function in sql/api/, a row here, its description in
 * web/openapi.json and a row in docs/api.md.
 */

#include "ngx_http_sluice_routes.h"

#include "ngx_module/account/ngx_http_sluice_continue.h"
#include "ngx_module/account/ngx_http_sluice_refresh.h"
#include "ngx_module/account/ngx_http_sluice_sign_out.h"
#include "ngx_module/events/ngx_http_sluice_events.h"
#include "ngx_module/links/ngx_http_sluice_mint.h"
#include "ngx_module/links/ngx_http_sluice_revoke.h"
#include "ngx_module/upload/ngx_http_sluice_upload.h"


/* clang-format off */

#define ROUTE(method, path, role, scope, answer, around)                      \
    { NGX_HTTP_##method, ngx_string(path), ROLE_##role, SCOPE_##scope,        \
      answer, around }

#define SQL(name)                                                             \
    { #name, "select status, body from api." #name                            \
             "($1::uuid, api.traced($2::jsonb))", 2, NGX_SLUICE_PG_FINISH }, \
      NULL

#define READ(name)                                                            \
    { #name, "select status, body from api." #name "($1::uuid, $2::jsonb)",   \
      2, NGX_SLUICE_PG_STOP }, NULL

#define C(name)                                                               \
    { NULL, NULL, 0, NGX_SLUICE_PG_FINISH }, ngx_http_sluice_##name##_handler

#define LINKS NGX_HTTP_SLUICE_ROUTE_LINKS
#define MATCH NGX_HTTP_SLUICE_ROUTE_MATCH
#define FACTS NGX_HTTP_SLUICE_ROUTE_FACTS
#define PASSWORDS (FACTS | NGX_HTTP_SLUICE_ROUTE_PASSWORDS)
#define CODES (PASSWORDS | NGX_HTTP_SLUICE_ROUTE_CODES)
#define SHOWN(what) (FACTS | NGX_HTTP_SLUICE_ROUTE_PASSKEY_##what)
#define EMAIL (FACTS | NGX_HTTP_SLUICE_ROUTE_EMAIL)
#define MAIL (FACTS | NGX_HTTP_SLUICE_ROUTE_MAIL)
#define TICKET (FACTS | NGX_HTTP_SLUICE_ROUTE_TICKET)
#define NEEDS (FACTS | NGX_HTTP_SLUICE_ROUTE_NEEDS)
#define SEARCH (FACTS | NGX_HTTP_SLUICE_ROUTE_SEARCH)
#define REPLICA NGX_HTTP_SLUICE_ROUTE_REPLICA
#define SLASH NGX_HTTP_SLUICE_ROUTE_SLASH


const ngx_http_sluice_route_t ngx_http_sluice_routes[] = {

    ROUTE(POST,    "/api/accounts",          NONE,      NONE,           SQL(create_account), PASSWORDS | EMAIL | MAIL),
    ROUTE(GET,     "/api/accounts",          ADMIN,     ACCOUNTS_READ,  READ(list_accounts), SEARCH | REPLICA),
    ROUTE(GET,     "/api/accounts/{id}",     ADMIN,     ACCOUNTS_READ,  READ(get_account), 0),
    ROUTE(PATCH,   "/api/accounts/{id}",     ADMIN,     ACCOUNTS_WRITE, SQL(change_account), 0),
    ROUTE(DELETE,  "/api/accounts/{id}",     ADMIN,     ACCOUNTS_WRITE, SQL(delete_account), MAIL),
    ROUTE(GET,     "/api/accounts/{id}/sessions",
                                             ADMIN,     ACCOUNTS_READ,  READ(list_account_sessions), FACTS),
    ROUTE(DELETE,  "/api/accounts/{id}/sessions",
                                             ADMIN,     ACCOUNTS_WRITE, SQL(delete_account_sessions), FACTS),
    ROUTE(DELETE,  "/api/accounts/{id}/factors",
                                             ADMIN,     ACCOUNTS_WRITE, SQL(delete_account_factors), MAIL),
    ROUTE(GET,     "/api/audit",             ADMIN,     AUDIT_READ,     READ(list_audit), REPLICA),

    ROUTE(POST,    "/api/email-verifications/{token}",
                                             NONE,      NONE,           SQL(verify_email), TICKET | MAIL),
    ROUTE(POST,    "/api/password-resets",   NONE,      NONE,           SQL(create_reset), EMAIL | MAIL),
    ROUTE(GET,     "/api/password-resets/{token}",
                                             NONE,      NONE,           READ(get_reset), TICKET),
    ROUTE(POST,    "/api/password-resets/{token}",
                                             NONE,      NONE,           SQL(finish_reset), PASSWORDS | TICKET | MAIL),
    ROUTE(GET,     "/api/invitations",       ADMIN,     ACCOUNTS_READ,  READ(list_invitations), 0),
    ROUTE(POST,    "/api/invitations",       ADMIN,     ACCOUNTS_WRITE, SQL(create_invitation), EMAIL | MAIL),
    ROUTE(DELETE,  "/api/invitations/{id}",  ADMIN,     ACCOUNTS_WRITE, SQL(delete_invitation), 0),
    ROUTE(GET,     "/api/invitations/{token}",
                                             NONE,      NONE,           READ(get_invitation), TICKET),
    ROUTE(POST,    "/api/invitations/{token}",
                                             NONE,      NONE,           SQL(accept_invitation), PASSWORDS | TICKET | MAIL),

    ROUTE(POST,    "/api/sessions",          NONE,      NONE,           SQL(sign_in), PASSWORDS | EMAIL | SHOWN(IN)),
    ROUTE(POST,    "/api/sessions/passkey-options",
                                             NONE,      NONE,           SQL(offer_sign_in), NEEDS),
    ROUTE(POST,    "/api/sessions/challenge",
                                             NONE,      NONE,           C(continue), 0),
    ROUTE(POST,    "/api/sessions/refresh",  NONE,      NONE,           C(refresh), 0),
    ROUTE(GET,     "/api/sessions",          VIEWER,    NONE,           READ(list_sessions), FACTS),
    ROUTE(DELETE,  "/api/sessions",          VIEWER,    NONE,           SQL(delete_sessions), FACTS),
    ROUTE(DELETE,  "/api/sessions/current",  ENROLLING, NONE,           C(sign_out), 0),
    ROUTE(POST,    "/api/sessions/current/authenticate",
                                             ENROLLING, NONE,           SQL(authenticate), CODES | SHOWN(AGAIN)),
    ROUTE(POST,    "/api/sessions/current/passkey-options",
                                             ENROLLING, NONE,           SQL(offer_again), NEEDS),
    ROUTE(DELETE,  "/api/sessions/{id}",     VIEWER,    NONE,           SQL(delete_session), FACTS),

    ROUTE(GET,     "/api/me",                ENROLLING, ANY,            READ(get_me), FACTS),
    ROUTE(PATCH,   "/api/me",                VIEWER,    NONE,           SQL(change_me), FACTS),
    ROUTE(DELETE,  "/api/me",                VIEWER,    NONE,           SQL(delete_me), PASSWORDS | MAIL),
    ROUTE(POST,    "/api/me/password",       VIEWER,    NONE,           SQL(change_password), PASSWORDS | MAIL),
    ROUTE(POST,    "/api/me/email",          VIEWER,    NONE,           SQL(change_email), PASSWORDS | EMAIL | MAIL),
    ROUTE(POST,    "/api/me/export",         VIEWER,    NONE,           SQL(create_export), CODES | MAIL),
    ROUTE(GET,     "/api/me/export",         VIEWER,    NONE,           READ(get_export), LINKS),
    ROUTE(DELETE,  "/api/me/export",         VIEWER,    NONE,           SQL(delete_export), FACTS),
    ROUTE(POST,    "/api/me/totp",           ENROLLING, NONE,           SQL(begin_totp), CODES),
    ROUTE(POST,    "/api/me/totp/confirm",   ENROLLING, NONE,           SQL(confirm_totp), CODES | MAIL),
    ROUTE(DELETE,  "/api/me/totp",           VIEWER,    NONE,           SQL(delete_totp), CODES | MAIL),
    ROUTE(GET,     "/api/me/passkeys",       ENROLLING, NONE,           READ(list_passkeys), 0),
    ROUTE(POST,    "/api/me/passkeys",       ENROLLING, NONE,           SQL(add_passkey), CODES | SHOWN(NEW) | MAIL),
    ROUTE(POST,    "/api/me/passkeys/options",
                                             ENROLLING, NONE,           SQL(begin_passkey), CODES),
    ROUTE(PATCH,   "/api/me/passkeys/{id}",  VIEWER,    NONE,           SQL(change_passkey), 0),
    ROUTE(DELETE,  "/api/me/passkeys/{id}",  VIEWER,    NONE,           SQL(delete_passkey), CODES | MAIL),
    ROUTE(POST,    "/api/me/recovery-codes", VIEWER,    NONE,           SQL(renew_recovery_codes), CODES | MAIL),

    ROUTE(GET,     "/api/keys",              ADMIN,     NONE,           READ(list_keys), 0),
    ROUTE(POST,    "/api/keys",              ADMIN,     NONE,           SQL(create_key), NEEDS),
    ROUTE(DELETE,  "/api/keys/{id}",         ADMIN,     NONE,           SQL(delete_key), 0),

    ROUTE(POST,    "/api/media",             VIEWER,    MEDIA_WRITE,    C(upload), 0),
    ROUTE(GET,     "/api/media",             VIEWER,    MEDIA_READ,     READ(list_media), LINKS | REPLICA),
    ROUTE(GET,     "/api/media/{id}",        VIEWER,    MEDIA_READ,     READ(get_media), LINKS | MATCH | REPLICA),
    ROUTE(PATCH,   "/api/media/{id}",        VIEWER,    MEDIA_WRITE,    SQL(change_media), LINKS | MATCH),
    ROUTE(DELETE,  "/api/media/{id}",        VIEWER,    MEDIA_WRITE,    SQL(delete_media), MATCH),
    ROUTE(PATCH,   "/api/media/{id}/attachments/{attachment}",
                                             VIEWER,    MEDIA_WRITE,    SQL(change_attachment), LINKS),
    ROUTE(DELETE,  "/api/media/{id}/attachments/{attachment}",
                                             VIEWER,    MEDIA_WRITE,    SQL(delete_attachment), 0),
    ROUTE(POST,    "/api/media/{id}/downloads",
                                             VIEWER,    MEDIA_READ,     SQL(create_download), LINKS),
    ROUTE(GET,     "/api/media/{id}/downloads/{download}",
                                             VIEWER,    MEDIA_READ,     READ(get_download), LINKS),
    ROUTE(DELETE,  "/api/media/{id}/downloads/{download}",
                                             VIEWER,    MEDIA_READ,     SQL(delete_download), 0),

    ROUTE(POST,    "/api/links",             VIEWER,    LINKS_MINT,     C(mint), 0),
    ROUTE(DELETE,  "/api/links/{jti}",       VIEWER,    LINKS_MINT,     C(revoke), 0),

    ROUTE(GET,     "/api/jobs/{id}",         VIEWER,    MEDIA_READ,     READ(get_job), 0),
    ROUTE(DELETE,  "/api/jobs/{id}",         VIEWER,    MEDIA_WRITE,    SQL(cancel_job), 0),
    ROUTE(GET,     "/api/jobs/{id}/events",  VIEWER,    MEDIA_READ,     C(events), 0),
    ROUTE(POST,    "/api/jobs/{id}/retry",   VIEWER,    MEDIA_WRITE,    SQL(retry_job), 0),

    ROUTE(POST,    "/api/uploads",           VIEWER,    MEDIA_WRITE,    C(tus_create), SLASH),
    ROUTE(OPTIONS, "/api/uploads",           NONE,      NONE,           C(tus_options), SLASH),
    ROUTE(OPTIONS, "/api/uploads/{id}",      NONE,      NONE,           C(tus_options), 0),
    ROUTE(GET,     "/api/uploads/{id}",      VIEWER,    MEDIA_WRITE,    C(tus_head), 0),
    ROUTE(PATCH,   "/api/uploads/{id}",      VIEWER,    MEDIA_WRITE,    C(tus_patch), 0),
    ROUTE(DELETE,  "/api/uploads/{id}",      VIEWER,    MEDIA_WRITE,    C(tus_delete), 0),
    ROUTE(POST,    "/api/uploads/{id}",      VIEWER,    MEDIA_WRITE,    C(tus_post), 0),

    { 0, ngx_null_string, ROLE_NONE, SCOPE_NONE,
      { NULL, NULL, 0, NGX_SLUICE_PG_FINISH }, NULL, 0 }
};

/* clang-format on */
