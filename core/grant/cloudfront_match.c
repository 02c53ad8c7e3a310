/*
 * Wildcards without backtracking: the positions of the pattern that the text
 * read so far can have reached are kept as a set of bits, and each character
 * moves them all at once (Baeza-Yates and Gonnet, "A new approach to text
 * searching", 1992).
 */

#include <string.h>
#include "cloudfront.h"

#define BITS 64
#define WORDS (CLOUDFRONT_POLICY_MAX / BITS + 1)

typedef struct {
    size_t len;                 /* of the pattern: the position to reach */
    size_t words;               /* in use */
    uint64_t state[WORDS];      /* positions reached */
    uint64_t star[WORDS];       /* positions of a '*' */
    uint64_t last[WORDS];       /* that of one at the end, if there is one */
    uint64_t fits[256 * WORDS]; /* by character: positions that it fits */
} glob_t;


static void
set(uint64_t *bits, size_t i)
{
    bits[i / BITS] |= (uint64_t) 1 << i % BITS;
}


static int
has(const uint64_t *bits, size_t i)
{
    return (int) (bits[i / BITS] >> i % BITS & 1);
}


/* Several '*' in a row count once, so that no two positions of one touch. */
static void
compile(glob_t *glob, const char *pattern, size_t len)
{
    size_t i, n, c, size;

    glob->words = len / BITS + 1;
    size = glob->words * sizeof(uint64_t);

    memset(glob->state, 0, size);
    memset(glob->star, 0, size);
    memset(glob->last, 0, size);
    memset(glob->fits, 0, 256 * size);

    for (i = 0, n = 0; i < len; i++) {

        if (pattern[i] == '*') {
            if (n == 0 || !has(glob->star, n - 1)) {
                set(glob->star, n++);
            }

        } else if (pattern[i] == '?') {
            for (c = 0; c < 256; c++) {
                set(&glob->fits[c * glob->words], n);
            }

            n++;

        } else {
            set(&glob->fits[(unsigned char) pattern[i] * glob->words], n++);
        }
    }

    glob->len = n;
    set(glob->state, 0);

    if (has(glob->star, 0)) {
        set(glob->state, 1);
    }

    if (has(glob->star, n - 1)) {
        set(glob->last, n - 1);
    }
}


/* `star` is of those that take the character. */
static void
step(glob_t *glob, unsigned char c, const uint64_t *star)
{
    uint64_t moved, skipped, next, move_in, skip_in;
    const uint64_t *fits;
    size_t w;

    fits = &glob->fits[c * glob->words];
    move_in = 0;
    skip_in = 0;

    for (w = 0; w < glob->words; w++) {
        moved = glob->state[w] & fits[w];
        next = (glob->state[w] & star[w]) | moved << 1 | move_in;
        move_in = moved >> (BITS - 1);

        /* who reaches a '*' has reached what is behind it */
        skipped = next & glob->star[w];
        glob->state[w] = next | skipped << 1 | skip_in;
        skip_in = skipped >> (BITS - 1);
    }
}


int
cloudfront_match(const char *pattern, size_t len, const char *url,
                 size_t url_len)
{
    glob_t glob;
    const char *mark;
    size_t i;

    for (i = 0; i < len && pattern[i] != '*' && pattern[i] != '?'; i++) {
        if (i == url_len || url[i] != pattern[i]) {
            return 0;
        }
    }

    if (i == len) {
        return i == url_len;
    }

    if (len - i == 1 && pattern[i] == '*') {
        return 1;
    }

    if (len - i > CLOUDFRONT_POLICY_MAX) {
        return 0;
    }

    compile(&glob, pattern + i, len - i);
    mark = memchr(url, '?', url_len);

    for (/* void */; i < url_len; i++) {
        step(&glob, (unsigned char) url[i],
             url + i == mark ? glob.last : glob.star);
    }

    return has(glob.state, glob.len);
}
