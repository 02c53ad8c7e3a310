#include "ngx_http_sluice_metrics.h"


u_char *
ngx_http_sluice_metrics_head(u_char *p, u_char *last, const char *name,
                             const char *type, const char *help)
{
    return ngx_slprintf(p, last, "# HELP %s %s\n# TYPE %s %s\n", name, help,
                        name, type);
}
