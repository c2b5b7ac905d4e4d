/*
 * form: what can be put to somebody else, and how. For each kind of plan there is a document of
 * Systems Manager that does the same, and a form that says what the document is told. A further one
 * is a const struct form, a line in forms.def, and a document in core/gov/data. Whether it was done
 * in the end is seen by the plan's own change kind. All of it pure.
 */
#ifndef CORE_GOV_FORM_H
#define CORE_GOV_FORM_H

#include "core/change/gate.h"
#include "core/gov/data/data.h"
#include "core/gov/planner.h"

/* What AWS takes of one value that an automation is told (AutomationParameterValue). */
#define FORM_VALUE_MAX 512

struct form {
    const struct change_kind *kind;               /* of the plans that it is for, */
    bool (*fits)(const struct change_plan *plan); /* and of these only some; NULL: all */
    struct gov_document (*document)(void);
    const char *note; /* what is to be known of doing it this way; NULL: nothing */
    /* Adds what the document is told of such a plan, each by form_add. ERR_REFUSED with the reason
     * when it must not be told: what an automation is told, and what its steps answer, is readable
     * for everybody in the account who may look at automations. */
    enum err_code (*inputs)(const struct change_plan *plan, cJSON *inputs, struct err *err);
    /* By what any console makes such a plan anew when it is an undo, which only this one's journal
     * knows: the planner, and its arguments, the caller's. NULL: such an undo is nobody else's. */
    const struct planner *(*again)(const struct change_plan *plan, char *args[PLANNER_ARGS_MAX]);
};

/* The form of a plan; NULL: it cannot be put to somebody else. */
const struct form *form_of(const struct change_plan *plan);
/* The form whose document has that name; NULL: it is none of ours. */
const struct form *form_by_document(struct sv name);

/* What an undo is to be proposed by; false when it cannot be. *subject is the caller's
 * (planner_subject_done). Pure. */
bool form_undo_subject(const struct change_plan *undo, struct planner_subject *subject);

/* Whether the plan can be put to somebody else, an undo included. Pure. */
bool form_can_be_asked(const struct change_plan *plan);

/* Adds one value to what an automation is told; ERR_UNSUPPORTED when AWS takes none like it. */
enum err_code form_add(cJSON *inputs, const char *name, struct sv value, struct err *err);

/* What a plan was made from, so that whoever approves can have it made again: a planner, and the
 * n_args arguments of its own. Borrowed. */
struct form_origin {
    const struct planner *planner;
    const char *const *args;
};
/*
 * Everything that the document of form is told of plan but who may approve it: the form's own
 * inputs, and ItemKey, Severity, Reason, Planner, About. Errors as of struct form's inputs.
 */
enum err_code form_fill(const struct form *form, const struct change_plan *plan,
                        const struct form_origin *origin, cJSON *inputs, struct err *err);
/*
 * Whether an execution was told what inputs say, and nothing else: ERR_STALE names what differs,
 * for then it would do something else than the plan that inputs were made of. Texts for people
 * (Reason, Severity), Approvers and Approvals may differ.
 */
enum err_code form_check(const cJSON *execution, const cJSON *inputs, struct err *err);

/* A plan of a kind that has a form, out of change_plan_to_json; the caller's. NULL with why. */
struct change_plan *form_plan(const cJSON *json, struct err *err);

#define FORM(name) extern const struct form form_##name;
#include "core/gov/proposal/forms.def"
#undef FORM

#endif
