#include <string.h>
#include "core/jose/json_strict.h"
#include "issuer_message.h"

#define ISSUER_MESSAGE_MAX 1024
#define ISSUER_MESSAGE_VERSION 1
#define ISSUER_MESSAGE_MEMBERS 3


static int issuer_message_text(const json_t *member, char *text, size_t size);


int
issuer_message_parse(const char *text, size_t len, issuer_message_t *message)
{
    int rc = -1;
    json_t *root, *version;

    if (len > ISSUER_MESSAGE_MAX) {
        return -1;
    }

    root = json_strict_load(text, len, 1, NULL);
    version = json_object_get(root, "v");

    if (json_object_size(root) == ISSUER_MESSAGE_MEMBERS
        && json_is_integer(version)
        && json_integer_value(version) == ISSUER_MESSAGE_VERSION
        && issuer_message_text(json_object_get(root, "issuer"), message->issuer,
                               sizeof(message->issuer))
               == 0
        && issuer_message_text(json_object_get(root, "kid"), message->kid,
                               sizeof(message->kid))
               == 0) {
        rc = 0;
    }

    json_decref(root);
    return rc;
}


static int
issuer_message_text(const json_t *member, char *text, size_t size)
{
    size_t i, len = json_string_length(member);
    const char *value = json_string_value(member);

    if (value == NULL || len == 0 || len >= size) {
        return -1;
    }

    for (i = 0; i < len; i++) {
        if (value[i] < ' ' || value[i] > '~') {
            return -1;
        }
    }

    memcpy(text, value, len + 1);
    return 0;
}
