#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <jansson.h>
#include "tests/unit/suite.h"
#include "worker/base/log.h"

static char folder[] = "/tmp/sluice-log-XXXXXX";
static char path[64];


static void
prepare(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/log", folder);
    ck_assert_int_eq(log_open(path), 0);
}


/* The last line of the log. */
static const char *
last(void)
{
    static char line[32768];
    FILE *file = fopen(path, "r");

    ck_assert_ptr_nonnull(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        /* void */
    }
    fclose(file);
    return line;
}


static json_t *
object(void)
{
    json_t *found = json_loads(last(), 0, NULL);

    ck_assert_ptr_nonnull(found);
    return found;
}


static void
says(json_t *object_, const char *name, const char *value)
{
    const char *text = json_string_value(json_object_get(object_, name));

    ck_assert_msg(value == NULL ? text == NULL
                                : text != NULL && strcmp(text, value) == 0,
                  "%s is %s", name, text ? text : "nothing");
}


START_TEST(a_line_of_text_has_its_time_level_and_process)
{
    char level[8], text[32];
    int pid;

    prepare();
    log_write(LOG_WARN, "one\ntwo%c \"three\"", 0x7f);

    ck_assert_int_eq(sscanf(last(), "%*s %7s %d %31[^\n]", level, &pid, text),
                     3);
    ck_assert_str_eq(level, "warn");
    ck_assert_int_eq(pid, getpid());
    ck_assert_str_eq(text, "one two  \"three\"");
}
END_TEST


START_TEST(a_line_of_json_is_an_object_whatever_the_text)
{
    json_t *found;

    prepare();
    log_form(1);
    log_write(LOG_ERROR, "a \"b\" \\ c\n\xc3\xa9 \xff\xc3");

    found = object();
    says(found, "level", "error");
    says(found, "program", "sluice-worker");
    says(found, "message", "a \"b\" \\ c \xc3\xa9 ??");
    says(found, "job", NULL);
    says(found, "trace", NULL);
    ck_assert_int_eq(json_integer_value(json_object_get(found, "pid")),
                     getpid());
    json_decref(found);
}
END_TEST


START_TEST(a_line_says_which_job_and_trace_it_is_about)
{
    json_t *found;

    prepare();
    log_form(1);
    log_about("a job", "0af7651916cd43dd8448eb211c80319c");
    log_write(LOG_INFO, "begun");
    found = object();
    says(found, "job", "a job");
    says(found, "trace", "0af7651916cd43dd8448eb211c80319c");
    json_decref(found);

    log_about(NULL, NULL);
    log_write(LOG_INFO, "over");
    found = object();
    says(found, "job", NULL);
    json_decref(found);
}
END_TEST


START_TEST(a_long_line_is_cut_and_still_an_object)
{
    char text[20000];
    json_t *found;

    prepare();
    memset(text, '"', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    log_form(1);
    log_about("a job", "0af7651916cd43dd8448eb211c80319c");
    log_write(LOG_INFO, "%s", text);

    found = object();
    ck_assert_uint_gt(json_string_length(json_object_get(found, "message")),
                      8000);
    json_decref(found);
}
END_TEST


RUN("worker/log", a_line_of_text_has_its_time_level_and_process,
    a_line_of_json_is_an_object_whatever_the_text,
    a_line_says_which_job_and_trace_it_is_about,
    a_long_line_is_cut_and_still_an_object)
