#define _GNU_SOURCE /* O_PATH */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "sandbox_inside.h"

/* linux/landlock.h as of ABI 7; Debian 12's ends at 2. */
#define LANDLOCK_VERSION 1U
#define LANDLOCK_PATH_BENEATH 1

#define LANDLOCK_EXECUTE (1ULL << 0)
#define LANDLOCK_WRITE_FILE (1ULL << 1)
#define LANDLOCK_READ_FILE (1ULL << 2)
#define LANDLOCK_READ_DIR (1ULL << 3)
#define LANDLOCK_REMOVE_DIR (1ULL << 4)
#define LANDLOCK_REMOVE_FILE (1ULL << 5)
#define LANDLOCK_MAKE_DIR (1ULL << 7)
#define LANDLOCK_MAKE_REG (1ULL << 8)
#define LANDLOCK_REFER (1ULL << 13)
#define LANDLOCK_TRUNCATE (1ULL << 14)

/* What a file can have; the rest is for folders. */
#define LANDLOCK_OF_FILES                                        \
    (LANDLOCK_EXECUTE | LANDLOCK_WRITE_FILE | LANDLOCK_READ_FILE \
     | LANDLOCK_TRUNCATE)

#define LANDLOCK_READ (LANDLOCK_READ_FILE | LANDLOCK_READ_DIR)

/* No links that lead elsewhere, no sockets, pipes or devices: the slot goes
   through this folder afterwards. */
#define LANDLOCK_JOB                                                  \
    (LANDLOCK_READ | LANDLOCK_WRITE_FILE | LANDLOCK_TRUNCATE          \
     | LANDLOCK_REMOVE_DIR | LANDLOCK_REMOVE_FILE | LANDLOCK_MAKE_DIR \
     | LANDLOCK_MAKE_REG | LANDLOCK_REFER)

typedef struct {
    uint64_t files, network, scoped;
} sandbox_landlock_attr_t;

typedef struct {
    uint64_t allowed;
    int32_t folder;
} __attribute__((packed)) sandbox_landlock_path_t;

/* By version: all rights there are, and how much of the above the kernel
   knows. 2: moving between folders; 3: truncating; 4: TCP; 5: ioctl() of
   devices; 6: signals and abstract sockets; 7 adds only to what is logged. */
static const struct {
    sandbox_landlock_attr_t attr;
    size_t size;
} sandbox_landlock_versions[] = {
    { { 0, 0, 0 }, 0 },           { { 0x1fff, 0, 0 }, 8 },
    { { 0x3fff, 0, 0 }, 8 },      { { 0x7fff, 0, 0 }, 8 },
    { { 0x7fff, 0x3, 0 }, 16 },   { { 0xffff, 0x3, 0 }, 16 },
    { { 0xffff, 0x3, 0x3 }, 24 },
};

#define SANDBOX_LANDLOCK_LAST                                                 \
    (sizeof(sandbox_landlock_versions) / sizeof(sandbox_landlock_versions[0]) \
     - 1)

/* Of the system, what ffmpeg and poppler read: libraries, fonts and their
   cache, tables. The loaders are executed by the kernel for the tool's sake;
   what is no path here is not there. */
static const struct {
    const char *path;
    uint64_t rights;
} sandbox_landlock_system[] = {
    { "/usr/lib", LANDLOCK_READ },
    { "/usr/lib64", LANDLOCK_READ },
    { "/usr/share", LANDLOCK_READ },
    { "/usr/local/share/fonts", LANDLOCK_READ },
    { "/var/cache/fontconfig", LANDLOCK_READ },
    { "/etc/alternatives", LANDLOCK_READ },
    { "/etc/fonts", LANDLOCK_READ },
    { "/etc/ld.so.cache", LANDLOCK_READ_FILE },
    { "/lib64/ld-linux-x86-64.so.2", LANDLOCK_READ_FILE | LANDLOCK_EXECUTE },
    { "/lib/ld-linux-aarch64.so.1", LANDLOCK_READ_FILE | LANDLOCK_EXECUTE },
    { "/dev/null", LANDLOCK_READ_FILE | LANDLOCK_WRITE_FILE },
    { "/dev/urandom", LANDLOCK_READ_FILE },
};


static int sandbox_landlock_allow(int rules, const char *path, uint64_t rights);


int
sandbox_landlock_abi(void)
{
    long version;

    version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_VERSION);
    return version > 0 ? (int) version : 0;
}


int
sandbox_landlock(const sandbox_inside_t *inside)
{
    int rules, error;
    size_t i, version = (size_t) sandbox_landlock_abi();
    uint64_t known;

    if (version == 0) {
        errno = ENOSYS;
        return -1;
    }
    if (version > SANDBOX_LANDLOCK_LAST) {
        version = SANDBOX_LANDLOCK_LAST;
    }
    known = sandbox_landlock_versions[version].attr.files;

    rules = (int) syscall(SYS_landlock_create_ruleset,
                          &sandbox_landlock_versions[version].attr,
                          sandbox_landlock_versions[version].size, 0);
    if (rules == -1) {
        return -1;
    }

    for (i = 0; i < sizeof(sandbox_landlock_system)
                        / sizeof(sandbox_landlock_system[0]);
         i++) {
        if (sandbox_landlock_allow(rules, sandbox_landlock_system[i].path,
                                   sandbox_landlock_system[i].rights & known)
                != 0
            && errno != ENOENT) {
            goto failed;
        }
    }

    if ((inside->job != NULL
         && sandbox_landlock_allow(rules, inside->job, LANDLOCK_JOB & known)
                != 0)
        || (inside->input != NULL
            && sandbox_landlock_allow(rules, inside->input, LANDLOCK_READ_FILE)
                   != 0)
        || sandbox_landlock_allow(rules, inside->tool,
                                  LANDLOCK_READ_FILE | LANDLOCK_EXECUTE)
               != 0
        || syscall(SYS_landlock_restrict_self, rules, 0) != 0) {
        goto failed;
    }

    close(rules);
    return 0;

failed:

    error = errno;
    close(rules);
    errno = error;
    return -1;
}


static int
sandbox_landlock_allow(int rules, const char *path, uint64_t rights)
{
    long rc = -1;
    struct stat st;
    sandbox_landlock_path_t rule = { .allowed = rights };

    rule.folder = open(path, O_PATH | O_CLOEXEC);
    if (rule.folder == -1) {
        return -1;
    }

    if (fstat(rule.folder, &st) == 0) {
        if (!S_ISDIR(st.st_mode)) {
            rule.allowed &= LANDLOCK_OF_FILES;
        }
        rc = syscall(SYS_landlock_add_rule, rules, LANDLOCK_PATH_BENEATH, &rule,
                     0);
    }

    close(rule.folder);
    return (int) rc;
}
