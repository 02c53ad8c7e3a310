#define _GNU_SOURCE /* strptime, timegm */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "bucket_internal.h"
#include "bucket_xml.h"


bucket_rc_t
bucket_say(bucket_t *bucket, bucket_rc_t rc, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(bucket->said, sizeof(bucket->said), format, args);
    va_end(args);
    return rc;
}


static int
on_error_leaf(void *data, const char *name, const char *value)
{
    bucket_t *bucket = data;

    if (value && strcmp(name, "Code") == 0) {
        snprintf(bucket->code, sizeof(bucket->code), "%s", value);
    }

    return 0;
}


void
bucket_judge_clock(bucket_t *bucket, const char *date)
{
    struct tm tm;

    memset(&tm, 0, sizeof(tm));
    if (strptime(date, "%a, %d %b %Y %H:%M:%S GMT", &tm)) {
        bucket->skew = (long) (time(NULL) - timegm(&tm));
    }
}


/* HEAD has no body to say it. */
static int
is_session(const bucket_t *bucket, const bucket_request_t *request)
{
    const char *code = bucket->code;

    return strcmp(code, "ExpiredToken") == 0
           || strcmp(code, "InvalidToken") == 0
           || (*code == '\0' && request->status == 400
               && bucket->credentials->token[0]
               && strcmp(request->method, "HEAD") == 0);
}


bucket_rc_t
bucket_judge(bucket_t *bucket, const bucket_request_t *request)
{
    const char *code = bucket->code;
    const char *who = bucket->location->bucket;

    if (bucket->len > 0) {
        bucket_xml_read(bucket->body, bucket->len, on_error_leaf, bucket);
    }

    if (strcmp(code, "NoSuchBucket") == 0) {
        return bucket_say(bucket, BUCKET_MISSING,
                          "there is no bucket \"%s\" at %s: "
                          "make it, or correct the store's words",
                          who, bucket->location->host);
    }

    if (request->status == 404 && *code == '\0' && *request->name == '\0'
        && strcmp(request->method, "HEAD") != 0) {
        return bucket_say(bucket, BUCKET_WRONG,
                          "%s answers 404 as no S3 does: correct endpoint=",
                          bucket->location->host);
    }

    if (request->status == 404) {
        return bucket_say(bucket, BUCKET_MISSING,
                          "the bucket \"%s\" has no \"%s\"", who,
                          request->name);
    }

    if (strcmp(code, "RequestTimeTooSkewed") == 0) {
        return bucket_say(bucket, BUCKET_REFUSED,
                          "this machine's clock goes %ld s "
                          "%s the bucket's: set it",
                          labs(bucket->skew),
                          bucket->skew > 0 ? "before" : "behind");
    }

    if (strcmp(code, "InvalidAccessKeyId") == 0
        || strcmp(code, "SignatureDoesNotMatch") == 0) {
        return bucket_say(bucket, BUCKET_REFUSED,
                          "the bucket \"%s\" knows no such "
                          "credentials (%s): correct their file",
                          who, code);
    }

    if (is_session(bucket, request)) {
        return bucket_say(bucket, BUCKET_REFUSED,
                          "the session's token is not good any"
                          " more (%s): the credentials must be renewed%s",
                          *code ? code : "400",
                          bucket->location->role
                              ? ", as the worker's log says"
                              : ": write others into their file");
    }

    if (request->status == 301 || request->status == 307
        || strcmp(code, "AuthorizationHeaderMalformed") == 0
        || strcmp(code, "PermanentRedirect") == 0) {
        return bucket_say(bucket, BUCKET_REFUSED,
                          "the bucket \"%s\" is in another "
                          "region than %s: correct region=, or endpoint=",
                          who, bucket->location->region);
    }

    if (strcmp(code, "InvalidObjectState") == 0) {
        return bucket_say(bucket, BUCKET_ARCHIVED,
                          "the bucket \"%s\" has \"%.200s\" in an archive", who,
                          request->name);
    }

    if (request->status == 403) {
        return bucket_say(bucket, BUCKET_REFUSED,
                          "these credentials may not %s in the"
                          " bucket \"%s\" (%s): see its policy",
                          request->method, who, *code ? code : "403");
    }

    return bucket_say(
        bucket, request->status >= 500 ? BUCKET_AWAY : BUCKET_WRONG,
        "%s answered %ld%s%s to %s", bucket->location->host, request->status,
        *code ? ", " : "", code, request->method);
}


bucket_rc_t
bucket_judge_late(bucket_t *bucket, bucket_request_t *request)
{
    bucket->code[0] = '\0';
    if (bucket->len == 0 || strstr(bucket->body, "<Error") == NULL) {
        return BUCKET_OK;
    }

    bucket_xml_read(bucket->body, bucket->len, on_error_leaf, bucket);
    request->status = strcmp(bucket->code, "InternalError") == 0
                              || strcmp(bucket->code, "SlowDown") == 0
                          ? 503
                          : 400;
    return bucket_judge(bucket, request);
}


int
bucket_is_none(const bucket_t *bucket)
{
    return strcmp(bucket->code, "NoSuchBucket") == 0;
}
