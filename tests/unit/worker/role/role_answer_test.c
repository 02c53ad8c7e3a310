#include <stdio.h>
#include <string.h>
#include "tests/unit/suite.h"
#include "worker/role/role_answer.h"

/* "Retrieve security credentials from instance metadata" of AWS's guide. */
#define REST                                               \
    "\"LastUpdated\": \"2012-04-26T16:39:16Z\","           \
    "\"Type\": \"AWS-HMAC\","                              \
    "\"SecretAccessKey\": \"wJalrXUtnFEMI/K7MDENG/bPxRf\"" \
    ",\"Expiration\": \"2017-05-17T15:09:54Z\","
#define GOOD                                                              \
    "{\"Code\": \"Success\"," REST "\"AccessKeyId\": \"ASIAIOSFODNN7EX\"" \
    ",\"Token\": \"token==\"}"

static credentials_t found;
static char err[256];


static int
reads(const char *text)
{
    return role_answer_read(text, strlen(text), &found, err, sizeof(err));
}


START_TEST(what_aws_documents_is_read)
{
    ck_assert_int_eq(reads(GOOD), 0);
    ck_assert_str_eq(found.id, "ASIAIOSFODNN7EX");
    ck_assert_str_eq(found.secret, "wJalrXUtnFEMI/K7MDENG/bPxRf");
    ck_assert_str_eq(found.token, "token==");
    ck_assert_int_eq(found.expires, 1495033794);
    ck_assert_int_eq(reads("{" REST "\"RoleArn\": \"arn:aws:iam::1:role/r\","
                           "\"AccessKeyId\": \"A\", \"Token\": \"t\"}"),
                     0);
}
END_TEST


START_TEST(what_is_none_is_said_and_nothing_of_it_stays)
{
    static char deep[200], large[CREDENTIALS_TOKEN_MAX + 700];
    static const struct {
        const char *text, *said;
    } wrong[] = {
        { "", "no JSON object" },
        { "[]", "no JSON object" },
        { GOOD "x", "no JSON object" },
        { deep, "no JSON object" },
        { "{\"Code\": \"AssumeRoleUnauthorizedAccess\"}",
          "(AssumeRoleUnauthorizedAccess)" },
        { "{\"Code\": 1}", "(no code)" },
        { "{\"Code\": \"a b\"}", "(no code)" },
        { "{" REST "\"Token\": \"t\"}", "no AccessKeyId" },
        { "{" REST "\"Token\": \"t\", \"AccessKeyId\": \"\"}",
          "no AccessKeyId" },
        { "{" REST "\"Token\": \"t\", \"AccessKeyId\": \"a\\nb\"}",
          "no AccessKeyId" },
        { "{" REST "\"Token\": \"t\", \"AccessKeyId\": [\"a\"]}",
          "no AccessKeyId" },
        { "{" REST "\"AccessKeyId\": \"a\"}", "no Token" },
        { large, "no Token" },
        { "{\"AccessKeyId\": \"a\", \"Token\": \"t\", \"SecretAccessKey\": "
          "\"s\", \"Expiration\": \"soon\"}",
          "no Expiration" },
    };
    size_t i;

    memset(deep, '[', sizeof(deep) - 1);
    i = (size_t) snprintf(large, sizeof(large),
                          "{" REST "\"AccessKeyId\": \"a\", \"Token\": \"");
    memset(large + i, 't', CREDENTIALS_TOKEN_MAX + 1);
    strcpy(large + i + CREDENTIALS_TOKEN_MAX + 1, "\"}");

    for (i = 0; i < COUNT(wrong); i++) {
        ck_assert_msg(reads(wrong[i].text) == -1, "%s", wrong[i].text);
        ck_assert_msg(strstr(err, wrong[i].said), "%s: %s", wrong[i].text, err);
        ck_assert_msg(found.id[0] == '\0' && found.secret[0] == '\0', "%s",
                      wrong[i].text);
    }
}
END_TEST


START_TEST(the_first_line_is_a_roles_name)
{
    char name[ROLE_ANSWER_NAME_MAX + 1], large[ROLE_ANSWER_NAME_MAX + 1];
    static const char *const wrong[] = { "", "\n", "a/b", "../a", "a b\n" };
    size_t i;

    ck_assert_int_eq(role_answer_name("a+=,.@-_9", 9, name), 0);
    ck_assert_str_eq(name, "a+=,.@-_9");
    ck_assert_int_eq(role_answer_name("one\r\ntwo\n", 9, name), 0);
    ck_assert_str_eq(name, "one");

    for (i = 0; i < COUNT(wrong); i++) {
        ck_assert_int_eq(role_answer_name(wrong[i], strlen(wrong[i]), name),
                         -1);
    }
    ck_assert_int_eq(role_answer_name("a\0b", 3, name), -1);

    memset(large, 'a', sizeof(large));
    ck_assert_int_eq(role_answer_name(large, ROLE_ANSWER_NAME_MAX, name), 0);
    ck_assert_int_eq(role_answer_name(large, sizeof(large), name), -1);
}
END_TEST


RUN("worker/role_answer", the_first_line_is_a_roles_name,
    what_aws_documents_is_read, what_is_none_is_said_and_nothing_of_it_stays)
