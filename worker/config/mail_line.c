#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "core/base/fail.h"
#include "mail_line.h"

#define MAIL_LINE_BLANKS " \t"
#define MAIL_LINE_FOLDER "folder:/"

/* A word of the line, and where its value goes. */
typedef struct {
    const char *name;
    size_t offset, size;
    int (*check)(const char *value);
} mail_line_word_t;

static int
mail_line_is_path(const char *value)
{
    return *value == '/';
}


static int
mail_line_is_address(const char *value)
{
    address_t address;

    return address_read(value, strlen(value), &address) == NULL;
}


/* The name of a folder of templates. */
static int
mail_line_is_language(const char *value)
{
    return *value != '\0'
           && value[strspn(value, "abcdefghijklmnopqrstuvwxyz-")] == '\0';
}


#define MAIL_LINE_WORD(name, check)                  \
    {                                                \
#name "=", offsetof(mail_line_t, name),      \
            sizeof(((mail_line_t *) 0)->name), check \
    }

static const mail_line_word_t mail_line_words[] = {
    MAIL_LINE_WORD(from, mail_line_is_address),
    MAIL_LINE_WORD(templates, mail_line_is_path),
    MAIL_LINE_WORD(login, mail_line_is_path),
    MAIL_LINE_WORD(ca, mail_line_is_path),
    MAIL_LINE_WORD(language, mail_line_is_language),
};

#define MAIL_LINE_WORDS (sizeof(mail_line_words) / sizeof(mail_line_words[0]))
#define MAIL_LINE_REQUIRED 2 /* of them, from the first */


static int
mail_line_server(mail_line_t *line, const char *server, char *err,
                 size_t err_size)
{
    const char *folder = strchr(server, '/');

    if (strncmp(server, MAIL_LINE_FOLDER, sizeof(MAIL_LINE_FOLDER) - 1) == 0
        && strlen(server) < sizeof(line->folder)) {
        strcpy(line->folder, folder);
        return 0;
    }

    if (url_is_mail(server) && strlen(server) < sizeof(line->server)) {
        strcpy(line->server, server);
        return 0;
    }

    return fail_because(err, err_size,
                        "mail goes to smtp://host[:port], smtps://host[:port]"
                        " or folder:/path, not to \"%.64s\"",
                        server);
}


static int
mail_line_word(mail_line_t *line, const char *word, char *err, size_t err_size)
{
    char *text;
    size_t i, len;
    const char *value;

    if (strcmp(word, "tls=off") == 0) {
        line->plain = 1;
        return 0;
    }

    for (i = 0; i < MAIL_LINE_WORDS; i++) {
        len = strlen(mail_line_words[i].name);

        if (strncmp(word, mail_line_words[i].name, len) == 0) {
            break;
        }
    }

    if (i == MAIL_LINE_WORDS) {
        return fail_because(err, err_size,
                            "\"%.64s\" is none of from=, templates=, login=, "
                            "ca=, language= and tls=off",
                            word);
    }

    value = word + len;
    text = (char *) line + mail_line_words[i].offset;

    if (*text != '\0') {
        return fail_because(err, err_size, "\"%.*s\" stands here twice",
                            (int) len - 1, word);
    }

    if (!mail_line_words[i].check(value)
        || strlen(value) >= mail_line_words[i].size) {
        return fail_because(err, err_size, "\"%.*s\" is %s, not \"%.64s\"",
                            (int) len - 1, word,
                            mail_line_words[i].check == mail_line_is_address
                                ? "an e-mail address"
                            : mail_line_words[i].check == mail_line_is_path
                                ? "a path from /"
                                : "a language like en or pt-br",
                            value);
    }

    strcpy(text, value);

    return 0;
}


int
mail_line_parse(char *words, mail_line_t *line, char *err, size_t err_size)
{
    char *rest = NULL, *word;
    size_t i;

    memset(line, 0, sizeof(*line));

    word = strtok_r(words, MAIL_LINE_BLANKS, &rest);

    if (mail_line_server(line, word ? word : "", err, err_size) != 0) {
        return -1;
    }

    while ((word = strtok_r(NULL, MAIL_LINE_BLANKS, &rest)) != NULL) {
        if (mail_line_word(line, word, err, err_size) != 0) {
            return -1;
        }
    }

    for (i = 0; i < MAIL_LINE_REQUIRED; i++) {
        if (((char *) line)[mail_line_words[i].offset] == '\0') {
            return fail_because(err, err_size, "mail needs %s",
                                mail_line_words[i].name);
        }
    }

    if (line->language[0] == '\0') {
        strcpy(line->language, "en");
    }

    return 0;
}


int
mail_line_check(const mail_line_t *line, char *err, size_t err_size)
{
    size_t i;
    char folder[PATH_MAX];
    const char *const files[] = { line->templates, line->login, line->ca };

    for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        if (*files[i] != '\0' && access(files[i], R_OK) != 0) {
            return fail_because(err, err_size, "%.300s cannot be read",
                                files[i]);
        }
    }

    if (line->language[0] != '\0'
        && (snprintf(folder, sizeof(folder), "%s/%s", line->templates,
                     line->language)
                >= (int) sizeof(folder)
            || access(folder, X_OK) != 0)) {
        return fail_because(err, err_size,
                            "there is no folder of the language \"%s\" in "
                            "%.300s",
                            line->language, line->templates);
    }

    if (line->folder[0] != '\0' && access(line->folder, W_OK | X_OK) != 0) {
        return fail_because(err, err_size,
                            "%.300s is no folder that can be written to",
                            line->folder);
    }

    return 0;
}
