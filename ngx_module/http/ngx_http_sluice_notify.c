#include "ngx_http_sluice_notify.h"

#include "ngx_module/bridge/ngx_sluice_redis.h"

#include <jansson.h>


#define NGX_HTTP_SLUICE_NOTIFY_STREAM "sluice:jobs"
#define NGX_HTTP_SLUICE_NOTIFY_STREAM_MAX "100000"


/* {"channel": …, "message": …} */

static void
ngx_http_sluice_notify_publish(ngx_sluice_redis_t *redis, json_t *entry)
{
    char *text;
    const char *channel;

    ngx_str_t argv[] = { ngx_string("PUBLISH"), ngx_null_string,
                         ngx_null_string };

    channel = json_string_value(json_object_get(entry, "channel"));
    text = json_dumps(json_object_get(entry, "message"), JSON_COMPACT);

    if (channel && text) {
        argv[1].data = (u_char *) channel;
        argv[1].len = ngx_strlen(channel);
        argv[2].data = (u_char *) text;
        argv[2].len = ngx_strlen(text);

        (void) ngx_sluice_redis_command(redis, 3, argv, NULL, NULL, NULL);
    }

    free(text);
}


void
ngx_http_sluice_notify(ngx_http_request_t *r, json_t *body)
{
    size_t i;
    json_t *entry;
    ngx_http_sluice_main_conf_t *smcf;

    smcf = ngx_http_get_module_main_conf(r, ngx_http_sluice_module);

    if (smcf->redis) {
        json_array_foreach(json_object_get(body, "wake"), i, entry)
        {
            ngx_http_sluice_notify_wake(r, json_string_value(entry));
        }

        json_array_foreach(json_object_get(body, "publish"), i, entry)
        {
            ngx_http_sluice_notify_publish(smcf->redis, entry);
        }
    }

    (void) json_object_del(body, "wake");
    (void) json_object_del(body, "publish");
}


/* XADD sluice:jobs MAXLEN ~ 100000 * v 1 id <job> */

void
ngx_http_sluice_notify_wake(ngx_http_request_t *r, const char *job)
{
    ngx_http_sluice_main_conf_t *smcf;

    ngx_str_t argv[] = { ngx_string("XADD"),
                         ngx_string(NGX_HTTP_SLUICE_NOTIFY_STREAM),
                         ngx_string("MAXLEN"),
                         ngx_string("~"),
                         ngx_string(NGX_HTTP_SLUICE_NOTIFY_STREAM_MAX),
                         ngx_string("*"),
                         ngx_string("v"),
                         ngx_string("1"),
                         ngx_string("id"),
                         { 0, (u_char *) job } };

    smcf = ngx_http_get_module_main_conf(r, ngx_http_sluice_module);

    if (smcf->redis && job) {
        argv[9].len = ngx_strlen(job);
        (void) ngx_sluice_redis_command(smcf->redis,
                                        sizeof(argv) / sizeof(argv[0]), argv,
                                        NULL, NULL, NULL);
    }
}
