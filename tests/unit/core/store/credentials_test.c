#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "core/store/credentials.h"
#include "tests/unit/suite.h"

static credentials_t found;
static char err[256];


static int
parse(const char *text)
{
    return credentials_parse(&found, text, strlen(text), err, sizeof(err));
}


START_TEST(two_lines_are_an_id_and_a_secret)
{
    ck_assert_int_eq(parse("AKID\nse/cr+et\n"), 0);
    ck_assert_str_eq(found.id, "AKID");
    ck_assert_str_eq(found.secret, "se/cr+et");
    ck_assert_str_eq(found.token, "");
    ck_assert_int_eq(found.expires, 0);
    ck_assert_int_eq(parse("AKID\r\nsecret"), 0);
    ck_assert_str_eq(found.secret, "secret");
}
END_TEST


START_TEST(two_more_are_a_token_and_its_end)
{
    ck_assert_int_eq(parse("AKID\nsecret\ntoken==\n2013-05-24T00:00:00Z\n"), 0);
    ck_assert_str_eq(found.token, "token==");
    ck_assert_int_eq(found.expires, 1369353600);
    ck_assert_int_eq(parse("AKID\nsecret\ntoken==\n"), 0);
    ck_assert_int_eq(found.expires, 0);
    ck_assert_int_eq(parse("AKID\nsecret\n\n2013-05-24T00:00:00Z"), 0);
}
END_TEST


START_TEST(what_is_wrong_is_told_by_its_line)
{
    static const struct {
        const char *text, *said;
    } wrong[] = {
        { "", "line 1" },
        { "\nsecret", "line 1" },
        { "AK ID\nsecret", "line 1" },
        { "AKID", "line 2" },
        { "AKID\n\n", "line 2" },
        { "AKID\nse cret", "line 2" },
        { "AKID\nsecret\nto ken", "line 3" },
        { "AKID\nsecret\ntoken\n2013-05-24", "line 4" },
        { "AKID\nsecret\ntoken\n2013-05-24T00:00:00+0000", "line 4" },
        { "AKID\nsecret\ntoken\n2013-13-24T00:00:00Z", "line 4" },
        { "AKID\nsecret\ntoken\n1970-01-01T00:00:00Z", "line 4" },
        { "AKID\nsecret\ntoken\n2013-05-24T00:00:00Z\nx", "more than four" },
    };
    size_t i;

    for (i = 0; i < COUNT(wrong); i++) {
        ck_assert_int_eq(parse(wrong[i].text), -1);
        ck_assert_msg(strstr(err, wrong[i].said), "%s: %s", wrong[i].text, err);
        ck_assert_msg(found.id[0] == '\0', "%s", wrong[i].text);
    }
}
END_TEST


START_TEST(what_is_too_long_is_refused)
{
    char text[CREDENTIALS_FILE_MAX];

    memset(text, 'a', sizeof(text));
    text[CREDENTIALS_ID_MAX] = '\n';
    text[CREDENTIALS_ID_MAX + 2] = '\0';
    ck_assert_int_eq(parse(text), 0);
    text[CREDENTIALS_ID_MAX] = 'a';
    text[CREDENTIALS_ID_MAX + 1] = '\n';
    ck_assert_int_eq(parse(text), -1);
}
END_TEST


START_TEST(a_file_that_others_may_read_is_refused)
{
    char path[] = "/tmp/credentials-XXXXXX";
    static const char text[] = "AKID\nsecret\n";
    int fd = mkstemp(path);

    ck_assert_int_eq(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
    ck_assert_int_eq(credentials_read(&found, path, err, sizeof(err)), 0);
    ck_assert_str_eq(found.id, "AKID");

    ck_assert_int_eq(fchmod(fd, 0644), 0);
    ck_assert_int_eq(credentials_read(&found, path, err, sizeof(err)), -1);
    ck_assert_ptr_nonnull(strstr(err, "chmod 640"));

    close(fd);
    unlink(path);
    ck_assert_int_eq(credentials_read(&found, path, err, sizeof(err)), -1);
    ck_assert_ptr_nonnull(strstr(err, "No such file"));
}
END_TEST


START_TEST(what_is_written_is_read_again)
{
    static const char *const texts[] = {
        "AKID\nse/cr+et\n\n",
        "AKID\nse/cr+et\ntoken==\n",
        "AKID\nse/cr+et\n\n2013-05-24T00:00:00Z\n",
        "AKID\nse/cr+et\ntoken==\n9999-12-31T23:59:59Z\n",
    };
    char text[CREDENTIALS_TEXT_SIZE];
    credentials_t before;
    size_t i;

    for (i = 0; i < COUNT(texts); i++) {
        ck_assert_int_eq(parse(texts[i]), 0);
        before = found;
        ck_assert_uint_eq(credentials_text(&found, text), strlen(texts[i]));
        ck_assert_str_eq(text, texts[i]);
        ck_assert_int_eq(parse(text), 0);
        ck_assert_int_eq(credentials_same(&before, &found), 1);
        found.token[0] ^= 1;
        ck_assert_int_eq(credentials_same(&before, &found), 0);
    }
}
END_TEST


START_TEST(they_end_at_their_second)
{
    ck_assert_int_eq(parse("AKID\nsecret\ntoken\n2013-05-24T00:00:00Z"), 0);
    ck_assert_int_eq(credentials_ended(&found, 1369353599), 0);
    ck_assert_int_eq(credentials_ended(&found, 1369353600), 1);
    ck_assert_int_eq(parse("AKID\nsecret"), 0);
    ck_assert_int_eq(credentials_ended(&found, 1369353600), 0);
}
END_TEST


START_TEST(of_a_role_that_is_not_there_yet_the_worker_is_named)
{
    location_t location = { .credentials = "/nowhere/role", .role = 1 };
    char said[LOCATION_ERROR_SIZE];

    ck_assert_int_eq(credentials_find(&found, &location, said, sizeof(said)),
                     -1);
    ck_assert_ptr_nonnull(strstr(said, "/nowhere/role: No such file"));
    ck_assert_ptr_nonnull(strstr(said, "a worker of this machine"));
    location.role = 0;
    ck_assert_int_eq(credentials_find(&found, &location, said, sizeof(said)),
                     -1);
    ck_assert_ptr_null(strstr(said, "worker"));
}
END_TEST


RUN("core/credentials", a_file_that_others_may_read_is_refused,
    of_a_role_that_is_not_there_yet_the_worker_is_named,
    they_end_at_their_second, two_lines_are_an_id_and_a_secret,
    two_more_are_a_token_and_its_end, what_is_too_long_is_refused,
    what_is_written_is_read_again, what_is_wrong_is_told_by_its_line)
