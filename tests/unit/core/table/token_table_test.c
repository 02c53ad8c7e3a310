#include <stdio.h>
#include <string.h>
#include "core/grant/service_key.h"
#include "core/table/token_table.h"
#include "tests/unit/suite.h"

#define HS256_LEN 43
#define ES256_LEN 86


/* "h.<n>.<signature>": its look is all that the table knows of a token. */
static size_t
make_token(char *token, unsigned n, size_t signature_len)
{
    size_t start;

    start = (size_t) sprintf(token, "h.%u.", n);
    memset(token + start, 'A', signature_len);
    token[start + (size_t) sprintf(token + start, "%08x", n * 2654435761U)] =
        'A';
    token[start + signature_len] = '\0';

    return start + signature_len;
}


static token_t
make_grant(int64_t exp, const char *path)
{
    token_t claims;

    memset(&claims, 0, sizeof(claims));
    claims.kind = TOKEN_GRANT;
    claims.u.grant.exp = exp;
    claims.u.grant.methods = GRANT_GET;
    claims.u.grant.path.len = (uint16_t) strlen(path);
    strcpy(claims.u.grant.text, path);
    claims.u.grant.jti.at = (uint16_t) (claims.u.grant.path.len + 1);
    claims.u.grant.jti.len = 3;
    strcpy(claims.u.grant.text + claims.u.grant.jti.at, "one");
    claims.u.grant.text_len = (size_t) claims.u.grant.jti.at + 4;

    return claims;
}


static token_t
make_access(int64_t exp)
{
    token_t claims;

    memset(&claims, 0, sizeof(claims));
    claims.kind = TOKEN_ACCESS;
    claims.u.access.exp = exp;
    claims.u.access.role = ROLE_EDITOR;

    return claims;
}


static const char *
path_of(const token_t *claims)
{
    return grant_text(&claims->u.grant, claims->u.grant.path);
}


static const token_t *
find(token_table_t *table, const char *token)
{
    return token_table_find(table, TOKEN_GRANT, token, strlen(token));
}


static void
put(token_table_t *table, const char *token, int64_t exp)
{
    token_t claims = make_grant(exp, "/a");

    ck_assert_ptr_nonnull(
        token_table_put(table, token, strlen(token), &claims));
}


START_TEST(an_empty_table_finds_nothing)
{
    token_table_t *table = token_table_create(16);
    char token[128], zeros[128] = "";

    make_token(token, 1, HS256_LEN);
    ck_assert_ptr_null(find(table, token));
    ck_assert_ptr_null(token_table_find(table, TOKEN_GRANT, zeros, 100));
    token_table_free(table);
}
END_TEST


START_TEST(a_grant_is_found_with_its_claims)
{
    token_table_t *table = token_table_create(16);
    token_t claims = make_grant(7, "/a/b/");
    const token_t *found;
    char token[128];
    size_t len = make_token(token, 1, HS256_LEN);

    ck_assert_ptr_nonnull(token_table_put(table, token, len, &claims));
    found = token_table_find(table, TOKEN_GRANT, token, len);
    ck_assert_ptr_nonnull(found);
    ck_assert_int_eq(found->kind, TOKEN_GRANT);
    ck_assert_int_eq(found->u.grant.exp, 7);
    ck_assert_uint_eq(found->u.grant.methods, GRANT_GET);
    ck_assert_str_eq(path_of(found), "/a/b/");
    ck_assert_str_eq(grant_text(&found->u.grant, found->u.grant.jti), "one");
    token_table_free(table);
}
END_TEST


/* A service account's key has no dots: its signature begins where its form says
   so, and what is as long and of another kind is none. */
START_TEST(a_key_is_found_with_its_claims)
{
    token_table_t *table = token_table_create(16);
    token_t claims = make_access(7);
    const token_t *found;
    char token[SERVICE_KEY_SIZE];

    memset(token, 'A', SERVICE_KEY_LEN);
    claims.kind = TOKEN_KEY;
    claims.u.access.scopes = SCOPE_MEDIA_READ;
    ck_assert_ptr_nonnull(
        token_table_put(table, token, SERVICE_KEY_LEN, &claims));

    found = token_table_find(table, TOKEN_KEY, token, SERVICE_KEY_LEN);
    ck_assert_ptr_nonnull(found);
    ck_assert_uint_eq(found->u.access.scopes, SCOPE_MEDIA_READ);
    ck_assert_ptr_null(
        token_table_find(table, TOKEN_ACCESS, token, SERVICE_KEY_LEN));
    ck_assert_ptr_null(
        token_table_find(table, TOKEN_KEY, token, SERVICE_KEY_LEN - 1));

    token[SERVICE_KEY_LEN - 1] = 'B';
    ck_assert_ptr_null(
        token_table_find(table, TOKEN_KEY, token, SERVICE_KEY_LEN));
    token_table_free(table);
}
END_TEST


START_TEST(an_access_token_is_found_with_its_claims)
{
    token_table_t *table = token_table_create(16);
    token_t claims = make_access(7);
    const token_t *found;
    char token[128];
    size_t len = make_token(token, 1, ES256_LEN);

    ck_assert_ptr_nonnull(token_table_put(table, token, len, &claims));
    found = token_table_find(table, TOKEN_ACCESS, token, len);
    ck_assert_ptr_nonnull(found);
    ck_assert_int_eq(found->u.access.exp, 7);
    ck_assert_int_eq(found->u.access.role, ROLE_EDITOR);
    token_table_free(table);
}
END_TEST


START_TEST(putting_gives_the_claims_back)
{
    token_table_t *table = token_table_create(16);
    token_t claims = make_grant(7, "/a");
    char token[128];
    size_t len = make_token(token, 1, HS256_LEN);

    ck_assert_ptr_eq(token_table_put(table, token, len, &claims),
                     token_table_find(table, TOKEN_GRANT, token, len));
    token_table_free(table);
}
END_TEST


START_TEST(one_kind_is_not_found_as_the_other)
{
    token_table_t *table = token_table_create(16);
    token_t claims = make_grant(7, "/a");
    char token[128];

    memset(token, 'A', sizeof(token));
    token[40] = '.';

    ck_assert_ptr_nonnull(
        token_table_put(table, token, sizeof(token), &claims));
    ck_assert_ptr_nonnull(
        token_table_find(table, TOKEN_GRANT, token, sizeof(token)));
    ck_assert_ptr_null(
        token_table_find(table, TOKEN_ACCESS, token, sizeof(token)));
    ck_assert_ptr_null(
        token_table_find(table, TOKEN_BALANCED, token, sizeof(token)));
    token_table_free(table);
}
END_TEST


START_TEST(a_token_that_differs_anywhere_is_another)
{
    token_table_t *table = token_table_create(16);
    char token[128];
    size_t i, len = make_token(token, 1, HS256_LEN);

    put(table, token, 7);

    for (i = 0; i < len; i++) {
        token[i] ^= 1;
        ck_assert_ptr_null(token_table_find(table, TOKEN_GRANT, token, len));
        token[i] ^= 1;
    }

    ck_assert_ptr_null(token_table_find(table, TOKEN_GRANT, token, len - 1));
    ck_assert_ptr_null(token_table_find(table, TOKEN_GRANT, token, len + 1));
    ck_assert_ptr_nonnull(token_table_find(table, TOKEN_GRANT, token, len));
    token_table_free(table);
}
END_TEST


START_TEST(a_token_is_copied)
{
    token_table_t *table = token_table_create(16);
    char token[128], copy[128];

    make_token(token, 1, HS256_LEN);
    strcpy(copy, token);
    put(table, copy, 7);
    memset(copy, 'x', sizeof(copy));
    ck_assert_ptr_nonnull(find(table, token));
    token_table_free(table);
}
END_TEST


START_TEST(what_is_no_token_is_not_found)
{
    token_table_t *table = token_table_create(16);
    char token[] = "a.b.c";

    ck_assert_ptr_null(token_table_find(table, TOKEN_GRANT, token, 0));
    ck_assert_ptr_null(token_table_find(table, TOKEN_GRANT, token, 5));
    ck_assert_ptr_null(token_table_find(table, TOKEN_ACCESS, token, 5));
    token_table_free(table);
}
END_TEST


START_TEST(in_a_full_set_the_first_to_expire_makes_room)
{
    static const int64_t exps[] = { 40, 20, 30, 50 };
    token_table_t *table = token_table_create(4);
    char token[128];
    unsigned i;

    for (i = 0; i < COUNT(exps); i++) {
        make_token(token, i, HS256_LEN);
        put(table, token, exps[i]);
    }

    make_token(token, 4, HS256_LEN);
    put(table, token, 10);
    ck_assert_ptr_nonnull(find(table, token));

    for (i = 0; i < COUNT(exps); i++) {
        make_token(token, i, HS256_LEN);
        ck_assert_int_eq(find(table, token) != NULL, exps[i] != 20);
    }

    token_table_free(table);
}
END_TEST


START_TEST(a_token_put_twice_takes_one_slot)
{
    token_table_t *table = token_table_create(4);
    char token[128];
    unsigned i;

    for (i = 0; i < 3; i++) {
        make_token(token, i, HS256_LEN);
        put(table, token, 10 + i);
    }

    for (i = 0; i < 4; i++) {
        make_token(token, 9, HS256_LEN);
        put(table, token, 100);
    }

    for (i = 0; i < 3; i++) {
        make_token(token, i, HS256_LEN);
        ck_assert_ptr_nonnull(find(table, token));
    }

    token_table_free(table);
}
END_TEST


START_TEST(a_token_put_twice_keeps_the_later_claims)
{
    token_table_t *table = token_table_create(4);
    char token[128];

    make_token(token, 1, HS256_LEN);
    put(table, token, 10);
    put(table, token, 20);
    ck_assert_int_eq(find(table, token)->u.grant.exp, 20);
    token_table_free(table);
}
END_TEST


START_TEST(claims_may_come_from_the_table_itself)
{
    token_table_t *table = token_table_create(4);
    char token[128];
    unsigned i;

    make_token(token, 0, HS256_LEN);
    put(table, token, 1);

    for (i = 1; i < 10; i++) {
        const token_t *claims = find(table, token);

        ck_assert_ptr_nonnull(claims);
        make_token(token, i, HS256_LEN);
        ck_assert_ptr_nonnull(
            token_table_put(table, token, strlen(token), claims));
    }

    ck_assert_str_eq(path_of(find(table, token)), "/a");
    token_table_free(table);
}
END_TEST


START_TEST(as_many_as_the_slots_allow_are_kept)
{
    token_table_t *table = token_table_create(1024);
    char token[128];
    unsigned i, found;

    for (i = 0; i < 10000; i++) {
        make_token(token, i, HS256_LEN);
        put(table, token, i);
    }

    for (i = 0, found = 0; i < 10000; i++) {
        make_token(token, i, HS256_LEN);
        found += (find(table, token) != NULL);
    }

    ck_assert_uint_le(found, 1024);
    ck_assert_uint_ge(found, 1000);
    token_table_free(table);
}
END_TEST


START_TEST(a_token_over_2048_characters_is_not_remembered)
{
    token_table_t *table = token_table_create(16);
    token_t claims = make_grant(7, "/a/b/");
    const token_t *given;
    char token[TOKEN_TABLE_MAX + 1];

    memset(token, 'A', sizeof(token));
    token[100] = '.';
    given = token_table_put(table, token, sizeof(token), &claims);
    ck_assert_ptr_nonnull(given);
    ck_assert_str_eq(path_of(given), "/a/b/");
    ck_assert_ptr_null(
        token_table_find(table, TOKEN_GRANT, token, sizeof(token)));

    ck_assert_ptr_nonnull(
        token_table_put(table, token, TOKEN_TABLE_MAX, &claims));
    ck_assert_ptr_nonnull(
        token_table_find(table, TOKEN_GRANT, token, TOKEN_TABLE_MAX));
    token_table_free(table);
}
END_TEST


START_TEST(the_longest_texts_are_kept)
{
    token_table_t *table = token_table_create(1);
    token_t claims = make_grant(7, "/");
    char token[128];
    size_t len = make_token(token, 1, HS256_LEN);

    memset(claims.u.grant.text, 'p', GRANT_TEXT_MAX - 1);
    claims.u.grant.text[GRANT_TEXT_MAX - 1] = '\0';
    claims.u.grant.path.len = GRANT_TEXT_MAX - 1;
    claims.u.grant.text_len = GRANT_TEXT_MAX;
    ck_assert_ptr_nonnull(token_table_put(table, token, len, &claims));
    ck_assert_str_eq(path_of(find(table, token)), claims.u.grant.text);
    token_table_free(table);
}
END_TEST


START_TEST(any_number_of_slots_up_to_the_limit_will_do)
{
    static const size_t slots[] = { 0, 1, 3, 4, 5, 1000 };
    char token[128];
    size_t i;

    make_token(token, 1, HS256_LEN);

    for (i = 0; i < COUNT(slots); i++) {
        token_table_t *table = token_table_create(slots[i]);

        ck_assert_ptr_nonnull(table);
        put(table, token, 7);
        ck_assert_ptr_nonnull(find(table, token));
        token_table_free(table);
    }

    ck_assert_ptr_null(token_table_create((size_t) -1));
    token_table_free(NULL);
}
END_TEST


RUN("core/token_table", an_empty_table_finds_nothing,
    a_grant_is_found_with_its_claims, an_access_token_is_found_with_its_claims,
    a_key_is_found_with_its_claims, putting_gives_the_claims_back,
    one_kind_is_not_found_as_the_other,
    a_token_that_differs_anywhere_is_another, a_token_is_copied,
    what_is_no_token_is_not_found, in_a_full_set_the_first_to_expire_makes_room,
    a_token_put_twice_takes_one_slot, a_token_put_twice_keeps_the_later_claims,
    claims_may_come_from_the_table_itself, as_many_as_the_slots_allow_are_kept,
    a_token_over_2048_characters_is_not_remembered, the_longest_texts_are_kept,
    any_number_of_slots_up_to_the_limit_will_do)
