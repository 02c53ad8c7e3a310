/*
 * Whom to ask for the credentials of this machine's role, as AWS's SDKs find it
 * in the environment ("AWS SDKs and Tools Reference Guide": "Container
 * credential provider", "IMDS credential provider"):
 *
 *     AWS_CONTAINER_CREDENTIALS_RELATIVE_URI   ECS
 *     AWS_CONTAINER_CREDENTIALS_FULL_URI       EKS Pod Identity, and others
 *     AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE   what is shown there; else
 *     AWS_CONTAINER_AUTHORIZATION_TOKEN
 *     AWS_EC2_METADATA_DISABLED                "true": there is no IMDS
 *     AWS_EC2_METADATA_SERVICE_ENDPOINT        it is there; else
 *     AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE   "IPv6", or at 169.254.169.254
 */

#ifndef SLUICE_ROLE_SOURCE_H
#define SLUICE_ROLE_SOURCE_H

#include <limits.h>

#define ROLE_SOURCE_URL_MAX 1024
#define ROLE_SOURCE_TOKEN_MAX 8192 /* EKS's are JWTs */

typedef struct {
    int container;                     /* else an instance's IMDS */
    char url[ROLE_SOURCE_URL_MAX + 1]; /* of IMDS without a path */
    char token_file[PATH_MAX];         /* or empty */
} role_source_t;

/* Reads the environment. 0, or -1 with a sentence. */
int role_source_find(role_source_t *source, char *err, size_t err_size);

/* What a container shows of itself into `token`, which has room for
   ROLE_SOURCE_TOKEN_MAX and a zero; empty: nothing. A file is read each time:
   it is replaced while we run. 0, or -1 with a sentence. To be wiped. */
int role_source_token(const role_source_t *source, char *token, char *err,
                      size_t err_size);

/* Whether credentials may be asked for there: by https anywhere; by http on
   loopback, of ECS's 169.254.170.2 and EKS's 169.254.170.23 or fd00:ec2::23. */
int role_source_may(const char *url);

#endif
