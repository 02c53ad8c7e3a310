/*
 * Mails as files, which operators may change:
 * <templates>/<language>/<name>.txt, whose first line is the subject, the
 * second one empty, and the rest the text.
 * {{name}} stands for a value; nothing else is looked for in them. For those
 * who read HTML <templates>/<language>/<name>.html is taken; where there is
 * none it is made of the text and <templates>/layout.html: {{content}} is where
 * that goes, {{language}} its language, {{subject}} its title. A line of the
 * text that is a URL alone becomes a link.
 */

#ifndef SLUICE_TEMPLATE_H
#define SLUICE_TEMPLATE_H

#include <stddef.h>

#define TEMPLATE_MAX 65536 /* bytes of a file */

typedef struct {
    const char *name;  /* NULL behind the last */
    const char *value; /* UTF-8 */
    int html;          /* 1: it is HTML, and not escaped there */
} template_value_t;

typedef struct {
    char language[16]; /* that it is written in */
    char *subject;
    char *text;
    char *html;
} template_t;

/* Fills the mail `name` in `language`, or in `other` where there is no folder
   of that; of "fr-CA" "fr" is tried, too. 0, and the texts are to be freed with
   template_free(); -1 with a sentence in `why` that starts with the file's name
   when a file cannot be read, or names a value that is not there. */
int template_fill(const char *folder, const char *language, const char *other,
                  const char *name, const template_value_t *values,
                  template_t *filled, char *why, size_t why_size);
void template_free(template_t *filled);

#endif
