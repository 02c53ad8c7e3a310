#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/jose/base64url.h"
#include "core/jose/jws.h"
#include "core/jose/jwt.h"
#include "grant.h"
#include "grant_claims.h"

#define HS256_SIZE 32 /* RFC 7518, 3.2 */
#define ESCAPE_SIZE 6 /* \u0000 */
#define DIGITS_MAX 20 /* of a 64-bit number with its sign */

/* JSON text as it grows; what does not fit makes it full for good. */
typedef struct {
    char *p, *end;
    int full;
} json_writer_t;


static void
write_bytes(json_writer_t *w, const char *bytes, size_t len)
{
    if (w->full || (size_t) (w->end - w->p) < len) {
        w->full = 1;
        return;
    }

    memcpy(w->p, bytes, len);
    w->p += len;
}


/* RFC 8259, 7: the quote, the backslash and controls need an escape. */
static void
write_string(json_writer_t *w, const char *text, size_t len)
{
    char escape[ESCAPE_SIZE + 1];
    size_t i, from;

    write_bytes(w, "\"", 1);

    for (i = 0, from = 0; i < len; i++) {
        if ((unsigned char) text[i] >= ' ' && text[i] != '"'
            && text[i] != '\\') {
            continue;
        }

        write_bytes(w, text + from, i - from);
        from = i + 1;

        if (text[i] == '"' || text[i] == '\\') {
            write_bytes(w, "\\", 1);
            write_bytes(w, text + i, 1);

        } else {
            (void) snprintf(escape, sizeof(escape), "\\u%04x",
                            (unsigned char) text[i]);
            write_bytes(w, escape, ESCAPE_SIZE);
        }
    }

    write_bytes(w, text + from, len - from);
    write_bytes(w, "\"", 1);
}


static void
write_number(json_writer_t *w, int64_t n)
{
    char digits[DIGITS_MAX], *p = digits + sizeof(digits);
    uint64_t rest = (n < 0) ? -(uint64_t) n : (uint64_t) n;

    do {
        *--p = (char) ('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);

    if (n < 0) {
        *--p = '-';
    }

    write_bytes(w, p, (size_t) (digits + sizeof(digits) - p));
}


/* `member` is all of `,"name":`. */
static int
write_time(json_writer_t *w, const char *member, int64_t t)
{
    if (t < -GRANT_NUMBER_MAX || t > GRANT_NUMBER_MAX) {
        return -1;
    }

    write_bytes(w, member, strlen(member));
    write_number(w, t);

    return 0;
}


static int
write_limit(json_writer_t *w, const char *member, uint64_t least, uint64_t n)
{
    if (n < least || n > (uint64_t) GRANT_NUMBER_MAX) {
        return -1;
    }

    write_bytes(w, member, strlen(member));
    write_number(w, (int64_t) n);

    return 0;
}


static void
write_text(json_writer_t *w, const char *member, const char *text)
{
    if (text != NULL) {
        write_bytes(w, member, strlen(member));
        write_string(w, text, strlen(text));
    }
}


static int
write_methods(json_writer_t *w, unsigned methods)
{
    static const unsigned all = GRANT_GET | GRANT_HEAD | GRANT_POST | GRANT_PUT
                                | GRANT_PATCH | GRANT_DELETE | GRANT_OPTIONS;
    const char *name;
    unsigned bit;
    char before = '[';

    if ((methods & ~all) != 0) {
        return -1;
    }

    if (methods & GRANT_GET) {
        methods &= ~(unsigned) GRANT_HEAD; /* comes along */
    }

    write_bytes(w, ",\"methods\":", sizeof(",\"methods\":") - 1);

    for (bit = 1; bit <= methods; bit <<= 1) {
        if (methods & bit) {
            name = grant_method_name(bit);
            write_bytes(w, &before, 1);
            write_string(w, name, strlen(name));
            before = ',';
        }
    }

    write_bytes(w, "]", 1);

    return 0;
}


static int
write_ip(json_writer_t *w, const grant_claims_t *claims)
{
    cidr_t cidr;
    size_t i;

    if (claims->ip_count > GRANT_IP_MAX) {
        return -1;
    }

    write_bytes(w, ",\"ip\":", sizeof(",\"ip\":") - 1);

    for (i = 0; i < claims->ip_count; i++) {
        if (cidr_parse(claims->ip[i], strlen(claims->ip[i]), &cidr) != 0) {
            return -1;
        }

        write_bytes(w, (i == 0) ? "[" : ",", 1);
        write_string(w, claims->ip[i], strlen(claims->ip[i]));
    }

    write_bytes(w, "]", 1);

    return 0;
}


static int
text_is_good(const char *text, size_t max)
{
    return text == NULL || grant_claims_text(text, strlen(text), max);
}


static int
texts_are_good(const grant_claims_t *claims)
{
    return grant_claims_path(claims->path, claims->path_len)
           && text_is_good(claims->jti, GRANT_JTI_MAX)
           && text_is_good(claims->sub, GRANT_SUB_MAX)
           && text_is_good(claims->sid, GRANT_SID_MAX)
           && (claims->filename == NULL
               || grant_claims_filename(claims->filename,
                                        strlen(claims->filename)))
           && (claims->type == NULL
               || grant_claims_type(claims->type, strlen(claims->type)));
}


static int
write_claims(json_writer_t *w, const grant_claims_t *claims)
{
    if (!texts_are_good(claims) || write_time(w, "{\"exp\":", claims->exp) != 0
        || (claims->nbf && write_time(w, ",\"nbf\":", claims->nbf) != 0)
        || (claims->iat && write_time(w, ",\"iat\":", claims->iat) != 0)) {
        return -1;
    }

    write_bytes(w, ",\"path\":", sizeof(",\"path\":") - 1);
    write_string(w, claims->path, claims->path_len);

    write_text(w, ",\"jti\":", claims->jti);
    write_text(w, ",\"sub\":", claims->sub);
    write_text(w, ",\"sid\":", claims->sid);
    write_text(w, ",\"filename\":", claims->filename);
    write_text(w, ",\"type\":", claims->type);

    if ((claims->methods && write_methods(w, claims->methods) != 0)
        || (claims->ip_count && write_ip(w, claims) != 0)
        || ((claims->limits & GRANT_USES)
            && write_limit(w, ",\"uses\":", 0, claims->uses) != 0)
        || ((claims->limits & GRANT_BYTES)
            && write_limit(w, ",\"bytes\":", 0, claims->bytes) != 0)
        || ((claims->limits & GRANT_RATE)
            && write_limit(w, ",\"rate\":", 1, claims->rate) != 0)) {
        return -1;
    }

    write_bytes(w, "}", 1);

    return w->full ? -1 : 0;
}


/* header '.' payload '.' signature: RFC 7515, 3.1 */
static char *
sign(const jwk_t *key, const char *json, size_t len)
{
    unsigned char mac[JWS_SIGNATURE_MAX];
    char *token, *p;
    size_t size;
    ssize_t mac_len;

    size = key->grant_header_len + base64url_encoded_size(len)
           + base64url_encoded_size((size_t) HS256_SIZE) + sizeof("..") - 1;

    token = (size <= JWT_MAX_SIZE) ? malloc(size + 1) : NULL;
    if (token == NULL) {
        return NULL;
    }

    memcpy(token, key->grant_header, key->grant_header_len);
    p = token + key->grant_header_len;
    *p++ = '.';
    p += base64url_encode(p, json, len);

    mac_len = jws_sign(key, JWA_HS256, token, (size_t) (p - token), mac);

    if (mac_len != HS256_SIZE) {
        free(token);
        return NULL;
    }

    *p++ = '.';
    p += base64url_encode(p, mac, HS256_SIZE);
    *p = '\0';

    return token;
}


char *
grant_sign(const jwk_set_t *keys, unsigned nth, const grant_claims_t *claims)
{
    char json[base64url_decoded_size(JWT_MAX_SIZE)];
    json_writer_t w = { json, json + sizeof(json), 0 };
    const jwk_t *key;

    key = jwk_set_signer(keys, JWA_BIT(JWA_HS256), nth);

    if (key == NULL || write_claims(&w, claims) != 0) {
        return NULL;
    }

    return sign(key, json, (size_t) (w.p - json));
}
