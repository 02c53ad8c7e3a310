#include <string.h>
#include "status.h"

#define GATE 1 /* in the last column: it keeps somebody out, and is noted */

static const sluice_problem_t problems[SLUICE_STATUS_COUNT] = {
    [SLUICE_OK] = { 200, "ok", "All is well.", NULL, 0, 0 },

    [SLUICE_UNAUTHENTICATED] = { 401, "unauthenticated",
                                 "Sign in, or use a signed link.", "", 0,
                                 GATE },
    [SLUICE_LOGIN_FAILED] = { 401, "login-failed",
                              "The e-mail or the password is wrong.", "", 0,
                              GATE },
    [SLUICE_TOKEN_INVALID] = { 401, "token-invalid",
                               "The access token is not valid.",
                               "invalid_token", 0, GATE },
    [SLUICE_TOKEN_EXPIRED] = { 401, "token-expired",
                               "The access token has expired.", "invalid_token",
                               0, GATE },
    [SLUICE_TOKEN_REVOKED] = { 401, "token-revoked",
                               "The session behind this token has ended.",
                               "invalid_token", 0, GATE },
    [SLUICE_ROLE_TOO_LOW] = { 403, "role-too-low",
                              "Your role does not allow this.", NULL, 0, GATE },
    [SLUICE_SCOPE_MISSING] = { 403, "scope-missing",
                               "This key does not allow this.",
                               "insufficient_scope", 0, GATE },
    [SLUICE_SECOND_FACTOR_NEEDED] = { 401, "second-factor-needed",
                                      "This sign-in needs a second factor.", "",
                                      0, 0 },
    [SLUICE_CHALLENGE_INVALID] = { 401, "challenge-invalid",
                                   "This sign-in is over: begin it anew.", "",
                                   0, GATE },
    [SLUICE_CODE_WRONG] = { 401, "code-wrong",
                            "The code is wrong, or was used before.", "", 0,
                            GATE },
    [SLUICE_PASSKEY_WRONG] = { 401, "passkey-wrong",
                               "This passkey is not known here.", "", 0, GATE },
    [SLUICE_PASSKEY_CLONED] = { 401, "passkey-cloned",
                                "Somebody else seems to have a copy of this "
                                "passkey: it is not taken any more.",
                                "", 0, GATE },
    [SLUICE_SECOND_FACTOR_REQUIRED] = { 403, "second-factor-required",
                                        "Set up a second factor first, or sign "
                                        "in with it.",
                                        NULL, 0, GATE },
    [SLUICE_AUTHENTICATION_TOO_OLD] = { 401, "authentication-too-old",
                                        "Show again that it is you.",
                                        "insufficient_user_authentication", 0,
                                        GATE },
    [SLUICE_ACCOUNT_DISABLED] = { 403, "account-disabled",
                                  "This account has been disabled.", NULL, 0,
                                  0 },
    [SLUICE_CROSS_SITE] = { 403, "cross-site",
                            "Another site's page may not ask for this.", NULL,
                            0, GATE },
    [SLUICE_GRANT_INVALID] = { 403, "grant-invalid", "The link is not valid.",
                               NULL, 0, GATE },
    [SLUICE_GRANT_NOT_YET] = { 403, "grant-not-yet",
                               "The link is not valid yet.", NULL, 0, GATE },
    [SLUICE_GRANT_PATH] = { 403, "grant-path", "The link is for another path.",
                            NULL, 0, GATE },
    [SLUICE_GRANT_METHOD] = { 403, "grant-method",
                              "The link does not allow this method.", NULL, 0,
                              GATE },
    [SLUICE_GRANT_ADDRESS] = { 403, "grant-address",
                               "The link is for another address.", NULL, 0,
                               GATE },
    [SLUICE_GRANT_REVOKED] = { 403, "grant-revoked",
                               "The link has been taken back.", NULL, 0, GATE },
    [SLUICE_GRANT_EXPIRED] = { 410, "grant-expired", "The link has expired.",
                               NULL, 0, GATE },
    [SLUICE_GRANT_USED] = { 410, "grant-used", "The link has been used up.",
                            NULL, 0, GATE },
    [SLUICE_GRANT_BUDGET] = { 429, "grant-budget",
                              "The link's bytes have been used up.", NULL, 0,
                              GATE },
    [SLUICE_TRANSFER_EXCEEDED] = { 429, "transfer-exceeded",
                                   "The month's bytes have been used up.", NULL,
                                   0, GATE },
    [SLUICE_STREAMS_EXCEEDED] = { 429, "streams-exceeded",
                                  "Too many are playing at once.", NULL, 0,
                                  GATE },
    [SLUICE_REVOCATIONS_UNKNOWN] = { 503, "revocations-unknown",
                                     "What was revoked is not known yet.", NULL,
                                     1, GATE },

    [SLUICE_DRAINING] = { 503, "draining", "This node takes nothing new.", NULL,
                          1, 0 },

    [SLUICE_BODY_INVALID] = { 400, "body-invalid", "The body cannot be read.",
                              NULL, 0, 0 },
    [SLUICE_FIELD_INVALID] = { 422, "field-invalid",
                               "A field is missing or wrong.", NULL, 0, 0 },
    [SLUICE_HEADER_INVALID] = { 400, "header-invalid",
                                "A header is missing or wrong.", NULL, 0, 0 },
    [SLUICE_NOT_FOUND] = { 404, "not-found", "There is nothing here.", NULL, 0,
                           0 },
    [SLUICE_LINK_ENDED] = { 410, "link-ended",
                            "The link has expired, or was used.", NULL, 0, 0 },
    [SLUICE_REGISTRATION_CLOSED] = { 403, "registration-closed",
                                     "Accounts are not made here.", NULL, 0,
                                     0 },
    [SLUICE_METHOD_NOT_ALLOWED] = { 405, "method-not-allowed",
                                    "This method is not allowed here.", NULL, 0,
                                    0 },
    [SLUICE_CONFLICT] = { 409, "conflict", "This conflicts with what is there.",
                          NULL, 0, 0 },
    [SLUICE_PRECONDITION_FAILED] = { 412, "precondition-failed",
                                     "This was changed meanwhile.", NULL, 0,
                                     0 },
    [SLUICE_KEY_BUSY] = { 409, "key-busy",
                          "A request with this key is under way.", NULL, 1, 0 },
    [SLUICE_KEY_USED] = { 409, "key-used",
                          "This key was given to another request.", NULL, 0,
                          0 },
    [SLUICE_TOO_LARGE] = { 413, "too-large", "The body is too large.", NULL, 0,
                           0 },
    [SLUICE_TYPE_UNSUPPORTED] = { 415, "type-unsupported",
                                  "This type is not taken here.", NULL, 0, 0 },
    [SLUICE_TOO_MANY] = { 429, "too-many", "Too many requests.", NULL, 0, 0 },
    [SLUICE_QUOTA_EXCEEDED] = { 413, "quota-exceeded",
                                "There is no room left in your quota.", NULL, 0,
                                0 },
    [SLUICE_UPLOAD_VERSION] = { 412, "upload-version",
                                "Uploads speak version 1.0.0 of tus here.",
                                NULL, 0, 0 },
    [SLUICE_UPLOAD_LOCKED] = { 423, "upload-locked",
                               "Another request has this upload.", NULL, 0, 0 },
    [SLUICE_UPLOAD_EXPIRED] = { 410, "upload-expired",
                                "The upload has expired.", NULL, 0, 0 },
    [SLUICE_UPLOAD_CHECKSUM] = { 460, "upload-checksum",
                                 "The bytes do not have the checksum.", NULL, 0,
                                 0 },

    [SLUICE_BUSY] = { 503, "busy", "The server is busy.", NULL, 1, GATE },
    [SLUICE_DATABASE_AWAY] = { 503, "database-away", "The database is away.",
                               NULL, 2, 0 },
    [SLUICE_REDIS_AWAY] = { 503, "redis-away", "Redis is away.", NULL, 2,
                            GATE },
    [SLUICE_STORE_AWAY] = { 503, "store-away",
                            "The store of media takes nothing.", NULL, 2, 0 },
    [SLUICE_NO_SPACE] = { 507, "no-space", "There is no space left.", NULL, 0,
                          0 },
    [SLUICE_INTERNAL] = { 500, "internal", "Something went wrong here.", NULL,
                          0, GATE }
};


const sluice_problem_t *
status_problem(sluice_status_t status)
{
    if ((unsigned) status >= SLUICE_STATUS_COUNT) {
        status = SLUICE_INTERNAL;
    }

    return &problems[status];
}


sluice_status_t
status_from_word(const char *word, unsigned long len)
{
    sluice_status_t status;

    for (status = SLUICE_OK; status < SLUICE_STATUS_COUNT; status++) {
        if (strlen(problems[status].word) == len
            && memcmp(problems[status].word, word, len) == 0) {
            return status;
        }
    }

    return SLUICE_INTERNAL;
}
