#include <stdint.h>
#include <string.h>
#include "fail.h"
#include "ip.h"
#include "pg_hosts.h"


static unsigned
pg_hosts_count(const char *list)
{
    unsigned n = 1;

    for (/* void */; *list; list++) {
        n += *list == ',';
    }

    return n;
}


/* The i-th item into `text`; 0, or -1 when it is too long. */
static int
pg_hosts_item(const char *list, unsigned i, char *text, size_t size)
{
    size_t len;

    while (i-- > 0) {
        list += strcspn(list, ",") + 1;
    }

    len = strcspn(list, ",");
    if (len >= size) {
        return -1;
    }

    memcpy(text, list, len);
    text[len] = '\0';
    return 0;
}


static int
pg_hosts_one(pg_host_t *to, unsigned i, const char *host, const char *hostaddr,
             const char *port, char *err, size_t err_size)
{
    if (pg_hosts_item(host, *host ? i : 0, to->name, sizeof(to->name)) != 0) {
        return fail_because(err, err_size, "host %u has a name too long",
                            i + 1);
    }

    if (pg_hosts_item(hostaddr, *hostaddr ? i : 0, to->address,
                      sizeof(to->address))
            != 0
        || (to->address[0] && !ip_is_address(to->address))) {
        return fail_because(err, err_size,
                            "hostaddr %u is no address: write names as host",
                            i + 1);
    }

    /* one port may be that of all */

    if (pg_hosts_item(port, pg_hosts_count(port) > 1 ? i : 0, to->port,
                      sizeof(to->port))
            != 0
        || strspn(to->port, "0123456789") != strlen(to->port)) {
        return fail_because(err, err_size, "port %u is no number", i + 1);
    }

    if (to->address[0] == '\0' && ip_is_address(to->name)) {
        memcpy(to->address, to->name, strlen(to->name) + 1);
    }

    return 0;
}


int
pg_hosts_read(pg_hosts_t *hosts, const char *host, const char *hostaddr,
              const char *port, char *err, size_t err_size)
{
    unsigned i;

    memset(hosts, 0, sizeof(*hosts));

    host = host ? host : "";
    hostaddr = hostaddr ? hostaddr : "";
    port = port ? port : "";

    hosts->n = pg_hosts_count(*hostaddr ? hostaddr : host);

    if (hosts->n > PG_HOSTS_MAX) {
        return fail_because(err, err_size, "%u hosts; %d at most", hosts->n,
                            PG_HOSTS_MAX);
    }

    if (*host && pg_hosts_count(host) != hosts->n) {
        return fail_because(err, err_size,
                            "%u in host and %u in hostaddr: as many of both",
                            pg_hosts_count(host), hosts->n);
    }

    if (pg_hosts_count(port) != 1 && pg_hosts_count(port) != hosts->n) {
        return fail_because(err, err_size,
                            "%u in port and %u hosts: one for all, or as many",
                            pg_hosts_count(port), hosts->n);
    }

    for (i = 0; i < hosts->n; i++) {
        if (pg_hosts_one(&hosts->host[i], i, host, hostaddr, port, err,
                         err_size)
            != 0) {
            return -1;
        }
    }

    return 0;
}


int
pg_host_is_name(const pg_host_t *host)
{
    return host->address[0] == '\0' && host->name[0] != '\0'
           && host->name[0] != '/' && host->name[0] != '@';
}


/* Names of many addresses give them in another order each time: who went well
   stays first. */
unsigned
pg_hosts_choose(const pg_hosts_t *hosts, char addresses[][PG_HOST_ADDRESS_SIZE],
                unsigned n)
{
    unsigned i;

    for (i = 0; i < n; i++) {
        if (strcmp(addresses[i], hosts->host[hosts->at].well) == 0) {
            break;
        }
    }

    return (i % n + hosts->tried) % n;
}


int
pg_hosts_failed(pg_hosts_t *hosts, unsigned turn, unsigned n)
{
    if (turn != hosts->turn) {
        return 0;
    }

    hosts->turn++;

    if (++hosts->tried < n) {
        return 0;
    }

    hosts->tried = 0;
    hosts->at = (hosts->at + 1) % hosts->n;

    if (++hosts->failed < hosts->n) {
        return 0;
    }

    hosts->failed = 0;
    return 1;
}


void
pg_hosts_went_well(pg_hosts_t *hosts, unsigned turn, const char *address)
{
    pg_host_t *host = &hosts->host[hosts->at];

    if (turn != hosts->turn || strlen(address) >= sizeof(host->well)) {
        return;
    }

    hosts->tried = 0;
    hosts->failed = 0;
    memcpy(host->well, address, strlen(address) + 1);
}
