#include "core/gov/systems_manager/session_end.h"

#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/gov/load/inquiry.h"
#include "core/gov/load/reply.h"
#include "core/gov/plan_account.h"
#include "core/gov/planner.h"
#include "core/gov/queue/item.h"
#include "core/gov/security_group/sg_policy.h"

#define TYPE "session" /* in the key of the item */

/* The one session among those that go on (DescribeSessions). */
static cJSON *active_params(const char *session_id)
{
    cJSON *params = cJSON_CreateObject(), *filter = cJSON_CreateObject();
    cJSON_AddStringToObject(params, "State", "Active");
    cJSON_AddStringToObject(filter, "key", "SessionId");
    cJSON_AddStringToObject(filter, "value", session_id);
    cJSON_AddItemToArray(cJSON_AddArrayToObject(params, "Filters"), filter);
    return params;
}

/* --- looking --------------------------------------------------------------------------------- */

struct look {
    cJSON *session; /* NULL: it is not among them */
    bool is_sent;
    char session_id[97];
    change_looked_fn *looked;
    void *arg;
};

static void tell(struct look *look, enum change_stand stand, const struct err *why)
{
    change_looked_fn *looked = look->looked;
    void *arg = look->arg;
    struct err err = *why;
    json_free(look->session);
    mem_free(look);
    looked(arg, stand, &err);
}

static void drop(void *arg)
{
    struct err err;
    err_set(&err, ERR_CANCELLED, "ssm:DescribeSessions", "nobody waits for it any more");
    tell(arg, STAND_UNREADABLE, &err);
}

static void on_page(void *arg, struct aws_page *page)
{
    struct look *look = arg;
    for (const cJSON *item = json_items(page->body, "Sessions"); item; item = item->next)
        if (!look->session && sv_eq_cstr(json_sv(item, "SessionId"), look->session_id))
            look->session = cJSON_Duplicate(item, true);
}

/* One that is being ended needs no second end, and is not over before AWS says so. */
static void on_read(void *arg, const struct aws_request *request, const struct aws_outcome *outcome)
{
    (void)request;
    struct look *look = arg;
    bool is_ending = sv_eq_cstr(json_sv(look->session, "Status"), "Terminating");
    if (outcome->err.code != OK)
        tell(look, STAND_UNREADABLE, &outcome->err);
    else if (!look->session || (is_ending && !look->is_sent))
        tell(look, STAND_AFTER, &ERR_NONE);
    else
        tell(look, STAND_BEFORE, &ERR_NONE);
}

static void look_session(struct aws_client *client, struct scope *scope,
                         const struct change_plan *plan, change_looked_fn *looked, void *arg)
{
    struct look *look = mem_new(struct look);
    *look = (struct look){.is_sent = plan->calls_done > 0, .looked = looked, .arg = arg};
    sv_copy(json_sv(plan->state, "session_id"), look->session_id, sizeof look->session_id);
    const struct aws_request request = {.op = OP_ssm_DescribeSessions,
                                        .target = plan->target,
                                        .params = active_params(look->session_id)};
    client_read(client, scope, &request, on_page, on_read, drop, look);
}

const struct change_kind change_session_end = {.name = "session-end", .look = look_session};

/* --- planning -------------------------------------------------------------------------------- */

struct planning {
    struct aws_target target;
    char session_id[97];
    planned_fn *done;
    void *arg;
};

static cJSON *node_params(const char *node)
{
    cJSON *params = cJSON_CreateObject(), *filter = cJSON_CreateObject();
    cJSON_AddStringToObject(filter, "Key", "InstanceIds");
    cJSON_AddItemToArray(cJSON_AddArrayToObject(filter, "Values"), cJSON_CreateString(node));
    cJSON_AddItemToArray(cJSON_AddArrayToObject(params, "Filters"), filter);
    return params;
}

static const cJSON *session_of(const struct inquiry *inquiry, const char *session_id)
{
    INQUIRY_EACH(inquiry, OP_ssm_DescribeSessions, "Sessions", item)
    {
        if (sv_eq_cstr(json_sv(item, "SessionId"), session_id))
            return item;
    }
    return NULL;
}

/* What the node is called says more than its id. */
static void read_node(struct inquiry *inquiry, void *arg)
{
    const struct planning *planning = arg;
    AUTO_FREE char *node = sv_dup(json_sv(session_of(inquiry, planning->session_id), "Target"));
    if (sv_starts(sv_of(node), SV("i-")) || sv_starts(sv_of(node), SV("mi-")))
        inquiry_read_pages(inquiry, OP_ssm_DescribeInstanceInformation, &planning->target,
                           node_params(node), 1, NULL);
}

static void begin(struct inquiry *inquiry, void *arg)
{
    const struct planning *planning = arg;
    inquiry_read(inquiry, OP_ssm_DescribeSessions, &planning->target,
                 active_params(planning->session_id), read_node);
    plan_read_account(inquiry, &planning->target);
}

static void add_diff(struct change_plan *plan, const cJSON *session)
{
    char iso[CLOCK_ISO_SIZE], age[CLOCK_AGE_SIZE];
    struct sv reason = json_sv(session, "Reason");
    int64_t started_ms;
    change_plan_diff(plan, '-', "session " SV_FMT, SV_ARG(json_sv(session, "SessionId")));
    change_plan_diff(plan, '-', "owner   " SV_FMT, SV_ARG(json_sv(session, "Owner")));
    change_plan_diff(plan, '-', "node    " SV_FMT, SV_ARG(json_sv(session, "Target")));
    if (reply_time(session, "StartDate", &started_ms)) {
        clock_iso8601(started_ms, false, iso);
        clock_age(clock_display_ms() - started_ms, age);
        change_plan_diff(plan, '-', "began   %s, %s ago", iso, age);
    }
    change_plan_diff(plan, '-', "reason  " SV_FMT,
                     SV_ARG(reason.len > 0 ? reason : SV("(none was given)")));
}

static void add_node(struct change_plan *plan, const struct inquiry *inquiry)
{
    INQUIRY_EACH(inquiry, OP_ssm_DescribeInstanceInformation, "InstanceInformationList", item)
    {
        struct sv name = json_sv(item, "ComputerName");
        change_plan_evidence(plan, "the node: " SV_FMT ", " SV_FMT,
                             SV_ARG(name.len > 0 ? name : json_sv(item, "InstanceId")),
                             SV_ARG(json_sv(item, "PlatformName")));
    }
}

static void add_evidence(struct change_plan *plan, const struct inquiry *inquiry,
                         const cJSON *session)
{
    const cJSON *output = json_get(session, "OutputUrl");
    struct sv kept = json_sv(output, "S3OutputUrl");
    if (kept.len == 0)
        kept = json_sv(output, "CloudWatchOutputUrl");
    change_plan_evidence(plan, "it is " SV_FMT " by " SV_FMT, SV_ARG(json_sv(session, "Status")),
                         SV_ARG(json_sv(session, "DocumentName")));
    add_node(plan, inquiry);
    change_plan_evidence(plan, "what its owner runs there ends with it, unless it was detached; "
                               "connections of a forward are cut");
    if (kept.len > 0)
        change_plan_evidence(plan, "what was said is kept in " SV_FMT, SV_ARG(kept));
    change_plan_evidence(plan, "it cannot be undone: its owner can only begin another one");
}

static struct change_plan *make_plan(const struct inquiry *inquiry, const struct planning *planning,
                                     const cJSON *session)
{
    struct change_plan *plan = change_plan_new(&change_session_end);
    struct buf title = BUF_NONE;
    cJSON *params = cJSON_CreateObject();
    buf_addf(&title, "End the session of " SV_FMT " on " SV_FMT,
             SV_ARG(reply_name_in_arn(json_sv(session, "Owner"))),
             SV_ARG(json_sv(session, "Target")));
    plan->title = buf_take(&title);
    plan->why = mem_strdup("somebody has a session there that is not to go on");
    plan->reversible = IRREVERSIBLE;
    plan->state = cJSON_CreateObject();
    cJSON_AddStringToObject(plan->state, "session_id", planning->session_id);
    cJSON_AddStringToObject(params, "SessionId", planning->session_id);
    change_plan_add_call(plan, OP_ssm_TerminateSession, params);
    str_copy(plan->severity, severity_name(SEVERITY_MEDIUM));
    plan_add_account(plan, inquiry, &planning->target);
    add_diff(plan, session);
    add_evidence(plan, inquiry, session);
    item_key(&planning->target, planning->session_id, TYPE, "ended", plan->item_key);
    change_plan_seal(plan);
    return plan;
}

static void end(struct inquiry *inquiry, void *arg)
{
    struct planning *planning = arg;
    struct err err = *inquiry_err(inquiry, OP_ssm_DescribeSessions);
    const cJSON *session = session_of(inquiry, planning->session_id);
    struct change_plan *plan = NULL;
    if (err.code == OK && !session)
        err_set(&err, ERR_STALE, planning->session_id, "this session is over");
    else if (err.code == OK)
        plan = make_plan(inquiry, planning, session);
    planned_tell(inquiry_scope(inquiry), planning->done, planning->arg, plan, &err);
    mem_free(planning);
}

static void plan_row(struct gov *gov, struct scope *scope, const struct aws_target *target,
                     const char *const *args, planned_fn *done, void *arg)
{
    static const struct inquiry_kind kind = {begin, end, mem_free};
    struct planning *planning = mem_new(struct planning);
    *planning = (struct planning){.target = *target, .done = done, .arg = arg};
    str_copy(planning->session_id, args[0]);
    inquiry_start(gov, scope, &kind, planning);
}

const struct planner planner_session_end = {
    .name = "session-end",
    .n_args = 1,
    .columns = {"session_id"},
    .plan = plan_row,
};
