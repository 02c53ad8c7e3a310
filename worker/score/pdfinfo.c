#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "pdfinfo.h"

#define PDFINFO_LINE_MAX 1024
#define PDFINFO_POINTS_METRE (72 / 0.0254)


/* What stands in a PDF's Info, in the order in which it is told. A text may go
   over several lines, which may look like one of these: what was told already,
   or stands in front of that, is not told again. */
static const struct {
    const char *key;
    size_t offset, size; /* in pdfinfo_t; 0: not kept */
} pdfinfo_keys[] = {
    { "Title:", offsetof(pdfinfo_t, title), PDFINFO_TEXT_SIZE },
    { "Subject:", 0, 0 },
    { "Keywords:", offsetof(pdfinfo_t, keywords), PDFINFO_KEYWORDS_SIZE },
    { "Author:", offsetof(pdfinfo_t, author), PDFINFO_TEXT_SIZE },
    { "Creator:", 0, 0 },
    { "Producer:", 0, 0 },
    { NULL, 0, 0 }
};


static void pdfinfo_line(pdfinfo_t *info, const char *line, size_t *next);
static void pdfinfo_text(char *text, size_t size, const char *value);


int
pdfinfo_parse(const char *text, pdfinfo_t *info)
{
    char line[PDFINFO_LINE_MAX];
    size_t len, next = 0;

    memset(info, 0, sizeof(*info));

    while (*text != '\0') {
        len = strcspn(text, "\n");
        snprintf(line, sizeof(line), "%.*s", (int) len, text);
        pdfinfo_line(info, line, &next);
        text += len + (text[len] == '\n');
    }

    return info->pages > 0 ? 0 : -1;
}


/* `next` is the first of the keys that may come. */
static void
pdfinfo_key(pdfinfo_t *info, const char *line, size_t *next)
{
    size_t i, len;

    for (i = *next; pdfinfo_keys[i].key != NULL; i++) {
        len = strlen(pdfinfo_keys[i].key);

        if (strncmp(line, pdfinfo_keys[i].key, len) != 0) {
            continue;
        }

        *next = i + 1;

        if (pdfinfo_keys[i].size > 0) {
            pdfinfo_text((char *) info + pdfinfo_keys[i].offset,
                         pdfinfo_keys[i].size, line + len);
        }
        return;
    }
}


/* "Pages:           2", "Page    1 size:  595.28 x 841.89 pts (A4)",
   "Page    1 rot:   90" */
static void
pdfinfo_line(pdfinfo_t *info, const char *line, size_t *next)
{
    int number, turned;
    double width, height;
    pdfinfo_page_t *page;

    pdfinfo_key(info, line, next);

    if (strncmp(line, "Pages:", 6) == 0) {
        info->pages = atoi(line + 6);

    } else if (sscanf(line, "Page %d size: %lf x %lf pts", &number, &width,
                      &height)
               == 3) {
        if (number >= 1 && number <= PDFINFO_PAGES_MAX) {
            info->page[number - 1] = (pdfinfo_page_t){ width, height };
        }

    } else if (sscanf(line, "Page %d rot: %d", &number, &turned) == 2) {
        if (number >= 1 && number <= PDFINFO_PAGES_MAX && turned % 180 != 0) {
            page = &info->page[number - 1];
            *page = (pdfinfo_page_t){ page->height, page->width };
        }
    }
}


/* Without the blanks around it, and cut between characters, not inside one. */
static void
pdfinfo_text(char *text, size_t size, const char *value)
{
    size_t len;

    value += strspn(value, " \t");
    len = strlen(value);

    if (len >= size) {
        len = size - 1;
        while (len > 0 && ((unsigned char) value[len] & 0xc0) == 0x80) {
            len--;
        }
    }
    while (len > 0 && strchr(" \t\r", value[len - 1]) != NULL) {
        len--;
    }

    memcpy(text, value, len);
    text[len] = '\0';
}


int
pdfinfo_complaint(const pdfinfo_t *info, char *err, size_t err_size)
{
    if (info->pages > PDFINFO_PAGES_MAX) {
        snprintf(err, err_size, "The PDF has %d pages; at most %d are allowed.",
                 info->pages, PDFINFO_PAGES_MAX);
        return -1;
    }

    return 0;
}


int
pdfinfo_page_complaint(const pdfinfo_t *info, int number, char *err,
                       size_t err_size)
{
    const pdfinfo_page_t *page = &info->page[number - 1];

    if (!(page->width > 0) || !(page->height > 0)) {
        snprintf(err, err_size,
                 "Page %d of the PDF is damaged: it has no size.", number);
        return -1;
    }

    if (page->width > PDFINFO_SIDE_MAX || page->height > PDFINFO_SIDE_MAX) {
        snprintf(err, err_size,
                 "Page %d measures %.1f × %.1f m; the largest page is %.2f m.",
                 number, page->width / PDFINFO_POINTS_METRE,
                 page->height / PDFINFO_POINTS_METRE,
                 PDFINFO_SIDE_MAX / PDFINFO_POINTS_METRE);
        return -1;
    }

    return 0;
}
