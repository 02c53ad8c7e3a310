#include <stdio.h>
#include <string.h>
#include "tests/unit/suite.h"
#include "worker/config/issuer_line.h"

#define ISSUER "https://id.example.org /var/keys.json "
#define BALANCER "arn:aws:elb:x /var/alb.json "

static issuer_line_t line;
static char err[256];


static int
parse(const char *text, issuer_kind_t kind)
{
    char words[4096];

    snprintf(words, sizeof(words), "%s", text);
    return issuer_line_parse(words, kind, &line, err, sizeof(err));
}


static int
issuer(const char *options)
{
    char text[4096];

    snprintf(text, sizeof(text), ISSUER "%s", options);
    return parse(text, ISSUER_OIDC);
}


START_TEST(a_url_and_a_file_are_enough_for_an_issuer)
{
    ck_assert_int_eq(issuer(""), 0);
    ck_assert_str_eq(line.name, "https://id.example.org");
    ck_assert_str_eq(line.file, "/var/keys.json");
    ck_assert_str_eq(line.keys, "");
    ck_assert_int_eq(line.every, 3600);
}
END_TEST


START_TEST(all_options_are_read)
{
    ck_assert_int_eq(issuer("keys=https://k.example/set host=a.example "
                            "host=B.example:8443 ca=/ca.pem every=60"),
                     0);
    ck_assert_str_eq(line.keys, "https://k.example/set");
    ck_assert_str_eq(line.hosts[0], "a.example:443");
    ck_assert_str_eq(line.hosts[1], "b.example:8443");
    ck_assert_uint_eq(line.host_count, 2);
    ck_assert_str_eq(line.ca, "/ca.pem");
    ck_assert_int_eq(line.every, 60);
}
END_TEST


START_TEST(an_issuer_without_file_is_refused)
{
    ck_assert_int_eq(parse("https://id.example.org", ISSUER_OIDC), -1);
}
END_TEST


START_TEST(an_issuer_is_an_https_url_and_nothing_else)
{
    static const char *const wrong[] = { "http://id.example.org",
                                         "HTTPS://id.example.org",
                                         "https://u:p@id.example.org",
                                         "https://id.example.org/?a",
                                         "https://id.example.org#a",
                                         "https://",
                                         "https:///a",
                                         "https://id.example.org\\@b.example",
                                         "id.example.org",
                                         "https://id.example.org:70000",
                                         "https://id.ex\xc3\xa4mple" };
    char text[256];
    size_t i;

    for (i = 0; i < COUNT(wrong); i++) {
        snprintf(text, sizeof(text), "%s /f", wrong[i]);
        ck_assert_msg(parse(text, ISSUER_OIDC) == -1, "%s was taken", wrong[i]);
    }
}
END_TEST


START_TEST(every_is_a_number_from_60_to_86400)
{
    static const char *const wrong[] = { "every=59", "every=86401",
                                         "every=", "every=1h", "every=-60" };
    size_t i;

    for (i = 0; i < COUNT(wrong); i++) {
        ck_assert_msg(issuer(wrong[i]) == -1, "%s was taken", wrong[i]);
    }
}
END_TEST


START_TEST(a_host_is_a_name_and_no_url)
{
    static const char *const wrong[] = { "host=", "host=https://a.example",
                                         "host=a.example/b", "host=u@a.example",
                                         "host=a.example?b" };
    size_t i;

    for (i = 0; i < COUNT(wrong); i++) {
        ck_assert_msg(issuer(wrong[i]) == -1, "%s was taken", wrong[i]);
    }
}
END_TEST


START_TEST(more_than_8_hosts_are_refused)
{
    ck_assert_int_eq(issuer("host=a host=b host=c host=d host=e host=f host=g "
                            "host=h host=i"),
                     -1);
}
END_TEST


START_TEST(keys_over_http_are_refused)
{
    ck_assert_int_eq(issuer("keys=http://id.example.org/set"), -1);
}
END_TEST


START_TEST(a_relative_path_is_refused)
{
    ck_assert_int_eq(parse("https://id.example.org f", ISSUER_OIDC), -1);
    ck_assert_int_eq(issuer("ca=ca.pem"), -1);
}
END_TEST


START_TEST(an_unknown_option_is_named)
{
    ck_assert_int_eq(issuer("evry=60"), -1);
    ck_assert_ptr_nonnull(strstr(err, "evry=60"));
}
END_TEST


START_TEST(a_load_balancer_is_an_arn_a_file_and_a_prefix)
{
    ck_assert_int_eq(
        parse(BALANCER "keys=https://k.example/", ISSUER_LOAD_BALANCER), 0);
    ck_assert_str_eq(line.name, "arn:aws:elb:x");
    ck_assert_str_eq(line.keys, "https://k.example/");
    ck_assert_int_eq(line.every, 0);
}
END_TEST


START_TEST(a_load_balancer_without_keys_is_refused)
{
    ck_assert_int_eq(parse(BALANCER, ISSUER_LOAD_BALANCER), -1);
}
END_TEST


START_TEST(a_load_balancer_has_no_schedule)
{
    ck_assert_int_eq(parse(BALANCER "keys=https://k.example/ every=60",
                           ISSUER_LOAD_BALANCER),
                     -1);
}
END_TEST


START_TEST(a_kid_cannot_become_part_of_a_host_or_a_query)
{
    static const char *const wrong[] = { "keys=https://k.example",
                                         "keys=https://k.example/?kid=/" };
    char text[256];
    size_t i;

    for (i = 0; i < COUNT(wrong); i++) {
        snprintf(text, sizeof(text), BALANCER "%s", wrong[i]);
        ck_assert_msg(parse(text, ISSUER_LOAD_BALANCER) == -1, "%s was taken",
                      wrong[i]);
    }
}
END_TEST


START_TEST(a_folder_that_is_not_there_is_named)
{
    ck_assert_int_eq(parse("https://a.example /nonexistent/f", ISSUER_OIDC), 0);
    ck_assert_int_eq(issuer_line_check(&line, err, sizeof(err)), -1);
    ck_assert_ptr_nonnull(strstr(err, "/nonexistent/"));
}
END_TEST


START_TEST(certificates_that_are_not_there_are_named)
{
    ck_assert_int_eq(
        parse("https://a.example /tmp/f ca=/nonexistent", ISSUER_OIDC), 0);
    ck_assert_int_eq(issuer_line_check(&line, err, sizeof(err)), -1);
    ck_assert_ptr_nonnull(strstr(err, "/nonexistent"));
}
END_TEST


RUN("worker/issuer_line", a_url_and_a_file_are_enough_for_an_issuer,
    all_options_are_read, an_issuer_without_file_is_refused,
    an_issuer_is_an_https_url_and_nothing_else,
    every_is_a_number_from_60_to_86400, a_host_is_a_name_and_no_url,
    more_than_8_hosts_are_refused, keys_over_http_are_refused,
    a_relative_path_is_refused, an_unknown_option_is_named,
    a_load_balancer_is_an_arn_a_file_and_a_prefix,
    a_load_balancer_without_keys_is_refused, a_load_balancer_has_no_schedule,
    a_kid_cannot_become_part_of_a_host_or_a_query,
    a_folder_that_is_not_there_is_named,
    certificates_that_are_not_there_are_named)
