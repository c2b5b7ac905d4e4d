/*
 * triage: the first screen: what needs me now? Panels of numbers in a few lines, then the rows
 * behind them, the most urgent first. Each number opens its rows: by Tab and Enter, or a click.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/gov/security_group/sg_policy.h"
#include "views/list_view/list_view.h"

/* What is left out first when the screen is low: the lines below the panels. */
#define PANEL_ROWS      4 /* a title and three lines */
#define ROWS_FOR_PANEL  15
#define ROWS_FOR_LINES  18
#define ROWS_FOR_MORE   30 /* more than one line of changes */
#define CHANGES_MAX     3
#define LINE_TITLE_COLS 21 /* "CHANGES +12 84/92 4m " */

enum number {
    CRITICAL,
    HIGH,
    MEDIUM,
    OVERDUE,
    FAILING,
    WORST,
    DRIFT_GROUPS,
    DRIFT_PARAMETERS,
    DRIFT_PREFERENCES,
    LACKING,
    RECORDERS,
    AGGREGATORS,
    PATCH_CRITICAL,
    PATCH_FAILED,
    PATCH_REBOOT,
    PATCH_NEVER,
    PATCH_OFFLINE,
    CHANGES,
    N_NUMBERS
};

/* What Config finds has a panel of its own. */
#define WAITS "state:=OPEN severity:>=HIGH !kind:=config "

/* What a number opens, and which rows of the list open the same. */
static const struct opening {
    const struct view_kind *kind;
    const char *filter;
    const char *panel, *subject; /* NULL: no row; a NULL subject: every row of the panel */
} openings[N_NUMBERS] = {
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

/* What draws from the rows of one panel of the loader, and which read it takes. */
enum part { DECISIONS, DRIFTING, COMPLIANCE, PATCHES, EVENTS, N_PARTS };

static const struct {
    const char *panel, *title;
    enum aws_op_id op;
} parts[N_PARTS] = {
    [DECISIONS] = {"decision", "NEEDS A DECISION", OP_ec2_DescribeSecurityGroupRules},
    [DRIFTING] = {"drift", "DRIFT", OP_ec2_DescribeSecurityGroupRules},
    [COMPLIANCE] = {"compliance", "COMPLIANCE", OP_config_DescribeComplianceByConfigRule},
    [PATCHES] = {"patch", "PATCH", OP_ssm_DescribeInstanceInformation},
    [EVENTS] = {"change", "CHANGES", OP_cloudtrail_LookupEvents},
};

struct triage {
    struct list_view list;                   /* first: list_view_of */
    int64_t n_rows[N_PARTS], n_new[N_PARTS]; /* since the last look */
    int64_t counts[N_NUMBERS];
    int64_t fresh[N_NUMBERS];    /* of drift: what has changed within the last day */
    struct sv worst, worst_rule; /* the rule that is broken most; into list.table */
    struct row_ref changes[CHANGES_MAX];
    size_t n_changes;
    struct rect places[N_NUMBERS]; /* on the screen; empty: not drawn */
    bool has_chosen;
    enum number chosen;    /* by Tab... */
    uint64_t chosen_while; /* ...while the cursor of the list was on this row */
};

static struct triage *triage_of(struct view *view)
{
    return view->state;
}

/* --- counting: of all rows, whatever filter lies over them ------------------------------------ */

static bool cell_of(const struct row_ref *row, const char *column_id, struct cell *cell)
{
    size_t n_columns;
    const struct column *columns = table_columns(row->table, &n_columns);
    const struct column *column = column_find(columns, n_columns, sv_of(column_id));

    table_cell(row->table, row->row, (size_t)(column - columns), cell);
    return !cell->absent;
}

static void count_decision(struct triage *triage, const struct row_ref *row)
{
    enum severity severity = severity_parse(row_text(row, "display_severity"));
    struct cell left;

    if (severity >= SEVERITY_MEDIUM)
        triage->counts[CRITICAL + (SEVERITY_CRITICAL - severity)]++;
    triage->counts[OVERDUE] += cell_of(row, "left_s", &left) && left.number < 0;
}

static void count_failing(struct triage *triage, const struct row_ref *row)
{
    struct cell count;

    triage->counts[FAILING]++;
    if (!cell_of(row, "count", &count) || count.number <= triage->counts[WORST])
        return;
    triage->counts[WORST] = count.number;
    triage->worst = row_text(row, "what");
    triage->worst_rule = row_text(row, "subject");
}

static void count_change(struct triage *triage, const struct row_ref *row)
{
    struct cell older;

    if (sv_eq(row_text(row, "subject"), SV("older"))) {
        triage->counts[CHANGES] += cell_of(row, "count", &older) ? older.number : 0;
        return;
    }
    triage->counts[CHANGES]++;
    if (triage->n_changes < CHANGES_MAX)
        triage->changes[triage->n_changes++] = *row;
}

/* The number of a row that stands for others; N_NUMBERS when it is none. */
static enum number number_of(const struct row_ref *row)
{
    struct sv panel = row_text(row, "panel"), subject = row_text(row, "subject");
    int i = 0;

    while (i < N_NUMBERS &&
           (openings[i].panel == NULL || !sv_eq_cstr(panel, openings[i].panel) ||
            (openings[i].subject != NULL && !sv_eq_cstr(subject, openings[i].subject))))
        i++;
    return (enum number)i;
}

static void count_part(struct triage *triage, const struct row_ref *row, struct sv panel)
{
    for (int i = 0; i < N_PARTS; i++) {
        if (!sv_eq_cstr(panel, parts[i].panel))
            continue;
        triage->n_rows[i]++;
        triage->n_new[i] += row_text(row, "new").len > 0;
    }
}

static void count_drift(struct triage *triage, const struct row_ref *row, enum number number)
{
    struct cell count, fresh;

    triage->counts[number] = cell_of(row, "count", &count) ? count.number : 0;
    triage->fresh[number] = cell_of(row, "count_24h", &fresh) ? fresh.number : 0;
}

static void count_row(struct triage *triage, const struct row_ref *row)
{
    struct sv panel = row_text(row, "panel");
    enum number number = number_of(row);
    struct cell count;

    count_part(triage, row, panel);

    if (sv_eq(panel, SV("decision")))
        count_decision(triage, row);
    else if (sv_eq(panel, SV("compliance")))
        count_failing(triage, row);
    else if (sv_eq(panel, SV("change")))
        count_change(triage, row);
    else if (sv_eq(panel, SV("drift")))
        count_drift(triage, row, number);
    else if (sv_eq(panel, SV("patch")))
        triage->counts[number] = cell_of(row, "count", &count) ? count.number : 0;
    else if (number < N_NUMBERS)
        triage->counts[number]++;
}

static void count(struct triage *triage)
{
    struct table *table = triage->list.table;
    size_t n = table != NULL ? table_count(table) : 0;

    memset(triage->counts, 0, sizeof triage->counts);
    memset(triage->fresh, 0, sizeof triage->fresh);
    memset(triage->n_rows, 0, sizeof triage->n_rows);
    memset(triage->n_new, 0, sizeof triage->n_new);
    triage->worst = triage->worst_rule = SV_NONE;
    triage->n_changes = 0;
    for (size_t i = 0; i < n; i++) {
        struct row_ref row = {.table = table, .row = i};

        count_row(triage, &row);
    }
}

/* --- choosing and opening --------------------------------------------------------------------- */

static uint64_t cursor_key(struct triage *triage)
{
    uint64_t key = 0;
    size_t at;

    return list_cursor(&triage->list.list, &at, &key) ? key : 0;
}

/* Whoever moves the cursor has left the panels. */
static bool is_chosen(struct triage *triage, enum number number)
{
    return triage->has_chosen && triage->chosen == number &&
           triage->chosen_while == cursor_key(triage);
}

static enum err_code choose(struct view *view, int step, struct err *err)
{
    struct triage *triage = triage_of(view);
    bool is_there = triage->has_chosen && is_chosen(triage, triage->chosen);
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
    const struct opening *opening = &openings[number];
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
    enum number number = number_of(row);

    if (triage->has_chosen && is_chosen(triage, triage->chosen))
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

/* --- drawing ---------------------------------------------------------------------------------- */

/* How many targets have answered, and how long ago. */
static void draw_read(struct triage *triage, const struct canvas *canvas, int x, enum aws_op_id op)
{
    const struct op_coverage *of = &triage->list.loaded.coverage.ops[op];
    char age[CLOCK_AGE_SIZE] = "";

    if (of->asked == 0 || x + 11 > canvas->cols)
        return;
    if (of->oldest_ms > 0)
        clock_age(clock_display_ms() - of->oldest_ms, age);
    canvas_printf(canvas, 0, x, of->answered < of->asked ? ROLE_WARN : ROLE_DIM, "%u/%u %s",
                  of->answered, of->asked, age);
}

/* Its title, what is new in it since the last look, and how much of it has been read. */
static void draw_title(struct triage *triage, const struct canvas *canvas, enum part part)
{
    int x = canvas_text(canvas, 0, 0, canvas->cols, sv_of(parts[part].title), ROLE_TITLE, CUT_END);

    if (part == DECISIONS)
        x += canvas_printf(canvas, 0, x, ROLE_TITLE, " (%lld)", (long long)triage->n_rows[part]);
    if (triage->n_new[part] > 0)
        x += canvas_printf(canvas, 0, x, ROLE_STRONG, " +%lld", (long long)triage->n_new[part]);
    draw_read(triage, canvas, x + 1, parts[part].op);
}

/* Nothing has answered yet, or nothing will: a zero would be a lie. */
static bool is_unread(struct triage *triage, const struct canvas *canvas, int y, int x,
                      enum part part)
{
    const struct load_view *loaded = &triage->list.loaded;
    const char *text = loaded->phase == LOAD_RUNNING ? "…" : "not read; ! tells why";

    if (loaded->coverage.ops[parts[part].op].answered > 0 || triage->n_rows[part] > 0)
        return false;
    canvas_text(canvas, y, x, canvas->cols - x, sv_of(text), ROLE_NODATA, CUT_END);
    return true;
}

/* A number with its words; returns the columns it takes. What does not fit whole is left out. */
static int draw_number(struct triage *triage, const struct canvas *canvas, int y, int x,
                       enum number number, style_t style, const char *fmt, ...)
{
    char text[128];
    va_list args;
    int width;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (is_chosen(triage, number))
        style |= ON_SELECTED;
    width = (int)text_width(sv_of(text), TEXT_LINE);
    if (x + width > canvas->cols && x > 0)
        return 0;
    canvas_text(canvas, y, x, canvas->cols - x, sv_of(text), style, CUT_END);
    triage->places[number] = (struct rect){canvas->y0 + y, canvas->x0 + x, 1, width};
    return width;
}

/* The approvals list more: everything that is OPEN. */
static void say_what_counts(const struct canvas *canvas, int y, int x)
{
    static const char *const texts[] = {"the rest: :approvals lists it", "the rest: :approvals",
                                        "+ :approvals"};

    for (size_t i = 0; i < ARRAY_LEN(texts) && x > 0; i++) {
        if (x + (int)strlen(texts[i]) > canvas->cols)
            continue;
        canvas_text(canvas, y, x, -1, sv_of(texts[i]), ROLE_DIM, CUT_END);
        return;
    }
}

static void draw_decisions(struct triage *triage, const struct canvas *canvas)
{
    static const struct {
        enum number number;
        const char *word;
        enum sign sign;
        style_t style;
    } shown[] = {
        {CRITICAL, "CRITICAL", SIGN_CRITICAL, ROLE_CRITICAL},
        {HIGH, "HIGH", SIGN_HIGH, ROLE_HIGH},
        {MEDIUM, "MEDIUM", SIGN_MEDIUM, ROLE_MEDIUM},
    };
    int64_t *counts = triage->counts;
    int y = 1, x = 0;

    draw_title(triage, canvas, DECISIONS);
    if (is_unread(triage, canvas, y, 0, DECISIONS))
        return;
    for (size_t i = 0; i < ARRAY_LEN(shown); i++) {
        enum number number = shown[i].number;

        if (counts[number] == 0)
            continue;
        canvas_sign(canvas, y, 0, shown[i].sign, shown[i].style);
        int width = draw_number(triage, canvas, y, 2, number, shown[i].style, "%lld %s",
                                (long long)counts[number], shown[i].word);
        if (y == 1 && counts[OVERDUE] > 0)
            width += 2 + draw_number(triage, canvas, y, 4 + width, OVERDUE, ROLE_FAIL,
                                     "%lld overdue", (long long)counts[OVERDUE]);
        x = 4 + width;
        y++;
    }
    say_what_counts(canvas, y - 1, x);
}

/* "groups 9 (2 in 24h)", or what of it there is room for. */
static int draw_drifting(struct triage *triage, const struct canvas *canvas, int y, int x,
                         enum number number, const char *word)
{
    long long n = (long long)triage->counts[number], fresh = (long long)triage->fresh[number];
    int width = 0;

    if (n > 0 && fresh > 0)
        width = draw_number(triage, canvas, y, x, number, ROLE_WARN, "%s %lld (%lld in 24h)", word,
                            n, fresh);
    if (n > 0 && width == 0)
        width = draw_number(triage, canvas, y, x, number, ROLE_WARN, "%s %lld", word, n);
    return width > 0 ? width + 2 : 0;
}

static void draw_drift(struct triage *triage, const struct canvas *canvas, int y)
{
    static const struct {
        enum number number;
        const char *word;
    } shown[] = {
        {DRIFT_GROUPS, "groups"}, {DRIFT_PARAMETERS, "parameters"}, {DRIFT_PREFERENCES, "shells"}};
    int x = canvas_text(canvas, y, 0, canvas->cols, SV("drift"), ROLE_TEXT, CUT_END) + 1;

    if (is_unread(triage, canvas, y, x, DRIFTING))
        return;
    for (size_t i = 0; i < ARRAY_LEN(shown); i++)
        x += draw_drifting(triage, canvas, y, x, shown[i].number, shown[i].word);
    if (triage->n_rows[DRIFTING] == 0)
        canvas_text(canvas, y, x, canvas->cols - x, SV("none seen"), ROLE_OK, CUT_END);
}

static void draw_compliance(struct triage *triage, const struct canvas *canvas)
{
    long long failing = (long long)triage->counts[FAILING];

    draw_title(triage, canvas, COMPLIANCE);
    if (is_unread(triage, canvas, 1, 0, COMPLIANCE))
        return;
    draw_number(triage, canvas, 1, 0, FAILING, failing > 0 ? ROLE_FAIL : ROLE_OK, "%lld rules fail",
                failing);
    if (failing > 0)
        draw_number(triage, canvas, 2, 0, WORST, ROLE_TEXT, SV_FMT, SV_ARG(triage->worst));
    draw_drift(triage, canvas, 3);
}

static void draw_coverage(struct triage *triage, const struct canvas *canvas)
{
    const struct coverage *coverage = &triage->list.loaded.coverage;
    int64_t *counts = triage->counts;
    int x = 0;

    canvas_text(canvas, 0, 0, canvas->cols, SV("COVERAGE"), ROLE_TITLE, CUT_END);
    draw_read(triage, canvas, 9, OP_config_DescribeConfigurationRecorderStatus);
    if (coverage->accounts_asked == 0 && triage->list.loaded.phase == LOAD_RUNNING) {
        canvas_text(canvas, 1, 0, canvas->cols, SV("…"), ROLE_NODATA, CUT_END);
        return;
    }
    draw_number(triage, canvas, 1, 0, LACKING,
                coverage->accounts_answered < coverage->accounts_asked ? ROLE_WARN : ROLE_OK,
                "%zu/%zu accounts, %zu gaps", coverage->accounts_answered, coverage->accounts_asked,
                coverage->gaps.len);
    if (counts[RECORDERS] > 0)
        x = 2 + draw_number(triage, canvas, 2, 0, RECORDERS, ROLE_WARN, "recorders %lld",
                            (long long)counts[RECORDERS]);
    if (counts[AGGREGATORS] > 0)
        draw_number(triage, canvas, 2, x, AGGREGATORS, ROLE_WARN, "aggregator %lld",
                    (long long)counts[AGGREGATORS]);
}

static void draw_patching(struct triage *triage, const struct canvas *canvas)
{
    static const struct {
        enum number number;
        const char *words, *word; /* where there is room, and where there is none */
        style_t style;
    } shown[] = {
        {PATCH_CRITICAL, "missing critical", "critical", ROLE_FAIL},
        {PATCH_FAILED, "failed", "failed", ROLE_FAIL},
        {PATCH_REBOOT, "pending reboot", "reboot", ROLE_WARN},
        {PATCH_NEVER, "never reported", "unreported", ROLE_NODATA},
        {PATCH_OFFLINE, "offline", "offline", ROLE_WARN},
    };
    int x = LINE_TITLE_COLS;
    bool is_wide = canvas->cols >= 110;

    draw_title(triage, canvas, PATCHES);
    if (is_unread(triage, canvas, 0, x, PATCHES))
        return;
    for (size_t i = 0; i < ARRAY_LEN(shown); i++) {
        int64_t n = triage->counts[shown[i].number];
        int width =
            draw_number(triage, canvas, 0, x, shown[i].number, n > 0 ? shown[i].style : ROLE_DIM,
                        "%s %lld", is_wide ? shown[i].words : shown[i].word, (long long)n);

        x += width > 0 ? width + 2 : 0;
    }
}

static void draw_change(const struct canvas *canvas, int y, int x, const struct row_ref *row)
{
    char age[CLOCK_AGE_SIZE];
    struct cell cell;

    if (!cell_of(row, "age_s", &cell))
        return;
    clock_age(cell.number, age);
    canvas_printf(canvas, y, x, ROLE_DIM, "%4s", age);
    x += 5;
    x += canvas_text(canvas, y, x, canvas->cols - x, row_text(row, "what"), ROLE_TEXT, CUT_END);
    if (x + 12 < canvas->cols)
        canvas_text(canvas, y, x + 2, canvas->cols - x - 2, row_text(row, "account"), ROLE_DIM,
                    CUT_END);
}

/* The newest; beside the title as many lines as there are rows. */
static void draw_changes(struct triage *triage, const struct canvas *canvas)
{
    draw_title(triage, canvas, EVENTS);
    if (is_unread(triage, canvas, 0, LINE_TITLE_COLS, EVENTS))
        return;
    int x = LINE_TITLE_COLS + draw_number(triage, canvas, 0, LINE_TITLE_COLS, CHANGES, ROLE_NUMBER,
                                          "%lld in 24h", (long long)triage->counts[CHANGES]);
    for (size_t i = 0; i < triage->n_changes && (int)i < canvas->rows; i++)
        draw_change(canvas, (int)i, x + 1, &triage->changes[i]);
}

static void draw_panels(struct triage *triage, const struct canvas *canvas, struct rect top)
{
    static void (*const panels[])(struct triage * triage, const struct canvas *canvas) = {
        draw_decisions, draw_compliance, draw_coverage};

    for (size_t i = 0; i < ARRAY_LEN(panels); i++) {
        struct canvas part =
            canvas_sub(canvas, rect_column(top, (int)i, (int)ARRAY_LEN(panels), 2));

        panels[i](triage, &part);
    }
}

static int draw_above(struct view *view, const struct canvas *canvas)
{
    struct triage *triage = triage_of(view);
    struct rect rest = canvas_rect(canvas);
    struct canvas part;
    int n_changes = canvas->rows >= ROWS_FOR_MORE ? CHANGES_MAX : 1;

    memset(triage->places, 0, sizeof triage->places);
    if (canvas->rows < ROWS_FOR_PANEL)
        return 0;
    count(triage);
    rect_cut_left(&rest, 1);
    draw_panels(triage, canvas, rect_cut_top(&rest, PANEL_ROWS));
    if (canvas->rows >= ROWS_FOR_LINES) {
        part = canvas_sub(canvas, rect_cut_top(&rest, 1));
        draw_patching(triage, &part);
        part = canvas_sub(canvas, rect_cut_top(&rest, n_changes));
        draw_changes(triage, &part);
    }
    return canvas->rows - rest.rows + 1;
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
