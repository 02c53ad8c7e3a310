/* Requests that are signed: lines of text are the path and, in turns, names and
   values of the query. What is encoded decodes to what it was; a signature is
   the same twice, whatever the order of the query; and a room that is too small
   by a byte is never written past. */

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "core/store/sigv4.h"
#include "must.h"

#define TEXT_MAX 512
#define ROOM 65536
#define SAFE                                                         \
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789" \
    "-._~%"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char room[ROOM], other[ROOM];


static void
check_encoded(const char *text, int path)
{
    char encoded[3 * TEXT_MAX + 1];
    const char *p, *from = text;
    unsigned byte;
    size_t len = sigv4_encode(text, path, encoded, sizeof(encoded));

    must((len == 0) == (*text == '\0') && len < sizeof(encoded));
    if (len == 0) {
        return;
    }

    must(strlen(encoded) == len);
    must(strspn(encoded, path ? SAFE "/" : SAFE) == len);
    must(sigv4_encode(text, path, room, len) == 0);
    must(sigv4_encode(text, path, room, len + 1) == len);

    for (p = encoded; *p; from++) {
        byte = (unsigned char) *p++;
        if (byte == '%') {
            must(sscanf(p, "%2X", &byte) == 1);
            p += 2;
        }
        must((unsigned char) *from == byte);
    }
    must(*from == '\0');
}


/* The next line, copied; at the end it is empty. */
static void
take(const char **text, const char *end, char line[TEXT_MAX])
{
    const char *stop = *text < end ? memchr(*text, '\n', (size_t) (end - *text))
                                   : NULL;
    size_t len = (size_t) ((stop ? stop : end) - *text);

    len = len < TEXT_MAX ? len : TEXT_MAX - 1;
    memcpy(line, *text, len);
    line[len] = '\0';
    *text = stop ? stop + 1 : end;
}


static void
check_signed(const sigv4_signer_t *signer, sigv4_request_t *request,
             sigv4_pair_t *turned)
{
    const sigv4_pair_t *query = request->query;
    size_t i, len;

    must(sigv4_authorization(signer, request, room, sizeof(room)) == 0);
    len = strlen(room);
    must(strstr(room, "Signature=") == room + len - 64 - strlen("Signature="));
    must(sigv4_authorization(signer, request, other, len) == -1);
    must(sigv4_authorization(signer, request, other, len + 1) == 0);
    must(strcmp(room, other) == 0);

    for (i = 0; i < request->queries; i++) {
        turned[i] = query[request->queries - 1 - i];
    }
    request->query = turned;
    must(sigv4_authorization(signer, request, other, sizeof(other)) == 0);
    must(strcmp(room, other) == 0);
    request->query = query;
}


static void
check_url(const sigv4_signer_t *signer, const sigv4_request_t *request)
{
    size_t len;

    must(sigv4_url(signer, request, 0, room, sizeof(room)) == -1);
    must(sigv4_url(signer, request, SIGV4_SECONDS_MAX + 1, room, sizeof(room))
         == -1);

    if (sigv4_url(signer, request, 60, room, sizeof(room)) == 0) {
        len = strlen(room);
        must(room[0] == '/' && strspn(room, SAFE "/?&=") == len);
        must(sigv4_url(signer, request, 60, other, len) == -1);
        must(sigv4_url(signer, request, 60, other, len + 1) == 0);
        must(strcmp(room, other) == 0);
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char path[TEXT_MAX + 1], values[SIGV4_PAIRS_MAX][TEXT_MAX];
    static char names[SIGV4_PAIRS_MAX][8];
    const char *text = (const char *) data, *end = text + size;
    sigv4_pair_t query[SIGV4_PAIRS_MAX], turned[SIGV4_PAIRS_MAX];
    const sigv4_pair_t headers[] = { { "x-amz-date", "20130524T000000Z" },
                                     { "host", "a.test" } };
    const sigv4_signer_t signer = { .id = "AKID",
                                    .secret = "secret",
                                    .token = size % 2 ? "to/ken==" : NULL,
                                    .region = "eu-west-3",
                                    .now = 1369353600 };
    sigv4_request_t request = { .method = "GET",
                                .path = path,
                                .query = query,
                                .headers = headers,
                                .headers_count = 2,
                                .payload = SIGV4_UNSIGNED };

    path[0] = '/';
    take(&text, end, path + 1);
    path[TEXT_MAX - 1] = '\0';
    check_encoded(path, 1);
    check_encoded(path, 0);

    while (text < end && request.queries < SIGV4_PAIRS_MAX) {
        take(&text, end, values[request.queries]);
        snprintf(names[request.queries], sizeof(names[0]), "q%u",
                 (unsigned) (request.queries * 7 % SIGV4_PAIRS_MAX));
        query[request.queries].name = names[request.queries];
        query[request.queries].value = values[request.queries];
        check_encoded(values[request.queries], 0);
        request.queries++;
    }

    check_signed(&signer, &request, turned);
    check_url(&signer, &request);
    return 0;
}
