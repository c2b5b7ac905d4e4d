/* triage: the first screen: what needs me now? Three panels in a few lines, then the rows behind
 * them, the most urgent first. */
#include <string.h>

#include "core/base/clock.h"
#include "core/gov/sg_policy.h"
#include "views/list_view.h"

#define ABOVE_ROWS 5 /* three lines, a rule, a blank */

/* What the panels say, counted from the rows. */
struct counts {
    size_t decisions, severities[SEVERITY_CRITICAL + 1];
    size_t failing;
    struct sv worst; /* the rule that is broken most */
    int64_t worst_count;
    size_t recorders, aggregators, lacking;
};

static void count_failing(struct counts *counts, const struct row_ref *row)
{
    size_t n_columns;
    const struct column *columns = table_columns(row->table, &n_columns);
    const struct column *column = column_find(columns, n_columns, SV("count"));
    struct cell cell;

    counts->failing++;
    table_cell(row->table, row->row, (size_t)(column - columns), &cell);
    if (cell.absent || cell.number <= counts->worst_count)
        return;
    counts->worst_count = cell.number;
    counts->worst = row_text(row, "what");
}

static void count_row(struct counts *counts, const struct row_ref *row)
{
    struct sv panel = row_text(row, "panel");

    if (sv_eq(panel, SV("decision"))) {
        counts->decisions++;
        counts->severities[severity_parse(row_text(row, "display_severity"))]++;
    } else if (sv_eq(panel, SV("compliance"))) {
        count_failing(counts, row);
    } else if (sv_eq(panel, SV("recorder"))) {
        counts->recorders++;
    } else if (sv_eq(panel, SV("aggregator"))) {
        counts->aggregators++;
    } else {
        counts->lacking++;
    }
}

/* Of all rows, whatever filter lies over them. */
static void count(struct list_view *state, struct counts *counts)
{
    size_t n = state->table != NULL ? table_count(state->table) : 0;

    for (size_t i = 0; i < n; i++) {
        struct row_ref row = {.table = state->table, .row = i};

        count_row(counts, &row);
    }
}

static void draw_decisions(const struct canvas *canvas, const struct counts *counts)
{
    static const struct {
        enum severity severity;
        enum sign sign;
        style_t style;
    } shown[] = {
        {SEVERITY_CRITICAL, SIGN_CRITICAL, ROLE_CRITICAL},
        {SEVERITY_HIGH, SIGN_HIGH, ROLE_HIGH},
        {SEVERITY_MEDIUM, SIGN_MEDIUM, ROLE_MEDIUM},
    };
    int y = 1;

    canvas_printf(canvas, 0, 0, ROLE_TITLE, "NEEDS A DECISION (%zu)", counts->decisions);
    for (size_t i = 0; i < 3; i++) {
        size_t number = counts->severities[shown[i].severity];
        style_t style = number > 0 ? shown[i].style : ROLE_DIM;

        if (number == 0)
            continue;
        canvas_sign(canvas, y, 0, shown[i].sign, style);
        canvas_printf(canvas, y++, 2, style, "%zu %s", number, severity_name(shown[i].severity));
    }
}

/* While accounts are still being read, the number is of a part, and says so. */
static void draw_compliance(const struct canvas *canvas, const struct counts *counts,
                            const struct load_view *loaded)
{
    const struct coverage *coverage = &loaded->coverage;
    bool is_partial = loaded->phase == LOAD_RUNNING && coverage->answered < coverage->asked;

    canvas_text(canvas, 0, 0, -1, SV("COMPLIANCE"), ROLE_TITLE, CUT_END);
    if (is_partial)
        canvas_printf(canvas, 1, 0, ROLE_WARN, "%zu rules fail, %zu/%zu read", counts->failing,
                      coverage->answered, coverage->asked);
    else
        canvas_printf(canvas, 1, 0, counts->failing > 0 ? ROLE_FAIL : ROLE_OK, "%zu rules fail",
                      counts->failing);
    if (counts->failing > 0)
        canvas_text(canvas, 2, 0, canvas->cols, counts->worst, ROLE_TEXT, CUT_END);
}

static void draw_coverage(const struct canvas *canvas, const struct counts *counts,
                          const struct coverage *coverage)
{
    int y = 1;

    canvas_text(canvas, 0, 0, -1, SV("COVERAGE"), ROLE_TITLE, CUT_END);
    canvas_printf(canvas, y++, 0,
                  coverage->accounts_answered < coverage->accounts_asked ? ROLE_WARN : ROLE_OK,
                  "%zu/%zu accounts, %zu gaps", coverage->accounts_answered,
                  coverage->accounts_asked, coverage->gaps.len);
    if (counts->recorders + counts->aggregators > 0)
        canvas_printf(canvas, y, 0, ROLE_WARN, "recorders %zu  aggregator %zu", counts->recorders,
                      counts->aggregators);
}

static int draw_above(struct view *view, const struct canvas *canvas)
{
    struct list_view *state = list_view_of(view);
    struct rect rest = canvas_rect(canvas), top = rect_cut_top(&rest, ABOVE_ROWS);
    struct counts counts = {0};
    struct canvas part;

    if (canvas->rows < 3 * ABOVE_ROWS)
        return 0;
    count(state, &counts);
    rect_cut_left(&top, 1);
    top.rows--;
    part = canvas_sub(canvas, rect_column(top, 0, 3, 2));
    draw_decisions(&part, &counts);
    part = canvas_sub(canvas, rect_column(top, 1, 3, 2));
    draw_compliance(&part, &counts, &state->loaded);
    part = canvas_sub(canvas, rect_column(top, 2, 3, 2));
    draw_coverage(&part, &counts, &state->loaded.coverage);
    return ABOVE_ROWS;
}

static const struct list_def def = {
    .screen = &screen_triage,
    .name_column = "what",
    .attention = "panel:=decision",
    .actions = list_finding_actions,
    .draw_above = draw_above,
};

const struct view_kind view_triage =
    LIST_VIEW("triage", "Triage", "what needs me now", "", 0, "triage", &def);
