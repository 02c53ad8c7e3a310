#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <getopt.h>
#include "core/base/version.h"
#include "worker/base/log.h"
#include "worker/config/config.h"
#include "worker/jobs/kinds.h"
#include "worker/role/role.h"
#include "worker/sandbox/sandbox.h"
#include "worker/sandbox/sandbox_check.h"
#include "worker/store/store.h"
#include "master.h"

#define MAIN_USAGE 2


static void
main_help(FILE *out)
{
    fputs(
        "sluice-worker -c FILE [-t]: does Sluice's jobs, in the foreground\n"
        "sluice-worker [-c FILE] --check: tries the sandbox of its tools, and\n"
        "the file as -t does\n"
        "\n"
        "  -c, --config FILE  key and value a line: database, redis, media,\n"
        "                     store, spool, work, originals, slots, patience,\n"
        "                     log, pid, noop, mail, mail_name, issuer,\n"
        "                     load_balancer\n"
        "  -t, --test         looks at the file, asks for its role and its\n"
        "                     bucket, says what is wrong, leaves\n"
        "      --check        line by line: does the sandbox hold? 1: it does\n"
        "                     not, for a reason that is not this machine's\n"
        "  -h, --help         shows this\n"
        "      --version      shows which one it is\n"
        "\n"
        "Signals: QUIT leaves after the jobs at hand; TERM and INT give them\n"
        "back and leave; HUP reads the file again; USR1 reopens the logs.\n"
        "Exit code: 0 done, 1 it did not work, 2 the command line is wrong.\n",
        out);
}


/* What the file says is at hand: the master may start. */
static int
main_start(const char *path, const config_t *config)
{
    char said[512];

    log_form(config->log_json);
    if (log_open(config->log) != 0) {
        fprintf(stderr, "sluice-worker: %s: %s\n", config->log,
                strerror(errno));
        return EXIT_FAILURE;
    }

    if (sandbox_open(SANDBOX_ANY, NULL, said, sizeof(said)) != 0) {
        log_write(LOG_ERROR, "no sandbox for the tools: %s", said);
        fprintf(stderr, "sluice-worker: no sandbox for the tools: %s\n", said);
        return EXIT_FAILURE;
    }
    log_write(LOG_INFO, "sandbox of the tools: %s", said);

    return master_run(path, config);
}


/* What no slot of this machine takes: another one's must. */
static void
main_abilities(const config_t *config)
{
    char line[KINDS_LINE_SIZE];

    if ((config->slots_encode == 0) != (config->slots_quick == 0)) {
        kinds_line(config->slots_encode == 0, line);
        printf("Nobody here takes: %s.\n", line);
    }
}


/* What the file says, tried: a role's credentials are asked for, and the bucket
   by them. */
static int
main_test(const char *path, const config_t *config)
{
    int rc = 0;
    char err[512];
    credentials_t who = { .expires = 0 };

    if (role_wanted(config)) {
        rc = role_try(&who, err, sizeof(err));
    }
    if (rc == 0) {
        rc = store_check(config, role_wanted(config) ? &who : NULL, err,
                         sizeof(err));
    }
    credentials_forget(&who);

    if (rc != 0) {
        fprintf(stderr, "sluice-worker: %s: %s\n", path, err);
        return EXIT_FAILURE;
    }

    main_abilities(config);
    printf("%s is good.\n", path);
    return EXIT_SUCCESS;
}


int
main(int argc, char **argv)
{
    int option, test = 0, check = 0;
    char err[512];
    const char *path = NULL;
    config_t config;
    static const struct option options[] = {
        { "config", 1, NULL, 'c' },  { "test", 0, NULL, 't' },
        { "check", 0, NULL, 'k' },   { "help", 0, NULL, 'h' },
        { "version", 0, NULL, 'v' }, { NULL, 0, NULL, 0 }
    };

    while ((option = getopt_long(argc, argv, "c:th", options, NULL)) != -1) {
        switch (option) {
        case 'c':
            path = optarg;
            break;
        case 't':
            test = 1;
            break;
        case 'k':
            check = test = 1;
            break;
        case 'h':
            main_help(stdout);
            return EXIT_SUCCESS;
        case 'v':
            puts("sluice-worker " SLUICE_VERSION);
            return EXIT_SUCCESS;
        default:
            fputs("Try: sluice-worker --help\n", stderr);
            return MAIN_USAGE;
        }
    }

    if (check && optind == argc) {
        option = sandbox_check(stdout);
        if (option != EXIT_SUCCESS || path == NULL) {
            return option;
        }
    }

    if (path == NULL || optind < argc) {
        fputs(path ? "sluice-worker: there is an argument too many\n"
                   : "sluice-worker: -c FILE is missing\n",
              stderr);
        fputs("Try: sluice-worker --help\n", stderr);
        return MAIN_USAGE;
    }

    if (config_read(path, &config, err, sizeof(err)) != 0) {
        fprintf(stderr, "sluice-worker: %s\n", err);
        return EXIT_FAILURE;
    }

    return test ? main_test(path, &config) : main_start(path, &config);
}
