/* Answers of S3 in XML. */

#ifndef SLUICE_BUCKET_XML_H
#define SLUICE_BUCKET_XML_H

#include <stddef.h>

/* Calls `leaf` for each element that holds text alone, in their order, with its
   name and text; and with the name and NULL where one that holds others ends.
   Nonzero from it ends the reading. 0; -1 when it is no XML, or has a document
   type. */
int bucket_xml_read(const char *text, size_t len,
                    int (*leaf)(void *data, const char *name,
                                const char *value),
                    void *data);

#endif
