#define _GNU_SOURCE /* strptime, timegm */
#include "bucket.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>
#include <curl/curl.h>
#include "bucket_xml.h"
#include "core/base/sha256.h"
#include "core/store/sigv4.h"

#define BODY_MAX (2U << 20) /* of an answer in XML: a page of 1000 names */
#define CONNECT_MS 5000L
#define SLOW_BYTES 1024L /* a second, and for so many seconds: */
#define SLOW_SECONDS 20L
#define TRIES 4
#define PAUSE_MS 200 /* before the second try; then twice that */
#define PATH_SIZE 1400
#define URL_SIZE (sizeof("https://") + LOCATION_AUTHORITY_SIZE + 3 * PATH_SIZE)
#define SIGN_SIZE 512
#define READ_SIZE 65536
#define PAGE "1000"

struct bucket_s {
    const location_t *location;
    const credentials_t *credentials;
    CURL *curl;
    char authority[LOCATION_AUTHORITY_SIZE];
    char said[BUCKET_SAID_SIZE];
    char code[64];
    long skew;
};

/* One request, whose answer goes into `body`, or to a descriptor. */
typedef struct {
    const char *method;
    const char *name;
    const sigv4_pair_t *query;
    size_t queries;
    const char *type; /* of what is put */
    int fd;           /* put from, or got to; -1: neither */
    uint64_t from, size;
    int upload;
    int anonymous; /* not signed */

    char *body;
    size_t len;
    uint64_t done; /* bytes of the descriptor, this try */
    long status;
    int failed; /* our own disk: errno */
    char date[64];
    char sha[SIGV4_HEX_SIZE];
} request_t;


int
bucket_init(void)
{
    return curl_global_init(CURL_GLOBAL_DEFAULT) == 0 ? 0 : -1;
}


bucket_t *
bucket_open(const location_t *location, const credentials_t *credentials)
{
    bucket_t *bucket;

    bucket = calloc(1, sizeof(bucket_t));
    if (bucket == NULL) {
        return NULL;
    }

    bucket->curl = curl_easy_init();
    if (bucket->curl == NULL) {
        free(bucket);
        return NULL;
    }

    bucket->location = location;
    bucket->credentials = credentials;
    location_authority(location, bucket->authority);
    return bucket;
}


void
bucket_close(bucket_t *bucket)
{
    if (bucket) {
        curl_easy_cleanup(bucket->curl);
        free(bucket);
    }
}


const char *
bucket_said(const bucket_t *bucket)
{
    return bucket->said;
}


const char *
bucket_code(const bucket_t *bucket)
{
    return bucket->code;
}


long
bucket_skew(const bucket_t *bucket)
{
    return bucket->skew;
}


static bucket_rc_t say(bucket_t *bucket, bucket_rc_t rc, const char *format,
                       ...) __attribute__((format(printf, 3, 4)));

static bucket_rc_t
say(bucket_t *bucket, bucket_rc_t rc, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(bucket->said, sizeof(bucket->said), format, args);
    va_end(args);
    return rc;
}


/* ---- what libcurl calls ---- */

static size_t
on_read(char *to, size_t size, size_t count, void *data)
{
    request_t *request = data;
    uint64_t left = request->size - request->done;
    size_t want = size * count;
    ssize_t n;

    if (want > left) {
        want = (size_t) left;
    }

    n = pread(request->fd, to, want, (off_t) (request->from + request->done));

    if (n < 0 || (n == 0 && want > 0)) {
        request->failed = n < 0 ? errno : EIO;
        return CURL_READFUNC_ABORT;
    }

    request->done += (uint64_t) n;
    return (size_t) n;
}


/* Bytes of a file go to the descriptor when they are those of an answer that
   was asked for; all else is kept for what it says. */
static size_t
on_body(char *bytes, size_t size, size_t count, void *data)
{
    request_t *request = data;
    size_t len = size * count, done;
    ssize_t n;

    if (request->fd >= 0 && !request->upload && request->status < 300) {
        if (len > request->size - request->done) {
            return 0;
        }

        for (done = 0; done < len; done += (size_t) n) {
            n = pwrite(request->fd, bytes + done, len - done,
                       (off_t) (request->done + done));
            if (n < 0) {
                request->failed = errno;
                return 0;
            }
        }

        request->done += len;
        return len;
    }

    if (len > BODY_MAX - request->len) {
        return 0;
    }

    if (request->body == NULL) {
        request->body = malloc(BODY_MAX + 1);
        if (request->body == NULL) {
            return 0;
        }
    }

    memcpy(request->body + request->len, bytes, len);
    request->len += len;
    request->body[request->len] = '\0';
    return len;
}


static size_t
on_header(char *bytes, size_t size, size_t count, void *data)
{
    request_t *request = data;
    size_t len = size * count, value;

    if (len > 9 && strncmp(bytes, "HTTP/", 5) == 0) {
        request->status = strtol(bytes + strcspn(bytes, " \r\n"), NULL, 10);

    } else if (len > 5 && strncasecmp(bytes, "date:", 5) == 0) {
        value = 5 + strspn(bytes + 5, " ");
        snprintf(request->date, sizeof(request->date), "%.*s",
                 (int) strcspn(bytes + value, "\r\n"), bytes + value);
    }

    return len;
}


/* ---- a request ---- */

/* SHA-256 of what is put. 0, or -1 with errno. */
static int
digest(request_t *request)
{
    unsigned char sha[SHA256_SIZE];
    char *bytes;
    size_t i, want;
    ssize_t n;
    uint64_t done;
    sha256_t state;

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
    }

    sha256_digest(&state, sha);
    for (i = 0; i < SHA256_SIZE; i++) {
        snprintf(request->sha + 2 * i, 3, "%02x", sha[i]);
    }

    free(bytes);
    return 0;
}


/* The URL, and the headers that sign it. 0, or -1: too long, or no memory. */
static int
compose(bucket_t *bucket, request_t *request, char url[URL_SIZE],
        struct curl_slist **list)
{
    char path[PATH_SIZE], encoded[3 * PATH_SIZE], date[SIGV4_DATE_SIZE];
    char value[3 * PATH_SIZE], sign[SIGN_SIZE],
        line[CREDENTIALS_TOKEN_MAX + 64];
    const credentials_t *who = bucket->credentials;
    const sigv4_signer_t signer = { .id = who->id,
                                    .secret = who->secret,
                                    .region = bucket->location->region,
                                    .now = time(NULL) };
    const sigv4_pair_t headers[] = {
        { "host", bucket->authority },
        { "x-amz-content-sha256", request->sha },
        { "x-amz-date", date },
        { "x-amz-security-token", who->token },
    };
    const sigv4_request_t signs = {
        .method = request->method,
        .path = path,
        .query = request->query,
        .queries = request->queries,
        .headers = headers,
        .headers_count = who->token[0] ? 4 : 3,
        .payload = request->sha,
    };
    size_t i, len;

    if (location_path(bucket->location, request->name, path, sizeof(path)) != 0
        || sigv4_encode(path, 1, encoded, sizeof(encoded)) == 0) {
        return -1;
    }

    sigv4_date(signer.now, date);
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

    if (!request->anonymous) {
        if (sigv4_authorization(&signer, &signs, sign, sizeof(sign)) != 0) {
            return -1;
        }
        snprintf(line, sizeof(line), "Authorization: %s", sign);
        *list = curl_slist_append(*list, line);
        for (i = 1; i < signs.headers_count; i++) {
            snprintf(line, sizeof(line), "%s: %s", headers[i].name,
                     headers[i].value);
            *list = curl_slist_append(*list, line);
        }
    }

    *list = curl_slist_append(*list, "Expect:");
    if (request->type) {
        snprintf(line, sizeof(line), "Content-Type: %s", request->type);
        *list = curl_slist_append(*list, line);
    }
    if (request->fd >= 0 && !request->upload) {
        snprintf(line, sizeof(line), "Range: bytes=%llu-%llu",
                 (unsigned long long) request->from,
                 (unsigned long long) (request->from + request->size - 1));
        *list = curl_slist_append(*list, line);
    }

    return *list ? 0 : -1;
}


static int
setup(bucket_t *bucket, request_t *request, const char *url,
      struct curl_slist *list, char *reason)
{
    int bad = 0;
    CURL *curl = bucket->curl;

#define SET(option, value) \
    bad |= curl_easy_setopt(curl, option, value) != CURLE_OK

    curl_easy_reset(curl); /* connections stay */

    SET(CURLOPT_URL, url);
    SET(CURLOPT_PROTOCOLS_STR, bucket->location->tls ? "https" : "http");
    SET(CURLOPT_PATH_AS_IS, 1L);
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_HTTPHEADER, list);
    SET(CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
    SET(CURLOPT_LOW_SPEED_LIMIT, SLOW_BYTES);
    SET(CURLOPT_LOW_SPEED_TIME, SLOW_SECONDS);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_SSLVERSION, (long) CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_ERRORBUFFER, reason);
    SET(CURLOPT_USERAGENT, "sluice");
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_HEADERDATA, request);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, request);

    if (request->upload) {
        SET(CURLOPT_UPLOAD, 1L);
        SET(CURLOPT_INFILESIZE_LARGE, (curl_off_t) request->size);
        SET(CURLOPT_READFUNCTION, on_read);
        SET(CURLOPT_READDATA, request);
    } else if (strcmp(request->method, "HEAD") == 0) {
        SET(CURLOPT_NOBODY, 1L);
    } else {
        SET(CURLOPT_CUSTOMREQUEST, request->method);
    }

#undef SET

    return bad ? -1 : 0;
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


static void
note_clock(bucket_t *bucket, const char *date)
{
    struct tm tm;

    memset(&tm, 0, sizeof(tm));
    if (strptime(date, "%a, %d %b %Y %H:%M:%S GMT", &tm)) {
        bucket->skew = (long) (time(NULL) - timegm(&tm));
    }
}


/* What the bucket refuses, and what to do about it. */
static bucket_rc_t
judge(bucket_t *bucket, const request_t *request)
{
    const char *code = bucket->code;
    const char *who = bucket->location->bucket;

    if (strcmp(code, "NoSuchBucket") == 0) {
        return say(bucket, BUCKET_MISSING,
                   "there is no bucket \"%s\" at %s: "
                   "make it, or correct the store's words",
                   who, bucket->location->host);
    }

    if (request->status == 404) {
        return say(bucket, BUCKET_MISSING, "the bucket \"%s\" has no \"%s\"",
                   who, request->name);
    }

    if (strcmp(code, "RequestTimeTooSkewed") == 0) {
        return say(bucket, BUCKET_REFUSED,
                   "this machine's clock goes %ld s "
                   "%s the bucket's: set it",
                   labs(bucket->skew), bucket->skew > 0 ? "before" : "behind");
    }

    if (strcmp(code, "InvalidAccessKeyId") == 0
        || strcmp(code, "SignatureDoesNotMatch") == 0) {
        return say(bucket, BUCKET_REFUSED,
                   "the bucket \"%s\" knows no such "
                   "credentials (%s): correct their file",
                   who, code);
    }

    if (strcmp(code, "ExpiredToken") == 0
        || strcmp(code, "InvalidToken") == 0) {
        return say(bucket, BUCKET_REFUSED,
                   "the session's token is not good any"
                   " more (%s): the credentials must be renewed",
                   code);
    }

    if (request->status == 301 || request->status == 307
        || strcmp(code, "AuthorizationHeaderMalformed") == 0
        || strcmp(code, "PermanentRedirect") == 0) {
        return say(bucket, BUCKET_REFUSED,
                   "the bucket \"%s\" is in another "
                   "region than %s: correct region=, or endpoint=",
                   who, bucket->location->region);
    }

    if (request->status == 403) {
        return say(bucket, BUCKET_REFUSED,
                   "these credentials may not %s in the"
                   " bucket \"%s\" (%s): see its policy",
                   request->method, who, *code ? code : "403");
    }

    return say(bucket, request->status >= 500 ? BUCKET_AWAY : BUCKET_WRONG,
               "%s answered %ld%s%s to %s", bucket->location->host,
               request->status, *code ? ", " : "", code, request->method);
}


/* One try. */
static bucket_rc_t
ask_once(bucket_t *bucket, request_t *request)
{
    char url[URL_SIZE], reason[CURL_ERROR_SIZE] = "";
    struct curl_slist *list = NULL;
    CURLcode code;
    bucket_rc_t rc = BUCKET_OK;

    request->len = 0;
    request->done = 0;
    request->status = 0;
    request->failed = 0;
    request->date[0] = '\0';
    bucket->said[0] = '\0';
    bucket->code[0] = '\0';

    if (compose(bucket, request, url, &list) != 0
        || setup(bucket, request, url, list, reason) != 0) {
        rc = say(bucket, BUCKET_WRONG,
                 "the request for \"%.200s\" could not be "
                 "made",
                 request->name);
        goto done;
    }

    code = curl_easy_perform(bucket->curl);
    note_clock(bucket, request->date);

    if (request->failed) {
        rc = say(bucket, BUCKET_WRONG, "\"%.200s\": %s", request->name,
                 strerror(request->failed));
    } else if (code != CURLE_OK && request->status < 300) {
        rc = say(bucket, BUCKET_AWAY, "%s: %s", bucket->location->host,
                 *reason ? reason : curl_easy_strerror(code));
    } else if (request->status >= 300) {
        if (request->body) {
            bucket_xml_read(request->body, request->len, on_error_leaf, bucket);
        }
        rc = judge(bucket, request);
    }

done:

    curl_slist_free_all(list);
    return rc;
}


/* Asks until there is an answer that will not change, a few times. */
static bucket_rc_t
ask(bucket_t *bucket, request_t *request)
{
    bucket_rc_t rc;
    int tried;
    long pause = PAUSE_MS;
    struct timespec wait;

    if (request->upload) {
        if (digest(request) != 0) {
            return say(bucket, BUCKET_WRONG, "\"%.200s\": %s", request->name,
                       strerror(errno));
        }
    } else {
        memcpy(request->sha, SIGV4_EMPTY, sizeof(request->sha));
    }

    for (tried = 1;; tried++) {
        rc = ask_once(bucket, request);
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
bucket_put(bucket_t *bucket, const char *name, const char *type, int fd,
           uint64_t from, uint64_t size)
{
    bucket_rc_t rc;
    request_t request = { .method = "PUT",
                          .name = name,
                          .type = type,
                          .fd = fd,
                          .from = from,
                          .size = size,
                          .upload = 1 };

    rc = ask(bucket, &request);
    free(request.body);
    return rc;
}


bucket_rc_t
bucket_get(bucket_t *bucket, const char *name, uint64_t from, uint64_t size,
           int fd)
{
    bucket_rc_t rc;
    request_t request = {
        .method = "GET", .name = name, .fd = fd, .from = from, .size = size
    };

    if (size == 0) {
        return BUCKET_OK;
    }

    rc = ask(bucket, &request);
    free(request.body);

    return rc == BUCKET_OK && request.done != size
               ? say(bucket, BUCKET_WRONG,
                     "\"%.200s\" ends after %llu bytes of "
                     "%llu",
                     name, (unsigned long long) (from + request.done),
                     (unsigned long long) (from + size))
               : rc;
}


bucket_rc_t
bucket_size(bucket_t *bucket, const char *name, uint64_t *size)
{
    curl_off_t length = 0;
    bucket_rc_t rc;
    request_t request = { .method = "HEAD", .name = name, .fd = -1 };

    rc = ask(bucket, &request);
    if (rc == BUCKET_OK
        && curl_easy_getinfo(bucket->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T,
                             &length)
               == CURLE_OK
        && length >= 0) {
        *size = (uint64_t) length;
    }

    free(request.body);
    return rc;
}


bucket_rc_t
bucket_remove(bucket_t *bucket, const char *name)
{
    bucket_rc_t rc;
    request_t request = { .method = "DELETE", .name = name, .fd = -1 };

    rc = ask(bucket, &request);
    free(request.body);
    return rc == BUCKET_MISSING && strcmp(bucket->code, "NoSuchBucket") != 0
               ? BUCKET_OK
               : rc;
}


/* ---- a page of names ---- */

typedef struct {
    int (*found)(void *data, const char *name, uint64_t size);
    void *data;
    const char *prefix;
    char name[1100];
    uint64_t size;
    int more;
} page_t;


static int
on_page_leaf(void *data, const char *name, const char *value)
{
    page_t *page = data;
    size_t skip = strlen(page->prefix);

    if (value == NULL) {
        return strcmp(name, "Contents") == 0 && strlen(page->name) > skip
                   ? page->found(page->data, page->name + skip, page->size)
                   : 0;
    }

    if (strcmp(name, "Key") == 0) {
        snprintf(page->name, sizeof(page->name), "%s", value);
    } else if (strcmp(name, "Size") == 0) {
        page->size = strtoull(value, NULL, 10);
    } else if (strcmp(name, "IsTruncated") == 0) {
        page->more = strcmp(value, "true") == 0;
    }

    return 0;
}


bucket_rc_t
bucket_list(bucket_t *bucket, const char *begin, const char *after,
            int (*found)(void *data, const char *name, uint64_t size),
            void *data, int *more)
{
    char prefix[PATH_SIZE], start[PATH_SIZE];
    bucket_rc_t rc;
    page_t page = { .found = found,
                    .data = data,
                    .prefix = bucket->location->prefix };
    const sigv4_pair_t query[] = { { "list-type", "2" },
                                   { "max-keys", PAGE },
                                   { "prefix", prefix },
                                   { "start-after", start } };
    request_t request = { .method = "GET",
                          .name = "",
                          .fd = -1,
                          .query = query,
                          .queries = *after ? 4 : 3 };

    snprintf(prefix, sizeof(prefix), "%s%s", bucket->location->prefix, begin);
    snprintf(start, sizeof(start), "%s%s", bucket->location->prefix, after);

    rc = ask(bucket, &request);
    if (rc == BUCKET_OK
        && (request.body == NULL
            || bucket_xml_read(request.body, request.len, on_page_leaf, &page)
                   != 0)) {
        rc = say(bucket, BUCKET_WRONG, "%s answered with a list that is no XML",
                 bucket->location->host);
    }

    *more = page.more;
    free(request.body);
    return rc;
}


/* ---- what sort of bucket it is ---- */

bucket_rc_t
bucket_is_public(bucket_t *bucket, const char *name, int *open)
{
    bucket_rc_t rc;
    request_t request = {
        .method = "HEAD", .name = name, .fd = -1, .anonymous = 1
    };

    rc = ask(bucket, &request);
    free(request.body);
    *open = rc == BUCKET_OK;
    return rc == BUCKET_AWAY ? rc : BUCKET_OK;
}


static int
on_versions_leaf(void *data, const char *name, const char *value)
{
    int *keeps = data;

    *keeps |= value && strcmp(name, "Status") == 0
              && strcmp(value, "Enabled") == 0;
    return 0;
}


bucket_rc_t
bucket_keeps_versions(bucket_t *bucket, int *keeps)
{
    static const sigv4_pair_t query[] = { { "versioning", "" } };
    bucket_rc_t rc;
    request_t request = {
        .method = "GET", .name = "", .fd = -1, .query = query, .queries = 1
    };

    *keeps = 0;
    rc = ask(bucket, &request);
    if (rc == BUCKET_OK && request.body) {
        bucket_xml_read(request.body, request.len, on_versions_leaf, keeps);
    }

    free(request.body);
    return rc;
}
