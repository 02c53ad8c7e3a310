#include <stdio.h>
#include <string.h>
#include "heifinfo.h"

static void heifinfo_take(heifinfo_t *info, uint32_t width, uint32_t height);


/* "image: 4032x3024 (id=49), primary" */
int
heifinfo_parse(const char *text, heifinfo_t *info)
{
    uint32_t width, height;
    const char *line, *end;

    memset(info, 0, sizeof(*info));

    for (line = text; line != NULL; line = end ? end + 1 : NULL) {
        end = strchr(line, '\n');
        if (sscanf(line, "image: %9ux%9u (", &width, &height) == 2) {
            heifinfo_take(info, width, height);
        }
    }

    return info->pictures > 0 && info->pictures <= HEIFINFO_PICTURES_MAX
                   && info->wide > 0 && info->high > 0
               ? 0
               : -1;
}


static void
heifinfo_take(heifinfo_t *info, uint32_t width, uint32_t height)
{
    if (info->pictures++ == 0) {
        info->width = width;
        info->height = height;
    }

    if ((uint64_t) width * height > (uint64_t) info->wide * info->high) {
        info->wide = width;
        info->high = height;
    }
}
