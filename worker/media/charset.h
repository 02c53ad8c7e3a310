/* The names under which texts say how they are written, and their way to
   UTF-8, which the C library knows (iconv). */

#ifndef SLUICE_CHARSET_H
#define SLUICE_CHARSET_H

#include <stddef.h>

#define CHARSET_JAPANESE "shift_jis"
#define CHARSET_WESTERN "windows-1252"

/* The C library's name for what a text calls its encoding: of those that have
   ASCII's letters where ASCII has them. NULL: none that is taken, UTF-8 and
   UTF-16 among them. `name` needs no end; its case does not count. */
const char *charset_find(const char *name, size_t len);

/* Writes a text of that encoding, by a name that charset_find() takes, into
   `to` in UTF-8, terminated; what does not fit in `size` bytes is cut between
   two characters. The length, or -1 when it is not written so. */
long charset_convert(const char *name, char *to, size_t size, const char *from,
                     size_t len);

#endif
