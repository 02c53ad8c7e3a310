#include <string.h>
#include <jansson.h>
#include "job_message.h"

#define JOB_MESSAGE_VERSION 1
#define JOB_MESSAGE_PRECISION 4 /* digits of progress */


static json_t *job_message_load(const char *text, size_t len, const char **job);


int
job_message_read(const char *text, size_t len, job_message_t *message)
{
    int rc = -1;
    const char *job, *state;
    const json_t *version;
    json_t *object;

    object = job_message_load(text, len, &job);
    state = json_string_value(json_object_get(object, "state"));
    version = json_object_get(object, "version");

    if (state != NULL && json_is_integer(version)) {
        memcpy(message->job, job, UUID_TEXT_SIZE);
        message->version = json_integer_value(version);
        message->over = strcmp(state, "done") == 0 || strcmp(state, "dead") == 0
                        || strcmp(state, "cancelled") == 0;
        message->text = json_dumps(
            object, JSON_COMPACT | JSON_REAL_PRECISION(JOB_MESSAGE_PRECISION));
        message->len = message->text ? strlen(message->text) : 0;
        rc = message->text ? 0 : -1;
    }

    json_decref(object);
    return rc;
}


int
job_message_cancels(const char *text, size_t len, const char *job)
{
    int named;
    const char *id;
    json_t *object;

    object = job_message_load(text, len, &id);
    named = object != NULL && strcmp(id, job) == 0;

    json_decref(object);
    return named;
}


/* The message of our version with the id of its job, or NULL. */
static json_t *
job_message_load(const char *text, size_t len, const char **job)
{
    json_t *object;
    const json_t *version;

    object = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
    version = json_object_get(object, "v");
    *job = json_string_value(json_object_get(object, "job"));

    if (!json_is_integer(version)
        || json_integer_value(version) != JOB_MESSAGE_VERSION || *job == NULL
        || !uuid_valid(*job, strlen(*job))) {
        json_decref(object);
        return NULL;
    }

    return object;
}
