/* Other issuers' tokens before anybody verified them, then the same bytes as
   the header and claims of one that was. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "core/base/uuid.h"
#include "core/grant/issuer.h"
#include "core/jose/json_strict.h"

static const issuer_t issuers[] = { { "https://id.example", "sluice",
                                      "realm_access.roles", NULL, "admin",
                                      "editor", 60 },
                                    { "https://id.example", "sluice", "a.b.c.d",
                                      "arn:aws:x", "admin", "editor", 0 } };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void
parse(const issuer_t *issuer, const json_t *header, const json_t *claims)
{
    access_t access;
    issuer_person_t person;

    if (issuer_parse(issuer, header, claims, &access) != SLUICE_OK) {
        return;
    }

    if (!uuid_valid(access.sub, strlen(access.sub)) || !access.foreign
        || (access.sid[0] != '\0'
            && !uuid_valid(access.sid, strlen(access.sid)))
        || access.role < ROLE_VIEWER || access.role > ROLE_ADMIN) {
        abort();
    }

    issuer_person(claims, &person);

    if (person.subject == NULL || strlen(person.subject) > ISSUER_SUB_MAX
        || (person.email != NULL && strchr(person.email, '@') == NULL)) {
        abort();
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *) data;
    char kid[JWK_KID_MAX + 1];
    json_t *json;
    size_t i;

    json = json_strict_load(text, size, 0, NULL);

    for (i = 0; i < sizeof(issuers) / sizeof(issuers[0]); i++) {
        if (issuer_wants(&issuers[i], text, size, kid)
            && strpbrk(kid, " \"\\\r\n") != NULL) {
            abort();
        }

        if (json != NULL) {
            parse(&issuers[i], json, json);
        }
    }

    json_decref(json);

    return 0;
}
