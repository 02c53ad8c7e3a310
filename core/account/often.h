/*
 * Passwords that many people have chosen, as they came out of the breaches of
 * others: what a list of words, names and rows of keys does not explain.
 */

#ifndef SLUICE_OFTEN_H
#define SLUICE_OFTEN_H

#include <stddef.h>

/* 1 when this is one of them, in small letters or capitals; of those that are
   none one in a million is taken for one. */
int often_chosen(const char *password, size_t len);

#endif
