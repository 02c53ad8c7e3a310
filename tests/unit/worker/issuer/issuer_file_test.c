#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <jansson.h>
#include "tests/unit/suite.h"
#include "worker/issuer/issuer_file.h"
#include "worker/base/file.h"

/* RFC 7517, appendix A.1 and RFC 7515, appendix A.3 under kids of ours. */
#define KEY(kid)                                             \
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"" kid "\""  \
    ",\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\"" \
    ",\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\"}"
#define OTHER(kid)                                           \
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"" kid "\""  \
    ",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\"" \
    ",\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}"
#define SET(keys) "{\"keys\":[" keys "]}"

#define LONG_AGO 1700000000

static char folder[] = "/tmp/sluice-issuer-XXXXXX";
static char path[sizeof(folder) + 16], err[512];


static void
begin(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/keys.json", folder);
}


static void
end(void)
{
    file_erase(folder);
}


static int
keep(const char *text)
{
    return issuer_file_keep(path, text, strlen(text), err, sizeof(err));
}


static void
make_old(void)
{
    struct timespec times[2] = { { LONG_AGO, 0 }, { LONG_AGO, 0 } };

    ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
}


static struct stat
file(void)
{
    struct stat st;

    ck_assert_int_eq(stat(path, &st), 0);
    return st;
}


START_TEST(a_file_that_is_not_there_has_no_age)
{
    begin();
    ck_assert_int_eq(issuer_file_age(path), -1);
    end();
}
END_TEST


START_TEST(a_file_that_is_no_key_set_has_no_age)
{
    begin();
    keep("{\"keys\":");
    ck_assert_int_eq(issuer_file_age(path), -1);
    end();
}
END_TEST


START_TEST(a_file_that_was_just_written_has_the_age_of_0)
{
    int64_t age;

    begin();
    keep(SET(KEY("a")));
    age = issuer_file_age(path);
    ck_assert(age >= 0 && age < 60);
    end();
}
END_TEST


START_TEST(a_new_set_is_written_as_it_is)
{
    char *text;
    size_t len;

    begin();
    ck_assert_int_eq(keep(SET(KEY("a"))), 1);
    text = file_read(path, ISSUER_FILE_MAX, &len);
    ck_assert_str_eq(text, SET(KEY("a")));
    free(text);
    end();
}
END_TEST


START_TEST(all_may_read_the_file_whatever_the_umask)
{
    begin();
    umask(077);
    keep(SET(KEY("a")));
    ck_assert_int_eq(file().st_mode & 0777, 0644);
    end();
}
END_TEST


START_TEST(nothing_is_left_beside_the_file)
{
    char beside[sizeof(path) + 8];

    begin();
    keep(SET(KEY("a")));
    snprintf(beside, sizeof(beside), "%s.new", path);
    ck_assert_int_eq(access(beside, F_OK), -1);
    end();
}
END_TEST


START_TEST(the_same_keys_in_another_order_leave_the_file_alone)
{
    ino_t inode;

    begin();
    keep(SET(KEY("a") "," OTHER("b")));
    inode = file().st_ino;
    ck_assert_int_eq(keep("{ \"keys\": [" OTHER("b") "," KEY("a") "]}"), 0);
    ck_assert_uint_eq(file().st_ino, inode);
    end();
}
END_TEST


START_TEST(the_same_keys_renew_the_age)
{
    begin();
    keep(SET(KEY("a")));
    make_old();
    keep(SET(KEY("a")));
    ck_assert_int_gt(file().st_mtime, LONG_AGO);
    end();
}
END_TEST


START_TEST(another_key_under_the_same_kid_is_written)
{
    begin();
    keep(SET(KEY("a")));
    ck_assert_int_eq(keep(SET(OTHER("a"))), 1);
    end();
}
END_TEST


START_TEST(a_key_that_is_gone_is_written)
{
    begin();
    keep(SET(KEY("a") "," OTHER("b")));
    ck_assert_int_eq(keep(SET(KEY("a"))), 1);
    end();
}
END_TEST


START_TEST(a_folder_that_is_gone_is_told)
{
    begin();
    end();
    ck_assert_int_eq(keep(SET(KEY("a"))), -1);
    ck_assert_ptr_nonnull(strstr(err, path));
}
END_TEST


START_TEST(a_kid_is_found_in_the_file)
{
    begin();
    ck_assert(!issuer_file_has(path, "a"));
    keep(SET(KEY("a")));
    ck_assert(issuer_file_has(path, "a"));
    ck_assert(!issuer_file_has(path, "b"));
    end();
}
END_TEST


START_TEST(a_single_key_comes_in_front_of_the_others)
{
    char *text;

    begin();
    keep(SET(KEY("a")));
    text = issuer_file_with(path, OTHER("b"), "b");
    ck_assert_ptr_nonnull(text);
    ck_assert(strstr(text, "\"b\"") < strstr(text, "\"a\""));
    ck_assert_int_eq(keep(text), 1);
    ck_assert(issuer_file_has(path, "a") && issuer_file_has(path, "b"));
    free(text);
    end();
}
END_TEST


START_TEST(a_single_key_makes_a_file_where_there_was_none)
{
    char *text;

    begin();
    text = issuer_file_with(path, KEY("a"), "a");
    ck_assert_int_eq(keep(text), 1);
    ck_assert(issuer_file_has(path, "a"));
    free(text);
    end();
}
END_TEST


START_TEST(a_single_key_replaces_the_one_of_its_kid)
{
    char *text;

    begin();
    keep(SET(KEY("a")));
    text = issuer_file_with(path, OTHER("a"), "a");
    ck_assert_ptr_null(
        strstr(text, "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv"));
    free(text);
    end();
}
END_TEST


START_TEST(of_single_keys_the_newest_16_are_kept)
{
    int i;
    char kid[16], key[512], *text;

    begin();
    for (i = 0; i < 17; i++) {
        snprintf(kid, sizeof(kid), "k%d", i);
        snprintf(key, sizeof(key), KEY("%s"), kid);
        text = issuer_file_with(path, key, kid);
        ck_assert_int_eq(keep(text), 1);
        free(text);
    }
    ck_assert(!issuer_file_has(path, "k0"));
    ck_assert(issuer_file_has(path, "k1") && issuer_file_has(path, "k16"));
    end();
}
END_TEST


RUN("worker/issuer_file", a_file_that_is_not_there_has_no_age,
    a_file_that_is_no_key_set_has_no_age,
    a_file_that_was_just_written_has_the_age_of_0,
    a_new_set_is_written_as_it_is, all_may_read_the_file_whatever_the_umask,
    nothing_is_left_beside_the_file,
    the_same_keys_in_another_order_leave_the_file_alone,
    the_same_keys_renew_the_age, another_key_under_the_same_kid_is_written,
    a_key_that_is_gone_is_written, a_folder_that_is_gone_is_told,
    a_kid_is_found_in_the_file, a_single_key_comes_in_front_of_the_others,
    a_single_key_makes_a_file_where_there_was_none,
    a_single_key_replaces_the_one_of_its_kid,
    of_single_keys_the_newest_16_are_kept)
