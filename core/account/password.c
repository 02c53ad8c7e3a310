#include <string.h>
#include <argon2.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include "password.h"
#include "password_foreign.h"

/* OWASP Password Storage Cheat Sheet, argon2id: 19 MiB, 2 passes, 1 lane. */
#define MEMORY_KIB 19456
#define PASSES 2
#define LANES 1
#define SALT_SIZE 16
#define TAG_SIZE 32

/* What every hash begins with that password_hash() makes today. */
#define CURRENT "$argon2id$v=19$m=19456,t=2,p=1$"

/* The parameters above with a tag that was drawn at random. */
static const char nobody[] = "$argon2id$v=19$m=19456,t=2,p=1"
                             "$HD1Qe1YfcF6mj/gqr3aOuA"
                             "$akBZlEMmLQkYdX2bsTAFWJIvNVw0pKpUdKUmO13mzBQ";


int
password_hash(char hash[PASSWORD_HASH_SIZE], const char *password, size_t len)
{
    unsigned char salt[SALT_SIZE];

    if (len > PASSWORD_MAX_SIZE || RAND_bytes(salt, SALT_SIZE) != 1) {
        return -1;
    }

    if (argon2id_hash_encoded(PASSES, MEMORY_KIB, LANES, password, len, salt,
                              SALT_SIZE, TAG_SIZE, hash, PASSWORD_HASH_SIZE)
        != ARGON2_OK) {
        OPENSSL_cleanse(hash, PASSWORD_HASH_SIZE);
        return -1;
    }

    return 0;
}


int
password_verify(const char *hash, const char *password, size_t len)
{
    if (len > PASSWORD_MAX_SIZE) {
        return 0;
    }

    if (!password_known(hash)) {
        return -1;
    }

    return password_foreign(hash, password, len);
}


int
password_verify_nobody(const char *password, size_t len)
{
    (void) password_verify(nobody, password, len);

    return 0;
}


int
password_is_current(const char *hash)
{
    return strncmp(hash, CURRENT, sizeof(CURRENT) - 1) == 0;
}


int
password_known(const char *hash)
{
    return password_foreign_known(hash);
}
