/* How a text is written that does not say it: told only where one reading alone
   makes sense. Pure. */

#ifndef SLUICE_ENCODING_H
#define SLUICE_ENCODING_H

#include <stddef.h>

/* Texts that are longer are not judged, and not read. */
#define ENCODING_MAX ((size_t) 8 << 20)

/* Its name, static data: "utf-8", "utf-16le", "utf-16be", or one that
   charset_find() takes; NULL when it cannot be told. `language` is what the
   text is in ("fr", "zh-Hant"), or empty. */
const char *encoding_guess(const char *text, size_t len, const char *language);

/* The text in UTF-8 without a mark at its beginning, terminated, to free(), and
   its `*length`. NULL when it is not written so, or without memory. */
char *encoding_convert(const char *name, const char *text, size_t len,
                       size_t *length);

#endif
