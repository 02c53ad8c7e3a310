/* Languages as files have them (ISO 639-1, 639-2, RFC 5646), written as players
   want them. Pure. */

#ifndef SLUICE_LANGUAGE_H
#define SLUICE_LANGUAGE_H

#define LANGUAGE_SIZE 36 /* RFC 5646, 4.4.1 */

/* Writes the tag of RFC 5646, with the shortest code that there is for the
   language ("fre" and "fra" are "fr"), terminated; empty for what is none, and
   for one that is not determined ("und"). */
void language_tag(char tag[LANGUAGE_SIZE], const char *text);

/* Writes the code of ISO 639-2/T, which MP4 has, of such a tag; "und" where
   there is none. */
#define LANGUAGE_CODE_SIZE 4

void language_code(char code[LANGUAGE_CODE_SIZE], const char *tag);

#endif
