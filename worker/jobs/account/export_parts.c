/* What the record knows, as JSON: account.json, audit.jsonl, media.jsonl; and
   with each media file its bytes. */

#define _GNU_SOURCE /* strptime, timegm */
#include <errno.h>
#include <string.h>
#include "worker/archive/entry_name.h"
#include "worker/store/store.h"
#include "export.h"

#define EXPORT_MANY "50" /* rows of a page */
#define EXPORT_ACCOUNT "account.json"
#define EXPORT_AUDIT "audit.jsonl"
#define EXPORT_MEDIA "media.jsonl"
#define EXPORT_TIME_SIZE 32

/* media/<id>/<name> */
#define EXPORT_NAME_SIZE (sizeof("media//") + UUID_TEXT_SIZE + ENTRY_NAME_SIZE)

/* A list that is being printed. */
typedef struct {
    FILE *text;
    int many; /* stand there by now */
} export_list_t;

/* media.jsonl, and the names in the folder of one media file. */
typedef struct {
    FILE *text;
    entry_names_t names;
} export_media_t;


/* `*answer` is null when nobody wants the export any more. */
static job_outcome_t
export_page(export_t *export, const char *part, const char *behind,
            json_t **answer)
{
    const char *params[] = { export->job->id, export->id, part, behind,
                             EXPORT_MANY };
    job_outcome_t outcome;

    outcome = job_ask(
        export->job,
        "select queue.export_page($1::uuid, $2::uuid, $3, $4, $5::int)", 5,
        params, answer);

    if (outcome == JOB_DONE && !json_is_object(*answer)) {
        json_decref(*answer);
        return job_end(export->job, JOB_BAD, "Nobody wants it any more.");
    }

    return outcome;
}


job_outcome_t
export_pages(export_t *export, const char *part, export_each_t each, void *data)
{
    size_t i;
    json_t *page, *item, *last = NULL;
    const char *behind = "";
    job_outcome_t outcome;

    do {
        outcome = export_page(export, part, behind, &page);
        if (outcome != JOB_DONE) {
            break;
        }

        json_array_foreach(json_object_get(page, "items"), i, item)
        {
            outcome = each(export, item, data);
            if (outcome != JOB_DONE) {
                break;
            }
        }

        json_decref(last);
        last = json_incref(json_object_get(page, "next"));
        behind = json_string_value(last);
        json_decref(page);
    } while (outcome == JOB_DONE && behind != NULL);

    json_decref(last);

    return outcome;
}


static job_outcome_t
export_list_item(export_t *export, json_t *item, void *data)
{
    export_list_t *list = data;

    fputs(list->many++ > 0 ? ",\n  " : "\n  ", list->text);

    return json_dumpf(item, list->text, JSON_COMPACT) == 0
               ? JOB_DONE
               : job_errno(export->job, "writing the export");
}


/* A member of account.json. */
static job_outcome_t
export_list(export_t *export, const char *part, FILE *text)
{
    export_list_t list = { .text = text };
    job_outcome_t outcome;

    fprintf(text, ",\n \"%s\": [", part);
    outcome = export_pages(export, part, export_list_item, &list);
    fputs(list.many > 0 ? "\n ]" : "]", text);

    return outcome;
}


static void
export_stamp(const export_t *export, char stamp[EXPORT_TIME_SIZE])
{
    struct tm tm;

    gmtime_r(&export->now, &tm);
    strftime(stamp, EXPORT_TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm);
}


static job_outcome_t
export_account_json(export_t *export)
{
    size_t i;
    char stamp[EXPORT_TIME_SIZE];
    FILE *text = export_text(export, EXPORT_ACCOUNT);
    json_t *value;
    const char *key;
    job_outcome_t outcome = JOB_DONE;

    static const char *const lists[] = { "sessions", "factors", "passkeys",
                                         "keys",     "links",   "mails",
                                         "uploads",  "exports", "jobs" };

    if (text == NULL) {
        return export_add_text(export, NULL, EXPORT_ACCOUNT);
    }

    export_stamp(export, stamp);
    fprintf(text, "{\n \"v\": 1,\n \"made_at\": \"%s\"", stamp);

    json_object_foreach(json_object_get(export->begun, "about"), key, value)
    {
        fprintf(text, ",\n \"%s\": ", key);
        (void) json_dumpf(value, text, JSON_ENCODE_ANY | JSON_SORT_KEYS);
    }

    for (i = 0; i < sizeof(lists) / sizeof(lists[0]) && outcome == JOB_DONE;
         i++) {
        outcome = export_list(export, lists[i], text);
    }

    fputs("\n}\n", text);

    if (outcome != JOB_DONE) {
        fclose(text);
        return outcome;
    }

    return export_add_text(export, text, EXPORT_ACCOUNT);
}


static job_outcome_t
export_line(export_t *export, json_t *item, void *data)
{
    FILE *text = data;

    return json_dumpf(item, text, JSON_COMPACT) == 0 && putc('\n', text) != EOF
               ? JOB_DONE
               : job_errno(export->job, "writing the export");
}


job_outcome_t
export_account(export_t *export)
{
    FILE *text;
    job_outcome_t outcome = export_account_json(export);

    if (outcome != JOB_DONE) {
        return outcome;
    }

    text = export_text(export, EXPORT_AUDIT);
    if (text != NULL) {
        outcome = export_pages(export, "audit", export_line, text);
    }
    if (outcome != JOB_DONE) {
        fclose(text);
        return outcome;
    }

    return export_add_text(export, text, EXPORT_AUDIT);
}


/* RFC 3339 as PostgreSQL writes it in JSON, to the second; or now. */
static time_t
export_when(const export_t *export, const json_t *item)
{
    struct tm tm = { 0 };
    const char *at = json_string_value(json_object_get(item, "created_at"));

    return at != NULL && strptime(at, "%Y-%m-%dT%H:%M:%S", &tm) != NULL
               ? timegm(&tm)
               : export->now;
}


/* One file of a media folder; what it is called in the zip, or null, becomes
   the item's `file`. */
static job_outcome_t
export_one(export_t *export, export_media_t *media, json_t *item,
           const char *folder, const char *path)
{
    int whole = 0;
    char safe[ENTRY_NAME_SIZE], name[EXPORT_NAME_SIZE];
    const char *filename;
    job_outcome_t outcome;

    filename = json_string_value(json_object_get(item, "filename"));

    if (entry_name_add(&media->names, filename ? filename : "", safe) != 0) {
        return job_end(export->job, JOB_AGAIN, "There is no memory for it.");
    }

    snprintf(name, sizeof(name), "media/%s/%s", folder, safe);
    outcome = export_add_file(export, path, name, export_when(export, item),
                              &whole);

    store_release(path);
    json_object_set_new(item, "file", whole ? json_string(name) : json_null());

    return outcome;
}


/* One that is not there is told of as missing; a store that does not answer is
   asked again another time. */
static job_outcome_t
export_found(export_t *export, job_outcome_t outcome, int error,
             char path[PATH_MAX])
{
    static const int passing[] = { EHOSTDOWN, EACCES, ENOSPC };
    size_t i;

    if (outcome != JOB_AGAIN) {
        return outcome;
    }

    for (i = 0; config_has_bucket(export->job->config)
                && i < sizeof(passing) / sizeof(passing[0]);
         i++) {
        if (error == passing[i]) {
            return outcome;
        }
    }

    path[0] = '\0';
    export->job->error[0] = '\0';
    return JOB_DONE;
}


static job_outcome_t
export_attachments(export_t *export, export_media_t *media, json_t *item,
                   const char *id)
{
    int error = 0;
    size_t i;
    char path[PATH_MAX];
    json_t *attachment;
    const char *of;
    job_outcome_t outcome = JOB_DONE;

    json_array_foreach(json_object_get(item, "attachments"), i, attachment)
    {
        of = json_string_value(json_object_get(attachment, "id"));

        if (of != NULL && uuid_valid(of, strlen(of)) && outcome == JOB_DONE) {
            outcome = job_find_attachment(export->job, id, of, path, &error);
            outcome = export_found(export, outcome, error, path);
            if (outcome == JOB_DONE) {
                outcome = export_one(export, media, attachment, id, path);
            }
        }
    }

    return outcome;
}


static job_outcome_t
export_medium(export_t *export, json_t *item, void *data)
{
    int error = 0;
    char path[PATH_MAX];
    export_media_t *media = data;
    const char *id = json_string_value(json_object_get(item, "id"));
    job_outcome_t outcome;

    if (id == NULL || !uuid_valid(id, strlen(id))) {
        return JOB_DONE;
    }

    entry_names_clear(&media->names);

    outcome = job_find_original(export->job, id, path, &error);
    outcome = export_found(export, outcome, error, path);
    if (outcome == JOB_DONE) {
        outcome = export_one(export, media, item, id, path);
    }
    if (outcome == JOB_DONE) {
        outcome = export_attachments(export, media, item, id);
    }

    return outcome == JOB_DONE ? export_line(export, item, media->text)
                               : outcome;
}


job_outcome_t
export_media(export_t *export)
{
    export_media_t media = { .text = export_text(export, EXPORT_MEDIA) };
    job_outcome_t outcome = JOB_DONE;

    if (media.text != NULL) {
        outcome = export_pages(export, "media", export_medium, &media);
    }

    entry_names_free(&media.names);

    if (outcome != JOB_DONE) {
        fclose(media.text);
        return outcome;
    }

    return export_add_text(export, media.text, EXPORT_MEDIA);
}
