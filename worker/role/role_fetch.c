#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <openssl/crypto.h>
#include "core/base/fail.h"
#include "core/base/text.h"
#include "worker/base/http.h"
#include "role_fetch.h"

#define FETCH_TOKEN "/latest/api/token"
#define FETCH_ROLES "/latest/meta-data/iam/security-credentials/"
#define FETCH_TTL "X-aws-ec2-metadata-token-ttl-seconds: 60"
#define FETCH_SHOWN "X-aws-ec2-metadata-token: "
#define FETCH_TOKEN_MAX 1024
#define FETCH_UNKNOWN 401 /* a token of IMDS that has ended */
#define FETCH_BODY_MAX 16384
#define FETCH_TIMEOUT_MS 5000L
#define FETCH_CONNECT_MS 2000L

/* A fetch on its way. */
typedef struct {
    const role_source_t *source;
    const volatile sig_atomic_t *stop;
    char shown[sizeof(FETCH_SHOWN) + FETCH_TOKEN_MAX]; /* with the token */
    http_answer_t answer;
    char body[FETCH_BODY_MAX + 1];
    char *err;
    size_t err_size;
} role_fetch_t;


#define fetch_fails(fetch, ...) \
    fail_because((fetch)->err, (fetch)->err_size, __VA_ARGS__)


static int
fetch_ask(role_fetch_t *fetch, const char *method, const char *url,
          const char *header, char *why, size_t why_size)
{
    const http_ask_t ask = {
        .method = method,
        .url = url,
        .schemes = "http,https",
        .header = header,
        .timeout_ms = FETCH_TIMEOUT_MS,
        .connect_ms = FETCH_CONNECT_MS,
        .stop = fetch->stop,
    };

    fetch->answer.body = fetch->body;
    fetch->answer.size = FETCH_BODY_MAX;

    return http_ask(&ask, &fetch->answer, why, why_size);
}


/* What an answer means that is not 200, and not said before. */
static int
fetch_refused(role_fetch_t *fetch, const char *url)
{
    const long status = fetch->answer.status;

    if (status == 429 || status >= 500) {
        return fetch_fails(fetch,
                           "%s answered %ld: it is asked too often, or not "
                           "well; it is asked again",
                           url, status);
    }

    return fetch_fails(fetch, "%s answered %ld", url, status);
}


/* By which two clocks cannot work together. */
static int
fetch_clock(role_fetch_t *fetch)
{
    const long skew = fetch->answer.date != 0
                          ? (long) (time(NULL) - fetch->answer.date)
                          : 0;

    return labs(skew) <= ROLE_FETCH_SKEW_MAX
               ? 0
               : fetch_fails(fetch,
                             "this machine's clock goes %ld s %s that of who "
                             "knows its role: set it",
                             labs(skew), skew > 0 ? "before" : "behind");
}


static int
fetch_token(role_fetch_t *fetch)
{
    char url[ROLE_SOURCE_URL_MAX + sizeof(FETCH_TOKEN)], why[256];
    const http_answer_t *answer = &fetch->answer;

    snprintf(url, sizeof(url), "%s" FETCH_TOKEN, fetch->source->url);

    if (fetch_ask(fetch, "PUT", url, FETCH_TTL, why, sizeof(why)) != 0) {
        return answer->connected
                   ? fetch_fails(fetch,
                                 "%s does not answer, though it is there (%s): "
                                 "in a container the instance's metadata need "
                                 "a hop limit of 2 "
                                 "(HttpPutResponseHopLimit)",
                                 url, why)
                   : fetch_fails(fetch,
                                 "%s cannot be reached (%s): turn the "
                                 "instance's metadata on, or write "
                                 "credentials=<file>",
                                 url, why);
    }

    if (answer->status == 403 || answer->status == 404) {
        return fetch_fails(fetch,
                           "%s answered %ld: turn the instance's metadata on "
                           "(HttpEndpoint), or write credentials=<file>",
                           url, answer->status);
    }
    if (answer->status != 200) {
        return fetch_refused(fetch, url);
    }
    if (answer->len == 0 || answer->len > FETCH_TOKEN_MAX
        || !text_is_plain(answer->body, answer->len)) {
        return fetch_fails(fetch, "%s answered with what is no token", url);
    }

    snprintf(fetch->shown, sizeof(fetch->shown), FETCH_SHOWN "%.*s",
             FETCH_TOKEN_MAX, answer->body);
    return 0;
}


/* What is below the list of roles; "": that itself. Of a token that IMDS does
   not know, a new one, once. 0 with the answer of status 200. */
static int
fetch_metadata(role_fetch_t *fetch, const char *name)
{
    char url[ROLE_SOURCE_URL_MAX + sizeof(FETCH_ROLES) + ROLE_ANSWER_NAME_MAX];
    char why[256];
    int tries;

    snprintf(url, sizeof(url), "%s" FETCH_ROLES "%s", fetch->source->url, name);

    for (tries = 0; tries < 2; tries++) {
        if (fetch_ask(fetch, "GET", url, fetch->shown, why, sizeof(why)) != 0) {
            return fetch_fails(fetch, "%s: %s", url, why);
        }
        if (fetch->answer.status != FETCH_UNKNOWN || tries > 0) {
            break;
        }
        if (fetch_token(fetch) != 0) {
            return -1;
        }
    }

    if (fetch->answer.status == 404) {
        return fetch_fails(fetch,
                           "no role is attached to this instance: attach one "
                           "(an instance profile), or write "
                           "credentials=<file>");
    }

    return fetch->answer.status == 200 ? 0 : fetch_refused(fetch, url);
}


static int
fetch_instance(role_fetch_t *fetch, char name[ROLE_ANSWER_NAME_MAX + 1])
{
    if (fetch_token(fetch) != 0 || fetch_metadata(fetch, "") != 0) {
        return -1;
    }

    if (role_answer_name(fetch->answer.body, fetch->answer.len, name) != 0) {
        return fetch_fails(fetch, "the instance's metadata name a role by what "
                                  "is no name");
    }

    return fetch_metadata(fetch, name);
}


static int
fetch_container(role_fetch_t *fetch)
{
    char token[ROLE_SOURCE_TOKEN_MAX + 1], why[256];
    char line[sizeof("Authorization: ") + ROLE_SOURCE_TOKEN_MAX];
    const char *url = fetch->source->url;
    int rc = -1;

    if (role_source_token(fetch->source, token, fetch->err, fetch->err_size)
        != 0) {
        return -1;
    }

    snprintf(line, sizeof(line), "Authorization: %s", token);

    if (fetch_ask(fetch, "GET", url, *token ? line : NULL, why, sizeof(why))
        != 0) {
        fetch_fails(fetch, "%.300s: %s", url, why);

    } else if (fetch->answer.status == 401 || fetch->answer.status == 403
               || fetch->answer.status == 404) {
        fetch_fails(fetch,
                    "%.300s answered %ld: has the task or pod a role, and is "
                    "its authorization token the right one?",
                    url, fetch->answer.status);

    } else {
        rc = fetch->answer.status == 200 ? 0 : fetch_refused(fetch, url);
    }

    OPENSSL_cleanse(token, sizeof(token));
    OPENSSL_cleanse(line, sizeof(line));
    return rc;
}


static int
fetch_read(role_fetch_t *fetch, credentials_t *found)
{
    char why[256];

    if (fetch_clock(fetch) != 0) {
        return -1;
    }

    if (role_answer_read(fetch->answer.body, fetch->answer.len, found, why,
                         sizeof(why))
        != 0) {
        return fetch_fails(fetch, "%.200s: %s", fetch->source->url, why);
    }

    if (credentials_ended(found, time(NULL))) {
        credentials_forget(found);
        return fetch_fails(fetch,
                           "%.200s: the credentials have ended already: "
                           "is this machine's clock right?",
                           fetch->source->url);
    }

    return 0;
}


int
role_fetch(const role_source_t *source, const volatile sig_atomic_t *stop,
           credentials_t *found, char name[ROLE_ANSWER_NAME_MAX + 1], char *err,
           size_t err_size)
{
    int rc;
    role_fetch_t fetch = {
        .source = source, .stop = stop, .err = err, .err_size = err_size
    };

    name[0] = '\0';
    memset(found, 0, sizeof(*found));

    rc = source->container ? fetch_container(&fetch)
                           : fetch_instance(&fetch, name);
    if (rc == 0) {
        rc = fetch_read(&fetch, found);
    }

    OPENSSL_cleanse(&fetch, sizeof(fetch));
    return rc;
}
