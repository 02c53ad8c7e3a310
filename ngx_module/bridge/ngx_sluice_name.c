#include "ngx_sluice_name.h"
#include "ngx_sluice_lane.h"

#include <netdb.h>


/* Who waits for a name server that is silent keeps a thread for its timeout. */

#define NGX_SLUICE_NAME_THREADS 2
#define NGX_SLUICE_NAME_WAITING 64


struct ngx_sluice_name_s {
    ngx_sluice_lane_job_t job;
    ngx_sluice_name_handler_pt handler; /* NULL: nobody waits any more */
    void *data;
    int error; /* of getaddrinfo() */
    ngx_uint_t n;
    char addresses[NGX_SLUICE_NAME_MAX][NGX_SLUICE_NAME_SIZE];
    char host[1];
};


#define NGX_SLUICE_NAME_LANE(of)                                               \
    {                                                                          \
        .name = "lookups of names of " of, .threads = NGX_SLUICE_NAME_THREADS, \
        .max = NGX_SLUICE_NAME_WAITING, .idle = 1                              \
    }

static ngx_sluice_lane_t ngx_sluice_name_lanes[NGX_SLUICE_NAME_OF] = {
    [NGX_SLUICE_NAME_POSTGRESQL] = NGX_SLUICE_NAME_LANE("PostgreSQL"),
    [NGX_SLUICE_NAME_REDIS] = NGX_SLUICE_NAME_LANE("Redis")
};


/* in a thread */

static void
ngx_sluice_name_work(void *data)
{
    struct addrinfo hints, *found, *ai;
    ngx_sluice_name_t *name = data;

    ngx_memzero(&hints, sizeof(struct addrinfo));
    hints.ai_socktype = SOCK_STREAM;

    name->error = getaddrinfo(name->host, NULL, &hints, &found);
    if (name->error) {
        return;
    }

    for (ai = found; ai && name->n < NGX_SLUICE_NAME_MAX; ai = ai->ai_next) {
        name->error = getnameinfo(
            ai->ai_addr, ai->ai_addrlen, name->addresses[name->n],
            NGX_SLUICE_NAME_SIZE, NULL, 0, NI_NUMERICHOST);
        if (name->error == 0) {
            name->n++;
        }
    }

    freeaddrinfo(found);
}


/* on the loop */

static void
ngx_sluice_name_done(void *data)
{
    ngx_sluice_name_t *name = data;

    if (name->handler) {
        name->handler(name->data, name->addresses, name->n,
                      name->n ? NULL : gai_strerror(name->error));
    }

    ngx_free(name);
}


ngx_sluice_name_t *
ngx_sluice_name_look_up(ngx_sluice_name_of_t of, const char *host,
                        ngx_sluice_name_handler_pt handler, void *data)
{
    size_t len;
    ngx_sluice_name_t *name;

    len = ngx_strlen(host);

    name = ngx_calloc(sizeof(ngx_sluice_name_t) + len, ngx_cycle->log);
    if (name == NULL) {
        return NULL;
    }

    ngx_memcpy(name->host, host, len);
    name->handler = handler;
    name->data = data;
    name->job.work = ngx_sluice_name_work;
    name->job.done = ngx_sluice_name_done;
    name->job.data = name;

    if (ngx_sluice_lane_post(&ngx_sluice_name_lanes[of], &name->job)
        != NGX_OK) {
        ngx_free(name);
        return NULL;
    }

    return name;
}


void
ngx_sluice_name_cancel(ngx_sluice_name_t *name)
{
    name->handler = NULL;
}


void
ngx_sluice_name_end(void)
{
    ngx_uint_t i;

    for (i = 0; i < NGX_SLUICE_NAME_OF; i++) {
        ngx_sluice_lane_end(&ngx_sluice_name_lanes[i]);
    }
}
