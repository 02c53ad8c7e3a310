#include <stdio.h>
#include <string.h>
#include "core/table/revocation_message.h"
#include "tests/unit/suite.h"

#define EXAMPLE                                            \
    "{\"v\":1,\"kind\":\"jti\",\"id\":\"abc\",\"before\":" \
    "0,\"exp\":1790000000}"

static revocation_message_t message;


static revocation_message_result_t
parse(const char *text)
{
    memset(&message, 0, sizeof(message));
    return revocation_message_parse(text, strlen(text), &message);
}


/* A message whose id is `len` times "x". */
static revocation_message_result_t
parse_id_of(size_t len)
{
    char id[REVOCATION_MESSAGE_ID_MAX + 2];
    char text[sizeof(id) + 80];

    memset(id, 'x', len);
    id[len] = '\0';
    snprintf(text, sizeof(text), "{\"v\":1,\"kind\":\"sub\",\"id\":\"%s\",%s}",
             id, "\"before\":5,\"exp\":6");

    return parse(text);
}


START_TEST(a_message_is_read)
{
    ck_assert_int_eq(parse(EXAMPLE), REVOCATION_MESSAGE_OK);
    ck_assert_int_eq(message.kind, REVOCATION_JTI);
    ck_assert_str_eq(message.id, "abc");
    ck_assert_uint_eq(message.id_len, 3);
    ck_assert_int_eq(message.before, 0);
    ck_assert_int_eq(message.exp, 1790000000);
}
END_TEST


START_TEST(each_kind_is_read)
{
    ck_assert_int_eq(parse("{\"v\":1,\"kind\":\"sid\",\"id\":\"a\","
                           "\"before\":0,\"exp\":1}"),
                     REVOCATION_MESSAGE_OK);
    ck_assert_int_eq(message.kind, REVOCATION_SID);

    ck_assert_int_eq(parse("{\"v\":1,\"kind\":\"sub\",\"id\":\"a\","
                           "\"before\":7,\"exp\":8}"),
                     REVOCATION_MESSAGE_OK);
    ck_assert_int_eq(message.kind, REVOCATION_SUB);
    ck_assert_int_eq(message.before, 7);
}
END_TEST


START_TEST(a_message_is_written_as_the_contract_says)
{
    char text[REVOCATION_MESSAGE_SIZE_MAX];
    size_t len;

    ck_assert_int_eq(revocation_message_set(&message, REVOCATION_JTI, "abc", 3,
                                            0, 1790000000),
                     0);
    len = revocation_message_write(&message, text, sizeof(text));

    ck_assert_uint_eq(len, strlen(EXAMPLE));
    ck_assert_mem_eq(text, EXAMPLE, len);
}
END_TEST


START_TEST(what_is_written_is_read_again)
{
    char id[REVOCATION_MESSAGE_ID_MAX];
    char text[REVOCATION_MESSAGE_SIZE_MAX];
    size_t len;
    revocation_message_t read;

    /* the worst case for JSON: six characters each */
    memset(id, 1, sizeof(id));

    ck_assert_int_eq(revocation_message_set(&message, REVOCATION_SUB, id,
                                            sizeof(id), 1, (int64_t) 1 << 53),
                     0);
    len = revocation_message_write(&message, text, sizeof(text));
    ck_assert_uint_gt(len, 0);

    ck_assert_int_eq(revocation_message_parse(text, len, &read),
                     REVOCATION_MESSAGE_OK);
    ck_assert_int_eq(read.kind, REVOCATION_SUB);
    ck_assert_uint_eq(read.id_len, sizeof(id));
    ck_assert_mem_eq(read.id, id, sizeof(id));
    ck_assert_int_eq(read.before, 1);
    ck_assert_int_eq(read.exp, (int64_t) 1 << 53);
}
END_TEST


START_TEST(a_quote_in_an_id_does_not_end_it)
{
    char text[REVOCATION_MESSAGE_SIZE_MAX];
    size_t len;
    const char *id = "a\",\"exp\":1,\"x\":\"";

    ck_assert_int_eq(
        revocation_message_set(&message, REVOCATION_JTI, id, strlen(id), 0, 9),
        0);
    len = revocation_message_write(&message, text, sizeof(text));
    text[len] = '\0';

    ck_assert_int_eq(parse(text), REVOCATION_MESSAGE_OK);
    ck_assert_str_eq(message.id, id);
    ck_assert_int_eq(message.exp, 9);
}
END_TEST


START_TEST(an_id_that_is_no_utf8_is_not_written)
{
    char text[REVOCATION_MESSAGE_SIZE_MAX];

    ck_assert_int_eq(
        revocation_message_set(&message, REVOCATION_JTI, "\xff", 1, 0, 9), 0);
    ck_assert_uint_eq(revocation_message_write(&message, text, sizeof(text)),
                      0);
}
END_TEST


START_TEST(a_buffer_that_is_too_small_gets_no_message)
{
    char text[16];

    ck_assert_int_eq(parse(EXAMPLE), REVOCATION_MESSAGE_OK);
    ck_assert_uint_eq(revocation_message_write(&message, text, sizeof(text)),
                      0);
}
END_TEST


START_TEST(a_later_version_is_unknown)
{
    ck_assert_int_eq(parse("{\"v\":2,\"kind\":\"jti\",\"id\":\"a\","
                           "\"before\":0,\"exp\":1}"),
                     REVOCATION_MESSAGE_UNKNOWN);
}
END_TEST


START_TEST(a_later_kind_is_unknown)
{
    ck_assert_int_eq(parse("{\"v\":1,\"kind\":\"key\",\"id\":\"a\","
                           "\"before\":0,\"exp\":1}"),
                     REVOCATION_MESSAGE_UNKNOWN);
    ck_assert_int_eq(parse("{\"v\":1,\"kind\":\"jt\",\"id\":\"a\","
                           "\"before\":0,\"exp\":1}"),
                     REVOCATION_MESSAGE_UNKNOWN);
}
END_TEST


START_TEST(a_message_without_before_means_all_tokens)
{
    ck_assert_int_eq(parse("{\"v\":1,\"kind\":\"sub\",\"id\":\"a\",\"exp\":1}"),
                     REVOCATION_MESSAGE_OK);
    ck_assert_int_eq(message.before, 0);

    ck_assert_int_eq(parse("{\"v\":1,\"kind\":\"sub\",\"id\":\"a\","
                           "\"before\":null,\"exp\":1}"),
                     REVOCATION_MESSAGE_OK);
    ck_assert_int_eq(message.before, 0);
}
END_TEST


START_TEST(what_sql_answers_needs_no_version)
{
    json_t *object;

    object = json_pack("{s:s, s:s, s:i, s:i}", "kind", "sid", "id", "abc",
                       "before", 0, "exp", 5);
    ck_assert_int_eq(revocation_message_read(object, &message),
                     REVOCATION_MESSAGE_OK);
    ck_assert_str_eq(message.id, "abc");
    json_decref(object);
}
END_TEST


START_TEST(an_id_is_as_long_as_a_subject_may_be)
{
    ck_assert_int_eq(parse_id_of(REVOCATION_MESSAGE_ID_MAX),
                     REVOCATION_MESSAGE_OK);
    ck_assert_int_eq(parse_id_of(REVOCATION_MESSAGE_ID_MAX + 1),
                     REVOCATION_MESSAGE_MALFORMED);
    ck_assert_int_eq(parse_id_of(0), REVOCATION_MESSAGE_MALFORMED);
}
END_TEST


START_TEST(a_message_that_is_too_long_is_malformed)
{
    char text[REVOCATION_MESSAGE_SIZE_MAX + 2];

    memset(text, ' ', sizeof(text));
    memcpy(text, EXAMPLE, strlen(EXAMPLE));

    ck_assert_int_eq(
        revocation_message_parse(text, REVOCATION_MESSAGE_SIZE_MAX, &message),
        REVOCATION_MESSAGE_OK);
    ck_assert_int_eq(revocation_message_parse(
                         text, REVOCATION_MESSAGE_SIZE_MAX + 1, &message),
                     REVOCATION_MESSAGE_MALFORMED);
}
END_TEST


static const char *const malformed[] = {
    "",
    "x",
    "[]",
    "null",
    "{}",
    "[{\"v\":1}]",
    "{\"kind\":\"jti\",\"id\":\"a\",\"before\":0,\"exp\":1}",
    "{\"v\":\"1\",\"kind\":\"jti\",\"id\":\"a\",\"before\":0,\"exp\":1}",
    "{\"v\":1.0,\"kind\":\"jti\",\"id\":\"a\",\"before\":0,\"exp\":1}",
    "{\"v\":1,\"id\":\"a\",\"before\":0,\"exp\":1}",
    "{\"v\":1,\"kind\":1,\"id\":\"a\",\"before\":0,\"exp\":1}",
    "{\"v\":1,\"kind\":\"jti\",\"before\":0,\"exp\":1}",
    "{\"v\":1,\"kind\":\"jti\",\"id\":[\"a\"],\"before\":0,\"exp\":1}",
    "{\"v\":1,\"kind\":\"jti\",\"id\":\"a\\u0000b\",\"before\":0,\"exp\":1}",
    "{\"v\":1,\"kind\":\"jti\",\"id\":\"\xff\",\"before\":0,\"exp\":1}",
    "{\"v\":1,\"kind\":\"jti\",\"id\":\"a\",\"before\":-1,\"exp\":1}",
    "{\"v\":1,\"kind\":\"jti\",\"id\":\"a\",\"before\":\"0\",\"exp\":1}",
    "{\"v\":1,\"kind\":\"jti\",\"id\":\"a\",\"before\":0}",
    "{\"v\":1,\"kind\":\"jti\",\"id\":\"a\",\"before\":0,\"exp\":0}",
    "{\"v\":1,\"kind\":\"jti\",\"id\":\"a\",\"before\":0,\"exp\":1.5}",
    "{\"v\":1,\"kind\":\"jti\",\"id\":\"a\",\"before\":0,"
    "\"exp\":9007199254740993}",
    "{\"v\":1,\"kind\":\"jti\",\"id\":\"a\",\"before\":0,\"exp\":1}x",
    "{\"v\":1,\"kind\":\"jti\",\"id\":\"a\",\"id\":\"b\",\"before\":0,"
    "\"exp\":1}",
};


START_TEST(what_is_malformed_is_refused)
{
    size_t i;

    for (i = 0; i < COUNT(malformed); i++) {
        ck_assert_msg(parse(malformed[i]) == REVOCATION_MESSAGE_MALFORMED, "%s",
                      malformed[i]);
    }
}
END_TEST


START_TEST(a_deep_message_is_refused)
{
    char text[REVOCATION_MESSAGE_SIZE_MAX];

    memset(text, '[', sizeof(text));
    ck_assert_int_eq(revocation_message_parse(text, sizeof(text), &message),
                     REVOCATION_MESSAGE_MALFORMED);
}
END_TEST


RUN("core/revocation_message", a_message_is_read, each_kind_is_read,
    a_message_is_written_as_the_contract_says, what_is_written_is_read_again,
    a_quote_in_an_id_does_not_end_it, an_id_that_is_no_utf8_is_not_written,
    a_buffer_that_is_too_small_gets_no_message, a_later_version_is_unknown,
    a_later_kind_is_unknown, a_message_without_before_means_all_tokens,
    what_sql_answers_needs_no_version, an_id_is_as_long_as_a_subject_may_be,
    a_message_that_is_too_long_is_malformed, what_is_malformed_is_refused,
    a_deep_message_is_refused)
