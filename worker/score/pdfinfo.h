/* What pdfinfo says about a PDF. Pure: reads the output of
   `pdfinfo -enc UTF-8 -f 1 -l N`. */

#ifndef SLUICE_PDFINFO_H
#define SLUICE_PDFINFO_H

#include <stddef.h>

#define PDFINFO_PAGES_MAX 2000
#define PDFINFO_TEXT_SIZE 256
#define PDFINFO_KEYWORDS_SIZE 1024

/* The side of the largest page, in points of 1/72 inch: PDF 1.7, annex C. */
#define PDFINFO_SIDE_MAX 14400.0

typedef struct {
    double width, height; /* points, after rotation; 0: it has no size */
} pdfinfo_page_t;

typedef struct {
    int pages;
    char title[PDFINFO_TEXT_SIZE];
    char author[PDFINFO_TEXT_SIZE];
    char keywords[PDFINFO_KEYWORDS_SIZE];
    pdfinfo_page_t page[PDFINFO_PAGES_MAX];
} pdfinfo_t;

/* 0, or -1 when the text is not pdfinfo's. */
int pdfinfo_parse(const char *text, pdfinfo_t *info);

/* 0 when the PDF has no more pages than are taken; -1 with a sentence for its
   owner. */
int pdfinfo_complaint(const pdfinfo_t *info, char *err, size_t err_size);

/* The same for a page, from 1: 0 when it has a size that can be drawn. */
int pdfinfo_page_complaint(const pdfinfo_t *info, int number, char *err,
                           size_t err_size);

#endif
