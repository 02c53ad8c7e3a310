/* What a grant's claims must look like, for those who read them and those who
   write them. Each returns 1 or 0. `len` is in bytes. */

#ifndef SLUICE_GRANT_CLAIMS_H
#define SLUICE_GRANT_CLAIMS_H

#include <stddef.h>

/* A normalized path under GRANT_PATH_MAX bytes: see grant_parse(). */
int grant_claims_path(const char *path, size_t len);

/* 1 to max - 1 bytes that are clean: see text_is_clean(). */
int grant_claims_text(const char *text, size_t len, size_t max);

/* A name without folders, under GRANT_FILENAME_MAX bytes. */
int grant_claims_filename(const char *name, size_t len);

/* A media type with any parameters (RFC 9110, 8.3.1), in ASCII, under
   GRANT_TYPE_MAX bytes. */
int grant_claims_type(const char *type, size_t len);

/* For a type that grant_claims_type() takes: browsers run nothing that stands
   in such a body. Sound, film, pictures but for SVG, PDF, plain text,
   subtitles, and application/octet-stream, with any parameters. */
int grant_claims_type_is_passive(const char *type, size_t len);

#endif
