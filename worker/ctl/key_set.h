/* A key set on standard input: whoever may read its file need not be the
   database's role. */

#ifndef SLUICE_KEY_SET_H
#define SLUICE_KEY_SET_H

#include "core/jose/jwk.h"

/* Reads one of our own, in which a key signs with one of `algs`. NULL after
   saying why not; a set to jwk_set_free() otherwise. */
jwk_set_t *key_set_read(unsigned algs);

#endif
