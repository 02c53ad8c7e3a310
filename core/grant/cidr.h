/*
 * Ranges of IP addresses: RFC 4632 (IPv4) and RFC 4291, 2.3 (IPv6). An IPv4
 * address is held as IPv4-mapped IPv6 (RFC 4291, 2.5.5.2), so that a client is
 * the same whichever kind of socket it came by.
 */

#ifndef SLUICE_CIDR_H
#define SLUICE_CIDR_H

#include <stddef.h>
#include <sys/socket.h>

#define CIDR_SIZE 16 /* bytes of an address, in network order */

typedef struct {
    unsigned char address[CIDR_SIZE]; /* IPv4: ::ffff:a.b.c.d */
    unsigned char bits;               /* 0 to 128; IPv4's /n is 96 + n */
} cidr_t;

/* Reads "10.0.0.0/8", "2001:db8::/32", or an address alone, which is one of
   /32 or /128. Bits behind the prefix are dropped. "::ffff:10.0.0.0/104" is
   the first example; a mapped range wider than /96 stays one of IPv6. Returns
   0, or -1 for anything else: names, zones, ports, octal or short forms. */
int cidr_parse(const char *text, size_t len, cidr_t *cidr);

/* The address of a socket as CIDR_SIZE bytes. 0, or -1 for what has no IP
   address, such as a Unix socket. */
int cidr_address(const struct sockaddr *sa, unsigned char address[CIDR_SIZE]);

/* 1 when the address is in the range. A range of IPv6 wider than /96 never
   holds an IPv4 address: "::/0" is all of IPv6, "0.0.0.0/0" all of IPv4. */
int cidr_match(const cidr_t *cidr, const unsigned char address[CIDR_SIZE]);

#endif
