/* What functions of SQL are told in args->'nginx', which no client can write.
   Each adds to `facts`, or to what `args` has of the client, and returns
   NGX_DECLINED, or what was answered. */

#ifndef NGX_HTTP_SLUICE_FACTS_H
#define NGX_HTTP_SLUICE_FACTS_H

#include "ngx_module/http/ngx_http_sluice.h"

#include <jansson.h>

/* The caller's session (`own`, empty: none), `signs`: for how long anything is
   good that is signed with one, who asks (`agent`, `address`), of a session
   that may begin id and life (`session`, `seconds`), and of
   sluice_second_factor whether there is one (`factors`) and the least role of
   those who must have it (`factor_from`, null: nobody's); and whether passkeys
   are taken (`passkeys`). */
ngx_int_t ngx_http_sluice_facts_session(ngx_http_request_t *r, json_t *facts);

/* The body's `email` as {"text", "key"}, as core/account/address.h has it. What
   is none is answered with the reason. */
ngx_int_t ngx_http_sluice_facts_email(ngx_http_request_t *r, json_t *args,
                                      json_t *facts);

/* What is looked for with `q`, as addresses are compared: `search`; none when
   nothing is. */
ngx_int_t ngx_http_sluice_facts_search(json_t *args, json_t *facts);

/* For mails: the `site` that they are about, the first `language` that the
   client reads (RFC 9110, 12.5.4), who may sign up (`registration`), and a
   ticket for a link: {"id", "token"}. */
ngx_int_t ngx_http_sluice_facts_mail(ngx_http_request_t *r, json_t *facts);

/* The ticket whose {token} is part of the path: `link`. */
ngx_int_t ngx_http_sluice_facts_ticket(ngx_http_request_t *r, json_t *args,
                                       json_t *facts);

#endif
