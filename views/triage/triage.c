/*
 * triage: the first screen: what needs me now? Panels of numbers in a few lines, then the rows
 * behind them, the most urgent first. Each number opens its rows: by Tab and Enter, or a click.
 */
#include <string.h>

#include "views/triage/triage_parts.h"

/* What Config finds has a panel of its own. */
#define WAITS "state:=OPEN severity:>=HIGH !kind:=config "

const struct opening triage_openings[N_NUMBERS] = {
    [CRITICAL] = {&view_approvals, WAITS "display_severity:=CRITICAL", NULL, NULL},
    [HIGH] = {&view_approvals, WAITS "display_severity:=HIGH", NULL, NULL},
    [MEDIUM] = {&view_approvals, WAITS "display_severity:=MEDIUM", NULL, NULL},
    [OVERDUE] = {&view_approvals, WAITS "left_s:<0", NULL, NULL},
    [FAILING] = {&view_rules, "compliance:=NON_COMPLIANT", NULL, NULL},
    [WORST] = {&view_rules, NULL, "compliance", NULL},
    [DRIFT_GROUPS] = {&view_drift, "state:=OPEN severity:>=LOW kind:sg-", "drift", "groups"},
    [DRIFT_PARAMETERS] = {&view_drift, "state:=OPEN kind:=parameter", "drift", "parameters"},
    [DRIFT_PREFERENCES] = {&view_drift, "state:=OPEN kind:=preferences", "drift", "preferences"},
    [LACKING] = {&view_gaps, "", "coverage", NULL},
    [RECORDERS] = {&view_recorders, "!state:=ON", "recorder", NULL},
    [AGGREGATORS] = {&view_aggregators, "!status:=SUCCEEDED", "aggregator", NULL},
    [PATCH_CRITICAL] = {&view_nodes, "critical:>0", "patch", "critical"},
    [PATCH_FAILED] = {&view_nodes, "failed:>0", "patch", "failed"},
    [PATCH_REBOOT] = {&view_nodes, "pending_reboot:>0", "patch", "pending_reboot"},
    [PATCH_NEVER] = {&view_nodes, "patch:=NEVER_REPORTED", "patch", "never_reported"},
    [PATCH_OFFLINE] = {&view_nodes, "!ping:=Online", "patch", "offline"},
    [CHANGES] = {&view_changes, "", "change", "older"},
};

const struct part_source triage_parts[N_PARTS] = {
    [DECISIONS] = {"decision", "NEEDS A DECISION", OP_ec2_DescribeSecurityGroupRules},
    [DRIFTING] = {"drift", "DRIFT", OP_ec2_DescribeSecurityGroupRules},
    [COMPLIANCE] = {"compliance", "COMPLIANCE", OP_config_DescribeComplianceByConfigRule},
    [PATCHES] = {"patch", "PATCH", OP_ssm_DescribeInstanceInformation},
    [EVENTS] = {"change", "CHANGES", OP_cloudtrail_LookupEvents},
};

static struct triage *triage_of(struct view *view)
{
    return view->state;
}

/* --- choosing and opening --------------------------------------------------------------------- */

static uint64_t cursor_key(struct triage *triage)
{
    uint64_t key = 0;
    size_t at;

    return list_cursor(&triage->list.list, &at, &key) ? key : 0;
}

bool triage_is_chosen(struct triage *triage, enum number number)
{
    return triage->has_chosen && triage->chosen == number &&
           triage->chosen_while == cursor_key(triage);
}

static enum err_code choose(struct view *view, int step, struct err *err)
{
    struct triage *triage = triage_of(view);
    bool is_there = triage->has_chosen && triage_is_chosen(triage, triage->chosen);
    int at = is_there ? (int)triage->chosen : step > 0 ? -1 : N_NUMBERS;

    (void)err;
    do
        at += step;
    while (at >= 0 && at < N_NUMBERS && rect_is_empty(triage->places[at]));
    triage->has_chosen = at >= 0 && at < N_NUMBERS; /* behind the last one is the list again */
    triage->chosen = triage->has_chosen ? (enum number)at : CRITICAL;
    triage->chosen_while = cursor_key(triage);
    app_redraw(view->app);
    return OK;
}

/* name:="RULE": what a person has named may hold blanks and quotes. */
static void filter_by_name(struct sv rule, char *filter, size_t size)
{
    AUTO(buf_done) struct buf text = BUF_NONE;

    buf_add_cstr(&text, "name:=\"");
    for (size_t i = 0; i < rule.len; i++) {
        if (rule.ptr[i] == '"')
            buf_add_char(&text, '\\');
        buf_add_char(&text, rule.ptr[i]);
    }
    buf_add_char(&text, '"');
    sv_copy(buf_sv(&text), filter, size);
}

static enum err_code open_number(struct view *view, enum number number, struct sv rule,
                                 struct err *err)
{
    const struct opening *opening = &triage_openings[number];
    struct view_scope at = view->at;

    at.filter[0] = '\0';
    if (opening->filter != NULL)
        str_copy(at.filter, opening->filter);
    else
        filter_by_name(rule, at.filter, sizeof at.filter);
    return app_open_scoped(view->app, opening->kind, NULL, 0, &at, err);
}

static enum err_code into(struct view *view, const struct row_ref *row, struct err *err)
{
    struct triage *triage = triage_of(view);
    enum number number = triage_number(row);

    if (triage->has_chosen && triage_is_chosen(triage, triage->chosen))
        return open_number(view, triage->chosen, triage->worst_rule, err);
    if (number < N_NUMBERS)
        return open_number(view, number, row_text(row, "subject"), err);
    return command_run(view->app, command_find(SV("describe")), NULL, 0);
}

static bool on_event(struct view *view, const struct event *event)
{
    struct triage *triage = triage_of(view);
    struct err err = ERR_NONE;

    for (int i = 0; event->type == EVENT_MOUSE && i < N_NUMBERS; i++) {
        if (event->mouse.action != MOUSE_PRESS || event->mouse.button != 1 ||
            !rect_contains(triage->places[i], event->mouse.y, event->mouse.x))
            continue;
        if (open_number(view, (enum number)i, triage->worst_rule, &err) != OK)
            app_error(view->app, &err);
        return true;
    }
    return list_view_event(view, event);
}

static int draw_above(struct view *view, const struct canvas *canvas)
{
    return triage_draw(triage_of(view), canvas);
}

static const struct list_def def = {
    .screen = &screen_triage,
    .into = into,
    .name_column = "what",
    .attention = "panel:=decision",
    .actions = list_item_actions,
    .panel = choose,
    .draw_above = draw_above,
    .export_line = "handover 12h handover.md", /* what the next shift wants of this screen */
};

const struct view_kind view_triage = {
    .name = "triage",
    .title = "Triage",
    .help = "what needs me now",
    .usage = "",
    .context = "triage",
    .def = &def,
    .state_bytes = sizeof(struct triage),
    .open = list_view_open,
    .close = list_view_close,
    .draw = list_view_draw,
    .event = on_event,
    .row = list_view_row,
    .filter = list_view_filter,
    .position = list_view_position,
    .status = list_view_status,
    .reload = list_view_reload,
    .tick = list_view_tick,
    .changed = list_view_changed,
    .commands = list_view_commands,
};
