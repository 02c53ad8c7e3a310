#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <idn2.h>
#include <unicase.h>
#include <uninorm.h>
#include "core/base/text.h"
#include "address.h"

static const char address_form[] = "An e-mail address looks like "
                                   "name@example.org.";
static const char address_long[] = "This is too long for an e-mail address.";
static const char address_domain[] = "There can be no domain of this name.";


/* RFC 5322, 3.2.3 (atext), and whatever is not ASCII. */
static int
address_local_ok(const char *local, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++) {
        if (local[i] == '\0' || strchr(" \"()<>[]:;@\\,", local[i]) != NULL) {
            return 0;
        }
    }

    return len > 0;
}


/* Letters, digits, hyphens and dots, and whatever is not ASCII: libidn2 leaves
   out others without a word. */
static int
address_domain_typed(const char *domain, size_t len)
{
    size_t i;
    unsigned char c;

    for (i = 0; i < len; i++) {
        c = (unsigned char) domain[i];

        if (c < 0x80 && !isalnum(c) && c != '-' && c != '.') {
            return 0;
        }
    }

    return len > 0;
}


/* Normalised, and with its case folded when `fold` is set; `size` holds a
   terminator, too. The bytes written, or -1. */
static long
address_fold(const char *text, size_t len, int fold, char *to, size_t size)
{
    size_t n = size - 1;
    uint8_t *done;

    done = fold ? u8_casefold((const uint8_t *) text, len, NULL, UNINORM_NFC,
                              (uint8_t *) to, &n)
                : u8_normalize(UNINORM_NFC, (const uint8_t *) text, len,
                               (uint8_t *) to, &n);

    if (done == NULL) {
        return -1;
    }

    if (done != (uint8_t *) to) { /* there was not room enough */
        free(done);
        return -1;
    }

    to[n] = '\0';

    return (long) n;
}


/* Labels of letters, digits and hyphens (RFC 5321, 4.1.2). */
static int
address_domain_ok(const char *domain)
{
    size_t len = strlen(domain);

    return strspn(domain, "abcdefghijklmnopqrstuvwxyz0123456789-.") == len
           && len > 0 && *domain != '.' && domain[len - 1] != '.'
           && strstr(domain, "..") == NULL;
}


/* RFC 5891, by the mapping of UTS #46, in small letters. 0 or -1. */
static int
address_read_domain(const char *text, size_t len, char *to, size_t size)
{
    int rc;
    char domain[ADDRESS_MAX + 1], *ascii = NULL;

    memcpy(domain, text, len);
    domain[len] = '\0';

    rc = idn2_to_ascii_8z(domain, &ascii,
                          IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL
                              | IDN2_USE_STD3_ASCII_RULES);

    rc = rc == IDN2_OK && address_domain_ok(ascii) && strlen(ascii) < size ? 0
                                                                           : -1;
    if (rc == 0) {
        strcpy(to, ascii);
    }

    idn2_free(ascii);

    return rc;
}


const char *
address_read(const char *text, size_t len, address_t *address)
{
    long n, folded;
    size_t local;
    const char *at;

    if (len > ADDRESS_MAX) {
        return address_long;
    }

    at = memchr(text, '@', len);
    local = at ? (size_t) (at - text) : 0;

    if (at == NULL || !text_is_clean(text, len)
        || !address_domain_typed(at + 1, len - local - 1)) {
        return address_form;
    }

    n = address_fold(text, local, 0, address->text, ADDRESS_LOCAL_MAX + 1);
    folded = n != -1 ? address_fold(address->text, (size_t) n, 1, address->key,
                                    ADDRESS_KEY_SIZE - ADDRESS_MAX - 1)
                     : -1;

    if (folded == -1) {
        return address_long;
    }

    if (!address_local_ok(address->text, (size_t) n)) {
        return address_form;
    }

    address->text[n] = '@';

    if (address_read_domain(at + 1, len - local - 1, address->text + n + 1,
                            sizeof(address->text) - (size_t) n - 1)
        != 0) {
        return address_domain;
    }

    strcpy(address->key + folded, address->text + n);

    return NULL;
}


int
address_begin(const char *text, size_t len, char key[ADDRESS_KEY_SIZE])
{
    return len <= ADDRESS_MAX
                   && address_fold(text, len, 1, key, ADDRESS_KEY_SIZE) != -1
               ? 0
               : -1;
}
