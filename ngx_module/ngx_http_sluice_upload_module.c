/*
 * Uploads: POST /api/media?filename=… with the file as body. The body is read
 * unbuffered and written by a thread as it comes; one buffer is all the memory
 * an upload takes. Then, in this order: durable file, one transaction with the
 * media row and its first job, a word to Redis, the answer.
 */

#include "ngx_http_sluice.h"
#include "ngx_sluice_spool.h"


#define NGX_HTTP_SLUICE_UPLOAD_BUFFER (512 * 1024)
#define NGX_HTTP_SLUICE_UPLOAD_RETRY 50  /* ms, when the pool is full */
#define NGX_HTTP_SLUICE_FILENAME_MAX 255 /* bytes, as file systems have it */
#define NGX_HTTP_SLUICE_TITLE_MAX 500    /* characters, as the record has */
#define NGX_HTTP_SLUICE_STREAM "sluice:jobs"
#define NGX_HTTP_SLUICE_STREAM_MAX "100000"


typedef struct {
    ngx_str_t spool;
    off_t max_size; /* 0: no bound */
} ngx_http_sluice_upload_loc_conf_t;


typedef struct {
    ngx_sluice_spool_t *spool;
    ngx_str_t filename;
    ngx_str_t title; /* empty: from the file's name */
    char job[UUID_TEXT_SIZE];
    ngx_chain_t *chain; /* the thread's while it writes */
    ngx_event_t retry;
    ngx_err_t error;
    unsigned last : 1; /* the chain ends the body */
} ngx_http_sluice_upload_t;


static ngx_int_t ngx_http_sluice_upload_args(ngx_http_request_t *r,
                                             ngx_http_sluice_upload_t *upload);
static void
ngx_http_sluice_upload_allowed(ngx_http_request_t *r, void *data,
                               const ngx_sluice_pg_result_t *result);
static void ngx_http_sluice_upload_body(ngx_http_request_t *r);
static void ngx_http_sluice_upload_read(ngx_http_request_t *r);
static void ngx_http_sluice_upload_write(ngx_http_request_t *r,
                                         ngx_http_sluice_upload_t *upload);
static void ngx_http_sluice_upload_retry(ngx_event_t *ev);
static void ngx_http_sluice_upload_cleanup(void *data);
static void ngx_http_sluice_upload_work(void *data, ngx_log_t *log);
static void ngx_http_sluice_upload_written(ngx_http_request_t *r, void *data);
static ngx_int_t
ngx_http_sluice_upload_record(ngx_http_request_t *r,
                              ngx_http_sluice_upload_t *upload);
static void
ngx_http_sluice_upload_recorded(ngx_http_request_t *r, void *data,
                                const ngx_sluice_pg_result_t *result);
static void ngx_http_sluice_upload_announce(ngx_http_request_t *r,
                                            ngx_http_sluice_upload_t *upload);
static ngx_int_t
ngx_http_sluice_upload_location(ngx_http_request_t *r,
                                ngx_http_sluice_upload_t *upload);
static void *ngx_http_sluice_upload_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_sluice_upload_merge_loc_conf(ngx_conf_t *cf, void *parent,
                                                   void *child);
static char *ngx_http_sluice_upload(ngx_conf_t *cf, ngx_command_t *cmd,
                                    void *conf);


static ngx_command_t ngx_http_sluice_upload_commands[] = {

    { ngx_string("sluice_upload"), NGX_HTTP_LOC_CONF | NGX_CONF_TAKE12,
      ngx_http_sluice_upload, NGX_HTTP_LOC_CONF_OFFSET, 0, NULL },

    ngx_null_command
};


static ngx_http_module_t ngx_http_sluice_upload_module_ctx = {
    NULL, /* preconfiguration */
    NULL, /* postconfiguration */

    NULL, /* create main configuration */
    NULL, /* init main configuration */

    NULL, /* create server configuration */
    NULL, /* merge server configuration */

    ngx_http_sluice_upload_create_loc_conf, /* create location configuration */
    ngx_http_sluice_upload_merge_loc_conf   /* merge location configuration */
};


ngx_module_t ngx_http_sluice_upload_module = {
    NGX_MODULE_V1,
    &ngx_http_sluice_upload_module_ctx, /* module context */
    ngx_http_sluice_upload_commands,    /* module directives */
    NGX_HTTP_MODULE,                    /* module type */
    NULL,                               /* init master */
    NULL,                               /* init module */
    NULL,                               /* init process */
    NULL,                               /* init thread */
    NULL,                               /* exit thread */
    NULL,                               /* exit process */
    NULL,                               /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_sluice_pg_statement_t ngx_http_sluice_begin_upload = {
    "begin_upload",
    "select status, body from api.begin_upload($1::uuid, $2::jsonb)", 2, 0
};

static ngx_sluice_pg_statement_t ngx_http_sluice_create_media = {
    "create_media",
    "select status, body from api.create_media($1::uuid, $2::jsonb)", 2, 1
};


/* before the body: what can be refused is refused now */

ngx_int_t
ngx_http_sluice_upload_handler(ngx_http_request_t *r)
{
    ngx_int_t rc;
    ngx_http_sluice_ctx_t *ctx;
    ngx_http_sluice_upload_t *upload;
    ngx_http_sluice_upload_loc_conf_t *ulcf;

    ulcf = ngx_http_get_module_loc_conf(r, ngx_http_sluice_upload_module);

    if (ulcf->spool.len == 0) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "an upload, but no \"sluice_upload\" in this location");
        return ngx_http_sluice_problem(r, SLUICE_NOT_FOUND, NULL, NULL);
    }

    if (ulcf->max_size && r->headers_in.content_length_n > ulcf->max_size) {
        return ngx_http_sluice_problem(r, SLUICE_TOO_LARGE, NULL, NULL);
    }

    upload = ngx_pcalloc(r->pool, sizeof(ngx_http_sluice_upload_t));
    if (upload == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_sluice_upload_args(r, upload);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    ctx = ngx_http_sluice_find_ctx(r);
    ctx->upload = upload;

    upload->spool = ngx_sluice_spool_create(r->pool, &ulcf->spool);

    if (upload->spool == NULL || uuid_v7(upload->job) != 0) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->main->count++;

    rc = ngx_http_sluice_api_submit(r, &ngx_http_sluice_begin_upload,
                                    json_object(),
                                    ngx_http_sluice_upload_allowed, upload);
    ngx_http_sluice_finish(r, rc);

    return NGX_DONE;
}


/* NGX_DECLINED when there is nothing to refuse, else the answer */

static ngx_int_t
ngx_http_sluice_upload_args(ngx_http_request_t *r,
                            ngx_http_sluice_upload_t *upload)
{
    u_char *p;
    ngx_int_t rc;

    rc = ngx_http_sluice_arg(r, "filename", &upload->filename);

    if (rc == NGX_DECLINED || upload->filename.len == 0) {
        return ngx_http_sluice_problem(r, SLUICE_FIELD_INVALID,
                                       "Name the file: ?filename=film.mp4",
                                       "filename");
    }

    /* some clients send a path; only the last part is a name */

    for (p = upload->filename.data + upload->filename.len;
         p > upload->filename.data; p--) {
        if (p[-1] == '/' || p[-1] == '\\') {
            break;
        }
    }

    upload->filename.len -= (size_t) (p - upload->filename.data);
    upload->filename.data = p;

    if (rc != NGX_OK || upload->filename.len == 0
        || upload->filename.len > NGX_HTTP_SLUICE_FILENAME_MAX) {
        return ngx_http_sluice_problem(r, SLUICE_FIELD_INVALID,
                                       "A file name is 1 to 255 bytes of UTF-8 "
                                       "without control characters.",
                                       "filename");
    }

    rc = ngx_http_sluice_arg(r, "title", &upload->title);

    if (rc == NGX_ERROR
        || (rc == NGX_OK
            && ngx_utf8_length(upload->title.data, upload->title.len)
                   > NGX_HTTP_SLUICE_TITLE_MAX)) {
        return ngx_http_sluice_problem(r, SLUICE_FIELD_INVALID,
                                       "A title is at most 500 characters of "
                                       "UTF-8 without control characters.",
                                       "title");
    }

    return NGX_DECLINED;
}


static void
ngx_http_sluice_upload_allowed(ngx_http_request_t *r, void *data,
                               const ngx_sluice_pg_result_t *result)
{
    ngx_int_t rc;
    ngx_str_t status;

    if (result->status != SLUICE_OK
        || ngx_sluice_pg_value(result, 0, 0, &status) != NGX_OK
        || ngx_atoi(status.data, status.len) >= NGX_HTTP_SPECIAL_RESPONSE) {
        ngx_http_sluice_finish(r, ngx_http_sluice_api_answer(r, result, 0));
        return;
    }

    r->request_body_no_buffering = 1;

    rc = ngx_http_read_client_request_body(r, ngx_http_sluice_upload_body);

    /* reading holds a count of its own */
    ngx_http_finalize_request(r,
                              rc >= NGX_HTTP_SPECIAL_RESPONSE ? rc : NGX_DONE);
}


/* the body: read what is there, let a thread write it, read on */

static void
ngx_http_sluice_upload_body(ngx_http_request_t *r)
{
    r->read_event_handler = ngx_http_sluice_upload_read;
    r->write_event_handler = ngx_http_request_empty_handler;

    ngx_http_sluice_upload_read(r);
}


static void
ngx_http_sluice_upload_read(ngx_http_request_t *r)
{
    off_t size;
    ngx_int_t rc;
    ngx_chain_t *cl;
    ngx_http_sluice_ctx_t *ctx;
    ngx_http_sluice_upload_t *upload;
    ngx_http_sluice_upload_loc_conf_t *ulcf;

    ctx = ngx_http_sluice_find_ctx(r);
    upload = ctx->upload;

    if (r->reading_body) {
        rc = ngx_http_read_unbuffered_request_body(r);

        if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
            ngx_http_sluice_finish(r, rc);
            return;
        }
    }

    upload->last = !r->reading_body;
    upload->chain = r->request_body->bufs;
    r->request_body->bufs = NULL;

    if (upload->chain == NULL && !upload->last) {
        return;
    }

    size = upload->spool->size;

    for (cl = upload->chain; cl; cl = cl->next) {
        size += cl->buf->last - cl->buf->pos;
    }

    ulcf = ngx_http_get_module_loc_conf(r, ngx_http_sluice_upload_module);

    if (ulcf->max_size && size > ulcf->max_size) {
        ngx_http_sluice_finish(
            r, ngx_http_sluice_problem(r, SLUICE_TOO_LARGE, NULL, NULL));
        return;
    }

    /* the client is not to be timed out for the time that we take */

    if (r->connection->read->timer_set) {
        ngx_del_timer(r->connection->read);
    }

    ngx_http_sluice_upload_write(r, upload);
}


static void
ngx_http_sluice_upload_write(ngx_http_request_t *r,
                             ngx_http_sluice_upload_t *upload)
{
    ngx_int_t rc;
    ngx_http_cleanup_t *cln;

    rc = ngx_http_sluice_thread_try(r, ngx_http_sluice_upload_work,
                                    ngx_http_sluice_upload_written, upload);

    if (rc == NGX_DONE) {
        return;
    }

    if (rc != NGX_BUSY) {
        ngx_http_sluice_finish(r, rc);
        return;
    }

    /* nothing is refused in the middle: each upload waits for its turn */

    if (upload->retry.handler == NULL) {
        cln = ngx_http_cleanup_add(r, 0);
        if (cln == NULL) {
            ngx_http_sluice_finish(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
            return;
        }

        cln->handler = ngx_http_sluice_upload_cleanup;
        cln->data = upload;

        upload->retry.handler = ngx_http_sluice_upload_retry;
        upload->retry.data = r;
        upload->retry.log = r->connection->log;
    }

    r->read_event_handler = ngx_http_block_reading;
    ngx_add_timer(&upload->retry, NGX_HTTP_SLUICE_UPLOAD_RETRY);
}


static void
ngx_http_sluice_upload_retry(ngx_event_t *ev)
{
    ngx_connection_t *c;
    ngx_http_request_t *r = ev->data;
    ngx_http_sluice_ctx_t *ctx;

    c = r->connection;
    ctx = ngx_http_sluice_find_ctx(r);

    ngx_http_set_log_request(c->log, r);
    ngx_http_sluice_upload_write(r, ctx->upload);
    ngx_http_run_posted_requests(c);
}


static void
ngx_http_sluice_upload_cleanup(void *data)
{
    ngx_http_sluice_upload_t *upload = data;

    if (upload->retry.timer_set) {
        ngx_del_timer(&upload->retry);
    }
}


/* in a thread */

static void
ngx_http_sluice_upload_work(void *data, ngx_log_t *log)
{
    ngx_http_sluice_upload_t *upload = data;

    upload->error = ngx_sluice_spool_append(upload->spool, upload->chain);

    if (upload->error == 0 && upload->last) {
        upload->error = ngx_sluice_spool_commit(upload->spool);
    }

    if (upload->error) {
        ngx_log_error(NGX_LOG_CRIT, log, upload->error, "writing \"%s\" failed",
                      upload->spool->part);
    }
}


static void
ngx_http_sluice_upload_written(ngx_http_request_t *r, void *data)
{
    ngx_int_t rc;
    ngx_chain_t *cl, *next;
    ngx_http_sluice_upload_t *upload = data;

    for (cl = upload->chain; cl; cl = next) {
        next = cl->next;
        cl->buf->pos = cl->buf->last;
        ngx_free_chain(r->pool, cl);
    }

    upload->chain = NULL;

    if (upload->error) {
        rc = ngx_http_sluice_problem(
            r, upload->error == NGX_ENOSPC ? SLUICE_NO_SPACE : SLUICE_INTERNAL,
            NULL, NULL);
        ngx_http_sluice_finish(r, rc);
        return;
    }

    if (upload->last) {
        ngx_http_sluice_finish(r, ngx_http_sluice_upload_record(r, upload));
        return;
    }

    r->read_event_handler = ngx_http_sluice_upload_read;
    ngx_http_sluice_upload_read(r);
}


/* after the body: the record, Redis, the answer */

static ngx_int_t
ngx_http_sluice_upload_record(ngx_http_request_t *r,
                              ngx_http_sluice_upload_t *upload)
{
    char sha256[2 * NGX_SLUICE_SPOOL_DIGEST_SIZE];
    json_t *args;
    ngx_int_t rc;
    media_kind_t kind;
    ngx_sluice_spool_t *spool = upload->spool;

    (void) ngx_hex_dump((u_char *) sha256, spool->digest,
                        NGX_SLUICE_SPOOL_DIGEST_SIZE);

    kind = media_kind_from_name((char *) upload->filename.data,
                                upload->filename.len);

    args = json_pack(
        "{s:s, s:s, s:s%, s:s%, s:I, s:s%, s:s}", "id", spool->id, "job",
        upload->job, "filename", upload->filename.data, upload->filename.len,
        "title", upload->title.len ? upload->title.data : (u_char *) "",
        upload->title.len, "bytes", (json_int_t) spool->size, "sha256", sha256,
        sizeof(sha256), "kind", media_kind_name(kind));

    rc = ngx_http_sluice_api_submit(r, &ngx_http_sluice_create_media, args,
                                    ngx_http_sluice_upload_recorded, upload);

    /* from now on there may be a row for it, whatever becomes of the client */
    spool->kept = (rc == NGX_DONE);

    return rc;
}


static void
ngx_http_sluice_upload_recorded(ngx_http_request_t *r, void *data,
                                const ngx_sluice_pg_result_t *result)
{
    ngx_str_t value;
    ngx_http_sluice_upload_t *upload = data;

    if (result->status == SLUICE_OK
        && ngx_sluice_pg_value(result, 0, 0, &value) == NGX_OK
        && ngx_atoi(value.data, value.len) == NGX_HTTP_CREATED) {
        ngx_http_sluice_upload_announce(r, upload);

        if (ngx_http_sluice_upload_location(r, upload) != NGX_OK) {
            ngx_http_sluice_finish(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
            return;
        }

    } else if (result->status != SLUICE_DATABASE_AWAY || !result->sent) {
        upload->spool->kept = 0;
    }

    ngx_http_sluice_finish(r, ngx_http_sluice_api_answer(r, result, 1));
}


/* XADD sluice:jobs MAXLEN ~ 100000 * v 1 id <job>; best effort, since the
   worker announces again what nobody took */

static void
ngx_http_sluice_upload_announce(ngx_http_request_t *r,
                                ngx_http_sluice_upload_t *upload)
{
    ngx_http_sluice_main_conf_t *smcf;

    ngx_str_t argv[] = { ngx_string("XADD"),
                         ngx_string(NGX_HTTP_SLUICE_STREAM),
                         ngx_string("MAXLEN"),
                         ngx_string("~"),
                         ngx_string(NGX_HTTP_SLUICE_STREAM_MAX),
                         ngx_string("*"),
                         ngx_string("v"),
                         ngx_string("1"),
                         ngx_string("id"),
                         { UUID_TEXT_LEN, (u_char *) upload->job } };

    smcf = ngx_http_get_module_main_conf(r, ngx_http_sluice_module);

    if (smcf->redis) {
        (void) ngx_sluice_redis_command(smcf->redis,
                                        sizeof(argv) / sizeof(argv[0]), argv,
                                        NULL, NULL, NULL);
    }
}


static ngx_int_t
ngx_http_sluice_upload_location(ngx_http_request_t *r,
                                ngx_http_sluice_upload_t *upload)
{
    ngx_str_t value;

    value.len = sizeof("/api/media/") - 1 + UUID_TEXT_LEN;
    value.data = ngx_pnalloc(r->pool, value.len);
    if (value.data == NULL) {
        return NGX_ERROR;
    }

    (void) ngx_sprintf(value.data, "/api/media/%s", upload->spool->id);

    return ngx_http_sluice_header(r, "Location", &value);
}


/* configuration */

static void *
ngx_http_sluice_upload_create_loc_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(ngx_http_sluice_upload_loc_conf_t));
}


static char *
ngx_http_sluice_upload_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_sluice_upload_loc_conf_t *prev = parent;
    ngx_http_sluice_upload_loc_conf_t *conf = child;

    ngx_http_core_loc_conf_t *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    /* "if" and "limit_except" are the same location under another condition */

    if (clcf->noname && conf->spool.len == 0) {
        *conf = *prev;
    }

    /* nginx's default makes a thread hop of every 8 KiB */

    if (conf->spool.len
        && clcf->client_body_buffer_size == 2 * (size_t) ngx_pagesize) {
        clcf->client_body_buffer_size = NGX_HTTP_SLUICE_UPLOAD_BUFFER;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_sluice_upload(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_sluice_upload_loc_conf_t *ulcf = conf;

    ngx_str_t *value, s;

    if (ulcf->spool.len) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (cf->args->nelts == 3) {
        s.data = value[2].data + sizeof("max_size=") - 1;
        s.len = value[2].len - (sizeof("max_size=") - 1);

        if (ngx_strncmp(value[2].data, "max_size=", sizeof("max_size=") - 1)
                != 0
            || (ulcf->max_size = ngx_parse_offset(&s)) == NGX_ERROR) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\" of \"sluice_upload\": "
                               "write max_size=<size>, e.g. max_size=20g",
                               &value[2]);
            return NGX_CONF_ERROR;
        }
    }

    if (ngx_conf_full_name(cf->cycle, &value[1], 0) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    ulcf->spool = value[1];

    return ngx_http_sluice_api_location(cf);
}
