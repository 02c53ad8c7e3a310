/*
 * CBOR as authenticators write it: RFC 8949 in CTAP2's canonical form, where
 * all lengths are said in front (CTAP 2.1, 8). libcbor tells one item after
 * another; here nothing is allocated, whatever lengths a stranger says.
 */

#ifndef SLUICE_CTAP_H
#define SLUICE_CTAP_H

#include <stddef.h>
#include <stdint.h>

#define CTAP_DEPTH 8 /* arrays and maps within each other; CTAP2: 4 */

typedef enum {
    CTAP_INT,
    CTAP_BYTES,
    CTAP_TEXT,
    CTAP_ARRAY,
    CTAP_MAP,
    CTAP_OTHER /* true, false, null, a float */
} ctap_kind_t;

typedef struct {
    ctap_kind_t kind;
    int64_t number; /* of an INT */
    size_t len;     /* bytes of BYTES and TEXT, items of an ARRAY, pairs of a
                       MAP */
    const unsigned char *bytes; /* in what is read, not terminated */
} ctap_item_t;

typedef struct {
    const unsigned char *bytes; /* what is left to read */
    size_t len;
} ctap_reader_t;

/* The next item: of an array or a map its head, behind which what is in it
   comes. 0; -1 when there is none, or not whole, of a length that is not said,
   tagged, or a number beyond int64_t. */
int ctap_next(ctap_reader_t *reader, ctap_item_t *item);

/* Passes over one item with all that is in it. 0; -1 as above, or nested
   deeper than CTAP_DEPTH. */
int ctap_skip(ctap_reader_t *reader);

#endif
