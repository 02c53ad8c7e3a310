#include "ticket.h"

#define TICKET_FORM 1

static const char ticket_label[] = " sluice ticket";


int
ticket_write(const jwk_set_t *keys, unsigned nth, const char id[UUID_TEXT_SIZE],
             char token[TICKET_SIZE])
{
    unsigned char bytes[TICKET_BYTES];

    bytes[0] = TICKET_FORM;

    return uuid_read(bytes + 1, id) == 0
               ? mac_write(keys, nth, ticket_label, bytes, TICKET_BYTES, token)
               : -1;
}


int
ticket_read(const jwk_set_t *keys, const char *token, size_t len,
            char id[UUID_TEXT_SIZE])
{
    unsigned char bytes[TICKET_BYTES];

    if (mac_read(keys, ticket_label, token, len, bytes, TICKET_BYTES) != 0
        || bytes[0] != TICKET_FORM) {
        return -1;
    }

    uuid_write(id, bytes + 1);

    return 0;
}
