#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>
#include "try.h"

#define TRY_PORT 80
#define TRY_DESCRIPTORS 256
#define TRY_THREADS 4096
#define TRY_STACK ((size_t) 64 << 10)
#define TRY_BLOCK ((size_t) 1 << 20)

typedef struct {
    const char *name;
    int (*run)(const char *word); /* word: "" when there is none */
} try_t;


static int
try_say(long rc, const char *what)
{
    if (rc >= 0) {
        return TRY_DONE;
    }

    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    return TRY_DENIED;
}


static int
try_read(const char *path)
{
    return try_say(open(path, O_RDONLY), path);
}


static int
try_list(const char *path)
{
    return try_say(open(path, O_RDONLY | O_DIRECTORY), path);
}


static int
try_write(const char *path)
{
    char name[PATH_MAX];

    snprintf(name, sizeof(name), "%s/sluice-try", path);
    return try_say(open(name, O_WRONLY | O_CREAT, 0600), name);
}


/* A file of the same user, whose permissions Landlock does not guard. */
static int
try_chmod(const char *path)
{
    return try_say(chmod(path, 0600), path);
}


static int
try_link(const char *path)
{
    return try_say(symlink(path, "link"), "a symbolic link");
}


static int
try_unix(const char *path)
{
    int fd;
    struct sockaddr_un address = { .sun_family = AF_UNIX };

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    if (path[0] == '@') {
        address.sun_path[0] = '\0';
    }

    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    return try_say(
        fd == -1 ? -1
                 : connect(fd, (struct sockaddr *) &address,
                           (socklen_t) (offsetof(struct sockaddr_un, sun_path)
                                        + strlen(path))),
        path);
}


static int
try_inet(const char *port, int type)
{
    int fd;
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t) (*port ? atoi(port) : TRY_PORT)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)
    };

    fd = socket(AF_INET, type, 0);
    return try_say(
        fd == -1 ? -1
                 : connect(fd, (struct sockaddr *) &address, sizeof(address)),
        "the network");
}


static int
try_tcp(const char *port)
{
    return try_inet(port, SOCK_STREAM);
}


static int
try_udp(const char *port)
{
    return try_inet(port, SOCK_DGRAM);
}


/* Without end, were it let. */
static int
try_fork(const char *word)
{
    pid_t pid;

    (void) word;
    pid = fork();
    if (pid == 0) {
        _exit(TRY_DONE);
    }
    return try_say(pid, "fork");
}


static int
try_exec(const char *path)
{
    char *const argv[] = { (char *) path, NULL };

    return try_say(execv(path, argv), path);
}


static void *
try_thread(void *data)
{
    pause();
    return data;
}


static int
try_threads(const char *word)
{
    int i;
    pthread_t thread;
    pthread_attr_t attr;

    (void) word;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, TRY_STACK);

    for (i = 0; i < TRY_THREADS; i++) {
        errno = pthread_create(&thread, &attr, try_thread, NULL);
        if (errno != 0) {
            return try_say(-1, "threads");
        }
    }

    return TRY_DONE;
}


static int
try_memory(const char *word)
{
    char *block;

    (void) word;
    for (;;) {
        block = malloc(TRY_BLOCK);
        if (block == NULL) {
            return try_say(-1, "memory");
        }
        *block = 1;
    }
}


/* Memory that no limit of address space counts. */
static int
try_memfd(const char *word)
{
    (void) word;
    return try_say(syscall(SYS_memfd_create, "x", 0), "memfd_create");
}


static int
try_execute_memory(const char *word)
{
    void *p;

    (void) word;
    p = mmap(NULL, TRY_STACK, PROT_READ | PROT_WRITE | PROT_EXEC,
             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return try_say(p == MAP_FAILED ? -1 : 0, "memory to write and execute");
}


static int
try_file(const char *word)
{
    int fd;
    static char block[TRY_BLOCK];

    (void) word;
    fd = open("file", O_WRONLY | O_CREAT, 0600);
    while (fd != -1 && write(fd, block, sizeof(block)) > 0) {
        /* void */
    }
    return try_say(-1, "a file");
}


/* Files below the limit of one, until the disk is full. */
static int
try_disk(const char *word)
{
    int i, fd;
    char name[32];
    static char block[TRY_BLOCK / 4];

    (void) word;
    for (i = 0;; i++) {
        snprintf(name, sizeof(name), "%d", i);
        fd = open(name, O_WRONLY | O_CREAT, 0600);
        if (fd == -1 || write(fd, block, sizeof(block)) == -1) {
            return try_say(-1, name);
        }
        close(fd);
        usleep(1000);
    }
}


static int
try_output(const char *word)
{
    static char block[TRY_BLOCK];

    (void) word;
    while (write(STDOUT_FILENO, block, sizeof(block)) > 0) {
        /* void */
    }
    return try_say(-1, "output");
}


static int try_spin(const char *word) __attribute__((noreturn));
static int try_sleep(const char *word) __attribute__((noreturn));
static int try_mute(const char *word) __attribute__((noreturn));


static int
try_spin(const char *word)
{
    for (;;) {
        __asm__ volatile("" : : "r"(word)); /* the loop stays */
    }
}


static int
try_sleep(const char *word)
{
    (void) word;
    for (;;) {
        pause();
    }
}


/* Goes on behind closed pipes. */
static int
try_mute(const char *word)
{
    close(STDOUT_FILENO);
    close(STDERR_FILENO);
    try_sleep(word);
}


static int
try_kill(const char *pid)
{
    return try_say(kill(atoi(pid), 0), "kill");
}


static int
try_ptrace(const char *pid)
{
    return try_say(ptrace(PTRACE_ATTACH, atoi(pid), NULL, NULL), "ptrace");
}


static int
try_mount(const char *word)
{
    (void) word;
    return try_say(mount("none", ".", "tmpfs", 0, NULL), "mount");
}


static int
try_unshare(const char *word)
{
    (void) word;
    return try_say(unshare(CLONE_NEWUSER), "unshare");
}


static int
try_keys(const char *word)
{
    (void) word;
    return try_say(syscall(SYS_keyctl, 0, -3, 1), "keyctl");
}


static int
try_uring(const char *word)
{
    char params[120] = { 0 }; /* struct io_uring_params */

    (void) word;
    return try_say(syscall(SYS_io_uring_setup, 1, params), "io_uring_setup");
}


static int
try_userfault(const char *word)
{
    (void) word;
    return try_say(syscall(SYS_userfaultfd, 0), "userfaultfd");
}


/* One that was left open by whoever started this. */
static int
try_descriptors(const char *word)
{
    int fd;

    (void) word;
    for (fd = STDERR_FILENO + 1; fd < TRY_DESCRIPTORS; fd++) {
        if (fcntl(fd, F_GETFD) != -1) {
            return TRY_DONE;
        }
    }
    return try_say(-1, "other descriptors");
}


/* To go on when nobody reads any more, as who ignores the signal does. */
static int
try_ignore(const char *word)
{
    struct sigaction pipe, hangup;

    (void) word;
    sigaction(SIGPIPE, NULL, &pipe);
    sigaction(SIGHUP, NULL, &hangup);
    errno = EPIPE;
    return pipe.sa_handler == SIG_IGN || hangup.sa_handler == SIG_IGN
               ? TRY_DONE
               : try_say(-1, "ignored signals");
}


static int
try_nothing(const char *word)
{
    (void) word;
    return TRY_DONE;
}


static const try_t tries[] = {
    { "nothing", try_nothing },
    { "read", try_read },
    { "list", try_list },
    { "write", try_write },
    { "chmod", try_chmod },
    { "link", try_link },
    { "unix", try_unix },
    { "tcp", try_tcp },
    { "udp", try_udp },
    { "fork", try_fork },
    { "exec", try_exec },
    { "threads", try_threads },
    { "memory", try_memory },
    { "memfd", try_memfd },
    { "wx", try_execute_memory },
    { "file", try_file },
    { "disk", try_disk },
    { "output", try_output },
    { "spin", try_spin },
    { "sleep", try_sleep },
    { "mute", try_mute },
    { "kill", try_kill },
    { "ptrace", try_ptrace },
    { "mount", try_mount },
    { "unshare", try_unshare },
    { "keys", try_keys },
    { "io_uring", try_uring },
    { "userfaultfd", try_userfault },
    { "descriptors", try_descriptors },
    { "ignore", try_ignore },
};


int
try_run(int count, char **words)
{
    size_t i;

    for (i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
        if (strcmp(tries[i].name, words[0]) == 0) {
            return tries[i].run(count > 1 ? words[1] : "");
        }
    }

    fprintf(stderr, "there is nothing called %s to try\n", words[0]);
    return TRY_UNKNOWN;
}
