#define _GNU_SOURCE /* vasprintf, strptime, timegm */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>
#include <openssl/evp.h>
#include "bucket_internal.h"
#include "bucket_xml.h"

#define BODY_MAX (2U << 20) /* of an answer in XML: a page of 1000 names */
#define TRIES 4
#define PAUSE_MS 200 /* before the second try; then twice that */
#define URL_SIZE \
    (sizeof("https://") + LOCATION_AUTHORITY_SIZE + 3 * BUCKET_PATH_SIZE)
#define SIGN_SIZE 768
#define READ_SIZE 65536
#define ORIGINAL "/original."
#define SUM "x-amz-checksum-sha256:"
#define LENGTH "content-length:"
#define HEADERS_MAX SIGV4_PAIRS_MAX
#define LINES_MAX (HEADERS_MAX + 8)

/* What is at a path never changes. */
#define KEPT "private, max-age=31536000, immutable"


static size_t
on_read(char *to, size_t size, size_t count, void *data)
{
    bucket_request_t *request = data;
    uint64_t left = request->size - request->done;
    size_t want = size * count;
    ssize_t n;

    if (want > left) {
        want = (size_t) left;
    }

    n = pread(request->fd, to, want, (off_t) (request->from + request->done));

    if (n < 0 || (n == 0 && want > 0)) {
        request->failed = n < 0 ? errno : EIO;
        return BUCKET_CARRIER_ABORT;
    }

    request->done += (uint64_t) n;
    return (size_t) n;
}


/* Bytes of a file go to the descriptor when they are those of an answer that
   was asked for; all else is kept for what it says. */
static size_t
on_body(char *bytes, size_t size, size_t count, void *data)
{
    bucket_request_t *request = data;
    bucket_t *bucket = request->bucket;
    size_t len = size * count, done;
    ssize_t n;

    if (request->fd >= 0 && !request->upload && request->status < 300) {
        if (len > request->size - request->done) {
            return 0;
        }

        for (done = 0; done < len; done += (size_t) n) {
            n = pwrite(request->fd, bytes + done, len - done,
                       (off_t) (request->to + request->done + done));
            if (n < 0) {
                request->failed = errno;
                return 0;
            }
        }

        request->done += len;
        return len;
    }

    if (bucket->body == NULL) {
        bucket->body = malloc(BODY_MAX + 1);
    }

    if (bucket->body == NULL || len > BODY_MAX - bucket->len) {
        return 0;
    }

    memcpy(bucket->body + bucket->len, bytes, len);
    bucket->len += len;
    bucket->body[bucket->len] = '\0';
    return len;
}


/* The value behind a header's name, where it fits. */
static void
take_header(const char *bytes, size_t from, char *value, size_t size)
{
    size_t len;

    from += strspn(bytes + from, " ");
    len = strcspn(bytes + from, "\r\n<>&");
    if (len < size) {
        memcpy(value, bytes + from, len);
        value[len] = '\0';
    }
}


/* Digits alone, and fewer than overflow. */
static void
take_length(bucket_request_t *request, const char *value)
{
    size_t digits;

    value += strspn(value, " ");
    digits = strspn(value, "0123456789");
    if (digits > 0 && digits < 19) {
        request->length = strtoll(value, NULL, 10);
    }
}


static size_t
on_header(char *bytes, size_t size, size_t count, void *data)
{
    bucket_request_t *request = data;
    const size_t len = size * count;
    size_t value;

    if (len > 9 && strncmp(bytes, "HTTP/", 5) == 0) {
        request->status = strtol(bytes + strcspn(bytes, " \r\n"), NULL, 10);
        request->length = -1;

    } else if (len > 5 && strncasecmp(bytes, "date:", 5) == 0) {
        value = 5 + strspn(bytes + 5, " ");
        snprintf(request->date, sizeof(request->date), "%.*s",
                 (int) strcspn(bytes + value, "\r\n"), bytes + value);

    } else if (len > 5 && strncasecmp(bytes, "etag:", 5) == 0) {
        take_header(bytes, 5, request->etag, sizeof(request->etag));

    } else if (len > strlen(SUM) && strncasecmp(bytes, SUM, strlen(SUM)) == 0) {
        take_header(bytes, strlen(SUM), request->kept, sizeof(request->kept));

    } else if (len > strlen(LENGTH)
               && strncasecmp(bytes, LENGTH, strlen(LENGTH)) == 0) {
        take_length(request, bytes + strlen(LENGTH));
    }

    return len;
}


void
bucket_request_sum(const unsigned char digest[SHA256_SIZE],
                   char sum[BUCKET_SUM_SIZE])
{
    EVP_EncodeBlock((unsigned char *) sum, digest, SHA256_SIZE);
}


void
bucket_request_sum_of(const char sha256[SHA256_HEX_SIZE],
                      char sum[BUCKET_SUM_SIZE])
{
    unsigned i;
    unsigned char digest[SHA256_SIZE] = { 0 };

    for (i = 0; i < SHA256_SIZE; i++) {
        sscanf(sha256 + 2 * i, "%2hhx", &digest[i]);
    }

    bucket_request_sum(digest, sum);
}


static void
digested(bucket_request_t *request, const sha256_t *state)
{
    unsigned char sha[SHA256_SIZE];

    sha256_digest(state, sha);
    sha256_hex(sha, request->sha);
    bucket_request_sum(sha, request->sum);
}


/* SHA-256 of what is put, unless it is known. 0, or -1 with errno. */
static int
digest(bucket_request_t *request)
{
    char *bytes;
    size_t want;
    ssize_t n;
    uint64_t done;
    sha256_t state;

    if (request->sha[0]) {
        bucket_request_sum_of(request->sha, request->sum);
        return 0;
    }

    bytes = malloc(READ_SIZE);
    if (bytes == NULL) {
        return -1;
    }

    sha256_init(&state);

    for (done = 0; done < request->size; done += (uint64_t) n) {
        want = request->size - done < READ_SIZE
                   ? (size_t) (request->size - done)
                   : READ_SIZE;
        n = pread(request->fd, bytes, want, (off_t) (request->from + done));
        if (n <= 0) {
            errno = n < 0 ? errno : EIO;
            free(bytes);
            return -1;
        }
        sha256_update(&state, bytes, (size_t) n);
        if (request->behind) {
            sha256_update(request->behind, bytes, (size_t) n);
        }
    }

    digested(request, &state);
    free(bytes);
    return 0;
}


/* Whether rules of the bucket are to know the file: "…/original.mp4". */
static int
is_original(const char *name)
{
    const char *last = strrchr(name, '/');

    return last != NULL && strncmp(last, ORIGINAL, strlen(ORIGINAL)) == 0;
}


/* How a file that comes into being is to be encrypted, and what it is to the
   rules. How many there are. */
static size_t
name_creation(const location_t *location, const bucket_request_t *request,
              sigv4_pair_t headers[], size_t n)
{
    if (is_original(request->name)) {
        headers[n++] = (sigv4_pair_t){ "x-amz-tagging", "sluice=original" };
        if (request->source) {
            headers[n++] = (sigv4_pair_t){ "x-amz-tagging-directive",
                                           "REPLACE" };
        }
    }
    if (location->sse[0]) {
        headers[n++] = (sigv4_pair_t){ "x-amz-server-side-encryption",
                                       location->sse };
    }
    if (location->sse_key[0]) {
        headers[n++] = (sigv4_pair_t){
            "x-amz-server-side-encryption-aws-kms-key-id", location->sse_key
        };
    }

    return n;
}


/* What is signed of the headers. How many. */
static size_t
name_headers(const bucket_t *bucket, const bucket_request_t *request,
             const char *date, sigv4_pair_t headers[HEADERS_MAX])
{
    size_t n = 0;

    headers[n++] = (sigv4_pair_t){ "host", bucket->authority };
    headers[n++] = (sigv4_pair_t){ "x-amz-content-sha256", request->sha };
    headers[n++] = (sigv4_pair_t){ "x-amz-date", date };

    if (bucket->credentials->token[0]) {
        headers[n++] = (sigv4_pair_t){ "x-amz-security-token",
                                       bucket->credentials->token };
    }
    if (request->checked) {
        headers[n++] = (sigv4_pair_t){ "x-amz-checksum-sha256", request->sum };
    }
    if (request->checks) {
        headers[n++] = (sigv4_pair_t){ "x-amz-checksum-algorithm", "SHA256" };
    }
    if (request->asks) {
        headers[n++] = (sigv4_pair_t){ "x-amz-checksum-mode", "ENABLED" };
    }
    if (request->source) {
        headers[n++] = (sigv4_pair_t){ "x-amz-copy-source", request->source };
    }
    if (request->source_range) {
        headers[n++] = (sigv4_pair_t){ "x-amz-copy-source-range",
                                       request->source_range };
    } else if (request->source) {
        headers[n++] = (sigv4_pair_t){ "x-amz-metadata-directive", "REPLACE" };
    }

    return request->creates
               ? name_creation(bucket->location, request, headers, n)
               : n;
}


/* 0, or -1: too long. */
static int
compose_url(const bucket_t *bucket, const bucket_request_t *request,
            const char *path, char url[URL_SIZE])
{
    char encoded[3 * BUCKET_PATH_SIZE], value[3 * BUCKET_PATH_SIZE];
    size_t i, len;

    if (sigv4_encode(path, 1, encoded, sizeof(encoded)) == 0) {
        return -1;
    }

    len = (size_t) snprintf(url, URL_SIZE, "%s://%s%s",
                            bucket->location->tls ? "https" : "http",
                            bucket->authority, encoded);

    for (i = 0; i < request->queries; i++) {
        sigv4_encode(request->query[i].value, 0, value, sizeof(value));
        len += (size_t) snprintf(url + len, URL_SIZE - len, "%c%s=%s",
                                 i == 0 ? '?' : '&', request->query[i].name,
                                 request->query[i].value[0] ? value : "");
        if (len >= URL_SIZE) {
            return -1;
        }
    }

    return 0;
}


/* The lines of a request's headers; the last one is NULL. */
typedef struct {
    char *line[LINES_MAX + 1];
    size_t count;
    int lost; /* there was no memory for one */
} lines_t;


static void __attribute__((format(printf, 2, 3)))
add_line(lines_t *lines, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    if (lines->count == LINES_MAX
        || vasprintf(&lines->line[lines->count], format, args) == -1) {
        lines->line[lines->count] = NULL;
        lines->lost = 1;
    } else {
        lines->count++;
    }
    va_end(args);
}


static void
free_lines(lines_t *lines)
{
    size_t i;

    for (i = 0; i < lines->count; i++) {
        free(lines->line[i]);
    }
}


/* The headers that sign it. 0, or -1: too long. */
static int
compose_signed(const bucket_t *bucket, const bucket_request_t *request,
               const char *path, lines_t *lines)
{
    char date[SIGV4_DATE_SIZE], sign[SIGN_SIZE];
    const sigv4_signer_t signer = { .id = bucket->credentials->id,
                                    .secret = bucket->credentials->secret,
                                    .region = bucket->location->region,
                                    .now = time(NULL) };
    sigv4_pair_t headers[HEADERS_MAX];
    const sigv4_request_t signs = {
        .method = request->method,
        .path = path,
        .query = request->query,
        .queries = request->queries,
        .headers = headers,
        .headers_count = name_headers(bucket, request, date, headers),
        .payload = request->sha,
    };
    size_t i;

    sigv4_date(signer.now, date);

    if (sigv4_authorization(&signer, &signs, sign, sizeof(sign)) != 0) {
        return -1;
    }

    add_line(lines, "Authorization: %s", sign);
    for (i = 1; i < signs.headers_count; i++) {
        add_line(lines, "%s: %s", headers[i].name, headers[i].value);
    }

    return 0;
}


/* The URL, and the headers. 0, or -1: too long, or no memory. */
static int
compose(bucket_t *bucket, bucket_request_t *request, char url[URL_SIZE],
        lines_t *lines)
{
    char path[BUCKET_PATH_SIZE];

    if (location_path(bucket->location, request->name, path, sizeof(path)) != 0
        || compose_url(bucket, request, path, url) != 0
        || (!request->anonymous
            && compose_signed(bucket, request, path, lines) != 0)) {
        return -1;
    }

    if (request->type) {
        add_line(lines, "Content-Type: %s", request->type);
    }
    if (request->creates) {
        add_line(lines, "Cache-Control: " KEPT);
    }
    if (request->md5[0]) {
        add_line(lines, "Content-MD5: %s", request->md5);
    }
    if (request->match) {
        add_line(lines, "If-Match: %s", request->match);
    }
    if (request->fd >= 0 && !request->upload) {
        add_line(lines, "Range: bytes=%llu-%llu",
                 (unsigned long long) request->from,
                 (unsigned long long) (request->from + request->size - 1));
    }

    return lines->lost ? -1 : 0;
}


/* What an earlier try left. */
static void
begin(bucket_t *bucket, bucket_request_t *request)
{
    request->bucket = bucket;
    request->done = 0;
    request->status = 0;
    request->failed = 0;
    request->length = -1;
    request->date[0] = '\0';
    request->etag[0] = '\0';
    request->kept[0] = '\0';
    bucket->len = 0;
    bucket->said[0] = '\0';
    bucket->code[0] = '\0';
}


/* One try. */
static bucket_rc_t
ask_once(bucket_t *bucket, bucket_request_t *request)
{
    int rc;
    char url[URL_SIZE], reason[BUCKET_CARRIER_REASON] = "";
    lines_t lines = { .count = 0 };
    const bucket_carrier_ask_t ask = {
        .method = request->method,
        .url = url,
        .headers = (const char *const *) lines.line,
        .text = request->text,
        .puts = request->upload,
        .size = request->size,
        .read = on_read,
        .take = on_body,
        .header = on_header,
        .data = request,
    };

    begin(bucket, request);

    if (compose(bucket, request, url, &lines) != 0) {
        free_lines(&lines);
        return bucket_say(bucket, BUCKET_WRONG,
                          "the request for \"%.200s\" could not be made",
                          request->name);
    }

    rc = bucket->carrier->carry(bucket->carries, &ask, reason);
    free_lines(&lines);
    bucket_judge_clock(bucket, request->date);

    if (request->failed) {
        return bucket_say(bucket, BUCKET_WRONG, "\"%.200s\": %s", request->name,
                          strerror(request->failed));
    }
    if (rc != 0 && request->status < 300) {
        return bucket_say(bucket, BUCKET_AWAY,
                          "%s: %s; is it there, and endpoint= right?",
                          bucket->location->host, reason);
    }

    return request->status >= 300 ? bucket_judge(bucket, request) : BUCKET_OK;
}


/* Whether who comes to it is the reason, and somebody else comes now. */
static int
is_renewed(const bucket_t *bucket, const bucket_request_t *request)
{
    return bucket->renew && !request->anonymous
           && (request->status == 400 || request->status == 401
               || request->status == 403)
           && bucket->renew(bucket->renews);
}


bucket_rc_t
bucket_request_ask(bucket_t *bucket, bucket_request_t *request)
{
    bucket_rc_t rc;
    int tried, renewed = 0;
    sha256_t state;
    long pause = PAUSE_MS;
    struct timespec wait;

    if (request->upload && digest(request) != 0) {
        return bucket_say(bucket, BUCKET_WRONG, "\"%.200s\": %s", request->name,
                          strerror(errno));
    }

    if (request->text) {
        sha256_init(&state);
        sha256_update(&state, request->text, strlen(request->text));
        digested(request, &state);

    } else if (!request->upload) {
        memcpy(request->sha, SIGV4_EMPTY, sizeof(request->sha));
    }

    for (tried = 1;; tried++) {
        rc = ask_once(bucket, request);
        if (rc == BUCKET_REFUSED && !renewed && is_renewed(bucket, request)) {
            renewed = 1;
            continue;
        }
        if (rc != BUCKET_AWAY || tried == TRIES) {
            return rc;
        }

        wait.tv_sec = pause / 1000;
        wait.tv_nsec = pause % 1000 * 1000000;
        nanosleep(&wait, NULL);
        pause *= 2;
    }
}


bucket_rc_t
bucket_request_remove(bucket_t *bucket, const char *name,
                      const sigv4_pair_t *query, size_t queries)
{
    bucket_rc_t rc;
    bucket_request_t request = { .method = "DELETE",
                                 .name = name,
                                 .fd = -1,
                                 .query = query,
                                 .queries = queries };

    rc = bucket_request_ask(bucket, &request);
    return rc == BUCKET_MISSING && !bucket_is_none(bucket) ? BUCKET_OK : rc;
}


bucket_rc_t
bucket_request_page(bucket_t *bucket, bucket_request_t *request,
                    int (*leaf)(void *data, const char *name,
                                const char *value),
                    void *page)
{
    bucket_rc_t rc;

    rc = bucket_request_ask(bucket, request);

    return rc == BUCKET_OK
                   && (bucket->len == 0
                       || bucket_xml_read(bucket->body, bucket->len, leaf, page)
                              != 0)
               ? bucket_say(bucket, BUCKET_WRONG,
                            "%s answered with a list that is no XML: is "
                            "endpoint= that of an S3?",
                            bucket->location->host)
               : rc;
}


time_t
bucket_request_time(const char *text)
{
    struct tm tm;

    memset(&tm, 0, sizeof(tm));
    return strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) ? timegm(&tm) : 0;
}
