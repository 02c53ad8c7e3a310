/* How the bytes of an XML text are written, and the text in UTF-8, whatever
   that is: for musicxml.c. The order of bytes that a text begins with counts
   for more than what it says of itself. */

#ifndef SLUICE_MUSICXML_DECODE_H
#define SLUICE_MUSICXML_DECODE_H

#include <stddef.h>
#include <iconv.h>

#define MUSICXML_DECODE_HEAD \
    512 /* bytes within which an XML declaration ends */
#define MUSICXML_DECODE_NAME 32
#define MUSICXML_DECODE_LEFT 8 /* bytes of a character in any encoding */

typedef int (*musicxml_decode_sink_t)(void *data, const char *utf8, size_t len);

typedef struct {
    musicxml_decode_sink_t sink; /* nonzero: no more */
    void *data;

    char head[MUSICXML_DECODE_HEAD];
    size_t head_len;
    int settled;
    char name[MUSICXML_DECODE_NAME]; /* what the text says that it is */

    iconv_t way;
    int converts;
    char left[MUSICXML_DECODE_LEFT]; /* a character's first bytes */
    size_t left_len;
} musicxml_decode_t;

typedef enum {
    MUSICXML_DECODE_OK,
    MUSICXML_DECODE_UNKNOWN, /* `name` is no encoding that is known here */
    MUSICXML_DECODE_UNTRUE,  /* it is not written as it says */
    MUSICXML_DECODE_ENOUGH   /* the sink wants no more */
} musicxml_decode_rc_t;

void musicxml_decode_init(musicxml_decode_t *decode,
                          musicxml_decode_sink_t sink, void *data);

/* The next bytes; the sink is called with what they say. */
musicxml_decode_rc_t musicxml_decode_feed(musicxml_decode_t *decode,
                                          const char *bytes, size_t len);

/* There are no more. */
musicxml_decode_rc_t musicxml_decode_end(musicxml_decode_t *decode);

void musicxml_decode_free(musicxml_decode_t *decode);

#endif
