#include <string.h>
#include "core/account/offer.h"
#include "core/account/ticket.h"
#include "tests/unit/keys.h"
#include "tests/unit/suite.h"

#define OF "01890000-0000-7000-8000-0123456789ab"
#define SINCE 1700000000123
#define NOW (SINCE / 1000)


static void
make(offer_for_t what, char text[OFFER_SIZE])
{
    jwk_set_t *keys = keys_parse(KEYS_BOTH);
    offer_t offer = { what, OF, SINCE };

    ck_assert_int_eq(offer_write(keys, 0, &offer, text), 0);
    ck_assert_uint_eq(strlen(text), OFFER_LEN);
    jwk_set_free(keys);
}


static int
reads(const char *json, const char *text, offer_for_t what, int64_t now,
      offer_t *offer)
{
    int rc;
    jwk_set_t *keys = keys_parse(json);

    rc = offer_read(keys, text, strlen(text), what, now, offer);
    jwk_set_free(keys);

    return rc;
}


START_TEST(what_is_written_is_read)
{
    char text[OFFER_SIZE];
    offer_t offer;

    make(OFFER_SIGN_IN, text);
    ck_assert_int_eq(reads(KEYS_BOTH, text, OFFER_SIGN_IN, NOW, &offer), 0);
    ck_assert_str_eq(offer.of, OF);
    ck_assert(offer.since == SINCE);
}
END_TEST


START_TEST(it_is_good_for_one_thing)
{
    size_t i, j;
    char text[OFFER_SIZE];
    offer_t offer;
    static const offer_for_t all[] = { OFFER_SIGN_IN, OFFER_ADD, OFFER_AGAIN };

    for (i = 0; i < COUNT(all); i++) {
        make(all[i], text);

        for (j = 0; j < COUNT(all); j++) {
            ck_assert_int_eq(reads(KEYS_BOTH, text, all[j], NOW, &offer),
                             i == j ? 0 : -1);
        }
    }
}
END_TEST


START_TEST(it_is_over_after_five_minutes)
{
    char text[OFFER_SIZE];
    offer_t offer;

    make(OFFER_ADD, text);
    ck_assert_int_eq(reads(KEYS_BOTH, text, OFFER_ADD, NOW + 299, &offer), 0);
    ck_assert_int_eq(reads(KEYS_BOTH, text, OFFER_ADD, NOW + 300, &offer), -1);
}
END_TEST


START_TEST(two_differ)
{
    char one[OFFER_SIZE], other[OFFER_SIZE];

    make(OFFER_ADD, one);
    make(OFFER_ADD, other);
    ck_assert_str_ne(one, other);
}
END_TEST


START_TEST(whatever_is_none_of_ours_is_none)
{
    size_t i;
    char text[OFFER_SIZE], was;
    char ticket[TICKET_SIZE];
    offer_t offer = { OFFER_ADD, "nobody", SINCE };
    jwk_set_t *keys = keys_parse(KEYS_BOTH);
    jwk_set_t *none = keys_parse("{\"keys\":[" KEYS_EC "]}");

    ck_assert_int_eq(offer_write(keys, 0, &offer, text), -1);
    strcpy(offer.of, OF);
    ck_assert_int_eq(offer_write(none, 0, &offer, text), -1);
    make(OFFER_ADD, text);

    for (i = 0; i < OFFER_LEN; i++) {
        was = text[i];
        text[i] = was == 'A' ? 'B' : 'A';
        ck_assert_int_eq(reads(KEYS_BOTH, text, OFFER_ADD, NOW, &offer), -1);
        text[i] = was;
    }

    ck_assert_int_eq(ticket_write(keys, 0, OF, ticket), 0);
    ck_assert_int_eq(reads(KEYS_BOTH, ticket, OFFER_ADD, NOW, &offer), -1);
    ck_assert_int_eq(reads(KEYS_BOTH, "", OFFER_ADD, NOW, &offer), -1);
    jwk_set_free(keys);
    jwk_set_free(none);
}
END_TEST


RUN("core/offer", what_is_written_is_read, it_is_good_for_one_thing,
    it_is_over_after_five_minutes, two_differ, whatever_is_none_of_ours_is_none)
