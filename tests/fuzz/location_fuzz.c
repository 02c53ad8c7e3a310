/* The words of sluice_store: what is taken makes a host, a path and headers
   that nothing can break out of. */

#include <stdint.h>
#include <string.h>
#include "core/base/text.h"
#include "core/store/location.h"
#include "must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void
check_bucket(const location_t *location)
{
    char authority[LOCATION_AUTHORITY_SIZE], path[2048];
    size_t len = strlen(location->prefix);

    must(strpbrk(location->bucket, "/:@?# %") == NULL);
    must(location->region[0] != '\0' && location->port > 0
         && location->port < 65536);
    must(text_is_plain(location->sse_key, strlen(location->sse_key)));
    must(len == 0
         || (location->prefix[len - 1] == '/' && location->prefix[0] != '/'));

    location_authority(location, authority);
    must(authority[0] != '\0' && text_is_plain(authority, strlen(authority)));
    must(strpbrk(authority, "/@?#%") == NULL);

    must(location_path(location, "media/x", path, sizeof(path)) == 0);
    must(path[0] == '/' && strstr(path, "//") == NULL
         && strstr(path, "/../") == NULL);
    must(strcmp(path + strlen(path) - strlen("/media/x"), "/media/x") == 0
         || strcmp(path, "/media/x") == 0);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *words[LOCATION_WORDS_MAX];
    char *text, err[LOCATION_ERROR_SIZE] = "";
    int count;
    location_t location;

    text = malloc(size + 1);
    must(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';

    count = location_words(text, words);

    if (count < 0) {
        must(count == -1);

    } else if (location_read(&location, words, (size_t) count, err, sizeof(err))
               != 0) {
        must(err[0] != '\0');

    } else {
        must((location.folder[0] == '\0') != (location.bucket[0] == '\0'));
        must(location.credentials[0] == '\0' || location.credentials[0] == '/');
        must(!location.role || location.credentials[0] == '/');
        if (location.bucket[0]) {
            check_bucket(&location);
        }
    }

    free(text);
    return 0;
}
