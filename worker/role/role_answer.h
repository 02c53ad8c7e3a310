/* What a metadata service, ECS or EKS says a role's credentials are: JSON of a
   stranger's. */

#ifndef SLUICE_ROLE_ANSWER_H
#define SLUICE_ROLE_ANSWER_H

#include <stddef.h>
#include "core/store/credentials.h"

#define ROLE_ANSWER_NAME_MAX 64 /* "RoleName" in IAM's API reference */

/* Reads the object with AccessKeyId, SecretAccessKey, Token and Expiration. 0;
   or -1 with a sentence that has nothing of them, and then nothing stays in
   `found`. To be wiped. */
int role_answer_read(const char *text, size_t len, credentials_t *found,
                     char *err, size_t err_size);

/* The name of the role in IMDS's list, which is its first line. 0; -1: it is
   none. */
int role_answer_name(const char *text, size_t len,
                     char name[ROLE_ANSWER_NAME_MAX + 1]);

#endif
