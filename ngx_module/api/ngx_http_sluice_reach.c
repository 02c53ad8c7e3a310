#include "ngx_http_sluice_reach.h"


typedef struct {
    ngx_str_t path;
    unsigned open : 1; /* must it be, or is it for users? */
    const char *wrong;
} ngx_http_sluice_reach_t;


static const ngx_http_sluice_reach_t ngx_http_sluice_reaches[] = {

    { ngx_string("/api/sessions"), 1,
      "nobody can sign in: the gate of this \"sluice_api\" asks for a token at "
      "/api/sessions; write \"location = /api/sessions { sluice_gate off; "
      "sluice_api; }\" beside it, or name who signs users in with "
      "\"sluice_issuer\"" },

    { ngx_string("/api/sessions/refresh"), 1,
      "nobody stays signed in: the gate of this \"sluice_api\" asks for a "
      "token at /api/sessions/refresh; write \"location = "
      "/api/sessions/refresh { sluice_gate off; sluice_api; }\" beside it" },

    { ngx_string("/api/me"), 0,
      "nobody is known here: no token is looked at in front of this "
      "\"sluice_api\"; write \"sluice_gate user;\" beside it" },

    { ngx_null_string, 0, NULL }
};


/* As nginx finds a location: the exact one, else the longest. NULL: none, or
   perhaps another one. */

static const ngx_http_sluice_place_t *
ngx_http_sluice_reach_find(const ngx_array_t *places, const void *server,
                           const ngx_str_t *path)
{
    ngx_uint_t i;
    const ngx_http_sluice_place_t *place = places->elts, *found = NULL;

    for (i = 0; i < places->nelts; i++, place++) {

        if (place->server != server) {
            continue;
        }

        if (place->regex) {
            return NULL;
        }

        if (place->name.len > path->len
            || (place->exact && place->name.len != path->len)
            || ngx_strncmp(place->name.data, path->data, place->name.len)
                   != 0) {
            continue;
        }

        if (found == NULL || place->exact
            || (place->name.len > found->name.len && !found->exact)) {
            found = place;
        }
    }

    return found;
}


static ngx_int_t
ngx_http_sluice_reach_server(ngx_conf_t *cf, const ngx_array_t *places,
                             const void *server)
{
    const ngx_http_sluice_place_t *place;
    const ngx_http_sluice_reach_t *reach;

    for (reach = ngx_http_sluice_reaches; reach->wrong; reach++) {
        place = ngx_http_sluice_reach_find(places, server, &reach->path);

        if (place == NULL || place->line == 0
            || (reach->open ? place->open || place->others_sign
                            : place->users)) {
            continue;
        }

        ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "%s in %V:%ui", reach->wrong,
                      &place->file, place->line);
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_sluice_reach_check(ngx_conf_t *cf, const ngx_array_t *places)
{
    ngx_uint_t i;
    const void *server = NULL;
    const ngx_http_sluice_place_t *place = places->elts;

    for (i = 0; i < places->nelts; i++) {
        if (place[i].server == server) {
            continue;
        }

        server = place[i].server;

        if (ngx_http_sluice_reach_server(cf, places, server) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}
