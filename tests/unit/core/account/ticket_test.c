#include <string.h>
#include "core/account/refresh.h"
#include "core/account/ticket.h"
#include "tests/unit/keys.h"
#include "tests/unit/suite.h"

#define ID "01890000-0000-7000-8000-0123456789ab"


START_TEST(a_token_tells_its_ticket)
{
    char token[TICKET_SIZE], id[UUID_TEXT_SIZE];
    jwk_set_t *keys = keys_parse(KEYS_BOTH);

    ck_assert_int_eq(ticket_write(keys, 0, ID, token), 0);
    ck_assert_uint_eq(strlen(token), TICKET_LEN);
    ck_assert_int_eq(ticket_read(keys, token, TICKET_LEN, id), 0);
    ck_assert_str_eq(id, ID);
    ck_assert_int_eq(ticket_write(keys, 0, "none", token), -1);

    jwk_set_free(keys);
}
END_TEST


START_TEST(what_was_changed_or_cut_is_none)
{
    size_t i;
    char token[TICKET_SIZE], was, id[UUID_TEXT_SIZE] = "as it was";
    jwk_set_t *keys = keys_parse(KEYS_BOTH);

    ck_assert_int_eq(ticket_write(keys, 0, ID, token), 0);

    for (i = 0; i < TICKET_LEN; i++) {
        was = token[i];
        token[i] = was == 'A' ? 'B' : 'A';
        ck_assert_int_eq(ticket_read(keys, token, TICKET_LEN, id), -1);
        token[i] = was;
        ck_assert_int_eq(ticket_read(keys, token, i, id), -1);
    }

    ck_assert_str_eq(id, "as it was");
    jwk_set_free(keys);
}
END_TEST


START_TEST(tokens_of_one_kind_are_none_of_another)
{
    char ticket[TICKET_SIZE], id[UUID_TEXT_SIZE], text[REFRESH_SIZE];
    unsigned char bytes[REFRESH_LEN];
    refresh_t refresh = { .session = ID };
    jwk_set_t *keys = keys_parse(KEYS_BOTH);

    ck_assert_int_eq(ticket_write(keys, 0, ID, ticket), 0);
    ck_assert_int_eq(refresh_write(keys, 0, &refresh, text), 0);

    ck_assert_int_eq(refresh_read(keys, ticket, TICKET_LEN, &refresh), -1);
    ck_assert_int_eq(ticket_read(keys, text, REFRESH_LEN, id), -1);

    /* the same bytes under another label */
    ck_assert_int_eq(mac_read(keys, " sluice ticket", ticket, TICKET_LEN, bytes,
                              TICKET_BYTES),
                     0);
    ck_assert_int_eq(
        mac_write(keys, 0, " sluice refresh", bytes, TICKET_BYTES, ticket), 0);
    ck_assert_int_eq(ticket_read(keys, ticket, TICKET_LEN, id), -1);

    jwk_set_free(keys);
}
END_TEST


START_TEST(without_a_key_there_is_none)
{
    char token[TICKET_SIZE];
    jwk_set_t *keys = keys_parse("{\"keys\":[]}");

    ck_assert_int_eq(ticket_write(keys, 0, ID, token), -1);
    jwk_set_free(keys);
}
END_TEST


RUN("core/account/ticket", a_token_tells_its_ticket,
    what_was_changed_or_cut_is_none, tokens_of_one_kind_are_none_of_another,
    without_a_key_there_is_none)
