/* What a slow disk may take minutes for, while its caller stays awake. */

#ifndef SLUICE_ASIDE_H
#define SLUICE_ASIDE_H

/* Runs `work` in a thread of its own, which takes no signals, and calls `beat`
   some four times a second until it is over: a disk that is asked cannot be
   told to stop. Returns what `work` did, with its errno. Without a thread, the
   work is done all the same, unheard. */
int aside_run(int (*work)(void *data), void *data, void (*beat)(void *beats),
              void *beats);

#endif
