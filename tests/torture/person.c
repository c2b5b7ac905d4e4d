#include "tests/torture/person.h"

#include <string.h>

#include "core/gov/settings.h"

#define VERIFY_FOR_MS 60
#define LOOK_PAUSE_MS 10

static void note_answered(void *arg)
{
    struct person *person = arg;
    person->answered = true;
}

/* From any runner. */
static void tell(struct person *person)
{
    run_call(RUN_UI, RUN_URGENT, person->scope, note_answered, NULL, person);
}

static void await(struct person *person)
{
    run_ui_until(&person->answered, -1);
}

/* --- the console -------------------------------------------------------------------------- */

static bool is_end(enum change_state state)
{
    static const bool ends[] = {
#define END_ROW(name, is_end, in_trail) [CHANGE_##name] = (is_end),
        CHANGE_STATES(END_ROW)
#undef END_ROW
    };
    return ends[state];
}

static void on_change(void *arg, const struct change_status *status)
{
    struct person *person = arg;

    if (person->plan == NULL || strcmp(status->plan_id, person->plan->id) != 0)
        return;
    person->last = *status;
    person->answered |= is_end(status->state) ||
                        (status->state == CHANGE_READY && status->err.code == OK) ||
                        status->err.code == ERR_CONSENT;
}

static void take_caller(void *arg, struct aws_page *page)
{
    struct person *person = arg;
    AUTO_FREE char *arn = sv_dup(json_sv(page->body, "Arn"));

    gate_set_actor(gov_gate(person->gov), arn);
}

/* Whom the sandbox does not let in as everybody. */
static const char *role_of(const char *name)
{
    return strcmp(name, "viewer") == 0 ? "WatchdeckReadOnly" : NULL;
}

bool person_sit_down(struct person *person, const struct aws *aws, const char *name,
                     const char *dir)
{
    struct settings settings;
    const struct gov_options options = {.aws = {.endpoint_url = aws->endpoint,
                                                .region = aws->region,
                                                .profile = name,
                                                .member_role = role_of(name),
                                                .budget_percent = -1},
                                        .settings = &settings,
                                        .state_dir = dir,
                                        .verify_for_ms = VERIFY_FOR_MS,
                                        .look_pause_ms = LOOK_PAUSE_MS,
                                        .undo_pause_ms = -1};

    *person = (struct person){.scope = scope_new(NULL, name)};
    settings_init(&settings);
    settings.profiles = false; /* the other one's is none of his */
    settings.alone_wait_ms = 0;
    if (gov_new(&options, &person->gov, &person->err) != OK)
        return false;
    gov_on_change(person->gov, on_change, person);
    return person_read(person, OP_sts_GetCallerIdentity, NULL, NULL, take_caller, person);
}

void person_done(struct person *person)
{
    change_plan_free(person->plan);
    gov_free(person->gov);
    scope_unref(person->scope);
}

/* --- changes ------------------------------------------------------------------------------ */

static void on_plan(void *arg, struct change_plan *take_plan, const struct err *err)
{
    struct person *person = arg;

    person->err = *err;
    person->plan = take_plan != NULL ? change_plan_copy(take_plan) : NULL;
    if (take_plan != NULL)
        gate_check(gov_gate(person->gov), take_plan);
    else
        person->answered = true;
}

static void on_undo(void *arg, struct change_plan *take_plan, const struct err *err)
{
    struct person *person = arg;

    person->err = *err;
    person->plan = take_plan;
    person->answered |= take_plan == NULL;
}

static void forget_plan(struct person *person)
{
    change_plan_free(person->plan);
    person->plan = NULL;
    person->last = (struct change_status){0};
    person->answered = false;
}

bool person_plan(struct person *person, const struct planner *planner,
                 const struct aws_target *target, const char *const *args)
{
    forget_plan(person);
    planner->plan(person->gov, person->scope, target, args, on_plan, person);
    await(person);
    return person->plan != NULL;
}

static bool plan_undo(struct person *person, const char *plan_id)
{
    forget_plan(person);
    gate_undo(gov_gate(person->gov), plan_id, "", person->scope, on_undo, person);
    await(person);
    return person->plan != NULL;
}

bool person_plan_undo(struct person *person)
{
    char plan_id[37];

    str_copy(plan_id, person->plan->id);
    return plan_undo(person, plan_id);
}

bool person_plan_undo_last(struct person *person)
{
    char plan_id[37];

    gate_last_undoable(gov_gate(person->gov), plan_id);
    return plan_id[0] != '\0' && plan_undo(person, plan_id);
}

enum change_state person_decide(struct person *person)
{
    struct change_consent consent = {.single_operator = true, .reason = "torture"};

    if (person->last.state != CHANGE_READY)
        return person->last.state;
    str_copy(consent.plan_hash, person->plan->plan_hash);
    change_consent_word(person->plan, consent.typed, sizeof consent.typed);
    person->answered = false;
    gate_consent(gov_gate(person->gov), person->plan->id, &consent);
    await(person);
    return person->last.state;
}

static void on_settled(void *arg, size_t settled, size_t n_open)
{
    struct person *person = arg;

    (void)settled;
    person->n_open = n_open;
    tell(person);
}

void person_settle(struct person *person)
{
    person->answered = false;
    gate_settle(gov_gate(person->gov), on_settled, person);
    await(person);
}

/* --- reading ------------------------------------------------------------------------------ */

struct reading {
    struct person *person;
    aws_page_fn *on_page;
    void *arg;
};

static void on_page(void *arg, struct aws_page *page)
{
    struct reading *reading = arg;
    reading->on_page(reading->arg, page);
}

static void on_read(void *arg, const struct aws_request *request, const struct aws_outcome *outcome)
{
    struct reading *reading = arg;

    (void)request;
    reading->person->err = outcome->err;
    tell(reading->person);
}

bool person_read(struct person *person, enum aws_op_id op, const struct aws_target *target,
                 cJSON *take_params, aws_page_fn *page, void *arg)
{
    struct reading reading = {person, page, arg};
    struct aws_request request = {.op = op, .params = take_params};

    if (target != NULL)
        request.target = *target;
    person->answered = false;
    client_read(gov_client(person->gov), person->scope, &request, on_page, on_read, NULL, &reading);
    await(person);
    return person->err.code == OK;
}
