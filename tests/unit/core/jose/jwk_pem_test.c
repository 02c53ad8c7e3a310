#include "tests/unit/foreign.h"
#include "tests/unit/keys.h"
#include "tests/unit/suite.h"


static jwk_t *
takes(const char *pem)
{
    char err[256] = "";
    jwk_t *key = jwk_from_pem(pem, strlen(pem), err, sizeof(err));

    ck_assert_msg(key != NULL, "%s", err);

    return key;
}


static void
refuses(const char *pem, const char *why)
{
    char err[256] = "";

    ck_assert_ptr_null(jwk_from_pem(pem, strlen(pem), err, sizeof(err)));
    ck_assert_msg(strstr(err, why) != NULL, "'%s' lacks '%s'", err, why);
}


/* The key is the one that a set with this JWK holds. */
static void
is_same(const char *pem, const char *jwk)
{
    jwk_t *key = takes(pem);
    jwk_set_t *set = keys_parse_as(jwk, JWK_PUBLIC);

    ck_assert_mem_eq(key->thumbprint, jwk_set_key(set, 0)->thumbprint,
                     JWK_THUMBPRINT_SIZE);
    ck_assert_uint_eq(key->algs, jwk_set_key(set, 0)->algs);
    ck_assert_ptr_null(key->kid);
    ck_assert_int_eq(key->signs, 0);
    jwk_set_free(set);
    jwk_free(key);
}


START_TEST(an_rsa_key_is_read)
{
    is_same(FOREIGN_RSA_PEM, "{\"keys\":[" FOREIGN_RSA "]}");
}
END_TEST


START_TEST(a_p_256_key_is_read)
{
    is_same(FOREIGN_P256_PEM, "{\"keys\":[" FOREIGN_P256 "]}");
}
END_TEST


START_TEST(other_kinds_are_refused)
{
    refuses(FOREIGN_P384_PEM, "P-256");
    refuses(FOREIGN_ED25519_PEM, "neither");
}
END_TEST


START_TEST(a_weak_key_is_refused)
{
    refuses(FOREIGN_RSA_1024_PEM, "2048");
}
END_TEST


START_TEST(text_in_front_is_fine)
{
    jwk_free(takes("the distribution's key\n" FOREIGN_RSA_PEM "\n"));
}
END_TEST


START_TEST(two_keys_are_refused)
{
    refuses(FOREIGN_RSA_PEM FOREIGN_P256_PEM, "more than one");
}
END_TEST


START_TEST(what_is_no_public_key_is_refused)
{
    refuses("", "BEGIN PUBLIC KEY");
    refuses("-----BEGIN PRIVATE KEY-----\n", "BEGIN PUBLIC KEY");
    refuses("-----BEGIN RSA PUBLIC KEY-----\n", "BEGIN PUBLIC KEY");
    refuses("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
            "OpenSSL");
    refuses("-----BEGIN PUBLIC KEY-----", "OpenSSL");
}
END_TEST


START_TEST(a_private_key_under_the_public_label_is_refused)
{
    /* PKCS#8 of an Ed25519 key: RFC 8410, 10.3 */
    refuses("-----BEGIN PUBLIC KEY-----\n"
            "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
            "-----END PUBLIC KEY-----\n",
            "OpenSSL");
}
END_TEST


START_TEST(more_than_16_kib_is_refused)
{
    static char pem[16 * 1024 + 2];

    memset(pem, '\n', sizeof(pem) - 1);
    memcpy(pem, FOREIGN_RSA_PEM, sizeof(FOREIGN_RSA_PEM) - 1);
    refuses(pem, "16384");
    pem[16 * 1024] = '\0';
    jwk_free(takes(pem));
}
END_TEST


START_TEST(the_key_is_written_as_a_jwk)
{
    jwk_t *key = takes(FOREIGN_P256_PEM);
    char *json = jwk_public_json(key, "abc"), set[1024];

    snprintf(set, sizeof(set), "{\"keys\":[%s]}", json);
    ck_assert_ptr_nonnull(strstr(json, "\"alg\":\"ES256\""));
    is_same(FOREIGN_P256_PEM, set);
    ck_assert_ptr_nonnull(strstr(set, "\"kid\":\"abc\""));
    free(json);
    jwk_free(key);
}
END_TEST


START_TEST(freeing_nothing_is_fine)
{
    jwk_free(NULL);
}
END_TEST


RUN("core/jwk_pem", an_rsa_key_is_read, a_p_256_key_is_read,
    other_kinds_are_refused, a_weak_key_is_refused, text_in_front_is_fine,
    two_keys_are_refused, what_is_no_public_key_is_refused,
    a_private_key_under_the_public_label_is_refused,
    more_than_16_kib_is_refused, the_key_is_written_as_a_jwk,
    freeing_nothing_is_fine)
