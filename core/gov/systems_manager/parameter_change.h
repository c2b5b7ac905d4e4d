/*
 * parameter_change: writing and deleting parameters: the change kinds `parameter-put` and
 * `parameter-delete`.
 */
#ifndef CORE_GOV_PARAMETER_CHANGE_H
#define CORE_GOV_PARAMETER_CHANGE_H

#include "core/change/gate.h"
#include "core/gov/systems_manager/parameter.h"

/*
 * parameter-put: ssm PutParameter, to create (never over what is there) or to overwrite (never with
 * tags, which AWS does not take then); Type, KeyId, Tier and DataType are those that are wanted,
 * not the defaults. The value is not in the plan: it is that of a version of a parameter, which
 * `fill` reads right before the call is sent. Nothing is sent when the parameter, or what is
 * approved, has another version than planned; AWS has no compare-and-set, so a write in the same
 * moment shows only afterwards. Done when type, key, tier and value are seen to be as wanted.
 *
 * Its inverse: of one that was created, its deletion; else the version before, as the history has
 * it.
 */
extern const struct change_kind change_parameter_put;
/*
 * parameter-delete: ssm DeleteParameter, when the version is as planned. The history is lost, and
 * so is the value of a secret: its inverse puts back what is no secret, 30 s later at the earliest,
 * as AWS wants it.
 */
extern const struct change_kind change_parameter_delete;

/* Where the value comes from. */
struct parameter_source {
    const char *name;
    int64_t version;
    bool is_latest; /* the plan holds only while that is the newest version */
};

/*
 * A plan with its calls, its inverse and its state; the rest is the planner's. before NULL: the
 * parameter is created, with tags (the first of a TagList, NULL for none). wanted: its name, type,
 * key, tier and data type.
 */
struct change_plan *parameter_put_plan_new(const char *name, const struct parameter_facts *wanted,
                                           const struct parameter_source *source,
                                           const struct parameter_facts *before, const cJSON *tags);
/* value: kept for the way back, on disk like all of the plan; NULL for one that nobody is to see,
 * which makes it irreversible. */
struct change_plan *parameter_delete_plan_new(const struct parameter_facts *before,
                                              const char *value);

#endif
