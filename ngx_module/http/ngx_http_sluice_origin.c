#include "ngx_http_sluice_origin.h"


ngx_uint_t
ngx_http_sluice_is_origin(ngx_str_t *url)
{
    u_char *p;
    size_t scheme;

    p = url->data;

    scheme = ngx_strncmp(p, "https://", 8) == 0  ? 8
             : ngx_strncmp(p, "http://", 7) == 0 ? 7
                                                 : 0;

    return scheme != 0 && url->len > scheme
           && ngx_strlchr(p + scheme, p + url->len, '/') == NULL;
}
