#include <string.h>
#include <jansson.h>
#include "core/base/fail.h"
#include "core/base/text.h"
#include "core/jose/json_strict.h"
#include "role_answer.h"

#define ANSWER_DEPTH 4 /* of what is one object of texts */
#define ANSWER_CODE_MAX 64
#define ANSWER_NAME                                                        \
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+=,.@-" \
    "_"


/* A member that may stand in a line of a file or in a header; NULL where there
   is none. */
static const char *
answer_text(const json_t *root, const char *name, size_t max)
{
    const json_t *member = json_object_get(root, name);
    const char *text = json_string_value(member);
    size_t len = json_string_length(member);

    return text != NULL && len > 0 && len <= max && text_is_plain(text, len)
               ? text
               : NULL;
}


/* 0, or -1 where a member is missing. */
static int
answer_take(const json_t *root, credentials_t *found, const char **missing)
{
    const char *until;
    const struct {
        const char *name;
        char *to;
        size_t max;
    } texts[] = {
        { "AccessKeyId", found->id, CREDENTIALS_ID_MAX },
        { "SecretAccessKey", found->secret, CREDENTIALS_SECRET_MAX },
        { "Token", found->token, CREDENTIALS_TOKEN_MAX },
    };
    const char *text;
    size_t i;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        *missing = texts[i].name;
        text = answer_text(root, texts[i].name, texts[i].max);
        if (text == NULL) {
            return -1;
        }
        strcpy(texts[i].to, text);
    }

    *missing = "Expiration";
    until = answer_text(root, "Expiration", sizeof("2026-11-30T12:00:00Z") - 1);
    return until != NULL ? credentials_time(until, &found->expires) : -1;
}


int
role_answer_read(const char *text, size_t len, credentials_t *found, char *err,
                 size_t err_size)
{
    int rc = -1;
    json_t *root;
    const char *code, *missing = "";

    memset(found, 0, sizeof(*found));

    root = json_strict_load(text, len, ANSWER_DEPTH, NULL);
    code = answer_text(root, "Code", ANSWER_CODE_MAX);

    if (!json_is_object(root)) {
        fail_because(err, err_size, "the answer is no JSON object");

    } else if (json_object_get(root, "Code") != NULL
               && (code == NULL || strcmp(code, "Success") != 0)) {
        /* as AssumeRoleUnauthorizedAccess */
        fail_because(err, err_size,
                     "the role gives none (%s): see its trust policy",
                     code ? code : "no code");

    } else {
        rc = answer_take(root, found, &missing);
        if (rc != 0) {
            fail_because(err, err_size,
                         "the answer has no %s that could be one", missing);
        }
    }

    json_decref(root);
    if (rc != 0) {
        credentials_forget(found);
    }

    return rc;
}


int
role_answer_name(const char *text, size_t len,
                 char name[ROLE_ANSWER_NAME_MAX + 1])
{
    const char *end = len > 0 ? memchr(text, '\n', len) : NULL;

    len = end ? (size_t) (end - text) : len;
    if (len > 0 && text[len - 1] == '\r') {
        len--;
    }

    return text_copy(name, ROLE_ANSWER_NAME_MAX + 1, text, len) == 0
                   && strlen(name) == len && strspn(name, ANSWER_NAME) == len
               ? 0
               : -1;
}
