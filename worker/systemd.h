/* What systemd is told of a service of Type=notify: sd_notify(3). Nothing when
   systemd did not start us. */

#ifndef SLUICE_SYSTEMD_H
#define SLUICE_SYSTEMD_H

/* Sends "READY=1", "STOPPING=1" or the like to $NOTIFY_SOCKET. 0 also when
   there is none; -1 with errno set. */
int systemd_tell(const char *state);

/* Seconds between two WATCHDOG=1 that are on the safe side: half of what
   $WATCHDOG_USEC asks for; 0 when nobody watches this process. */
double systemd_watchdog(void);

#endif
