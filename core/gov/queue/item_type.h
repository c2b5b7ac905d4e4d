/*
 * item_type: the types of what may wait for a decision, and which of them may be applied without
 * one.
 */
#ifndef CORE_GOV_ITEM_TYPE_H
#define CORE_GOV_ITEM_TYPE_H

#include "core/gov/settings.h"

struct item_type {
    const char *name; /* "baseline_rule_extra" */
    const char *kind; /* "sg-baseline" */
    bool deletes;     /* what it was is lost: a person decides, whatever the severity */
    bool unknown;     /* it could not be compared: there is nothing to decide on, and a gap */
    bool applies; /* it may be LOW or MEDIUM, and can be taken back: apply_automatically takes it */
};

/* Each in turn; NULL at the end. Pure. */
const struct item_type *item_type(size_t i);
/* NULL when there is none of that name. */
const struct item_type *item_type_find(struct sv name);

/*
 * Whether an item may be applied without a person: LOW or MEDIUM (unadjusted), of a type that
 * apply_automatically of the settings names, and nothing is lost by it. Pure.
 */
bool item_is_automatic(const struct settings *settings, const char *type, enum severity severity);

#endif
