#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tests/unit/suite.h"
#include "worker/role/role_source.h"

#define RELATIVE "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
#define FULL "AWS_CONTAINER_CREDENTIALS_FULL_URI"
#define TOKEN "AWS_CONTAINER_AUTHORIZATION_TOKEN"
#define TOKEN_FILE "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"
#define ENDPOINT "AWS_EC2_METADATA_SERVICE_ENDPOINT"

static role_source_t source;
static char err[512];


static int
finds(const char *name, const char *value)
{
    clearenv();
    setenv(name, value, 1);
    return role_source_find(&source, err, sizeof(err));
}


START_TEST(an_instance_is_asked_where_nothing_says_otherwise)
{
    clearenv();
    ck_assert_int_eq(role_source_find(&source, err, sizeof(err)), 0);
    ck_assert_int_eq(source.container, 0);
    ck_assert_str_eq(source.url, "http://169.254.169.254");
    ck_assert_int_eq(finds("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv6"),
                     0);
    ck_assert_str_eq(source.url, "http://[fd00:ec2::254]");
    ck_assert_int_eq(finds(ENDPOINT, "http://127.0.0.1:81/"), 0);
    ck_assert_str_eq(source.url, "http://127.0.0.1:81");
    ck_assert_int_eq(finds("AWS_EC2_METADATA_DISABLED", "true"), -1);
    ck_assert_ptr_nonnull(strstr(err, "AWS_EC2_METADATA_DISABLED"));
    ck_assert_int_eq(finds(ENDPOINT, "ftp://a"), -1);
    ck_assert_int_eq(finds(ENDPOINT, "http://a?b"), -1);
    ck_assert_int_eq(finds(ENDPOINT, "a"), -1);
}
END_TEST


START_TEST(a_container_is_asked_by_its_path_or_its_url)
{
    ck_assert_int_eq(finds(RELATIVE, "/v2/credentials/x"), 0);
    ck_assert_int_eq(source.container, 1);
    ck_assert_str_eq(source.url, "http://169.254.170.2/v2/credentials/x");
    setenv(FULL, "https://other.example.org/", 1);
    ck_assert_int_eq(role_source_find(&source, err, sizeof(err)), 0);
    ck_assert_str_eq(source.url, "http://169.254.170.2/v2/credentials/x");
    ck_assert_int_eq(finds(FULL, "http://169.254.170.23/v1/credentials"), 0);
    ck_assert_str_eq(source.url, "http://169.254.170.23/v1/credentials");
    ck_assert_int_eq(finds(RELATIVE, "v2"), -1);
    ck_assert_int_eq(finds(RELATIVE, "/v2 x"), -1);
    ck_assert_int_eq(finds(RELATIVE, ".example.org/"), -1);
}
END_TEST


START_TEST(what_is_secret_goes_by_https_or_stays_near)
{
    static const char *const may[] = {
        "https://creds.example.org/x", "http://127.0.0.1/x",
        "http://127.1.2.3:80/x",       "http://[::1]:1/x",
        "http://localhost/x",          "http://169.254.170.2/x",
        "http://169.254.170.23/v1",    "http://[fd00:ec2::23]/v1",
    };
    static const char *const may_not[] = {
        "http://creds.example.org/x",
        "http://169.254.169.254/x",
        "http://10.0.0.1/",
        "http://127.0.0.1.example.org/",
        "http://localhost.example.org/",
        "http://127.0.0.1@example.org/",
        "http://[fd00:ec2::24]/",
        "http:///x",
        "ftp://127.0.0.1/",
        "https://a b/",
        "file:///etc/passwd",
        "",
    };
    size_t i;

    for (i = 0; i < COUNT(may); i++) {
        ck_assert_msg(role_source_may(may[i]) == 1, "%s", may[i]);
        ck_assert_msg(finds(FULL, may[i]) == 0, "%s", may[i]);
    }
    for (i = 0; i < COUNT(may_not); i++) {
        ck_assert_msg(role_source_may(may_not[i]) == 0, "%s", may_not[i]);
    }
    ck_assert_int_eq(finds(FULL, may_not[0]), -1);
    ck_assert_ptr_nonnull(strstr(err, "is https, or http on loopback"));
}
END_TEST


START_TEST(what_a_container_shows_is_one_line)
{
    char token[ROLE_SOURCE_TOKEN_MAX + 1], path[] = "/tmp/role-XXXXXX";
    int fd = mkstemp(path);

    ck_assert_int_eq(finds(FULL, "http://127.0.0.1/"), 0);
    ck_assert_int_eq(role_source_token(&source, token, err, sizeof(err)), 0);
    ck_assert_str_eq(token, "");
    setenv(TOKEN, "Basic eA==", 1);
    ck_assert_int_eq(role_source_token(&source, token, err, sizeof(err)), 0);
    ck_assert_str_eq(token, "Basic eA==");
    setenv(TOKEN, "a\r\nHost: b", 1);
    ck_assert_int_eq(role_source_token(&source, token, err, sizeof(err)), -1);
    ck_assert_ptr_nonnull(strstr(err, "no clean text"));

    setenv(TOKEN_FILE, path, 1);
    ck_assert_int_eq(role_source_find(&source, err, sizeof(err)), 0);
    ck_assert_int_eq(write(fd, "jwt\n", 4), 4);
    ck_assert_int_eq(role_source_token(&source, token, err, sizeof(err)), 0);
    ck_assert_str_eq(token, "jwt");
    ck_assert_int_eq(write(fd, "b\n", 2), 2);
    ck_assert_int_eq(role_source_token(&source, token, err, sizeof(err)), -1);
    ck_assert_int_eq(ftruncate(fd, ROLE_SOURCE_TOKEN_MAX + 9), 0);
    ck_assert_int_eq(role_source_token(&source, token, err, sizeof(err)), -1);
    ck_assert_ptr_nonnull(strstr(err, "File too large"));
    close(fd);
    unlink(path);
    ck_assert_int_eq(role_source_token(&source, token, err, sizeof(err)), -1);
    ck_assert_ptr_nonnull(strstr(err, "No such file"));
    setenv(TOKEN_FILE, "jwt", 1);
    ck_assert_int_eq(role_source_find(&source, err, sizeof(err)), -1);
}
END_TEST


RUN("worker/role_source", a_container_is_asked_by_its_path_or_its_url,
    an_instance_is_asked_where_nothing_says_otherwise,
    what_a_container_shows_is_one_line,
    what_is_secret_goes_by_https_or_stays_near)
