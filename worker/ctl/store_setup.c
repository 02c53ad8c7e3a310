/* The rules of a bucket, from files: each whose file is there is set. */

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/base/file.h"
#include "core/bucket/bucket_rules.h"
#include "worker/base/file.h"
#include "worker/base/http.h"
#include "ctl.h"
#include "options.h"
#include "say.h"
#include "store_side.h"

#define SETUP_RULES "/usr/share/sluice/s3"
#define SETUP_FILE_MAX 65536
#define SETUP_PREFIX "@PREFIX@"

static const struct {
    const char *file, *kind, *what;
} setup_rules[] = {
    { "versioning.xml", "versioning", "what is removed stays for a while" },
    { "public-access.xml", "publicAccessBlock", "nobody else is let in" },
    { "encryption.xml", "encryption", "what is put is encrypted" },
    { "lifecycle.xml", "lifecycle", "parts and versions end, classes change" },
};


/* The text with the store's prefix filled in; to free(). NULL with errno set:
   ENOENT when there is no such file. */
static char *
setup_read(const char *folder, const char *file, const char *prefix)
{
    size_t len;
    const char *p, *mark;
    char path[PATH_MAX], *text, *filled = NULL;
    FILE *out;

    text = file_join(path, folder, file) == 0
               ? file_read(path, SETUP_FILE_MAX, &len)
               : NULL;
    out = text != NULL ? open_memstream(&filled, &len) : NULL;
    if (out == NULL) {
        free(text);
        return NULL;
    }

    for (p = text; (mark = strstr(p, SETUP_PREFIX)) != NULL;
         p = mark + strlen(SETUP_PREFIX)) {
        fprintf(out, "%.*s%s", (int) (mark - p), p, prefix);
    }
    fputs(p, out);

    fclose(out);
    free(text);
    return filled;
}


/* 0, or -1. */
static int
setup_one(store_side_t *store, const char *folder, size_t i)
{
    char *text;
    bucket_rc_t rc;

    text = setup_read(folder, setup_rules[i].file, store->location.prefix);
    if (text == NULL && errno == ENOENT) {
        printf("%-6s %s: there is no %s\n", "passed", setup_rules[i].what,
               setup_rules[i].file);
        return 0;
    }
    if (text == NULL) {
        say_fail("%s/%s: %s", folder, setup_rules[i].file, strerror(errno));
        return -1;
    }

    rc = bucket_rules_put(store->bucket, setup_rules[i].kind, text);
    printf("%-6s %s%s%s\n", rc == BUCKET_OK ? "ok" : "wrong",
           setup_rules[i].what, rc == BUCKET_OK ? "" : ": ",
           rc == BUCKET_OK ? "" : bucket_said(store->bucket));

    free(text);
    return rc == BUCKET_OK ? 0 : -1;
}


int
ctl_store_setup(int argc, char **argv)
{
    int rc = 0;
    size_t i;
    const char *words = NULL, *folder = NULL;
    store_side_t store;
    const ctl_option_t options[] = {
        { "store", "WORDS",
          "as sluice_store has them: \"s3://bucket region=…\"", &words },
        { "rules", "FOLDER", "where the files are: " SETUP_RULES, &folder },
        { NULL, NULL, NULL, NULL }
    };

    options_read(argc, argv, options, NULL);
    words = say_need(words, "store", "SLUICE_STORE");
    folder = folder ? folder : SETUP_RULES;

    if (http_init() != 0 || store_side_open(&store, "store", words) != 0) {
        return say_fail("%s", store.why);
    }
    if (store.bucket == NULL) {
        return say_fail("a folder has no rules");
    }

    for (i = 0; i < sizeof(setup_rules) / sizeof(setup_rules[0]); i++) {
        rc |= setup_one(&store, folder, i);
    }

    store_side_close(&store);
    return rc == 0 ? CTL_OK : CTL_FAILED;
}
