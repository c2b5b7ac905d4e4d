#include "core/gov/systems_manager/parameter_plan.h"

#include <string.h>

#include "core/base/map.h"
#include "core/base/mem.h"
#include "core/gov/load/inquiry.h"
#include "core/gov/load/reply.h"
#include "core/gov/plan_account.h"
#include "core/gov/plan_evidence.h"
#include "core/gov/planner.h"
#include "core/gov/queue/item.h"
#include "core/gov/queue/item_type.h"
#include "core/gov/systems_manager/parameter_drift.h"

struct planning {
    struct aws_target target;
    char names[PARAMETER_SIDES][PARAMETER_NAME_SIZE];
    struct parameter_name parts; /* into names[PARAMETER_CURRENT] */
    char type[64];
    void (*done)(void *arg, struct change_plan *take_plan, const struct err *err);
    void *arg;

    const struct inquiry *inquiry;
    struct parameter_facts facts[PARAMETER_SIDES];
    bool is_there[PARAMETER_SIDES];
    size_t n_settings[PARAMETER_SIDES]; /* of the application */
    size_t n_unapproved;                /* of those that are present */
    bool is_sensitive;
    struct change_plan *plan;
    struct err err;
};

static void planning_drop(void *arg)
{
    struct planning *planning = arg;
    for (int side = 0; side < PARAMETER_SIDES; side++)
        parameter_facts_done(&planning->facts[side]);
    mem_free(planning);
}

/* --- reading --------------------------------------------------------------------------------- */

static cJSON *tags_params(const char *name)
{
    cJSON *params = cJSON_CreateObject();
    cJSON_AddStringToObject(params, "ResourceType", "Parameter");
    cJSON_AddStringToObject(params, "ResourceId", name);
    return params;
}

/* Without decryption: what is sealed stays so, and is not looked at. */
static cJSON *values_params(const struct planning *planning)
{
    cJSON *params = cJSON_CreateObject(), *names = cJSON_AddArrayToObject(params, "Names");
    for (int side = 0; side < PARAMETER_SIDES; side++)
        cJSON_AddItemToArray(names, cJSON_CreateString(planning->names[side]));
    return params;
}

static void begin(struct inquiry *inquiry, void *arg)
{
    const struct planning *planning = arg;
    AUTO(buf_done) struct buf path = BUF_NONE;
    buf_addf(&path, "/" SV_FMT, SV_ARG(planning->parts.application));
    inquiry_read(inquiry, OP_ssm_DescribeParameters, &planning->target,
                 parameter_below_params(buf_sv(&path)), NULL);
    inquiry_read(inquiry, OP_ssm_GetParameters, &planning->target, values_params(planning), NULL);
    for (int side = 0; side < PARAMETER_SIDES; side++)
        inquiry_read(inquiry, OP_ssm_ListTagsForResource, &planning->target,
                     tags_params(planning->names[side]), NULL);
    plan_read_account(inquiry, &planning->target);
}

/* How many keys of present settings no approved one has. */
static size_t count_unapproved(const struct map *present, const struct map *approved)
{
    struct sv key;
    union map_value value;
    size_t n = 0;
    for (size_t at = 0; map_next(present, &at, &key, &value);)
        n += map_get(approved, key) == NULL;
    return n;
}

static void collect(struct planning *planning)
{
    struct map keys[PARAMETER_SIDES] = {{0}};
    INQUIRY_EACH(planning->inquiry, OP_ssm_DescribeParameters, "Parameters", item)
    {
        struct parameter_name parts;
        if (!parameter_name_parse(json_sv(item, "Name"), &parts) ||
            !sv_eq(parts.application, planning->parts.application))
            continue;
        planning->n_settings[parts.side]++;
        map_put(&keys[parts.side], parts.key, NULL);
        if (!sv_eq(parts.key, planning->parts.key) || planning->is_there[parts.side])
            continue;
        planning->is_there[parts.side] = true;
        parameter_facts_read(item, &planning->facts[parts.side]);
        planning->is_sensitive |= parameter_is_sensitive(json_sv(item, "Type"), parts.key);
    }
    planning->n_unapproved = count_unapproved(&keys[PARAMETER_CURRENT], &keys[PARAMETER_APPROVED]);
    for (int side = 0; side < PARAMETER_SIDES; side++)
        map_done(&keys[side]);
}

/* The value of a side for the eyes of whoever decides; NULL when nobody is to see it. */
static const char *shown_value(const struct planning *planning, enum parameter_side side)
{
    if (planning->is_sensitive)
        return NULL;
    INQUIRY_EACH(planning->inquiry, OP_ssm_GetParameters, "Parameters", item)
    {
        if (sv_eq_cstr(json_sv(item, "Name"), planning->names[side]))
            return json_sv(item, "Value").ptr;
    }
    return NULL;
}

/* However few are decided on at once, and be it one of a dozen. It counts what is there now, so
 * that one plan after the other comes no further. */
static bool loses_too_many(const struct planning *planning)
{
    return planning->n_unapproved * 100 >
           planning->n_settings[PARAMETER_CURRENT] * change_belts_default.percent_max;
}

static enum err_code check(struct planning *planning)
{
    for (int side = 0; side < PARAMETER_SIDES; side++)
        if (planning->n_settings[side] == 0)
            return err_set(&planning->err, ERR_REFUSED, planning->names[side],
                           "there is nothing %s of " SV_FMT ": what is missing may be what cannot "
                           "be read, so nothing is changed",
                           parameter_side_words[side], SV_ARG(planning->parts.application));
    if (loses_too_many(planning))
        return err_set(&planning->err, ERR_REFUSED, planning->names[PARAMETER_CURRENT],
                       "%zu of %zu present settings of " SV_FMT " are not approved, more than %u "
                       "percent: what is approved may not be all of it, so nothing of it is "
                       "changed; write below /" SV_FMT "/approved what belongs there",
                       planning->n_unapproved, planning->n_settings[PARAMETER_CURRENT],
                       SV_ARG(planning->parts.application), change_belts_default.percent_max,
                       SV_ARG(planning->parts.application));
    if (!planning->is_there[PARAMETER_APPROVED] && !planning->is_there[PARAMETER_CURRENT])
        return err_set(&planning->err, ERR_STALE, planning->names[PARAMETER_CURRENT],
                       "it is not there any more, neither approved nor present");
    return OK;
}

/* --- the four cases -------------------------------------------------------------------------- */

static const struct parameter_facts *facts_of(const struct planning *planning,
                                              enum parameter_side side)
{
    return planning->is_there[side] ? &planning->facts[side] : NULL;
}

static void add_line(struct planning *planning, char kind, enum parameter_side side)
{
    const struct parameter_facts *facts = &planning->facts[side];
    const char *value = shown_value(planning, side);
    const char *from = side == PARAMETER_APPROVED ? "as approved, version" : "version";
    change_plan_diff(planning->plan, kind, SV_FMT " = %s%s%s   %s%s%s   %s %lld",
                     SV_ARG(planning->parts.key), value ? "\"" : "", value ? value : "(not shown)",
                     value ? "\"" : "", facts->type, facts->key_id[0] ? " under " : "",
                     facts->key_id, from, (long long)facts->version);
}

static void set_texts(struct planning *planning, const char *verb, const char *type,
                      enum severity severity, const char *why)
{
    struct change_plan *plan = planning->plan;
    struct buf title = BUF_NONE;
    buf_addf(&title, "%s %s", verb, planning->names[PARAMETER_CURRENT]);
    plan->title = buf_take(&title);
    plan->why = mem_strdup(why);
    str_copy(plan->severity, severity_name(severity));
    if (!planning->type[0])
        str_copy(planning->type, type);
}

/* Of an advanced parameter AWS makes no standard one again. */
static struct parameter_facts wanted_facts(struct planning *planning)
{
    struct parameter_facts wanted = planning->facts[PARAMETER_APPROVED];
    const struct parameter_facts *current = facts_of(planning, PARAMETER_CURRENT);
    if (current && strcmp(current->tier, "Advanced") == 0)
        wanted.tier = current->tier;
    return wanted;
}

static void plan_put(struct planning *planning)
{
    const struct parameter_facts *approved = &planning->facts[PARAMETER_APPROVED];
    const struct parameter_facts *current = facts_of(planning, PARAMETER_CURRENT);
    const struct parameter_facts wanted = wanted_facts(planning);
    const struct parameter_source source = {approved->name, approved->version, true};
    const cJSON *tags =
        json_items(inquiry_page(planning->inquiry, OP_ssm_ListTagsForResource, 0), "TagList");
    AUTO(buf_done) struct buf why = BUF_NONE;
    planning->plan =
        parameter_put_plan_new(planning->names[PARAMETER_CURRENT], &wanted, &source, current, tags);
    if (!current) {
        set_texts(planning, "Create", PARAMETER_MISSING, SEVERITY_HIGH,
                  "missing_parameter: approved, but not there");
    } else {
        bool differ = parameter_facts_differ(approved, current, &why);
        set_texts(planning, "Overwrite", differ ? PARAMETER_TYPE : PARAMETER_VALUE, SEVERITY_MEDIUM,
                  differ ? buf_cstr(&why) : "parameter_value_drift: not the approved value");
        add_line(planning, '-', PARAMETER_CURRENT);
    }
    add_line(planning, '+', PARAMETER_APPROVED);
    change_plan_evidence(
        planning->plan,
        "the value is read from %s:%lld right before it is sent; this console keeps "
        "it nowhere",
        approved->name, (long long)approved->version);
    if (current)
        change_plan_evidence(planning->plan,
                             "undo puts back the value of version %lld, out of the history, which "
                             "AWS keeps for 100 versions",
                             (long long)current->version);
    if (strcmp(wanted.tier, approved->tier) != 0)
        change_plan_evidence(planning->plan,
                             "the tier stays Advanced: AWS takes none of them back");
}

static void plan_delete(struct planning *planning)
{
    const struct parameter_facts *current = &planning->facts[PARAMETER_CURRENT];
    const struct parameter_facts *approved = facts_of(planning, PARAMETER_APPROVED);
    planning->plan = parameter_delete_plan_new(current, shown_value(planning, PARAMETER_CURRENT));
    set_texts(planning, "Delete", approved ? PARAMETER_TYPE : PARAMETER_UNAUTHORIZED,
              approved ? SEVERITY_MEDIUM : SEVERITY_LOW,
              approved ? "type_drift: Parameter Store changes no type; once it is deleted it is "
                         "missing, and can be created as approved"
                       : "unauthorized_parameter: there, but not approved");
    add_line(planning, '-', PARAMETER_CURRENT);
    change_plan_evidence(planning->plan,
                         "its history, its labels and its tags are lost, whatever is undone%s",
                         planning->is_sensitive ? "; so is its value, which nobody keeps" : "");
}

/* --- evidence -------------------------------------------------------------------------------- */

/* Of the present one, or of the approved one, when that is missing: what is read last. */
static void say_tags(struct planning *planning)
{
    size_t n = 0;
    while (inquiry_page(planning->inquiry, OP_ssm_ListTagsForResource, n))
        n++;
    if (n > 0)
        plan_say_tags(planning->plan, "the parameter",
                      json_items(inquiry_page(planning->inquiry, OP_ssm_ListTagsForResource, n - 1),
                                 "TagList"),
                      "writes it again");
    else
        change_plan_evidence(planning->plan, "whose it is is not known: %s",
                             inquiry_err(planning->inquiry, OP_ssm_ListTagsForResource)->message);
}

/* No operation of Parameter Store tells who reads one, and a name in the definition of a task or a
 * function, where it is read at a start, is beyond the services that are asked. That CloudTrail
 * finds reads by the parameter's name is documented nowhere: nothing found would look like nobody.
 */
static void say_readers(struct change_plan *plan)
{
    change_plan_evidence(plan,
                         "who reads it is unknown: Parameter Store does not tell; looked at are "
                         "versions, writers and tags");
    change_plan_evidence(plan,
                         "not looked at: reads in CloudTrail, which may not be found by its name; "
                         "tasks and functions that read it at a start");
}

static void add_evidence(struct planning *planning)
{
    struct change_plan *plan = planning->plan;
    for (int side = PARAMETER_SIDES - 1; side >= 0; side--) {
        const struct parameter_facts *facts = facts_of(planning, (enum parameter_side)side);
        if (facts && facts->modified_by[0])
            change_plan_evidence(plan, "%s: version %lld by %s", parameter_side_words[side],
                                 (long long)facts->version, facts->modified_by);
    }
    change_plan_evidence(
        plan, SV_FMT ": %zu settings approved, %zu present, %zu of these not approved",
        SV_ARG(planning->parts.application), planning->n_settings[PARAMETER_APPROVED],
        planning->n_settings[PARAMETER_CURRENT], planning->n_unapproved);
    say_tags(planning);
    say_readers(plan);
    change_plan_evidence(plan, "AWS cannot tie a write to a version: somebody else's in the same "
                               "moment shows only when it is read again");
}

/* As the item has it (parameter_item.c), so that it is one item. */
static void add_item_key(struct planning *planning)
{
    AUTO(buf_done) struct buf value = BUF_NONE;
    const struct parameter_facts *approved = facts_of(planning, PARAMETER_APPROVED);
    const struct parameter_facts *wanted =
        approved ? approved : &planning->facts[PARAMETER_CURRENT];
    buf_addf(&value, "%s:%lld", wanted->name, (long long)wanted->version);
    item_key(&planning->target, planning->names[PARAMETER_CURRENT], planning->type,
             buf_cstr(&value), planning->plan->item_key);
}

static void make_plan(struct planning *planning)
{
    const struct parameter_facts *approved = facts_of(planning, PARAMETER_APPROVED);
    const struct parameter_facts *current = facts_of(planning, PARAMETER_CURRENT);
    bool is_of_type = approved && current && strcmp(approved->type, current->type) == 0;
    if (approved && (!current || is_of_type))
        plan_put(planning);
    else
        plan_delete(planning);
    plan_add_account(planning->plan, planning->inquiry, &planning->target);
    add_evidence(planning);
    add_item_key(planning);
    change_plan_seal(planning->plan);
}

static void end(struct inquiry *inquiry, void *arg)
{
    struct planning *planning = arg;
    planning->inquiry = inquiry;
    planning->err = *inquiry_err(inquiry, OP_ssm_DescribeParameters);
    if (planning->err.code == OK)
        planning->err = *inquiry_err(inquiry, OP_ssm_GetParameters);
    if (planning->err.code == OK) {
        collect(planning);
        if (check(planning) == OK)
            make_plan(planning);
    }
    planning->inquiry = NULL;
    planned_tell(inquiry_scope(inquiry), planning->done, planning->arg, planning->plan,
                 &planning->err);
    planning_drop(planning);
}

/* Before anything is read. */
static void refuse(struct planning *planning, struct scope *scope)
{
    if (strcmp(planning->type, PARAMETER_UNKNOWN) == 0)
        err_set(&planning->err, ERR_REFUSED, "parameter",
                "it could not be compared, and what is not known is not changed");
    else
        err_set(&planning->err, ERR_USAGE, "parameter",
                "this is no setting of an application: /NAME/approved/... and /NAME/current/... "
                "are");
    planned_tell(scope, planning->done, planning->arg, NULL, &planning->err);
    planning_drop(planning);
}

void parameter_plan(struct gov *gov, struct scope *scope, const struct aws_target *target,
                    const char *name, const char *type,
                    void (*done)(void *arg, struct change_plan *take_plan, const struct err *err),
                    void *arg)
{
    static const struct inquiry_kind kind = {begin, end, planning_drop};
    struct planning *planning = mem_new(struct planning);
    struct parameter_name parts;
    *planning = (struct planning){.target = *target, .done = done, .arg = arg};
    str_copy(planning->type, item_type_find(sv_of(type)) ? type : "");
    bool fits = parameter_name_parse(sv_of(name), &parts);
    for (int side = 0; fits && side < PARAMETER_SIDES; side++)
        fits = parameter_name_make(parts.application, (enum parameter_side)side, parts.key,
                                   planning->names[side]);
    if (!fits || strcmp(type, PARAMETER_UNKNOWN) == 0) {
        refuse(planning, scope);
        return;
    }
    parameter_name_parse(sv_of(planning->names[PARAMETER_CURRENT]), &planning->parts);
    inquiry_start(gov, scope, &kind, planning);
}

static void plan_row(struct gov *gov, struct scope *scope, const struct aws_target *at,
                     const char *const *args, planned_fn *done, void *arg)
{
    parameter_plan(gov, scope, at, args[0], args[1], done, arg);
}

const struct planner planner_parameter = {
    .name = "parameter",
    .n_args = 2,
    .columns = {"name", "side"}, /* of the list of parameters, in an application's trees */
    .item_kinds = "parameter",
    .item_columns = {"resource", "subject"},
    .plan = plan_row,
};
