#define _GNU_SOURCE /* memfd_create */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "core/bucket/bucket.h"
#include "core/bucket/bucket_object.h"
#include "core/bucket/bucket_parts.h"
#include "tests/unit/suite.h"

/* A bucket that says what it is told to, and keeps what it heard last, as it
   would be sent. */
#define HEARD_SIZE 16384

static struct {
    const char *answers[4];
    int answered;
    char heard[HEARD_SIZE];
} server;

static location_t location;
static credentials_t who = { .id = "AKID", .secret = "secret" };


static void *
server_open(void)
{
    return &server;
}


static void
server_close(void *carrier)
{
    ck_assert_ptr_eq(carrier, &server);
}


static void
hear(const bucket_carrier_ask_t *ask)
{
    size_t i, n;
    char body[HEARD_SIZE / 2] = "";
    const char *path = strchr(strstr(ask->url, "//") + 2, '/');
    FILE *out = fmemopen(server.heard, HEARD_SIZE, "w");

    fprintf(out, "%s %s HTTP/1.1\r\n", ask->method, path);
    for (i = 0; ask->headers[i] != NULL; i++) {
        fprintf(out, "%s\r\n", ask->headers[i]);
    }
    if (ask->puts) {
        n = ask->read(body, 1, sizeof(body) - 1, ask->data);
        ck_assert_uint_eq(n, ask->size);
    }
    fprintf(out, "\r\n%s", ask->text ? ask->text : body);
    fclose(out);
}


static int
server_carry(void *carrier, const bucket_carrier_ask_t *ask,
             char reason[BUCKET_CARRIER_REASON])
{
    char *line, *next, answer[HEARD_SIZE];

    (void) carrier;
    hear(ask);
    if (server.answers[server.answered] == NULL) {
        snprintf(reason, BUCKET_CARRIER_REASON, "nobody answers");
        return -1;
    }

    snprintf(answer, sizeof(answer), "%s", server.answers[server.answered++]);
    for (line = answer;; line = next) {
        next = strstr(line, "\r\n") + 2;
        ask->header(line, 1, (size_t) (next - line), ask->data);
        if (next - line == 2) {
            break;
        }
    }
    ck_assert_uint_eq(ask->take(next, 1, strlen(next), ask->data),
                      strlen(next));

    return 0;
}


static const bucket_carrier_t carrier = { server_open, server_close,
                                          server_carry };


static bucket_t *
begin(const char *first, const char *second)
{
    char err[LOCATION_ERROR_SIZE];
    static const char *const words[] = { "s3://films/a", "region=x",
                                         "endpoint=http://127.0.0.1:7480" };

    server.answers[0] = first;
    server.answers[1] = second;
    server.answered = 0;
    server.heard[0] = '\0';

    memset(&location, 0, sizeof(location));
    ck_assert_msg(location_read(&location, words, 3, err, sizeof(err)) == 0,
                  "%s", err);
    return bucket_open(&carrier, &location, &who);
}


#define OK(headers, body) \
    "HTTP/1.1 200 OK\r\nConnection: close\r\n" headers "\r\n" body


START_TEST(parts_grow_so_that_they_carry_what_s3_takes)
{
    unsigned n;
    uint64_t from = 0;

    for (n = 1; n <= BUCKET_PARTS_MAX; n++) {
        ck_assert_uint_eq(bucket_part_from(n), from);
        ck_assert_uint_ge(bucket_part_size(n), BUCKET_PART_LEAST);
        ck_assert_uint_le(bucket_part_size(n), 5ULL << 30);
        ck_assert_uint_eq(bucket_part_end(from), from + bucket_part_size(n));
        from += bucket_part_size(n);
        ck_assert_uint_eq(bucket_part_end(from - 1), from);
    }

    ck_assert_uint_ge(from, 5ULL << 40);
}
END_TEST


START_TEST(an_upload_begins_with_an_id_and_wants_checksums)
{
    char upload[BUCKET_UPLOAD_SIZE];
    bucket_t *bucket = begin(OK("", "<I><Key>a/spool/x</Key>"
                                    "<UploadId>2~ab/c</UploadId></I>"),
                             NULL);

    ck_assert_int_eq(bucket_parts_begin(bucket, "spool/x", "video/mp4", upload),
                     BUCKET_OK);
    ck_assert_str_eq(upload, "2~ab/c");
    ck_assert_ptr_nonnull(
        strstr(server.heard, "POST /films/a/spool/x?uploads= HTTP/1.1"));
    ck_assert_ptr_nonnull(
        strstr(server.heard, "x-amz-checksum-algorithm: SHA256"));
    ck_assert_ptr_nonnull(strstr(server.heard, "Content-Type: video/mp4"));
    bucket_close(bucket);
}
END_TEST


START_TEST(a_part_brings_its_digest_and_that_of_all_before)
{
    int fd = memfd_create("part", MFD_CLOEXEC);
    sha256_t behind, all;
    unsigned char has[SHA256_SIZE], wants[SHA256_SIZE];
    bucket_part_t part;
    bucket_t *bucket = begin(OK("ETag: \"abc\"\r\n", ""), NULL);

    sha256_init(&behind);
    sha256_update(&behind, "abc", 3);
    ck_assert_int_eq(write(fd, "xxabcyy", 7), 7);
    ck_assert_int_eq(bucket_parts_put(bucket, "spool/x", "2~ab/c", 7, fd, 2, 3,
                                      &behind, &part),
                     BUCKET_OK);
    ck_assert_str_eq(part.etag, "\"abc\"");
    ck_assert_uint_eq(part.number, 7);
    ck_assert_uint_eq(part.size, 3);
    ck_assert_str_eq(part.sha256, "ba7816bf8f01cfea414140de5dae2223"
                                  "b00361a396177a9cb410ff61f20015ad");
    ck_assert_ptr_nonnull(
        strstr(server.heard,
               "PUT /films/a/spool/x?partNumber=7&uploadId=2~ab%2Fc HTTP/1.1"));
    ck_assert_ptr_nonnull(
        strstr(server.heard, "x-amz-checksum-sha256: "
                             "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="));

    sha256_init(&all);
    sha256_update(&all, "abcabc", 6);
    sha256_digest(&all, wants);
    sha256_digest(&behind, has);
    ck_assert_mem_eq(has, wants, SHA256_SIZE);
    close(fd);
    bucket_close(bucket);
}
END_TEST


static const bucket_part_t two[] = {
    { 1, 8, "\"one\"",
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
    { 2, 3, "\"two\"", "" }
};


START_TEST(a_part_whose_digest_is_known_is_read_once)
{
    int fd = memfd_create("part", MFD_CLOEXEC);
    bucket_part_t part = { .number = 7, .size = 3 };
    bucket_t *bucket = begin(OK("ETag: \"abc\"\r\n", ""), NULL);

    memset(part.sha256, '0', sizeof(part.sha256) - 1);
    ck_assert_int_eq(write(fd, "xxabcyy", 7), 7);
    ck_assert_int_eq(
        bucket_parts_put_known(bucket, "spool/x", "2~ab/c", fd, 2, &part),
        BUCKET_OK);
    ck_assert_str_eq(part.etag, "\"abc\"");
    ck_assert_uint_eq(part.number, 7);
    ck_assert_uint_eq(part.size, 3);
    ck_assert_ptr_nonnull(
        strstr(server.heard, "x-amz-checksum-sha256: "
                             "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="));
    ck_assert_ptr_nonnull(
        strstr(server.heard, "x-amz-content-sha256: 00000000000000000000"));
    ck_assert_ptr_nonnull(strstr(server.heard, "\r\n\r\nabc"));
    close(fd);
    bucket_close(bucket);
}
END_TEST


START_TEST(a_part_of_another_file_is_copied_by_the_bucket)
{
    bucket_part_t part = { .number = 3, .size = 5 };
    bucket_t *bucket = begin(
        OK("", "<CopyPartResult><ETag>\"abc\"</ETag></CopyPartResult>"), NULL);

    ck_assert_int_eq(
        bucket_parts_copy(bucket, "spool/y", 7, "spool/x", "2~ab", &part),
        BUCKET_OK);
    ck_assert_str_eq(part.etag, "\"abc\"");
    ck_assert_str_eq(part.sha256, "");
    ck_assert_ptr_nonnull(
        strstr(server.heard,
               "PUT /films/a/spool/x?partNumber=3&uploadId=2~ab HTTP/1.1"));
    ck_assert_ptr_nonnull(
        strstr(server.heard, "x-amz-copy-source: /films/a/spool/y\r\n"));
    ck_assert_ptr_nonnull(
        strstr(server.heard, "x-amz-copy-source-range: bytes=7-11\r\n"));
    bucket_close(bucket);
}
END_TEST


START_TEST(parts_are_completed_by_their_etags_and_checksums)
{
    bucket_t *bucket = begin(OK("", "<C><ETag>\"x-2\"</ETag></C>"), NULL);

    ck_assert_int_eq(bucket_parts_complete(bucket, "spool/x", "u", two, 2),
                     BUCKET_OK);
    ck_assert_ptr_nonnull(
        strstr(server.heard, "POST /films/a/spool/x?uploadId=u HTTP/1.1"));
    ck_assert_ptr_nonnull(strstr(
        server.heard, "<Part><PartNumber>1</PartNumber><ETag>\"one\"</ETag>"
                      "<ChecksumSHA256>ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/"
                      "YfIAFa0=</ChecksumSHA256></Part>"
                      "<Part><PartNumber>2</PartNumber><ETag>\"two\"</ETag>"
                      "</Part></CompleteMultipartUpload>"));
    bucket_close(bucket);
}
END_TEST


START_TEST(a_failure_behind_a_status_of_200_is_one)
{
    bucket_t *bucket = begin(
        OK("", "  <Error><Code>InternalError</Code></Error>"), NULL);

    ck_assert_int_eq(bucket_parts_complete(bucket, "spool/x", "u", two, 2),
                     BUCKET_AWAY);
    bucket_close(bucket);

    bucket = begin(OK("", "<Error><Code>InvalidPart</Code></Error>"), NULL);
    ck_assert_int_eq(bucket_parts_complete(bucket, "spool/x", "u", two, 2),
                     BUCKET_WRONG);
    bucket_close(bucket);
}
END_TEST


#define NO_UPLOAD                                                \
    "HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n<Error>" \
    "<Code>NoSuchUpload</Code></Error>"


START_TEST(what_was_completed_before_is_when_it_has_as_many_bytes)
{
    bucket_t *bucket = begin(NO_UPLOAD, OK("Content-Length: 11\r\n", ""));

    ck_assert_int_eq(bucket_parts_complete(bucket, "spool/x", "u", two, 2),
                     BUCKET_OK);
    bucket_close(bucket);

    bucket = begin(NO_UPLOAD, OK("Content-Length: 12\r\n", ""));
    ck_assert_int_eq(bucket_parts_complete(bucket, "spool/x", "u", two, 2),
                     BUCKET_WRONG);
    bucket_close(bucket);
}
END_TEST


START_TEST(an_upload_that_is_gone_is_aborted)
{
    bucket_t *bucket = begin(NO_UPLOAD, NULL);

    ck_assert_int_eq(bucket_parts_abort(bucket, "spool/x", "u"), BUCKET_OK);
    ck_assert_ptr_nonnull(
        strstr(server.heard, "DELETE /films/a/spool/x?uploadId=u HTTP/1.1"));
    bucket_close(bucket);
}
END_TEST


static int
on_part(void *data, const bucket_part_t *part)
{
    bucket_part_t *parts = data;

    parts[part->number - 4] = *part;
    return 0;
}


START_TEST(parts_are_listed)
{
    int more = 0;
    bucket_part_t parts[2];
    bucket_t *bucket = begin(
        OK("", "<L><IsTruncated>true</IsTruncated>"
               "<Part><PartNumber>4</PartNumber><ETag>\"a\"</ETag>"
               "<Size>8</Size></Part><Part><PartNumber>5</PartNumber>"
               "<ETag>\"b\"</ETag><Size>9</Size></Part></L>"),
        NULL);

    memset(parts, 0, sizeof(parts));
    ck_assert_int_eq(
        bucket_parts_list(bucket, "spool/x", "u", 3, on_part, parts, &more),
        BUCKET_OK);
    ck_assert_int_eq(more, 1);
    ck_assert_str_eq(parts[0].etag, "\"a\"");
    ck_assert_uint_eq(parts[1].size, 9);
    ck_assert_ptr_nonnull(strstr(server.heard, "part-number-marker=3"));
    bucket_close(bucket);
}
END_TEST


static int
on_upload(void *data, const char *name, const char *upload, time_t begun)
{
    snprintf(data, 256, "%s %s %ld", name, upload, (long) begun);
    return 0;
}


START_TEST(uploads_are_listed)
{
    int more = 1;
    char found[256] = "";
    bucket_t *bucket = begin(
        OK("", "<L><IsTruncated>false</IsTruncated><Upload>"
               "<Key>a/spool/x</Key><UploadId>u</UploadId>"
               "<Initiated>2013-05-24T00:00:00.000Z</Initiated></Upload></L>"),
        NULL);

    ck_assert_int_eq(
        bucket_uploads_list(bucket, "spool/", "", "", on_upload, found, &more),
        BUCKET_OK);
    ck_assert_int_eq(more, 0);
    ck_assert_str_eq(found, "spool/x u 1369353600");
    ck_assert_ptr_nonnull(strstr(server.heard, "prefix=a%2Fspool%2F"));
    bucket_close(bucket);
}
END_TEST


RUN("core/bucket_parts", parts_grow_so_that_they_carry_what_s3_takes,
    an_upload_begins_with_an_id_and_wants_checksums,
    a_part_brings_its_digest_and_that_of_all_before,
    a_part_whose_digest_is_known_is_read_once,
    a_part_of_another_file_is_copied_by_the_bucket,
    parts_are_completed_by_their_etags_and_checksums,
    a_failure_behind_a_status_of_200_is_one,
    what_was_completed_before_is_when_it_has_as_many_bytes,
    an_upload_that_is_gone_is_aborted, parts_are_listed, uploads_are_listed)
