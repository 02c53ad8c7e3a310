#define _GNU_SOURCE /* strptime, timegm */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <curl/curl.h>
#include "core/base/fail.h"
#include "role_http.h"

#define HTTP_TIMEOUT_MS 5000L
#define HTTP_CONNECT_MS 2000L
#define HTTP_HEADER_MAX 16384
#define HTTP_DATE "date:"

typedef struct {
    role_http_t *answer;
    const volatile sig_atomic_t *stop;
    size_t header; /* bytes of header so far */
    int large;     /* it was more than we take */
} role_http_ask_t;


static int
http_on_progress(void *data, curl_off_t total, curl_off_t now,
                 curl_off_t up_total, curl_off_t up_now)
{
    const role_http_ask_t *ask = data;

    (void) total, (void) now, (void) up_total, (void) up_now;

    return *ask->stop != 0;
}


/* What is not taken whole ends the transfer. */
static size_t
http_on_body(char *bytes, size_t size, size_t count, void *data)
{
    role_http_ask_t *ask = data;
    role_http_t *answer = ask->answer;
    size_t len = size * count;

    if (len > ROLE_HTTP_BODY_MAX - answer->len) {
        ask->large = 1;
        return 0;
    }

    memcpy(answer->body + answer->len, bytes, len);
    answer->len += len;
    answer->body[answer->len] = '\0';
    return len;
}


static size_t
http_on_header(char *bytes, size_t size, size_t count, void *data)
{
    role_http_ask_t *ask = data;
    const size_t len = size * count;
    char text[64];
    struct tm tm;

    if (len > HTTP_HEADER_MAX - ask->header) {
        ask->large = 1;
        return 0;
    }
    ask->header += len;

    if (len > sizeof(HTTP_DATE) && len < sizeof(text)
        && strncasecmp(bytes, HTTP_DATE, sizeof(HTTP_DATE) - 1) == 0) {
        memcpy(text, bytes, len);
        text[len] = '\0';
        memset(&tm, 0, sizeof(tm));
        if (strptime(text + sizeof(HTTP_DATE) - 1, " %a, %d %b %Y %H:%M:%S GMT",
                     &tm)
            != NULL) {
            ask->answer->date = timegm(&tm);
        }
    }

    return len;
}


/* An option that this libcurl does not know fails: none of them may be left
   out. */
static int
http_setup(CURL *curl, const char *method, const char *url,
           struct curl_slist *headers, role_http_ask_t *ask, char *reason)
{
    int bad = 0;

#define HTTP_SET(option, value) \
    bad |= curl_easy_setopt(curl, option, value) != CURLE_OK

    HTTP_SET(CURLOPT_URL, url);
    HTTP_SET(CURLOPT_PROTOCOLS_STR, "http,https");
    HTTP_SET(CURLOPT_CUSTOMREQUEST, method);
    HTTP_SET(CURLOPT_FOLLOWLOCATION, 0L);
    HTTP_SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    HTTP_SET(CURLOPT_PROXY, "");
    HTTP_SET(CURLOPT_NETRC, (long) CURL_NETRC_IGNORED);
    HTTP_SET(CURLOPT_SSLVERSION, (long) CURL_SSLVERSION_TLSv1_2);

    HTTP_SET(CURLOPT_TIMEOUT_MS, HTTP_TIMEOUT_MS);
    HTTP_SET(CURLOPT_CONNECTTIMEOUT_MS, HTTP_CONNECT_MS);
    HTTP_SET(CURLOPT_NOSIGNAL, 1L);
    HTTP_SET(CURLOPT_QUICK_EXIT, 1L);
    HTTP_SET(CURLOPT_NOPROGRESS, 0L);
    HTTP_SET(CURLOPT_XFERINFOFUNCTION, http_on_progress);
    HTTP_SET(CURLOPT_XFERINFODATA, ask);

    HTTP_SET(CURLOPT_HTTPHEADER, headers);
    HTTP_SET(CURLOPT_WRITEFUNCTION, http_on_body);
    HTTP_SET(CURLOPT_WRITEDATA, ask);
    HTTP_SET(CURLOPT_HEADERFUNCTION, http_on_header);
    HTTP_SET(CURLOPT_HEADERDATA, ask);
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


int
role_http_ask(const char *method, const char *url, const char *header,
              const volatile sig_atomic_t *stop, role_http_t *answer, char *err,
              size_t err_size)
{
    char reason[CURL_ERROR_SIZE] = "";
    curl_off_t connected = 0;
    CURL *curl = curl_easy_init();
    CURLcode code = CURLE_OUT_OF_MEMORY;
    struct curl_slist *list = http_headers(header);
    role_http_ask_t ask = { .answer = answer, .stop = stop };

    memset(answer, 0, sizeof(*answer));

    if (curl != NULL && list != NULL
        && http_setup(curl, method, url, list, &ask, reason) == 0) {
        code = curl_easy_perform(curl);
        (void) curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer->status);
        (void) curl_easy_getinfo(curl, CURLINFO_CONNECT_TIME_T, &connected);
        answer->connected = connected > 0;
    }

    curl_slist_free_all(list);
    curl_easy_cleanup(curl);

    if (code != CURLE_OK && ask.large) {
        return fail_because(err, err_size, "the answer is larger than %d bytes",
                            ROLE_HTTP_BODY_MAX);
    }

    return code == CURLE_OK
               ? 0
               : fail_because(err, err_size, "%s",
                              *reason ? reason : curl_easy_strerror(code));
}
