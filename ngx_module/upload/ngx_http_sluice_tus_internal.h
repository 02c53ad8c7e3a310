/* One request of tus: what the files of that protocol share. */

#ifndef NGX_HTTP_SLUICE_TUS_INTERNAL_H
#define NGX_HTTP_SLUICE_TUS_INTERNAL_H

#include "ngx_http_sluice_grow.h"
#include "ngx_http_sluice_hold.h"
#include "ngx_http_sluice_ingest.h"
#include "ngx_http_sluice_parts.h"
#include "ngx_http_sluice_receive.h"
#include "ngx_http_sluice_reserve.h"
#include "ngx_http_sluice_upload_conf.h"
#include "ngx_http_sluice_upload_lock.h"

#include "ngx_module/http/ngx_http_sluice.h"
#include "ngx_module/spool/ngx_sluice_spool.h"
#include "core/base/tus.h"
#include "core/base/uuid.h"

#define NGX_HTTP_SLUICE_TUS_PATH "/api/uploads"

typedef struct ngx_http_sluice_tus_s ngx_http_sluice_tus_t;
typedef struct ngx_http_sluice_tus_join_s ngx_http_sluice_tus_join_t;

typedef void (*ngx_http_sluice_tus_pt)(ngx_http_sluice_tus_t *tus);

typedef enum {
    NGX_HTTP_SLUICE_TUS_HEAD,
    NGX_HTTP_SLUICE_TUS_PATCH,
    NGX_HTTP_SLUICE_TUS_CREATE,
    NGX_HTTP_SLUICE_TUS_DELETE
} ngx_http_sluice_tus_method_t;

struct ngx_http_sluice_tus_s {
    ngx_http_request_t *request;
    ngx_http_sluice_upload_loc_conf_t *conf;
    ngx_http_sluice_tus_method_t method;
    char id[UUID_TEXT_SIZE];

    /* asked for; -1: not said */
    off_t offset;
    off_t new_length; /* of an upload that had none */
    tus_parts_t parts;
    tus_checksum_t sum;

    /* the upload, as the record has it, or as it will */
    off_t length; /* -1: not known yet */
    time_t expires;
    ngx_str_t metadata;
    ngx_str_t concat;           /* Upload-Concat; empty: none */
    char media[UUID_TEXT_SIZE]; /* empty: none yet */

    ngx_sluice_spool_t *spool;

    /* of a final one, while it is put together */
    ngx_sluice_spool_t *part;
    off_t part_offset;
    ngx_uint_t part_number;
    off_t part_lengths[TUS_PARTS_MAX];
    ngx_http_sluice_tus_join_t *join; /* of parts in the bucket; or NULL */

    ngx_http_sluice_upload_lock_t lock;
    ngx_http_sluice_tus_pt opened; /* the record is read, the lock is held */
    ngx_http_sluice_tus_pt ended; /* it was open, and others have finished it */
    ngx_http_sluice_tus_pt locked;
    ngx_http_sluice_hold_t hold;
    ngx_http_sluice_grow_t grow;
    ngx_http_sluice_reserve_t reserve;
    ngx_http_sluice_receive_t receive;
    ngx_http_sluice_parts_t up; /* into the bucket */
    ngx_event_t turn;           /* while another node has its turn */
    ngx_msec_t give_up_at;
    ngx_http_sluice_ingest_t ingest;
    ngx_http_sluice_tus_pt recorded; /* it is a media file; or NULL */
    ngx_int_t end;                   /* how the body ended */
    ngx_err_t error;

    unsigned summed : 1; /* `sum` was begun */
    unsigned good : 1;   /* and is what was announced */
    unsigned partial : 1;
    unsigned done : 1;
    unsigned stored : 1;  /* it goes to a bucket */
    unsigned whole : 1;   /* it is there, and to become part of another */
    unsigned joins : 1;   /* its parts are in the bucket */
    unsigned again : 1;   /* the record was read again */
    unsigned growing : 1; /* bytes of an upload without a length */
    unsigned stop : 1;    /* a newer request asked */
};

#endif
