#include <stdlib.h>
#include <string.h>
#include "vtt_settings.h"

#define VTT_SETTINGS_DIGITS "0123456789"
#define VTT_SETTINGS_DIGITS_MAX 8


/* Behind a number of WebVTT, "-1.5", or a percentage, "33.3%"; NULL: there is
   none. */
static const char *
vtt_settings_number(const char *text, int percent)
{
    double value;
    const char *from = text + (!percent && *text == '-');
    size_t len = strspn(from, VTT_SETTINGS_DIGITS);

    if (len == 0 || len > VTT_SETTINGS_DIGITS_MAX) {
        return NULL;
    }
    if (from[len] == '.') {
        from += len + 1;
        len = strspn(from, VTT_SETTINGS_DIGITS);
        if (len == 0 || len > VTT_SETTINGS_DIGITS_MAX) {
            return NULL;
        }
    }
    from += len;

    value = strtod(text, NULL);
    return !percent                                     ? from
           : *from == '%' && value >= 0 && value <= 100 ? from + 1
                                                        : NULL;
}


/* Whether it is one of the words, in which each has a blank behind it. */
static int
vtt_settings_word(const char *text, size_t len, const char *words)
{
    size_t n;

    for (/* void */; *words != '\0'; words += n + 1) {
        n = strcspn(words, " ");
        if (n == len && memcmp(words, text, n) == 0) {
            return 1;
        }
    }

    return 0;
}


/* A setting of WebVTT ("WebVTT cue settings list"): what it is called, whether
   a number comes first, and a percentage, and the words, which are all of it or
   stand behind a comma. */
typedef struct {
    const char *name;
    int number, percent;
    const char *words;
} vtt_setting_t;

static const vtt_setting_t vtt_settings_known[] = {
    { "vertical:", 0, 0, "rl lr " },
    { "line:", 1, 1, "start center end " },
    { "position:", 0, 1, "line-left center line-right " },
    { "size:", 0, 1, "" },
    { "align:", 0, 0, "start center end left right " },
};


static int
vtt_settings_fit(const vtt_setting_t *setting, const char *text, size_t len)
{
    const char *after = NULL, *end = text + len;

    if (!setting->number && !setting->percent) {
        return vtt_settings_word(text, len, setting->words);
    }

    if (setting->percent) {
        after = vtt_settings_number(text, 1);
    }
    if (after == NULL && setting->number) {
        after = vtt_settings_number(text, 0);
    }
    if (after == NULL || after > end) {
        return 0;
    }

    return after == end
           || (*after == ','
               && vtt_settings_word(after + 1, (size_t) (end - after - 1),
                                    setting->words));
}


void
vtt_settings(const char *line, char *settings, size_t size)
{
    size_t i, len, name, used = 0;
    const vtt_setting_t *setting;

    *settings = '\0';

    for (line += strspn(line, " \t"); *line != '\0';
         line += len, line += strspn(line, " \t")) {
        len = strcspn(line, " \t");
        for (i = 0;
             i < sizeof(vtt_settings_known) / sizeof(vtt_settings_known[0]);
             i++) {
            setting = &vtt_settings_known[i];
            name = strlen(setting->name);
            if (len > name && used + len + 2 < size
                && strncmp(line, setting->name, name) == 0
                && vtt_settings_fit(setting, line + name, len - name)) {
                settings[used++] = ' ';
                memcpy(settings + used, line, len);
                used += len;
                settings[used] = '\0';
            }
        }
    }
}
