/* Whether the disk is to blame: what a tool says of a file while the disk fails
   is not the file's fault. */

#ifndef SLUICE_DISK_H
#define SLUICE_DISK_H

/* Writes a small file into the folder, syncs and removes it, some times over.
   0, or -1 with errno set. */
int disk_try(const char *folder);

/* Whether next to nothing fits on the disk behind a folder. Some tools end well
   then, and leave half a file. */
int disk_full(const char *folder);

/* Whether a tool's last words speak of the disk. An "Input/output error" says
   nothing: ffmpeg has that for files that are cut off, too. */
int disk_blamed(const char *said);

#endif
