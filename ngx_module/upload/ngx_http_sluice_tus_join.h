/* Parts of tus's concatenation that are files of the bucket become one. */

#ifndef NGX_HTTP_SLUICE_TUS_JOIN_H
#define NGX_HTTP_SLUICE_TUS_JOIN_H

#include "ngx_http_sluice_tus_internal.h"

/* Of tus->parts, whose lengths are known, and not all 0. The file here is
   reserved for it, and tus->spool's digest is that behind the first. Then the
   bucket has spool/<id>, and tus->spool its size and digest: `joined`; or the
   answer says what went wrong. */
void ngx_http_sluice_tus_join(ngx_http_sluice_tus_t *tus,
                              ngx_http_sluice_tus_pt joined);

/* Bytes that the disk here has to have for that, however long they are. */
off_t ngx_http_sluice_tus_join_room(void);

#endif
