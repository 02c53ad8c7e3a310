#include "ngx_sluice_redis_internal.h"


/* hiredis frees the context next, from inside a callback of it only later:
   what it still calls then must find neither `conn`, which may have another
   context or be gone, nor its user. */

static void
ngx_sluice_redis_conn_forget(ngx_sluice_redis_conn_t *conn, const char *error)
{
    if (conn->ac) {
        conn->ac->data = NULL;
    }

    conn->ac = NULL;
    conn->c = NULL;
    conn->lost(conn, error);
}


/* hiredis's adapter; nothing touches the context after redisAsyncHandle…() */

static void
ngx_sluice_redis_conn_read_event(ngx_event_t *ev)
{
    ngx_connection_t *c = ev->data;
    redisAsyncContext *ac = c->data;

    if (c->close && ac->data) {
        ngx_sluice_redis_conn_close(ac->data, NULL);
        return;
    }

    redisAsyncHandleRead(ac);
}


static void
ngx_sluice_redis_conn_write_event(ngx_event_t *ev)
{
    ngx_connection_t *c = ev->data;

    redisAsyncHandleWrite(c->data);
}


static void
ngx_sluice_redis_conn_add_read(void *data)
{
    ngx_connection_t *c = data;

    (void) ngx_sluice_event_want(c, 1, c->write->active);
}


static void
ngx_sluice_redis_conn_del_read(void *data)
{
    ngx_connection_t *c = data;

    (void) ngx_sluice_event_want(c, 0, c->write->active);
}


static void
ngx_sluice_redis_conn_add_write(void *data)
{
    ngx_connection_t *c = data;

    (void) ngx_sluice_event_want(c, c->read->active, 1);
}


static void
ngx_sluice_redis_conn_del_write(void *data)
{
    ngx_connection_t *c = data;

    (void) ngx_sluice_event_want(c, c->read->active, 0);
}


static void
ngx_sluice_redis_conn_cleanup(void *data)
{
    ngx_sluice_event_detach(data, 1);
}


/* the connection's life */

static void
ngx_sluice_redis_conn_connected(const redisAsyncContext *ac, int status)
{
    ngx_sluice_redis_conn_t *conn = ac->data;

    if (conn && status != REDIS_OK) {
        ngx_sluice_redis_conn_forget(conn, ac->errstr);
    }
}


static void
ngx_sluice_redis_conn_disconnected(const redisAsyncContext *ac, int status)
{
    ngx_sluice_redis_conn_t *conn = ac->data;

    if (conn) {
        ngx_sluice_redis_conn_forget(conn, status == REDIS_OK ? "closed"
                                                              : ac->errstr);
    }
}


static void
ngx_sluice_redis_conn_adapt(ngx_sluice_redis_conn_t *conn)
{
    redisAsyncContext *ac = conn->ac;

    ac->data = conn;
    ac->ev.data = conn->c;
    ac->ev.addRead = ngx_sluice_redis_conn_add_read;
    ac->ev.delRead = ngx_sluice_redis_conn_del_read;
    ac->ev.addWrite = ngx_sluice_redis_conn_add_write;
    ac->ev.delWrite = ngx_sluice_redis_conn_del_write;
    ac->ev.cleanup = ngx_sluice_redis_conn_cleanup;

    (void) redisAsyncSetConnectCallback(ac, ngx_sluice_redis_conn_connected);
    (void) redisAsyncSetDisconnectCallback(ac,
                                           ngx_sluice_redis_conn_disconnected);
}


static void
ngx_sluice_redis_conn_greeted(redisAsyncContext *ac, void *data, void *privdata)
{
    redisReply *reply = data;

    if (reply && reply->type == REDIS_REPLY_ERROR) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0, "redis: %s", reply->str);
    }
}


/* AUTH [user] password; SELECT db: pipelined in front of the first command */

static ngx_int_t
ngx_sluice_redis_conn_greet(ngx_sluice_redis_conn_t *conn,
                            const ngx_sluice_redis_peer_t *peer)
{
    u_char number[NGX_INT_T_LEN];
    ngx_int_t rc;
    ngx_str_t argv[3];
    ngx_uint_t argc;

    rc = NGX_OK;

    if (peer->password.len) {
        ngx_str_set(&argv[0], "AUTH");
        argc = 1;

        if (*peer->user) {
            argv[argc].data = (u_char *) peer->user;
            argv[argc++].len = ngx_strlen(peer->user);
        }

        argv[argc++] = peer->password;

        rc = ngx_sluice_redis_conn_send(conn, argc, argv,
                                        ngx_sluice_redis_conn_greeted, NULL);
    }

    if (peer->db && rc == NGX_OK) {
        ngx_str_set(&argv[0], "SELECT");
        argv[1].data = number;
        argv[1].len = (size_t) (ngx_sprintf(number, "%ui", peer->db) - number);

        rc = ngx_sluice_redis_conn_send(conn, 2, argv,
                                        ngx_sluice_redis_conn_greeted, NULL);
    }

    return rc;
}


ngx_int_t
ngx_sluice_redis_conn_open(ngx_sluice_redis_conn_t *conn,
                           const ngx_sluice_redis_peer_t *peer)
{
    redisAsyncContext *ac;

    ac = peer->port ? redisAsyncConnect(peer->host, peer->port)
                    : redisAsyncConnectUnix(peer->host);

    if (ac == NULL || ac->err) {
        ngx_sluice_redis_conn_forget(conn, ac ? ac->errstr : "out of memory");
        goto failed;
    }

    conn->c = ngx_sluice_event_attach(ac->c.fd, ac,
                                      ngx_sluice_redis_conn_read_event,
                                      ngx_sluice_redis_conn_write_event);
    if (conn->c == NULL) {
        ngx_sluice_redis_conn_forget(conn, "no connection is free");
        goto failed;
    }

    if (peer->port) {
        (void) redisEnableKeepAlive(&ac->c);
    }

    conn->ac = ac;
    ngx_sluice_redis_conn_adapt(conn);

    if (ngx_sluice_redis_conn_greet(conn, peer) != NGX_OK) {
        ngx_sluice_redis_conn_close(conn, "nothing can be sent");
        return NGX_ERROR;
    }

    return NGX_OK;

failed:

    if (ac) {
        redisAsyncFree(ac);
    }

    return NGX_ERROR;
}


ngx_int_t
ngx_sluice_redis_conn_send(ngx_sluice_redis_conn_t *conn, ngx_uint_t argc,
                           const ngx_str_t *argv, redisCallbackFn *callback,
                           void *data)
{
    size_t sizes[NGX_SLUICE_REDIS_MAX_ARGS];
    ngx_uint_t i;
    const char *texts[NGX_SLUICE_REDIS_MAX_ARGS];

    for (i = 0; i < argc; i++) {
        texts[i] = (const char *) argv[i].data;
        sizes[i] = argv[i].len;
    }

    return redisAsyncCommandArgv(conn->ac, callback, data, (int) argc, texts,
                                 sizes)
                   == REDIS_OK
               ? NGX_OK
               : NGX_ERROR;
}


void
ngx_sluice_redis_conn_close(ngx_sluice_redis_conn_t *conn, const char *error)
{
    redisAsyncContext *ac = conn->ac;

    if (ac == NULL) {
        return;
    }

    ngx_sluice_redis_conn_forget(conn, error);
    redisAsyncFree(ac);
}
