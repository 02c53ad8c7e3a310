#include <stdio.h>
#include "core/grant/access.h"
#include "core/jose/jwt.h"
#include "tests/unit/keys.h"
#include "tests/unit/suite.h"

#define NOW 1800000000
#define ISSUER "https://media.example"
#define SUB "0190a5d0-0000-7000-8000-000000000001"
#define SID "0190a5d0-0000-7000-8000-000000000002"

static const access_t editor = {
    .sub = SUB, .sid = SID, .role = ROLE_EDITOR, .iat = NOW, .exp = NOW + 60
};


/* A token's claims; a NULL takes the claim out, else it takes the new one. */
static json_t *
claims_with(const char *name, const char *value)
{
    json_t *claims;

    claims = json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:s}", "iss",
                       ISSUER, "aud", "sluice", "sub", SUB, "sid", SID, "role",
                       "editor", "iat", NOW, "exp", NOW + 60, "jti", "one");
    ck_assert_ptr_nonnull(claims);

    if (value == NULL) {
        (void) json_object_del(claims, name);

    } else {
        ck_assert_int_eq(
            json_object_set_new(claims, name,
                                json_loads(value, JSON_DECODE_ANY, NULL)),
            0);
    }

    return claims;
}


static sluice_status_t
parse_with(const char *name, const char *value)
{
    json_t *claims = claims_with(name, value);
    access_t access;
    sluice_status_t status;

    status = access_parse(claims, ISSUER, "sluice", &access);
    json_decref(claims);

    return status;
}


START_TEST(all_claims_are_read)
{
    json_t *claims = claims_with("nbf", "1800000001");
    access_t access;

    ck_assert_int_eq(access_parse(claims, ISSUER, "sluice", &access),
                     SLUICE_OK);
    ck_assert_str_eq(access.sub, SUB);
    ck_assert_str_eq(access.sid, SID);
    ck_assert_int_eq(access.role, ROLE_EDITOR);
    ck_assert_int_eq(access.iat, NOW);
    ck_assert_int_eq(access.exp, NOW + 60);
    ck_assert_int_eq(access.nbf, NOW + 1);
    ck_assert_int_eq(access.foreign, 0);
    json_decref(claims);
}
END_TEST


START_TEST(every_claim_is_required)
{
    static const char *const names[] = { "iss",  "aud", "sub", "sid",
                                         "role", "iat", "exp", "jti" };
    size_t i;

    for (i = 0; i < COUNT(names); i++) {
        ck_assert_msg(parse_with(names[i], NULL) == SLUICE_TOKEN_INVALID, "%s",
                      names[i]);
    }
}
END_TEST


START_TEST(claims_of_the_wrong_type_are_refused)
{
    static const char *const names[] = {
        "iss", "aud", "sub", "sid", "role",
        "iat", "exp", "jti", "nbf", "auth_time"
    };
    static const char *const values[] = { "null", "true", "{}", "\"\"" };
    size_t i, j;

    for (i = 0; i < COUNT(names); i++) {
        for (j = 0; j < COUNT(values); j++) {
            ck_assert_msg(parse_with(names[i], values[j])
                              == SLUICE_TOKEN_INVALID,
                          "%s %s", names[i], values[j]);
        }
    }
}
END_TEST


START_TEST(another_issuer_is_refused)
{
    ck_assert_int_eq(parse_with("iss", "\"https://media.example/\""),
                     SLUICE_TOKEN_INVALID);
    ck_assert_int_eq(parse_with("iss", "[\"https://media.example\"]"),
                     SLUICE_TOKEN_INVALID);
}
END_TEST


START_TEST(an_audience_of_several_may_name_us)
{
    ck_assert_int_eq(parse_with("aud", "[\"sluice\"]"), SLUICE_OK);
    ck_assert_int_eq(parse_with("aud", "[\"x\",\"sluice\"]"), SLUICE_OK);
    ck_assert_int_eq(parse_with("aud", "[\"sluice\",\"x\"]"), SLUICE_OK);
}
END_TEST


START_TEST(an_audience_without_us_is_refused)
{
    ck_assert_int_eq(parse_with("aud", "\"sluic\""), SLUICE_TOKEN_INVALID);
    ck_assert_int_eq(parse_with("aud", "[]"), SLUICE_TOKEN_INVALID);
    ck_assert_int_eq(parse_with("aud", "[\"x\"]"), SLUICE_TOKEN_INVALID);
    ck_assert_int_eq(parse_with("aud", "[[\"sluice\"]]"), SLUICE_TOKEN_INVALID);
    ck_assert_int_eq(parse_with("aud", "[\"sluice\",1]"), SLUICE_TOKEN_INVALID);
}
END_TEST


START_TEST(user_and_session_must_be_uuids)
{
    ck_assert_int_eq(parse_with("sub", "\"1\""), SLUICE_TOKEN_INVALID);
    ck_assert_int_eq(
        parse_with("sid", "\"0190A5D0-0000-7000-8000-000000000002\""),
        SLUICE_TOKEN_INVALID);
}
END_TEST


START_TEST(a_role_must_be_one_of_three)
{
    ck_assert_int_eq(parse_with("role", "\"viewer\""), SLUICE_OK);
    ck_assert_int_eq(parse_with("role", "\"admin\""), SLUICE_OK);
    ck_assert_int_eq(parse_with("role", "\"none\""), SLUICE_TOKEN_INVALID);
    ck_assert_int_eq(parse_with("role", "\"Admin\""), SLUICE_TOKEN_INVALID);
    ck_assert_int_eq(parse_with("role", "\"adm\""), SLUICE_TOKEN_INVALID);
}
END_TEST


START_TEST(at_exp_it_is_over)
{
    ck_assert_int_eq(access_decide(&editor, ROLE_VIEWER, NOW + 59), SLUICE_OK);
    ck_assert_int_eq(access_decide(&editor, ROLE_VIEWER, NOW + 60),
                     SLUICE_TOKEN_EXPIRED);
}
END_TEST


START_TEST(before_nbf_it_is_not_valid)
{
    access_t access = editor;

    access.nbf = NOW;
    ck_assert_int_eq(access_decide(&access, ROLE_VIEWER, NOW - 1),
                     SLUICE_TOKEN_INVALID);
    ck_assert_int_eq(access_decide(&access, ROLE_VIEWER, NOW), SLUICE_OK);
}
END_TEST


START_TEST(a_role_holds_those_below_it)
{
    ck_assert_int_eq(access_decide(&editor, ROLE_NONE, NOW), SLUICE_OK);
    ck_assert_int_eq(access_decide(&editor, ROLE_VIEWER, NOW), SLUICE_OK);
    ck_assert_int_eq(access_decide(&editor, ROLE_EDITOR, NOW), SLUICE_OK);
    ck_assert_int_eq(access_decide(&editor, ROLE_ADMIN, NOW),
                     SLUICE_ROLE_TOO_LOW);
}
END_TEST


START_TEST(an_expired_token_says_so_before_its_role)
{
    ck_assert_int_eq(access_decide(&editor, ROLE_ADMIN, NOW + 60),
                     SLUICE_TOKEN_EXPIRED);
}
END_TEST


START_TEST(who_is_enrolling_is_so_by_his_token_alone)
{
    json_t *claims = claims_with("role", "\"enrolling\"");
    access_t access;

    ck_assert_int_eq(access_parse(claims, ISSUER, "sluice", &access),
                     SLUICE_OK);
    ck_assert_int_eq(access.role, ROLE_ENROLLING);
    ck_assert_int_eq(access_decide(&access, ROLE_ENROLLING, NOW), SLUICE_OK);
    ck_assert_int_eq(access_decide(&access, ROLE_VIEWER, NOW),
                     SLUICE_SECOND_FACTOR_REQUIRED);
    ck_assert_int_eq(access_decide(&access, ROLE_ADMIN, NOW),
                     SLUICE_SECOND_FACTOR_REQUIRED);
    ck_assert_int_eq(role_from_name("enrolling", 9), ROLE_NONE);
    json_decref(claims);
}
END_TEST


START_TEST(an_authentication_is_fresh_for_so_long)
{
    access_t access = editor;

    access.auth_time = NOW;
    ck_assert_int_eq(access_fresh(&access, 900, NOW - 5), SLUICE_OK);
    ck_assert_int_eq(access_fresh(&access, 900, NOW + 900), SLUICE_OK);
    ck_assert_int_eq(access_fresh(&access, 900, NOW + 901),
                     SLUICE_AUTHENTICATION_TOO_OLD);
    access.auth_time = 0; /* it does not say */
    ck_assert_int_eq(access_fresh(&access, INT64_MAX, NOW),
                     SLUICE_AUTHENTICATION_TOO_OLD);
}
END_TEST


/* The claims of a token that says by what its user was known. */
static json_t *
authenticated(int64_t at, unsigned amr)
{
    jwk_set_t *set = keys_parse(KEYS_BOTH);
    access_t access = editor, read;
    json_t *claims;
    char *token;

    access.auth_time = at;
    access.amr = amr;
    token = access_sign(set, 0, ISSUER, "sluice", &access);
    ck_assert_int_eq(
        jwt_verify(set, &jwt_access, token, strlen(token), &claims), JWT_OK);
    ck_assert_int_eq(access_parse(claims, ISSUER, "sluice", &read), SLUICE_OK);
    ck_assert_int_eq(read.auth_time, at);
    free(token);
    jwk_set_free(set);

    return claims;
}


START_TEST(a_token_says_when_and_by_what_its_user_was_known)
{
    json_t *amr, *claims = authenticated(NOW - 9, ACCESS_PWD);

    amr = json_object_get(claims, "amr");
    ck_assert_uint_eq(json_array_size(amr), 1);
    ck_assert_str_eq(json_string_value(json_array_get(amr, 0)), "pwd");
    ck_assert_str_eq(json_string_value(json_object_get(claims, "acr")), "aal1");
    ck_assert_int_eq(json_integer_value(json_object_get(claims, "auth_time")),
                     NOW - 9);
    json_decref(claims);

    claims = authenticated(NOW, access_amr("pwd") | access_amr("otp")
                                    | access_amr("mfa") | access_amr("face"));
    amr = json_object_get(claims, "amr");
    ck_assert_uint_eq(json_array_size(amr), 3);
    ck_assert_str_eq(json_string_value(json_array_get(amr, 1)), "otp");
    ck_assert_str_eq(json_string_value(json_array_get(amr, 2)), "mfa");
    ck_assert_str_eq(json_string_value(json_object_get(claims, "acr")), "aal2");
    json_decref(claims);

    claims = authenticated(0, ACCESS_PWD);
    ck_assert_ptr_null(json_object_get(claims, "auth_time"));
    ck_assert_ptr_null(json_object_get(claims, "amr"));
    ck_assert_ptr_null(json_object_get(claims, "acr"));
    json_decref(claims);
}
END_TEST


START_TEST(what_is_signed_is_read_back)
{
    jwk_set_t *set = keys_parse(KEYS_BOTH);
    char *token = access_sign(set, 0, ISSUER, "sluice", &editor);
    json_t *claims;
    access_t access;

    ck_assert_ptr_nonnull(token);
    ck_assert_int_eq(
        jwt_verify(set, &jwt_access, token, strlen(token), &claims), JWT_OK);
    ck_assert_int_eq(access_parse(claims, ISSUER, "sluice", &access),
                     SLUICE_OK);
    ck_assert_str_eq(access.sub, SUB);
    ck_assert_str_eq(access.sid, SID);
    ck_assert_int_eq(access.role, ROLE_EDITOR);
    ck_assert_int_eq(access.iat, NOW);
    ck_assert_int_eq(access.exp, NOW + 60);
    json_decref(claims);
    free(token);
    jwk_set_free(set);
}
END_TEST


START_TEST(each_token_has_its_own_jti)
{
    jwk_set_t *set = keys_parse(KEYS_BOTH);
    json_t *claims[2];
    char *token;
    int i;

    for (i = 0; i < 2; i++) {
        token = access_sign(set, 0, ISSUER, "sluice", &editor);
        ck_assert_int_eq(
            jwt_verify(set, &jwt_access, token, strlen(token), &claims[i]),
            JWT_OK);
        free(token);
    }

    ck_assert_str_ne(json_string_value(json_object_get(claims[0], "jti")),
                     json_string_value(json_object_get(claims[1], "jti")));
    json_decref(claims[1]);
    json_decref(claims[0]);
    jwk_set_free(set);
}
END_TEST


START_TEST(nobody_without_a_role_gets_a_token)
{
    jwk_set_t *set = keys_parse(KEYS_BOTH);
    access_t access = editor;

    access.role = ROLE_NONE;
    ck_assert_ptr_null(access_sign(set, 0, ISSUER, "sluice", &access));
    jwk_set_free(set);
}
END_TEST


START_TEST(without_a_private_key_nothing_is_signed)
{
    jwk_set_t *set = keys_parse("{\"keys\":[" KEYS_OCT "," KEYS_EC_PUBLIC "]}");

    ck_assert_ptr_null(access_sign(set, 0, ISSUER, "sluice", &editor));
    jwk_set_free(set);
}
END_TEST


START_TEST(a_link_is_no_newer_than_the_foreign_token_that_made_it)
{
    access_t access = editor;

    ck_assert_int_eq(access_link_iat(&access, NOW + 9), NOW + 9);
    access.foreign = 1;
    ck_assert_int_eq(access_link_iat(&access, NOW + 9), NOW);
    ck_assert_int_eq(access_link_iat(&access, NOW - 9), NOW - 9);
    access.iat = 0; /* it does not say */
    ck_assert_int_eq(access_link_iat(&access, NOW + 9), NOW + 9);
}
END_TEST


START_TEST(roles_have_names)
{
    ck_assert_str_eq(role_name(ROLE_VIEWER), "viewer");
    ck_assert_str_eq(role_name(ROLE_ADMIN), "admin");
    ck_assert_str_eq(role_name((role_t) 99), "none");
    ck_assert_int_eq(role_from_name("editor and more", 6), ROLE_EDITOR);
    ck_assert_int_eq(role_from_name("", 0), ROLE_NONE);
}
END_TEST


RUN("core/access", all_claims_are_read, every_claim_is_required,
    claims_of_the_wrong_type_are_refused, another_issuer_is_refused,
    an_audience_of_several_may_name_us, an_audience_without_us_is_refused,
    user_and_session_must_be_uuids, a_role_must_be_one_of_three,
    at_exp_it_is_over, before_nbf_it_is_not_valid, a_role_holds_those_below_it,
    an_expired_token_says_so_before_its_role,
    who_is_enrolling_is_so_by_his_token_alone,
    an_authentication_is_fresh_for_so_long,
    a_token_says_when_and_by_what_its_user_was_known,
    what_is_signed_is_read_back, each_token_has_its_own_jti,
    nobody_without_a_role_gets_a_token, without_a_private_key_nothing_is_signed,
    a_link_is_no_newer_than_the_foreign_token_that_made_it, roles_have_names)
