/*
 * Which passwords are taken: NIST SP 800-63B-4, 3.1.1.2. Eight characters and
 * more, none of them asked for by its kind; and nothing that is guessed early:
 * what others choose often, our name, and what is known of the place and of
 * whom it is for.
 */

#ifndef SLUICE_POLICY_H
#define SLUICE_POLICY_H

#include <stddef.h>

#define POLICY_CHARACTERS_MIN 8

/* NULL when this may be the password of somebody whom `words` tell of, the
   site's origin, his address and his name, behind the last of which is NULL;
   else a sentence that says why not. UTF-8, of which each code point counts as
   a character. It takes up to some milliseconds: not on nginx's loop. */
const char *policy_refuse(const char *password, size_t len,
                          const char *const *words);

#endif
