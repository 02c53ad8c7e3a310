/* A bucket whose answers a test carries. */

#include <stdio.h>
#include <string.h>
#include "core/bucket/bucket.h"
#include "tests/unit/suite.h"

#define REFUSED(code) "<Error><Code>" code "</Code></Error>"

static location_t location = { .bucket = "films",
                               .region = "x",
                               .host = "s3.test",
                               .port = 80,
                               .path_style = 1 };
static credentials_t who;
static int asked, renewals, others;
static const char *status, *refusal;


static void *
open_nothing(void)
{
    return &asked;
}


static void
close_nothing(void *carries)
{
    (void) carries;
}


/* Knows who comes as "new", and nobody else. */
static int
carry(void *carries, const bucket_carrier_ask_t *ask,
      char reason[BUCKET_CARRIER_REASON])
{
    size_t i;
    int known = 0;
    char line[64], body[128];

    (void) carries, (void) reason;
    asked++;

    for (i = 0; ask->headers[i] != NULL; i++) {
        known |= strstr(ask->headers[i], "Credential=new/") != NULL;
    }

    snprintf(line, sizeof(line), "HTTP/1.1 %s x\r\n", known ? "200" : status);
    ask->header(line, 1, strlen(line), ask->data);
    snprintf(body, sizeof(body), "%s", known ? "" : refusal);
    ask->take(body, 1, strlen(body), ask->data);
    return 0;
}


static const bucket_carrier_t test_carrier = { open_nothing, close_nothing,
                                               carry };


static int
renew(void *data)
{
    (void) data;
    renewals++;
    if (others) {
        strcpy(who.id, "new");
    }
    return others;
}


/* What the bucket says to who is not known by it any more. */
static bucket_rc_t
ask(const char *with, const char *code)
{
    bucket_t *bucket = bucket_open(&test_carrier, &location, &who);
    bucket_rc_t rc;

    strcpy(who.id, "old");
    strcpy(who.secret, "secret");
    status = with;
    refusal = code;
    asked = renewals = 0;
    bucket_renews(bucket, renew, NULL);
    rc = bucket_remove(bucket, "media/x");
    bucket_close(bucket);
    return rc;
}


START_TEST(who_is_refused_is_looked_for_anew_and_it_is_asked_again)
{
    static const struct {
        const char *status, *refusal;
    } cases[] = {
        { "400", REFUSED("ExpiredToken") },
        { "403", REFUSED("InvalidAccessKeyId") },
        { "403", REFUSED("SignatureDoesNotMatch") },
    };
    size_t i;

    others = 1;
    for (i = 0; i < COUNT(cases); i++) {
        ck_assert_int_eq(ask(cases[i].status, cases[i].refusal), BUCKET_OK);
        ck_assert_int_eq(renewals, 1);
        ck_assert_int_eq(asked, 2);
    }
}
END_TEST


START_TEST(where_there_are_no_others_it_stays_refused)
{
    others = 0;
    ck_assert_int_eq(ask("403", REFUSED("InvalidAccessKeyId")), BUCKET_REFUSED);
    ck_assert_int_eq(renewals, 1);
    ck_assert_int_eq(asked, 1);
}
END_TEST


START_TEST(a_region_is_no_matter_of_credentials)
{
    others = 1;
    ck_assert_int_eq(ask("301", REFUSED("PermanentRedirect")), BUCKET_REFUSED);
    ck_assert_int_eq(renewals, 0);
}
END_TEST


/* HEAD has no body that would say ExpiredToken. */
START_TEST(of_a_head_that_is_bad_with_a_session_the_session_has_ended)
{
    uint64_t size;
    bucket_t *bucket = bucket_open(&test_carrier, &location, &who);

    strcpy(who.id, "old");
    status = "400";
    refusal = "";
    ck_assert_int_eq(bucket_size(bucket, "media/x", &size), BUCKET_WRONG);
    strcpy(who.token, "token");
    ck_assert_int_eq(bucket_size(bucket, "media/x", &size), BUCKET_REFUSED);
    ck_assert_ptr_nonnull(strstr(bucket_said(bucket), "must be renewed"));
    bucket_close(bucket);
}
END_TEST


RUN("core/bucket_request", a_region_is_no_matter_of_credentials,
    of_a_head_that_is_bad_with_a_session_the_session_has_ended,
    where_there_are_no_others_it_stays_refused,
    who_is_refused_is_looked_for_anew_and_it_is_asked_again)
