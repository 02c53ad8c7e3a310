#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "worker/base/file.h"
#include "worker/mail/message.h"
#include "worker/mail/smtp.h"
#include "worker/mail/template.h"
#include "account.h"

#define MAIL_VALUES_MAX 16
#define MAIL_TIME_SIZE 32

/* What the params say, and what is made of them. */
typedef struct {
    job_t *job;
    const mail_line_t *line;
    const char *template, *to, *site, *language, *token;
    const json_t *more; /* values */
    char service[CONFIG_NAME_SIZE];
    template_t filled;
    char *message;
    size_t len;
} mail_t;


/* The name of a template is a file's. 0 or -1. */
static int
mail_read(mail_t *mail)
{
    json_error_t error;
    json_t *params = json_object_get(mail->job->row, "params");

    if (json_unpack_ex(params, &error, 0, "{s:s, s?s, s:s, s?s, s?s, s?o}",
                       "template", &mail->template, "to", &mail->to, "site",
                       &mail->site, "language", &mail->language, "token",
                       &mail->token, "values", &mail->more)
            != 0
        || mail->template[strspn(mail->template, "abcdefghijklmnopqrstuvwxyz-")]
               != '\0') {
        return -1;
    }

    if (mail->language == NULL) {
        mail->language = "";
    }

    return 0;
}


/* What the mails call it: the name of worker.conf, or the site's host. */
static void
mail_name(mail_t *mail)
{
    const char *host = strstr(mail->site, "://");

    host = host ? host + 3 : mail->site;

    if (mail->job->config->mail_name[0] != '\0') {
        strcpy(mail->service, mail->job->config->mail_name);
    } else {
        snprintf(mail->service, sizeof(mail->service), "%.*s",
                 (int) strcspn(host, ":/"), host);
    }
}


static job_outcome_t
mail_fill(mail_t *mail)
{
    size_t n = 0;
    char why[256];
    json_t *value;
    const char *key;
    template_value_t values[MAIL_VALUES_MAX + 1];

    values[n++] = (template_value_t){ "site", mail->site, 0 };
    values[n++] = (template_value_t){ "service", mail->service, 0 };
    values[n++] = (template_value_t){ "to", mail->to, 0 };

    if (mail->token != NULL) {
        values[n++] = (template_value_t){ "token", mail->token, 0 };
    }

    json_object_foreach((json_t *) mail->more, key, value)
    {
        if (json_is_string(value) && n < MAIL_VALUES_MAX) {
            values[n++] = (template_value_t){ key, json_string_value(value),
                                              0 };
        }
    }

    values[n] = (template_value_t){ NULL, NULL, 0 };

    return template_fill(mail->line->templates, mail->language,
                         mail->line->language, mail->template, values,
                         &mail->filled, why, sizeof(why))
                   == 0
               ? JOB_DONE
               : job_end(mail->job, JOB_AGAIN, "%s", why);
}


static job_outcome_t
mail_write(mail_t *mail)
{
    const message_t message = { .id = mail->job->id,
                                .from = mail->line->from,
                                .from_name = mail->service,
                                .to = mail->to,
                                .subject = mail->filled.subject,
                                .language = mail->filled.language,
                                .text = mail->filled.text,
                                .html = mail->filled.html,
                                .date = time(NULL) };

    mail->message = message_write(&message, &mail->len);

    return mail->message
               ? JOB_DONE
               : job_end(mail->job, JOB_AGAIN, "There is no memory for it.");
}


/* Nobody needs what its link was made of any more; and what the relay says of
   the address is kept. */
static job_outcome_t
mail_ended(mail_t *mail, int arrives)
{
    json_t *answer;
    job_outcome_t outcome;
    const char *const params[] = { mail->job->id, mail->to,
                                   arrives ? "true" : "false" };

    outcome = job_ask(mail->job,
                      "select queue.end_mail($1::uuid, $2, $3::boolean)", 3,
                      params, &answer);
    json_decref(answer);

    return outcome;
}


/* "<time>-<address>.eml", whole or not at all. */
static job_outcome_t
mail_lay(mail_t *mail)
{
    char *c, name[NAME_MAX + 1], stamp[MAIL_TIME_SIZE];
    char path[PATH_MAX], made[PATH_MAX];
    struct tm tm;
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &tm);
    strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%S", &tm);
    snprintf(name, sizeof(name), "%s.%06ldZ-%.200s.eml", stamp,
             now.tv_nsec / 1000, mail->to);

    for (c = name; *c != '\0'; c++) {
        *c = *c == '/' ? '_' : *c;
    }

    if (file_join(path, mail->line->folder, name) != 0
        || file_join(made, mail->line->folder, mail->job->id) != 0
        || file_erase(made) != 0
        || file_write(made, mail->message, mail->len) != 0
        || rename(made, path) != 0) {
        return job_errno(mail->job, mail->line->folder);
    }

    return mail_ended(mail, 1);
}


static job_outcome_t
mail_send(mail_t *mail)
{
    char why[JOB_ERROR_SIZE];
    job_outcome_t outcome;

    switch (smtp_send(mail->line, mail->to, mail->message, mail->len, job_beat,
                      mail->job, why, sizeof(why))) {
    case SMTP_SENT:
        return mail_ended(mail, 1);

    case SMTP_NOBODY:
        outcome = mail_ended(mail, 0);
        return outcome == JOB_DONE ? job_end(mail->job, JOB_BAD, "%s", why)
                                   : outcome;

    case SMTP_REFUSED:
        return job_end(mail->job, JOB_BAD, "%s", why);

    case SMTP_STOPPED:
        return mail->job->interrupted;

    default:
        return job_end(mail->job, JOB_AGAIN, "%s", why);
    }
}


static job_outcome_t
mail_steps(mail_t *mail)
{
    job_outcome_t outcome;

    mail_name(mail);
    outcome = mail_fill(mail);

    if (outcome == JOB_DONE) {
        outcome = mail_write(mail);
    }

    if (outcome == JOB_DONE) {
        outcome = mail->line->folder[0] != '\0' ? mail_lay(mail)
                                                : mail_send(mail);
    }

    return outcome;
}


job_outcome_t
mail_run(job_t *job)
{
    mail_t mail = { .job = job, .line = &job->config->mail };
    job_outcome_t outcome;

    if (mail_read(&mail) != 0) {
        return job_end(job, JOB_BAD, "The job does not say what to mail.");
    }

    if (!mail_line_given(mail.line)) {
        return job_end(job, JOB_AGAIN, "This worker sends no mail.");
    }

    if (mail.to == NULL) { /* whoever asked is not to know that by the time */
        return JOB_DONE;
    }

    outcome = mail_steps(&mail);

    template_free(&mail.filled);
    free(mail.message);

    return outcome;
}
