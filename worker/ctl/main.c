#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/base/version.h"
#include "ctl.h"
#include "say.h"


static const ctl_command_t commands[] = {
    { "keys", "init", "FILE", "Makes a key set; an existing file is kept.",
      ctl_keys_init },
    { "keys", "rotate", "[FILE]", "Puts new keys in front; old links hold.",
      ctl_keys_rotate },
    { "keys", "add", "[FILE]", "Puts new keys behind: they verify, and wait.",
      ctl_keys_add },
    { "keys", "promote", "[FILE]", "Lets the keys sign that were added.",
      ctl_keys_promote },
    { "keys", "remove", "KID", "Takes a key away; what it signed ends.",
      ctl_keys_remove },
    { "keys", "list", "[FILE]", "Shows the keys of a set, without secrets.",
      ctl_keys_list },
    { "db", "migrate", NULL, "Brings the database to this version's schema.",
      ctl_db_migrate },
    { "db", "grant", "ROLE",
      "Lets nginx and the worker come as this role, and do what they must.",
      ctl_db_grant },
    { "db", "status", NULL, "Shows which migrations are applied.",
      ctl_db_status },
    { "user", "add", "EMAIL", "Adds a user who signs in with a password.",
      ctl_user_add },
    { "user", "role", "USER ROLE",
      "Changes a user's role; tokens with the old one end.", ctl_user_role },
    { "user", "plan", "USER [PLAN]",
      "Gives a user the bounds of a plan, or of none.", ctl_user_plan },
    { "user", "disable", "USER", "Locks a user out and ends all sessions.",
      ctl_user_disable },
    { "user", "enable", "USER", "Lets a disabled user sign in again.",
      ctl_user_enable },
    { "user", "reset-factors", "USER",
      "Takes a user's second factors away, who has lost them.",
      ctl_user_reset_factors },
    { "user", "reseal-factors", NULL,
      "Seals their secrets anew: the key set is on standard input.",
      ctl_user_reseal_factors },
    { "user", "list", NULL, "Shows the users.", ctl_user_list },
    { "user", "import", "[FILE]",
      "Adds the users of another place, a line of JSON each.",
      ctl_user_import },
    { "user", "export", NULL, "Writes all users, a line of JSON each.",
      ctl_user_export },
    { "key", "add", "NAME",
      "Makes a service account's key: the key set is on standard input.",
      ctl_key_add },
    { "key", "list", NULL, "Shows service accounts' keys.", ctl_key_list },
    { "key", "remove", "KEY", "Takes a key back, by its id or its text.",
      ctl_key_remove },
    { "plan", "set", "NAME",
      "Makes a plan, or changes one: what users of it may bring.",
      ctl_plan_set },
    { "plan", "list", NULL, "Shows the plans.", ctl_plan_list },
    { "link", "sign", NULL, "Signs a link to a path, or to all below it.",
      ctl_link_sign },
    { "link", "show", "[LINK]", "Tells what a link opens, and whether it does.",
      ctl_link_show },
    { "token", "verify", NULL, "Checks the token on standard input.",
      ctl_token_verify },
    { "jobs", "list", NULL, "Shows the newest jobs.", ctl_jobs_list },
    { "jobs", "show", "ID", "Shows one job.", ctl_jobs_show },
    { "jobs", "retry", "ID", "Begins a dead or cancelled job anew.",
      ctl_jobs_retry },
    { "jobs", "cancel", "ID", "Stops a job for good.", ctl_jobs_cancel },
    { "audit", "list", NULL, "Shows who did what, the newest first.",
      ctl_audit_list },
    { "cost", "show", NULL,
      "Shows what this month costs, and what it will have.", ctl_cost_show },
    { "media", "rot", NULL, "Shows originals that are not what came.",
      ctl_media_rot },
    { "node", "drain", NULL,
      "Has this nginx leave its balancer, and finish what it has.",
      ctl_node_drain },
    { "node", "resume", NULL, "Has it come back.", ctl_node_resume },
    { "node", "status", NULL, "Tells whether it is drained.", ctl_node_status },
    { "store", "check", NULL,
      "Tries a bucket: what it takes, gives, and keeps to itself.",
      ctl_store_check },
    { "store", "setup", NULL,
      "Sets a bucket's rules: versions, who is let in, what ends when.",
      ctl_store_setup },
    { "store", "copy", NULL,
      "Copies media from a folder to a bucket, or back: what is missing there.",
      ctl_store_copy },
    { "store", "verify", NULL,
      "Compares all of it, byte by byte, with what is there.",
      ctl_store_verify },
    { NULL, NULL, NULL, NULL, NULL }
};


static int
main_known_noun(const char *noun)
{
    const ctl_command_t *command;

    for (command = commands; command->noun != NULL; command++) {
        if (strcmp(command->noun, noun) == 0) {
            return 1;
        }
    }

    return 0;
}


static void
main_help(FILE *out)
{
    char left[64];
    const ctl_command_t *command;

    fputs("sluicectl NOUN VERB [options]: runs Sluice from the shell\n\n", out);

    for (command = commands; command->noun != NULL; command++) {
        snprintf(left, sizeof(left), "%s %s %s", command->noun, command->verb,
                 command->operand ? command->operand : "");
        fprintf(out, "  %-18s %s\n", left, command->help);
    }

    fputs(
        "\nEach command explains itself with --help. The database comes from"
        "\n--database or SLUICE_DATABASE, the keys from --keys or SLUICE_KEYS."
        "\nExit code: 0 done, 1 it did not work, 2 the command line is "
        "wrong.\n",
        out);
}


int
main(int argc, char **argv)
{
    const ctl_command_t *command;

    if (argc < 2) {
        main_help(stderr);
        return CTL_USAGE;
    }

    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0
        || (argc == 3 && main_known_noun(argv[1])
            && strcmp(argv[2], "--help") == 0)) {
        main_help(stdout);
        return CTL_OK;
    }

    if (strcmp(argv[1], "--version") == 0) {
        puts("sluicectl " SLUICE_VERSION);
        return CTL_OK;
    }

    for (command = commands; command->noun != NULL; command++) {
        if (argc > 2 && strcmp(argv[1], command->noun) == 0
            && strcmp(argv[2], command->verb) == 0) {
            say_for(command);
            return command->run(argc - 2, argv + 2);
        }
    }

    if (!main_known_noun(argv[1])) {
        say_usage("there is no command \"%s\"", argv[1]);
    }
    if (argc == 2) {
        say_usage("\"%s\" needs to know what to do", argv[1]);
    }
    say_usage("there is no command \"%s %s\"", argv[1], argv[2]);
}
