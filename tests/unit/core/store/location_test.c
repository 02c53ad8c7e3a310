#include <string.h>
#include "core/store/location.h"
#include "tests/unit/suite.h"

static location_t location;
static char err[LOCATION_ERROR_SIZE];


static int
reads(const char *const *words, size_t count)
{
    return location_read(&location, words, count, err, sizeof(err));
}

#define READS(...)                              \
    reads((const char *const[]){ __VA_ARGS__ }, \
          COUNT(((const char *const[]){ __VA_ARGS__ })))


/* The path of a file there, or "-". */
static const char *
path_of(const char *name)
{
    static char out[2048];

    return location_path(&location, name, out, sizeof(out)) == 0 ? out : "-";
}


static const char *
authority(void)
{
    static char out[LOCATION_AUTHORITY_SIZE];

    location_authority(&location, out);
    return out;
}


START_TEST(a_folder_is_an_absolute_path)
{
    ck_assert_int_eq(READS("/srv/sluice"), 0);
    ck_assert_str_eq(location.folder, "/srv/sluice");
    ck_assert_int_eq(READS("srv/sluice"), -1);
    ck_assert_str_eq(err, "the store is an absolute folder, or s3://bucket or "
                          "s3://bucket/prefix, not \"srv/sluice\"");
    ck_assert_int_eq(READS("/srv/sluice", "region=us-east-1"), -1);
    ck_assert_str_eq(err, "a folder has no \"region=us-east-1\"");
}
END_TEST


START_TEST(a_bucket_of_awss_is_in_the_host)
{
    ck_assert_int_eq(READS("s3://films", "region=eu-west-3"), 0);
    ck_assert_str_eq(authority(), "films.s3.eu-west-3.amazonaws.com");
    ck_assert_int_eq(location.tls, 1);
    ck_assert_str_eq(path_of("media/a b"), "/media/a b");
    ck_assert_str_eq(path_of(""), "/");
}
END_TEST


START_TEST(a_bucket_of_anothers_is_in_the_path)
{
    ck_assert_int_eq(READS("s3://films/a/b/", "endpoint=http://[::1]:7480/",
                           "region=us-east-1", "credentials=/etc/s3"),
                     0);
    ck_assert_str_eq(authority(), "[::1]:7480");
    ck_assert_int_eq(location.tls, 0);
    ck_assert_str_eq(location.credentials, "/etc/s3");
    ck_assert_str_eq(path_of("media/x"), "/films/a/b/media/x");
    ck_assert_str_eq(path_of(""), "/films");
}
END_TEST


START_TEST(the_style_may_be_said)
{
    ck_assert_int_eq(READS("s3://films", "endpoint=https://s3.test:443",
                           "style=virtual", "region=x"),
                     0);
    ck_assert_str_eq(authority(), "films.s3.test");
    ck_assert_int_eq(READS("s3://films", "style=path", "region=x"), 0);
    ck_assert_str_eq(authority(), "s3.x.amazonaws.com");
    ck_assert_int_eq(READS("s3://fi.lms", "region=x"), -1);
    ck_assert_ptr_nonnull(strstr(err, "style=path"));
    ck_assert_int_eq(READS("s3://fi.lms", "style=path", "region=x"), 0);
}
END_TEST


START_TEST(how_it_is_encrypted_may_be_said)
{
    ck_assert_int_eq(READS("s3://films", "region=x", "sse=AES256"), 0);
    ck_assert_str_eq(location.sse, "AES256");
    ck_assert_str_eq(location.sse_key, "");
    ck_assert_int_eq(READS("s3://films", "region=x", "sse=aws:kms"), 0);
    ck_assert_str_eq(location.sse, "aws:kms");
    ck_assert_str_eq(location.sse_key, "");
    ck_assert_int_eq(READS("s3://films", "region=x",
                           "sse=aws:kms:arn:aws:kms:eu-west-3:1:key/a-1"),
                     0);
    ck_assert_str_eq(location.sse, "aws:kms");
    ck_assert_str_eq(location.sse_key, "arn:aws:kms:eu-west-3:1:key/a-1");
}
END_TEST


START_TEST(a_role_has_a_file_too)
{
    ck_assert_int_eq(READS("s3://films", "region=x", "credentials=/role"), 0);
    ck_assert_int_eq(location.role, 0);
    ck_assert_int_eq(READS("s3://films", "region=x", "credentials=role"), 0);
    ck_assert_int_eq(location.role, 1);
    ck_assert_str_eq(location.credentials, LOCATION_ROLE_FILE);
    ck_assert_int_eq(READS("s3://films", "region=x", "credentials=role:/r"), 0);
    ck_assert_int_eq(location.role, 1);
    ck_assert_str_eq(location.credentials, "/r");
}
END_TEST


START_TEST(what_is_wrong_is_named)
{
    static const struct {
        const char *word, *said;
    } wrong[] = {
        { "endpoint=s3.test", "http://host:port" },
        { "endpoint=http://", "without a path" },
        { "endpoint=http://a/b", "without a path" },
        { "endpoint=http://a:", "without a path" },
        { "endpoint=http://a:0", "without a path" },
        { "endpoint=http://a:65536", "without a path" },
        { "endpoint=http://a:+80", "without a path" },
        { "endpoint=http://a:80x", "without a path" },
        { "endpoint=http://[::1", "without a path" },
        { "endpoint=http://[a b]", "without a path" },
        { "endpoint=http://a@b", "without a path" },
        { "region=", "such as eu-west-3" },
        { "region=EU", "such as eu-west-3" },
        { "style=Path", "path or virtual" },
        { "credentials=keys", "absolute path" },
        { "credentials=", "absolute path" },
        { "credentials=role:", "role:<absolute path>" },
        { "credentials=role:r", "role:<absolute path>" },
        { "credentials=roles", "role:<absolute path>" },
        { "sse=", "sse= is AES256" },
        { "sse=AES256x", "sse= is AES256" },
        { "sse=AES256:a", "sse= is AES256" },
        { "sse=aws:kms:", "sse= is AES256" },
        { "sse=aws:kms:a b", "sse= is AES256" },
        { "sse=aws:kmsx", "sse= is AES256" },
        { "regoin=x", "none of endpoint=" },
    };
    size_t i;

    for (i = 0; i < COUNT(wrong); i++) {
        ck_assert_int_eq(READS("s3://films", wrong[i].word), -1);
        ck_assert_msg(strstr(err, wrong[i].said), "%s: %s", wrong[i].word, err);
    }

    ck_assert_int_eq(READS("s3://films"), -1);
    ck_assert_ptr_nonnull(strstr(err, "needs region="));
}
END_TEST


START_TEST(a_bucket_and_a_prefix_are_held_to_their_rules)
{
    static const char *const wrong[] = {
        "s3://",          "s3://ab",
        "s3://Films",     "s3://-ab",
        "s3://ab.",       "s3://a..b",
        "s3://films//",   "s3://films/a//b",
        "s3://films/..",  "s3://films/a/./b",
        "s3://films/a b", "s3://films/\xc3\xa9",
    };
    char many[LOCATION_PREFIX_MAX + 32] = "s3://films/";
    size_t i, at = strlen(many);

    for (i = 0; i < COUNT(wrong); i++) {
        ck_assert_msg(READS(wrong[i], "region=x") == -1, "%s", wrong[i]);
    }

    memset(many + at, 'a', LOCATION_PREFIX_MAX - 1);
    ck_assert_int_eq(READS(many, "region=x"), 0);
    many[at + LOCATION_PREFIX_MAX - 1] = 'a';
    ck_assert_int_eq(READS(many, "region=x"), -1);
}
END_TEST


START_TEST(a_key_is_no_longer_than_s3_takes)
{
    char name[1100];

    ck_assert_int_eq(READS("s3://films/p", "region=x"), 0);
    memset(name, 'a', sizeof(name));
    name[1022] = '\0';
    ck_assert_int_eq(strlen(path_of(name)), 1025);
    name[1022] = 'a';
    name[1023] = '\0';
    ck_assert_str_eq(path_of(name), "-");
}
END_TEST


RUN("core/location", a_bucket_and_a_prefix_are_held_to_their_rules,
    a_bucket_of_anothers_is_in_the_path, a_bucket_of_awss_is_in_the_host,
    a_folder_is_an_absolute_path, a_role_has_a_file_too,
    a_key_is_no_longer_than_s3_takes, how_it_is_encrypted_may_be_said,
    the_style_may_be_said, what_is_wrong_is_named)
