#include "tests/unit/change/helper_door.h"

#include <string.h>

#include "core/base/mem.h"

/* --- looking ------------------------------------------------------------------------------ */

struct looking {
    bool wanted_open; /* as the plan wants the door */
    bool latches, was_sent;
    enum change_stand stand;
    change_looked_fn *looked;
    void *arg;
};

/* Of one that is to be latched too: whether that is due. */
static enum change_stand stand_of_latch(const struct looking *looking, const cJSON *door)
{
    if (json_bool(door, "open", false))
        return STAND_BEFORE;
    if (json_bool(door, "latched", false))
        return STAND_AFTER;
    return looking->was_sent ? STAND_DUE : STAND_OTHER;
}

static void seen(void *arg, struct aws_page *page)
{
    struct looking *looking = arg;

    if (json_bool(page->body, "altered", false))
        looking->stand = STAND_OTHER;
    else if (json_bool(page->body, "jammed", false))
        looking->stand = STAND_FAILED;
    else if (json_bool(page->body, "moving", false))
        looking->stand = STAND_UNDERWAY;
    else if (looking->latches)
        looking->stand = stand_of_latch(looking, page->body);
    else
        looking->stand = json_bool(page->body, "open", false) == looking->wanted_open
                             ? STAND_AFTER
                             : STAND_BEFORE;
}

static void read_ended(void *arg, const struct aws_request *request,
                       const struct aws_outcome *outcome)
{
    struct looking looking = *(struct looking *)arg;
    struct err why = outcome->err;

    (void)request;
    mem_free(arg);
    if (why.code != OK)
        looking.stand = STAND_UNREADABLE;
    else if (looking.stand == STAND_FAILED)
        err_set(&why, ERR_AWS, "door", "the door is jammed");
    else if (looking.stand == STAND_UNDERWAY)
        err_set(&why, ERR_UNVERIFIED, "door", "the door moves");
    else if (looking.stand == STAND_DUE)
        err_set(&why, ERR_UNVERIFIED, "door", "the door is shut and not latched");
    looking.looked(looking.arg, looking.stand, &why);
}

static void read_dropped(void *arg)
{
    struct looking looking = *(struct looking *)arg;
    struct err err;

    mem_free(arg);
    err_set(&err, ERR_CANCELLED, "door", "cancelled");
    looking.looked(looking.arg, STAND_UNREADABLE, &err);
}

static cJSON *door_params(const char *door)
{
    cJSON *params = cJSON_CreateObject();
    cJSON_AddStringToObject(params, DOOR_PARAM, door);
    return params;
}

static void look(struct aws_client *client, struct scope *scope, const struct change_plan *plan,
                 change_looked_fn *looked, void *arg)
{
    struct looking *looking = mem_new(struct looking);
    struct aws_request request = {.op = OP_ec2_DescribeSecurityGroupRules,
                                  .target = plan->target,
                                  .params = door_params(json_sv(plan->state, "door").ptr)};

    *looking = (struct looking){.wanted_open = plan->kind == &door_open,
                                .latches = plan->kind == &door_latch,
                                .was_sent = plan->calls_done > 0,
                                .stand = STAND_UNREADABLE,
                                .looked = looked,
                                .arg = arg};
    client_read(client, scope, &request, seen, read_ended, read_dropped, looking);
}

/* --- the replies and the undo ------------------------------------------------------------- */

static enum err_code accept_reply(struct change_plan *plan, size_t call, const cJSON *reply,
                                  struct err *err)
{
    (void)call;
    if (json_get(reply, "UnknownIpPermissions") != NULL)
        return err_set(err, ERR_AWS, "door", "there was nothing to shut");
    cJSON_DeleteItemFromObjectCaseSensitive(plan->state, "ticket");
    cJSON_AddStringToObject(plan->state, "ticket",
                            json_get(reply, "ticket") ? json_sv(reply, "ticket").ptr : "none");
    return OK;
}

static struct change_plan *undo_of_shut(const struct change_plan *done, struct err *err)
{
    struct change_plan *undo = change_plan_new(&door_open);

    (void)err;
    undo->state = cJSON_Duplicate(done->state, true);
    undo->title = mem_strdup("open the door again");
    for (size_t i = 0; i < done->inverse.len; i++)
        change_plan_add_call(undo, done->inverse.ptr[i].op,
                             cJSON_Duplicate(done->inverse.ptr[i].params, true));
    change_plan_diff(undo, '+', "open");
    return undo;
}

const struct change_kind door_shut = {.name = "door-shut",
                                      .look = look,
                                      .accept = accept_reply,
                                      .undo = undo_of_shut,
                                      .underway_for_ms = 60000};
const struct change_kind door_open = {.name = "door-open", .look = look, .accept = accept_reply};
static bool is_too_early(const struct err *refusal)
{
    return strcmp(refusal->aws_code, DOOR_TOO_EARLY) == 0;
}

const struct change_kind door_latch = {.name = "door-latch",
                                       .look = look,
                                       .accept = accept_reply,
                                       .is_too_early = is_too_early,
                                       .underway_for_ms = 500};
const struct change_kind *const door_kinds[3] = {&door_shut, &door_open, &door_latch};

static struct change_plan *plan_of(const struct change_kind *kind, const char *door)
{
    struct change_plan *plan = change_plan_new(kind);

    str_copy(plan->target.account_id, "111122223333");
    str_copy(plan->target.region, "eu-west-1");
    str_copy(plan->account_name, "payments");
    str_copy(plan->severity, "HIGH");
    plan->title = mem_strdup("shut the door");
    plan->why = mem_strdup("it is open");
    plan->state = cJSON_CreateObject();
    cJSON_AddStringToObject(plan->state, "door", door);
    change_plan_diff(plan, '-', "open");
    change_plan_diff(plan, '+', "shut");
    change_plan_evidence(plan, "used by %d people", 3);
    return plan;
}

struct change_plan *door_latch_plan(const char *door)
{
    struct change_plan *plan = plan_of(&door_latch, door);

    change_plan_add_call(plan, OP_ec2_RevokeSecurityGroupIngress, door_params(door));
    change_plan_add_due_call(plan, DOOR_LATCH_OP, door_params(door));
    change_plan_seal(plan);
    return plan;
}

struct change_plan *door_plan(const char *door, size_t n_calls)
{
    struct change_plan *plan = plan_of(&door_shut, door);

    for (size_t i = 0; i < n_calls; i++)
        change_plan_add_call(plan, OP_ec2_RevokeSecurityGroupIngress, door_params(door));
    change_plan_add_inverse(plan, OP_ec2_AuthorizeSecurityGroupIngress, door_params(door));
    change_plan_seal(plan);
    return plan;
}
