/* IP addresses as text. */

#ifndef SLUICE_IP_H
#define SLUICE_IP_H

/* 1 when the text is one of IPv4 or IPv6, and no name. */
int ip_is_address(const char *text);

#endif
