#include <string.h>
#include <openssl/crypto.h>
#include <zxcvbn.h>
#include "often.h"
#include "password.h"
#include "policy.h"

/* Whoever knows what people choose finds what has less within so many guesses,
   as a power of two: a million. */
#define POLICY_GUESSES 20.0

/* What is looked at: longer ones are good for their length, and the search
   takes time as the square of it. */
#define POLICY_BYTES 72

#define POLICY_EARLY                                                         \
    "This password is guessed early: others choose it often, or it is made " \
    "of your name, your address or a simple row. Some words that have "      \
    "nothing to do with each other are good."

/* What everybody knows who comes here. */
#define POLICY_PRODUCT "sluice"

#define POLICY_WORDS 32
#define POLICY_WORD 64 /* bytes */

typedef struct {
    char text[POLICY_WORDS][POLICY_WORD];
    const char *list[POLICY_WORDS + 1]; /* behind the last NULL */
    size_t count;
} policy_words_t;


static void
policy_word(policy_words_t *words, const char *text, size_t len)
{
    if (len < 3 || len >= POLICY_WORD || words->count == POLICY_WORDS) {
        return;
    }

    memcpy(words->text[words->count], text, len);
    words->text[words->count][len] = '\0';
    words->list[words->count] = words->text[words->count];
    words->count++;
}


/* Each of them whole, and its parts: of an address what is in front of the "@",
   of a name its names, of an origin its host and the labels of that. */
static void
policy_split(policy_words_t *words, const char *text)
{
    size_t len;
    const char *host;

    policy_word(words, text, strlen(text));
    policy_word(words, text, strcspn(text, "@"));

    host = strstr(text, "://");
    if (host != NULL) {
        policy_word(words, host + 3, strcspn(host + 3, ":/"));
    }

    for (/* void */; *text != '\0'; text += len + (text[len] != '\0')) {
        len = strcspn(text, " @.,-_+:/");
        policy_word(words, text, len);
    }
}


/* As a power of two, of the `len` bytes, at most POLICY_BYTES. */
static double
policy_guesses(const char *password, size_t len, const policy_words_t *words)
{
    char text[POLICY_BYTES + 1];
    double guesses;

    memcpy(text, password, len);
    text[len] = '\0';
    guesses = ZxcvbnMatch(text, (const char **) words->list, NULL);
    OPENSSL_cleanse(text, sizeof(text));

    return guesses;
}


static size_t
policy_characters(const char *password, size_t len)
{
    size_t i, count = 0;

    for (i = 0; i < len; i++) {
        count += ((unsigned char) password[i] & 0xc0) != 0x80;
    }

    return count;
}


const char *
policy_refuse(const char *password, size_t len, const char *const *words)
{
    int early;
    policy_words_t split;

    if (policy_characters(password, len) < POLICY_CHARACTERS_MIN) {
        return "A password has 8 characters or more.";
    }

    if (len > PASSWORD_MAX_SIZE) {
        return "A password has 1024 bytes at most.";
    }

    memset(&split, 0, sizeof(split));
    policy_split(&split, POLICY_PRODUCT);

    for (/* void */; *words != NULL; words++) {
        policy_split(&split, *words);
    }

    early = often_chosen(password, len)
            || policy_guesses(password, len < POLICY_BYTES ? len : POLICY_BYTES,
                              &split)
                   < POLICY_GUESSES;

    /* a long one may have it at its end */

    if (early && len > POLICY_BYTES) {
        early = policy_guesses(password + len - POLICY_BYTES, POLICY_BYTES,
                               &split)
                < POLICY_GUESSES;
    }

    return early ? POLICY_EARLY : NULL;
}
