/* triage_count: the numbers of the first screen, counted from its rows. */
#include <string.h>

#include "core/gov/security_group/sg_policy.h"
#include "views/triage/triage_parts.h"

static void count_decision(struct triage *triage, const struct row_ref *row)
{
    enum severity severity = severity_parse(row_text(row, "display_severity"));
    struct cell left;

    if (severity >= SEVERITY_MEDIUM)
        triage->counts[CRITICAL + (SEVERITY_CRITICAL - severity)]++;
    triage->counts[OVERDUE] +=
        table_value(row->table, row->row, "left_s", &left) && left.number < 0;
}

static void count_failing(struct triage *triage, const struct row_ref *row)
{
    struct cell count;

    triage->counts[FAILING]++;
    if (!table_value(row->table, row->row, "count", &count) ||
        count.number <= triage->counts[WORST])
        return;
    triage->counts[WORST] = count.number;
    triage->worst = row_text(row, "what");
    triage->worst_rule = row_text(row, "subject");
}

static void count_change(struct triage *triage, const struct row_ref *row)
{
    struct cell older;

    if (sv_eq(row_text(row, "subject"), SV("older"))) {
        triage->counts[CHANGES] +=
            table_value(row->table, row->row, "count", &older) ? older.number : 0;
        return;
    }
    triage->counts[CHANGES]++;
    if (triage->n_changes < CHANGES_MAX)
        triage->changes[triage->n_changes++] = *row;
}

enum number triage_number(const struct row_ref *row)
{
    struct sv panel = row_text(row, "panel"), subject = row_text(row, "subject");
    int i = 0;

    while (
        i < N_NUMBERS &&
        (triage_openings[i].panel == NULL || !sv_eq_cstr(panel, triage_openings[i].panel) ||
         (triage_openings[i].subject != NULL && !sv_eq_cstr(subject, triage_openings[i].subject))))
        i++;
    return (enum number)i;
}

static void count_part(struct triage *triage, const struct row_ref *row, struct sv panel)
{
    for (int i = 0; i < N_PARTS; i++) {
        if (!sv_eq_cstr(panel, triage_parts[i].panel))
            continue;
        triage->n_rows[i]++;
        triage->n_new[i] += row_text(row, "new").len > 0;
    }
}

static void count_drift(struct triage *triage, const struct row_ref *row, enum number number)
{
    struct cell count, fresh;

    triage->counts[number] = table_value(row->table, row->row, "count", &count) ? count.number : 0;
    triage->fresh[number] =
        table_value(row->table, row->row, "count_24h", &fresh) ? fresh.number : 0;
}

static void count_row(struct triage *triage, const struct row_ref *row)
{
    struct sv panel = row_text(row, "panel");
    enum number number = triage_number(row);
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
        triage->counts[number] =
            table_value(row->table, row->row, "count", &count) ? count.number : 0;
    else if (number < N_NUMBERS)
        triage->counts[number]++;
}

void triage_count(struct triage *triage)
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
