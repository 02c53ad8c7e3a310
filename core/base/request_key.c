#include "request_key.h"
#include "text.h"


int
request_key_read(const char *value, size_t len,
                 unsigned char digest[SHA256_SIZE])
{
    sha256_t sha;

    if (len > 1 && value[0] == '"' && value[len - 1] == '"') {
        value++;
        len -= 2;
    }

    if (len == 0 || len > REQUEST_KEY_MAX || !text_is_plain(value, len)) {
        return -1;
    }

    sha256_init(&sha);
    sha256_update(&sha, value, len);
    sha256_digest(&sha, digest);

    return 0;
}
