/*
 * cidr: blocks of addresses, both families.
 */
#ifndef SANDBOX_CIDR_H
#define SANDBOX_CIDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CIDR_TEXT_SIZE 64

struct cidr {
    bool v6;
    unsigned prefix;   /* bits */
    uint8_t first[16]; /* the network's first address; IPv4 uses 4 bytes */
};

/* "10.0.0.0/8", "2001:db8::/32"; host bits are cleared, as EC2 does. The prefix is required. */
bool cidr_parse(const char *text, struct cidr *cidr);
/* The same, and a bare address is a block of one. */
bool cidr_parse_address(const char *text, struct cidr *cidr);
void cidr_format(const struct cidr *cidr, char *text); /* text holds CIDR_TEXT_SIZE */
bool cidr_contains(const struct cidr *outer, const struct cidr *inner);

#endif
