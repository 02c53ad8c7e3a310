#include <stdio.h>
#include <string.h>
#include "picture_draw.h"
#include "picture_second.h"

#define PICTURE_DAMAGED "The picture cannot be read: it is damaged or cut off."
#define PICTURE_CUT "The picture is cut off."

#define PICTURE_HEARD_SIZE 4096
#define PICTURE_BLANK 6 /* of 255: nobody sees this */

typedef int (*picture_reader_t)(const picture_file_t *file,
                                const picture_page_t *page, VipsImage **out);

static char picture_heard[PICTURE_HEARD_SIZE];


static void
picture_hear(const char *domain, GLogLevelFlags level, const char *message,
             void *data)
{
    size_t len = strlen(picture_heard);

    (void) domain, (void) level, (void) data;
    snprintf(picture_heard + len, sizeof(picture_heard) - len, "%s\n", message);
}


void
picture_listen(void)
{
    g_log_set_handler("VIPS", G_LOG_LEVEL_WARNING, picture_hear, NULL);
}


/* libjpeg and libtiff fill up what is missing, and warn. What they warn of and
   can do without (a marker's garbage, a line of a fax) is not among these. */
int
picture_doubted(void)
{
    size_t i;
    int found = 0;
    static const char *const words[] = { "premature end of data segment",
                                         "Premature end of JPEG file",
                                         "Premature end of input file",
                                         "bad Huffman code",
                                         "bad arithmetic code",
                                         "inconsistent progression",
                                         "instead of RST",
                                         "Fax4Decode: Bad code word",
                                         "Fax4Decode: Premature EO",
                                         "Fax4Decode: Uncompressed data" };

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        found |= strstr(picture_heard, words[i]) != NULL
                 || strstr(vips_error_buffer(), words[i]) != NULL;
    }

    return found;
}


static void
picture_forget(void)
{
    picture_heard[0] = '\0';
    vips_error_clear();
}


static int
picture_max(const VipsImage *image)
{
    return image->BandFmt == VIPS_FORMAT_USHORT ? 65535 : 255;
}


/* colour + (max - alpha) where the ground is light. Of CMYK that is none. */
static int
picture_lay(VipsObject *context, VipsImage *in, int light, VipsImage **out)
{
    const int bands = in->Bands - 1,
              full = in->Type == VIPS_INTERPRETATION_CMYK ? !light : light;
    VipsImage **t = (VipsImage **) vips_object_local_array(context, 4);

    if (vips_extract_band(in, &t[0], 0, "n", bands, NULL) != 0
        || vips_extract_band(in, &t[1], bands, NULL) != 0
        || vips_linear1(t[1], &t[2], -full, full * picture_max(in), NULL) != 0
        || vips_add(t[0], t[2], &t[3], NULL) != 0
        || vips_cast(t[3], out, in->BandFmt, NULL) != 0) {
        return -1;
    }

    (*out)->Type = in->Type;
    return 0;
}


/* Everything has the ground's shade. */
static int
picture_is_blank(VipsImage *image, int light)
{
    const double max = picture_max(image), seen = max * PICTURE_BLANK / 255;
    double least, most;

    if (vips_min(image, &least, NULL) != 0
        || vips_max(image, &most, NULL) != 0) {
        return 0;
    }

    return light ? least > max - seen : most < seen;
}


int
picture_ground(VipsImage *in, VipsImage **out)
{
    int rc;
    VipsObject *context = (VipsObject *) vips_image_new();
    VipsImage **t = (VipsImage **) vips_object_local_array(context, 2);

    rc = picture_lay(context, in, 1, &t[0]);
    if (rc == 0 && in->Type != VIPS_INTERPRETATION_CMYK
        && picture_is_blank(t[0], 1) && picture_lay(context, in, 0, &t[1]) == 0
        && !picture_is_blank(t[1], 0)) {
        *out = vips_image_copy_memory(t[1]);
    } else if (rc == 0) {
        *out = vips_image_copy_memory(t[0]);
    }

    g_object_unref(context);
    return rc == 0 && *out != NULL ? 0 : -1;
}


/* By the profile that came along; without one, or where it does not fit, as
   what the samples say they are. */
static int
picture_colour(VipsImage *in, VipsImage **out)
{
    VipsInterpretation as = VIPS_INTERPRETATION_sRGB;

    if (vips_image_get_typeof(in, VIPS_META_ICC_NAME) != 0
        && vips_icc_transform(in, out, "srgb", "embedded", TRUE, "intent",
                              VIPS_INTENT_RELATIVE, "depth", 8, NULL)
               == 0) {
        return 0;
    }

    if (in->Type == VIPS_INTERPRETATION_B_W
        || in->Type == VIPS_INTERPRETATION_GREY16) {
        as = VIPS_INTERPRETATION_B_W;
    }

    return vips_colourspace(in, out, as, NULL);
}


static int
picture_scale(VipsImage *in, const picture_page_t *page, int side,
              VipsImage **out)
{
    double longer = (double) VIPS_MAX(page->width, page->height);
    double scale = longer > side ? side / longer : 1;

    return vips_resize(in, out, scale * page->wide, "vscale",
                       scale * page->high, NULL);
}


/* Shrunk in the colours it came in, multiplied by alpha meanwhile: what is
   transparent has a colour, too, which nobody is to see. */
static int
picture_make(VipsObject *context, const picture_file_t *file,
             const picture_page_t *page, int side, picture_reader_t reader,
             VipsImage **out)
{
    VipsImage *at;
    VipsImage **t = (VipsImage **) vips_object_local_array(context, 8);

    if (reader(file, page, &t[0]) != 0) {
        return -1;
    }
    at = t[0];

    if (page->alpha && reader == picture_page_open) {
        if (vips_premultiply(at, &t[1], "max_alpha", (double) picture_max(at),
                             NULL)
                != 0
            || vips_cast(t[1], &t[2], t[0]->BandFmt, NULL) != 0) {
            return -1;
        }
        at = t[2];
    }

    if (picture_scale(at, page, side, &t[3]) != 0) {
        return -1;
    }
    t[4] = vips_image_copy_memory(t[3]);
    if (t[4] == NULL) {
        return -1;
    }
    at = t[4];

    if (page->alpha || reader == picture_second) {
        if (picture_ground(at, &t[5]) != 0) {
            return -1;
        }
        at = t[5];
    }

    return picture_colour(at, &t[6]) == 0 && vips_autorot(t[6], out, NULL) == 0
               ? 0
               : -1;
}


static int
picture_draw_by(const picture_file_t *file, const picture_page_t *page,
                int side, picture_reader_t reader, VipsImage **out)
{
    VipsObject *context = (VipsObject *) vips_image_new();
    VipsImage *made = NULL;

    picture_forget();
    *out = NULL;

    if (picture_make(context, file, page, side, reader, &made) == 0) {
        *out = vips_image_copy_memory(made);
        g_object_unref(made);
    }

    g_object_unref(context);
    return *out != NULL && !picture_doubted() ? 0 : -1;
}


int
picture_draw(const picture_file_t *file, picture_page_t *page, int side,
             VipsImage **out)
{
    int rc;

    if (page->refused[0] != '\0') {
        return -1;
    }

    rc = picture_draw_by(file, page, side,
                         page->odd ? picture_second : picture_page_open, out);

    if (rc != 0) {
        fprintf(stderr, "%s%s", vips_error_buffer(), picture_heard);
        snprintf(page->refused, sizeof(page->refused), "%s",
                 strstr(vips_error_buffer(), "Premature end of input file")
                     ? PICTURE_CUT
                     : PICTURE_DAMAGED);
        if (*out != NULL) {
            g_object_unref(*out);
            *out = NULL;
        }
    }

    picture_forget();
    return rc;
}
