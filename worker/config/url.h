/* URLs that we would fetch. */

#ifndef SLUICE_URL_H
#define SLUICE_URL_H

#define URL_SIZE 2048
#define URL_AUTHORITY_SIZE 264 /* a name of 253 bytes (RFC 1035), a port */

/* The host in small letters and the port of a URL, "example.org:443". 0, or
   -1 when the URL is not one we would fetch: https, with no user, fragment,
   blank, quote, backslash or byte beyond ASCII. */
int url_authority(const char *url, char authority[URL_AUTHORITY_SIZE]);

/* 1 for smtp://host[:port] or smtps://host[:port] with nothing else in it. */
int url_is_mail(const char *url);

#endif
