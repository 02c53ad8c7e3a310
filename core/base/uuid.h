/* UUIDs, RFC 9562: version 7 (section 5.7), sortable by the time of their
   birth, and version 5 (section 5.5), made from a name. */

#ifndef SLUICE_UUID_H
#define SLUICE_UUID_H

#include <stddef.h>

#define UUID_SIZE 16 /* bytes */
#define UUID_TEXT_LEN 36
#define UUID_TEXT_SIZE (UUID_TEXT_LEN + 1)

/* Writes a new UUIDv7 in lower case, terminated. 0, or -1 when the random
   source failed. */
int uuid_v7(char text[UUID_TEXT_SIZE]);

/* Writes the UUIDv5 of a name of `len` bytes in the namespace of URLs (section
   6.6) in lower case, terminated: the same name, the same UUID. 0, or -1 when
   OpenSSL failed. */
int uuid_v5(char text[UUID_TEXT_SIZE], const void *name, size_t len);

/* 1 when the text is a UUID of any version in canonical lower case form. */
int uuid_valid(const char *text, size_t len);

/* The bytes of a UUID's text. 0, or -1 when it is none; of `bytes` nothing is
   to be read then. */
int uuid_read(unsigned char bytes[UUID_SIZE], const char *text);

/* Their text in lower case, terminated. */
void uuid_write(char text[UUID_TEXT_SIZE],
                const unsigned char bytes[UUID_SIZE]);

/* The two last hex digits: the folder `xx` that a media id lives in. */
#define uuid_shard(text) ((text) + UUID_TEXT_LEN - 2)

#endif
