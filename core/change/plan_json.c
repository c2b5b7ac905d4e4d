#include "core/change/plan_json.h"

#include <stdlib.h>
#include <string.h>

/* --- canonical JSON ----------------------------------------------------------------------- */

static int compare_members(const void *a, const void *b)
{
    return strcmp((*(const cJSON *const *)a)->string, (*(const cJSON *const *)b)->string);
}

static void write_sorted(struct json_writer *w, const cJSON *json);

static void write_object(struct json_writer *w, const cJSON *object)
{
    VEC(const cJSON *) members = {0};

    for (const cJSON *member = object->child; member != NULL; member = member->next)
        vec_push(&members, member);
    if (members.len > 1)
        qsort(members.ptr, members.len, sizeof *members.ptr, compare_members);
    jw_object(w);
    for (size_t i = 0; i < members.len; i++) {
        jw_key(w, members.ptr[i]->string);
        write_sorted(w, members.ptr[i]);
    }
    jw_object_end(w);
    vec_free(&members);
}

static void write_sorted(struct json_writer *w, const cJSON *json)
{
    if (cJSON_IsObject(json)) {
        write_object(w, json);
    } else if (cJSON_IsArray(json)) {
        jw_array(w);
        for (const cJSON *item = json->child; item != NULL; item = item->next)
            write_sorted(w, item);
        jw_array_end(w);
    } else {
        jw_tree(w, json);
    }
}

void json_canonical(struct buf *out, const cJSON *json)
{
    struct json_writer w = {.out = out};

    if (json == NULL)
        jw_null(&w);
    else
        write_sorted(&w, json);
}

/* --- writing ------------------------------------------------------------------------------ */

static const char *const reversible_names[] = {
    [REVERSIBLE] = "yes", [PARTLY_REVERSIBLE] = "partly", [IRREVERSIBLE] = "no"};

/* Borrowed trees are copied: a plan's JSON lives longer than the plan. */
static cJSON *copy_of(const cJSON *json)
{
    return json != NULL ? cJSON_Duplicate(json, true) : cJSON_CreateObject();
}

static cJSON *calls_to_json(const struct change_call *calls, size_t n)
{
    cJSON *array = cJSON_CreateArray();

    for (size_t i = 0; i < n; i++) {
        const struct aws_op *op = aws_op(calls[i].op);
        cJSON *call = cJSON_CreateObject();
        cJSON_AddStringToObject(call, "service", op->service->id);
        cJSON_AddStringToObject(call, "operation", op->name);
        cJSON_AddItemToObject(call, "params", copy_of(calls[i].params));
        if (calls[i].when_due)
            cJSON_AddBoolToObject(call, "when_due", true);
        cJSON_AddItemToArray(array, call);
    }
    return array;
}

static cJSON *lines_to_json(const struct change_line *lines, size_t n)
{
    cJSON *array = cJSON_CreateArray();

    for (size_t i = 0; i < n; i++) {
        cJSON *line = cJSON_CreateObject();
        cJSON_AddStringToObject(line, "kind", (char[]){lines[i].kind, '\0'});
        cJSON_AddStringToObject(line, "text", lines[i].text);
        cJSON_AddItemToArray(array, line);
    }
    return array;
}

cJSON *change_plan_to_json(const struct change_plan *plan)
{
    cJSON *json = cJSON_CreateObject();

    cJSON_AddStringToObject(json, "kind", plan->kind->name);
    cJSON_AddStringToObject(json, "id", plan->id);
    cJSON_AddStringToObject(json, "item_key", plan->item_key);
    cJSON_AddStringToObject(json, "plan_hash", plan->plan_hash);
    cJSON_AddNumberToObject(json, "revision", plan->revision);
    cJSON_AddStringToObject(json, "account_id", plan->target.account_id);
    cJSON_AddStringToObject(json, "region", plan->target.region);
    cJSON_AddStringToObject(json, "account_name", plan->account_name);
    cJSON_AddBoolToObject(json, "production", plan->production);
    cJSON_AddStringToObject(json, "severity", plan->severity);
    cJSON_AddStringToObject(json, "title", plan->title != NULL ? plan->title : "");
    cJSON_AddStringToObject(json, "why", plan->why != NULL ? plan->why : "");
    cJSON_AddItemToObject(json, "calls", calls_to_json(plan->calls.ptr, plan->calls.len));
    cJSON_AddItemToObject(json, "inverse", calls_to_json(plan->inverse.ptr, plan->inverse.len));
    cJSON_AddItemToObject(json, "diff", lines_to_json(plan->diff.ptr, plan->diff.len));
    cJSON_AddItemToObject(json, "evidence", lines_to_json(plan->evidence.ptr, plan->evidence.len));
    cJSON_AddStringToObject(json, "reversible", reversible_names[plan->reversible]);
    cJSON_AddItemToObject(json, "state", copy_of(plan->state));
    cJSON_AddStringToObject(json, "undo_of", plan->undo_of);
    cJSON_AddNumberToObject(json, "made_at_ms", (double)plan->made_at_ms);
    if (plan->requester != NULL)
        cJSON_AddStringToObject(json, "requester", plan->requester);
    if (plan->break_glass != NULL)
        cJSON_AddStringToObject(json, "break_glass", plan->break_glass);
    return json;
}

cJSON *change_plan_learned_to_json(const struct change_plan *plan)
{
    cJSON *json = cJSON_CreateObject();

    cJSON_AddItemToObject(json, "inverse", calls_to_json(plan->inverse.ptr, plan->inverse.len));
    cJSON_AddItemToObject(json, "state", copy_of(plan->state));
    cJSON_AddNumberToObject(json, "calls_done", (double)plan->calls_done);
    return json;
}

/* --- reading ------------------------------------------------------------------------------ */

#define COPY(json, key, field) sv_copy(json_sv((json), (key)), (field), sizeof(field))

static const struct change_kind *find_kind(struct sv name, const struct change_kind *const *kinds,
                                           size_t n_kinds)
{
    for (size_t i = 0; i < n_kinds; i++)
        if (sv_eq_cstr(name, kinds[i]->name))
            return kinds[i];
    return NULL;
}

static bool find_op(const cJSON *call, enum aws_op_id *id)
{
    const struct aws_op *op = aws_op_find(json_sv(call, "service"), json_sv(call, "operation"));

    if (op == NULL)
        return false;
    *id = (enum aws_op_id)(op - aws_op(0));
    return true;
}

/* False when there is a call that this version does not know. */
static bool calls_from_json(struct change_plan *plan, const cJSON *json)
{
    for (const cJSON *call = json_items(json, "calls"); call != NULL; call = call->next) {
        bool when_due = json_bool(call, "when_due", false);
        enum aws_op_id op;
        if (!find_op(call, &op))
            return false;
        (when_due ? change_plan_add_due_call
                  : change_plan_add_call)(plan, op, copy_of(json_get(call, "params")));
    }
    return true;
}

static bool inverse_from_json(struct change_plan *plan, const cJSON *json)
{
    for (const cJSON *call = json_items(json, "inverse"); call != NULL; call = call->next) {
        enum aws_op_id op;
        if (!find_op(call, &op))
            return false;
        change_plan_add_inverse(plan, op, copy_of(json_get(call, "params")));
    }
    return true;
}

static void lines_from_json(struct change_plan *plan, const cJSON *json)
{
    for (const cJSON *line = json_items(json, "diff"); line != NULL; line = line->next) {
        struct sv kind = json_sv(line, "kind"), text = json_sv(line, "text");
        change_plan_diff(plan, kind.len == 1 ? kind.ptr[0] : ' ', SV_FMT, SV_ARG(text));
    }
    for (const cJSON *line = json_items(json, "evidence"); line != NULL; line = line->next) {
        struct sv text = json_sv(line, "text");
        change_plan_evidence(plan, SV_FMT, SV_ARG(text));
    }
}

static enum change_reversible reversible_from(struct sv name)
{
    for (size_t i = 0; i < ARRAY_LEN(reversible_names); i++)
        if (sv_eq_cstr(name, reversible_names[i]))
            return (enum change_reversible)i;
    return IRREVERSIBLE;
}

static void fields_from_json(struct change_plan *plan, const cJSON *json)
{
    COPY(json, "id", plan->id);
    COPY(json, "item_key", plan->item_key);
    COPY(json, "plan_hash", plan->plan_hash);
    COPY(json, "account_id", plan->target.account_id);
    COPY(json, "region", plan->target.region);
    COPY(json, "account_name", plan->account_name);
    COPY(json, "severity", plan->severity);
    COPY(json, "undo_of", plan->undo_of);
    plan->revision = (unsigned)json_i64(json, "revision", 1);
    plan->production = json_bool(json, "production", true);
    plan->title = sv_dup(json_sv(json, "title"));
    plan->why = sv_dup(json_sv(json, "why"));
    plan->reversible = reversible_from(json_sv(json, "reversible"));
    plan->state = copy_of(json_get(json, "state"));
    plan->made_at_ms = json_i64(json, "made_at_ms", 0);
    if (json_get(json, "requester") != NULL)
        plan->requester = sv_dup(json_sv(json, "requester"));
    if (json_get(json, "break_glass") != NULL)
        plan->break_glass = sv_dup(json_sv(json, "break_glass"));
}

enum err_code change_plan_from_json(const cJSON *json, const struct change_kind *const *kinds,
                                    size_t n_kinds, struct change_plan **plan, struct err *err)
{
    const struct change_kind *kind = find_kind(json_sv(json, "kind"), kinds, n_kinds);

    *plan = NULL;
    if (kind == NULL)
        return err_set(err, ERR_PARSE, "plan", "no plan, or one of an unknown kind");
    struct change_plan *read = change_plan_new(kind);
    fields_from_json(read, json);
    lines_from_json(read, json);
    enum err_code code = OK;
    if (!calls_from_json(read, json) || !inverse_from_json(read, json))
        code = err_set(err, ERR_PARSE, read->id, "a plan with an unknown operation");
    else if (!change_plan_is_sealed(read))
        code = err_set(err, ERR_INTEGRITY, read->id, "the plan is not the one that was sealed");
    if (code == OK)
        *plan = read;
    else
        change_plan_free(read);
    return code;
}

struct change_plan *change_plan_copy(const struct change_plan *plan)
{
    AUTO(json_free_at) cJSON *json = change_plan_to_json(plan);
    struct change_plan *copy;

    change_plan_from_json(json, &plan->kind, 1, &copy, NULL);
    return copy;
}

enum err_code change_plan_learn(struct change_plan *plan, const cJSON *json, struct err *err)
{
    if (json == NULL)
        return OK;
    change_calls_free(plan->inverse.ptr, plan->inverse.len);
    memset(&plan->inverse, 0, sizeof plan->inverse);
    if (!inverse_from_json(plan, json))
        return err_set(err, ERR_PARSE, plan->id, "an inverse with an unknown operation");
    json_free(plan->state);
    plan->state = copy_of(json_get(json, "state"));
    plan->calls_done = (size_t)json_i64(json, "calls_done", 0);
    return OK;
}
