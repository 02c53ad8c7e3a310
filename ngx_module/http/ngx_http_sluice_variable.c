#include "ngx_http_sluice_variable.h"


ngx_int_t
ngx_http_sluice_variable_add(ngx_conf_t *cf, ngx_http_variable_t *table)
{
    ngx_http_variable_t *v, *var;

    for (v = table; v->name.len; v++) {
        var = ngx_http_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
        var->data = v->data;
    }

    return NGX_OK;
}


void
ngx_http_sluice_variable_set(ngx_http_variable_value_t *v,
                             const ngx_str_t *text)
{
    v->len = (unsigned) text->len;
    v->data = text->data;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;
}
