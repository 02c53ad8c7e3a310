#include <stdio.h>
#include <string.h>
#include "tests/unit/suite.h"
#include "worker/issuer/issuer_message.h"

static issuer_message_t message;


static int
parse(const char *text)
{
    return issuer_message_parse(text, strlen(text), &message);
}


/* A message whose issuer and kid have so many letters. */
static int
sized(int issuer, int kid)
{
    char text[2048], letters[1025];

    memset(letters, 'a', sizeof(letters) - 1);
    letters[sizeof(letters) - 1] = '\0';
    snprintf(text, sizeof(text),
             "{\"v\":1,\"issuer\":\"%.*s\",\"kid\":\"%.*s\"}", issuer, letters,
             kid, letters);
    return parse(text);
}


START_TEST(issuer_and_kid_are_read)
{
    ck_assert_int_eq(
        parse("{\"v\":1,\"issuer\":\"https://a.example\",\"kid\":\"k 1\"}"), 0);
    ck_assert_str_eq(message.issuer, "https://a.example");
    ck_assert_str_eq(message.kid, "k 1");
}
END_TEST


START_TEST(what_is_not_exactly_so_is_refused)
{
    static const char *const wrong[] = {
        "",
        "1",
        "[]",
        "{\"v\":2,\"issuer\":\"i\",\"kid\":\"k\"}",
        "{\"v\":1.0,\"issuer\":\"i\",\"kid\":\"k\"}",
        "{\"v\":\"1\",\"issuer\":\"i\",\"kid\":\"k\"}",
        "{\"issuer\":\"i\",\"kid\":\"k\"}",
        "{\"v\":1,\"kid\":\"k\"}",
        "{\"v\":1,\"issuer\":\"i\"}",
        "{\"v\":1,\"issuer\":\"i\",\"kid\":1}",
        "{\"v\":1,\"issuer\":[],\"kid\":\"k\"}",
        "{\"v\":1,\"issuer\":\"i\",\"kid\":\"k\",\"url\":\"u\"}",
        "{\"v\":1,\"issuer\":\"i\",\"kid\":\"k\",\"kid\":\"l\"}",
        "{\"v\":1,\"issuer\":\"i\",\"kid\":\"k\"} x",
    };
    size_t i;

    for (i = 0; i < COUNT(wrong); i++) {
        ck_assert_msg(parse(wrong[i]) == -1, "%s was taken", wrong[i]);
    }
}
END_TEST


START_TEST(a_kid_with_a_control_character_is_refused)
{
    ck_assert_int_eq(parse("{\"v\":1,\"issuer\":\"i\",\"kid\":\"a\\nb\"}"), -1);
}
END_TEST


START_TEST(a_kid_has_1_to_128_characters)
{
    ck_assert_int_eq(sized(1, 0), -1);
    ck_assert_int_eq(sized(1, 128), 0);
    ck_assert_int_eq(sized(1, 129), -1);
}
END_TEST


START_TEST(an_issuer_has_1_to_511_characters)
{
    ck_assert_int_eq(sized(0, 1), -1);
    ck_assert_int_eq(sized(511, 1), 0);
    ck_assert_int_eq(sized(512, 1), -1);
}
END_TEST


RUN("worker/issuer_message", issuer_and_kid_are_read,
    what_is_not_exactly_so_is_refused,
    a_kid_with_a_control_character_is_refused, a_kid_has_1_to_128_characters,
    an_issuer_has_1_to_511_characters)
