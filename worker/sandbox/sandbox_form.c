#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "sandbox_form.h"
#include "sandbox_inside.h"
#include "worker/store/store.h"

#define SANDBOX_FORM_HELPER "sluice-sandbox"
#define SANDBOX_FORM_TASKS 128 /* threads of a tool, with bubblewrap's own */

/* For the trial: what `true` needs. */
#define SANDBOX_FORM_SECONDS 10
#define SANDBOX_FORM_MEMORY ((size_t) 256 << 20)
#define SANDBOX_FORM_BYTES ((size_t) 1 << 20)

static sandbox_form_t sandbox_form_settled;
static char sandbox_form_helper[PATH_MAX];


static int sandbox_form_find(const char *helper, char *said, size_t size);
static int sandbox_form_try(sandbox_form_t form, char *said, size_t size);
static int sandbox_form_outside(const sandbox_t *sandbox, const char **argv);
static const char *sandbox_form_word(const sandbox_t *sandbox, const char *word,
                                     char path[PATH_MAX]);


int
sandbox_open(sandbox_form_t form, const char *helper, char *said, size_t size)
{
    char why[256] = "";
    int landlock = sandbox_landlock_abi();

    if (sandbox_form_find(helper, said, size) != 0) {
        return -1;
    }

    if (form != SANDBOX_BARE
        && sandbox_form_try(SANDBOX_BUBBLEWRAP, why, sizeof(why)) == 0) {
        snprintf(said, size, "bubblewrap, %s%.0d, seccomp",
                 landlock ? "Landlock " : "no Landlock in this kernel",
                 landlock);
        return 0;
    }

    if (form == SANDBOX_BUBBLEWRAP) {
        snprintf(said, size, "bubblewrap does not run here: %s", why);
        return -1;
    }

    /* Nothing else would keep files apart. */
    if (landlock == 0) {
        snprintf(said, size, "%s%s%sthis kernel has no Landlock",
                 *why ? "bubblewrap does not run here: " : "", why,
                 *why ? "; " : "");
        return -1;
    }

    if (sandbox_form_try(SANDBOX_BARE, said, size) != 0) {
        return -1;
    }

    snprintf(said, size, "Landlock %d and seccomp alone%s%s", landlock,
             *why ? ", since bubblewrap does not run here: " : "", why);
    return 0;
}


sandbox_form_t
sandbox_form(void)
{
    return sandbox_form_settled;
}


static int
sandbox_form_find(const char *helper, char *said, size_t size)
{
    char *slash;
    ssize_t len;
    char self[PATH_MAX - sizeof(SANDBOX_FORM_HELPER)];

    if (helper == NULL) {
        len = readlink("/proc/self/exe", self, sizeof(self) - 1);
        self[len > 0 ? len : 0] = '\0';
        slash = strrchr(self, '/');
        if (slash == NULL) {
            snprintf(said, size, "/proc/self/exe cannot be read");
            return -1;
        }
        snprintf(sandbox_form_helper, sizeof(sandbox_form_helper), "%.*s/%s",
                 (int) (slash - self), self, SANDBOX_FORM_HELPER);
    } else if (realpath(helper, sandbox_form_helper) == NULL) {
        sandbox_form_helper[0] = '\0';
    }

    if (access(sandbox_form_helper, X_OK) != 0) {
        snprintf(said, size, "%s is not there, or not to be executed",
                 helper ? helper : sandbox_form_helper);
        return -1;
    }

    return 0;
}


/* Settles the form when a tool runs in it. */
static int
sandbox_form_try(sandbox_form_t form, char *said, size_t size)
{
    sandbox_rc_t rc;
    sandbox_result_t result;
    char folder[] = "/tmp/sluice-sandbox-XXXXXX";
    const char *const argv[] = { "true", NULL };
    const sandbox_t sandbox = { .argv = argv,
                                .folder = folder,
                                .cpu_seconds = SANDBOX_FORM_SECONDS,
                                .wall_seconds = SANDBOX_FORM_SECONDS,
                                .memory = SANDBOX_FORM_MEMORY,
                                .file_size = SANDBOX_FORM_BYTES,
                                .folder_size = SANDBOX_FORM_BYTES };

    if (mkdtemp(folder) == NULL) {
        snprintf(said, size, "no folder can be made in /tmp");
        return -1;
    }

    sandbox_form_settled = form;
    rc = sandbox_run(&sandbox, &result);
    rmdir(folder);
    free(result.output);

    if (rc == SANDBOX_OK) {
        return 0;
    }

    sandbox_form_settled = SANDBOX_ANY;
    result.err[strcspn(result.err, "\n")] = '\0';
    snprintf(said, size, "%.200s",
             *result.err   ? result.err
             : *result.why ? result.why
                           : "it ends without a word");
    return -1;
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
        bare ? 0 : SANDBOX_FORM_TASKS
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

    argv[n++] = bare ? sandbox->folder : SANDBOX_JOB;
    argv[n++] = sandbox->input == NULL ? "-"
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


/* bubblewrap's part. Without a /proc, it also runs where others have hidden
   parts of that; what a tool cannot call for lack of it, see
   sandbox_seccomp.c. */
static int
sandbox_form_outside(const sandbox_t *sandbox, const char **argv)
{
    int n = 0;
    size_t i;
    static const char *const fixed[] = {
        "bwrap",
        "--unshare-user",
        "--unshare-pid",
        "--unshare-net",
        "--new-session",
        "--die-with-parent",
        "--cap-drop",
        "ALL",
        "--ro-bind",
        "/usr",
        "/usr",
        "--symlink",
        "usr/bin",
        "/bin",
        "--symlink",
        "usr/lib",
        "/lib",
        "--symlink",
        "usr/lib64",
        "/lib64",
        "--ro-bind-try",
        "/etc/alternatives",
        "/etc/alternatives",
        "--ro-bind-try",
        "/etc/fonts",
        "/etc/fonts",
        "--ro-bind-try",
        "/etc/ld.so.cache",
        "/etc/ld.so.cache",
        "--ro-bind-try",
        "/var/cache/fontconfig",
        "/var/cache/fontconfig",
        "--dev-bind",
        "/dev/null",
        "/dev/null",
        "--dev-bind",
        "/dev/urandom",
        "/dev/urandom",
    };

    for (i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
        argv[n++] = fixed[i];
    }

    argv[n++] = "--ro-bind";
    argv[n++] = sandbox_form_helper;
    argv[n++] = SANDBOX_SELF;
    argv[n++] = "--bind";
    argv[n++] = sandbox->folder;
    argv[n++] = SANDBOX_JOB;

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


/* In the bare form things are where they are. */
static const char *
sandbox_form_word(const sandbox_t *sandbox, const char *word,
                  char path[PATH_MAX])
{
    const size_t len = sizeof(SANDBOX_JOB) - 1;

    if (strcmp(word, SANDBOX_SELF) == 0) {
        return sandbox_form_helper;
    }
    if (strcmp(word, SANDBOX_INPUT) == 0 && sandbox->input != NULL) {
        return sandbox->input;
    }
    if (strncmp(word, SANDBOX_JOB "/", len + 1) == 0
        && store_join(path, sandbox->folder, word + len + 1) == 0) {
        return path;
    }

    return word;
}
