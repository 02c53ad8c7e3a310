/*
 * sluice-picture: draws pages from pictures, and looks at what was drawn, in
 * the sandbox. It is a program of its own, since libvips and what comes with it
 * take a while to start. Words, all numbers in decimal:
 *
 *   look FORMAT                           what the file says of itself
 *   draw FORMAT FIRST LAST NUMBER SIDE    pages FIRST to LAST as pages/NUMBER
 *                                         and on; it may stop before LAST
 *   second FIRST LAST SIDE                pages of a TIFF, once more: check/
 *   check KIND FIRST LAST NUMBER SIDE     thumbnails, and what a second program
 *                                         drew compared; KIND is drawn or
 *                                         sampled
 *   mark FIRST LAST WIDTH HEIGHT SIDE     pages that stand for others
 *
 * FORMAT is png, jpg, tif or heic, of the file FILE: the last word of those.
 * It answers in lines, words for the log go to stderr:
 *
 *   page INDEX WIDTH HEIGHT ORIENTATION   of look and draw
 *   lost INDEX SENTENCE                   cannot be drawn, for the owner
 *   cut                                   more pages followed, but are gone
 *   refused SENTENCE                      the whole file
 *   same|differs|alone|broken INDEX WIDTH HEIGHT   of check
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <vips/vips.h>
#include <vips/vector.h>
#include "picture_check.h"
#include "picture_draw.h"
#include "picture_second.h"

#define MAIN_USAGE 2
#define MAIN_DAMAGED "The picture cannot be read: it is damaged or cut off."

/* Seconds of processor time after which no further page is begun. */
#define MAIN_SECONDS 20

static picture_file_t main_file; /* large */


static int
main_tired(void)
{
    return clock() / CLOCKS_PER_SEC >= MAIN_SECONDS;
}


static int
main_open(const char *format, const char *path)
{
    main_file.format = format;
    main_file.path = path;

    if (picture_file_look(&main_file) != 0) {
        fprintf(stderr, "%s", vips_error_buffer());
        printf("refused %s\n",
               main_file.refused[0] ? main_file.refused : MAIN_DAMAGED);
        return -1;
    }

    return 0;
}


static void
main_tell(int index, const picture_page_t *page)
{
    if (page->refused[0] != '\0') {
        printf("lost %d %s\n", index, page->refused);
    } else {
        printf("page %d %" PRId64 " %" PRId64 " %d\n", index, page->width,
               page->height, page->orientation);
    }
    fflush(stdout);
}


static int
main_look(char **words)
{
    int i;

    if (main_open(words[0], words[1]) != 0) {
        return EXIT_SUCCESS;
    }

    for (i = 0; i < main_file.count; i++) {
        main_tell(i + 1, &main_file.page[i]);
    }
    if (main_file.cut) {
        puts("cut");
    }

    return EXIT_SUCCESS;
}


static int
main_draw(char **words)
{
    int i, failed = 0;
    const int first = atoi(words[1]), last = atoi(words[2]),
              number = atoi(words[3]), side = atoi(words[4]);
    VipsImage *image;
    picture_page_t *page;

    if (main_open(words[0], words[5]) != 0) {
        return EXIT_SUCCESS;
    }

    for (i = first; i >= 1 && i <= last && i <= main_file.count; i++) {
        page = &main_file.page[i - 1];
        if (picture_draw(&main_file, page, side, &image) == 0) {
            failed = picture_save(image, number + i - first, 0);
            g_object_unref(image);
        }
        if (failed) {
            fprintf(stderr, "%s", vips_error_buffer());
            return EXIT_FAILURE;
        }
        main_tell(i, page);
        if (main_tired()) {
            break;
        }
    }

    return EXIT_SUCCESS;
}


static void
main_second_one(int index, int side)
{
    char name[PICTURE_NAME_SIZE];
    VipsImage *image, *small;
    const picture_page_t *page = &main_file.page[index - 1];

    if (page->odd || page->refused[0] != '\0'
        || picture_second(&main_file, page, &image) != 0) {
        return;
    }

    snprintf(name, sizeof(name), "check/%04d.png", index);
    if (picture_second_small(image, side, &small) != 0
        || vips_pngsave(small, name, "compression", 1, NULL) != 0) {
        fprintf(stderr, "%s", vips_error_buffer());
    }
    g_clear_object(&small);
    g_object_unref(image);
}


static int
main_second(char **words)
{
    int i;
    const int first = atoi(words[0]), last = atoi(words[1]),
              side = atoi(words[2]);

    if (main_open("tif", words[3]) != 0) {
        return EXIT_SUCCESS;
    }

    for (i = first; i >= 1 && i <= last && i <= main_file.count; i++) {
        main_second_one(i, side);
    }

    return EXIT_SUCCESS;
}


static int
main_check(char **words)
{
    int i, width, height;
    const int first = atoi(words[1]), last = atoi(words[2]),
              number = atoi(words[3]);
    const picture_check_t check = {
        .kind = strcmp(words[0], "drawn") == 0 ? LIKENESS_DRAWN
                                               : LIKENESS_SAMPLED,
        .thumb = atoi(words[4]),
    };
    static const char *const verdicts[] = { "same", "differs", "alone",
                                            "broken" };

    for (i = first; i <= last; i++) {
        width = height = 0;
        printf("%s %d",
               verdicts[picture_check(&check, i, number + i - first, &width,
                                      &height)],
               i);
        printf(" %d %d\n", width, height);
        fflush(stdout);
    }

    return EXIT_SUCCESS;
}


static int
main_mark(char **words)
{
    int i;

    for (i = atoi(words[0]); i <= atoi(words[1]); i++) {
        if (picture_mark(i, atoi(words[2]), atoi(words[3]), atoi(words[4]))
            != 0) {
            fprintf(stderr, "%s", vips_error_buffer());
            return EXIT_FAILURE;
        }
    }

    return EXIT_SUCCESS;
}


static const struct {
    const char *name;
    int words;
    int (*run)(char **words);
} main_commands[] = {
    { "look", 2, main_look },     { "draw", 6, main_draw },
    { "second", 4, main_second }, { "check", 5, main_check },
    { "mark", 5, main_mark },
};


int
main(int argc, char **argv)
{
    size_t i;

    for (i = 0; i < sizeof(main_commands) / sizeof(main_commands[0]); i++) {
        if (argc == main_commands[i].words + 2
            && strcmp(argv[1], main_commands[i].name) == 0) {
            if (VIPS_INIT(argv[0]) != 0) {
                fprintf(stderr, "%s", vips_error_buffer());
                return EXIT_FAILURE;
            }

            /* One core a tool; no memory to write and execute. */
            vips_concurrency_set(1);
            vips_cache_set_max(0);
            vips_vector_set_enabled(FALSE);
            picture_listen();
            return main_commands[i].run(argv + 2);
        }
    }

    fputs("sluice-picture is started by sluice-worker.\n", stderr);
    return MAIN_USAGE;
}
