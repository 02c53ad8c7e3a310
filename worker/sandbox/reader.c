#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "core/jose/json_bound.h"
#include "reader.h"

#define READER_ENVELOPE 1 /* the object around what was found */


sandbox_rc_t
reader_run(const reader_t *reader, reader_result_t *result)
{
    size_t i, len, cut;
    sandbox_rc_t rc;
    struct stat st;
    sandbox_result_t run;
    const char *argv[READER_WORDS_MAX + 3] = { SANDBOX_READER, reader->kind };
    sandbox_t sandbox = {
        .argv = argv,
        .descriptor = reader->fd,
        .cpu_seconds = reader->cpu_seconds,
        .wall_seconds = reader->wall_seconds,
        .beat = reader->beat,
        .data = reader->data,
    };

    memset(result, 0, sizeof(*result));

    if (fstat(reader->fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        snprintf(result->err, sizeof(result->err), "no plain file to read");
        return SANDBOX_BROKEN;
    }
    sandbox.memory = reader->memory + (size_t) st.st_size;

    for (i = 0; reader->words != NULL && reader->words[i] != NULL; i++) {
        if (i == READER_WORDS_MAX) {
            snprintf(result->err, sizeof(result->err), "too many words");
            return SANDBOX_BROKEN;
        }
        argv[i + 2] = reader->words[i];
    }

    rc = sandbox_run(&sandbox, &run);

    if (rc == SANDBOX_OK
        && reader_parse(run.output, run.output_len, result) != 0) {
        rc = SANDBOX_FAILED;
    }

    len = strlen(run.err);
    cut = len < sizeof(result->err) ? 0 : len - sizeof(result->err) + 1;
    memcpy(result->err, run.err + cut, len - cut + 1);
    memcpy(result->why, run.why, sizeof(result->why));
    result->code = run.code;
    result->cpu = run.cpu;
    free(run.output);
    return rc;
}


int
reader_parse(const char *text, size_t len, reader_result_t *result)
{
    json_t *root, *found, *refused;

    root = json_bound_load(text, len, READER_DEPTH_MAX + READER_ENVELOPE,
                           READER_VALUES_MAX);
    found = json_object_get(root, "found");
    refused = json_object_get(root, "refused");

    if (json_integer_value(json_object_get(root, "v")) != READER_VERSION) {
        goto senseless;
    }

    if (json_is_object(found) && refused == NULL) {
        result->found = json_incref(found);

    } else if (json_string_length(refused) > 0 && found == NULL
               && json_string_length(refused) < READER_REFUSED_SIZE) {
        memcpy(result->refused, json_string_value(refused),
               json_string_length(refused) + 1);

    } else {
        goto senseless;
    }

    json_decref(root);
    return 0;

senseless:

    json_decref(root);
    return -1;
}
