#include "views/program/apply.h"

#include <stdio.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/gov/planner.h"
#include "core/gov/queue/item.h"
#include "core/gov/settings.h"

/* The one item that is being dealt with. */
struct applying {
    struct gov *gov;
    struct scope *scope;
    struct change_plan *plan;
    struct change_status status;
    struct err err;
    char plan_id[37];
    bool is_planned, is_at_rest; /* the plan has come; the gate waits for us, or is through */
};

static bool is_end(enum change_state state)
{
    static const bool ends[] = {
#define END_ROW(name, is_end_, in_trail) [CHANGE_##name] = (is_end_),
        CHANGE_STATES(END_ROW)
#undef END_ROW
    };

    return ends[state] || state == CHANGE_UNKNOWN;
}

static void on_plan(void *arg, struct change_plan *take_plan, const struct err *err)
{
    struct applying *applying = arg;

    applying->plan = take_plan;
    applying->err = *err;
    applying->is_planned = true;
}

static void on_change(void *arg, const struct change_status *status)
{
    struct applying *applying = arg;

    if (strcmp(status->plan_id, applying->plan_id) != 0)
        return;
    applying->status = *status;
    applying->is_at_rest = status->state == CHANGE_READY || is_end(status->state);
}

/* --- the rows -------------------------------------------------------------------------------- */

static struct cell cell_of(const struct table *table, size_t row, enum item_column column)
{
    struct cell cell;

    table_cell(table, row, column, &cell);
    return cell;
}

static bool needs_nobody(const struct table *table, size_t row)
{
    return cell_of(table, row, ITEM_AUTOMATIC).number != 0 &&
           sv_eq(cell_of(table, row, ITEM_STATE).text, SV("OPEN"));
}

static struct applied *add(struct applied_list *list, const struct table *table, size_t row)
{
    struct applied applied = {.type = sv_dup(cell_of(table, row, ITEM_TYPE).text),
                              .what = sv_dup(cell_of(table, row, ITEM_WHAT).text),
                              .state = "NOT BEGUN"};

    sv_copy(cell_of(table, row, ITEM_KEY).text, applied.key, sizeof applied.key);
    sv_copy(cell_of(table, row, ITEM_ACCOUNT_ID).text, applied.target.account_id,
            sizeof applied.target.account_id);
    sv_copy(cell_of(table, row, ITEM_ACCOUNT_ID + 2).text, applied.target.region,
            sizeof applied.target.region);
    vec_push(&list->items, applied);
    return &vec_last(&list->items);
}

/* --- one item -------------------------------------------------------------------------------- */

static void consent(struct applying *applying)
{
    struct change_consent consent = {.single_operator = true};
    AUTO(buf_done) struct buf origin = BUF_NONE;

    settings_origin(gov_settings(applying->gov), "apply_automatically", &origin);
    snprintf(consent.reason, sizeof consent.reason, "apply_automatically (%s)", buf_cstr(&origin));
    str_copy(consent.plan_hash, applying->plan->plan_hash);
    applying->is_at_rest = false;
    gate_consent(gov_gate(applying->gov), applying->plan_id, &consent);
    run_ui_until(&applying->is_at_rest, -1);
}

/* The gate has its own copy of the plan: this one tells what consent it needs. */
static void pass_gate(struct applying *applying, struct applied *applied)
{
    struct change_plan *plan = applying->plan;

    str_copy(applying->plan_id, plan->id);
    str_copy(applied->plan_id, plan->id);
    if (change_consent_level(plan, 1) != CONSENT_KEY) {
        applied->state = "REFUSED";
        err_set(&applied->err, ERR_REFUSED, plan->account_name,
                plan->production ? "production: a person decides" : "a person decides on this");
        return;
    }
    if (gov_may_alone(applying->gov, plan, &applied->err) != OK) {
        applied->state = "REFUSED";
        return;
    }
    applying->is_at_rest = false;
    gate_check(gov_gate(applying->gov), change_plan_copy(plan));
    run_ui_until(&applying->is_at_rest, -1);
    if (applying->status.state == CHANGE_READY)
        consent(applying);
    applied->state = change_state_name(applying->status.state);
    applied->err = applying->status.err;
}

static void apply_one(struct applying *applying, const struct table *table, size_t row,
                      struct applied *applied)
{
    struct planner_subject subject;

    applying->is_planned = false;
    applying->plan_id[0] = '\0';
    applied->state = "NO PLAN";
    if (planner_subject_of(table, row, &subject, &applied->err) == OK) {
        planner_plan(&subject, applying->gov, applying->scope, on_plan, applying);
        run_ui_until(&applying->is_planned, -1);
        applied->err = applying->err;
        if (applying->plan != NULL)
            pass_gate(applying, applied);
        change_plan_free(applying->plan);
        applying->plan = NULL;
    }
    planner_subject_done(&subject);
}

/* --- all of them ----------------------------------------------------------------------------- */

static bool has_failed(const struct applied *applied)
{
    return strcmp(applied->state, "FAILED") == 0 || strcmp(applied->state, "UNVERIFIED") == 0 ||
           strcmp(applied->state, "UNKNOWN") == 0;
}

static void refuse_all(struct applied_list *list, const struct err *err)
{
    for (size_t i = 0; i < list->items.len; i++) {
        list->items.ptr[i].state = "REFUSED";
        list->items.ptr[i].err = *err;
    }
}

static void apply_all(struct gov *gov, const struct table *table, const size_t *rows,
                      struct applied_list *list)
{
    struct applying applying = {.gov = gov, .scope = scope_new(NULL, "apply")};
    size_t n_failed = 0;

    gov_on_change(gov, on_change, &applying);
    for (size_t i = 0; i < list->items.len && n_failed < change_belts_default.failures_max; i++) {
        apply_one(&applying, table, rows[i], &list->items.ptr[i]);
        n_failed += has_failed(&list->items.ptr[i]);
    }
    gov_on_change(gov, NULL, NULL);
    scope_close(applying.scope);
    scope_unref(applying.scope);
}

/* --- alerts ---------------------------------------------------------------------------------- */

static void on_alerted(void *arg, const struct gov_alerted *alerted)
{
    struct applied_list *list = arg;

    list->alerts_ended = true;
    if (alerted->is_record) {
        list->n_here_only += alerted->is_retry ? 0 : alerted->n_failed;
        return;
    }
    list->alerted = *alerted;
}

void apply_listen(struct gov *gov, struct applied_list *list)
{
    gov_on_alerted(gov, on_alerted, list);
}

static void wait_for_alerts(struct gov *gov, struct applied_list *list)
{
    while (gov_is_alerting(gov)) {
        list->alerts_ended = false;
        run_ui_until(&list->alerts_ended, 100);
    }
    gov_on_alerted(gov, NULL, NULL);
}

void alerted_json(const struct gov_alerted *alerted, struct buf *out)
{
    struct json_writer w = {.out = out};
    char message[320] = "";

    if (alerted->err.code != OK)
        err_describe_on_line(&alerted->err, message, sizeof message);
    jw_object(&w);
    jw_i64_at(&w, "sent", (int64_t)alerted->n_sent);
    jw_i64_at(&w, "failed", (int64_t)alerted->n_failed);
    jw_string_at(&w, "message", sv_of(message));
    jw_object_end(&w);
}

/* Groups and parameters are counted; of what else there is, one at a time. */
static bool are_counted(const struct table *table, const size_t *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct sv kind = cell_of(table, rows[i], ITEM_KIND).text;
        if (!sv_starts(kind, SV("sg-")) && !sv_eq(kind, SV("parameter")))
            return false;
    }
    return true;
}

static enum err_code check_belts(const struct load_view *view, const size_t *rows, size_t n,
                                 struct err *err)
{
    char why[160] = "how many of some of them there are is not counted";
    size_t n_resources =
        are_counted(view->table, rows, n) ? load_view_resources(view, why, sizeof why) : 0;
    enum err_code code = change_belts_check(&change_belts_default, n, n_resources, err);

    if (code != OK && n <= change_belts_default.items_max && n_resources == 0)
        err_set(err, code, "belts", "%zu items at once, of how many is not known: %s", n, why);
    return code;
}

void apply_rows(struct gov *gov, const struct load_view *view, const struct projection *rows,
                struct applied_list *list)
{
    const struct table *table = view->table;
    size_t n = projection_count(rows);
    AUTO_FREE size_t *chosen = mem_alloc((n + 1) * sizeof *chosen);
    struct err err;

    for (size_t i = 0; i < n; i++) {
        size_t row = projection_row(rows, i);

        if (!needs_nobody(table, row))
            continue;
        chosen[list->items.len] = row;
        add(list, table, row);
    }
    if (check_belts(view, chosen, list->items.len, &err) != OK)
        refuse_all(list, &err);
    else
        apply_all(gov, table, chosen, list);
    wait_for_alerts(gov, list);
    for (size_t i = 0; i < list->items.len; i++)
        list->n_bad += strcmp(list->items.ptr[i].state, "SUCCEEDED") != 0;
}

void applied_json(const struct applied_list *list, struct buf *out)
{
    struct json_writer w = {.out = out};

    jw_array(&w);
    for (size_t i = 0; i < list->items.len; i++) {
        const struct applied *applied = &list->items.ptr[i];

        jw_object(&w);
        jw_string_at(&w, "key", sv_of(applied->key));
        jw_string_at(&w, "account_id", sv_of(applied->target.account_id));
        jw_string_at(&w, "region", sv_of(applied->target.region));
        jw_string_at(&w, "type", sv_of(applied->type));
        jw_string_at(&w, "what", sv_of(applied->what));
        jw_string_at(&w, "state", sv_of(applied->state));
        jw_string_at(&w, "plan_id", sv_of(applied->plan_id));
        jw_string_at(&w, "message", sv_of(applied->err.code != OK ? applied->err.message : ""));
        jw_object_end(&w);
    }
    jw_array_end(&w);
}

bool applied_is_done(const struct applied_list *list, struct sv key)
{
    for (size_t i = 0; i < list->items.len; i++)
        if (sv_eq_cstr(key, list->items.ptr[i].key))
            return strcmp(list->items.ptr[i].state, "SUCCEEDED") == 0;
    return false;
}

void applied_done(struct applied_list *list)
{
    for (size_t i = 0; i < list->items.len; i++) {
        mem_free(list->items.ptr[i].type);
        mem_free(list->items.ptr[i].what);
    }
    vec_free(&list->items);
}
