/* What Sluice's HTTP modules share: configuration, a request's context, and
   the ways to answer and to wait. */

#ifndef NGX_HTTP_SLUICE_H
#define NGX_HTTP_SLUICE_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include <jansson.h>

#include "access.h"
#include "grant.h"
#include "jwk.h"
#include "jwt.h"
#include "password.h"
#include "sniff.h"
#include "status.h"
#include "token_table.h"
#include "uuid.h"

#include "ngx_sluice_pg.h"
#include "ngx_sluice_redis.h"

extern ngx_module_t ngx_http_sluice_module;

#define NGX_HTTP_SLUICE_AUDIENCE "sluice"


/* configuration: ngx_http_sluice_module.c */

typedef struct {
    ngx_sluice_pg_t *database;         /* NULL: no sluice_database */
    ngx_sluice_redis_t *redis;         /* NULL: no sluice_redis */
    ngx_sluice_redis_t *redis_uploads; /* the same, to listen with */
    ngx_flag_t uploads;                /* some location takes them */
    ngx_flag_t gated;                  /* some location has a gate */
    ngx_str_t thread_pool_name;
    ngx_thread_pool_t *thread_pool;
} ngx_http_sluice_main_conf_t;

typedef struct {
    jwk_set_t *keys;      /* NULL: no sluice_keys */
    ngx_str_t public_url; /* terminated, no '/' at the end */
    time_t link_ttl;
    time_t access_ttl;
    time_t refresh_ttl;
    token_table_t **tokens; /* this process's, made at first use */
} ngx_http_sluice_srv_conf_t;


/* 1 when it is scheme and host alone: "https://media.example.org". */
ngx_uint_t ngx_http_sluice_is_origin(ngx_str_t *url);


/* signing: ngx_http_sluice_signer.c */

/* Which of the keys to sign with, for jwk_set_signer(): while processes that
   this one replaces take requests, the second, which they know. */
unsigned ngx_http_sluice_signer(void);

/* For init_process. */
ngx_int_t ngx_http_sluice_signer_start(ngx_cycle_t *cycle);


/* a request */

typedef struct ngx_http_sluice_limits_s ngx_http_sluice_limits_t;

typedef void (*ngx_http_sluice_step_pt)(ngx_http_request_t *r, void *data);

typedef struct {
    ngx_str_t path;       /* what the client asked for, normalized,
                             without the in-path carrier */
    ngx_str_t path_grant; /* the in-path carrier, or empty */
    size_t path_wire;     /* its bytes in front of the path, as they came */
    ngx_str_t brought;    /* a grant, good or not */
    ngx_uint_t by_header; /* it is in a header of the request */
    ngx_str_t grant;      /* the grant that was let pass */
    ngx_str_t link;       /* its jti */
    ngx_str_t link_user;  /* its sub */
    access_t access;      /* role ROLE_NONE: nobody signed in */
    sluice_status_t denied;
    ngx_uint_t counted;                  /* among those that passed */
    ngx_http_sluice_limits_t *limits;    /* NULL: a grant without any */
    ngx_http_log_handler_pt log_handler; /* nginx's, behind ours */

    ngx_thread_task_t *task;      /* reused by each _thread_post() */
    ngx_http_sluice_step_pt step; /* what comes after it, on the loop */
    void *step_data;
    void *turn;                       /* ngx_http_sluice_wait.c's */
    ngx_str_t body;                   /* a JSON body, as text */
    size_t body_max;                  /* bytes it may have */
    ngx_http_handler_pt body_handler; /* what comes after it was read */
    void *upload;                     /* ngx_http_sluice_receive.c's */
} ngx_http_sluice_ctx_t;

/* The context, made when missing; it survives internal redirects. NULL without
   memory. */
ngx_http_sluice_ctx_t *ngx_http_sluice_ctx(ngx_http_request_t *r);

/* The same, but NULL when nothing has made one. */
ngx_http_sluice_ctx_t *ngx_http_sluice_find_ctx(ngx_http_request_t *r);


/* finding tokens: ngx_http_sluice_carrier.c */

/* For the post-read phase: keeps what the client asks for, and takes a grant
   out of the path. Returns what a phase handler returns. */
ngx_int_t ngx_http_sluice_carrier_take(ngx_http_request_t *r);

/* 1 and the token when the request brings one, else 0. */
ngx_uint_t ngx_http_sluice_carrier_grant(ngx_http_request_t *r,
                                         ngx_http_sluice_ctx_t *ctx,
                                         ngx_str_t *token);
ngx_uint_t ngx_http_sluice_carrier_user(ngx_http_request_t *r,
                                        ngx_str_t *token);

/* When a grant has passed, takes grants out of path and arguments, and of both
   as they came ($request_uri): what stands behind the gate sees none. NGX_OK,
   or NGX_ERROR without memory. */
ngx_int_t ngx_http_sluice_carrier_clean(ngx_http_request_t *r,
                                        ngx_http_sluice_ctx_t *ctx);

/* 1 and the value when a cookie of this name came. */
ngx_uint_t ngx_http_sluice_carrier_cookie(ngx_http_request_t *r,
                                          ngx_str_t *name, ngx_str_t *value);

/* 1 when the path came as it is signed, without "..", "//", or an encoded dot
   or slash. */
ngx_uint_t ngx_http_sluice_carrier_canonical(ngx_http_request_t *r);


/* what logs keep: ngx_http_sluice_mask.c */

/* For the log phase, in front of what writes logs: of each token in request
   line, path, arguments and Referer, and of a grant in a header, the signature
   becomes asterisks. */
ngx_int_t ngx_http_sluice_mask(ngx_http_request_t *r);

/* From here on the same holds for what the error log has of the request. */
void ngx_http_sluice_mask_errors(ngx_http_request_t *r,
                                 ngx_http_sluice_ctx_t *ctx);


/* checking tokens: ngx_http_sluice_token.c */

/* Finds or verifies a token. SLUICE_OK and its claims, which hold until the
   next call; expiry, path and role are the caller's to decide. */
sluice_status_t ngx_http_sluice_token(ngx_http_request_t *r, jwt_kind_t kind,
                                      ngx_str_t *token, token_t **claims);

/* Whether it was taken back: SLUICE_OK, `revoked`, or
   SLUICE_REVOCATIONS_UNKNOWN. A token is looked up once a change of what is
   revoked; in between this costs a read of the zone's counter. */
sluice_status_t ngx_http_sluice_token_current(token_t *token,
                                              sluice_status_t revoked);

/* The signature of an opened token, and its claims, to json_decref(). A
   signature that some process of this machine has seen to be good is found in
   the zone. */
jwt_result_t ngx_http_sluice_token_verify(jwt_t *jwt, ngx_str_t *token,
                                          json_t **claims);


/* $sluice_…: ngx_http_sluice_variables.c; for a module's preconfiguration */

ngx_int_t ngx_http_sluice_variables(ngx_conf_t *cf);


/* answering: ngx_http_sluice_answer.c; each returns what a content handler
   returns or ngx_http_finalize_request() takes */

/* application/json with Cache-Control: no-store; `body` must outlive the
   request. An empty body sends none. */
ngx_int_t ngx_http_sluice_json(ngx_http_request_t *r, ngx_uint_t status,
                               ngx_str_t *body);

/* The same from a JSON value, whose reference is taken over. */
ngx_int_t ngx_http_sluice_json_value(ngx_http_request_t *r, ngx_uint_t status,
                                     json_t *value);

/* application/problem+json (RFC 9457). `detail` and `field` may be NULL. */
ngx_int_t ngx_http_sluice_problem(ngx_http_request_t *r, sluice_status_t status,
                                  const char *detail, const char *field);

/* Sets WWW-Authenticate (RFC 6750) and Retry-After as the status asks. */
ngx_int_t ngx_http_sluice_problem_headers(ngx_http_request_t *r,
                                          sluice_status_t status);

/* A header of the answer; `value` must outlive the request. The second takes
   out what others set under that name. */
ngx_int_t ngx_http_sluice_header(ngx_http_request_t *r, const char *name,
                                 ngx_str_t *value);
ngx_int_t ngx_http_sluice_header_replace(ngx_http_request_t *r,
                                         const char *name, ngx_str_t *value);


/* waiting: ngx_http_sluice_wait.c */

/* The access phase waits: its handler then returns NGX_AGAIN, and is entered
   again after _resume(), which is never called from inside that handler. */
void ngx_http_sluice_access_wait(ngx_http_request_t *r);
void ngx_http_sluice_access_resume(ngx_http_request_t *r);

/* The rest is for content handlers, which then return NGX_DONE. */

typedef void (*ngx_http_sluice_row_pt)(ngx_http_request_t *r, void *data,
                                       const ngx_sluice_pg_result_t *result);

/* Queries sluice_database and goes on in `handler`, unless the client has left.
   When the query cannot be submitted, answers and returns the final status. */
ngx_int_t ngx_http_sluice_query(ngx_http_request_t *r,
                                const ngx_sluice_pg_statement_t *statement,
                                const ngx_str_t *params,
                                ngx_http_sluice_row_pt handler, void *data);

/* The same, but answers nothing: SLUICE_OK, or why it was not submitted. */
sluice_status_t ngx_http_sluice_query_try(
    ngx_http_request_t *r, const ngx_sluice_pg_statement_t *statement,
    const ngx_str_t *params, ngx_http_sluice_row_pt handler, void *data);

/* Runs `work` on `data` in the thread pool and goes on in `step` on the loop;
   `data` lives in r->pool, which waits for the thread. NGX_DONE; NGX_BUSY when
   the pool is full; else the final status. */
ngx_int_t ngx_http_sluice_thread_try(ngx_http_request_t *r,
                                     void (*work)(void *data, ngx_log_t *log),
                                     ngx_http_sluice_step_pt step, void *data);

/* The same, but a full pool is answered with 503. */
ngx_int_t ngx_http_sluice_thread_post(ngx_http_request_t *r,
                                      void (*work)(void *data, ngx_log_t *log),
                                      ngx_http_sluice_step_pt step, void *data);

/* The same, but a full pool is waited for, in the order in which requests came.
   NGX_DONE: it is under way; NGX_AGAIN: it waits; NGX_ERROR: the request has
   ended. */
ngx_int_t ngx_http_sluice_thread_wait(ngx_http_request_t *r,
                                      void (*work)(void *data, ngx_log_t *log),
                                      ngx_http_sluice_step_pt step, void *data);

/* Ends a request from one of the callbacks above. */
void ngx_http_sluice_finish(ngx_http_request_t *r, ngx_int_t rc);


/* bodies: ngx_http_sluice_body.c */

/* Reads a body of at most 64 KiB, then finishes the request with what `handler`
   returns; NGX_DONE when that one waits for something. */
ngx_int_t ngx_http_sluice_with_body(ngx_http_request_t *r,
                                    ngx_http_handler_pt handler);

/* The same with another bound, in bytes. */
ngx_int_t ngx_http_sluice_with_body_max(ngx_http_request_t *r, size_t max,
                                        ngx_http_handler_pt handler);

/* The body that was read. On NGX_DECLINED there is nothing to refuse, and
   `*body` is an object to json_decref(), empty without a body; else the request
   was answered: return it. */
ngx_int_t ngx_http_sluice_read_json(ngx_http_request_t *r, json_t **body);


/* the API's pieces: ngx_http_sluice_api.c */

/* Makes the location an API location; returns what a directive returns. */
char *ngx_http_sluice_api_location(ngx_conf_t *cf);

/* Calls api.<name>(actor, args); the reference to `args` is taken over, and
   NULL is answered with 500. Returns what ngx_http_sluice_query() returns. */
ngx_int_t ngx_http_sluice_api_submit(ngx_http_request_t *r,
                                     const ngx_sluice_pg_statement_t *call,
                                     json_t *args,
                                     ngx_http_sluice_row_pt handler,
                                     void *data);

/* 1 when the text is UTF-8. */
ngx_uint_t ngx_http_sluice_utf8(ngx_str_t *text);

/* Decodes a query value in new memory; NGX_ERROR when it is not clean UTF-8
   without control characters. */
ngx_int_t ngx_http_sluice_decode(ngx_http_request_t *r, ngx_str_t *value);

/* A query argument, decoded; NGX_DECLINED when absent, NGX_ERROR as above. */
ngx_int_t ngx_http_sluice_arg(ngx_http_request_t *r, const char *name,
                              ngx_str_t *value);

ngx_int_t ngx_http_sluice_api_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_sluice_upload_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_sluice_sign_in_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_sluice_refresh_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_sluice_sign_out_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_sluice_mint_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_sluice_revoke_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_sluice_events_handler(ngx_http_request_t *r);

/* The body that an api.* function returned, to json_decref(); NULL when there
   is none, or no answer. */
json_t *ngx_http_sluice_api_body(const ngx_sluice_pg_result_t *result);

/* Answers with what an api.* function returned: (status, body). Paths in
   `links` become signed URLs when `sign` is set. Frees nothing. */
ngx_int_t ngx_http_sluice_api_answer(ngx_http_request_t *r,
                                     const ngx_sluice_pg_result_t *result,
                                     ngx_uint_t sign);

/* Wakes a worker for each job in `wake` and publishes what is in `publish`, an
   array of {"channel", "message"}; takes both out of the body. */
void ngx_http_sluice_news(ngx_http_request_t *r, json_t *body);

/* Wakes a worker for a job, by its id. */
void ngx_http_sluice_news_wake(ngx_http_request_t *r, const char *job);

/* Replaces the paths in `links` of a media object, or of each of its `items`,
   by absolute signed URLs, which end with the caller's session. */
ngx_int_t ngx_http_sluice_sign_links(ngx_http_request_t *r, json_t *body);

/* The longest life of such a URL, in seconds. */
time_t ngx_http_sluice_links_longest(time_t link_ttl);

#endif
