/* Text that people write and others read: a name, a title, a subject. The rule
   stands here once, so that what one room takes no other refuses. */

#ifndef SLUICE_TEXT_H
#define SLUICE_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* The first character (RFC 3629) of a text of `len` bytes, `len` > 0: the bytes
   it takes, 1 to 4; 0 when they are no UTF-8, and `character` is as it was. */
size_t text_character(const char *text, size_t len, uint32_t *character);

/* 1 when all `len` bytes are UTF-8 (RFC 3629), NUL among them; else 0. */
int text_is_utf8(const char *text, size_t len);

/* 1 for UTF-8 without control characters, U+0000 to U+001F and U+007F to U+009F
   (ISO 6429), so that it may stand in a log, a header or a list; else 0. */
int text_is_clean(const char *text, size_t len);

/* 1 for printable ASCII without blanks, quotes and backslashes, which stands as
   it is in a header, a message or JSON: an id, a URL; else 0. None of the three
   minds a text of no bytes, or a long one. */
int text_is_plain(const char *text, size_t len);

/* Copies `len` bytes, terminated. 0; -1 when there are none, or they do not fit
   into `size`. */
int text_copy(char *to, size_t size, const char *from, size_t len);

#endif
