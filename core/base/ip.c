#include <arpa/inet.h>
#include "ip.h"


int
ip_is_address(const char *text)
{
    struct in6_addr in;

    return inet_pton(AF_INET, text, &in) == 1
           || inet_pton(AF_INET6, text, &in) == 1;
}
