#include <stdio.h>
#include <stdlib.h>
#include "worker/base/http.h"
#include "https.h"

#define HTTPS_TIMEOUT_MS 10000L
#define HTTPS_CONNECT_MS 5000L
#define HTTPS_REASON 320


/* A bucket answers 403 for what it does not have. */
static https_rc_t
https_judge(long status, const char *url, char *err, size_t err_size)
{
    if (status == 200) {
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
    char reason[HTTPS_REASON];
    https_rc_t rc = HTTPS_FAILED;
    const http_ask_t ask = {
        .method = "GET",
        .url = url,
        .schemes = "https",
        .ca = ca,
        .timeout_ms = HTTPS_TIMEOUT_MS,
        .connect_ms = HTTPS_CONNECT_MS,
        .stop = stop,
    };
    http_answer_t answer = { .body = malloc(HTTPS_BODY_MAX + 1),
                             .size = HTTPS_BODY_MAX };

    if (answer.body == NULL) {
        snprintf(err, err_size, "%s: out of memory", url);
    } else if (http_ask(&ask, &answer, reason, sizeof(reason)) != 0) {
        snprintf(err, err_size, "%s: %s", url, reason);
    } else {
        rc = https_judge(answer.status, url, err, err_size);
    }

    if (rc != HTTPS_OK) {
        free(answer.body);
        return rc;
    }

    *body = answer.body;
    *len = answer.len;
    return HTTPS_OK;
}
