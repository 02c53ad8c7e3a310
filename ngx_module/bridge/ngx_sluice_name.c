#include "ngx_sluice_name.h"
#include "ngx_sluice_lane.h"

#include <arpa/inet.h>
#include <netdb.h>


/* Who waits for a name server that is silent keeps a thread for its timeout. */

#define NGX_SLUICE_NAME_THREADS 2
#define NGX_SLUICE_NAME_WAITING 64


struct ngx_sluice_name_s {
    ngx_sluice_lane_job_t job;
    ngx_sluice_name_handler_pt handler; /* NULL: nobody waits any more */
    void *data;
    ngx_uint_t turn;
    int error; /* of getaddrinfo() */
    char address[NI_MAXHOST];
    char host[1];
};


static ngx_sluice_lane_t ngx_sluice_name_lane = {
    .name = "lookups of names",
    .threads = NGX_SLUICE_NAME_THREADS,
    .max = NGX_SLUICE_NAME_WAITING
};


ngx_uint_t
ngx_sluice_name_numeric(const char *host)
{
    u_char address[sizeof(struct in6_addr)];

    return inet_pton(AF_INET, host, address) == 1
           || inet_pton(AF_INET6, host, address) == 1;
}


/* in a thread */

static void
ngx_sluice_name_work(void *data)
{
    ngx_uint_t n, i;
    struct addrinfo hints, *found, *one;
    ngx_sluice_name_t *name = data;

    ngx_memzero(&hints, sizeof(struct addrinfo));
    hints.ai_socktype = SOCK_STREAM;

    name->error = getaddrinfo(name->host, NULL, &hints, &found);
    if (name->error) {
        return;
    }

    for (n = 0, one = found; one; one = one->ai_next) {
        n++;
    }

    for (i = name->turn % n, one = found; i; i--) {
        one = one->ai_next;
    }

    name->error = getnameinfo(one->ai_addr, one->ai_addrlen, name->address,
                              sizeof(name->address), NULL, 0, NI_NUMERICHOST);

    freeaddrinfo(found);
}


/* on the loop */

static void
ngx_sluice_name_done(void *data)
{
    ngx_sluice_name_t *name = data;

    if (name->handler) {
        name->handler(name->data, name->error ? NULL : name->address,
                      name->error ? gai_strerror(name->error) : NULL);
    }

    ngx_free(name);
}


ngx_sluice_name_t *
ngx_sluice_name_look_up(const char *host, ngx_uint_t turn,
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
    name->turn = turn;
    name->job.work = ngx_sluice_name_work;
    name->job.done = ngx_sluice_name_done;
    name->job.data = name;

    if (ngx_sluice_lane_post(&ngx_sluice_name_lane, &name->job) != NGX_OK) {
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
    ngx_sluice_lane_leave(&ngx_sluice_name_lane);
}
