#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include <qrencode.h>
#include "qr.h"

#define MARGIN 4 /* modules: ISO/IEC 18004, 5.3.8 */
#define DARK 1   /* the bit of a module in libqrencode's data */

/* What a run of dark modules takes at most: M176 176h177v1h-177z */
#define RUN_SIZE 24

static const char svg_start[] =
    "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
    "shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/>"
    "<path d=\"";
static const char svg_end[] = "\"/></svg>";


/* The modules from `x` on in a row that are as the first one. */
static int
run_of(const unsigned char *row, int x, int width)
{
    int n = 1;

    while (x + n < width && (row[x + n] & DARK) == (row[x] & DARK)) {
        n++;
    }

    return n;
}


static int
count_runs(const QRcode *code)
{
    int x, y, n, runs = 0;
    const unsigned char *row;

    for (y = 0; y < code->width; y++) {
        row = code->data + y * code->width;

        for (x = 0; x < code->width; x += n) {
            n = run_of(row, x, code->width);
            runs += row[x] & DARK;
        }
    }

    return runs;
}


/* Each run of dark modules is a rectangle. */
static char *
draw(const QRcode *code, char *p)
{
    int x, y, n;
    const unsigned char *row;

    for (y = 0; y < code->width; y++) {
        row = code->data + y * code->width;

        for (x = 0; x < code->width; x += n) {
            n = run_of(row, x, code->width);

            if (row[x] & DARK) {
                p += snprintf(p, RUN_SIZE, "M%d %dh%dv1h-%dz", x + MARGIN,
                              y + MARGIN, n, n);
            }
        }
    }

    return p;
}


char *
qr_svg(const char *text)
{
    int size;
    char *svg, *p;
    QRcode *code;

    code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
    if (code == NULL) {
        return NULL;
    }

    size = code->width + 2 * MARGIN;
    svg = malloc(sizeof(svg_start) + sizeof(svg_end) + 4 * RUN_SIZE
                 + (size_t) count_runs(code) * RUN_SIZE);

    if (svg != NULL) {
        p = svg
            + snprintf(svg, sizeof(svg_start) + RUN_SIZE, svg_start, size, size,
                       size, size);
        p = draw(code, p);
        memcpy(p, svg_end, sizeof(svg_end));
    }

    OPENSSL_cleanse(code->data, (size_t) code->width * (size_t) code->width);
    QRcode_free(code);

    return svg;
}
