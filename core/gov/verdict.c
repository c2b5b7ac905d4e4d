#include "core/gov/verdict.h"

#include "core/base/mem.h"
#include "core/model/keyset.h"

#define FIRST_SLOTS  1024 /* a power of two, as all later sizes are */
#define VERDICT_MASK UINT64_C(7)

static const char *const words[] = {"COMPLIANT", "NON_COMPLIANT", "NOT_APPLICABLE",
                                    "INSUFFICIENT_DATA"};

/* 1 for the first of the words; 0: none of them. */
static uint64_t verdict_of(struct sv word)
{
    for (uint64_t i = 0; i < ARRAY_LEN(words); i++)
        if (sv_eq_cstr(word, words[i]))
            return i + 1;
    return 0;
}

static uint64_t key_of(const struct aws_target *target, struct sv type, struct sv id)
{
    uint64_t key = key_fold(0, key_of_text(sv_of(target->account_id)));
    key = key_fold(key, key_of_text(sv_of(target->region)));
    key = key_fold(key, key_of_text(type));
    return key_fold(key, key_of_text(id)) & ~VERDICT_MASK;
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

void verdicts_put(struct verdicts *verdicts, const struct aws_target *target, struct sv type,
                  struct sv id, struct sv word)
{
    uint64_t verdict = verdict_of(word), key = key_of(target, type, id);

    if (verdict == 0)
        return;
    if ((verdicts->count + 1) * 4 > verdicts->n_slots * 3)
        grow(verdicts);
    uint64_t *slot = slot_of(verdicts, key);
    verdicts->count += *slot == 0;
    *slot = key | verdict;
}

struct sv verdicts_get(const struct verdicts *verdicts, const struct aws_target *target,
                       struct sv type, struct sv id)
{
    if (verdicts->count == 0)
        return SV_NONE;
    uint64_t verdict = *slot_of(verdicts, key_of(target, type, id)) & VERDICT_MASK;
    return verdict == 0 ? SV_NONE : sv_of(words[verdict - 1]);
}

void verdicts_done(struct verdicts *verdicts)
{
    mem_free(verdicts->slots);
    *verdicts = (struct verdicts){0};
}
