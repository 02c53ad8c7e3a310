/* What ngx_sluice_pg_conf.c, which reads a conninfo, needs of a pool. */

#ifndef NGX_SLUICE_PG_CONF_H
#define NGX_SLUICE_PG_CONF_H

#include "ngx_sluice_pg.h"

/* A pool without connections and with room for `options` connection options;
   NULL without memory. */
ngx_sluice_pg_t *ngx_sluice_pg_alloc(ngx_conf_t *cf, ngx_uint_t options);

/* Sets option `n`; both texts must live as long as the pool. */
void ngx_sluice_pg_option(ngx_sluice_pg_t *pg, ngx_uint_t n,
                          const char *keyword, const char *value);

#endif
