#include <string.h>
#include "core/account/address.h"
#include "tests/unit/suite.h"

/* What is typed, what mail is sent to, and what it is compared by. */
static const char *const taken[][3] = {
    { "ada@example.org", "ada@example.org", "ada@example.org" },
    { "Ada.Lovelace+films@Example.ORG", "Ada.Lovelace+films@example.org",
      "ada.lovelace+films@example.org" },
    { "root@localhost", "root@localhost", "root@localhost" },
    { "o'neill!#$%&*/=?^_`{|}~-@example.org",
      "o'neill!#$%&*/=?^_`{|}~-@example.org",
      "o'neill!#$%&*/=?^_`{|}~-@example.org" },
    { "..a..b.@docomo.example", "..a..b.@docomo.example",
      "..a..b.@docomo.example" },

    /* RFC 5891: the domain's letters, and their A-labels */
    { "ida@Bücher.example", "ida@xn--bcher-kva.example",
      "ida@xn--bcher-kva.example" },
    { "ida@XN--Bcher-KVA.example", "ida@xn--bcher-kva.example",
      "ida@xn--bcher-kva.example" },
    { "ida@straße.example", "ida@xn--strae-oqa.example",
      "ida@xn--strae-oqa.example" },
    { "ida@例え。テスト", "ida@xn--r8jz45g.xn--zckzah",
      "ida@xn--r8jz45g.xn--zckzah" },

    /* RFC 6531: composed or not, large or small, it is one */
    { "Ren\xc3\xa9@example.org", "Ren\xc3\xa9@example.org",
      "ren\xc3\xa9@example.org" },
    { "Rene\xcc\x81@example.org", "Ren\xc3\xa9@example.org",
      "ren\xc3\xa9@example.org" },
    { "ΣΊΣΥΦΟΣ@example.org", "ΣΊΣΥΦΟΣ@example.org", "σίσυφοσ@example.org" },
    { "σίσυφος@example.org", "σίσυφος@example.org", "σίσυφοσ@example.org" },
};

static const char *const refused[] = {
    "",
    "@",
    "ada",
    "ada@",
    "@example.org",
    "ada@@example.org",
    "ada@example@org",
    "a da@example.org",
    " ada@example.org",
    "ada@example.org ",
    "ada\n@example.org",
    "ada@example.org\r\nBcc: all@example.org",
    "\"ada\"@example.org",
    "<ada@example.org>",
    "ada,ida@example.org",
    "ada(countess)@example.org",
    "ada@[192.0.2.1]",
    "ada@.example.org",
    "ada@example..org",
    "ada@example.org.",
    "ada@-example.org",
    "ada@exa_mple.org",
    "ada@exa mple.org",
    "ada\xff@example.org",
    "ada@\xff.org",
    "ada\xc2\x85@example.org",
    "ada\xed\xa0\x80@example.org",
    "ada\xcd\xbe@example.org", /* U+037E, a semicolon in NFC */
    "ada@\xe2\x80\x8b.example",
};


START_TEST(an_address_is_read_as_mail_is_sent_and_as_it_is_compared)
{
    size_t i;
    address_t address;
    const char *why;

    for (i = 0; i < COUNT(taken); i++) {
        why = address_read(taken[i][0], strlen(taken[i][0]), &address);

        ck_assert_msg(why == NULL, "%s: %s", taken[i][0], why);
        ck_assert_str_eq(address.text, taken[i][1]);
        ck_assert_str_eq(address.key, taken[i][2]);
    }
}
END_TEST


START_TEST(what_mail_cannot_be_sent_to_is_refused_with_a_reason)
{
    size_t i;
    address_t address;

    for (i = 0; i < COUNT(refused); i++) {
        ck_assert_msg(address_read(refused[i], strlen(refused[i]), &address)
                          != NULL,
                      "%s", refused[i]);
    }

    ck_assert(address_read("ada\0@example.org", 16, &address) != NULL);
    ck_assert(address_read("ada@exam\0ple.org", 16, &address) != NULL);
}
END_TEST


static const char *
of(size_t local, size_t label, address_t *address)
{
    char text[512];

    memset(text, 'a', sizeof(text));
    text[local] = '@';
    memcpy(text + local + 1 + label, ".org", 5);

    return address_read(text, strlen(text), address);
}


START_TEST(it_is_as_long_as_mail_allows)
{
    size_t i;
    char text[ADDRESS_MAX + 2];
    address_t address;

    ck_assert_ptr_null(of(64, 63, &address));
    ck_assert_ptr_nonnull(of(65, 63, &address));
    ck_assert_ptr_nonnull(of(64, 64, &address));

    memset(text, 'a', sizeof(text));
    memcpy(text, "i@", 2);
    for (i = 11; i < ADDRESS_MAX; i += 10) {
        text[i] = '.';
    }

    ck_assert_ptr_null(address_read(text, ADDRESS_MAX, &address));
    ck_assert_uint_eq(strlen(address.text), ADDRESS_MAX);
    ck_assert_ptr_nonnull(address_read(text, ADDRESS_MAX + 1, &address));
}
END_TEST


START_TEST(what_grows_when_its_case_is_folded_has_room)
{
    size_t i;
    char text[ADDRESS_MAX];
    address_t address;

    /* U+0390 folds to three letters of two bytes */
    for (i = 0; i < 32; i++) {
        memcpy(text + 2 * i, "\xce\x90", 2);
    }
    memcpy(text + 64, "@example.org", 12);

    ck_assert_ptr_null(address_read(text, 76, &address));
    ck_assert(strlen(address.key) >= strlen(address.text));
    ck_assert(strstr(address.key, "@example.org") != NULL);
}
END_TEST


START_TEST(keys_begin_as_what_they_are_looked_for_by)
{
    size_t i, len;
    char key[ADDRESS_KEY_SIZE], longest[ADDRESS_MAX + 2];
    address_t address;
    static const char *const whole = "Zo\xc3\x8b.Stra\xc3\x9f"
                                     "e@Example.org";
    static const size_t cuts[] = { 0, 1, 2, 4, 5, 9, 11, 12, 13, 20 };

    ck_assert_ptr_null(address_read(whole, strlen(whole), &address));

    for (i = 0; i < COUNT(cuts); i++) {
        len = cuts[i];
        ck_assert_int_eq(address_begin(whole, len, key), 0);
        ck_assert_int_eq(strncmp(address.key, key, strlen(key)), 0);
        ck_assert_uint_ge(strlen(key), len);
    }

    memset(longest, 'a', sizeof(longest));
    ck_assert_int_eq(address_begin(longest, ADDRESS_MAX, key), 0);
    ck_assert_int_eq(address_begin(longest, ADDRESS_MAX + 1, key), -1);
}
END_TEST


RUN("core/account/address",
    an_address_is_read_as_mail_is_sent_and_as_it_is_compared,
    what_mail_cannot_be_sent_to_is_refused_with_a_reason,
    it_is_as_long_as_mail_allows, what_grows_when_its_case_is_folded_has_room,
    keys_begin_as_what_they_are_looked_for_by)
