/* Which form of the sandbox this machine has: tried with a tool that does
   nothing. */

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "sandbox.h"
#include "sandbox_form.h"
#include "sandbox_inside.h"

#define SANDBOX_OPEN_HELPER "sluice-sandbox"

/* What `true` needs. */
#define SANDBOX_OPEN_SECONDS 10
#define SANDBOX_OPEN_MEMORY ((size_t) 256 << 20)
#define SANDBOX_OPEN_BYTES ((size_t) 1 << 20)


static int
sandbox_open_find(const char *helper, char path[PATH_MAX], char *said,
                  size_t size)
{
    int rc;
    char *slash;
    size_t i;
    ssize_t len;
    char self[PATH_MAX - sizeof(SANDBOX_OPEN_HELPER)], own[PATH_MAX];

    if (helper == NULL) {
        len = readlink("/proc/self/exe", self, sizeof(self) - 1);
        self[len > 0 ? len : 0] = '\0';
        slash = strrchr(self, '/');
        if (slash == NULL) {
            snprintf(said, size, "/proc/self/exe cannot be read");
            return -1;
        }
        snprintf(path, PATH_MAX, "%.*s/%s", (int) (slash - self), self,
                 SANDBOX_OPEN_HELPER);
    } else if (realpath(helper, path) == NULL) {
        path[0] = '\0';
    }

    if (access(path, X_OK) != 0) {
        snprintf(said, size, "%s is not there, or not to be executed",
                 helper ? helper : path);
        return -1;
    }

    for (i = 0; (rc = sandbox_form_beside(path, i, own)) != 0; i++) {
        if (rc == -1 || access(own, X_OK) != 0) {
            snprintf(said, size, "%s is not there, or not to be executed", own);
            return -1;
        }
    }

    return 0;
}


/* Settles the form when a tool runs in it. */
static int
sandbox_open_try(sandbox_form_t form, const char *helper, char *said,
                 size_t size)
{
    sandbox_rc_t rc;
    sandbox_result_t result;
    char folder[] = "/tmp/sluice-sandbox-XXXXXX";
    const char *const argv[] = { "true", NULL };
    const sandbox_t sandbox = { .argv = argv,
                                .folder = folder,
                                .cpu_seconds = SANDBOX_OPEN_SECONDS,
                                .wall_seconds = SANDBOX_OPEN_SECONDS,
                                .memory = SANDBOX_OPEN_MEMORY,
                                .file_size = SANDBOX_OPEN_BYTES,
                                .folder_size = SANDBOX_OPEN_BYTES };

    if (mkdtemp(folder) == NULL) {
        snprintf(said, size, "no folder can be made in /tmp");
        return -1;
    }

    sandbox_form_settle(form, helper);
    rc = sandbox_run(&sandbox, &result);
    rmdir(folder);
    free(result.output);

    if (rc == SANDBOX_OK) {
        return 0;
    }

    sandbox_form_settle(SANDBOX_ANY, helper);
    result.err[strcspn(result.err, "\n")] = '\0';
    snprintf(said, size, "%.200s",
             *result.err   ? result.err
             : *result.why ? result.why
                           : "it ends without a word");
    return -1;
}


int
sandbox_open(sandbox_form_t form, const char *helper, char *said, size_t size)
{
    char path[PATH_MAX], why[256] = "";
    int landlock = sandbox_landlock_abi();

    if (sandbox_open_find(helper, path, said, size) != 0) {
        return -1;
    }

    if (form != SANDBOX_BARE
        && sandbox_open_try(SANDBOX_BUBBLEWRAP, path, why, sizeof(why)) == 0) {
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

    if (sandbox_open_try(SANDBOX_BARE, path, said, size) != 0) {
        return -1;
    }

    snprintf(said, size, "Landlock %d and seccomp alone%s%s", landlock,
             *why ? ", since bubblewrap does not run here: " : "", why);
    return 0;
}
