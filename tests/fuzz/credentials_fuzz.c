/* Who comes to a bucket: a file's lines, and what a metadata service says a
   role has come to. What is taken is written and read again as it was, and may
   stand in a header; of what is not taken nothing stays. */

#include <stdint.h>
#include <string.h>
#include "core/base/text.h"
#include "core/store/credentials.h"
#include "worker/role/role_answer.h"
#include "must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void
check_taken(const credentials_t *found)
{
    char text[CREDENTIALS_TEXT_SIZE], err[256];
    credentials_t again;
    size_t len;

    must(found->id[0] != '\0' && found->secret[0] != '\0');
    must(text_is_plain(found->id, strlen(found->id)));
    must(text_is_plain(found->secret, strlen(found->secret)));
    must(text_is_plain(found->token, strlen(found->token)));
    must(found->expires >= 0);

    len = credentials_text(found, text);
    must(len == strlen(text) && len < CREDENTIALS_FILE_MAX);
    must(credentials_parse(&again, text, len, err, sizeof(err)) == 0);
    must(credentials_same(found, &again));
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const credentials_t none;
    char name[ROLE_ANSWER_NAME_MAX + 1], err[256] = "";
    const char *text = (const char *) data;
    credentials_t found;

    if (credentials_parse(&found, text, size, err, sizeof(err)) == 0) {
        check_taken(&found);
    } else {
        must(memcmp(&found, &none, sizeof(none)) == 0 && err[0] != '\0');
    }

    err[0] = '\0';
    if (role_answer_read(text, size, &found, err, sizeof(err)) == 0) {
        must(found.token[0] != '\0' && found.expires > 0);
        check_taken(&found);
    } else {
        must(memcmp(&found, &none, sizeof(none)) == 0 && err[0] != '\0');
        must(text_is_clean(err, strlen(err)));
    }

    if (role_answer_name(text, size, name) == 0) {
        must(name[0] != '\0' && strpbrk(name, "/?#% \r\n") == NULL);
    }

    return 0;
}
