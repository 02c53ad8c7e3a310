/* What no server does on demand: libpq's functions stand here, and play what a
   test has written down. */

#include <string.h>
#include <unistd.h>
#include <libpq-fe.h>
#include "core/base/schema.h"
#include "tests/unit/suite.h"
#include "worker/base/clock.h"
#include "worker/base/log.h"
#include "worker/queue/queue.h"

#define ID "01931c5a-0000-7000-8000-000000000001"

/* One result: `value` NULL is SQL's null; with `state` it is an error. */
struct pg_result {
    const char *value, *state;
};

#define ROW(text)  \
    {              \
        text, NULL \
    }
#define ERROR(state) \
    {                \
        NULL, state  \
    }

/* What becomes of a statement. */
typedef enum {
    ANSWERED,
    UNSENT,  /* the connection is found to be broken */
    BROKEN,  /* it breaks before the answer is whole */
    SILENT,  /* nothing comes */
    HALFWAY, /* nothing comes after the first result */
} fate_t;

typedef struct {
    fate_t fate;
    PGresult results[3];
    int count;
} answer_t;

#define ANSWER(...)                                                        \
    {                                                                      \
        ANSWERED, { __VA_ARGS__ },                                         \
            (int) (sizeof((PGresult[]){ __VA_ARGS__ }) / sizeof(PGresult)) \
    }
#define FATE(fate)             \
    {                          \
        fate, { ROW(NULL) }, 0 \
    }

struct pg_conn {
    int broken;
};

static struct {
    const answer_t *answers; /* of the statements, one after the other */
    int sent, taken;         /* statements, and results of the last one */
    int refusals;            /* connections that are refused at first */
    int tries, open;         /* of connections */
    const answer_t *own;     /* of a new connection's own statement, or NULL */
    answer_t schema;
    char settings[256];
    char sql[256];
    char params[8][128]; /* "-" for a null */
    int nparams;
    int fds[2]; /* always readable */
    int64_t now;
} script;


static const answer_t settled = ANSWER(ROW("9s"));


static const answer_t *
answer_now(void)
{
    return script.own ? script.own : &script.answers[script.sent - 1];
}


PGconn *
PQconnectdbParams(const char *const *keywords, const char *const *values,
                  int expand)
{
    PGconn *conn = calloc(1, sizeof(*conn));

    size_t i;

    (void) expand;
    for (i = 0; strcmp(keywords[i], "dbname") != 0; i++) {
        /* what the string may say otherwise */
    }
    ck_assert_str_eq(values[i], "dbname=sluice");
    ck_assert_str_eq(keywords[0], "target_session_attrs");
    ck_assert_str_eq(values[0], "read-write");
    script.tries++;
    script.open++;
    conn->broken = script.tries <= script.refusals;
    return conn;
}


void
PQfinish(PGconn *conn)
{
    script.open -= conn != NULL;
    free(conn);
}


int
PQbackendPID(const PGconn *conn)
{
    (void) conn;
    return 4711;
}


ConnStatusType
PQstatus(const PGconn *conn)
{
    return conn->broken ? CONNECTION_BAD : CONNECTION_OK;
}


char *
PQerrorMessage(const PGconn *conn)
{
    return conn->broken ? "it broke" : "";
}


int
PQsocket(const PGconn *conn)
{
    (void) conn;
    return script.fds[0];
}


int
PQsendQueryParams(PGconn *conn, const char *sql, int n, const Oid *types,
                  const char *const *values, const int *lengths,
                  const int *formats, int format)
{
    int i;

    (void) types, (void) lengths, (void) formats, (void) format;

    script.taken = 0;
    script.own = NULL;
    if (strncmp(sql, "select set_config", 17) == 0) {
        snprintf(script.settings, sizeof(script.settings), "%s", sql);
        script.own = &settled;
        return 1;
    }
    if (strcmp(sql, "select " SCHEMA_APPLIED) == 0) {
        script.own = &script.schema;
        return 1;
    }

    snprintf(script.sql, sizeof(script.sql), "%s", sql);
    script.nparams = n;
    for (i = 0; i < n; i++) {
        snprintf(script.params[i], sizeof(script.params[i]), "%s",
                 values[i] ? values[i] : "-");
    }

    script.sent++;
    conn->broken = script.answers[script.sent - 1].fate == UNSENT;
    return !conn->broken;
}


int
PQisBusy(PGconn *conn)
{
    const answer_t *answer = answer_now();

    (void) conn;
    return answer->fate == SILENT || answer->fate == BROKEN
           || (answer->fate == HALFWAY && script.taken == answer->count);
}


/* Each piece of a large answer takes its time. */
int
PQconsumeInput(PGconn *conn)
{
    script.now += 3000;
    conn->broken = script.answers[script.sent - 1].fate == BROKEN;
    return !conn->broken;
}


PGresult *
PQgetResult(PGconn *conn)
{
    const answer_t *answer = answer_now();

    (void) conn;
    return script.taken < answer->count
               ? (PGresult *) &answer->results[script.taken++]
               : NULL;
}


void
PQclear(PGresult *result)
{
    (void) result;
}


ExecStatusType
PQresultStatus(const PGresult *result)
{
    return result->state ? PGRES_FATAL_ERROR : PGRES_TUPLES_OK;
}


char *
PQresultErrorField(const PGresult *result, int field)
{
    ck_assert_int_eq(field, PG_DIAG_SQLSTATE);
    return (char *) result->state;
}


char *
PQresultErrorMessage(const PGresult *result)
{
    return (char *) (result->state ? result->state : "");
}


int
PQntuples(const PGresult *result)
{
    return result->state ? 0 : 1;
}


int
PQgetisnull(const PGresult *result, int row, int column)
{
    (void) row, (void) column;
    return result->value == NULL;
}


char *
PQgetvalue(const PGresult *result, int row, int column)
{
    (void) row, (void) column;
    return (char *) result->value;
}


static int64_t
now(void)
{
    return script.now;
}


static queue_t *
play(const answer_t *answers)
{
    memset(&script, 0, sizeof(script));
    script.answers = answers;
    script.schema = (answer_t) ANSWER(ROW("0"));
    ck_assert_int_eq(pipe(script.fds), 0);
    ck_assert_int_eq(write(script.fds[1], "x", 1), 1);
    clock_now = now;
    ck_assert_int_eq(log_open("/dev/null"), 0);
    return queue_create("dbname=sluice", "here:1");
}


/* Else a statement that was given up would go on, and one that waits for a lock
   would make others wait. */
START_TEST(the_server_has_less_time_than_the_slot_waits)
{
    json_t *job = NULL;
    const answer_t answers[] = { ANSWER(ROW("{}")), ANSWER(ERROR("57014")),
                                 ANSWER(ERROR("55P03")) };
    queue_t *queue = play(answers);

    ck_assert_int_eq(queue_take(queue, &job), QUEUE_OK);
    ck_assert_ptr_nonnull(
        strstr(script.settings, "('statement_timeout', '9s'"));
    ck_assert_ptr_nonnull(strstr(script.settings, "('lock_timeout', '4s'"));
    json_decref(job);

    ck_assert_int_eq(queue_take(queue, &job), QUEUE_AWAY);
    ck_assert_int_eq(queue_take(queue, &job), QUEUE_AWAY);
    queue_free(queue);
    ck_assert_int_eq(script.open, 0);
}
END_TEST


START_TEST(a_slot_that_leaves_says_so_to_whom_it_knows)
{
    json_t *job = NULL;
    const answer_t answers[] = { ANSWER(ROW("{}")), ANSWER(ROW("t")) };
    queue_t *queue = play(answers);

    queue_leave(queue);
    ck_assert_int_eq(script.tries, 0);

    ck_assert_int_eq(queue_take(queue, &job), QUEUE_OK);
    queue_leave(queue);
    ck_assert_str_eq(script.sql, "select queue.leave($1)");
    ck_assert_str_eq(script.params[0], "here:1");
    json_decref(job);
    queue_free(queue);
}
END_TEST


START_TEST(a_job_is_taken_for_this_slot)
{
    json_t *job = NULL;
    const answer_t answers[] = { ANSWER(ROW("{\"id\":\"" ID "\"}")) };
    queue_t *queue = play(answers);

    ck_assert_int_eq(queue_take(queue, &job), QUEUE_OK);
    ck_assert_str_eq(json_string_value(json_object_get(job, "id")), ID);
    ck_assert_str_eq(script.sql, "select queue.take_next($1, $2)");
    ck_assert_str_eq(script.params[0], "here:1");
    ck_assert_str_eq(script.params[1], "15 seconds");
    json_decref(job);
    queue_free(queue);
    ck_assert_int_eq(script.open, 0);
}
END_TEST


START_TEST(where_nothing_is_due_nothing_is_taken)
{
    json_t *job = NULL;
    const answer_t answers[] = { ANSWER(ROW(NULL)) };
    queue_t *queue = play(answers);

    ck_assert_int_eq(queue_take(queue, &job), QUEUE_NONE);
    ck_assert_ptr_null(job);
    queue_free(queue);
}
END_TEST


START_TEST(a_job_that_is_no_json_is_refused)
{
    json_t *job = NULL;
    const answer_t answers[] = { ANSWER(ROW("{\"id\":")) };
    queue_t *queue = play(answers);

    ck_assert_int_eq(queue_take(queue, &job), QUEUE_REFUSED);
    ck_assert_ptr_null(job);
    queue_free(queue);
}
END_TEST


START_TEST(a_server_that_refuses_is_away_and_asked_again)
{
    json_t *job = NULL;
    const answer_t answers[] = { ANSWER(ROW(NULL)) };
    queue_t *queue = play(answers);

    script.refusals = 2;
    ck_assert_int_eq(queue_take(queue, &job), QUEUE_AWAY);
    ck_assert_int_eq(queue_take(queue, &job), QUEUE_AWAY);
    ck_assert_int_eq(script.sent, 0);
    ck_assert_int_eq(script.open, 0);
    ck_assert_int_eq(queue_take(queue, &job), QUEUE_NONE);
    ck_assert_int_eq(script.tries, 3);
    queue_free(queue);
}
END_TEST


/* Of a build without migrations, the one before it is the record's. */
START_TEST(a_record_that_is_older_than_the_worker_is_waited_for)
{
    json_t *job = NULL;
    const answer_t answers[] = { ANSWER(ROW(NULL)) };
    queue_t *queue = play(answers);

    script.schema.results[0].value = "-1";
    ck_assert_int_eq(queue_take(queue, &job), QUEUE_AWAY);
    ck_assert_int_eq(queue_take(queue, &job), QUEUE_AWAY);
    ck_assert_int_eq(script.sent, 0);
    ck_assert_int_eq(script.open, 0);

    script.schema.results[0].value = "0";
    ck_assert_int_eq(queue_take(queue, &job), QUEUE_NONE);
    queue_free(queue);
}
END_TEST


/* The server may have given a job: its answer was lost. */
static void
asks_back_after(fate_t fate)
{
    json_t *job = NULL;
    const answer_t answers[] = { FATE(fate), ANSWER(ROW("{}")),
                                 ANSWER(ROW(NULL)) };
    queue_t *queue = play(answers);

    ck_assert_int_eq(queue_take(queue, &job), QUEUE_AWAY);
    ck_assert_int_eq(script.open, 0);

    ck_assert_int_eq(queue_take(queue, &job), QUEUE_OK);
    ck_assert_str_eq(script.sql, "select coalesce(queue.recall($1, $2), "
                                 "queue.take_next($1, $2))");
    json_decref(job);

    ck_assert_int_eq(queue_take(queue, &job), QUEUE_NONE);
    ck_assert_str_eq(script.sql, "select queue.take_next($1, $2)");
    ck_assert_int_eq(script.tries, 2);
    queue_free(queue);
}


START_TEST(a_claim_whose_answer_was_lost_is_asked_back)
{
    asks_back_after(BROKEN);
}
END_TEST


START_TEST(a_claim_that_was_not_sent_may_have_been)
{
    asks_back_after(UNSENT);
}
END_TEST


START_TEST(a_server_that_is_silent_for_ten_seconds_is_away)
{
    asks_back_after(SILENT);
    ck_assert_int_eq(script.now, 12000);
}
END_TEST


START_TEST(a_commit_that_never_ends_is_not_waited_for)
{
    json_t *job = NULL;
    const answer_t answers[] = { { HALFWAY, { ROW("{}") }, 1 },
                                 ANSWER(ROW(NULL)) };
    queue_t *queue = play(answers);

    ck_assert_int_eq(queue_take(queue, &job), QUEUE_AWAY);
    ck_assert_ptr_null(job);
    queue_free(queue);
}
END_TEST


START_TEST(an_error_that_comes_second_is_the_answer)
{
    json_t *answer = NULL;
    const char *const none[] = { NULL };
    const answer_t answers[] = { ANSWER(ROW("{\"job\":null}"),
                                        ERROR("23503")) };
    queue_t *queue = play(answers);

    ck_assert_int_eq(queue_finish(queue, ID, NULL, NULL, none, 1, &answer),
                     QUEUE_REFUSED);
    ck_assert_ptr_null(answer);
    queue_free(queue);
}
END_TEST


START_TEST(an_error_that_passes_is_a_server_that_is_away)
{
    size_t i;
    json_t *job;
    static const char *const states[] = { "25006", "40001", "40P01", "53300",
                                          "57P01", "57P03", "58030" };

    for (i = 0; i < COUNT(states); i++) {
        const answer_t answers[] = { ANSWER(ERROR(states[i])) };
        queue_t *queue = play(answers);

        ck_assert_int_eq(queue_take(queue, &job), QUEUE_AWAY);
        ck_assert_int_eq(script.open, 0);
        queue_free(queue);
    }
}
END_TEST


START_TEST(any_other_error_is_a_refusal_over_the_same_connection)
{
    json_t *job = NULL;
    const answer_t answers[] = { ANSWER(ERROR("42883")), ANSWER(ROW(NULL)) };
    queue_t *queue = play(answers);

    ck_assert_int_eq(queue_take(queue, &job), QUEUE_REFUSED);
    ck_assert_int_eq(queue_take(queue, &job), QUEUE_NONE);
    ck_assert_int_eq(script.tries, 1);
    queue_free(queue);
}
END_TEST


START_TEST(a_heartbeat_tells_how_far_it_is)
{
    json_int_t version = 0;
    const answer_t answers[] = { ANSWER(ROW("17")), ANSWER(ROW("18")) };
    queue_t *queue = play(answers);

    ck_assert_int_eq(queue_renew(queue, ID, 100.0 / 3, 40, &version), QUEUE_OK);
    ck_assert_int_eq(version, 17);
    ck_assert_str_eq(script.params[0], ID);
    ck_assert_str_eq(script.params[1], "here:1");
    ck_assert_str_eq(script.params[3], "33.33");
    ck_assert_str_eq(script.params[4], "40");

    ck_assert_int_eq(queue_renew(queue, ID, 50, -1, &version), QUEUE_OK);
    ck_assert_int_eq(version, 18);
    ck_assert_str_eq(script.params[4], "-");
    queue_free(queue);
}
END_TEST


START_TEST(a_lease_that_was_lost_is_no_longer_ours)
{
    json_int_t version = 3;
    const answer_t answers[] = { ANSWER(ROW(NULL)) };
    queue_t *queue = play(answers);

    ck_assert_int_eq(queue_renew(queue, ID, 1, -1, &version), QUEUE_NONE);
    ck_assert_int_eq(version, 3);
    queue_free(queue);
}
END_TEST


START_TEST(what_was_found_out_goes_along_with_the_end)
{
    json_t *answer = NULL, *patch = json_pack("{s:s}", "kind", "audio");
    const char *const next[] = { "package", "poster", NULL };
    const answer_t answers[] = { ANSWER(ROW("{\"followers\":[]}")) };
    queue_t *queue = play(answers);

    ck_assert_int_eq(queue_finish(queue, ID, patch, NULL, next, 1, &answer),
                     QUEUE_OK);
    ck_assert_str_eq(script.params[2], "{\"kind\":\"audio\"}");
    ck_assert_str_eq(script.params[3], "{}");
    ck_assert_str_eq(script.params[4], "{package,poster}");
    ck_assert_str_eq(script.params[5], "15 seconds");
    json_decref(answer);
    json_decref(patch);
    queue_free(queue);
}
END_TEST


START_TEST(a_slot_that_leaves_takes_no_next_job)
{
    json_t *answer = NULL;
    const char *const none[] = { NULL };
    const answer_t answers[] = { ANSWER(ROW("{\"followers\":[]}")) };
    queue_t *queue = play(answers);

    ck_assert_int_eq(queue_finish(queue, ID, NULL, NULL, none, 0, &answer),
                     QUEUE_OK);
    ck_assert_str_eq(script.params[4], "{}");
    ck_assert_str_eq(script.params[5], "-");
    json_decref(answer);
    queue_free(queue);
}
END_TEST


START_TEST(a_failure_says_what_became_of_the_job)
{
    int dead = -1;
    const answer_t answers[] = { ANSWER(ROW("retrying")), ANSWER(ROW("dead")),
                                 ANSWER(ROW(NULL)) };
    queue_t *queue = play(answers);

    ck_assert_int_eq(queue_fail(queue, ID, "It broke.", 1, &dead), QUEUE_OK);
    ck_assert_int_eq(dead, 0);
    ck_assert_str_eq(script.params[2], "It broke.");
    ck_assert_str_eq(script.params[3], "t");

    ck_assert_int_eq(queue_fail(queue, ID, "It broke.", 0, &dead), QUEUE_OK);
    ck_assert_int_eq(dead, 1);
    ck_assert_str_eq(script.params[3], "f");

    ck_assert_int_eq(queue_fail(queue, ID, "It broke.", 0, &dead), QUEUE_NONE);
    queue_free(queue);
}
END_TEST


START_TEST(what_is_put_off_says_by_how_much)
{
    int dead = -1;
    const answer_t answers[] = { ANSWER(ROW("retrying")), ANSWER(ROW("dead")) };
    queue_t *queue = play(answers);

    ck_assert_int_eq(queue_put_off(queue, ID, "Later.", 900, &dead), QUEUE_OK);
    ck_assert_int_eq(dead, 0);
    ck_assert_str_eq(script.params[2], "Later.");
    ck_assert_str_eq(script.params[3], "900");

    ck_assert_int_eq(queue_put_off(queue, ID, "Later.", 900, &dead), QUEUE_OK);
    ck_assert_int_eq(dead, 1);
    queue_free(queue);
}
END_TEST


START_TEST(a_cancelled_job_is_let_go_of_and_not_due)
{
    const answer_t answers[] = { ANSWER(ROW("f")), ANSWER(ROW("t")) };
    queue_t *queue = play(answers);

    ck_assert_int_eq(queue_give_back(queue, ID), QUEUE_NONE);
    ck_assert_int_eq(queue_give_back(queue, ID), QUEUE_OK);
    queue_free(queue);
}
END_TEST


START_TEST(another_slot_s_jobs_are_released_by_its_name)
{
    json_t *ids = NULL;
    const answer_t answers[] = { ANSWER(ROW("[\"" ID "\"]")) };
    queue_t *queue = play(answers);

    ck_assert_int_eq(queue_release(queue, "here:7", &ids), QUEUE_OK);
    ck_assert_str_eq(script.params[0], "here:7");
    ck_assert_int_eq(script.nparams, 1);
    ck_assert_uint_eq(json_array_size(ids), 1);
    json_decref(ids);
    queue_free(queue);
}
END_TEST


START_TEST(who_removes_learns_how_many_still_write)
{
    int held = -1;
    const answer_t answers[] = { ANSWER(ROW("2")), ANSWER(ROW("0")) };
    queue_t *queue = play(answers);

    ck_assert_int_eq(queue_cancel_others(queue, ID, &held), QUEUE_OK);
    ck_assert_int_eq(held, 2);
    ck_assert_int_eq(queue_cancel_others(queue, ID, &held), QUEUE_OK);
    ck_assert_int_eq(held, 0);
    queue_free(queue);
}
END_TEST


RUN("worker/queue", the_server_has_less_time_than_the_slot_waits,
    a_slot_that_leaves_says_so_to_whom_it_knows, a_job_is_taken_for_this_slot,
    where_nothing_is_due_nothing_is_taken, a_job_that_is_no_json_is_refused,
    a_server_that_refuses_is_away_and_asked_again,
    a_record_that_is_older_than_the_worker_is_waited_for,
    a_claim_whose_answer_was_lost_is_asked_back,
    a_claim_that_was_not_sent_may_have_been,
    a_server_that_is_silent_for_ten_seconds_is_away,
    a_commit_that_never_ends_is_not_waited_for,
    an_error_that_comes_second_is_the_answer,
    an_error_that_passes_is_a_server_that_is_away,
    any_other_error_is_a_refusal_over_the_same_connection,
    a_heartbeat_tells_how_far_it_is, a_lease_that_was_lost_is_no_longer_ours,
    what_was_found_out_goes_along_with_the_end,
    a_slot_that_leaves_takes_no_next_job, a_failure_says_what_became_of_the_job,
    what_is_put_off_says_by_how_much, a_cancelled_job_is_let_go_of_and_not_due,
    another_slot_s_jobs_are_released_by_its_name,
    who_removes_learns_how_many_still_write)
