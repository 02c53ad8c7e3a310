#include <string.h>
#include <strings.h>
#include "language.h"

#define LANGUAGE_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define LANGUAGE_DIGITS "0123456789"

/* Codes of ISO 639-2, of both kinds, and of 639-1. */
static const char languages[][7] = {
    "aar aa", "abk ab", "afr af", "alb sq", "amh am", "ara ar", "arm hy",
    "asm as", "aze az", "bak ba", "baq eu", "bel be", "ben bn", "bod bo",
    "bos bs", "bre br", "bul bg", "bur my", "cat ca", "ces cs", "chi zh",
    "cor kw", "cos co", "cym cy", "cze cs", "dan da", "deu de", "dut nl",
    "dzo dz", "ell el", "eng en", "epo eo", "est et", "eus eu", "fao fo",
    "fas fa", "fij fj", "fin fi", "fra fr", "fre fr", "fry fy", "geo ka",
    "ger de", "gla gd", "gle ga", "glg gl", "glv gv", "gre el", "grn gn",
    "guj gu", "hat ht", "hau ha", "heb he", "hin hi", "hrv hr", "hun hu",
    "hye hy", "ibo ig", "ice is", "ind id", "isl is", "ita it", "jav jv",
    "jpn ja", "kal kl", "kan kn", "kat ka", "kaz kk", "khm km", "kin rw",
    "kir ky", "kor ko", "kur ku", "lao lo", "lat la", "lav lv", "lin ln",
    "lit lt", "ltz lb", "mac mk", "mal ml", "mao mi", "mar mr", "may ms",
    "mkd mk", "mlg mg", "mlt mt", "mon mn", "mri mi", "msa ms", "mya my",
    "nep ne", "nld nl", "nno nn", "nob nb", "nor no", "oci oc", "ori or",
    "pan pa", "per fa", "pol pl", "por pt", "pus ps", "que qu", "roh rm",
    "ron ro", "rum ro", "rus ru", "san sa", "sin si", "slk sk", "slo sk",
    "slv sl", "sme se", "smo sm", "sna sn", "snd sd", "som so", "spa es",
    "sqi sq", "srd sc", "srp sr", "swa sw", "swe sv", "tah ty", "tam ta",
    "tat tt", "tel te", "tgk tg", "tgl tl", "tha th", "tib bo", "tir ti",
    "ton to", "tsn tn", "tuk tk", "tur tr", "uig ug", "ukr uk", "urd ur",
    "uzb uz", "vie vi", "wel cy", "wln wa", "wol wo", "xho xh", "yid yi",
    "yor yo", "zho zh", "zul zu",
};


/* Subtags of one to eight letters and digits, the first one of two or three
   letters. */
static int
language_is_tag(const char *text)
{
    size_t n = strspn(text, LANGUAGE_LETTERS);

    if (n < 2 || n > 3 || strlen(text) >= LANGUAGE_SIZE) {
        return 0;
    }

    for (text += n; *text == '-'; text += n) {
        text++;
        n = strspn(text, LANGUAGE_LETTERS LANGUAGE_DIGITS);
        if (n == 0 || n > 8) {
            return 0;
        }
    }

    return *text == '\0';
}


void
language_tag(char tag[LANGUAGE_SIZE], const char *text)
{
    size_t i;

    *tag = '\0';
    if (!language_is_tag(text) || strcasecmp(text, "und") == 0
        || strcasecmp(text, "mul") == 0 || strcasecmp(text, "zxx") == 0) {
        return;
    }

    strcpy(tag, text);
    if (strcspn(text, "-") != 3) {
        return;
    }

    for (i = 0; i < sizeof(languages) / sizeof(languages[0]); i++) {
        if (strncasecmp(languages[i], text, 3) == 0) {
            memcpy(tag, languages[i] + 4, 2);
            memmove(tag + 2, text + 3, strlen(text + 3) + 1);
            return;
        }
    }
}


/* One of the twenty codes of ISO 639-2/B that have another one beside them. */
static int
language_is_bibliographic(const char *code)
{
    static const char codes[] = "alb arm baq bur chi cze dut fre geo ger gre "
                                "ice mac mao may per rum slo tib wel";
    size_t i;

    for (i = 0; i < sizeof(codes); i += 4) {
        if (strncmp(codes + i, code, 3) == 0) {
            return 1;
        }
    }

    return 0;
}


void
language_code(char code[LANGUAGE_CODE_SIZE], const char *tag)
{
    size_t i;
    const size_t len = strcspn(tag, "-");

    memcpy(code, "und", LANGUAGE_CODE_SIZE);

    if (len == 3 && strspn(tag, LANGUAGE_LETTERS) == len) {
        memcpy(code, tag, len);
        return;
    }

    for (i = 0; len == 2 && i < sizeof(languages) / sizeof(languages[0]); i++) {
        if (strncasecmp(languages[i] + 4, tag, len) == 0
            && !language_is_bibliographic(languages[i])) {
            memcpy(code, languages[i], 3);
            return;
        }
    }
}
