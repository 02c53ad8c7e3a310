/*
 * AWS Signature Version 4 as S3 has it ("Authenticating Requests (AWS Signature
 * Version 4)" in its API reference): by a header, or in a URL's query. S3 alone
 * encodes a path once and leaves it as it is otherwise; so is it here.
 */

#ifndef SLUICE_SIGV4_H
#define SLUICE_SIGV4_H

#include <stddef.h>
#include <time.h>

#define SIGV4_PAIRS_MAX 16       /* of a query, and headers of a request */
#define SIGV4_SECONDS_MAX 604800 /* that a signed URL lives: seven days */
#define SIGV4_DATE_SIZE sizeof("20130524T000000Z")

/* Instead of a body's SHA-256 where that is not known, and of no body. */
#define SIGV4_UNSIGNED "UNSIGNED-PAYLOAD"
#define SIGV4_EMPTY \
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/* Texts of the caller's, terminated, as they are before any encoding. */
typedef struct {
    const char *name;
    const char *value;
} sigv4_pair_t;

typedef struct {
    const char *id; /* AccessKeyId */
    const char *secret;
    const char *token; /* of a session, or NULL */
    const char *region;
    time_t now;
} sigv4_signer_t;

/*
 * A name of a query is of letters, digits, '-', '.' and '_'; one of a header in
 * lower case, and its value without blanks at the ends or two in a row. Each
 * name is there once, in any order.
 */
typedef struct {
    const char *method;
    const char *path; /* absolute: "/bucket/a key" */
    const sigv4_pair_t *query;
    size_t queries;
    const sigv4_pair_t *headers; /* "host" among them, and all of "x-amz-…" */
    size_t headers_count;
    const char *payload; /* of what is sent: its SHA-256 in hex */
} sigv4_request_t;

/* The time as `x-amz-date` has it. */
void sigv4_date(time_t now, char date[SIGV4_DATE_SIZE]);

/* Percent-encodes all but letters, digits and "-._~", and '/' when it is a
   path's; terminated. Its length, or 0 when `size` does not suffice. */
size_t sigv4_encode(const char *text, int path, char *out, size_t size);

/* The value of the header Authorization. The headers that the signature needs,
   "x-amz-date", "x-amz-content-sha256" and a session's "x-amz-security-token",
   are the caller's to name and to send. 0; -1 when there are more than
   SIGV4_PAIRS_MAX of a kind, or `size` does not suffice. */
int sigv4_authorization(const sigv4_signer_t *signer,
                        const sigv4_request_t *request, char *out, size_t size);

/* Path and query of a URL that opens for so many seconds, 1 to
   SIGV4_SECONDS_MAX, by this method, with the headers that are named, mostly
   "host" alone; the payload is not signed, whatever is named. 0, or -1 as
   above. */
int sigv4_url(const sigv4_signer_t *signer, const sigv4_request_t *request,
              unsigned seconds, char *out, size_t size);

#endif
