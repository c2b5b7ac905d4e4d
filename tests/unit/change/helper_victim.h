/*
 * helper_victim: a console without a screen, to be killed: it takes one change through the gate,
 * undoes it, and ends; started again it settles what it finds.
 */
#ifndef TESTS_UNIT_CHANGE_HELPER_VICTIM_H
#define TESTS_UNIT_CHANGE_HELPER_VICTIM_H

#include "core/change/gate.h"

struct victim {
    struct aws_client *client;
    const char *dir; /* the gate's */
    const struct change_kind *const *kinds;
    size_t n_kinds;
    int64_t verify_for_ms;
    bool with_undo;
    /* the rest is its own business */
    struct gate *gate;
    struct scope *scope;
    char plan_id[37];
    bool undoing, done;
    size_t settled, open;
    enum change_state state; /* at the end, of the last change */
};

/* On RUN_UI, between run_start and run_stop. Takes the plan through the gate to its end, and back.
 */
void victim_change(struct victim *victim, struct change_plan *take_plan);
/* Settles what an earlier one has left; settled and open say how much. */
void victim_settle(struct victim *victim);
void victim_done(struct victim *victim); /* after run_stop */

#endif
