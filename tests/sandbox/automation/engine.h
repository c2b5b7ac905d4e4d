/*
 * engine: what the engine's own files share: a turn of one step, and the actions that take it.
 */
#ifndef SANDBOX_ENGINE_H
#define SANDBOX_ENGINE_H

#include "core/base/json.h"
#include "tests/sandbox/automation/automation.h"

#define SECOND_MS INT64_C(1000)

enum verdict {
    STEP_DONE,
    STEP_FAILED,  /* step->failure says why */
    STEP_AGAIN,   /* it wants another turn at turn->again_ms */
    STEP_WAITING, /* for a signal, or its deadline */
};

/* One look of the engine at the step that is on. */
struct turn_of {
    struct world *world;
    struct automation *automation;
    struct step_run *step;
    int64_t at_ms;    /* when it happens, by the world's clock */
    int64_t again_ms; /* STEP_AGAIN: the action fills it */
};

typedef enum verdict action_fn(struct turn_of *turn);

struct action {
    const char *name;      /* "aws:approve" */
    const char *needs;     /* inputs that must be there, apart by blanks */
    int64_t takes_ms;      /* from its beginning to its first turn */
    int64_t timeout_s;     /* when the step says none; 0: it has none */
    int64_t timeout_max_s; /* 0: any */
    action_fn *take;
};

/* By name; NULL when it is none that runs here. */
const struct action *action_find(struct sv name);
/* Whether AWS knows an action of that name. */
bool action_is_known(struct sv name);

action_fn approve_take, pause_take, sleep_take, branch_take, api_take, assert_take, wait_take;

/* Makes the engine look at the execution now. */
void automation_poke(struct world *world, struct automation *automation);

/* Sets the step's failure, replacing an earlier one; always STEP_FAILED. */
enum verdict step_fail(struct step_run *step, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* A typed output of the step. */
void step_output(struct step_run *step, const char *name, cJSON *take_value);

/*
 * Replaces {{ variables }} all through a tree: parameters, outputs of steps, global: and
 * automation: ones. A text that is one variable becomes its value, whatever its type. NULL, with
 * the reason in why, when a variable is not known. The result is the caller's.
 */
cJSON *interpolate(struct world *world, const struct automation *automation, int64_t at_ms,
                   const cJSON *tree, struct buf *why);

/*
 * What a JSONPath selects: $, .name, ['name'], [n], [*], .*, ..name, [?(@.a == 'x' && @.b <= 22)]
 * with ||, !=, <, <=, > and >=. A path that can select but one value gives that, another one a
 * list. NULL when nothing is there, or when it is no path: then why says so. The caller's.
 */
cJSON *jsonpath_select(const cJSON *tree, const char *path, struct buf *why);

/* A value as the API writes outputs and inputs: a text as it is, anything else as JSON. */
char *value_text(const cJSON *value);
/* The same as the list of texts that the API has: of a list its elements, else the one. */
cJSON *value_texts(const cJSON *value);

#endif
