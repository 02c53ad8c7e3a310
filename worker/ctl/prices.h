/* A price list: what a month costs, by what was stored and sent. */

#ifndef SLUICE_PRICES_H
#define SLUICE_PRICES_H

#include <jansson.h>

/* Reads and checks a list. NULL after saying what is wrong, where, and what to
   write instead; to json_decref() otherwise. All amounts in it are strings of
   decimal digits: they reach SQL's numeric as they are. */
json_t *prices_read(const char *file);

#endif
