#include <string.h>
#include <zlib.h>
#include "tests/unit/suite.h"
#include "worker/score/mxl.h"

#define CONTAINER "META-INF/container.xml"
#define ROOT(path)                                                          \
    "<?xml version='1.0'?><container><rootfiles><rootfile full-path='" path \
    "'/><rootfile full-path='b.pdf' media-type='application/pdf'/>"         \
    "</rootfiles></container>"

static unsigned char bytes[1 << 20], directory[4096];
static size_t len, directory_len, entries;
static char unpacked[1 << 16];
static size_t unpacked_len;
static const char *complaint;


static void
put(unsigned char *to, size_t value, int size)
{
    int i;

    for (i = 0; i < size; i++) {
        to[i] = (unsigned char) (value >> 8 * i);
    }
}


static void
begin(void)
{
    memset(bytes, 0, sizeof(bytes));
    memset(directory, 0, sizeof(directory));
    len = directory_len = entries = 0;
}


/* Adds a file, and answers where its directory entry is. */
static unsigned char *
add(const char *name, const void *data, size_t size, int deflated)
{
    unsigned char *local = bytes + len, *entry = directory + directory_len;
    size_t name_len = strlen(name), packed = size;
    z_stream stream;

    memcpy(local, "PK\3\4", 4);
    put(local + 26, name_len, 2);
    put(local + 28, 3, 2); /* an extra field */
    memcpy(local + 30, name, name_len);

    memset(&stream, 0, sizeof(stream));
    if (deflated) {
        deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, 0);
        stream.next_in = (unsigned char *) data;
        stream.avail_in = (uInt) size;
        stream.next_out = local + 33 + name_len;
        stream.avail_out = (uInt) (sizeof(bytes) - len - 33 - name_len);
        ck_assert_int_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
        packed = stream.total_out;
        deflateEnd(&stream);
    } else {
        memcpy(local + 33 + name_len, data, size);
    }

    memcpy(entry, "PK\1\2", 4);
    put(entry + 10, deflated ? 8 : 0, 2);
    put(entry + 16, crc32(0, data, (uInt) size), 4);
    put(entry + 20, packed, 4);
    put(entry + 24, size, 4);
    put(entry + 28, name_len, 2);
    put(entry + 42, len, 4);
    memcpy(entry + 46, name, name_len);

    len += 33 + name_len + packed;
    directory_len += 46 + name_len;
    entries++;
    return entry;
}


static unsigned char *
add_text(const char *name, const char *text)
{
    return add(name, text, strlen(text), 1);
}


static void
end(void)
{
    unsigned char *p = bytes + len + directory_len;

    memcpy(bytes + len, directory, directory_len);
    memcpy(p, "PK\5\6", 4);
    put(p + 10, entries, 2);
    put(p + 12, directory_len, 4);
    put(p + 16, len, 4);
    put(p + 20, 4, 2);
    memcpy(p + 22, "note", 4);
    len += directory_len + 26;
}


static int
keep(void *data, const char *more, size_t size)
{
    (void) data;

    if (size > sizeof(unpacked) - 1 - unpacked_len) {
        return -1;
    }
    memcpy(unpacked + unpacked_len, more, size);
    unpacked_len += size;
    unpacked[unpacked_len] = '\0';
    return 0;
}


static int
drop(void *data, const char *more, size_t size)
{
    (void) data;
    (void) more;
    (void) size;
    return 0;
}


static int
unpack(void)
{
    mxl_entry_t score;

    unpacked_len = 0;
    complaint = NULL;
    if (mxl_score(bytes, len, &score, &complaint) != 0) {
        return -1;
    }
    return mxl_unpack(&score, sizeof(unpacked), keep, NULL, &complaint);
}


static void
refuses(const char *says)
{
    ck_assert_int_eq(unpack(), -1);
    ck_assert_ptr_nonnull(complaint);
    ck_assert_msg(strstr(complaint, says) != NULL, "%s", complaint);
}


START_TEST(the_container_leads_to_the_score)
{
    begin();
    add("mimetype", "application/vnd.recordare.musicxml", 34, 0);
    add_text(CONTAINER, ROOT("a/score.xml"));
    add_text("score.xml", "another");
    add_text("a/score.xml", "the score");
    end();

    ck_assert_int_eq(unpack(), 0);
    ck_assert_str_eq(unpacked, "the score");
}
END_TEST


START_TEST(a_score_may_be_stored_as_it_is)
{
    begin();
    add(CONTAINER, ROOT("s.xml"), sizeof(ROOT("s.xml")) - 1, 0);
    add("s.xml", "the score", 9, 0);
    end();

    ck_assert_int_eq(unpack(), 0);
    ck_assert_str_eq(unpacked, "the score");
}
END_TEST


START_TEST(a_zip_without_container_or_score_is_refused)
{
    begin();
    add_text("score.xml", "the score");
    end();
    refuses("no score");

    begin();
    add_text(CONTAINER, ROOT("score.xml"));
    end();
    refuses("no score");

    begin();
    add_text(CONTAINER, "<container/>");
    end();
    refuses("no score");
}
END_TEST


START_TEST(a_container_that_declares_entities_is_refused)
{
    begin();
    add_text(CONTAINER, "<!DOCTYPE c [<!ENTITY a 'score.xml'>]><c>"
                        "<rootfile full-path='&a;'/></c>");
    add_text("score.xml", "the score");
    end();
    refuses("damaged");
}
END_TEST


START_TEST(a_zip_that_is_cut_or_changed_is_refused)
{
    size_t whole, i;
    unsigned char *score;

    begin();
    add_text(CONTAINER, ROOT("s.xml"));
    score = add("s.xml", "the score", 9, 0);
    put(score + 16, 1, 4);
    end();
    refuses("damaged");

    whole = len;
    for (i = 0; i < whole; i++) {
        len = i;
        ck_assert_int_eq(unpack(), -1);
    }
}
END_TEST


START_TEST(an_entry_that_leads_outside_is_refused)
{
    static const struct {
        size_t at, value;
        int size;
    } lies[] = { { 42, 0xffffffff, 4 },
                 { 42, 1, 4 },
                 { 20, 0xffffffff, 4 },
                 { 28, 0xffff, 2 } };
    size_t i;

    for (i = 0; i < COUNT(lies); i++) {
        begin();
        put(add_text(CONTAINER, ROOT("s.xml")) + lies[i].at, lies[i].value,
            lies[i].size);
        end();
        ck_assert_int_eq(unpack(), -1);
    }
}
END_TEST


START_TEST(what_is_encrypted_or_packed_otherwise_is_refused)
{
    begin();
    add_text(CONTAINER, ROOT("s.xml"))[8] = 1;
    end();
    refuses("not taken");

    begin();
    add_text(CONTAINER, ROOT("s.xml"))[10] = 93;
    end();
    refuses("not taken");
}
END_TEST


START_TEST(a_bomb_is_refused_before_it_has_unpacked)
{
    mxl_entry_t score;
    size_t size = 32 << 20;
    char *zeroes = calloc(1, size);

    begin();
    add_text(CONTAINER, ROOT("s.xml"));
    add("s.xml", zeroes, size, 1);
    end();
    free(zeroes);

    ck_assert_int_eq(mxl_score(bytes, len, &score, &complaint), 0);
    ck_assert_int_eq(mxl_unpack(&score, size - 1, drop, NULL, &complaint), -1);
    ck_assert_ptr_nonnull(strstr(complaint, "more than"));
    ck_assert_int_eq(mxl_unpack(&score, 2 * size, drop, NULL, &complaint), -1);
    ck_assert_ptr_nonnull(strstr(complaint, "more than"));
    score.full = 1; /* it promised less */
    ck_assert_int_eq(mxl_unpack(&score, 65536, drop, NULL, &complaint), -1);
    ck_assert_ptr_nonnull(strstr(complaint, "more than"));
}
END_TEST


START_TEST(a_large_container_is_refused)
{
    char *blanks = malloc(MXL_CONTAINER_MAX + 1);

    memset(blanks, ' ', MXL_CONTAINER_MAX + 1);
    begin();
    add(CONTAINER, blanks, MXL_CONTAINER_MAX + 1, 1);
    end();
    free(blanks);
    refuses("more than");
}
END_TEST


RUN("worker/mxl", the_container_leads_to_the_score,
    a_score_may_be_stored_as_it_is, a_zip_without_container_or_score_is_refused,
    a_container_that_declares_entities_is_refused,
    a_zip_that_is_cut_or_changed_is_refused,
    an_entry_that_leads_outside_is_refused,
    what_is_encrypted_or_packed_otherwise_is_refused,
    a_bomb_is_refused_before_it_has_unpacked, a_large_container_is_refused)
