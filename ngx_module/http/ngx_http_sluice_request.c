#include "ngx_http_sluice_request.h"


ngx_uint_t
ngx_http_sluice_request_header(ngx_http_request_t *r, const ngx_str_t *name,
                               ngx_str_t *value)
{
    ngx_uint_t i, found;
    ngx_list_part_t *part;
    ngx_table_elt_t *h;

    found = 0;

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (h[i].key.len == name->len
                && ngx_memcmp(h[i].lowcase_key, name->data, name->len) == 0
                && found++ == 0) {
                *value = h[i].value;
            }
        }
    }

    return found;
}
