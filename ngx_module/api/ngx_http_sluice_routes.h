/* The endpoints of the API. */

#ifndef NGX_HTTP_SLUICE_ROUTES_H
#define NGX_HTTP_SLUICE_ROUTES_H

#include "ngx_module/bridge/ngx_sluice_pg.h"
#include "ngx_module/http/ngx_http_sluice.h"
#include "core/grant/scope.h"
#include "core/grant/access.h"

#include <jansson.h>

/* What C does around a function of SQL, and in front. */
#define NGX_HTTP_SLUICE_ROUTE_LINKS 0x0001     /* signs the paths in `links` */
#define NGX_HTTP_SLUICE_ROUTE_SLASH 0x0002     /* may stand behind the path */
#define NGX_HTTP_SLUICE_ROUTE_MATCH 0x0004     /* If-Match is an argument */
#define NGX_HTTP_SLUICE_ROUTE_FACTS 0x0008     /* so is what nginx knows */
#define NGX_HTTP_SLUICE_ROUTE_PASSWORDS 0x0010 /* they are kept out of SQL */
#define NGX_HTTP_SLUICE_ROUTE_CODES 0x0020     /* so are these */
#define NGX_HTTP_SLUICE_ROUTE_EMAIL 0x0040     /* the body's is read */
#define NGX_HTTP_SLUICE_ROUTE_MAIL 0x0080      /* a mail may be sent */
#define NGX_HTTP_SLUICE_ROUTE_TICKET 0x0100    /* the path's {token} is one */
#define NGX_HTTP_SLUICE_ROUTE_NEEDS 0x0200     /* something is made for it */
#define NGX_HTTP_SLUICE_ROUTE_SEARCH 0x0400    /* `q` is read */
#define NGX_HTTP_SLUICE_ROUTE_REPLICA 0x4000   /* a replica may answer */

/* a passkey in the body is looked at: to sign in with, to show again, or a new
   one */
#define NGX_HTTP_SLUICE_ROUTE_PASSKEY_IN 0x0800
#define NGX_HTTP_SLUICE_ROUTE_PASSKEY_AGAIN 0x1000
#define NGX_HTTP_SLUICE_ROUTE_PASSKEY_NEW 0x2000

typedef struct {
    ngx_uint_t method; /* 0 behind the last row */
    ngx_str_t path;
    role_t role;                    /* the least one; ROLE_NONE: anyone */
    unsigned scope;                 /* SCOPE_*: of a service account's key */
    ngx_sluice_pg_statement_t call; /* the function, or */
    ngx_http_handler_pt handler;    /* a content handler */
    ngx_uint_t around;              /* NGX_HTTP_SLUICE_ROUTE_… */
} ngx_http_sluice_route_t;

extern const ngx_http_sluice_route_t ngx_http_sluice_routes[];

/* NGX_DECLINED and the request's route; else what was answered: there is none,
   or none for this method. What stands for a {name} of its path goes into
   `parts`, unless that is NULL. */
ngx_int_t ngx_http_sluice_routes_find(ngx_http_request_t *r,
                                      const ngx_http_sluice_route_t **route,
                                      json_t *parts);

/* The least role of the request's route, for a gate; OPTIONS is for anyone, and
   what is no route for viewers. */
role_t ngx_http_sluice_routes_least(ngx_http_request_t *r);

/* What a service account's key needs for the request's route; SCOPE_NONE of
   what is none. A file that is brought under a name is like an upload. */
unsigned ngx_http_sluice_routes_scope(ngx_http_request_t *r);

#endif
