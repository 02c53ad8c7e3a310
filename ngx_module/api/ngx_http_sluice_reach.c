#include "ngx_http_sluice_reach.h"


typedef struct {
    ngx_str_t path;
    ngx_uint_t level; /* what cannot work is refused, or only told */
    const char *wrong;
} ngx_http_sluice_reach_t;


static const ngx_http_sluice_reach_t ngx_http_sluice_reaches[] = {

    { ngx_string("/api/me"), NGX_LOG_EMERG,
      "nobody is known here: no token is looked at in front of this "
      "\"sluice_api\"; write \"sluice_gate user;\" beside it" },

    { ngx_string("/api/sessions"), NGX_LOG_WARN,
      "nobody can list or end sessions: no token is looked at in front of this "
      "\"sluice_api\"; write \"sluice_gate user;\" beside it, signing in needs "
      "no token" },

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

        if (place == NULL || place->line == 0 || place->users) {
            continue;
        }

        ngx_log_error(reach->level, cf->log, 0, "%s in %V:%ui", reach->wrong,
                      &place->file, place->line);

        if (reach->level == NGX_LOG_EMERG) {
            return NGX_ERROR;
        }
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
