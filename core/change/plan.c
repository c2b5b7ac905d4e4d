/* Making plans. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/os.h"
#include "core/change/plan_json.h"

struct change_plan *change_plan_new(const struct change_kind *kind)
{
    struct change_plan *plan = mem_new(struct change_plan);

    plan->kind = kind;
    plan->revision = 1;
    os_uuid4(plan->id);
    return plan;
}

static void free_lines(struct change_line *lines, size_t n)
{
    for (size_t i = 0; i < n; i++)
        mem_free(lines[i].text);
    mem_free(lines);
}

void change_calls_free(struct change_call *calls, size_t n)
{
    for (size_t i = 0; i < n; i++)
        json_free(calls[i].params);
    mem_free(calls);
}

void change_plan_free(struct change_plan *plan)
{
    if (plan == NULL)
        return;
    mem_free(plan->title);
    mem_free(plan->why);
    mem_free(plan->requester);
    mem_free(plan->break_glass);
    change_calls_free(plan->calls.ptr, plan->calls.len);
    change_calls_free(plan->inverse.ptr, plan->inverse.len);
    free_lines(plan->diff.ptr, plan->diff.len);
    free_lines(plan->evidence.ptr, plan->evidence.len);
    json_free(plan->state);
    mem_free(plan);
}

void change_plan_add_call(struct change_plan *plan, enum aws_op_id op, cJSON *take_params)
{
    struct change_call call = {.op = op, .params = take_params};
    vec_push(&plan->calls, call);
}

void change_plan_add_due_call(struct change_plan *plan, enum aws_op_id op, cJSON *take_params)
{
    change_plan_add_call(plan, op, take_params);
    plan->calls.ptr[plan->calls.len - 1].when_due = true;
}

void change_plan_add_inverse(struct change_plan *plan, enum aws_op_id op, cJSON *take_params)
{
    struct change_call call = {.op = op, .params = take_params};
    vec_push(&plan->inverse, call);
}

static struct change_line line_of(char kind, const char *fmt, va_list args)
{
    char *text = NULL;

    if (vasprintf(&text, fmt, args) < 0)
        text = NULL;
    struct change_line line = {kind, mem_strdup(text != NULL ? text : "")};
    free(text);
    return line;
}

void change_plan_diff(struct change_plan *plan, char kind, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    struct change_line line = line_of(kind, fmt, args);
    va_end(args);
    vec_push(&plan->diff, line);
}

void change_plan_evidence(struct change_plan *plan, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    struct change_line line = line_of(' ', fmt, args);
    va_end(args);
    vec_push(&plan->evidence, line);
}

/* --- sealing ------------------------------------------------------------------------------ */

static void hash_of(const struct change_plan *plan, char hash[SHA256_HEX_SIZE])
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    AUTO(json_free_at) cJSON *json = change_plan_to_json(plan);

    cJSON_DeleteItemFromObjectCaseSensitive(json, "plan_hash");
    json_canonical(&text, json);
    sha256_hex(buf_sv(&text), hash);
}

/* What the planner has not said more precisely: the account, the region and the exact calls. */
static void fill_item_key(struct change_plan *plan)
{
    AUTO(buf_done) struct buf text = BUF_NONE;

    buf_addf(&text, "%s\n%s\n%s\n", plan->target.account_id, plan->target.region, plan->kind->name);
    for (size_t i = 0; i < plan->calls.len; i++) {
        buf_addf(&text, "%s\n", aws_op(plan->calls.ptr[i].op)->iam_action);
        json_canonical(&text, plan->calls.ptr[i].params);
    }
    sha256_hex(buf_sv(&text), plan->item_key);
}

void change_plan_seal(struct change_plan *plan)
{
    if (plan->made_at_ms == 0)
        plan->made_at_ms = clock_wall_ms();
    if (plan->item_key[0] == '\0')
        fill_item_key(plan);
    hash_of(plan, plan->plan_hash);
}

enum err_code change_plan_break_glass(struct change_plan *plan, const char *reason, struct err *err)
{
    struct sv text = sv_trim(sv_of(reason));

    if (text.len == 0)
        return err_set(err, ERR_CONSENT, "break-glass", "it needs a reason");
    mem_free(plan->break_glass);
    plan->break_glass = sv_dup(text);
    hash_of(plan, plan->plan_hash);
    return OK;
}

void change_plan_side_hash(const struct change_plan *plan, bool is_after, char hash[65])
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    char other = is_after ? '-' : '+';

    for (size_t i = 0; i < plan->diff.len; i++)
        if (plan->diff.ptr[i].kind != other)
            buf_addf(&text, "%c %s\n", plan->diff.ptr[i].kind, plan->diff.ptr[i].text);
    sha256_hex(buf_sv(&text), hash);
}

bool change_plan_is_sealed(const struct change_plan *plan)
{
    char hash[SHA256_HEX_SIZE];

    hash_of(plan, hash);
    return strcmp(hash, plan->plan_hash) == 0;
}
