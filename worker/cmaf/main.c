/*
 * sluice-cmaf: makes of fragmented MP4 files, as ffmpeg writes them, one track
 * file that HLS and DASH play as it is (ISO/IEC 23000-19), in the sandbox:
 *
 *   track OUT START[:END] SECONDS IN...
 *
 * joins the pieces IN, which are on one clock, in their order; @FILE stands for
 * those that it names, one a line. START and END are the film's, in
 * microseconds on that clock; a segment aims at SECONDS. It copies samples, and
 * touches none. It answers in lines, when all is written:
 *
 *   track video|audio TIMESCALE SAMPLES FIRST END
 *                                       FIRST and END in ticks since START, of
 *                                       what is shown
 *   codecs CODECS                       RFC 6381
 *   open                                some segment begins with pictures that
 *                                       need the one before
 *   densest PICTURES DURATION           the segment with the most a second
 *   init SIZE                           bytes of ftyp and moov, from 0
 *   index AT SIZE                       the sidx
 *   segment AT SIZE DURATION KEY        KEY: bytes to the end of the first
 *                                       picture, 0 of sound
 *   refused SENTENCE                    alone: nothing was made
 */

#define _GNU_SOURCE /* copy_file_range */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "join.h"

#define MAIN_USAGE 2
#define MAIN_WORDS 5 /* before the first IN */
#define MAIN_BUFFER (256U << 10)

static join_t main_join;
static source_t main_sources[JOIN_PIECES_MAX];
static int main_in[JOIN_PIECES_MAX], main_out;
static size_t main_count;


static int
main_read(void *data, uint64_t at, void *to, size_t len)
{
    ssize_t n;
    uint8_t *p = to;
    const int *fd = data;

    while (len > 0) {
        n = pread(*fd, p, len, (off_t) at);
        if (n <= 0) {
            return -1;
        }
        p += n;
        at += (uint64_t) n;
        len -= (size_t) n;
    }

    return 0;
}


static int
main_write(void *data, const void *bytes, size_t len)
{
    ssize_t n;
    const uint8_t *p = bytes;

    (void) data;

    while (len > 0) {
        n = write(main_out, p, len);
        if (n <= 0) {
            perror("writing");
            return -1;
        }
        p += n;
        len -= (size_t) n;
    }

    return 0;
}


/* Where the kernel does not copy between these files. */
static int
main_copy_slowly(size_t piece, uint64_t at, uint64_t len)
{
    size_t n;
    static uint8_t buffer[MAIN_BUFFER];

    for (/* void */; len > 0; at += n, len -= n) {
        n = len < sizeof(buffer) ? (size_t) len : sizeof(buffer);
        if (main_read(&main_in[piece], at, buffer, n) != 0
            || main_write(NULL, buffer, n) != 0) {
            return -1;
        }
    }

    return 0;
}


static int
main_copy(void *data, size_t piece, uint64_t at, uint64_t len)
{
    ssize_t n;
    off_t from = (off_t) at;

    (void) data;

    while (len > 0) {
        n = copy_file_range(main_in[piece], &from, main_out, NULL, len, 0);
        if (n <= 0) {
            return main_copy_slowly(piece, (uint64_t) from, len);
        }
        len -= (uint64_t) n;
    }

    return 0;
}


static int
main_open(const char *name)
{
    const size_t i = main_count;
    struct stat st;

    if (i == JOIN_PIECES_MAX) {
        fprintf(stderr, "more than %d pieces\n", JOIN_PIECES_MAX);
        return -1;
    }

    main_in[i] = open(name, O_RDONLY | O_CLOEXEC);
    if (main_in[i] == -1 || fstat(main_in[i], &st) != 0) {
        perror(name);
        return -1;
    }
    main_sources[i] = (source_t){ main_read, &main_in[i],
                                  (uint64_t) st.st_size };
    main_count++;
    return 0;
}


static int
main_open_list(const char *name)
{
    int rc = 0;
    char *line = NULL;
    size_t room = 0;
    FILE *list;

    list = fopen(name, "re");
    if (list == NULL) {
        perror(name);
        return -1;
    }

    while (rc == 0 && getline(&line, &room, list) > 0) {
        line[strcspn(line, "\n")] = '\0';
        rc = main_open(line);
    }

    free(line);
    fclose(list);
    return rc;
}


static int
main_open_all(char **names)
{
    for (/* void */; *names != NULL; names++) {
        if ((**names == '@' ? main_open_list(*names + 1) : main_open(*names))
            != 0) {
            return -1;
        }
    }

    return 0;
}


/* "1500000", or "1500000:61500000" with its end. */
static int
main_film(const char *word, timing_film_t *film)
{
    char *end;

    errno = 0;
    film->start = strtoll(word, &end, 10);
    film->end = film->start;
    if (*end == ':') {
        film->end = strtoll(end + 1, &end, 10);
    }

    return errno == 0 && end != word && *end == '\0' ? 0 : -1;
}


static int
main_track(char **words)
{
    timing_film_t film;
    const sink_t sink = { .write = main_write, .copy = main_copy };

    if (main_film(words[1], &film) != 0 || main_open_all(words + 3) != 0) {
        return EXIT_FAILURE;
    }

    if (join_read(&main_join, main_sources, main_count, &film,
                  strtod(words[2], NULL))
        != 0) {
        printf("refused %s\n", main_join.why);
        return EXIT_SUCCESS;
    }

    main_out = open(words[0], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (main_out == -1 || join_write(&main_join, &sink) != 0
        || close(main_out) != 0) {
        perror(words[0]);
        return EXIT_FAILURE;
    }

    join_tell(&main_join, stdout);
    return EXIT_SUCCESS;
}


int
main(int argc, char **argv)
{
    if (argc <= MAIN_WORDS || strcmp(argv[1], "track") != 0) {
        fputs("sluice-cmaf is started by sluice-worker.\n", stderr);
        return MAIN_USAGE;
    }

    return main_track(argv + 2);
}
