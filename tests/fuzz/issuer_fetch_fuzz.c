/* A line with a URL and what an issuer's server answers: keys are fetched over
   https from the issuer's host or one that is allowed, from nowhere else. Then
   all of it as nginx's news of a key that nobody knows. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "worker/issuer/issuer_fetch.h"
#include "worker/issuer/issuer_message.h"
#include "must.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_url(const char *text, size_t len)
{
    char *url, authority[URL_AUTHORITY_SIZE];

    url = strndup(text, len);
    if (url_authority(url, authority) == 0) {
        must(strncasecmp(url, "https://", 8) == 0);
        must(strlen(authority) < sizeof(authority)
             && strpbrk(authority, "@/?#\\ \"") == NULL);
    }
    free(url);
}


static void
check_document(const char *text, size_t len)
{
    char uri[URL_SIZE], authority[URL_AUTHORITY_SIZE], err[256];
    static const issuer_line_t line = { .name = "https://id.example.org",
                                        .hosts = { "keys.example.org:8443" },
                                        .host_count = 1 };

    if (issuer_fetch_uri(&line, text, len, uri, err, sizeof(err)) == 0) {
        must(url_authority(uri, authority) == 0);
        must(strcmp(authority, "id.example.org:443") == 0
             || strcmp(authority, line.hosts[0]) == 0);
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    issuer_message_t message;
    const char *text = (const char *) data;
    const char *end = size > 0 ? memchr(text, '\n', size) : NULL;
    size_t first = end ? (size_t) (end - text) : size;

    check_url(text, first);
    check_document(text, size);
    if (end != NULL) {
        check_document(end + 1, size - first - 1);
    }

    if (issuer_message_parse(text, size, &message) == 0) {
        must(message.issuer[0] != '\0' && message.kid[0] != '\0');
        (void) issuer_fetch_plain(message.kid);
    }

    return 0;
}
