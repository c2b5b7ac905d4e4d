/* remediation_internal.h: what the files that plan remediations share; nobody else includes it. */
#ifndef CORE_GOV_REMEDIATION_INTERNAL_H
#define CORE_GOV_REMEDIATION_INTERNAL_H

#include "core/gov/load/inquiry.h"
#include "core/gov/remedy/remediation.h"

struct planning {
    struct aws_target target;
    cJSON *state; /* {rule, resource_type, resource_id}, later document and version: for params */
    void (*done)(void *arg, struct change_plan *take_plan, const struct err *err);
    void *arg;

    /* what was read; borrowed from the inquiry */
    const cJSON *rule, *configuration, *document, *result;
    struct remediation_run run; /* the latest */
    /* for want of a configuration */
    const struct runbook *runbook;
    cJSON *inputs;
    bool is_wanted; /* that there is no configuration is known */
    size_t n_told;  /* of rule and result: what has come */
    struct change_plan *plan;
    struct err err;
};

/* A text of planning->state; "" when it is not there. */
const char *planning_text(const struct planning *planning, const char *key);
void planning_set_text(struct planning *planning, const char *key, struct sv text);
bool planning_is_group(const struct planning *planning);
/* What the rule says of the resource now; NULL when it says nothing. */
const cJSON *planning_find_result(const struct planning *planning, const struct inquiry *inquiry);
/* ERR_STALE when that is not NON_COMPLIANT (any more). */
enum err_code planning_check_result(struct planning *planning, struct inquiry *inquiry);

/* --- AWS's own document, which is started itself --------------------------------------------- */

/* Reads what there is to know of it once it is known that it is wanted, which one, and since when;
 * called whenever something of that has come. */
void runbook_read(struct inquiry *inquiry, struct planning *planning);
/* What is in the way; else planning->document, inputs and run are there. */
enum err_code runbook_check(struct planning *planning, struct inquiry *inquiry);
struct change_plan *runbook_make_plan(struct planning *planning, struct inquiry *inquiry,
                                      const struct remediation_subject *of);
void runbook_say(struct planning *planning);

/* --- what the sheet says of either ------------------------------------------------------------ */

/* Title, diff, evidence; and the call that has the rule look again, where it would not. */
void remediation_say(struct planning *planning, struct inquiry *inquiry);

#endif
