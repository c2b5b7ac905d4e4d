/*
 * cidr: address ranges as security groups have them.
 *
 * Ranges form a tree: of two ranges of one family, either one contains the other or they share no
 * address. What is computed over them relies on it.
 */
#ifndef CORE_GOV_CIDR_H
#define CORE_GOV_CIDR_H

#include "core/base/str.h"
#include "core/base/vec.h"

/* An address range: v4 in the last 4 bytes of addr with v6 = false. */
struct cidr {
    uint8_t addr[16]; /* the first address; bits behind the prefix are 0 */
    uint8_t prefix_len;
    bool v6;
};

#define CIDR_TEXT_SIZE 52

/* "10.0.0.0/8", "2001:db8::/32"; false for anything else, a missing prefix length included. Host
 * bits are cleared, as AWS does (100.68.0.18/18 is 100.68.0.0/18). */
bool cidr_parse(struct sv text, struct cidr *cidr);
/* Whether a text that cidr_parse takes has host bits set: AWS would make another range of it. */
bool cidr_has_host_bits(struct sv text);
/* The canonical form: RFC 4632 for v4, RFC 5952 for v6. text holds CIDR_TEXT_SIZE. */
void cidr_format(const struct cidr *cidr, char *text);
bool cidr_equal(const struct cidr *a, const struct cidr *b);
/* Every address of its family. */
bool cidr_is_world(const struct cidr *cidr);
/* More than anybody has: shorter than /8, in v6 than /32. */
bool cidr_is_broad(const struct cidr *cidr);
/* Whether every address of inner is one of outer; a range contains itself. */
bool cidr_contains(const struct cidr *outer, const struct cidr *inner);
/* By family, first address, then the wider one first: a range stands behind what contains it. */
int cidr_compare(const struct cidr *a, const struct cidr *b);

/*
 * Whether ranges[0..n), all of one family and sorted by cidr_compare, together hold every address
 * of it. outermost[0..n) is set to whether a range takes part, that is, is not strictly inside
 * another one of the list; it means nothing when the answer is false.
 */
bool cidr_covers_world(const struct cidr *const *ranges, size_t n, bool *outermost);

/*
 * Whether every address of range is in one of by[0..n), all of its family and sorted by
 * cidr_compare.
 */
bool cidr_is_covered(const struct cidr *range, const struct cidr *const *by, size_t n);

/* Ranges of either family, as a prefix list has them. */
struct cidrs {
    struct cidr *ptr; /* a VEC with a name */
    size_t len, size;
};
/* Whether they, in any order, together hold every address of that family. */
bool cidrs_cover_family(const struct cidrs *ranges, bool v6);
/* The same for either of the two. */
bool cidrs_cover_world(const struct cidrs *ranges);

#endif
