#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "worker/base/clock.h"
#include "worker/base/log.h"
#include "worker/base/pulse.h"
#include "worker/issuer/issuer_keys.h"
#include "worker/role/role.h"
#include "master.h"
#include "slot.h"
#include "systemd.h"

#define MASTER_CHILDREN_MAX \
    (4 * (CONFIG_SLOTS_MAX + 1)) /* those that drain too */
#define MASTER_KEYS 0 /* the place of the process for issuers' keys */
#define MASTER_ROLE (CONFIG_SLOTS_MAX + 2) /* of the role's credentials */
#define MASTER_TICK_MS 500
#define MASTER_PATIENCE 10    /* seconds until a fast stop becomes a kill */
#define MASTER_BACKOFF_MAX 16 /* seconds between two tries to fork */
#define MASTER_SILENT 300     /* seconds that one may outlive its kill */
#define MASTER_STEADY 10      /* seconds after which a slot counts as sound */
#define MASTER_NAME_SIZE 64

typedef struct {
    pid_t pid;     /* 0: none */
    uint64_t mark; /* what makes its name its own */
    int number;    /* the slot's place, from 1, or MASTER_KEYS, _ROLE */
    int draining;  /* it is being replaced */
    int killed;    /* it was silent for too long */
    time_t born;   /* monotonic seconds, all of these */
} master_child_t;

/* A place for a child. */
typedef struct {
    /* whose leases the next one releases, the last in front, or 0: it may die
       before it has */
    slot_id_t dead[SLOT_PREDECESSORS];
    int failures; /* in a row */
    time_t not_before;
} master_place_t;

typedef struct {
    const char *path;
    config_t config;
    master_child_t children[MASTER_CHILDREN_MAX];
    master_place_t places[MASTER_ROLE + 1];
    sigset_t signals;
    int leaving; /* the signal that ends it, or 0 */
    int strays;  /* what dead slots left, when it was last looked at */
    time_t kill_at, strays_until;
    double watchdog; /* seconds between two signs of life for systemd */
    time_t told_at;
} master_t;


/* The last place: behind the slots there is one for mails, where they are
   sent. */
static int
master_last(const master_t *master)
{
    return master->config.slots + mail_line_given(&master->config.mail);
}


/* It keeps a file fresh, and does no jobs. */
static int
master_keeps(int number)
{
    return number == MASTER_KEYS || number == MASTER_ROLE;
}


/* Whether the configuration has a use for this place. */
static int
master_wants(const master_t *master, int number)
{
    const config_t *config = &master->config;

    switch (number) {
    case MASTER_KEYS:
        return config->issuer_count > 0;
    case MASTER_ROLE:
        return role_wanted(config);
    default:
        return number <= master_last(master);
    }
}


static pid_t
master_reap_one(int *status)
{
    return waitpid(-1, status, WNOHANG);
}


static int
master_wait(const sigset_t *signals, int ms)
{
    const struct timespec time = { ms / 1000, ms % 1000 * 1000000L };

    return sigtimedwait(signals, NULL, &time);
}


master_kernel_t master_kernel = { fork, master_reap_one, kill, master_wait };


static void
master_write_pid(const config_t *config)
{
    FILE *file;

    if (config->pid[0] == '\0') {
        return;
    }

    file = fopen(config->pid, "we");
    if (file == NULL) {
        log_write(LOG_ERROR, "%s: %s", config->pid, strerror(errno));
        return;
    }

    fprintf(file, "%d\n", getpid());
    fclose(file);
}


static int
master_alive(const master_t *master)
{
    int i;

    for (i = 0; i < MASTER_CHILDREN_MAX; i++) {
        if (master->children[i].pid != 0) {
            return 1;
        }
    }

    return 0;
}


static int
master_held(const master_t *master, int number)
{
    int i;

    for (i = 0; i < MASTER_CHILDREN_MAX; i++) {
        if (master->children[i].pid != 0 && master->children[i].number == number
            && (master_keeps(number) || !master->children[i].draining)) {
            return 1;
        }
    }

    return 0;
}


static void
master_spawn(master_t *master, int number)
{
    int i;
    pid_t pid, parent = getpid();
    uint64_t mark;
    master_place_t *place = &master->places[number];

    for (i = 0; i < MASTER_CHILDREN_MAX && master->children[i].pid != 0; i++) {
        /* void */
    }
    if (i == MASTER_CHILDREN_MAX) {
        return;
    }

    if (getrandom(&mark, sizeof(mark), 0) != sizeof(mark)) {
        log_write(LOG_ERROR, "getrandom: %s", strerror(errno));
        place->not_before = clock_seconds() + 1;
        return;
    }

    /* before it lives: the place may have been another's */
    pulse_take(i);
    pid = master_kernel.fork();

    if (pid == 0) {

        /* Nobody would stop a child whose master is gone. */
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (getppid() != parent) {
            _exit(EXIT_FAILURE);
        }
        exit(number == MASTER_KEYS ? issuer_keys_run(&master->config)
             : number == MASTER_ROLE
                 ? role_run(&master->config)
                 : slot_run(&master->config, number, mark, place->dead));
    }

    if (pid == -1) {
        log_write(LOG_ERROR, "fork: %s", strerror(errno));
        place->not_before = clock_seconds() + 1;
        return;
    }

    master->children[i] = (master_child_t){
        .pid = pid, .mark = mark, .number = number, .born = clock_seconds()
    };
}


/* Every place has one child that is not about to leave; one of those that keep
   a file is filled when its predecessor is gone, so that two never fetch at a
   time. */
static void
master_fill(master_t *master)
{
    int number;

    for (number = 0; number <= MASTER_ROLE && !master->leaving; number++) {
        if (master_wants(master, number) && !master_held(master, number)
            && clock_seconds() >= master->places[number].not_before) {
            master_spawn(master, number);
        }
    }
}


/* Each place has a slot, but for a while after one died, and no slot outlives
   that it was killed, as one does whose disk does not answer. */
static int
master_well(const master_t *master)
{
    int i, number;

    for (number = 1; number <= master_last(master) && !master->leaving;
         number++) {
        if (!master_held(master, number)
            && clock_seconds()
                   > master->places[number].not_before + MASTER_BACKOFF_MAX) {
            return 0;
        }
    }

    for (i = 0; i < MASTER_CHILDREN_MAX; i++) {
        if (master->children[i].pid != 0 && master->children[i].killed
            && pulse_age(i) > master->config.patience + MASTER_SILENT) {
            return 0;
        }
    }

    return 1;
}


/* READY=1 when the slots have been started, WATCHDOG=1 as long as they are
   well: else systemd starts all of it anew. */
static void
master_tell(master_t *master)
{
    time_t now = clock_seconds();

    if (master->told_at == 0) {
        (void) systemd_tell("READY=1");

    } else if (master->watchdog == 0
               || (double) (now - master->told_at) < master->watchdog
               || !master_well(master)) {
        return;
    }

    (void) systemd_tell("WATCHDOG=1");
    master->told_at = now;
}


/* Unless another master has taken the file over. */
static void
master_remove_pid(const config_t *config)
{
    int pid = 0;
    FILE *file;

    if (config->pid[0] == '\0') {
        return;
    }

    file = fopen(config->pid, "re");
    if (file == NULL) {
        return;
    }

    if (fscanf(file, "%d", &pid) == 1 && pid == getpid()) {
        unlink(config->pid);
    }
    fclose(file);
}


static void
master_signal_all(const master_t *master, int number)
{
    int i;

    for (i = 0; i < MASTER_CHILDREN_MAX; i++) {
        if (master->children[i].pid != 0) {
            master_kernel.kill(master->children[i].pid, number);
        }
    }
}


static void
master_reload(master_t *master)
{
    int i;
    char err[512];
    config_t fresh;

    if (config_read(master->path, &fresh, err, sizeof(err)) != 0) {
        log_write(LOG_ERROR, "not reloaded: %s", err);
        return;
    }

    if (strcmp(fresh.pid, master->config.pid) != 0) {
        master_remove_pid(&master->config);
        master_write_pid(&fresh);
    }
    log_form(fresh.log_json);
    if (log_open(fresh.log) != 0) {
        log_write(LOG_ERROR, "%s: %s", fresh.log, strerror(errno));
    }

    master->config = fresh;
    for (i = 0; i <= MASTER_ROLE; i++) {
        master->places[i].failures = 0;
        master->places[i].not_before = 0;
    }

    for (i = 0; i < MASTER_CHILDREN_MAX; i++) {
        if (master->children[i].pid != 0) {
            master->children[i].draining = 1;
        }
    }

    master_signal_all(master, SIGQUIT);
    log_write(LOG_INFO, "reloaded with %d slots", fresh.slots);
}


static void
master_leave(master_t *master, int number)
{
    log_write(LOG_INFO, number == SIGQUIT ? "stopping after the jobs at hand"
                                          : "stopping");
    master->leaving = number;
    (void) systemd_tell("STOPPING=1");

    if (number == SIGQUIT) {
        master_signal_all(master, SIGQUIT);
        return;
    }

    master->kill_at = clock_seconds() + MASTER_PATIENCE;
    master_signal_all(master, SIGTERM);
}


static void
master_on_signal(master_t *master, int number)
{
    switch (number) {
    case SIGHUP:
        master_reload(master);
        break;

    case SIGUSR1:
        if (log_open(master->config.log) != 0) {
            log_write(LOG_ERROR, "%s: %s", master->config.log, strerror(errno));
        }
        master_signal_all(master, SIGUSR1);
        break;

    case SIGQUIT:
    case SIGTERM:
    case SIGINT:
        master_leave(master, number);
        break;

    default:
        break;
    }

    if (master->kill_at != 0 && clock_seconds() >= master->kill_at) {
        master_signal_all(master, SIGKILL);
    }
}


/* A slot that hangs is killed, and its job goes on elsewhere like that of any
   that died; so is one that hangs while it drains. */
static void
master_listen(master_t *master)
{
    int i;
    long silent;
    master_child_t *child;

    for (i = 0; i < MASTER_CHILDREN_MAX; i++) {
        child = &master->children[i];
        silent = pulse_age(i);

        if (child->pid == 0 || master_keeps(child->number) || child->killed
            || silent <= master->config.patience) {
            continue;
        }

        log_write(LOG_ERROR,
                  "slot %d (%d) gave no sign of life for %ld s: killed",
                  child->number, child->pid, silent);
        master_kernel.kill(child->pid, SIGKILL);
        child->killed = 1;
    }
}


/* NULL: the master did not start it. */
static master_child_t *
master_find(master_t *master, pid_t pid)
{
    int i;

    for (i = 0; i < MASTER_CHILDREN_MAX; i++) {
        if (master->children[i].pid == pid) {
            return &master->children[i];
        }
    }

    return NULL;
}


static void
master_buried(master_t *master, master_child_t *child, int status)
{
    int delay;
    char name[MASTER_NAME_SIZE];
    pid_t pid = child->pid;
    time_t lived = clock_seconds() - child->born;
    master_place_t *place = &master->places[child->number];

    child->pid = 0;
    if (lived >= MASTER_STEADY && !child->draining) {
        memset(place->dead, 0, sizeof(place->dead));
    }
    if (child->number == MASTER_KEYS) {
        strcpy(name, "the process of the issuers' keys");
    } else if (child->number == MASTER_ROLE) {
        strcpy(name, "the process of the role's credentials");
    } else {
        snprintf(name, sizeof(name), "slot %d", child->number);
    }

    if (WIFSIGNALED(status)) {
        log_write(LOG_ERROR, "%s (%d) died of signal %d", name, pid,
                  WTERMSIG(status));
        memmove(place->dead + 1, place->dead,
                sizeof(place->dead) - sizeof(place->dead[0]));
        place->dead[0] = (slot_id_t){ pid, child->mark };
    } else if (WEXITSTATUS(status) != 0) {
        log_write(LOG_ERROR, "%s (%d) left with %d", name, pid,
                  WEXITSTATUS(status));
    }

    if (child->draining) {
        return;
    }

    place->failures = lived >= MASTER_STEADY ? 0 : place->failures + 1;
    delay = 0;
    if (place->failures > 1) {
        delay = 1 << (place->failures < 6 ? place->failures - 2 : 4);
        delay = delay > MASTER_BACKOFF_MAX ? MASTER_BACKOFF_MAX : delay;
    }
    place->not_before = clock_seconds() + delay;
}


/* A tool is to die with its slot, but bubblewrap asks for that too late: when
   it is killed just before, its first process in the namespace waits for ever.
   Each death here may bring more of them. */
static void
master_sweep(master_t *master)
{
    int pid, strays = 0;
    FILE *file;

    file = fopen("/proc/thread-self/children", "re");
    if (file == NULL) {
        return;
    }

    while (fscanf(file, "%d", &pid) == 1) {
        if (master_find(master, pid) == NULL) {
            master_kernel.kill(pid, SIGKILL);
            strays++;
        }
    }
    fclose(file);

    if (master->strays == 0) {
        master->strays_until = clock_seconds() + MASTER_PATIENCE;
    }
    master->strays = strays;
}


static void
master_reap(master_t *master)
{
    int status, buried = 0;
    pid_t pid;
    master_child_t *child;

    while ((pid = master_kernel.reap(&status)) > 0) {
        buried++;
        child = master_find(master, pid);
        if (child != NULL) {
            master_buried(master, child, status);
        }
    }

    if (buried > 0) {
        master_sweep(master);
    }
}


int
master_run(const char *path, const config_t *config)
{
    size_t i;
    master_t *master;
    static const int handled[] = { SIGTERM, SIGINT,  SIGQUIT,
                                   SIGHUP,  SIGUSR1, SIGCHLD };

    master = calloc(1, sizeof(*master));
    if (master == NULL) {
        return EXIT_FAILURE;
    }

    master->path = path;
    master->config = *config;
    sigemptyset(&master->signals);
    for (i = 0; i < sizeof(handled) / sizeof(handled[0]); i++) {
        sigaddset(&master->signals, handled[i]);
    }
    sigprocmask(SIG_BLOCK, &master->signals, NULL);

    if (pulse_create(MASTER_CHILDREN_MAX) != 0) {
        free(master);
        return EXIT_FAILURE;
    }

    /* What a slot that is killed leaves behind comes to the master. */
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) {
        log_write(LOG_ERROR, "prctl: %s", strerror(errno));
    }

    master_write_pid(&master->config);
    master->watchdog = systemd_watchdog();
    log_write(LOG_INFO, "started with %d slots", master->config.slots);

    while (!master->leaving || master_alive(master)
           || (master->strays > 0 && clock_seconds() < master->strays_until)) {
        master_fill(master);
        master_tell(master);
        master_on_signal(master,
                         master_kernel.wait(&master->signals, MASTER_TICK_MS));
        master_listen(master);
        master_reap(master);
    }

    log_write(LOG_INFO, "stopped");
    master_remove_pid(&master->config);
    free(master);
    return EXIT_SUCCESS;
}
