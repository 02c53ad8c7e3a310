#include <openssl/rand.h>
#include "offer.h"

#define OFFER_FORM 1

/* Where the parts begin. */
#define OFFER_WHAT 1
#define OFFER_OF 2
#define OFFER_SINCE (OFFER_OF + UUID_SIZE)
#define OFFER_NOISE (OFFER_SINCE + 8)

static const char offer_label[] = " sluice offer";


int
offer_write(const jwk_set_t *keys, unsigned nth, const offer_t *offer,
            char text[OFFER_SIZE])
{
    size_t i;
    unsigned char bytes[OFFER_BYTES];

    bytes[0] = OFFER_FORM;
    bytes[OFFER_WHAT] = (unsigned char) offer->what;

    for (i = 0; i < 8; i++) {
        bytes[OFFER_NOISE - 1 - i] = (unsigned char) ((uint64_t) offer->since
                                                      >> 8 * i);
    }

    return uuid_read(bytes + OFFER_OF, offer->of) == 0
                   && RAND_bytes(bytes + OFFER_NOISE, OFFER_RANDOM) == 1
               ? mac_write(keys, nth, offer_label, bytes, OFFER_BYTES, text)
               : -1;
}


int
offer_read(const jwk_set_t *keys, const char *text, size_t len,
           offer_for_t what, int64_t now, offer_t *offer)
{
    size_t i;
    uint64_t since = 0;
    unsigned char bytes[OFFER_BYTES];

    if (mac_read(keys, offer_label, text, len, bytes, OFFER_BYTES) != 0
        || bytes[0] != OFFER_FORM || bytes[OFFER_WHAT] != (int) what) {
        return -1;
    }

    for (i = OFFER_SINCE; i < OFFER_NOISE; i++) {
        since = since << 8 | bytes[i];
    }

    offer->what = what;
    offer->since = (int64_t) since;
    uuid_write(offer->of, bytes + OFFER_OF);

    return now < offer->since / 1000 + OFFER_LIFE ? 0 : -1;
}
