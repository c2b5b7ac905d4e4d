/*
 * verdict: what the rules say of resources, kept until the resources themselves have been read.
 *
 * A million of them take 16 MB: a resource is known by the hash that tables know rows by
 * (core/model/keyset.h), here cut to 61 bits.
 */
#ifndef CORE_GOV_VERDICT_H
#define CORE_GOV_VERDICT_H

#include "core/aws/client.h"

/* ComplianceType of AWS Config; VERDICT_NONE: it says nothing, or nothing that we know. */
enum verdict {
    VERDICT_NONE,
    VERDICT_COMPLIANT,
    VERDICT_NON_COMPLIANT,
    VERDICT_NOT_APPLICABLE,
    VERDICT_INSUFFICIENT_DATA,
    N_VERDICTS
};
enum verdict verdict_of(struct sv word);
struct sv verdict_word(enum verdict verdict); /* lives for ever; SV_NONE for VERDICT_NONE */

/* Zero-initialised is ready. One runner at a time. */
struct verdicts {
    uint64_t *slots; /* a key, its lowest bits the verdict; 0: free */
    size_t n_slots, count;
};

/* What ids are told apart by: the account, the region and the resource type that they stand in.
 * Equal in all of this process, different in the next one. */
uint64_t verdict_place(const struct aws_target *target, struct sv type);

/* Notes what is said of the resource id in place, over what was said before; VERDICT_NONE is left
 * out. */
void verdicts_put(struct verdicts *verdicts, uint64_t place, struct sv id, enum verdict verdict);
/* VERDICT_NONE when nothing was noted. */
enum verdict verdicts_get(const struct verdicts *verdicts, uint64_t place, struct sv id);
void verdicts_done(struct verdicts *verdicts); /* empty and ready again */

#endif
