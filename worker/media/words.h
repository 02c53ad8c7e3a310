/* Texts out of strangers' files, made fit for the record. Pure. */

#ifndef SLUICE_WORDS_H
#define SLUICE_WORDS_H

#include <stddef.h>

/* Writes the text into `to`, terminated: UTF-8 (RFC 3629) as it is, without a
   last character that was cut off; one byte a letter, when what it says is the
   same in every encoding of the west. Anything else is not guessed at, and
   empty. Control characters, private use (notation fonts put their signs there)
   and runs of blanks become one blank; none at the ends. What does not fit in
   `size` bytes is cut between two characters. `to` may be `from`, when that is
   UTF-8. Returns the length. */
size_t words_clean(char *to, size_t size, const char *from, size_t len);

/* words_clean() of a terminated text. */
size_t words_copy(char *to, size_t size, const char *from);

#endif
