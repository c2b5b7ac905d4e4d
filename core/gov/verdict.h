/*
 * verdict: what the rules say of resources, kept until the resources themselves have been read.
 *
 * A million of them take 16 MB: a resource is known by the hash that tables know rows by
 * (core/model/keyset.h), here cut to 61 bits.
 */
#ifndef CORE_GOV_VERDICT_H
#define CORE_GOV_VERDICT_H

#include "core/aws/client.h"

/* Zero-initialised is ready. One runner at a time. */
struct verdicts {
    uint64_t *slots; /* a key, its lowest bits the verdict; 0: free */
    size_t n_slots, count;
};

/* Notes what AWS Config says (a ComplianceType), over what it said before; a word that it does not
 * know is left out. */
void verdicts_put(struct verdicts *verdicts, const struct aws_target *target, struct sv type,
                  struct sv id, struct sv word);
/* The word, which lives for ever; SV_NONE when none was noted. */
struct sv verdicts_get(const struct verdicts *verdicts, const struct aws_target *target,
                       struct sv type, struct sv id);
void verdicts_done(struct verdicts *verdicts); /* empty and ready again */

#endif
