#include <string.h>
#include "core/grant/service.h"
#include "tests/unit/keys.h"
#include "tests/unit/suite.h"

#define ID "01890000-0000-7000-8000-0123456789ab"
#define USER "01890000-0000-7000-8000-0123456789ac"
#define NOW 1800000000


static json_t *
asked(void)
{
    return json_pack("{s:s, s:s, s:s, s:[s, s], s:i, s:i}", "id", ID, "user",
                     USER, "role", "editor", "scopes", "links:mint",
                     "media:read", "issued", NOW, "expires", NOW + 60);
}


/* 1 when a key is made of what is asked for; the reference is taken over. */
static int
is_made(json_t *what)
{
    char text[SERVICE_KEY_SIZE];
    json_t *made;
    jwk_set_t *keys = keys_parse(KEYS_BOTH);
    int rc;

    made = service_make(keys, 0, what, text);
    rc = made != NULL;
    json_decref(made);
    json_decref(what);
    jwk_set_free(keys);

    return rc;
}


static int
is_made_with(const char *name, json_t *value)
{
    json_t *what = asked();

    json_object_set_new(what, name, value);

    return is_made(what);
}


START_TEST(the_gate_reads_what_the_record_asked_for)
{
    char text[SERVICE_KEY_SIZE], digest[SERVICE_DIGEST_SIZE];
    access_t access;
    json_t *made, *what = asked();
    jwk_set_t *keys = keys_parse(KEYS_BOTH);

    made = service_make(keys, 0, what, text);
    ck_assert_ptr_nonnull(made);
    ck_assert(json_equal(json_object_get(made, "made"), what));
    ck_assert_str_eq(json_string_value(json_object_get(made, "kid")), "a3");
    service_digest(text, SERVICE_KEY_LEN, digest);
    ck_assert_str_eq(json_string_value(json_object_get(made, "digest")),
                     digest);

    memset(&access, 0xff, sizeof(access));
    ck_assert_int_eq(service_parse(keys, text, SERVICE_KEY_LEN, &access),
                     SLUICE_OK);
    ck_assert_str_eq(access.sub, USER);
    ck_assert_str_eq(access.sid, ID);
    ck_assert_int_eq(access.role, ROLE_EDITOR);
    ck_assert_int_eq(access.iat, NOW);
    ck_assert_int_eq(access.exp, NOW + 60);
    ck_assert_int_eq(access.service, 1);
    ck_assert_uint_eq(access.scopes, SCOPE_LINKS_MINT | SCOPE_MEDIA_READ);
    ck_assert_int_eq(access.foreign, 0);
    ck_assert_int_eq(access.auth_time, 0);

    json_decref(made);
    json_decref(what);
    jwk_set_free(keys);
}
END_TEST


START_TEST(what_is_none_is_an_invalid_token)
{
    access_t access;
    jwk_set_t *keys = keys_parse(KEYS_BOTH);

    ck_assert_int_eq(service_parse(keys, "sluice_key_x", 12, &access),
                     SLUICE_TOKEN_INVALID);
    jwk_set_free(keys);
}
END_TEST


START_TEST(what_is_unknown_is_not_made)
{
    ck_assert(is_made(asked()));
    ck_assert(!is_made(json_object()));
    ck_assert(!is_made_with("id", json_string("x")));
    ck_assert(!is_made_with("user", json_string(ID "0")));
    ck_assert(!is_made_with("role", json_string("enrolling")));
    ck_assert(!is_made_with("role", json_null()));
    ck_assert(!is_made_with("scopes", json_array()));
    ck_assert(!is_made_with("scopes", json_string("media:read")));
    ck_assert(!is_made_with("scopes", json_pack("[s]", "media")));
    ck_assert(!is_made_with("scopes", json_pack("[s, i]", "media:read", 1)));
    ck_assert(!is_made_with("expires", json_string("x")));
}
END_TEST


START_TEST(a_digest_is_that_of_fips_180)
{
    char digest[SERVICE_DIGEST_SIZE];

    service_digest("abc", 3, digest);
    ck_assert_str_eq(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9c"
                             "b410ff61f20015ad");
}
END_TEST


START_TEST(a_scope_is_asked_of_keys_alone)
{
    access_t access;

    memset(&access, 0, sizeof(access));
    ck_assert_int_eq(access_scope(&access, SCOPE_NONE), SLUICE_OK);
    access.service = 1;
    access.scopes = SCOPE_MEDIA_READ | SCOPE_LINKS_MINT;
    ck_assert_int_eq(access_scope(&access, SCOPE_MEDIA_READ), SLUICE_OK);
    ck_assert_int_eq(access_scope(&access, SCOPE_ANY), SLUICE_OK);
    ck_assert_int_eq(access_scope(&access, SCOPE_MEDIA_WRITE),
                     SLUICE_SCOPE_MISSING);
    ck_assert_int_eq(access_scope(&access, SCOPE_NONE), SLUICE_SCOPE_MISSING);
}
END_TEST


RUN("core/service", the_gate_reads_what_the_record_asked_for,
    what_is_none_is_an_invalid_token, what_is_unknown_is_not_made,
    a_digest_is_that_of_fips_180, a_scope_is_asked_of_keys_alone)
