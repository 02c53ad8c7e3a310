#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "core/base/fail.h"
#include "worker/base/file.h"
#include "core/base/redis_address.h"
#include "core/base/text.h"
#include "core/store/credentials.h"
#include "config.h"

#define CONFIG_FILE_MAX 65536

typedef struct {
    const char *name;
    size_t offset, size; /* of the text in config_t; size 0: a number */
    int required, max;   /* a number is 1 to max; max 0: on or off */
} config_key_t;

#define CONFIG_TEXT(name, required)                                      \
    {                                                                    \
#name, offsetof(config_t, name), sizeof(((config_t *) 0)->name), \
            required, 0                                                  \
    }

static const config_key_t config_keys[] = {
    CONFIG_TEXT(database, 1),
    CONFIG_TEXT(redis, 1),
    CONFIG_TEXT(media, 0),
    CONFIG_TEXT(spool, 1),
    CONFIG_TEXT(work, 1),
    CONFIG_TEXT(log, 0),
    CONFIG_TEXT(pid, 0),
    CONFIG_TEXT(mail_name, 0),
    { "slots", offsetof(config_t, slots), 0, 0, CONFIG_SLOTS_MAX },
    { "patience", offsetof(config_t, patience), 0, 0, CONFIG_PATIENCE_MAX },
    { "film_lines", offsetof(config_t, film_lines), 0, 0,
      CONFIG_FILM_LINES_MAX },
    { "noop", offsetof(config_t, noop), 0, 0, 0 },
    { "log_json", offsetof(config_t, log_json), 0, 0, 0 },
    { "keep_free", offsetof(config_t, keep_free), sizeof(uint64_t), 0, 0 },
    { "originals", offsetof(config_t, originals), sizeof(uint64_t), 0, 0 },
};

#define CONFIG_KEYS (sizeof(config_keys) / sizeof(config_keys[0]))


/* Those lines may stand several times, each for a name and file of its own. */
static int
config_issuer(char *words, issuer_kind_t kind, config_t *config, char *err,
              size_t err_size)
{
    size_t i;
    issuer_line_t *line = &config->issuers[config->issuer_count];
    const issuer_line_t *other;

    if (config->issuer_count == CONFIG_ISSUERS_MAX) {
        return fail_because(err, err_size, "%d issuers are the most",
                            CONFIG_ISSUERS_MAX);
    }

    if (issuer_line_parse(words, kind, line, err, err_size) != 0) {
        return -1;
    }

    for (i = 0; i < config->issuer_count; i++) {
        other = &config->issuers[i];
        if (strcmp(other->name, line->name) == 0
            || strcmp(other->file, line->file) == 0) {
            return fail_because(err, err_size,
                                "\"%.64s\" or its file stands here twice",
                                line->name);
        }
    }

    config->issuer_count++;
    return 0;
}


/* There is one way out. */
static int
config_mail(char *words, config_t *config, char *err, size_t err_size)
{
    return mail_line_given(&config->mail)
               ? fail_because(err, err_size, "\"mail\" stands here twice")
               : mail_line_parse(words, &config->mail, err, err_size);
}


/* In the words of sluice_store. What nginx serves as /media/ is in a folder's
   `media`. */
static int
config_store(char *words, config_t *config, char *err, size_t err_size)
{
    int count;
    const char *found[LOCATION_WORDS_MAX];
    location_t *store = &config->store;

    if (store->bucket[0] || store->folder[0]) {
        return fail_because(err, err_size, "\"store\" stands here twice");
    }

    count = location_words(words, found);
    return count == -1
               ? fail_because(err, err_size, "\"store\" has too many words")
               : location_read(store, found, (size_t) count, err, err_size);
}


/* There is one place for what is published. */
static int
config_place(config_t *config, char *err, size_t err_size)
{
    const location_t *store = &config->store;
    const int given = store->bucket[0] || store->folder[0];

    if (given && config->media[0]) {
        return fail_because(err, err_size,
                            "\"media\" and \"store\" say where media are "
                            "kept: one of them is enough");
    }
    if (!given && !config->media[0]) {
        return fail_because(err, err_size, "\"media\" or \"store\" is missing");
    }

    return store->folder[0]
                   && snprintf(config->media, sizeof(config->media), "%s/media",
                               store->folder)
                          >= (int) sizeof(config->media)
               ? fail_because(err, err_size, "the store's folder is too long")
               : 0;
}


/* One of "encode=1 quick=4". What follows it, or NULL: it is none. */
static const char *
config_slots_word(const char *word, config_t *config)
{
    int *count = NULL;
    long n;
    char *end;

    if (strncmp(word, "encode=", 7) == 0) {
        count = &config->slots_encode;
    } else if (strncmp(word, "quick=", 6) == 0) {
        count = &config->slots_quick;
    }

    if (count == NULL || *count != 0) {
        return NULL;
    }

    n = strtol(strchr(word, '=') + 1, &end, 10);
    if (n < 1 || n > CONFIG_SLOTS_MAX
        || (*end != '\0' && strchr(" \t", *end) == NULL)) {
        return NULL;
    }

    *count = (int) n;
    return end + strspn(end, " \t");
}


static int
config_slots(const char *value, config_t *config, char *err, size_t err_size)
{
    const char *word = value;

    while (word != NULL && *word != '\0') {
        word = config_slots_word(word, config);
    }

    config->slots = config->slots_encode + config->slots_quick;

    if (word == NULL || config->slots > CONFIG_SLOTS_MAX) {
        return fail_because(err, err_size,
                            "\"slots\" is a number, or encode=<number> or "
                            "quick=<number> or both, %d in all, not \"%.64s\"",
                            CONFIG_SLOTS_MAX, value);
    }

    return 0;
}


static int
config_number(const config_key_t *key, const char *value, int *number,
              char *err, size_t err_size)
{
    long n;
    char *end;

    if (key->max == 0) {
        *number = strcmp(value, "on") == 0;
        return *number || strcmp(value, "off") == 0
                   ? 0
                   : fail_because(err, err_size, "\"%s\" is on or off",
                                  key->name);
    }

    n = strtol(value, &end, 10);
    if (*end != '\0' || n < 1 || n > key->max) {
        return fail_because(err, err_size, "\"%s\" is 1 to %d, not \"%.64s\"",
                            key->name, key->max, value);
    }

    *number = (int) n;
    return 0;
}


/* Bytes as nginx takes them: 5g, 300m, 64k, or a number. */
static int
config_bytes(const config_key_t *key, const char *value, uint64_t *bytes,
             char *err, size_t err_size)
{
    char *end;
    unsigned shift = 0;
    unsigned long long n;

    errno = 0;
    n = strtoull(value, &end, 10);

    if (end != value && *end != '\0') {
        shift = strchr("kK", *end) ? 10 : strchr("mM", *end) ? 20 : 30;
        end += strchr("kKmMgG", *end) != NULL;
    }

    if (*value < '0' || *value > '9' || *end != '\0' || errno != 0
        || n > (unsigned long long) INT64_MAX >> shift) {
        return fail_because(err, err_size,
                            "\"%s\" is a size such as 5g, not \"%.64s\"",
                            key->name, value);
    }

    *bytes = (uint64_t) n << shift;
    return 0;
}


static int
config_set(const config_key_t *key, const char *value, config_t *config,
           char *err, size_t err_size)
{
    char *text = (char *) config + key->offset;
    redis_address_t redis;

    if (key->offset == offsetof(config_t, slots)
        && strchr(value, '=') != NULL) {
        return config_slots(value, config, err, err_size);
    }

    if (key->size == 0) {
        return config_number(key, value, (int *) text, err, err_size);
    }

    if (key->size == sizeof(uint64_t)) {
        return config_bytes(key, value, (uint64_t *) text, err, err_size);
    }

    if (strlen(value) >= key->size) {
        return fail_because(err, err_size, "the value of \"%s\" is too long",
                            key->name);
    }
    if (text == config->redis
        && redis_address_read(&redis, value, err, err_size) != 0) {
        return -1;
    }
    if (text == config->mail_name) {
        if (!text_is_clean(value, strlen(value))) {
            return fail_because(err, err_size, "\"%s\" is no clean text",
                                key->name);
        }

    } else if (text != config->redis && text != config->database
               && *value != '/') {
        return fail_because(err, err_size,
                            "\"%s\" is a path from /, not "
                            "\"%.64s\"",
                            key->name, value);
    }

    strcpy(text, value);
    return 0;
}


static int
config_line(char *line, config_t *config, unsigned *seen, char *err,
            size_t err_size)
{
    char *key, *value, *end;
    size_t i;

    key = line + strspn(line, " \t");
    if (*key == '\0' || *key == '#' || *key == '\r') {
        return 0;
    }

    value = key + strcspn(key, " \t\r");
    if (*value != '\0') {
        *value++ = '\0';
    }
    value += strspn(value, " \t");

    for (end = value + strlen(value);
         end > value && strchr(" \t\r", end[-1]) != NULL; end--) {
        /* void */
    }
    *end = '\0';

    if (strcmp(key, "issuer") == 0) {
        return config_issuer(value, ISSUER_OIDC, config, err, err_size);
    }
    if (strcmp(key, "load_balancer") == 0) {
        return config_issuer(value, ISSUER_LOAD_BALANCER, config, err,
                             err_size);
    }

    if (strcmp(key, "mail") == 0) {
        return config_mail(value, config, err, err_size);
    }

    if (strcmp(key, "store") == 0) {
        return config_store(value, config, err, err_size);
    }

    for (i = 0; i < CONFIG_KEYS; i++) {
        if (strcmp(key, config_keys[i].name) == 0) {
            break;
        }
    }

    if (i == CONFIG_KEYS) {
        return fail_because(
            err, err_size,
            "there is no \"%.64s\"; known are database, redis, "
            "media, store, spool, work, originals, slots, patience, "
            "keep_free, film_lines, log, log_json, pid, noop, mail, mail_name, "
            "issuer and load_balancer",
            key);
    }
    if (*seen & 1U << i) {
        return fail_because(err, err_size, "\"%s\" stands here twice", key);
    }
    if (*value == '\0') {
        return fail_because(err, err_size, "\"%s\" needs a value", key);
    }

    *seen |= 1U << i;
    return config_set(&config_keys[i], value, config, err, err_size);
}


const char *
config_ability(const config_t *config, int number)
{
    return number <= config->slots_encode                         ? "encode"
           : number <= config->slots_encode + config->slots_quick ? "quick"
                                                                  : "";
}


int
config_parse(const char *text, size_t len, config_t *config, char *err,
             size_t err_size)
{
    int number = 0;
    char line[2 * PATH_MAX], reason[LOCATION_ERROR_SIZE];
    size_t i, size;
    unsigned seen = 0;
    const char *end = text + len, *stop;

    memset(config, 0, sizeof(*config));
    config->slots = 1;
    config->patience = CONFIG_PATIENCE;
    config->keep_free = CONFIG_KEEP_FREE;
    config->originals = CONFIG_ORIGINALS;
    config->film_lines = CONFIG_FILM_LINES;

    for (/* void */; text < end; text = stop + 1) {
        number++;
        stop = memchr(text, '\n', (size_t) (end - text));
        stop = stop ? stop : end;
        size = (size_t) (stop - text);

        if (size >= sizeof(line) || memchr(text, '\0', size) != NULL) {
            return fail_because(err, err_size,
                                "%d: the line is too long or not text", number);
        }
        memcpy(line, text, size);
        line[size] = '\0';

        if (config_line(line, config, &seen, reason, sizeof(reason)) != 0) {
            return fail_because(err, err_size, "%d: %s", number, reason);
        }
    }

    for (i = 0; i < CONFIG_KEYS; i++) {
        if (config_keys[i].required && !(seen & 1U << i)) {
            return fail_because(err, err_size, "%d: \"%s\" is missing", number,
                                config_keys[i].name);
        }
    }

    return config_place(config, reason, sizeof(reason)) == 0
               ? 0
               : fail_because(err, err_size, "%d: %s", number, reason);
}


static int
config_folders(const config_t *config, char *err, size_t err_size)
{
    size_t i;
    dev_t device = 0;
    struct stat st;
    const size_t bucket = config_has_bucket(config);
    const char *folders[] = { config->media, config->spool, config->work };

    for (i = bucket; i < sizeof(folders) / sizeof(folders[0]); i++) {
        if (stat(folders[i], &st) != 0 || !S_ISDIR(st.st_mode)
            || access(folders[i], R_OK | W_OK | X_OK) != 0) {
            return fail_because(err, err_size,
                                "%.300s is no folder that can be written to",
                                folders[i]);
        }

        if (i > 0 && !bucket && st.st_dev != device) {
            return fail_because(err, err_size,
                                "media, spool and work have to "
                                "lie on one filesystem");
        }
        device = st.st_dev;
    }

    return 0;
}


static int
config_role(const char *path, char *err, size_t err_size)
{
    char folder[PATH_MAX], *slash;

    strcpy(folder, path);
    slash = strrchr(folder, '/');
    slash[slash == folder] = '\0';

    return access(folder, W_OK | X_OK) == 0
               ? 0
               : fail_because(err, err_size,
                              "the file %.300s of the role's credentials "
                              "cannot be written: %s is no folder that can be "
                              "written to",
                              path, folder);
}


/* Who comes to the bucket. The file is read again by who does; that of a role
   is written by a process of ours, which only runs later. */
static int
config_credentials(const config_t *config, char *err, size_t err_size)
{
    int rc;
    credentials_t who;

    if (!config_has_bucket(config)) {
        return 0;
    }

    if (config->store.role) {
        return config_role(config->store.credentials, err, err_size);
    }

    rc = credentials_find(&who, &config->store, err, err_size);
    if (rc == 0 && credentials_ended(&who, time(NULL))) {
        rc = fail_because(err, err_size,
                          "%.300s: the credentials have ended: write others "
                          "into it",
                          config->store.credentials);
    }
    credentials_forget(&who);
    return rc;
}


int
config_read(const char *path, config_t *config, char *err, size_t err_size)
{
    int fd, rc;
    char *text, reason[512];
    size_t i, len;

    /* unlike file_read(), through links and from pipes */
    fd = open(path, O_RDONLY | O_CLOEXEC);
    text = fd != -1 ? file_read_open(fd, CONFIG_FILE_MAX, &len) : NULL;

    if (text == NULL) {
        rc = fail_because(err, err_size, "%s: %s", path, strerror(errno));
        goto done;
    }

    rc = config_parse(text, len, config, reason, sizeof(reason));
    if (rc != 0) {
        fail_because(err, err_size, "%s:%s", path, reason);
        goto done;
    }

    rc = config_folders(config, reason, sizeof(reason));
    if (rc == 0) {
        rc = config_credentials(config, reason, sizeof(reason));
    }
    if (rc == 0) {
        rc = mail_line_check(&config->mail, reason, sizeof(reason));
    }
    for (i = 0; rc == 0 && i < config->issuer_count; i++) {
        rc = issuer_line_check(&config->issuers[i], reason, sizeof(reason));
    }
    if (rc != 0) {
        fail_because(err, err_size, "%s: %s", path, reason);
    }

done:

    if (fd != -1) {
        close(fd);
    }
    free(text);
    return rc;
}
