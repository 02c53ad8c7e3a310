#define _GNU_SOURCE /* strptime, timegm */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <curl/curl.h>
#include "core/base/fail.h"
#include "http.h"

#define HTTP_HEADER_MAX 65536
#define HTTP_DATE "date:"

/* A request on its way. */
typedef struct {
    const http_ask_t *ask;
    http_answer_t *answer;
    size_t header; /* bytes of header so far */
    int large;     /* it was more than we take */
} http_t;


int
http_init(void)
{
    return curl_global_init(CURL_GLOBAL_DEFAULT) == 0 ? 0 : -1;
}


static int
http_on_progress(void *data, curl_off_t total, curl_off_t now,
                 curl_off_t up_total, curl_off_t up_now)
{
    const http_t *http = data;

    (void) total, (void) now, (void) up_total, (void) up_now;

    return *http->ask->stop != 0;
}


/* What is not taken whole ends the transfer. */
static size_t
http_on_body(char *bytes, size_t size, size_t count, void *data)
{
    http_t *http = data;
    http_answer_t *answer = http->answer;
    const size_t len = size * count;

    if (len > answer->size - answer->len) {
        http->large = 1;
        return 0;
    }

    memcpy(answer->body + answer->len, bytes, len);
    answer->len += len;
    return len;
}


static void
http_date(http_t *http, const char *bytes, size_t len)
{
    char text[64];
    struct tm tm;

    if (len <= sizeof(HTTP_DATE) || len >= sizeof(text)
        || strncasecmp(bytes, HTTP_DATE, sizeof(HTTP_DATE) - 1) != 0) {
        return;
    }

    memcpy(text, bytes, len);
    text[len] = '\0';
    memset(&tm, 0, sizeof(tm));
    if (strptime(text + sizeof(HTTP_DATE) - 1, " %a, %d %b %Y %H:%M:%S GMT",
                 &tm)
        != NULL) {
        http->answer->date = timegm(&tm);
    }
}


static size_t
http_on_header(char *bytes, size_t size, size_t count, void *data)
{
    http_t *http = data;
    const size_t len = size * count;

    if (len > HTTP_HEADER_MAX - http->header) {
        http->large = 1;
        return 0;
    }

    http->header += len;
    http_date(http, bytes, len);
    return len;
}


/* An option that this libcurl does not know fails: none of them may be left
   out. The empty proxy is what keeps the environment's from being asked. */
static int
http_setup(CURL *curl, struct curl_slist *headers, http_t *http, char *reason)
{
    const http_ask_t *ask = http->ask;
    int bad = 0;

#define HTTP_SET(option, value) \
    bad |= curl_easy_setopt(curl, option, value) != CURLE_OK

    HTTP_SET(CURLOPT_URL, ask->url);
    HTTP_SET(CURLOPT_PROTOCOLS_STR, ask->schemes);
    HTTP_SET(CURLOPT_CUSTOMREQUEST, ask->method);
    HTTP_SET(CURLOPT_FOLLOWLOCATION, 0L);
    HTTP_SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    HTTP_SET(CURLOPT_PROXY, "");
    HTTP_SET(CURLOPT_NETRC, (long) CURL_NETRC_IGNORED);

    HTTP_SET(CURLOPT_SSLVERSION, (long) CURL_SSLVERSION_TLSv1_2);
    HTTP_SET(CURLOPT_SSL_VERIFYPEER, 1L);
    HTTP_SET(CURLOPT_SSL_VERIFYHOST, 2L);
    if (ask->ca != NULL && *ask->ca != '\0') {
        /* in place of the system's one file; its folder is still asked */
        HTTP_SET(CURLOPT_CAINFO, ask->ca);
    }

    HTTP_SET(CURLOPT_TIMEOUT_MS, ask->timeout_ms);
    HTTP_SET(CURLOPT_CONNECTTIMEOUT_MS, ask->connect_ms);
    HTTP_SET(CURLOPT_NOSIGNAL, 1L);
    /* nobody waits for the thread that still resolves a name */
    HTTP_SET(CURLOPT_QUICK_EXIT, 1L);
    HTTP_SET(CURLOPT_NOPROGRESS, 0L);
    HTTP_SET(CURLOPT_XFERINFOFUNCTION, http_on_progress);
    HTTP_SET(CURLOPT_XFERINFODATA, http);

    HTTP_SET(CURLOPT_HTTPHEADER, headers);
    HTTP_SET(CURLOPT_WRITEFUNCTION, http_on_body);
    HTTP_SET(CURLOPT_WRITEDATA, http);
    HTTP_SET(CURLOPT_HEADERFUNCTION, http_on_header);
    HTTP_SET(CURLOPT_HEADERDATA, http);
    HTTP_SET(CURLOPT_USERAGENT, "sluice-worker");
    HTTP_SET(CURLOPT_ERRORBUFFER, reason);

#undef HTTP_SET

    return bad ? -1 : 0;
}


/* NULL without memory. */
static struct curl_slist *
http_headers(const char *header)
{
    struct curl_slist *list = curl_slist_append(NULL, "Accept: */*"), *more;

    if (list == NULL || header == NULL) {
        return list;
    }

    more = curl_slist_append(list, header);
    if (more == NULL) {
        curl_slist_free_all(list);
    }

    return more;
}


static CURLcode
http_perform(CURL *curl, http_t *http, char *reason)
{
    CURLcode code = CURLE_OUT_OF_MEMORY;
    curl_off_t connected = 0;
    http_answer_t *answer = http->answer;
    struct curl_slist *headers = http_headers(http->ask->header);

    if (headers != NULL && http_setup(curl, headers, http, reason) == 0) {
        code = curl_easy_perform(curl);
        (void) curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer->status);
        (void) curl_easy_getinfo(curl, CURLINFO_CONNECT_TIME_T, &connected);
        answer->connected = connected > 0;
        answer->body[answer->len] = '\0';
    }

    curl_slist_free_all(headers);
    return code;
}


int
http_ask(const http_ask_t *ask, http_answer_t *answer, char *err,
         size_t err_size)
{
    char reason[CURL_ERROR_SIZE] = "";
    CURLcode code = CURLE_OUT_OF_MEMORY;
    CURL *curl = curl_easy_init();
    http_t http = { .ask = ask, .answer = answer };

    *answer = (http_answer_t){ .body = answer->body, .size = answer->size };

    if (curl != NULL) {
        code = http_perform(curl, &http, reason);
        curl_easy_cleanup(curl);
    }

    if (code == CURLE_OK) {
        return 0;
    }

    return http.large
               ? fail_because(err, err_size,
                              "the answer is larger than %zu bytes",
                              answer->size)
               : fail_because(err, err_size, "%s",
                              *reason ? reason : curl_easy_strerror(code));
}
