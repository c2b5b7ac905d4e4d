/*
 * automation: executions of Systems Manager's Automation, and the engine that moves them.
 *
 * Nothing runs in the background. Every execution knows when something happens to it next (due_ms);
 * automations_advance lets all of it happen that is due by the world's clock, in the order of these
 * times. The wire side calls it before every call, so that nobody sees an execution late, nor the
 * world without what an execution has done to it. An execution begins a second after its start, an
 * action that does something takes a second.
 */
#ifndef SANDBOX_AUTOMATION_H
#define SANDBOX_AUTOMATION_H

#include "tests/sandbox/automation/document.h"
#include "tests/sandbox/wire/handler.h"
#include "tests/sandbox/wire/iam.h"

#define AUTOMATION_NEVER INT64_MAX

enum run_status {
    RUN_PENDING,
    RUN_IN_PROGRESS,
    RUN_WAITING, /* for a signal */
    RUN_SUCCESS,
    RUN_TIMED_OUT,
    RUN_CANCELLING,
    RUN_CANCELLED,
    RUN_FAILED,
    N_RUN_STATUSES
};

const char *run_status_name(enum run_status status); /* "InProgress" */
/* Whether nothing will come any more. */
bool run_status_is_end(enum run_status status);

/* Who has approved or rejected a step. */
struct vote {
    char arn[256];
    bool approves;
    int64_t at_ms;
    char *comment; /* NULL: none */
};

struct step_run {
    const cJSON *def;            /* of the execution's document */
    const char *name;            /* of def */
    const struct action *action; /* NULL: known to AWS, not run here */
    char id[37];
    enum run_status status;
    int64_t started_ms, ended_ms; /* 0: not yet */
    int64_t deadline_ms;          /* when it times out */
    int attempts;
    cJSON *inputs;    /* resolved, by name */
    cJSON *values;    /* its outputs, typed, by name */
    char *failure;    /* NULL: none */
    const char *next; /* where an aws:branch goes; NULL: nowhere else */
    bool is_resumed;  /* an aws:pause is over */
    VEC(struct vote) votes;
};

struct automation {
    uint32_t cell;
    char id[37];
    char document_name[DOCUMENT_NAME_SIZE];
    int document_version;
    cJSON *document;   /* a copy of the content */
    cJSON *parameters; /* {name: [text]}, with the defaults */
    cJSON *tags;       /* {key: value} */
    bool interactive;
    char client_token[37]; /* "": none */
    char *token_input;     /* what came with it */
    struct principal as;   /* in whose name steps act */
    bool acts_as_nobody;   /* a handler was called without a principal: nothing is refused */
    char executed_by[256];
    int64_t started_ms, ended_ms;
    enum run_status status;
    struct step_run *steps;
    size_t n_steps;
    size_t at;   /* the step that is on, or comes next */
    int n_begun; /* steps, attempts counted each */
    int64_t due_ms;
    bool stops;           /* after the step that is on */
    bool critical_failed; /* a step whose failure counts although it went on */
    cJSON *outputs;       /* {"step.output": [text]}, NULL: none */
    char *failure;        /* NULL: none */
};

/* What an execution begins with. */
struct automation_start {
    const struct document *document;
    const struct document_version *version;
    const cJSON *parameters;    /* {name: [text]}; NULL: none */
    const struct principal *as; /* NULL: nobody asks who it is */
    const char *executed_by;
    const char *client_token; /* "": none */
    bool interactive;
};

/* Does the document take these parameters? False with the reason in why. */
bool automation_check_parameters(const cJSON *document, const cJSON *parameters, struct buf *why);
/* Starts one, whose parameters are good; it is the world's. */
struct automation *automation_start(struct world *world, uint32_t cell,
                                    const struct automation_start *start);
/* Lets happen what is due. */
void automations_advance(struct world *world);

/* NULL when there is none in that cell. */
struct automation *automation_find(struct world *world, uint32_t cell, const char *id);
/* The i-th of the cell, the newest first; NULL behind the last. */
struct automation *automation_at(struct world *world, uint32_t cell, size_t i);
struct automation *automation_by_token(struct world *world, uint32_t cell, const char *token);
/* How many of the cell have not ended. */
size_t automations_running(struct world *world, uint32_t cell);

/* The step by its name; NULL when there is none. */
struct step_run *automation_step(struct automation *automation, const char *name);
/* The step that is on; NULL before the first and after the last. */
struct step_run *automation_current(struct automation *automation);

/* What a signal does, now. Each refuses with AWS's error, else the execution goes on. */
void automation_decide(struct world *world, struct automation *automation, const struct call *call,
                       bool approves, const char *comment, struct reply *reply);
void automation_start_step(struct world *world, struct automation *automation,
                           const char *step_name, struct reply *reply);
void automation_stop_step(struct world *world, struct automation *automation, const char *step_id,
                          struct reply *reply);
void automation_resume(struct world *world, struct automation *automation, const char *step_name,
                       struct reply *reply);
/* Cancels, or lets the step that is on be the last one. */
void automation_stop(struct world *world, struct automation *automation, bool complete);

/* The automations that the world begins with: waiting.c. */
void automations_add_waiting(struct world *world);

#endif
