/*
 * triage_panels: the panels of numbers above the rows of the first screen: decisions, compliance,
 * coverage side by side, patches and changes a line each.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "views/triage/triage_parts.h"

/* What is left out first when the screen is low: the lines below the panels. */
#define PANEL_ROWS      4 /* a title and three lines */
#define ROWS_FOR_PANEL  15
#define ROWS_FOR_LINES  18
#define ROWS_FOR_MORE   30 /* more than one line of changes */
#define LINE_TITLE_COLS 21 /* "CHANGES +12 84/92 4m " */

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
    int x = canvas_text(canvas, 0, 0, canvas->cols, sv_of(triage_parts[part].title), ROLE_TITLE,
                        CUT_END);

    if (part == DECISIONS)
        x += canvas_printf(canvas, 0, x, ROLE_TITLE, " (%lld)", (long long)triage->n_rows[part]);
    if (triage->n_new[part] > 0)
        x += canvas_printf(canvas, 0, x, ROLE_STRONG, " +%lld", (long long)triage->n_new[part]);
    draw_read(triage, canvas, x + 1, triage_parts[part].op);
}

/* Nothing has answered yet, or nothing will: a zero would be a lie. */
static bool is_unread(struct triage *triage, const struct canvas *canvas, int y, int x,
                      enum part part)
{
    const struct load_view *loaded = &triage->list.loaded;
    const char *text = loaded->phase == LOAD_RUNNING ? "…" : "not read; ! tells why";

    if (loaded->coverage.ops[triage_parts[part].op].answered > 0 || triage->n_rows[part] > 0)
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
    if (triage_is_chosen(triage, number))
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

    if (!table_value(row->table, row->row, "age_s", &cell))
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

int triage_draw(struct triage *triage, const struct canvas *canvas)
{
    struct rect rest = canvas_rect(canvas);
    struct canvas part;
    int n_changes = canvas->rows >= ROWS_FOR_MORE ? CHANGES_MAX : 1;

    memset(triage->places, 0, sizeof triage->places);
    if (canvas->rows < ROWS_FOR_PANEL)
        return 0;
    triage_count(triage);
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
