#include "core/gov/security_group/cidr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The bytes of addr that hold an address of the family. */
static uint8_t *address_bytes(const struct cidr *cidr)
{
    return (uint8_t *)cidr->addr + (cidr->v6 ? 0 : 12);
}

static unsigned address_bits(const struct cidr *cidr)
{
    return cidr->v6 ? 128 : 32;
}

static void clear_host_bits(struct cidr *cidr)
{
    uint8_t *bytes = address_bytes(cidr);
    for (unsigned bit = cidr->prefix_len; bit < address_bits(cidr); bit++)
        bytes[bit / 8] &= (uint8_t) ~(0x80u >> bit % 8);
}

bool cidr_parse(struct sv text, struct cidr *cidr)
{
    struct sv rest = text;
    struct sv address = sv_split(&rest, '/');
    char host[INET6_ADDRSTRLEN];
    int64_t prefix_len;
    if (address.len == 0 || address.len >= sizeof host || rest.len == 0 || rest.len > 3 ||
        rest.ptr[0] == '+' || !sv_to_i64(rest, &prefix_len))
        return false;
    sv_copy(address, host, sizeof host);
    struct cidr parsed = {.v6 = sv_contains(address, SV(":"))};
    if (prefix_len < 0 || prefix_len > (int64_t)address_bits(&parsed) ||
        inet_pton(parsed.v6 ? AF_INET6 : AF_INET, host, address_bytes(&parsed)) != 1)
        return false;
    parsed.prefix_len = (uint8_t)prefix_len;
    clear_host_bits(&parsed);
    *cidr = parsed;
    return true;
}

bool cidr_has_host_bits(struct sv text)
{
    char host[INET6_ADDRSTRLEN + 4];
    struct cidr range, address;
    struct sv rest = text;
    struct sv given = sv_split(&rest, '/');
    if (!cidr_parse(text, &range))
        return false;
    snprintf(host, sizeof host, SV_FMT "/%u", SV_ARG(given), address_bits(&range));
    return cidr_parse(sv_of(host), &address) &&
           memcmp(range.addr, address.addr, sizeof range.addr) != 0;
}

void cidr_format(const struct cidr *cidr, char *text)
{
    char host[INET6_ADDRSTRLEN] = "";
    inet_ntop(cidr->v6 ? AF_INET6 : AF_INET, address_bytes(cidr), host, sizeof host);
    snprintf(text, CIDR_TEXT_SIZE, "%s/%u", host, cidr->prefix_len);
}

bool cidr_equal(const struct cidr *a, const struct cidr *b)
{
    return cidr_compare(a, b) == 0;
}

bool cidr_is_world(const struct cidr *cidr)
{
    return cidr->prefix_len == 0;
}

bool cidr_is_broad(const struct cidr *cidr)
{
    return cidr->prefix_len < (cidr->v6 ? 32 : 8);
}

bool cidr_contains(const struct cidr *outer, const struct cidr *inner)
{
    if (outer->v6 != inner->v6 || outer->prefix_len > inner->prefix_len)
        return false;
    struct cidr cut = *inner;
    cut.prefix_len = outer->prefix_len;
    clear_host_bits(&cut);
    return memcmp(cut.addr, outer->addr, sizeof cut.addr) == 0;
}

int cidr_compare(const struct cidr *a, const struct cidr *b)
{
    if (a->v6 != b->v6)
        return a->v6 ? 1 : -1;
    int order = memcmp(a->addr, b->addr, sizeof a->addr);
    return order ? order : (a->prefix_len > b->prefix_len) - (a->prefix_len < b->prefix_len);
}

/* next becomes the first address behind cidr; false when cidr ends with the last address. */
static bool address_behind(const struct cidr *cidr, struct cidr *next)
{
    *next = *cidr;
    uint8_t *bytes = address_bytes(next);
    for (unsigned bit = cidr->prefix_len; bit-- > 0;) {
        uint8_t mask = (uint8_t)(0x80u >> bit % 8);
        bytes[bit / 8] ^= mask;
        if (bytes[bit / 8] & mask)
            return true;
    }
    return false;
}

bool cidr_covers_world(const struct cidr *const *ranges, size_t n, bool *outermost)
{
    const struct cidr *last = NULL;
    struct cidr next = {.v6 = n > 0 && ranges[0]->v6};
    bool more = true; /* whether next is an address, not the end of all */
    for (size_t i = 0; i < n; i++) {
        outermost[i] = !last || !cidr_contains(last, ranges[i]) || cidr_equal(last, ranges[i]);
        if (last && cidr_contains(last, ranges[i]))
            continue;
        if (memcmp(ranges[i]->addr, next.addr, sizeof next.addr) != 0)
            return false;
        last = ranges[i];
        more = address_behind(last, &next);
    }
    return !more;
}

bool cidr_is_covered(const struct cidr *range, const struct cidr *const *by, size_t n)
{
    const struct cidr *last = NULL;
    struct cidr next = *range, behind;
    address_behind(range, &behind);
    for (size_t i = 0; i < n; i++) {
        if (cidr_contains(by[i], range))
            return true;
        if (!cidr_contains(range, by[i]) || (last && cidr_contains(last, by[i])))
            continue;
        if (memcmp(by[i]->addr, next.addr, sizeof next.addr) != 0)
            return false;
        last = by[i];
        address_behind(last, &next);
    }
    return last && memcmp(next.addr, behind.addr, sizeof next.addr) == 0;
}

static int by_range(const void *a, const void *b)
{
    const struct cidr *const *x = a, *const *y = b;
    return cidr_compare(*x, *y);
}

bool cidrs_cover_family(const struct cidrs *ranges, bool v6)
{
    size_t n = 0;
    AUTO_FREE const struct cidr **sorted = mem_alloc((ranges->len + 1) * sizeof *sorted);
    AUTO_FREE bool *outermost = mem_alloc((ranges->len + 1) * sizeof *outermost);
    for (size_t i = 0; i < ranges->len; i++)
        if (ranges->ptr[i].v6 == v6)
            sorted[n++] = &ranges->ptr[i];
    qsort(sorted, n, sizeof *sorted, by_range);
    return n > 0 && cidr_covers_world(sorted, n, outermost);
}

bool cidrs_cover_world(const struct cidrs *ranges)
{
    return cidrs_cover_family(ranges, false) || cidrs_cover_family(ranges, true);
}
