/*
 * sluice-reader: reads one file of a stranger's, in the sandbox, and tells what
 * it found. sandbox/reader.h says what comes in and goes out.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "readings.h"

#define MAIN_USAGE 2


static int
main_fail(const char *doing)
{
    fprintf(stderr, "sluice-reader: %s: %s\n", doing, strerror(errno));
    return EXIT_FAILURE;
}


/* Not read into memory: a reader may look at its ends alone. One that is cut
   off meanwhile ends the process. */
static int
main_map(reading_t *reading)
{
    void *bytes;
    struct stat st;

    if (fstat(STDIN_FILENO, &st) != 0) {
        return -1;
    }

    reading->bytes = (const unsigned char *) "";
    reading->len = (size_t) st.st_size;
    if (reading->len == 0) {
        return 0;
    }

    bytes = mmap(NULL, reading->len, PROT_READ, MAP_PRIVATE, STDIN_FILENO, 0);
    reading->bytes = bytes;
    return bytes == MAP_FAILED ? -1 : 0;
}


static int
main_tell(const reading_t *reading, int rc)
{
    json_t *answer;

    answer = rc == 0 ? json_pack("{s:i, s:O}", "v", READER_VERSION, "found",
                                 reading->found)
                     : json_pack("{s:i, s:s}", "v", READER_VERSION, "refused",
                                 reading->refused);

    if (answer == NULL || json_dumpf(answer, stdout, JSON_COMPACT) != 0
        || fflush(stdout) != 0) {
        return main_fail("telling what was found");
    }

    json_decref(answer);
    return EXIT_SUCCESS;
}


int
main(int argc, char **argv)
{
    int rc;
    readings_run_t run = argc > 1 ? readings_find(argv[1]) : NULL;
    reading_t reading = { .words = (const char *const *) argv + 2 };

    if (run == NULL) {
        fputs("sluice-reader is started by sluice-worker.\n", stderr);
        return MAIN_USAGE;
    }

    reading.found = json_object();
    if (reading.found == NULL || main_map(&reading) != 0) {
        return main_fail("the file");
    }

    rc = run(&reading);
    if (rc != 0 && reading.refused[0] == '\0') {
        return main_fail(argv[1]);
    }

    rc = main_tell(&reading, rc);
    json_decref(reading.found);
    return rc;
}
