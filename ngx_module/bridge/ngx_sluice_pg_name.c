#include "ngx_sluice_pg_internal.h"
#include "ngx_sluice_lane.h"


/* Of one that waits for a nameserver in vain, another does not take the place
   of the others. */
#define NGX_SLUICE_PG_NAME_THREADS 2


typedef struct {
    ngx_sluice_lane_job_t job;
    ngx_sluice_pg_name_t *name; /* whose addresses they will be */
    char host[PG_HOST_SIZE];
    int error; /* getaddrinfo(3)'s */
    ngx_uint_t n;
    char addresses[PG_HOST_ADDRESSES_MAX][PG_HOST_ADDRESS_SIZE];
} ngx_sluice_pg_name_lookup_t;


static ngx_sluice_lane_t ngx_sluice_pg_name_lane = {
    .name = "lookups of names", .threads = NGX_SLUICE_PG_NAME_THREADS, .idle = 1
};


/* In a thread. */

static void
ngx_sluice_pg_name_work(void *data)
{
    struct addrinfo hints, *found, *ai;
    ngx_sluice_pg_name_lookup_t *lookup = data;

    ngx_memzero(&hints, sizeof(struct addrinfo));
    hints.ai_socktype = SOCK_STREAM;

    lookup->error = getaddrinfo(lookup->host, NULL, &hints, &found);
    if (lookup->error) {
        return;
    }

    for (ai = found; ai && lookup->n < PG_HOST_ADDRESSES_MAX;
         ai = ai->ai_next) {
        if (getnameinfo(ai->ai_addr, ai->ai_addrlen,
                        lookup->addresses[lookup->n], PG_HOST_ADDRESS_SIZE,
                        NULL, 0, NI_NUMERICHOST)
            == 0) {
            lookup->n++;
        }
    }

    freeaddrinfo(found);
}


/* What waits may leave, and come to wait again, while others are told. */

static void
ngx_sluice_pg_name_tell(ngx_sluice_pg_name_t *name)
{
    ngx_queue_t told, *q;
    ngx_sluice_pg_conn_t *conn;

    ngx_queue_init(&told);
    ngx_queue_add(&told, &name->waiting);
    ngx_queue_init(&name->waiting);

    while (!ngx_queue_empty(&told)) {
        q = ngx_queue_head(&told);
        conn = ngx_queue_data(q, ngx_sluice_pg_conn_t, naming);

        ngx_sluice_pg_name_leave(conn);
        conn->step(conn);
    }
}


static void
ngx_sluice_pg_name_done(void *data)
{
    ngx_sluice_pg_name_lookup_t *lookup = data;
    ngx_sluice_pg_name_t *name = lookup->name;

    if (lookup->error) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "host \"%s\" of \"sluice_database\": %s", lookup->host,
                      gai_strerror(lookup->error));
    }

    name->asked = 0;
    name->n = lookup->n;
    ngx_memcpy(name->addresses, lookup->addresses, sizeof(name->addresses));
    ngx_free(lookup);

    ngx_sluice_pg_name_tell(name);
}


static ngx_int_t
ngx_sluice_pg_name_begin(ngx_sluice_pg_name_t *name, const char *host)
{
    ngx_sluice_pg_name_lookup_t *lookup;

    lookup = ngx_calloc(sizeof(ngx_sluice_pg_name_lookup_t), ngx_cycle->log);
    if (lookup == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(lookup->host, host, ngx_strlen(host) + 1);
    lookup->name = name;
    lookup->job.work = ngx_sluice_pg_name_work;
    lookup->job.done = ngx_sluice_pg_name_done;
    lookup->job.data = lookup;

    if (ngx_sluice_lane_post(&ngx_sluice_pg_name_lane, &lookup->job)
        != NGX_OK) {
        ngx_free(lookup);
        return NGX_ERROR;
    }

    ngx_queue_init(&name->waiting);
    name->asked = 1;

    return NGX_OK;
}


ngx_int_t
ngx_sluice_pg_name_ask(ngx_sluice_pg_conn_t *conn)
{
    ngx_sluice_pg_where_t *where = conn->pg->where;
    ngx_sluice_pg_name_t *name = &where->names[conn->host];

    if (!name->asked
        && ngx_sluice_pg_name_begin(name, where->hosts.host[conn->host].name)
               != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_queue_insert_tail(&name->waiting, &conn->naming);

    return NGX_OK;
}


void
ngx_sluice_pg_name_leave(ngx_sluice_pg_conn_t *conn)
{
    if (conn->naming.next) {
        ngx_queue_remove(&conn->naming);
        conn->naming.next = NULL;
    }
}


void
ngx_sluice_pg_name_end(void)
{
    ngx_sluice_lane_end(&ngx_sluice_pg_name_lane);
}
