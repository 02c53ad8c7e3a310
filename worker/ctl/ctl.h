/* sluicectl: what its commands share. One noun per file, one row per command
   in main.c. */

#ifndef SLUICE_CTL_H
#define SLUICE_CTL_H

#include <stddef.h>

/* Exit codes. */
#define CTL_OK 0
#define CTL_FAILED 1 /* it did not work, or was refused; stderr says why */
#define CTL_USAGE 2  /* the command line is wrong; stderr names the option */

typedef struct {
    const char *name;    /* without the dashes */
    const char *metavar; /* "FILE"; NULL when the option takes no value; with
                            ",..." at its end the option may stand several
                            times, and its values are joined by commas */
    const char *help;
    const char **value; /* the argument goes here, "" for a plain flag */
} ctl_option_t;

typedef struct {
    const char *noun, *verb;
    const char *operand;               /* "FILE", "EMAIL ROLE"; "[FILE]" when
                                          it may be left out; NULL when there
                                          is none */
    const char *help;                  /* one sentence */
    int (*run)(int argc, char **argv); /* argv[0] is the verb; an exit code */
} ctl_command_t;

int ctl_keys_init(int argc, char **argv);
int ctl_keys_rotate(int argc, char **argv);
int ctl_keys_add(int argc, char **argv);
int ctl_keys_promote(int argc, char **argv);
int ctl_keys_remove(int argc, char **argv);
int ctl_keys_list(int argc, char **argv);
int ctl_db_migrate(int argc, char **argv);
int ctl_db_grant(int argc, char **argv);
int ctl_db_status(int argc, char **argv);
int ctl_user_add(int argc, char **argv);
int ctl_user_role(int argc, char **argv);
int ctl_user_plan(int argc, char **argv);
int ctl_user_disable(int argc, char **argv);
int ctl_user_enable(int argc, char **argv);
int ctl_user_reset_factors(int argc, char **argv);
int ctl_user_reseal_factors(int argc, char **argv);
int ctl_user_list(int argc, char **argv);
int ctl_user_import(int argc, char **argv);
int ctl_user_export(int argc, char **argv);
int ctl_key_add(int argc, char **argv);
int ctl_key_list(int argc, char **argv);
int ctl_key_remove(int argc, char **argv);
int ctl_plan_set(int argc, char **argv);
int ctl_plan_list(int argc, char **argv);
int ctl_link_sign(int argc, char **argv);
int ctl_link_show(int argc, char **argv);
int ctl_token_verify(int argc, char **argv);
int ctl_jobs_list(int argc, char **argv);
int ctl_jobs_show(int argc, char **argv);
int ctl_jobs_retry(int argc, char **argv);
int ctl_jobs_cancel(int argc, char **argv);
int ctl_audit_list(int argc, char **argv);
int ctl_cost_show(int argc, char **argv);
int ctl_media_rot(int argc, char **argv);
int ctl_node_drain(int argc, char **argv);
int ctl_node_resume(int argc, char **argv);
int ctl_node_status(int argc, char **argv);
int ctl_store_check(int argc, char **argv);
int ctl_store_setup(int argc, char **argv);
int ctl_store_copy(int argc, char **argv);
int ctl_store_verify(int argc, char **argv);

#endif
