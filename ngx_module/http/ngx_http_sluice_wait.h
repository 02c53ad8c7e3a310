#ifndef NGX_HTTP_SLUICE_WAIT_H
#define NGX_HTTP_SLUICE_WAIT_H

#include "ngx_http_sluice_access.h"
#include "ngx_http_sluice_answer.h"
#include "ngx_http_sluice_query.h"
#include "ngx_http_sluice_thread.h"

#endif
