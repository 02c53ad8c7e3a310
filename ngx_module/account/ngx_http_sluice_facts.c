#include "ngx_http_sluice_facts.h"
#include "ngx_http_sluice_session.h"

#include "ngx_module/gate/ngx_http_sluice_gate.h"
#include "ngx_module/http/ngx_http_sluice_answer.h"
#include "ngx_module/http/ngx_http_sluice_request.h"
#include "ngx_module/http/ngx_http_sluice_whose.h"
#include "ngx_module/zone/ngx_http_sluice_signer.h"
#include "core/account/address.h"
#include "core/account/ticket.h"
#include "core/base/status.h"
#include "core/base/uuid.h"
#include "core/grant/access.h"


#define NGX_HTTP_SLUICE_FACTS_LANGUAGE    \
    35 /* bytes of a tag: RFC 5646, 4.4.1 \
        */


/* The reference to `more` is taken over. */

static ngx_int_t
ngx_http_sluice_facts_add(json_t *facts, json_t *more)
{
    return json_object_update_new(facts, more) == 0
               ? NGX_DECLINED
               : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


ngx_int_t
ngx_http_sluice_facts_session(ngx_http_request_t *r, json_t *facts)
{
    char id[UUID_TEXT_SIZE];
    size_t skip;
    json_t *agent = NULL, *address = NULL;
    ngx_str_t *text;
    ngx_http_sluice_srv_conf_t *sscf;

    sscf = ngx_http_get_module_srv_conf(r, ngx_http_sluice_module);

    if (uuid_v7(id) != 0) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* what is not UTF-8 is no string, so it is left out */

    if (r->headers_in.user_agent) {
        text = &r->headers_in.user_agent->value;
        agent = json_stringn((char *) text->data, text->len);
    }

    if (r->connection->sockaddr->sa_family != AF_UNIX) {
        text = &r->connection->addr_text;
        skip = ngx_http_sluice_whose_mapped(r->connection->sockaddr)
                   ? sizeof("::ffff:") - 1
                   : 0;
        address = json_stringn((char *) text->data + skip, text->len - skip);
    }

    return ngx_http_sluice_facts_add(
        facts,
        json_pack("{s:s, s:I, s:o*, s:o*, s:s, s:I, s:I, s:b, s:b, s:s?}",
                  "own", ngx_http_sluice_gate_access(r)->sid, "signs",
                  (json_int_t) ngx_http_sluice_session_signs(r), "agent", agent,
                  "address", address, "session", id, "seconds",
                  (json_int_t) sscf->refresh_ttl, "idle",
                  (json_int_t) sscf->idle_ttl, "factors",
                  sscf->second_factor != NGX_HTTP_SLUICE_FACTOR_OFF, "passkeys",
                  sscf->passkeys.site != NULL, "factor_from",
                  sscf->second_factor == NGX_HTTP_SLUICE_FACTOR_REQUIRED
                      ? role_name((role_t) sscf->second_factor_role)
                      : NULL));
}


ngx_int_t
ngx_http_sluice_facts_email(ngx_http_request_t *r, json_t *args, json_t *facts)
{
    json_t *email;
    address_t address;
    const char *why;

    email = json_object_get(args, "email");

    why = json_is_string(email) ? address_read(
              json_string_value(email), json_string_length(email), &address)
                                : "This must be a text.";

    return why ? ngx_http_sluice_problem(r, SLUICE_FIELD_INVALID, why, "email")
               : ngx_http_sluice_facts_add(
                   facts, json_pack("{s:{s:s, s:s}}", "email", "text",
                                    address.text, "key", address.key));
}


ngx_int_t
ngx_http_sluice_facts_search(json_t *args, json_t *facts)
{
    json_t *q;
    char key[ADDRESS_KEY_SIZE];

    q = json_object_get(args, "q");

    if (!json_is_string(q) || json_string_length(q) == 0) {
        return NGX_DECLINED;
    }

    /* what is too long is the beginning of no address, and as it stands no
       other's either */

    return ngx_http_sluice_facts_add(
        facts,
        json_pack(
            "{s:s}", "search",
            address_begin(json_string_value(q), json_string_length(q), key) == 0
                ? key
                : json_string_value(q)));
}


/* A tag, or NULL: none that SQL would take. */

static json_t *
ngx_http_sluice_facts_language(ngx_http_request_t *r)
{
    size_t len;
    ngx_str_t *line;
    ngx_http_sluice_headers_t headers;

    static const ngx_str_t name = ngx_string("accept-language");

    ngx_http_sluice_headers(r, &headers);
    line = ngx_http_sluice_headers_next(&headers, &name);

    if (line == NULL) {
        return NULL;
    }

    for (len = 0; len < line->len; len++) {
        if (!isalnum(line->data[len]) && line->data[len] != '-') {
            break;
        }
    }

    return len > 1 && len <= NGX_HTTP_SLUICE_FACTS_LANGUAGE
               ? json_stringn((char *) line->data, len)
               : NULL;
}


ngx_int_t
ngx_http_sluice_facts_mail(ngx_http_request_t *r, json_t *facts)
{
    char id[UUID_TEXT_SIZE], token[TICKET_SIZE];
    ngx_http_sluice_srv_conf_t *sscf;

    sscf = ngx_http_get_module_srv_conf(r, ngx_http_sluice_module);

    if (uuid_v7(id) != 0
        || ticket_write(sscf->keys, ngx_http_sluice_signer(), id, token) != 0) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "no HS256 key to make a mail's link with");
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_sluice_facts_add(
        facts,
        json_pack("{s:s, s:s, s:o*, s:{s:s, s:s}}", "site",
                  sscf->public_url.data, "registration",
                  ngx_http_sluice_registration[sscf->registration].name.data,
                  "language", ngx_http_sluice_facts_language(r), "ticket", "id",
                  id, "token", token));
}


ngx_int_t
ngx_http_sluice_facts_ticket(ngx_http_request_t *r, json_t *args, json_t *facts)
{
    int rc;
    char id[UUID_TEXT_SIZE];
    json_t *token;
    ngx_http_sluice_srv_conf_t *sscf;

    sscf = ngx_http_get_module_srv_conf(r, ngx_http_sluice_module);
    token = json_object_get(args, "token");

    rc = ticket_read(sscf->keys, json_string_value(token),
                     json_string_length(token), id);
    (void) json_object_del(args, "token");

    return rc == 0 ? ngx_http_sluice_facts_add(facts,
                                               json_pack("{s:s}", "link", id))
                   : ngx_http_sluice_problem(
                       r, SLUICE_NOT_FOUND,
                       "This is no link of ours. Is it whole?", NULL);
}
