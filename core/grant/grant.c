#include <string.h>
#include "core/jose/claim.h"
#include "grant.h"
#include "grant_claims.h"

static const struct {
    const char *name;
    unsigned bit, bits;
} methods[] = { { "GET", GRANT_GET, GRANT_GET | GRANT_HEAD },
                { "HEAD", GRANT_HEAD, GRANT_HEAD },
                { "POST", GRANT_POST, GRANT_POST },
                { "PUT", GRANT_PUT, GRANT_PUT },
                { "PATCH", GRANT_PATCH, GRANT_PATCH },
                { "DELETE", GRANT_DELETE, GRANT_DELETE },
                { "OPTIONS", GRANT_OPTIONS, GRANT_OPTIONS } };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A claim's text is good: grant_claims.h. */
typedef int (*rule_t)(const char *text, size_t len);


unsigned
grant_method(const char *name, size_t len)
{
    size_t i;

    for (i = 0; i < COUNT(methods); i++) {
        if (strlen(methods[i].name) == len
            && memcmp(methods[i].name, name, len) == 0) {
            return methods[i].bits;
        }
    }

    return 0;
}


const char *
grant_method_name(unsigned bit)
{
    size_t i;

    for (i = 0; i < COUNT(methods); i++) {
        if (methods[i].bit == bit) {
            return methods[i].name;
        }
    }

    return "";
}


const char *
grant_text(const grant_t *grant, grant_span_t span)
{
    return span.len ? grant->text + span.at : "";
}


static int
id_rule(const char *text, size_t len)
{
    return grant_claims_text(text, len, GRANT_JTI_MAX);
}


static int
sub_rule(const char *text, size_t len)
{
    return grant_claims_text(text, len, GRANT_SUB_MAX);
}


/* 0 when it was read or is not there. A rule bounds the text, and so all of
   them fit into GRANT_TEXT_MAX. */
static int
read_text(const json_t *claims, const char *name, rule_t rule, grant_t *grant,
          grant_span_t *span)
{
    const json_t *claim;
    const char *text;
    size_t len;

    *span = (grant_span_t){ 0 };

    claim = json_object_get(claims, name);
    if (claim == NULL) {
        return 0;
    }

    text = json_string_value(claim);
    len = json_string_length(claim);

    if (text == NULL || !rule(text, len)) {
        return -1;
    }

    span->at = (uint16_t) grant->text_len;
    span->len = (uint16_t) len;
    memcpy(grant->text + span->at, text, len);
    grant->text[span->at + len] = '\0';
    grant->text_len += len + 1;

    return 0;
}


static int
read_texts(const json_t *claims, grant_t *grant)
{
    grant->text_len = 0;

    if (read_text(claims, "path", grant_claims_path, grant, &grant->path) != 0
        || grant->path.len == 0
        || read_text(claims, "jti", id_rule, grant, &grant->jti) != 0
        || read_text(claims, "sub", sub_rule, grant, &grant->sub) != 0
        || read_text(claims, "sid", id_rule, grant, &grant->sid) != 0
        || read_text(claims, "filename", grant_claims_filename, grant,
                     &grant->filename)
               != 0
        || read_text(claims, "type", grant_claims_type, grant, &grant->type)
               != 0) {
        return -1;
    }

    grant->prefix = (grant->text[grant->path.at + grant->path.len - 1] == '/');

    return 0;
}


static int
read_methods(const json_t *claims, grant_t *grant)
{
    const json_t *list, *name;
    size_t i;
    unsigned bits;

    list = json_object_get(claims, "methods");
    if (list == NULL) {
        grant->methods = GRANT_GET | GRANT_HEAD;
        return 0;
    }

    if (!json_is_array(list) || json_array_size(list) == 0) {
        return -1;
    }

    grant->methods = 0;

    for (i = 0; i < json_array_size(list); i++) {
        name = json_array_get(list, i);
        bits = json_is_string(name) ? grant_method(json_string_value(name),
                                                   json_string_length(name))
                                    : 0;
        if (bits == 0) {
            return -1;
        }

        grant->methods |= bits;
    }

    return 0;
}


static int
read_range(const json_t *text, grant_t *grant)
{
    if (!json_is_string(text) || grant->ip_count == GRANT_IP_MAX
        || cidr_parse(json_string_value(text), json_string_length(text),
                      &grant->ip[grant->ip_count])
               != 0) {
        return -1;
    }

    grant->ip_count++;

    return 0;
}


static int
read_ip(const json_t *claims, grant_t *grant)
{
    const json_t *ip;
    size_t i;

    grant->ip_count = 0;

    ip = json_object_get(claims, "ip");
    if (ip == NULL) {
        return 0;
    }

    if (!json_is_array(ip)) {
        return read_range(ip, grant);
    }

    for (i = 0; i < json_array_size(ip); i++) {
        if (read_range(json_array_get(ip, i), grant) != 0) {
            return -1;
        }
    }

    return (grant->ip_count > 0) ? 0 : -1;
}


static int
read_limit(const json_t *claims, const char *name, unsigned bit, int64_t least,
           grant_t *grant, uint64_t *limit)
{
    const json_t *claim;
    double real;
    int64_t n;

    *limit = 0;

    claim = json_object_get(claims, name);
    if (claim == NULL) {
        return 0;
    }

    if (json_is_integer(claim)) {
        n = json_integer_value(claim);

    } else {
        /* 5.0 and 5 are one number in JSON, and some write the first */
        real = json_real_value(claim);

        if (!json_is_real(claim)
            || !(real >= 0 && real <= (double) GRANT_NUMBER_MAX)
            || (double) (int64_t) real != real) {
            return -1;
        }

        n = (int64_t) real;
    }

    if (n < least || n > GRANT_NUMBER_MAX) {
        return -1;
    }

    *limit = (uint64_t) n;
    grant->limits |= bit;

    return 0;
}


static int
read_limits(const json_t *claims, grant_t *grant)
{
    grant->limits = 0;

    return (read_limit(claims, "uses", GRANT_USES, 0, grant, &grant->uses) == 0
            && read_limit(claims, "bytes", GRANT_BYTES, 0, grant, &grant->bytes)
                   == 0
            && read_limit(claims, "rate", GRANT_RATE, 1, grant, &grant->rate)
                   == 0)
               ? 0
               : -1;
}


sluice_status_t
grant_parse(const json_t *claims, grant_t *grant)
{
    grant->nbf = 0;
    grant->iat = 0;

    if (json_object_get(claims, "aud") != NULL
        || claim_time(claims, "exp", &grant->exp) != 1
        || claim_time(claims, "nbf", &grant->nbf) == -1
        || claim_time(claims, "iat", &grant->iat) == -1
        || read_texts(claims, grant) != 0 || read_methods(claims, grant) != 0
        || read_ip(claims, grant) != 0 || read_limits(claims, grant) != 0) {
        return SLUICE_GRANT_INVALID;
    }

    return SLUICE_OK;
}


static int
path_is_granted(const grant_t *grant, const char *path, size_t path_len)
{
    if (grant->prefix ? path_len < grant->path.len
                      : path_len != grant->path.len) {
        return 0;
    }

    return memcmp(path, grant->text + grant->path.at, grant->path.len) == 0;
}


static int
address_is_granted(const grant_t *grant, const unsigned char *address)
{
    unsigned i;

    if (grant->ip_count == 0) {
        return 1;
    }

    if (address == NULL) {
        return 0;
    }

    for (i = 0; i < grant->ip_count; i++) {
        if (cidr_match(&grant->ip[i], address)) {
            return 1;
        }
    }

    return 0;
}


sluice_status_t
grant_decide(const grant_t *grant, const char *path, size_t path_len,
             unsigned method, const unsigned char *address, int64_t now)
{
    if (now >= grant->exp) {
        return SLUICE_GRANT_EXPIRED;
    }

    if (now < grant->nbf) {
        return SLUICE_GRANT_NOT_YET;
    }

    if (!path_is_granted(grant, path, path_len)) {
        return SLUICE_GRANT_PATH;
    }

    if ((grant->methods & method) == 0) {
        return SLUICE_GRANT_METHOD;
    }

    if (!address_is_granted(grant, address)) {
        return SLUICE_GRANT_ADDRESS;
    }

    return SLUICE_OK;
}
