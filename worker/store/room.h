/* Room on the disk for what a job makes that may be large, as uploads reserve
   theirs (ngx_module/spool/ngx_sluice_spool_room.c). */

#ifndef SLUICE_ROOM_H
#define SLUICE_ROOM_H

#include <stdint.h>
#include "worker/config/config.h"

/* Sets so many bytes in all aside for an open file, beside the `keep_free` of
   worker.conf. May wait for the disk. 0, or -1 with errno set: ENOSPC when
   there is no such room, and then none is taken. */
int room_take(const config_t *config, int fd, uint64_t size);

/* Gives back what the file did not need. 0, or -1 with errno set. */
int room_trim(int fd);

#endif
