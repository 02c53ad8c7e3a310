#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <curl/curl.h>
#include "https.h"

#define HTTPS_TIMEOUT_MS 10000L
#define HTTPS_CONNECT_MS 5000L
#define HTTPS_HEADER_MAX 65536
#define HTTPS_STATUS_OK 200

typedef struct {
    char *body; /* room for HTTPS_BODY_MAX and a zero */
    size_t len;
    size_t header; /* bytes of header so far */
    int large;     /* it was more than we take */
    const volatile sig_atomic_t *stop;
} https_get_t;


int
https_init(void)
{
    return curl_global_init(CURL_GLOBAL_DEFAULT) == 0 ? 0 : -1;
}


static int
https_on_progress(void *data, curl_off_t total, curl_off_t now,
                  curl_off_t up_total, curl_off_t up_now)
{
    const https_get_t *get = data;

    (void) total, (void) now, (void) up_total, (void) up_now;

    return *get->stop != 0;
}


/* What is not taken whole ends the transfer. */
static size_t
https_on_body(char *bytes, size_t size, size_t count, void *data)
{
    https_get_t *get = data;
    size_t len = size * count;

    if (len > HTTPS_BODY_MAX - get->len) {
        get->large = 1;
        return 0;
    }

    memcpy(get->body + get->len, bytes, len);
    get->len += len;
    return len;
}


static size_t
https_on_header(char *bytes, size_t size, size_t count, void *data)
{
    https_get_t *get = data;
    size_t len = size * count;

    (void) bytes;

    if (len > HTTPS_HEADER_MAX - get->header) {
        get->large = 1;
        return 0;
    }

    get->header += len;
    return len;
}


/* An option that this libcurl does not know fails: none of them may be left
   out. The empty proxy is what keeps the environment's from being asked. */
static int
https_setup(CURL *curl, const char *url, const char *ca, https_get_t *get,
            char *reason)
{
    int bad = 0;

#define HTTPS_SET(option, value) \
    bad |= curl_easy_setopt(curl, option, value) != CURLE_OK

    HTTPS_SET(CURLOPT_URL, url);
    HTTPS_SET(CURLOPT_PROTOCOLS_STR, "https");
    HTTPS_SET(CURLOPT_FOLLOWLOCATION, 0L);
    HTTPS_SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    HTTPS_SET(CURLOPT_PROXY, "");
    HTTPS_SET(CURLOPT_NETRC, (long) CURL_NETRC_IGNORED);

    HTTPS_SET(CURLOPT_SSLVERSION, (long) CURL_SSLVERSION_TLSv1_2);
    HTTPS_SET(CURLOPT_SSL_VERIFYPEER, 1L);
    HTTPS_SET(CURLOPT_SSL_VERIFYHOST, 2L);
    if (*ca != '\0') {
        /* in place of the system's one file; its folder is still asked */
        HTTPS_SET(CURLOPT_CAINFO, ca);
    }

    HTTPS_SET(CURLOPT_TIMEOUT_MS, HTTPS_TIMEOUT_MS);
    HTTPS_SET(CURLOPT_CONNECTTIMEOUT_MS, HTTPS_CONNECT_MS);
    HTTPS_SET(CURLOPT_NOSIGNAL, 1L);
    /* nobody waits for the thread that still resolves a name */
    HTTPS_SET(CURLOPT_QUICK_EXIT, 1L);
    HTTPS_SET(CURLOPT_NOPROGRESS, 0L);
    HTTPS_SET(CURLOPT_XFERINFOFUNCTION, https_on_progress);
    HTTPS_SET(CURLOPT_XFERINFODATA, get);

    HTTPS_SET(CURLOPT_WRITEFUNCTION, https_on_body);
    HTTPS_SET(CURLOPT_WRITEDATA, get);
    HTTPS_SET(CURLOPT_HEADERFUNCTION, https_on_header);
    HTTPS_SET(CURLOPT_HEADERDATA, get);
    HTTPS_SET(CURLOPT_USERAGENT, "sluice-worker");
    HTTPS_SET(CURLOPT_ERRORBUFFER, reason);

#undef HTTPS_SET

    return bad ? -1 : 0;
}


/* A bucket answers 403 for what it does not have. */
static https_rc_t
https_judge(CURL *curl, CURLcode code, const https_get_t *get, const char *url,
            const char *reason, char *err, size_t err_size)
{
    long status = 0;

    if (code != CURLE_OK && get->large) {
        snprintf(err, err_size, "%s: the answer is larger than %d bytes", url,
                 HTTPS_BODY_MAX);
        return HTTPS_FAILED;
    }
    if (code != CURLE_OK) {
        snprintf(err, err_size, "%s: %s", url,
                 *reason ? reason : curl_easy_strerror(code));
        return HTTPS_FAILED;
    }

    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    if (status == HTTPS_STATUS_OK) {
        return HTTPS_OK;
    }

    snprintf(err, err_size, "%s: the answer is %ld%s", url, status,
             status >= 300 && status < 400 ? ", and no redirect is followed"
                                           : "");
    return status == 403 || status == 404 || status == 410 ? HTTPS_REFUSED
                                                           : HTTPS_FAILED;
}


https_rc_t
https_get(const char *url, const char *ca, const volatile sig_atomic_t *stop,
          char **body, size_t *len, char *err, size_t err_size)
{
    char reason[CURL_ERROR_SIZE] = "";
    CURL *curl;
    https_rc_t rc = HTTPS_FAILED;
    https_get_t get = { .stop = stop };

    curl = curl_easy_init();
    get.body = malloc(HTTPS_BODY_MAX + 1);

    if (curl == NULL || get.body == NULL
        || https_setup(curl, url, ca, &get, reason) != 0) {
        snprintf(err, err_size, "%s: the request could not be made", url);
        goto done;
    }

    rc = https_judge(curl, curl_easy_perform(curl), &get, url, reason, err,
                     err_size);

    if (rc == HTTPS_OK) {
        get.body[get.len] = '\0';
        *body = get.body;
        *len = get.len;
        get.body = NULL;
    }

done:

    curl_easy_cleanup(curl);
    free(get.body);
    return rc;
}
