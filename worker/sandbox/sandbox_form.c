#include <limits.h>
#include <stdio.h>
#include <string.h>
#include "worker/base/file.h"
#include "sandbox_form.h"
#include "sandbox_inside.h"

#define SANDBOX_FORM_TASKS 128 /* threads of a tool, with bubblewrap's own */
#define SANDBOX_FORM_NICE 10   /* behind nginx and its like */
#define SANDBOX_FORM_BULK 19   /* an eighth of such a tool's share */

static const char *const sandbox_form_bubblewrap[] = {
    "bwrap",         "--unshare-user",    "--unshare-pid", "--unshare-net",
    "--new-session", "--die-with-parent", "--cap-drop",    "ALL"
};

/* What a tool finds there, whatever its job. */
static const char *const sandbox_form_mounts[][3] = {
    { "--ro-bind", "/usr", "/usr" },
    { "--symlink", "usr/bin", "/bin" },
    { "--symlink", "usr/lib", "/lib" },
    { "--symlink", "usr/lib64", "/lib64" },
    { "--ro-bind-try", "/etc/alternatives", "/etc/alternatives" },
    { "--ro-bind-try", "/etc/fonts", "/etc/fonts" },
    { "--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache" },
    { "--ro-bind-try", "/var/cache/fontconfig", "/var/cache/fontconfig" },
    { "--dev-bind", "/dev/null", "/dev/null" },
    { "--dev-bind", "/dev/urandom", "/dev/urandom" },
};

#define SANDBOX_FORM_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Programs of our own that lie beside sluice-sandbox, by their argv[0]. */
static const struct {
    const char *word, *name;
} sandbox_form_own[] = {
    { SANDBOX_READER, "sluice-reader" },
    { SANDBOX_PICTURE, "sluice-picture" },
    { SANDBOX_CMAF, "sluice-cmaf" },
};

static sandbox_form_t sandbox_form_settled;
static char sandbox_form_helper[PATH_MAX],
    sandbox_form_paths[SANDBOX_FORM_COUNT(sandbox_form_own)][PATH_MAX];


sandbox_form_t
sandbox_form(void)
{
    return sandbox_form_settled;
}


void
sandbox_form_settle(sandbox_form_t form, const char *helper)
{
    size_t i;

    sandbox_form_settled = form;
    snprintf(sandbox_form_helper, sizeof(sandbox_form_helper), "%s", helper);

    for (i = 0; i < SANDBOX_FORM_COUNT(sandbox_form_own); i++) {
        (void) sandbox_form_beside(helper, i, sandbox_form_paths[i]);
    }
}


int
sandbox_form_beside(const char *helper, size_t i, char path[PATH_MAX])
{
    const char *slash = strrchr(helper, '/');
    int n, folder = slash ? (int) (slash - helper) + 1 : 0;

    if (i >= SANDBOX_FORM_COUNT(sandbox_form_own)) {
        path[0] = '\0';
        return 0;
    }

    n = snprintf(path, PATH_MAX, "%.*s%s", folder, helper,
                 sandbox_form_own[i].name);
    return n < PATH_MAX ? 1 : -1;
}


/* The path of a program of our own, or NULL. */
static const char *
sandbox_form_find(const char *word)
{
    size_t i;

    for (i = 0; i < SANDBOX_FORM_COUNT(sandbox_form_own); i++) {
        if (strcmp(word, sandbox_form_own[i].word) == 0) {
            return sandbox_form_paths[i];
        }
    }

    return NULL;
}


/* bubblewrap's part. Without a /proc, it also runs where others have hidden
   parts of that; what a tool cannot call for lack of it, see
   sandbox_seccomp.c. */
static int
sandbox_form_outside(const sandbox_t *sandbox, const char **argv)
{
    int n = 0;
    size_t i;
    const char *own = sandbox->argv[0] ? sandbox_form_find(sandbox->argv[0])
                                       : NULL;

    for (i = 0; i < SANDBOX_FORM_COUNT(sandbox_form_bubblewrap); i++) {
        argv[n++] = sandbox_form_bubblewrap[i];
    }
    for (i = 0; i < SANDBOX_FORM_COUNT(sandbox_form_mounts); i++) {
        argv[n++] = sandbox_form_mounts[i][0];
        argv[n++] = sandbox_form_mounts[i][1];
        argv[n++] = sandbox_form_mounts[i][2];
    }

    argv[n++] = "--ro-bind";
    argv[n++] = sandbox_form_helper;
    argv[n++] = SANDBOX_SELF;

    if (own != NULL) {
        argv[n++] = "--ro-bind";
        argv[n++] = own;
        argv[n++] = sandbox->argv[0];
    }

    if (sandbox->folder != NULL) {
        argv[n++] = "--bind";
        argv[n++] = sandbox->folder;
        argv[n++] = SANDBOX_JOB;
    }

    if (sandbox->input != NULL) {
        argv[n++] = "--ro-bind";
        argv[n++] = sandbox->input;
        argv[n++] = SANDBOX_INPUT;
    }

    argv[n++] = "--remount-ro";
    argv[n++] = "/";
    argv[n++] = "--";
    return n;
}


const char *
sandbox_input(const char *input)
{
    return sandbox_form() == SANDBOX_BARE ? input : SANDBOX_INPUT;
}


/* In the bare form things are where they are. */
static const char *
sandbox_form_word(const sandbox_t *sandbox, const char *word,
                  char path[PATH_MAX])
{
    const size_t len = sizeof(SANDBOX_JOB) - 1;

    if (strcmp(word, SANDBOX_SELF) == 0) {
        return sandbox_form_helper;
    }
    if (sandbox_form_find(word) != NULL) {
        return sandbox_form_find(word);
    }
    if (strcmp(word, SANDBOX_INPUT) == 0 && sandbox->input != NULL) {
        return sandbox->input;
    }
    if (strncmp(word, SANDBOX_JOB "/", len + 1) == 0 && sandbox->folder != NULL
        && file_join(path, sandbox->folder, word + len + 1) == 0) {
        return path;
    }

    return word;
}


int
sandbox_argv(sandbox_form_t form, const sandbox_t *sandbox, int report,
             const char *argv[SANDBOX_ARGV_MAX], sandbox_words_t *words)
{
    int n = 0;
    size_t i, paths = 0;
    const char *const *arg;
    const int bare = form == SANDBOX_BARE;
    const long numbers[] = {
        report, sandbox->cpu_seconds, (long) sandbox->memory,
        (long) sandbox->file_size,
        /* without a namespace it would count what others run, too */
        bare ? 0 : SANDBOX_FORM_TASKS,
        sandbox->bulk ? SANDBOX_FORM_BULK : SANDBOX_FORM_NICE
    };

    if (!bare) {
        n = sandbox_form_outside(sandbox, argv);
    }

    argv[n++] = bare ? sandbox_form_helper : SANDBOX_SELF;
    argv[n++] = SANDBOX_INSIDE_RUN;

    for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        snprintf(words->numbers[i], sizeof(words->numbers[i]), "%ld",
                 numbers[i]);
        argv[n++] = words->numbers[i];
    }

    argv[n++] = sandbox->folder == NULL ? SANDBOX_INSIDE_NONE
                : bare                  ? sandbox->folder
                                        : SANDBOX_JOB;
    argv[n++] = sandbox->input == NULL ? SANDBOX_INSIDE_NONE
                : bare                 ? sandbox->input
                                       : SANDBOX_INPUT;

    for (arg = sandbox->argv; *arg != NULL; arg++) {
        if (n == SANDBOX_ARGV_MAX - 1
            || paths == sizeof(words->paths) / sizeof(words->paths[0])) {
            return -1;
        }

        argv[n] = *arg;
        if (bare) {
            argv[n] = sandbox_form_word(sandbox, *arg, words->paths[paths]);
            paths += argv[n] == words->paths[paths];
        }
        n++;
    }

    argv[n] = NULL;
    return n;
}
