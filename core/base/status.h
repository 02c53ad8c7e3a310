/*
 * Every answer Sluice can give, and the one table that turns it into an HTTP
 * status, a problem type (RFC 9457), an OAuth error (RFC 6750) and a log word.
 */

#ifndef SLUICE_STATUS_H
#define SLUICE_STATUS_H

typedef enum {
    SLUICE_OK = 0,

    /* who may pass */
    SLUICE_UNAUTHENTICATED,
    SLUICE_LOGIN_FAILED,
    SLUICE_TOKEN_INVALID,
    SLUICE_TOKEN_EXPIRED,
    SLUICE_TOKEN_REVOKED,
    SLUICE_ROLE_TOO_LOW,
    SLUICE_SCOPE_MISSING,
    SLUICE_SECOND_FACTOR_NEEDED,
    SLUICE_CHALLENGE_INVALID,
    SLUICE_CODE_WRONG,
    SLUICE_PASSKEY_WRONG,
    SLUICE_PASSKEY_CLONED,
    SLUICE_SECOND_FACTOR_REQUIRED,
    SLUICE_AUTHENTICATION_TOO_OLD,
    SLUICE_ACCOUNT_DISABLED,
    SLUICE_CROSS_SITE,
    SLUICE_GRANT_INVALID,
    SLUICE_GRANT_NOT_YET,
    SLUICE_GRANT_PATH,
    SLUICE_GRANT_METHOD,
    SLUICE_GRANT_ADDRESS,
    SLUICE_GRANT_REVOKED,
    SLUICE_GRANT_EXPIRED,
    SLUICE_GRANT_USED,
    SLUICE_GRANT_BUDGET,
    SLUICE_TRANSFER_EXCEEDED,
    SLUICE_STREAMS_EXCEEDED,
    SLUICE_REVOCATIONS_UNKNOWN,

    /* whom the balancer asks */
    SLUICE_DRAINING,

    /* what was asked */
    SLUICE_BODY_INVALID,
    SLUICE_FIELD_INVALID,
    SLUICE_HEADER_INVALID,
    SLUICE_NOT_FOUND,
    SLUICE_LINK_ENDED,
    SLUICE_REGISTRATION_CLOSED,
    SLUICE_METHOD_NOT_ALLOWED,
    SLUICE_CONFLICT,
    SLUICE_PRECONDITION_FAILED,
    SLUICE_KEY_BUSY,
    SLUICE_KEY_USED,
    SLUICE_TOO_LARGE,
    SLUICE_TYPE_UNSUPPORTED,
    SLUICE_TOO_MANY,
    SLUICE_QUOTA_EXCEEDED,
    SLUICE_UPLOAD_VERSION,
    SLUICE_UPLOAD_LOCKED,
    SLUICE_UPLOAD_EXPIRED,
    SLUICE_UPLOAD_CHECKSUM,

    /* what we could not do */
    SLUICE_BUSY,
    SLUICE_DATABASE_AWAY,
    SLUICE_REDIS_AWAY,
    SLUICE_STORE_AWAY,
    SLUICE_NO_SPACE,
    SLUICE_INTERNAL,

    SLUICE_STATUS_COUNT
} sluice_status_t;

typedef struct {
    int http;          /* HTTP status code */
    const char *word;  /* stable: `type` is urn:sluice:problem:<word>, and the
                          word stands in logs and in $sluice_deny */
    const char *title; /* one short sentence for people */
    const char *oauth; /* `error` of WWW-Authenticate: Bearer, or NULL; the
                          empty string asks for a challenge without error */
    int retry_after;   /* seconds for Retry-After, or 0 for none */
    int gate;          /* 1: it keeps somebody out: that is counted, and noted
                          for logs */
} sluice_problem_t;

/* The table's row for a status; never NULL. SLUICE_OK has HTTP status 200. */
const sluice_problem_t *status_problem(sluice_status_t status);

/* The status whose word this is (length in bytes, no terminator needed);
   SLUICE_INTERNAL for an unknown word. */
sluice_status_t status_from_word(const char *word, unsigned long len);

#endif
