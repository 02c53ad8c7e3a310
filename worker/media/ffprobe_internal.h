/* What the files of ffprobe's JSON know of each other:
 *
 *     ffprobe.c         the file as a whole
 *     ffprobe_stream.c  one of its streams
 *     ffprobe_value.c   a value, as ffprobe writes it
 */

#ifndef SLUICE_FFPROBE_INTERNAL_H
#define SLUICE_FFPROBE_INTERNAL_H

#include "ffprobe.h"

/* A stream, and what media.streams says of it. */
void ffprobe_read(const json_t *stream, ffprobe_stream_t *found);
json_t *ffprobe_describe(const json_t *stream, const ffprobe_stream_t *found);

/* A tag's text, whatever the case of its name; NULL: there is none, or it is
   too long. */
const char *ffprobe_tag(const json_t *stream, const char *name);

/* A text, or an empty one. */
void ffprobe_copy(char *dst, size_t size, const json_t *object,
                  const char *name);

/* A number, be it written as one or as a text; 0 when there is none. */
double ffprobe_number(const json_t *object, const char *name);

/* A whole number; 0 also when it is beyond all measure. */
int ffprobe_integer(const json_t *object, const char *name);

/* "30000/1001"; 0 when it makes no sense. */
double ffprobe_ratio(const json_t *object, const char *name, char sign);

/* Whether a stream is marked so. */
int ffprobe_disposition(const json_t *stream, const char *name);

#endif
