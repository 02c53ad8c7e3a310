/* What is written is read by others in tests/http/jobs/export.test.mjs; here is
   what is too large for that. */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "tests/unit/suite.h"
#include "worker/archive/zip_write.h"

#define LARGE ((4ULL << 30) + 7) /* bytes: more than 32 bits tell */
#define MANY 65536               /* entries: more than 16 bits tell */
#define STEP (1 << 20)
#define TAIL 512

/* The last bytes of what came through a pipe. */
typedef struct {
    int fd;
    uint64_t size;
    unsigned char tail[TAIL];
} end_t;


static void *
end_read(void *data)
{
    end_t *end = data;
    ssize_t n;
    static unsigned char bytes[STEP + TAIL];

    while ((n = read(end->fd, bytes + TAIL, STEP)) > 0) {
        end->size += (uint64_t) n;
        memmove(bytes, bytes + n, TAIL);
    }

    memcpy(end->tail, bytes, TAIL);
    return NULL;
}


static uint64_t
number(const unsigned char *p, int bytes)
{
    uint64_t n = 0;

    while (bytes-- > 0) {
        n = n << 8 | p[bytes];
    }

    return n;
}


/* Where a record begins, counted from the end: APPNOTE 4.3.12 to 4.3.16. */
static const unsigned char *
record(const end_t *end, const char *signature)
{
    int i;

    for (i = TAIL - 4; i >= 0; i--) {
        if (memcmp(end->tail + i, signature, 4) == 0) {
            return end->tail + i;
        }
    }

    ck_abort_msg("no record");
}


static zip_write_t *
begin(end_t *end, pthread_t *thread, int *fd)
{
    int ends[2];

    memset(end, 0, sizeof(*end));
    ck_assert_int_eq(pipe(ends), 0);
    end->fd = ends[0];
    *fd = ends[1];
    ck_assert_int_eq(pthread_create(thread, NULL, end_read, end), 0);

    return zip_write_open(ends[1]);
}


static void
finish(zip_write_t *zip, const end_t *end, pthread_t thread, int fd)
{
    ck_assert_int_eq(zip_write_finish(zip), 0);
    zip_write_free(zip);
    close(fd);
    pthread_join(thread, NULL);
    close(end->fd);
}


START_TEST(a_file_of_more_than_4_gib_has_its_size_in_the_directory)
{
    int fd;
    end_t end;
    uint64_t left;
    pthread_t thread;
    static const char zeros[STEP];
    const unsigned char *entry, *extra;
    zip_write_t *zip = begin(&end, &thread, &fd);

    ck_assert_int_eq(zip_write_begin(zip, "film.mp4", LARGE, 0, 0), 0);
    for (left = LARGE; left > STEP; left -= STEP) {
        ck_assert_int_eq(zip_write_bytes(zip, zeros, STEP), 0);
    }
    ck_assert_int_eq(zip_write_bytes(zip, zeros, (size_t) left), 0);
    finish(zip, &end, thread, fd);

    ck_assert_uint_gt(end.size, LARGE);

    entry = record(&end, "PK\1\2");
    ck_assert_uint_eq(number(entry + 20, 4), UINT32_MAX);
    ck_assert_uint_eq(number(entry + 24, 4), UINT32_MAX);

    /* behind the name: two bytes of an id, two of a length, and so on */
    extra = entry + 46 + number(entry + 28, 2);
    while (number(extra, 2) != 1) {
        ck_assert(extra < end.tail + TAIL - 32);
        extra += 4 + number(extra + 2, 2);
    }
    ck_assert_uint_eq(number(extra + 4, 8), LARGE);

    /* the directory begins behind 4 GiB, too */
    ck_assert_uint_gt(number(record(&end, "PK\6\6") + 48, 8), LARGE);
    ck_assert_uint_eq(number(record(&end, "PK\5\6") + 16, 4), UINT32_MAX);
}
END_TEST


START_TEST(more_entries_than_16_bits_tell_are_counted)
{
    int i, fd;
    char name[16];
    end_t end;
    pthread_t thread;
    zip_write_t *zip = begin(&end, &thread, &fd);

    for (i = 0; i < MANY; i++) {
        snprintf(name, sizeof(name), "%d", i);
        ck_assert_int_eq(zip_write_begin(zip, name, 1, 0, 0), 0);
        ck_assert_int_eq(zip_write_bytes(zip, "x", 1), 0);
    }
    finish(zip, &end, thread, fd);

    ck_assert_uint_eq(number(record(&end, "PK\6\6") + 32, 8), MANY);
}
END_TEST


START_TEST(a_name_is_told_to_be_utf_8)
{
    int fd;
    end_t end;
    pthread_t thread;
    const unsigned char *entry;
    zip_write_t *zip = begin(&end, &thread, &fd);

    ck_assert_int_eq(zip_write_begin(zip, "🎬.mp4", 1, 0, 0), 0);
    ck_assert_int_eq(zip_write_bytes(zip, "x", 1), 0);
    finish(zip, &end, thread, fd);

    entry = record(&end, "PK\1\2");
    ck_assert_uint_ne(number(entry + 8, 2) & 0x800, 0);
    ck_assert_mem_eq(entry + 46, "🎬.mp4", 8);
}
END_TEST


START_TEST(a_disk_that_is_full_is_told)
{
    int i, rc = 0, fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    static const char zeros[STEP];
    zip_write_t *zip = zip_write_open(fd);

    ck_assert_int_eq(zip_write_begin(zip, "x", 4ULL * STEP, 0, 0), 0);
    for (i = 0; i < 4 && rc == 0; i++) {
        rc = zip_write_bytes(zip, zeros, STEP);
    }
    ck_assert_int_eq(rc, -1);
    ck_assert_int_eq(errno, ENOSPC);

    zip_write_free(zip);
    close(fd);
}
END_TEST


RUN("worker/zip_write", a_file_of_more_than_4_gib_has_its_size_in_the_directory,
    more_entries_than_16_bits_tell_are_counted, a_name_is_told_to_be_utf_8,
    a_disk_that_is_full_is_told)
