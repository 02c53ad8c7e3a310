#include <stdio.h>
#include <string.h>
#include <curl/curl.h>
#include "carrier.h"

_Static_assert(CURL_ERROR_SIZE <= BUCKET_CARRIER_REASON, "too short");


static void *
carrier_open(void)
{
    return curl_easy_init();
}


static void
carrier_close(void *curl)
{
    curl_easy_cleanup(curl);
}


/* What libcurl would add waits for an answer that not every server gives. */
static struct curl_slist *
carrier_headers(const bucket_carrier_ask_t *ask)
{
    size_t i;
    struct curl_slist *list = curl_slist_append(NULL, "Expect:"), *more;

    for (i = 0; list != NULL && ask->headers[i] != NULL; i++) {
        more = curl_slist_append(list, ask->headers[i]);
        if (more == NULL) {
            curl_slist_free_all(list);
        }
        list = more;
    }

    return list;
}


#define SET(option, value) bad |= curl_easy_setopt(curl, option, value) != 0


static int
carrier_method(CURL *curl, const bucket_carrier_ask_t *ask)
{
    int bad = 0;

    if (ask->puts) {
        SET(CURLOPT_UPLOAD, 1L);
        SET(CURLOPT_INFILESIZE_LARGE, (curl_off_t) ask->size);
    } else if (strcmp(ask->method, "HEAD") == 0) {
        SET(CURLOPT_NOBODY, 1L);
    } else {
        SET(CURLOPT_CUSTOMREQUEST, ask->method);
    }
    if (ask->text != NULL) {
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t) strlen(ask->text));
        SET(CURLOPT_POSTFIELDS, ask->text);
    }

    return bad;
}


static int
carrier_set(CURL *curl, const bucket_carrier_ask_t *ask,
            struct curl_slist *headers, char *reason)
{
    int bad = 0;

    curl_easy_reset(curl); /* connections stay */

    SET(CURLOPT_URL, ask->url);
    SET(CURLOPT_PROTOCOLS_STR,
        strncmp(ask->url, "https:", 6) == 0 ? "https" : "http");
    SET(CURLOPT_PATH_AS_IS, 1L);
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_HTTPHEADER, headers);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long) BUCKET_CARRIER_CONNECT_MS);
    SET(CURLOPT_LOW_SPEED_LIMIT, (long) BUCKET_CARRIER_SLOW_BYTES);
    SET(CURLOPT_LOW_SPEED_TIME, (long) BUCKET_CARRIER_SLOW_SECONDS);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_SSLVERSION, (long) CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_ERRORBUFFER, reason);
    SET(CURLOPT_USERAGENT, "sluice");
    SET(CURLOPT_READFUNCTION, ask->read);
    SET(CURLOPT_READDATA, ask->data);
    SET(CURLOPT_WRITEFUNCTION, ask->take);
    SET(CURLOPT_WRITEDATA, ask->data);
    SET(CURLOPT_HEADERFUNCTION, ask->header);
    SET(CURLOPT_HEADERDATA, ask->data);

    return bad | carrier_method(curl, ask);
}

#undef SET


static int
carrier_carry(void *curl, const bucket_carrier_ask_t *ask,
              char reason[BUCKET_CARRIER_REASON])
{
    CURLcode code = CURLE_OUT_OF_MEMORY;
    struct curl_slist *headers = carrier_headers(ask);

    if (headers != NULL && carrier_set(curl, ask, headers, reason) == 0) {
        code = curl_easy_perform(curl);
    }
    curl_slist_free_all(headers);

    if (code != CURLE_OK && reason[0] == '\0') {
        snprintf(reason, BUCKET_CARRIER_REASON, "%s", curl_easy_strerror(code));
    }

    return code == CURLE_OK ? 0 : -1;
}


const bucket_carrier_t carrier = { carrier_open, carrier_close, carrier_carry };
