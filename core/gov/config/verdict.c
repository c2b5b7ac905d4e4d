#include "core/gov/config/verdict.h"

#include "core/base/mem.h"
#include "core/model/keyset.h"

#define FIRST_SLOTS  1024 /* a power of two, as all later sizes are */
#define VERDICT_MASK UINT64_C(7)

static const struct sv words[N_VERDICTS] = {
    [VERDICT_COMPLIANT] = {"COMPLIANT", 9},
    [VERDICT_NON_COMPLIANT] = {"NON_COMPLIANT", 13},
    [VERDICT_NOT_APPLICABLE] = {"NOT_APPLICABLE", 14},
    [VERDICT_INSUFFICIENT_DATA] = {"INSUFFICIENT_DATA", 17},
};

enum verdict verdict_of(struct sv word)
{
    for (enum verdict verdict = VERDICT_NONE + 1; verdict < N_VERDICTS; verdict++)
        if (sv_eq(word, words[verdict]))
            return verdict;
    return VERDICT_NONE;
}

struct sv verdict_word(enum verdict verdict)
{
    return words[verdict];
}

uint64_t verdict_place(const struct aws_target *target, struct sv type)
{
    uint64_t key = key_fold(0, key_of_text(sv_of(target->account_id)));
    key = key_fold(key, key_of_text(sv_of(target->region)));
    return key_fold(key, key_of_text(type));
}

static uint64_t key_of(uint64_t place, struct sv id)
{
    return key_fold(place, key_of_text(id)) & ~VERDICT_MASK;
}

/* The slot of that key, or the free one where it belongs; there is always a free one. */
static uint64_t *slot_of(const struct verdicts *verdicts, uint64_t key)
{
    size_t mask = verdicts->n_slots - 1, at = key >> 3 & mask;

    while (verdicts->slots[at] != 0 && (verdicts->slots[at] & ~VERDICT_MASK) != key)
        at = (at + 1) & mask;
    return &verdicts->slots[at];
}

static void grow(struct verdicts *verdicts)
{
    struct verdicts old = *verdicts;

    verdicts->n_slots = old.n_slots != 0 ? old.n_slots * 2 : FIRST_SLOTS;
    verdicts->slots = mem_alloc(verdicts->n_slots * sizeof *verdicts->slots);
    for (size_t i = 0; i < old.n_slots; i++)
        if (old.slots[i] != 0)
            *slot_of(verdicts, old.slots[i] & ~VERDICT_MASK) = old.slots[i];
    mem_free(old.slots);
}

void verdicts_put(struct verdicts *verdicts, uint64_t place, struct sv id, enum verdict verdict)
{
    if (verdict == VERDICT_NONE)
        return;
    if ((verdicts->count + 1) * 4 > verdicts->n_slots * 3)
        grow(verdicts);
    uint64_t key = key_of(place, id), *slot = slot_of(verdicts, key);
    verdicts->count += *slot == 0;
    *slot = key | verdict;
}

enum verdict verdicts_get(const struct verdicts *verdicts, uint64_t place, struct sv id)
{
    if (verdicts->count == 0)
        return VERDICT_NONE;
    return (enum verdict)(*slot_of(verdicts, key_of(place, id)) & VERDICT_MASK);
}

void verdicts_done(struct verdicts *verdicts)
{
    mem_free(verdicts->slots);
    *verdicts = (struct verdicts){0};
}
