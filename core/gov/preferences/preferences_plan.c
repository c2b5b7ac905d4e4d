/* preferences_plan: the planner of session preferences: all fields that are not as approved at
 * once, for they are one document. */
#include <string.h>

#include "core/base/mem.h"
#include "core/gov/load/inquiry.h"
#include "core/gov/plan_account.h"
#include "core/gov/plan_evidence.h"
#include "core/gov/planner.h"
#include "core/gov/preferences/preferences_baseline.h"
#include "core/gov/preferences/preferences_change.h"
#include "core/gov/queue/preferences_item.h"

struct planning {
    struct aws_target target;
    planned_fn *done;
    void *arg;

    const struct inquiry *inquiry;
    struct preferences approved, current;
    struct preferences_document before;
    char *wanted; /* the content */
    enum severity worst;
    struct change_plan *plan;
    struct err err;
};

static void planning_drop(void *arg)
{
    struct planning *planning = arg;
    preferences_done(&planning->approved);
    preferences_done(&planning->current);
    mem_free(planning->wanted);
    mem_free(planning);
}

/* --- reading --------------------------------------------------------------------------------- */

/* The version that holds, and the newest when that is another one. */
static void read_versions(struct inquiry *inquiry, void *arg)
{
    const struct planning *planning = arg;
    const cJSON *document = json_get(inquiry_page(inquiry, OP_ssm_DescribeDocument, 0), "Document");
    struct sv holds = json_sv(document, "DefaultVersion");
    struct sv newest = json_sv(document, "LatestVersion");
    inquiry_read(inquiry, OP_ssm_GetDocument, &planning->target, preferences_get_params(""), NULL);
    if (!sv_eq(holds, newest))
        inquiry_read(inquiry, OP_ssm_GetDocument, &planning->target,
                     preferences_get_params("$LATEST"), NULL);
}

static void begin(struct inquiry *inquiry, void *arg)
{
    const struct planning *planning = arg;
    cJSON *document = cJSON_CreateObject(), *sessions = cJSON_CreateObject();
    cJSON_AddStringToObject(document, "Name", PREFERENCES_DOCUMENT);
    cJSON_AddStringToObject(sessions, "State", "Active");
    inquiry_read(inquiry, OP_ssm_DescribeDocument, &planning->target, document, read_versions);
    inquiry_read_pages(inquiry, OP_ssm_DescribeSessions, &planning->target, sessions, 1, NULL);
    plan_read_account(inquiry, &planning->target);
}

/* The content of a version; SV_NONE when it was not read. */
static struct sv content_of(const struct inquiry *inquiry, int64_t version)
{
    const cJSON *page;
    for (size_t i = 0; (page = inquiry_page(inquiry, OP_ssm_GetDocument, i)) != NULL; i++)
        if (json_i64(page, "DocumentVersion", 0) == version)
            return json_sv(page, "Content");
    return SV_NONE;
}

static enum err_code read_document(struct planning *planning)
{
    const struct inquiry *inquiry = planning->inquiry;
    const struct err *why = inquiry_err(inquiry, OP_ssm_DescribeDocument);
    const cJSON *document = json_get(inquiry_page(inquiry, OP_ssm_DescribeDocument, 0), "Document");
    struct preferences_document *before = &planning->before;
    if (why->code != OK && strcmp(why->aws_code, "InvalidDocument") == 0)
        return OK;
    if (why->code == OK)
        why = inquiry_err(inquiry, OP_ssm_GetDocument);
    planning->err = *why;
    if (why->code != OK)
        return why->code;
    before->is_there = true;
    before->version = json_i64(document, "DefaultVersion", 0);
    before->latest = json_i64(document, "LatestVersion", 0);
    before->content = content_of(inquiry, before->version);
    return preferences_from_content(before->content, &planning->current, &planning->err);
}

/* --- what is wanted -------------------------------------------------------------------------- */

/* AWS wants its flags to be there. */
static cJSON *new_content(void)
{
    static const enum preference flags[] = {PREFERENCE_BUCKET_ENCRYPTED, PREFERENCE_LOG_ENCRYPTED,
                                            PREFERENCE_LOG_STREAMED, PREFERENCE_RUN_AS};
    static const struct preferences defaults = {{0}};
    cJSON *tree = cJSON_CreateObject();
    cJSON_AddStringToObject(tree, "schemaVersion", "1.0");
    cJSON_AddStringToObject(tree, "description", "Session preferences of this account and region");
    cJSON_AddStringToObject(tree, "sessionType", "Standard_Stream");
    cJSON *inputs = cJSON_AddObjectToObject(tree, "inputs");
    for (size_t i = 0; i < ARRAY_LEN(flags); i++)
        preference_to_inputs(flags[i], preference_value(&defaults, flags[i]), inputs);
    return tree;
}

static enum severity severity_of(const struct planning *planning, enum preference field)
{
    return planning->approved.values[field]
               ? preference_severity(field, preference_value(&planning->approved, field),
                                     preference_value(&planning->current, field))
               : SEVERITY_NONE;
}

/* What is there, with the approved values in the place of those that differ. */
static void make_wanted(struct planning *planning)
{
    AUTO(json_free_at) cJSON *tree = NULL;
    if (!planning->before.is_there)
        tree = new_content();
    else
        json_parse(planning->before.content, PREFERENCES_DOCUMENT, &tree, NULL);
    cJSON *inputs = cJSON_GetObjectItemCaseSensitive(tree, "inputs");
    if (!cJSON_IsObject(inputs)) {
        cJSON_DeleteItemFromObjectCaseSensitive(tree, "inputs");
        inputs = cJSON_AddObjectToObject(tree, "inputs");
    }
    for (size_t i = 0; i < N_PREFERENCES; i++) {
        enum preference field = (enum preference)i;
        enum severity severity = severity_of(planning, field);
        planning->worst = severity > planning->worst ? severity : planning->worst;
        if (severity > SEVERITY_NONE)
            preference_to_inputs(field, preference_value(&planning->approved, field), inputs);
    }
    planning->wanted = json_print(tree);
}

/* Whether the newest version, which does not hold, is what is wanted. */
static bool latest_is_wanted(const struct planning *planning)
{
    struct preferences latest;
    bool same = planning->before.latest != planning->before.version;
    struct sv content = same ? content_of(planning->inquiry, planning->before.latest) : SV_NONE;
    same = same && preferences_from_content(content, &latest, NULL) == OK;
    for (size_t i = 0; same && i < N_PREFERENCES; i++) {
        enum preference field = (enum preference)i;
        const char *wanted = preference_value(
            planning->approved.values[i] ? &planning->approved : &planning->current, field);
        same =
            preference_severity(field, wanted, preference_value(&latest, field)) == SEVERITY_NONE;
    }
    if (content.ptr)
        preferences_done(&latest);
    return same;
}

/* --- the sheet ------------------------------------------------------------------------------- */

static void add_line(struct change_plan *plan, char kind, enum preference field, const char *value)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    preference_text(field, value, &text);
    change_plan_diff(plan, kind, "%s: %s", preference_name(field), buf_cstr(&text));
}

static void add_diff(struct planning *planning)
{
    for (size_t i = 0; i < N_PREFERENCES; i++) {
        enum preference field = (enum preference)i;
        const char *current = preference_value(&planning->current, field);
        bool differs = severity_of(planning, field) > SEVERITY_NONE;
        add_line(planning->plan, differs ? '-' : ' ', field, current);
        if (differs)
            add_line(planning->plan, '+', field, preference_value(&planning->approved, field));
    }
}

/* What has to be there for a value, or no shell begins. */
static const struct {
    enum preference field;
    const char *needs;
} needs[] = {
    {PREFERENCE_KEY,
     "without kms:GenerateDataKey for who calls and kms:Decrypt for the node's role "
     "no shell begins"},
    {PREFERENCE_LOG_ENCRYPTED, "a log group without encryption is written no more: shells end"},
    {PREFERENCE_BUCKET_ENCRYPTED, "a bucket without encryption is written no more: shells end"},
    {PREFERENCE_LOG_GROUP, "the log group must be there, and the nodes' role must be let write"},
    {PREFERENCE_BUCKET, "the bucket must be there, and the nodes' role must be let write"},
    {PREFERENCE_RUN_AS, "the user must be there on each node, or no shell begins"},
};

static void add_needs(struct planning *planning)
{
    for (size_t i = 0; i < ARRAY_LEN(needs); i++) {
        const char *value = preference_value(&planning->approved, needs[i].field);
        if (severity_of(planning, needs[i].field) > SEVERITY_NONE && value[0] &&
            strcmp(value, "false") != 0)
            change_plan_evidence(planning->plan, "%s: %s", preference_name(needs[i].field),
                                 needs[i].needs);
    }
}

static void add_evidence(struct planning *planning)
{
    struct change_plan *plan = planning->plan;
    const cJSON *sessions = inquiry_page(planning->inquiry, OP_ssm_DescribeSessions, 0);
    const char *idle = preference_value(&planning->current, PREFERENCE_IDLE);
    change_plan_evidence(plan, "every shell that begins in this account and region from then on");
    if (sessions)
        change_plan_evidence(plan, "sessions that go on now keep what they began with: %d",
                             cJSON_GetArraySize(json_get(sessions, "Sessions")));
    add_needs(planning);
    if (preference_note(PREFERENCE_IDLE, idle)[0])
        change_plan_evidence(plan, "idle %s min: %s", idle, preference_note(PREFERENCE_IDLE, idle));
    plan_say_tags(plan, "the document",
                  json_items(json_get(inquiry_page(planning->inquiry, OP_ssm_DescribeDocument, 0),
                                      "Document"),
                             "Tags"),
                  "writes it again");
    if (!planning->before.is_there)
        change_plan_evidence(plan, "there is no document yet: AWS's defaults hold");
    else if (planning->before.latest != planning->before.version)
        change_plan_evidence(
            plan, "version %lld is newer than the default, %lld, by which shells begin",
            (long long)planning->before.latest, (long long)planning->before.version);
    change_plan_evidence(plan, "AWS cannot tie a write to a version: somebody else's in the same "
                               "moment shows only when it is read again");
}

static void make_plan(struct planning *planning)
{
    struct preferences_document *before = &planning->before;
    const char *type = before->is_there ? PREFERENCES_DRIFT : PREFERENCES_MISSING;
    before->latest_is_wanted = before->is_there && latest_is_wanted(planning);
    struct change_plan *plan = preferences_plan_new(
        before, before->latest_is_wanted ? content_of(planning->inquiry, before->latest)
                                         : sv_of(planning->wanted));
    planning->plan = plan;
    plan->title = mem_strdup(before->is_there ? "Set the session preferences as approved"
                                              : "Create the session preferences as approved");
    plan->why =
        mem_strdup(before->is_there ? PREFERENCES_DRIFT ": shells are not as approved"
                                    : PREFERENCES_MISSING ": no document says how shells are");
    str_copy(plan->severity, severity_name(planning->worst));
    plan_add_account(plan, planning->inquiry, &planning->target);
    add_diff(planning);
    add_evidence(planning);
    preferences_item_key(&planning->target, type, &planning->approved, plan->item_key);
    change_plan_seal(plan);
}

static void end(struct inquiry *inquiry, void *arg)
{
    struct planning *planning = arg;
    struct gov *gov = inquiry_gov(inquiry);
    struct estate *estate = gov_estate(gov);
    const struct account *account =
        estate ? estate_account(estate, sv_of(planning->target.account_id)) : NULL;
    planning->inquiry = inquiry;
    if (!preferences_baseline_for(gov_preferences_baseline(gov), account, planning->target.region,
                                  &planning->approved))
        err_set(&planning->err, ERR_REFUSED, PREFERENCES_DOCUMENT,
                "nobody has approved session preferences for this account and region: name a file "
                "of them, session_preferences in watchdeck.conf");
    else if (read_document(planning) == OK) {
        make_wanted(planning);
        if (planning->worst == SEVERITY_NONE)
            err_set(&planning->err, ERR_STALE, PREFERENCES_DOCUMENT,
                    "all that is approved is so already");
        else
            make_plan(planning);
    }
    estate_unref(estate);
    planned_tell(inquiry_scope(inquiry), planning->done, planning->arg, planning->plan,
                 &planning->err);
    planning_drop(planning);
}

static void plan_row(struct gov *gov, struct scope *scope, const struct aws_target *target,
                     const char *const *args, planned_fn *done, void *arg)
{
    static const struct inquiry_kind kind = {begin, end, planning_drop};
    struct planning *planning = mem_new(struct planning);
    (void)args;
    *planning = (struct planning){.target = *target, .done = done, .arg = arg};
    inquiry_start(gov, scope, &kind, planning);
}

const struct planner planner_preferences = {
    .name = "preferences",
    .n_args = 1,
    .columns = {"preferences_document"},
    .item_kinds = "preferences",
    .item_columns = {"resource"},
    .plan = plan_row,
};
