/*
 * evaluation: which rules a cell has, and what they found by a given time.
 *
 * There is no scheduler. A rule's verdict on a resource at time t is its evaluator applied to the
 * version that AWS Config had recorded by the rule's last look before t: some seconds after each
 * recorded change, once a day for periodic rules, and whenever StartConfigRulesEvaluation asked.
 * Verdicts on resources that derive from the seed are computed once for each type and cell and
 * kept in one byte each; resources that were changed are evaluated anew each time.
 */
#ifndef SANDBOX_EVALUATION_H
#define SANDBOX_EVALUATION_H

#include "tests/sandbox/world/rules.h"

/* A rule as deployed in a cell. */
struct deployed {
    const struct rule *rule;
    uint32_t cell;
    int64_t created_ms;
    int64_t frequency_ms; /* of a periodic rule */
    int64_t phase_ms;     /* when in its period it runs */
};

/* The cell's rules in the order of their names; valid until the world ends. */
const struct deployed *evaluation_rules(struct world *world, uint32_t cell, size_t *n);
/* By name; NULL when the cell has no such rule. */
const struct deployed *evaluation_rule(struct world *world, uint32_t cell, const char *name);

struct outcome {
    enum compliance compliance; /* INSUFFICIENT_DATA: not evaluated, not recorded or deleted */
    int64_t invoked_ms;
    int64_t recorded_ms; /* the result, a moment later */
    char annotation[ANNOTATION_SIZE];
};

/* What the rule had found about the resource by at_ms. */
void evaluation_outcome(struct world *world, const struct deployed *deployed, struct ref ref,
                        int64_t at_ms, struct outcome *outcome);
/* The same without the times and the annotation, which is quicker. */
enum compliance evaluation_verdict(struct world *world, const struct deployed *deployed,
                                   struct ref ref, int64_t at_ms);
/* What all rules that look at the resource say of it: how many of them have which verdict. */
void evaluation_of_resource(struct world *world, struct ref ref, int64_t at_ms,
                            uint64_t counts[N_COMPLIANCES]);
/* When rules that look at changes have looked at what was captured at captured_ms. */
int64_t evaluation_of_capture_ms(int64_t captured_ms);
/* How many resources have which verdict. */
void evaluation_counts(struct world *world, const struct deployed *deployed, int64_t at_ms,
                       uint64_t counts[N_COMPLIANCES]);
/* The rule's own compliance: that of its worst resource. */
enum compliance evaluation_of_rule(const uint64_t counts[N_COMPLIANCES]);

/* The rule's last run before at_ms that looked at everything; 0 when there was none. */
int64_t evaluation_last_run(const struct world *world, const struct deployed *deployed,
                            int64_t at_ms);
/* When it looked at anything last: also at a single resource that had changed. */
int64_t evaluation_last_look(struct world *world, const struct deployed *deployed, int64_t at_ms);
/* Runs the rule now. */
void evaluation_start(struct world *world, const struct deployed *deployed);
/* False when a run has been asked for a moment ago. */
bool evaluation_may_start(const struct world *world, const struct deployed *deployed);
/* Is a run that was asked for still going on? */
bool evaluation_is_running(const struct world *world, const struct deployed *deployed);

/* Forgets what is known of a cell whose recorder came or went. */
void evaluations_forget(struct world *world, uint32_t cell);
void evaluations_free(struct world *world);

#endif
