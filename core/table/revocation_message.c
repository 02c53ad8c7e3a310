#include <string.h>
#include "revocation_message.h"

#define REVOCATION_MESSAGE_VERSION 1
#define REVOCATION_MESSAGE_TIME_MAX ((int64_t) 1 << 53) /* RFC 8259, 6 */

static const char *const revocation_message_kinds[] = {
    [REVOCATION_JTI] = "jti",
    [REVOCATION_SID] = "sid",
    [REVOCATION_SUB] = "sub",
    [REVOCATION_USE] = "use",
};

#define REVOCATION_MESSAGE_KINDS \
    (sizeof(revocation_message_kinds) / sizeof(revocation_message_kinds[0]))


int
revocation_message_kind(const char *name, size_t len, revocation_kind_t *kind)
{
    size_t i;

    for (i = 0; i < REVOCATION_MESSAGE_KINDS; i++) {
        if (strlen(revocation_message_kinds[i]) == len
            && memcmp(revocation_message_kinds[i], name, len) == 0) {
            *kind = (revocation_kind_t) i;
            return 0;
        }
    }

    return -1;
}


revocation_message_result_t
revocation_message_parse(const char *text, size_t len,
                         revocation_message_t *message)
{
    json_t *object;
    const json_t *version;
    revocation_message_result_t result;

    if (len > REVOCATION_MESSAGE_SIZE_MAX) {
        return REVOCATION_MESSAGE_MALFORMED;
    }

    object = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
    version = json_object_get(object, "v");

    if (!json_is_integer(version)) {
        result = REVOCATION_MESSAGE_MALFORMED;

    } else if (json_integer_value(version) != REVOCATION_MESSAGE_VERSION) {
        result = REVOCATION_MESSAGE_UNKNOWN;

    } else {
        result = revocation_message_read(object, message);
    }

    json_decref(object);

    return result;
}


revocation_message_result_t
revocation_message_read(const json_t *object, revocation_message_t *message)
{
    int rc;
    const json_t *kind, *id, *before, *exp;
    revocation_kind_t known;

    kind = json_object_get(object, "kind");
    id = json_object_get(object, "id");
    before = json_object_get(object, "before");
    exp = json_object_get(object, "exp");

    if (!json_is_string(kind) || !json_is_string(id) || !json_is_integer(exp)
        || (before && !json_is_null(before) && !json_is_integer(before))) {
        return REVOCATION_MESSAGE_MALFORMED;
    }

    if (revocation_message_kind(json_string_value(kind),
                                json_string_length(kind), &known)
        != 0) {
        return REVOCATION_MESSAGE_UNKNOWN;
    }

    rc = revocation_message_set(
        message, known, json_string_value(id), json_string_length(id),
        json_integer_value(before), json_integer_value(exp));

    return rc == 0 ? REVOCATION_MESSAGE_OK : REVOCATION_MESSAGE_MALFORMED;
}


int
revocation_message_set(revocation_message_t *message, revocation_kind_t kind,
                       const char *id, size_t len, int64_t before, int64_t exp)
{
    if (len == 0 || len > REVOCATION_MESSAGE_ID_MAX
        || memchr(id, '\0', len) != NULL || before < 0
        || before > REVOCATION_MESSAGE_TIME_MAX || exp <= 0
        || exp > REVOCATION_MESSAGE_TIME_MAX) {
        return -1;
    }

    message->kind = kind;
    message->before = before;
    message->exp = exp;
    message->id_len = len;
    memcpy(message->id, id, len);
    message->id[len] = '\0';

    return 0;
}


size_t
revocation_message_write(const revocation_message_t *message, char *text,
                         size_t size)
{
    json_t *object;
    size_t len;

    object = json_pack(
        "{s:i, s:s, s:s%, s:I, s:I}", "v", REVOCATION_MESSAGE_VERSION, "kind",
        revocation_message_kinds[message->kind], "id", message->id,
        message->id_len, "before", (json_int_t) message->before, "exp",
        (json_int_t) message->exp);

    /* jansson keeps the order in which members were put in */
    len = object ? json_dumpb(object, text, size, JSON_COMPACT) : 0;
    json_decref(object);

    return len <= size ? len : 0;
}
