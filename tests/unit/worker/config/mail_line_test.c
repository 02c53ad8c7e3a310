#include <stdio.h>
#include <string.h>
#include "tests/unit/suite.h"
#include "worker/config/mail_line.h"

#define REST " from=films@example.org templates=/usr/share/sluice/mail"

static mail_line_t line;
static char err[256];


static int
parse(const char *text)
{
    char words[8192];

    snprintf(words, sizeof(words), "%s", text);
    return mail_line_parse(words, &line, err, sizeof(err));
}


static void
refused(const char *text, const char *why)
{
    ck_assert_msg(parse(text) == -1, "%s", text);
    ck_assert_msg(strstr(err, why) != NULL, "%s: %s", text, err);
}


START_TEST(a_server_a_sender_and_templates_are_enough)
{
    ck_assert_int_eq(parse("smtps://relay.example.org" REST), 0);
    ck_assert_str_eq(line.server, "smtps://relay.example.org");
    ck_assert_str_eq(line.folder, "");
    ck_assert_str_eq(line.from, "films@example.org");
    ck_assert_str_eq(line.templates, "/usr/share/sluice/mail");
    ck_assert_str_eq(line.language, "en");
    ck_assert_int_eq(line.plain, 0);
    ck_assert(mail_line_given(&line));
}
END_TEST


START_TEST(all_words_are_read)
{
    ck_assert_int_eq(parse("smtp://[::1]:587" REST " login=/l ca=/ca.pem "
                           "tls=off\tlanguage=pt-br"),
                     0);
    ck_assert_str_eq(line.login, "/l");
    ck_assert_str_eq(line.ca, "/ca.pem");
    ck_assert_str_eq(line.language, "pt-br");
    ck_assert_int_eq(line.plain, 1);
}
END_TEST


START_TEST(a_folder_may_take_the_place_of_a_server)
{
    ck_assert_int_eq(parse("folder:/var/mail" REST), 0);
    ck_assert_str_eq(line.folder, "/var/mail");
    ck_assert_str_eq(line.server, "");
    ck_assert(mail_line_given(&line));
}
END_TEST


START_TEST(what_is_no_server_is_refused)
{
    size_t i;
    char text[256];
    static const char *const bad[] = {
        "relay.example.org",
        "http://relay.example.org",
        "smtp://",
        "smtp:///relay",
        "smtp://a:b@relay",
        "smtp://relay/path",
        "smtp://relay?x=y",
        "smtp://relay#x",
        "smtp://re\"lay",
        "smtp://relay:99999",
        "folder:mail",
        "folder:",
        "imap://relay.example.org",
        "",
    };

    for (i = 0; i < COUNT(bad); i++) {
        snprintf(text, sizeof(text), "%s" REST, bad[i]);
        refused(text, "mail goes to smtp://host[:port]");
    }
}
END_TEST


START_TEST(words_that_are_missing_wrong_or_there_twice_are_named)
{
    char text[8192];

    refused("smtp://r templates=/t", "mail needs from=");
    refused("smtp://r from=a@b.org", "mail needs templates=");
    refused("smtp://r" REST " from=b@c.org", "\"from\" stands here twice");
    refused("smtp://r" REST " color=red", "\"color=red\" is none of from=");
    refused("smtp://r" REST " tls=on", "\"tls=on\" is none of");
    refused("smtp://r from=films templates=/t",
            "\"from\" is an e-mail address, not \"films\"");
    refused("smtp://r from=a@b.org templates=t",
            "\"templates\" is a path from /, not \"t\"");
    refused("smtp://r" REST " login=l", "\"login\" is a path from /");
    refused("smtp://r" REST " language=FR", "\"language\" is a language");
    refused("smtp://r" REST " language=", "\"language\" is a language");
    refused("smtp://r" REST " language=abcdefghijklmnopq", "\"language\" is");

    memset(text, 'x', sizeof(text));
    memcpy(text, "smtp://r from=a@b.org templates=/", 33);
    text[sizeof(text) - 1] = '\0';
    refused(text, "\"templates\" is a path");
}
END_TEST


START_TEST(without_a_line_there_is_none)
{
    memset(&line, 0, sizeof(line));
    ck_assert(!mail_line_given(&line));
    ck_assert_int_eq(mail_line_check(&line, err, sizeof(err)), 0);
}
END_TEST


START_TEST(what_cannot_be_read_or_written_is_named)
{
    ck_assert_int_eq(parse("folder:/nowhere from=a@b.org templates=/nowhere"),
                     0);
    ck_assert_int_eq(mail_line_check(&line, err, sizeof(err)), -1);
    ck_assert_str_eq(err, "/nowhere cannot be read");

    ck_assert_int_eq(parse("folder:/nowhere from=a@b.org templates=/ "
                           "language=none"),
                     0);
    ck_assert_int_eq(mail_line_check(&line, err, sizeof(err)), -1);
    ck_assert_str_eq(err, "there is no folder of the language \"none\" in /");

    ck_assert_int_eq(parse("folder:/nowhere from=a@b.org templates=/ "
                           "language=tmp"),
                     0);
    ck_assert_int_eq(mail_line_check(&line, err, sizeof(err)), -1);
    ck_assert_str_eq(err, "/nowhere is no folder that can be written to");
}
END_TEST


RUN("worker/config/mail_line", a_server_a_sender_and_templates_are_enough,
    all_words_are_read, a_folder_may_take_the_place_of_a_server,
    what_is_no_server_is_refused,
    words_that_are_missing_wrong_or_there_twice_are_named,
    without_a_line_there_is_none, what_cannot_be_read_or_written_is_named)
