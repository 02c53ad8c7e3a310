#include <string.h>
#include <strings.h>
#include "core/base/text.h"
#include "grant.h"
#include "grant_claims.h"

#define DELETE 0x7f

/* RFC 9110, 5.6.2 */
#define TCHAR                                                        \
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" \
    "!#$%&'*+-.^_`|~"


int
grant_claims_text(const char *text, size_t len, size_t max)
{
    return len > 0 && len < max && text_is_clean(text, len);
}


/* RFC 3986, 5.2.4, plus the empty segments that nginx merges. */
static int
path_is_normalized(const char *path, size_t len)
{
    const char *segment, *end, *next;

    if (len == 0 || path[0] != '/') {
        return 0;
    }

    end = path + len;

    for (segment = path + 1; segment < end; segment = next + 1) {
        next = memchr(segment, '/', (size_t) (end - segment));

        if (next == segment) {
            return 0;
        }

        if (next == NULL) {
            next = end;
        }

        if (segment[0] == '.'
            && (next - segment == 1
                || (next - segment == 2 && segment[1] == '.'))) {
            return 0;
        }
    }

    return 1;
}


int
grant_claims_path(const char *path, size_t len)
{
    return len < GRANT_PATH_MAX && path_is_normalized(path, len)
           && memchr(path, '\0', len) == NULL && text_is_utf8(path, len);
}


int
grant_claims_filename(const char *name, size_t len)
{
    return grant_claims_text(name, len, GRANT_FILENAME_MAX)
           && memchr(name, '/', len) == NULL;
}


/* The next three take what they name off a terminated text. */

static int
take_token(const char **p)
{
    size_t len = strspn(*p, TCHAR);

    *p += len;

    return len > 0;
}


/* RFC 9110, 5.6.4, without obs-text */
static int
take_quoted(const char **p)
{
    const char *q = *p;

    if (*q++ != '"') {
        return 0;
    }

    while (*q != '"') {
        if (*q == '\\') {
            q++;
        }

        if ((*q < ' ' && *q != '\t') || *q == DELETE) {
            return 0;
        }

        q++;
    }

    *p = q + 1;

    return 1;
}


/* OWS ";" OWS [ parameter ] */
static int
take_parameter(const char **p)
{
    *p += strspn(*p, " \t");

    if (*(*p)++ != ';') {
        return 0;
    }

    *p += strspn(*p, " \t");

    if (**p == '\0' || **p == ';') {
        return 1;
    }

    return take_token(p) && *(*p)++ == '=' && (take_quoted(p) || take_token(p));
}


int
grant_claims_type(const char *type, size_t len)
{
    char text[GRANT_TYPE_MAX];
    const char *p = text;
    size_t i;

    if (len >= sizeof(text)) {
        return 0;
    }

    for (i = 0; i < len; i++) {
        if (type[i] <= '\0' || type[i] >= DELETE) {
            return 0;
        }
    }

    memcpy(text, type, len);
    text[len] = '\0';

    if (!take_token(&p) || *p++ != '/' || !take_token(&p)) {
        return 0;
    }

    while (*p != '\0') {
        if (!take_parameter(&p)) {
            return 0;
        }
    }

    return 1;
}


int
grant_claims_type_is_passive(const char *type, size_t len)
{
    static const char *const folders[] = { "audio/", "video/", "image/" };
    static const char *const types[] = { "application/octet-stream",
                                         "application/pdf", "text/plain",
                                         "text/vtt" };
    static const char xml[] =
        "+xml"; /* RFC 7303, 4.2: it may be SVG or XHTML */
    size_t i, n, tail;

    for (n = 0; n < len && strchr(" \t;", type[n]) == NULL; n++) {
        /* void */
    }

    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (strlen(types[i]) == n && strncasecmp(types[i], type, n) == 0) {
            return 1;
        }
    }

    tail = sizeof(xml) - 1;

    if (n >= tail && strncasecmp(type + n - tail, xml, tail) == 0) {
        return 0;
    }

    for (i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        if (n > strlen(folders[i])
            && strncasecmp(folders[i], type, strlen(folders[i])) == 0) {
            return 1;
        }
    }

    return 0;
}
