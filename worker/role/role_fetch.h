/*
 * A role's credentials: of an instance by IMDSv2 ("Use the Instance Metadata
 * Service": a token by PUT, then the role's name, then what it has), never by
 * its first version; of a container by one GET.
 */

#ifndef SLUICE_ROLE_FETCH_H
#define SLUICE_ROLE_FETCH_H

#include <signal.h>
#include "core/store/credentials.h"
#include "role_answer.h"
#include "role_source.h"

#define ROLE_FETCH_ERR_SIZE 512
#define ROLE_FETCH_SKEW_MAX 900 /* seconds: S3 refuses from there on */

/* Fetches them, asked for anew once where a token is not taken. 0, with the
   role's name where it is known; or -1 with a sentence that says what to do.
   `found` is to be wiped. */
int role_fetch(const role_source_t *source, const volatile sig_atomic_t *stop,
               credentials_t *found, char name[ROLE_ANSWER_NAME_MAX + 1],
               char *err, size_t err_size);

#endif
