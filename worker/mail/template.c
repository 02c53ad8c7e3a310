#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/base/fail.h"
#include "core/base/file.h"
#include "core/base/text.h"
#include "template.h"

#define TEMPLATE_TAG_SIZE 16 /* of a language */

/* A file that is being filled. */
typedef struct {
    const char *path;
    const template_value_t *values;
    int html; /* values are escaped */
    FILE *out;
    char *why;
    size_t why_size;
} template_fill_t;


void
template_free(template_t *filled)
{
    free(filled->subject);
    free(filled->text);
    free(filled->html);
    memset(filled, 0, sizeof(*filled));
}


static void
template_escape(const char *text, size_t len, FILE *out)
{
    size_t i;

    for (i = 0; i < len; i++) {
        switch (text[i]) {
        case '&':
            fputs("&amp;", out);
            break;
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        default:
            fputc(text[i], out);
        }
    }
}


static const template_value_t *
template_value(const template_value_t *values, const char *name, size_t len)
{
    for (/* void */; values->name != NULL; values++) {
        if (strlen(values->name) == len
            && memcmp(values->name, name, len) == 0) {
            return values;
        }
    }

    return NULL;
}


/* 0 or -1 with the sentence. */
static int
template_expand(const template_fill_t *fill, const char *text)
{
    size_t len;
    const char *name, *end;
    const template_value_t *value;

    while ((name = strstr(text, "{{")) != NULL) {
        fwrite(text, 1, (size_t) (name - text), fill->out);

        name += 2;
        end = strstr(name, "}}");
        len = end ? (size_t) (end - name) : strcspn(name, "\n");
        value = end ? template_value(fill->values, name, len) : NULL;

        if (value == NULL) {
            return fail_because(fill->why, fill->why_size,
                                "%s: there is no value {{%.*s}}", fill->path,
                                (int) (len > 64 ? 64 : len), name);
        }

        if (fill->html && !value->html) {
            template_escape(value->value, strlen(value->value), fill->out);
        } else {
            fputs(value->value, fill->out);
        }

        text = end + 2;
    }

    fputs(text, fill->out);

    return 0;
}


/* A text, to free(); NULL with the sentence, or without one when `path` is not
   there and that may be. */
static char *
template_read(const char *path, int may_be_missing, char *why, size_t why_size)
{
    size_t len;
    char *text;

    text = file_read(path, TEMPLATE_MAX, &len);

    if (text == NULL) {
        if (!may_be_missing || errno != ENOENT) {
            fail_because(why, why_size, "%s: %s", path, strerror(errno));
        }
        return NULL;
    }

    if (strlen(text) != len || !text_is_utf8(text, len)) {
        fail_because(why, why_size, "%s: it is not UTF-8", path);
        free(text);
        return NULL;
    }

    return text;
}


/* What template_expand() makes of a text, to free(). */
static char *
template_expanded(const template_fill_t *of, const char *text)
{
    int rc;
    char *out = NULL;
    size_t size;
    template_fill_t fill = *of;

    fill.out = open_memstream(&out, &size);
    if (fill.out == NULL) {
        fail_because(fill.why, fill.why_size, "%s: %s", fill.path,
                     strerror(errno));
        return NULL;
    }

    rc = template_expand(&fill, text);

    if (fclose(fill.out) != 0 || rc != 0) {
        free(out);
        return NULL;
    }

    return out;
}


static int
template_is_url(const char *line, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++) {
        if (line[i] <= ' ') {
            return 0;
        }
    }

    return (len > 8 && memcmp(line, "https://", 8) == 0)
           || (len > 7 && memcmp(line, "http://", 7) == 0);
}


/* A paragraph ends with an empty line. */
static void
template_paragraphs(const char *text, FILE *out)
{
    int open = 0;
    size_t len;

    for (/* void */; *text != '\0'; text += len + (text[len] == '\n')) {
        len = strcspn(text, "\n");

        if (len == 0) {
            fputs(open ? "</p>\n" : "", out);
            open = 0;
            continue;
        }

        fputs(open ? "<br>\n" : "<p>", out);
        open = 1;

        if (template_is_url(text, len)) {
            fputs("<a href=\"", out);
            template_escape(text, len, out);
            fputs("\">", out);
            template_escape(text, len, out);
            fputs("</a>", out);
        } else {
            template_escape(text, len, out);
        }
    }

    fputs(open ? "</p>\n" : "", out);
}


/* The text as HTML, to free(). */
static char *
template_content(const char *text)
{
    char *content = NULL;
    size_t size;
    FILE *out;

    out = open_memstream(&content, &size);
    if (out == NULL) {
        return NULL;
    }

    template_paragraphs(text, out);

    if (fclose(out) != 0) {
        free(content);
        return NULL;
    }

    return content;
}


/* The text in its layout, to free(). */
static char *
template_layout(const char *folder, const template_t *filled, char *why,
                size_t why_size)
{
    char path[PATH_MAX], *layout, *content, *html = NULL;

    snprintf(path, sizeof(path), "%s/layout.html", folder);
    layout = template_read(path, 0, why, why_size);
    content = template_content(filled->text);

    if (layout != NULL && content != NULL) {
        const template_value_t values[] = {
            { "language", filled->language, 0 },
            { "subject", filled->subject, 0 },
            { "content", content, 1 },
            { NULL, NULL, 0 },
        };
        const template_fill_t fill = { path, values, 1, NULL, why, why_size };

        html = strstr(layout, "{{content}}") != NULL
                   ? template_expanded(&fill, layout)
                   : NULL;
        if (html == NULL && *why == '\0') {
            fail_because(why, why_size, "%s: there is no {{content}}", path);
        }
    }

    free(layout);
    free(content);
    return html;
}


/* The folder of the language, of its first part, or of the other one. */
static void
template_language(const char *folder, const char *language, const char *other,
                  char tag[TEMPLATE_TAG_SIZE])
{
    size_t i;
    char path[PATH_MAX], *end;

    for (i = 0; i < TEMPLATE_TAG_SIZE - 1 && language[i] != '\0'; i++) {
        tag[i] = isalnum((unsigned char) language[i])
                     ? (char) tolower((unsigned char) language[i])
                     : '-';
    }
    tag[i] = '\0';

    while (*tag != '\0') {
        snprintf(path, sizeof(path), "%s/%s", folder, tag);

        if (access(path, X_OK) == 0) {
            return;
        }

        end = strrchr(tag, '-');
        *(end ? end : tag) = '\0';
    }

    snprintf(tag, TEMPLATE_TAG_SIZE, "%s", other);
}


/* The subject is one line of clean text, whatever its values are. */
static int
template_cut(template_t *filled, const char *path, char *why, size_t why_size)
{
    char *end = strchr(filled->text, '\n');

    if (end == NULL || end[1] != '\n'
        || !text_is_clean(filled->text, (size_t) (end - filled->text))) {
        return fail_because(why, why_size,
                            "%s: its first line is the subject, and the second "
                            "one empty",
                            path);
    }

    filled->subject = strndup(filled->text, (size_t) (end - filled->text));
    memmove(filled->text, end + 2, strlen(end + 2) + 1);

    return filled->subject ? 0 : fail_because(why, why_size, "no memory");
}


/* `path` ends in "txt". */
static int
template_html(const char *folder, char *path, const template_value_t *values,
              template_t *filled, char *why, size_t why_size)
{
    char *html;
    template_fill_t fill = { path, values, 1, NULL, why, why_size };

    strcpy(path + strlen(path) - 3, "html");
    *why = '\0';
    html = template_read(path, 1, why, why_size);

    if (html != NULL) {
        filled->html = template_expanded(&fill, html);
    } else if (*why == '\0') {
        filled->html = template_layout(folder, filled, why, why_size);
    }

    free(html);

    return filled->html ? 0 : -1;
}


int
template_fill(const char *folder, const char *language, const char *other,
              const char *name, const template_value_t *values,
              template_t *filled, char *why, size_t why_size)
{
    char path[PATH_MAX + 8], *text;
    template_fill_t fill = { path, values, 0, NULL, why, why_size };

    memset(filled, 0, sizeof(*filled));
    template_language(folder, language, other, filled->language);

    snprintf(path, sizeof(path), "%s/%s/%s.txt", folder, filled->language,
             name);
    text = template_read(path, 0, why, why_size);

    if (text != NULL) {
        filled->text = template_expanded(&fill, text);
        free(text);
    }

    if (filled->text == NULL || template_cut(filled, path, why, why_size) != 0
        || template_html(folder, path, values, filled, why, why_size) != 0) {
        template_free(filled);
        return -1;
    }

    return 0;
}
