#include <stdio.h>
#include <string.h>
#include "core/grant/issuer.h"
#include "core/jose/base64url.h"
#include "tests/unit/suite.h"

#define NOW 1800000000
#define POOL "https://cognito-idp.eu-west-3.amazonaws.com/eu-west-3_Ab1"
#define REALM "https://id.example/realms/films"
#define BALANCER \
    "arn:aws:elasticloadbalancing:eu-west-3:123456789012:loadbalancer/app/a/1"
#define SUB "aaaaaaaa-bbbb-cccc-dddd-example"

static const issuer_t cognito = {
    POOL, "1example23456789", "cognito:groups", NULL, "admin", "editor", 0
};
static const issuer_t keycloak = { REALM, "sluice",     "realm_access.roles",
                                   NULL,  "films-boss", "films-staff",
                                   0 };
static const issuer_t auth0 = { "https://films.eu.auth0.com/",
                                "https://api.films.example",
                                "https://films.example/roles",
                                NULL,
                                "admin",
                                "editor",
                                0 };
static const issuer_t generic = {
    "https://op.example", "sluice", "scope", NULL, "admin", "editor", 0
};
static const issuer_t balancer = {
    POOL, "1example23456789", "custom:role", BALANCER, "admin", "editor", 0
};

/* As their makers' documentation shows them. */
static const char cognito_claims[] =
    "{'sub':'" SUB "','cognito:groups':['admin','x'],'iss':'" POOL "',"
    "'client_id':'1example23456789','origin_jti':'o-1','token_use':'access',"
    "'scope':'openid','auth_time':1799999990,'exp':1800003600,"
    "'iat':1800000000,'jti':'j-1','username':'ana'}";

static const char keycloak_claims[] =
    "{'exp':1800000300,'iat':1800000000,'jti':'j-2','iss':'" REALM "',"
    "'aud':['sluice','account'],'sub':'" SUB "','typ':'Bearer','azp':'web',"
    "'sid':'s-2','nonce':'n','realm_access':{'roles':['films-staff','x']},"
    "'scope':'openid email','email_verified':true,'name':'Ana Lima',"
    "'preferred_username':'ana','email':'ana@films.example'}";

static const char auth0_claims[] =
    "{'https://films.example/roles':['editor'],"
    "'iss':'https://films.eu.auth0.com/','sub':'auth0|123','azp':'c',"
    "'aud':['https://api.films.example','https://films.eu.auth0.com/userinfo'],"
    "'iat':1800000000,'exp':1800086400,'scope':'openid profile'}";

static const char generic_claims[] =
    "{'iss':'https://op.example','sub':'7','aud':'sluice','exp':1800000060,"
    "'scope':'openid editor'}";

static const char balancer_header[] =
    "{'alg':'ES256','typ':'JWT','kid':'k','signer':'" BALANCER "',"
    "'iss':'" POOL "','client':'1example23456789','exp':1800000120}";
static const char balancer_claims[] =
    "{'sub':'" SUB "','email':'ana@films.example','email_verified':'true',"
    "'username':'ana','custom:role':'editor','exp':1800000100,"
    "'iss':'" POOL "'}";


/* JSON with the quotes of C's other kind. */
static json_t *
load(const char *text)
{
    char json[2048];
    json_t *value;
    size_t i;

    for (i = 0; text[i] != '\0'; i++) {
        ck_assert_uint_lt(i, sizeof(json) - 1);
        json[i] = (text[i] == '\'') ? '"' : text[i];
    }

    value = json_loadb(json, i, JSON_DECODE_ANY, NULL);
    ck_assert_msg(value != NULL, "%s", text);

    return value;
}


/* `value` NULL takes the member out, else it is its JSON text. */
static void
change(json_t *object, const char *name, const char *value)
{
    if (name == NULL) {
        return;
    }

    if (value == NULL) {
        (void) json_object_del(object, name);
        return;
    }

    ck_assert_int_eq(json_object_set_new(object, name, load(value)), 0);
}


static sluice_status_t
parse(const issuer_t *issuer, const char *header, const char *text,
      const char *name, const char *value, access_t *access)
{
    json_t *head = load(header), *claims = load(text);
    sluice_status_t status;

    memset(access, 0x55, sizeof(access_t));
    change(claims, name, value);

    status = issuer_parse(issuer, head, claims, access);

    json_decref(head);
    json_decref(claims);

    return status;
}


static sluice_status_t
with(const issuer_t *issuer, const char *text, const char *name,
     const char *value)
{
    access_t access;

    return parse(issuer, "{'alg':'RS256'}", text, name, value, &access);
}


static role_t
role_with(const issuer_t *issuer, const char *text, const char *name,
          const char *value)
{
    access_t access;

    ck_assert_int_eq(
        parse(issuer, "{'alg':'RS256'}", text, name, value, &access),
        SLUICE_OK);

    return access.role;
}


static sluice_status_t
balanced(const char *in_header, const char *in_claims, const char *value,
         access_t *access)
{
    json_t *head = load(balancer_header), *claims = load(balancer_claims);
    sluice_status_t status;

    change(head, in_header, value);
    change(claims, in_claims, value);

    status = issuer_parse(&balancer, head, claims, access);

    json_decref(head);
    json_decref(claims);

    return status;
}


START_TEST(a_token_of_cognito_is_read)
{
    access_t access;

    ck_assert_int_eq(parse(&cognito, "{}", cognito_claims, NULL, NULL, &access),
                     SLUICE_OK);
    ck_assert_str_eq(access.sub, "b01d9363-c57b-5bc5-a5fa-5298e4406cd0");
    ck_assert_str_eq(access.sid, "56e27f02-6ef8-5ac9-b45f-3ad27b9e3466");
    ck_assert_int_eq(access.role, ROLE_ADMIN);
    ck_assert_int_eq(access.foreign, 1);
    ck_assert_int_eq(access.iat, NOW);
    ck_assert_int_eq(access.exp, NOW + 3600);
    ck_assert_int_eq(access.nbf, 0);
}
END_TEST


START_TEST(a_token_of_keycloak_is_read)
{
    access_t access;

    ck_assert_int_eq(
        parse(&keycloak, "{}", keycloak_claims, NULL, NULL, &access),
        SLUICE_OK);
    ck_assert_int_eq(access.role, ROLE_EDITOR);
    ck_assert_int_eq(access.exp, NOW + 300);
}
END_TEST


START_TEST(a_token_of_auth0_is_read)
{
    ck_assert_int_eq(role_with(&auth0, auth0_claims, NULL, NULL), ROLE_EDITOR);
}
END_TEST


START_TEST(a_token_of_any_issuer_is_read)
{
    access_t access;

    ck_assert_int_eq(parse(&generic, "{}", generic_claims, NULL, NULL, &access),
                     SLUICE_OK);
    ck_assert_int_eq(access.role, ROLE_EDITOR);
    ck_assert_int_eq(access.iat, 0);
    ck_assert_str_eq(access.sid, "");
}
END_TEST


START_TEST(what_a_user_needs_is_required)
{
    ck_assert_int_eq(with(&generic, generic_claims, "iss", NULL),
                     SLUICE_TOKEN_INVALID);
    ck_assert_int_eq(with(&generic, generic_claims, "sub", NULL),
                     SLUICE_TOKEN_INVALID);
    ck_assert_int_eq(with(&generic, generic_claims, "aud", NULL),
                     SLUICE_TOKEN_INVALID);
    ck_assert_int_eq(with(&generic, generic_claims, "exp", NULL),
                     SLUICE_TOKEN_INVALID);
    ck_assert_int_eq(with(&cognito, cognito_claims, "client_id", NULL),
                     SLUICE_TOKEN_INVALID);
}
END_TEST


START_TEST(times_must_be_numbers)
{
    ck_assert_int_eq(with(&generic, generic_claims, "exp", "'1800000060'"),
                     SLUICE_TOKEN_INVALID);
    ck_assert_int_eq(with(&generic, generic_claims, "iat", "null"),
                     SLUICE_TOKEN_INVALID);
    ck_assert_int_eq(with(&generic, generic_claims, "nbf", "'0'"),
                     SLUICE_TOKEN_INVALID);
}
END_TEST


/* It opens nothing by itself: where it is asked for, none is not enough. */
START_TEST(when_its_user_was_known_is_read_where_it_is_told)
{
    size_t i;
    access_t access;
    static const char *const others[] = { "null", "'1799999990'", "-1", "{}" };

    ck_assert_int_eq(parse(&cognito, "{}", cognito_claims, NULL, NULL, &access),
                     SLUICE_OK);
    ck_assert_int_eq(access.auth_time, NOW - 10);
    ck_assert_int_eq(
        parse(&keycloak, "{}", keycloak_claims, NULL, NULL, &access),
        SLUICE_OK);
    ck_assert_int_eq(access.auth_time, 0);

    for (i = 0; i < COUNT(others); i++) {
        ck_assert_int_eq(parse(&cognito, "{}", cognito_claims, "auth_time",
                               others[i], &access),
                         SLUICE_OK);
        ck_assert_int_eq(access_fresh(&access, 900, NOW),
                         SLUICE_AUTHENTICATION_TOO_OLD);
    }
}
END_TEST


START_TEST(the_time_it_begins_at_is_kept_but_for_a_leeway)
{
    issuer_t late = generic;
    access_t access;

    ck_assert_int_eq(
        parse(&generic, "{}", generic_claims, "nbf", "1800000030", &access),
        SLUICE_OK);
    ck_assert_int_eq(access.nbf, NOW + 30);

    late.leeway = 60;
    ck_assert_int_eq(
        parse(&late, "{}", generic_claims, "nbf", "1800000030", &access),
        SLUICE_OK);
    ck_assert_int_eq(access.nbf, NOW - 30);
}
END_TEST


START_TEST(another_issuer_is_refused)
{
    ck_assert_int_eq(with(&cognito, cognito_claims, "iss", "'" POOL "/'"),
                     SLUICE_TOKEN_INVALID);
    ck_assert_int_eq(with(&cognito, cognito_claims, "iss", "['" POOL "']"),
                     SLUICE_TOKEN_INVALID);
}
END_TEST


START_TEST(another_audience_is_refused)
{
    ck_assert_int_eq(with(&generic, generic_claims, "aud", "'sluic'"),
                     SLUICE_TOKEN_INVALID);
    ck_assert_int_eq(with(&generic, generic_claims, "aud", "['x']"),
                     SLUICE_TOKEN_INVALID);
    ck_assert_int_eq(with(&cognito, cognito_claims, "client_id", "'x'"),
                     SLUICE_TOKEN_INVALID);
}
END_TEST


START_TEST(an_audience_does_not_stand_in_for_the_client_of_cognito)
{
    json_t *claims = load(cognito_claims), *header = json_object();
    access_t access;

    change(claims, "client_id", "'x'");
    change(claims, "aud", "'1example23456789'");
    ck_assert_int_eq(issuer_parse(&cognito, header, claims, &access),
                     SLUICE_TOKEN_INVALID);
    json_decref(claims);
    json_decref(header);
}
END_TEST


START_TEST(an_id_token_of_cognito_is_refused)
{
    ck_assert_int_eq(with(&cognito, cognito_claims, "token_use", "'id'"),
                     SLUICE_TOKEN_INVALID);
    ck_assert_int_eq(with(&cognito, cognito_claims, "token_use", "null"),
                     SLUICE_TOKEN_INVALID);
}
END_TEST


START_TEST(other_tokens_of_keycloak_are_refused)
{
    static const char *const types[] = { "'ID'",     "'Refresh'", "'Offline'",
                                         "'Logout'", "'DPoP'",    "null" };
    size_t i;

    for (i = 0; i < COUNT(types); i++) {
        ck_assert_msg(with(&keycloak, keycloak_claims, "typ", types[i])
                          == SLUICE_TOKEN_INVALID,
                      "%s", types[i]);
    }
}
END_TEST


START_TEST(what_only_id_tokens_have_is_refused)
{
    static const char *const names[] = { "nonce", "at_hash", "c_hash" };
    size_t i;

    for (i = 0; i < COUNT(names); i++) {
        ck_assert_msg(with(&generic, generic_claims, names[i], "'x'")
                          == SLUICE_TOKEN_INVALID,
                      "%s", names[i]);
    }
}
END_TEST


START_TEST(a_token_that_says_what_it_is_may_have_a_nonce)
{
    access_t access;

    ck_assert_int_eq(parse(&generic, "{'typ':'application/at+JWT'}",
                           generic_claims, "nonce", "'x'", &access),
                     SLUICE_OK);
}
END_TEST


START_TEST(a_logout_token_is_refused)
{
    ck_assert_int_eq(with(&generic, generic_claims, "events", "{}"),
                     SLUICE_TOKEN_INVALID);
}
END_TEST


START_TEST(a_subject_has_at_most_255_bytes)
{
    char sub[ISSUER_SUB_MAX + 4];

    memset(sub, 'x', sizeof(sub));
    sub[0] = '\'';
    sub[ISSUER_SUB_MAX + 1] = '\'';
    sub[ISSUER_SUB_MAX + 2] = '\0';
    ck_assert_int_eq(with(&generic, generic_claims, "sub", sub), SLUICE_OK);

    sub[ISSUER_SUB_MAX + 1] = 'x';
    sub[ISSUER_SUB_MAX + 2] = '\'';
    sub[ISSUER_SUB_MAX + 3] = '\0';
    ck_assert_int_eq(with(&generic, generic_claims, "sub", sub),
                     SLUICE_TOKEN_INVALID);
}
END_TEST


START_TEST(a_subject_is_a_text_with_something_in_it)
{
    ck_assert_int_eq(with(&generic, generic_claims, "sub", "''"),
                     SLUICE_TOKEN_INVALID);
    ck_assert_int_eq(with(&generic, generic_claims, "sub", "7"),
                     SLUICE_TOKEN_INVALID);
}
END_TEST


START_TEST(the_same_subject_of_two_issuers_is_two_users)
{
    access_t a, b;
    issuer_t other = generic;

    other.url = "https://op.example/";
    ck_assert_int_eq(parse(&generic, "{}", generic_claims, NULL, NULL, &a),
                     SLUICE_OK);
    ck_assert_int_eq(
        parse(&other, "{}", generic_claims, "iss", "'https://op.example/'", &b),
        SLUICE_OK);
    ck_assert_str_ne(a.sub, b.sub);
}
END_TEST


START_TEST(a_subject_that_is_a_uuid_does_not_become_that_user)
{
    access_t access;

    ck_assert_int_eq(parse(&generic, "{}", generic_claims, "sub",
                           "'0190a5d0-0000-7000-8000-000000000001'", &access),
                     SLUICE_OK);
    ck_assert_str_ne(access.sub, "0190a5d0-0000-7000-8000-000000000001");
}
END_TEST


START_TEST(the_session_is_cognitos_before_the_others)
{
    access_t a, b;

    ck_assert_int_eq(parse(&cognito, "{}", cognito_claims, "sid", "'o-2'", &a),
                     SLUICE_OK);
    ck_assert_int_eq(
        parse(&cognito, "{}", cognito_claims, "origin_jti", "'o-2'", &b),
        SLUICE_OK);
    ck_assert_str_eq(a.sid, "56e27f02-6ef8-5ac9-b45f-3ad27b9e3466");
    ck_assert_str_ne(a.sid, b.sid);
}
END_TEST


START_TEST(the_highest_group_counts)
{
    ck_assert_int_eq(role_with(&cognito, cognito_claims, "cognito:groups",
                               "['editor','admin','viewer']"),
                     ROLE_ADMIN);
    ck_assert_int_eq(
        role_with(&cognito, cognito_claims, "cognito:groups", "['x','editor']"),
        ROLE_EDITOR);
}
END_TEST


START_TEST(without_a_group_of_ours_one_is_a_viewer)
{
    static const char *const groups[] = { NULL,          "[]",
                                          "['Admin']",   "[['admin']]",
                                          "{'admin':1}", "'administrator adm'",
                                          "7",           "''" };
    size_t i;

    for (i = 0; i < COUNT(groups); i++) {
        ck_assert_msg(
            role_with(&cognito, cognito_claims, "cognito:groups", groups[i])
                == ROLE_VIEWER,
            "%s", groups[i] ? groups[i] : "none");
    }
}
END_TEST


START_TEST(groups_may_be_a_text_with_blanks)
{
    ck_assert_int_eq(role_with(&generic, generic_claims, "scope", "'admin'"),
                     ROLE_ADMIN);
    ck_assert_int_eq(
        role_with(&generic, generic_claims, "scope", "'a  editor admin '"),
        ROLE_ADMIN);
}
END_TEST


START_TEST(the_issuer_s_names_of_groups_count)
{
    ck_assert_int_eq(role_with(&keycloak, keycloak_claims, "realm_access",
                               "{'roles':['admin','editor']}"),
                     ROLE_VIEWER);
    ck_assert_int_eq(role_with(&keycloak, keycloak_claims, "realm_access",
                               "{'roles':['films-boss']}"),
                     ROLE_ADMIN);
}
END_TEST


START_TEST(a_claim_of_that_very_name_comes_before_a_path)
{
    ck_assert_int_eq(role_with(&keycloak, keycloak_claims, "realm_access.roles",
                               "['films-boss']"),
                     ROLE_ADMIN);
}
END_TEST


START_TEST(a_name_within_a_path_may_have_dots)
{
    issuer_t issuer = generic;

    issuer.roles_claim = "resource_access.my.client.roles";
    ck_assert_int_eq(role_with(&issuer, generic_claims, "resource_access",
                               "{'my.client':{'roles':['admin']}}"),
                     ROLE_ADMIN);
}
END_TEST


START_TEST(a_load_balancer_s_word_is_read)
{
    access_t access;

    ck_assert_int_eq(balanced(NULL, NULL, NULL, &access), SLUICE_OK);
    ck_assert_str_eq(access.sub, "b01d9363-c57b-5bc5-a5fa-5298e4406cd0");
    ck_assert_int_eq(access.role, ROLE_EDITOR);
    ck_assert_int_eq(access.foreign, 1);
}
END_TEST


START_TEST(a_load_balancer_is_known_by_its_name)
{
    static const char *const names[] = { "signer", "iss", "client" };
    access_t access;
    size_t i;

    for (i = 0; i < COUNT(names); i++) {
        ck_assert_msg(balanced(names[i], NULL, "'x'", &access)
                          == SLUICE_TOKEN_INVALID,
                      "%s", names[i]);
        ck_assert_msg(balanced(names[i], NULL, NULL, &access)
                          == SLUICE_TOKEN_INVALID,
                      "no %s", names[i]);
    }
}
END_TEST


START_TEST(a_load_balancer_s_claims_name_no_other_issuer)
{
    access_t access;

    ck_assert_int_eq(balanced(NULL, "iss", "'https://op.example'", &access),
                     SLUICE_TOKEN_INVALID);
    ck_assert_int_eq(balanced(NULL, "iss", NULL, &access), SLUICE_OK);
}
END_TEST


START_TEST(of_a_load_balancer_s_two_ends_the_first_counts)
{
    access_t access;

    ck_assert_int_eq(balanced(NULL, NULL, NULL, &access), SLUICE_OK);
    ck_assert_int_eq(access.exp, NOW + 100);
    ck_assert_int_eq(balanced("exp", NULL, "1800000090", &access), SLUICE_OK);
    ck_assert_int_eq(access.exp, NOW + 90);
    ck_assert_int_eq(balanced(NULL, "exp", NULL, &access), SLUICE_OK);
    ck_assert_int_eq(access.exp, NOW + 120);
}
END_TEST


START_TEST(a_load_balancer_s_header_must_end)
{
    access_t access;

    ck_assert_int_eq(balanced("exp", NULL, NULL, &access),
                     SLUICE_TOKEN_INVALID);
    ck_assert_int_eq(balanced(NULL, "exp", "'soon'", &access),
                     SLUICE_TOKEN_INVALID);
}
END_TEST


START_TEST(a_person_has_a_name_and_an_address)
{
    json_t *claims = load(keycloak_claims);
    issuer_person_t person;

    issuer_person(claims, &person);
    ck_assert_str_eq(person.subject, SUB);
    ck_assert_str_eq(person.email, "ana@films.example");
    ck_assert_str_eq(person.name, "Ana Lima");
    json_decref(claims);
}
END_TEST


START_TEST(a_person_without_a_name_has_a_user_name)
{
    json_t *claims = load(keycloak_claims);
    issuer_person_t person;

    change(claims, "name", "'a\\nb'");
    issuer_person(claims, &person);
    ck_assert_str_eq(person.name, "ana");

    change(claims, "name", "'a\\u0085b'");
    issuer_person(claims, &person);
    ck_assert_str_eq(person.name, "ana");
    json_decref(claims);
}
END_TEST


START_TEST(an_address_that_cannot_be_is_none)
{
    static const char *const emails[] = { "'ana'",   "'@x'",     "'ana@'",
                                          "'a@b@c'", "'a b@c'",  "'a@.c'",
                                          "'a@c.'",  "'a\\n@c'", "7",
                                          "'<a@c>'", NULL };
    json_t *claims;
    issuer_person_t person;
    size_t i;

    for (i = 0; i < COUNT(emails); i++) {
        claims = load(keycloak_claims);
        change(claims, "email", emails[i]);
        issuer_person(claims, &person);
        ck_assert_msg(person.email == NULL, "%s", emails[i]);
        json_decref(claims);
    }
}
END_TEST


START_TEST(an_address_that_nobody_verified_is_none)
{
    static const char *const words[] = { "false", "'false'", "null", "1" };
    json_t *claims;
    issuer_person_t person;
    size_t i;

    for (i = 0; i < COUNT(words); i++) {
        claims = load(keycloak_claims);
        change(claims, "email_verified", words[i]);
        issuer_person(claims, &person);
        ck_assert_msg(person.email == NULL, "%s", words[i]);
        json_decref(claims);
    }
}
END_TEST


/* header.payload.signature of these JSON texts; to free(). */
static char *
compact(const char *header, const char *claims, int padded)
{
    json_t *parts[] = { load(header), load(claims) };
    char *token = calloc(1, 4096), *p = token, *text;
    size_t i, n;

    for (i = 0; i < COUNT(parts); i++) {
        text = json_dumps(parts[i], JSON_COMPACT);
        n = base64url_encode(p, text, strlen(text));
        for (p += n; padded && n % 4 != 0; n++) {
            *p++ = '=';
        }
        *p++ = '.';
        free(text);
        json_decref(parts[i]);
    }

    *p = 'x';

    return token;
}


static int
wants(const issuer_t *issuer, const char *header, const char *claims, char *kid)
{
    char *token = compact(header, claims, issuer->signer != NULL);
    int rc;

    rc = issuer_wants(issuer, token, strlen(token), kid);
    free(token);

    return rc;
}


START_TEST(an_unknown_token_tells_which_key_it_needs)
{
    char kid[JWK_KID_MAX + 1];

    ck_assert_int_eq(wants(&cognito, "{'alg':'RS256','kid':'a/b=+_-:1'}",
                           cognito_claims, kid),
                     1);
    ck_assert_str_eq(kid, "a/b=+_-:1");
}
END_TEST


START_TEST(a_padded_token_of_a_load_balancer_tells_it_too)
{
    char kid[JWK_KID_MAX + 1];

    ck_assert_int_eq(wants(&balancer, balancer_header, balancer_claims, kid),
                     1);
    ck_assert_str_eq(kid, "k");
}
END_TEST


START_TEST(nobody_asks_for_a_key_of_another_issuer)
{
    char kid[JWK_KID_MAX + 1];

    ck_assert_int_eq(wants(&keycloak, "{'kid':'a'}", cognito_claims, kid), 0);
    ck_assert_int_eq(wants(&balancer, "{'kid':'a'}", cognito_claims, kid), 0);
}
END_TEST


START_TEST(nobody_asks_for_a_key_without_a_plain_name)
{
    static const char *const headers[] = { "{}",
                                           "{'kid':''}",
                                           "{'kid':7}",
                                           "{'kid':'a b'}",
                                           "{'kid':'a\\\\b'}",
                                           "{'kid':'\\u00e9'}",
                                           "{'kid':'a\\r\\n'}",
                                           "{'kid':'a\\u0022'}" };
    char kid[JWK_KID_MAX + 1];
    size_t i;

    for (i = 0; i < COUNT(headers); i++) {
        ck_assert_msg(wants(&cognito, headers[i], cognito_claims, kid) == 0,
                      "%s", headers[i]);
    }
}
END_TEST


START_TEST(a_name_of_a_key_has_at_most_128_characters)
{
    char header[256], kid[JWK_KID_MAX + 1];

    (void) snprintf(header, sizeof(header), "{'kid':'%0128d'}", 0);
    ck_assert_int_eq(wants(&cognito, header, cognito_claims, kid), 1);
    (void) snprintf(header, sizeof(header), "{'kid':'%0129d'}", 0);
    ck_assert_int_eq(wants(&cognito, header, cognito_claims, kid), 0);
}
END_TEST


START_TEST(what_is_no_token_asks_for_nothing)
{
    static const char *const texts[] = {
        "", ".", "..", "a.b.c", "e30", "e30.", "e30.e30.", "bnVsbA.bnVsbA.x"
    };
    char kid[JWK_KID_MAX + 1];
    size_t i;

    for (i = 0; i < COUNT(texts); i++) {
        ck_assert_msg(issuer_wants(&cognito, texts[i], strlen(texts[i]), kid)
                          == 0,
                      "%s", texts[i]);
    }
}
END_TEST


RUN("core/issuer", a_token_of_cognito_is_read, a_token_of_keycloak_is_read,
    a_token_of_auth0_is_read, a_token_of_any_issuer_is_read,
    what_a_user_needs_is_required, times_must_be_numbers,
    when_its_user_was_known_is_read_where_it_is_told,
    the_time_it_begins_at_is_kept_but_for_a_leeway, another_issuer_is_refused,
    another_audience_is_refused,
    an_audience_does_not_stand_in_for_the_client_of_cognito,
    an_id_token_of_cognito_is_refused, other_tokens_of_keycloak_are_refused,
    what_only_id_tokens_have_is_refused,
    a_token_that_says_what_it_is_may_have_a_nonce, a_logout_token_is_refused,
    a_subject_has_at_most_255_bytes, a_subject_is_a_text_with_something_in_it,
    the_same_subject_of_two_issuers_is_two_users,
    a_subject_that_is_a_uuid_does_not_become_that_user,
    the_session_is_cognitos_before_the_others, the_highest_group_counts,
    without_a_group_of_ours_one_is_a_viewer, groups_may_be_a_text_with_blanks,
    the_issuer_s_names_of_groups_count,
    a_claim_of_that_very_name_comes_before_a_path,
    a_name_within_a_path_may_have_dots, a_load_balancer_s_word_is_read,
    a_load_balancer_is_known_by_its_name,
    a_load_balancer_s_claims_name_no_other_issuer,
    of_a_load_balancer_s_two_ends_the_first_counts,
    a_load_balancer_s_header_must_end, a_person_has_a_name_and_an_address,
    a_person_without_a_name_has_a_user_name, an_address_that_cannot_be_is_none,
    an_address_that_nobody_verified_is_none,
    an_unknown_token_tells_which_key_it_needs,
    a_padded_token_of_a_load_balancer_tells_it_too,
    nobody_asks_for_a_key_of_another_issuer,
    nobody_asks_for_a_key_without_a_plain_name,
    a_name_of_a_key_has_at_most_128_characters,
    what_is_no_token_asks_for_nothing)
