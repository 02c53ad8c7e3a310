/* Which codecs there is no decoder for, and what to say of such a file. Pure.
 */

#ifndef SLUICE_CODECS_H
#define SLUICE_CODECS_H

#include <stddef.h>

#define CODECS_NAME_SIZE 40
#define CODECS_SENTENCE_SIZE 160

/* Whether what ffprobe calls `codec` can be decoded here. It has no name for
   what it never heard of, and names much that it knows and cannot decode: then
   it has no `format` of samples or pixels for it (sample_fmt, pix_fmt). A
   format alone is no proof, as it lacks where the stream begins late. */
int codecs_decodable(const char *codec, const char *format);

/* What people call such a codec: "MPEG-H 3D Audio". `tag` is the container's
   name for it, and stands in where ffprobe has none. Terminated, never empty.
 */
void codecs_name(char name[CODECS_NAME_SIZE], const char *codec,
                 const char *tag);

/* A sentence for the owner, terminated; empty when nothing is missing. `video`
   and `audio` are the names of what cannot be decoded, each empty when that
   kind is not there or can be; `plays`: the other kind can. */
void codecs_sentence(char sentence[CODECS_SENTENCE_SIZE], const char *video,
                     const char *audio, int plays);

#endif
