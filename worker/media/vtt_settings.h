/* Where a cue of WebVTT stands on the screen ("WebVTT cue settings list").
 * Pure. */

#ifndef SLUICE_VTT_SETTINGS_H
#define SLUICE_VTT_SETTINGS_H

#include <stddef.h>

/* Writes those settings of a line that are as they must be, each with a blank
   before it: " line:0 align:start"; terminated, what does not fit is left
   out. Regions are none, since a cue's region is elsewhere in its file. */
void vtt_settings(const char *line, char *settings, size_t size);

#endif
