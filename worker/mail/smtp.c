#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <curl/curl.h>
#include <openssl/crypto.h>
#include "core/base/fail.h"
#include "core/base/file.h"
#include "smtp.h"

#define SMTP_TIMEOUT_MS 60000L
#define SMTP_CONNECT_MS 15000L
#define SMTP_LOGIN_MAX 1024
#define SMTP_REPLY_SIZE 256

typedef struct {
    const char *message;
    size_t left;
    int asked; /* the mail was begun to be sent: RCPT was taken */
    int stopped;
    char reply[SMTP_REPLY_SIZE]; /* in which the relay refused; or empty */
    int (*beat)(void *data);
    void *data;
} smtp_t;


static size_t
smtp_on_read(char *buffer, size_t size, size_t count, void *data)
{
    smtp_t *smtp = data;
    size_t len = size * count < smtp->left ? size * count : smtp->left;

    memcpy(buffer, smtp->message, len);
    smtp->message += len;
    smtp->left -= len;
    smtp->asked = 1;

    return len;
}


/* What the relay answers comes here: its last refusal is kept. */
static size_t
smtp_on_reply(char *bytes, size_t size, size_t count, void *data)
{
    smtp_t *smtp = data;
    size_t i, len = size * count;

    if (len == 0 || (*bytes != '4' && *bytes != '5')) {
        return len;
    }

    for (i = 0; i < len && i < SMTP_REPLY_SIZE - 1 && bytes[i] >= ' '
                && bytes[i] <= '~';
         i++) {
        smtp->reply[i] = bytes[i];
    }
    smtp->reply[i] = '\0';

    return len;
}


static int
smtp_on_progress(void *data, curl_off_t total, curl_off_t now,
                 curl_off_t up_total, curl_off_t up_now)
{
    smtp_t *smtp = data;

    (void) total, (void) now, (void) up_total, (void) up_now;

    smtp->stopped = smtp->stopped || smtp->beat(smtp->data) != 0;

    return smtp->stopped;
}


/* Two lines. 0 or -1. */
static int
smtp_login(CURL *curl, const char *path, char *why, size_t why_size)
{
    int rc;
    char *text, *password, *rest = NULL, *name;
    size_t len = 0;

    text = file_read(path, SMTP_LOGIN_MAX, &len);
    name = text ? strtok_r(text, "\r\n", &rest) : NULL;
    password = name ? strtok_r(NULL, "\r\n", &rest) : NULL;

    rc = password != NULL
                 && curl_easy_setopt(curl, CURLOPT_USERNAME, name) == CURLE_OK
                 && curl_easy_setopt(curl, CURLOPT_PASSWORD, password)
                        == CURLE_OK
             ? 0
             : fail_because(why, why_size,
                            "%s: there is no name in its first line, or no "
                            "password in its second",
                            path);

    if (text != NULL) {
        OPENSSL_cleanse(text, len);
    }
    free(text);
    return rc;
}


/* An option that this libcurl does not know fails: none may be left out. */
static int
smtp_setup(CURL *curl, const mail_line_t *line, struct curl_slist *to,
           smtp_t *smtp, char *reason)
{
    int bad = 0;

#define SMTP_SET(option, value) \
    bad |= curl_easy_setopt(curl, option, value) != CURLE_OK

    SMTP_SET(CURLOPT_URL, line->server);
    SMTP_SET(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    SMTP_SET(CURLOPT_PROXY, "");
    SMTP_SET(CURLOPT_NETRC, (long) CURL_NETRC_IGNORED);

    SMTP_SET(CURLOPT_USE_SSL,
             (long) (line->plain ? CURLUSESSL_NONE : CURLUSESSL_ALL));
    SMTP_SET(CURLOPT_SSLVERSION, (long) CURL_SSLVERSION_TLSv1_2);
    SMTP_SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SMTP_SET(CURLOPT_SSL_VERIFYHOST, 2L);
    if (line->ca[0] != '\0') {
        SMTP_SET(CURLOPT_CAINFO, line->ca);
    }

    SMTP_SET(CURLOPT_TIMEOUT_MS, SMTP_TIMEOUT_MS);
    SMTP_SET(CURLOPT_CONNECTTIMEOUT_MS, SMTP_CONNECT_MS);
    SMTP_SET(CURLOPT_NOSIGNAL, 1L);
    SMTP_SET(CURLOPT_QUICK_EXIT, 1L);
    SMTP_SET(CURLOPT_NOPROGRESS, 0L);
    SMTP_SET(CURLOPT_XFERINFOFUNCTION, smtp_on_progress);
    SMTP_SET(CURLOPT_XFERINFODATA, smtp);

    SMTP_SET(CURLOPT_MAIL_FROM, line->from);
    SMTP_SET(CURLOPT_MAIL_RCPT, to);
    SMTP_SET(CURLOPT_UPLOAD, 1L);
    SMTP_SET(CURLOPT_READFUNCTION, smtp_on_read);
    SMTP_SET(CURLOPT_READDATA, smtp);
    SMTP_SET(CURLOPT_HEADERFUNCTION, smtp_on_reply);
    SMTP_SET(CURLOPT_HEADERDATA, smtp);
    SMTP_SET(CURLOPT_ERRORBUFFER, reason);

#undef SMTP_SET

    return bad ? -1 : 0;
}


/* RFC 5321, 4.2.1: what begins with 5 never heals. libcurl says where it came
   to an end: at RCPT the address is none; earlier, it is the relay's matter
   with us. */
static smtp_rc_t
smtp_judge(CURL *curl, CURLcode code, const smtp_t *smtp, const char *reason,
           char *why, size_t why_size)
{
    long status = 0;

    if (code == CURLE_OK) {
        return SMTP_SENT;
    }

    if (smtp->stopped) {
        return SMTP_STOPPED;
    }

    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    fail_because(why, why_size, "The mail was not taken: %s%s%s",
                 *reason ? reason : curl_easy_strerror(code),
                 *smtp->reply ? "; the relay said " : "", smtp->reply);

    if (status < 500 || status > 599) {
        return SMTP_LATER;
    }

    return strncasecmp(reason, "RCPT", 4) == 0 ? SMTP_NOBODY
           : smtp->asked                       ? SMTP_REFUSED
                                               : SMTP_LATER;
}


smtp_rc_t
smtp_send(const mail_line_t *line, const char *to, const char *message,
          size_t len, int (*beat)(void *data), void *data, char *why,
          size_t why_size)
{
    CURL *curl;
    char reason[CURL_ERROR_SIZE] = "";
    smtp_t smtp = {
        .message = message, .left = len, .beat = beat, .data = data
    };
    smtp_rc_t rc = SMTP_LATER;
    struct curl_slist *list;

    curl = curl_easy_init();
    list = curl_slist_append(NULL, to);

    if (curl == NULL || list == NULL
        || smtp_setup(curl, line, list, &smtp, reason) != 0) {
        fail_because(why, why_size, "The mail could not be prepared.");

    } else if (line->login[0] == '\0'
               || smtp_login(curl, line->login, why, why_size) == 0) {
        rc = smtp_judge(curl, curl_easy_perform(curl), &smtp, reason, why,
                        why_size);
    }

    curl_slist_free_all(list);
    curl_easy_cleanup(curl);
    return rc;
}
