/* Signs of life that the slots give their master, in memory that they share. */

#ifndef SLUICE_PULSE_H
#define SLUICE_PULSE_H

/* For the master, once, before it forks: room for `places`. 0, or -1. */
int pulse_create(int places);

/* For the master, right before it forks: the place that the child takes over,
   and that counts as alive from now on. */
void pulse_take(int place);

/* For a child: it lives. Nothing without pulse_take(). */
void pulse_beat(void);

/* Seconds since the place's last sign of life. */
long pulse_age(int place);

#endif
