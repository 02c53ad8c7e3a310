/*
 * E-mail addresses: a local part and a domain (RFC 5321, 4.1.2), with letters
 * of any language (RFC 6531). Quoted local parts and domains in brackets are
 * refused; dots may stand as some carriers give them out. Two addresses are one
 * when their keys are: nobody keeps mail apart by the case of a letter.
 */

#ifndef SLUICE_ADDRESS_H
#define SLUICE_ADDRESS_H

#include <stddef.h>

#define ADDRESS_MAX 254 /* bytes: RFC 5321, 4.5.3.1.3 */
#define ADDRESS_LOCAL_MAX 64
#define ADDRESS_KEY_SIZE 1024 /* a letter folds to three at most */

typedef struct {
    char text[ADDRESS_MAX + 1]; /* as mail is sent to it: the local part in
                                   NFC, the domain in A-labels (RFC 5890) */
    char key[ADDRESS_KEY_SIZE]; /* the same with its case folded */
} address_t;

/* Reads a text of `len` bytes. NULL; or, when it is no address, why not, in a
   sentence for who typed it, and nothing is to be read. */
const char *address_read(const char *text, size_t len, address_t *address);

/* What the keys of addresses begin with that begin so, as far as that can be
   told of a part: terminated. 0, or -1 when it is too long to be one's
   beginning. */
int address_begin(const char *text, size_t len, char key[ADDRESS_KEY_SIZE]);

#endif
