#include "tests/sandbox/world/cidr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "core/base/str.h"

static unsigned n_bits(const struct cidr *cidr)
{
    return cidr->v6 ? 128 : 32;
}

static void clear_host_bits(struct cidr *cidr)
{
    for (unsigned bit = cidr->prefix; bit < n_bits(cidr); bit++)
        cidr->first[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
}

static bool parse_address(const char *text, size_t len, struct cidr *cidr)
{
    char address[INET6_ADDRSTRLEN];
    if (len >= sizeof address)
        return false;
    memcpy(address, text, len);
    address[len] = '\0';
    *cidr = (struct cidr){.v6 = strchr(address, ':') != NULL};
    return inet_pton(cidr->v6 ? AF_INET6 : AF_INET, address, cidr->first) == 1;
}

static bool parse_prefix(const char *text, struct cidr *cidr)
{
    size_t len = strlen(text);
    if (len < 1 || len > 3 || strspn(text, "0123456789") != len || (len > 1 && text[0] == '0'))
        return false;
    int64_t prefix;
    if (!sv_to_i64(sv_of(text), &prefix))
        return false;
    cidr->prefix = (unsigned)prefix;
    return cidr->prefix <= n_bits(cidr);
}

bool cidr_parse(const char *text, struct cidr *cidr)
{
    const char *slash = strchr(text, '/');
    if (!slash || !parse_address(text, (size_t)(slash - text), cidr) ||
        !parse_prefix(slash + 1, cidr))
        return false;
    clear_host_bits(cidr);
    return true;
}

bool cidr_parse_address(const char *text, struct cidr *cidr)
{
    if (strchr(text, '/'))
        return cidr_parse(text, cidr);
    if (!parse_address(text, strlen(text), cidr))
        return false;
    cidr->prefix = n_bits(cidr);
    return true;
}

void cidr_format(const struct cidr *cidr, char *text)
{
    char address[INET6_ADDRSTRLEN];
    inet_ntop(cidr->v6 ? AF_INET6 : AF_INET, cidr->first, address, sizeof address);
    snprintf(text, CIDR_TEXT_SIZE, "%s/%u", address, cidr->prefix);
}

bool cidr_contains(const struct cidr *outer, const struct cidr *inner)
{
    if (outer->v6 != inner->v6 || outer->prefix > inner->prefix)
        return false;
    struct cidr cut = *inner;
    cut.prefix = outer->prefix;
    clear_host_bits(&cut);
    return memcmp(cut.first, outer->first, sizeof cut.first) == 0;
}
