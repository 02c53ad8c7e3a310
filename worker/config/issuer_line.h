/*
 * The lines of worker.conf that name someone whose public keys the worker
 * keeps fresh in a file for nginx:
 *
 *   issuer <url> <file> [keys=<https url>] [host=<name[:port]>]... [ca=<file>]
 *          [every=<seconds>]
 *   load_balancer <signer's ARN> <file> keys=<https url prefix> [ca=<file>]
 */

#ifndef SLUICE_ISSUER_LINE_H
#define SLUICE_ISSUER_LINE_H

#include <limits.h>
#include <stddef.h>
#include "url.h"

#define ISSUER_LINE_HOSTS_MAX 8
#define ISSUER_LINE_NAME_SIZE 512
#define ISSUER_LINE_EVERY 3600 /* seconds, when every= is not given */

typedef enum {
    ISSUER_OIDC,         /* publishes a JWK Set */
    ISSUER_LOAD_BALANCER /* publishes one PEM a kid, as AWS's do */
} issuer_kind_t;

typedef struct {
    issuer_kind_t kind;
    char name[ISSUER_LINE_NAME_SIZE]; /* URL or ARN */
    char file[PATH_MAX];
    char keys[URL_SIZE]; /* empty: found by OpenID Connect Discovery */
    char hosts[ISSUER_LINE_HOSTS_MAX][URL_AUTHORITY_SIZE];
    size_t host_count; /* where the keys may lie besides at the issuer's own */
    char ca[PATH_MAX]; /* certificates to trust besides the system's */
    int every;         /* seconds; 0 for a load balancer: only when asked */
} issuer_line_t;

/* Reads what stands behind the line's first word, and cuts it up. 0, or -1
   with a sentence in `err`. Looks at no file. */
int issuer_line_parse(char *words, issuer_kind_t kind, issuer_line_t *line,
                      char *err, size_t err_size);

/* Makes sure that the folder of the file can be written to and that the file
   of ca= can be read. 0, or -1 with a sentence. */
int issuer_line_check(const issuer_line_t *line, char *err, size_t err_size);

#endif
