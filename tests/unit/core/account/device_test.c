#include <string.h>
#include "core/account/device.h"
#include "core/account/ticket.h"
#include "tests/unit/keys.h"
#include "tests/unit/suite.h"

static const unsigned char ada[SHA256_SIZE] = { 1, 2, 3 };
static const unsigned char ida[SHA256_SIZE] = { 1, 2, 4 };


START_TEST(a_browser_is_known_for_one_account)
{
    char text[DEVICE_SIZE], again[DEVICE_SIZE];
    unsigned char device[DEVICE_BYTES], other[DEVICE_BYTES];
    jwk_set_t *keys = keys_parse(KEYS_BOTH);

    ck_assert_int_eq(device_write(keys, 0, ada, text), 0);
    ck_assert_uint_eq(strlen(text), DEVICE_LEN);
    ck_assert_int_eq(device_read(keys, text, DEVICE_LEN, ada, device), 0);
    ck_assert_int_eq(device_read(keys, text, DEVICE_LEN, ida, other), -1);

    /* each is another */
    ck_assert_int_eq(device_write(keys, 0, ada, again), 0);
    ck_assert_int_eq(device_read(keys, again, DEVICE_LEN, ada, other), 0);
    ck_assert_int_ne(memcmp(device, other, DEVICE_BYTES), 0);

    jwk_set_free(keys);
}
END_TEST


START_TEST(what_was_changed_or_is_for_something_else_is_none)
{
    size_t i;
    char text[DEVICE_SIZE], was;
    unsigned char device[DEVICE_BYTES];
    jwk_set_t *keys = keys_parse(KEYS_BOTH);

    ck_assert_int_eq(device_write(keys, 0, ada, text), 0);

    for (i = 0; i < DEVICE_LEN; i++) {
        was = text[i];
        text[i] = was == 'A' ? 'B' : 'A';
        ck_assert_int_eq(device_read(keys, text, DEVICE_LEN, ada, device), -1);
        text[i] = was;
    }

    ck_assert_int_eq(mac_read(keys, " sluice device", text, DEVICE_LEN, device,
                              DEVICE_BYTES),
                     0);
    ck_assert_int_eq(
        mac_write(keys, 0, " sluice ticket", device, DEVICE_BYTES, text), 0);
    ck_assert_int_eq(device_read(keys, text, DEVICE_LEN, ada, device), -1);

    jwk_set_free(keys);
}
END_TEST


START_TEST(without_a_key_there_is_none)
{
    char text[DEVICE_SIZE];
    jwk_set_t *keys = keys_parse("{\"keys\":[]}");

    ck_assert_int_eq(device_write(keys, 0, ada, text), -1);
    jwk_set_free(keys);
}
END_TEST


RUN("core/account/device", a_browser_is_known_for_one_account,
    what_was_changed_or_is_for_something_else_is_none,
    without_a_key_there_is_none)
