#include <openssl/ecdsa.h>
#include "jws_ecdsa.h"


ssize_t
jws_ecdsa_to_der(const unsigned char *raw, size_t size,
                 unsigned char der[JWS_DER_MAX])
{
    ECDSA_SIG *sig;
    BIGNUM *r, *s;
    unsigned char *p = der;
    int len;

    sig = ECDSA_SIG_new();
    r = BN_bin2bn(raw, (int) size, NULL);
    s = BN_bin2bn(raw + size, (int) size, NULL);

    if (sig == NULL || r == NULL || s == NULL) {
        goto failed;
    }

    (void) ECDSA_SIG_set0(sig, r, s);

    len = i2d_ECDSA_SIG(sig, &p);
    ECDSA_SIG_free(sig);

    return (len > 0) ? len : -1;

failed:

    BN_free(s);
    BN_free(r);
    ECDSA_SIG_free(sig);

    return -1;
}


ssize_t
jws_ecdsa_from_der(const unsigned char *der, size_t len, size_t size,
                   unsigned char *raw)
{
    ECDSA_SIG *sig;
    int n = (int) size, ok;

    sig = d2i_ECDSA_SIG(NULL, &der, (long) len);
    if (sig == NULL) {
        return -1;
    }

    ok = BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, n) == n
         && BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + size, n) == n;

    ECDSA_SIG_free(sig);

    return ok ? 2 * n : -1;
}
