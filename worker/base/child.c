#include <signal.h>
#include <stddef.h>
#include "child.h"


void
child_signals(void (*handler)(int number))
{
    size_t i;
    sigset_t none;
    struct sigaction action = { .sa_handler = handler };
    static const int handled[] = { SIGTERM, SIGINT, SIGQUIT, SIGUSR1 };

    for (i = 0; i < sizeof(handled) / sizeof(handled[0]); i++) {
        sigaction(handled[i], &action, NULL);
    }

    action.sa_handler = SIG_IGN;
    sigaction(SIGHUP, &action, NULL);
    sigaction(SIGPIPE, &action, NULL);
    action.sa_handler = SIG_DFL;
    sigaction(SIGCHLD, &action, NULL);

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}
