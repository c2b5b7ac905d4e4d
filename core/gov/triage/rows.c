/* rows: what every row of triage has, whatever panel it is of. */
#include "core/gov/triage/triage.h"

#include "core/base/clock.h"

/* by enum panel */
const char *const triage_panels[] = {"decision",   "drift",    "patch",      "change",
                                     "compliance", "recorder", "aggregator", "coverage"};

void triage_name_row(const struct triage_row *row, struct buf *name)
{
    buf_addf(name, "%s %s %s ", triage_panels[row->panel],
             row->target ? row->target->account_id : "", row->target ? row->target->region : "");
    buf_add(name, row->subject);
}

static void mark_new(struct table *table, struct triage *triage, const struct triage_row *row)
{
    AUTO(buf_done) struct buf name = BUF_NONE;
    triage_name_row(row, &name);
    look_add(&triage->now, triage->before, buf_sv(&name));
    bool is_new = !look_knows(triage->before, buf_sv(&name)) &&
                  (row->at_ms == 0 || row->at_ms > triage->before->at_ms);
    if (triage->before->at_ms > 0)
        table_set_text(table, TRIAGE_NEW, is_new ? SV("*") : SV(""));
}

void triage_add_row(struct load *load, struct triage *triage, const struct triage_row *row)
{
    struct table *table = load_table(load);
    AUTO(buf_done) struct buf order = BUF_NONE;
    buf_addf(&order, "%d %s ", (int)row->panel, row->rank);
    buf_add(&order, row->what);
    if (row->target)
        load_place(load, TRIAGE_ACCOUNT_ID, row->target);
    mark_new(table, triage, row);
    if (row->panel != PANEL_DECISION) /* an item has said it */
        table_set_text(table, TRIAGE_SUBJECT, row->subject);
    table_set_text(table, TRIAGE_PANEL, sv_of(triage_panels[row->panel]));
    table_set_text(table, TRIAGE_WHAT, row->what);
    table_set_text(table, TRIAGE_ORDER, buf_sv(&order));
    table_commit(table);
}

int64_t triage_age(int64_t at_ms)
{
    int64_t age_ms = clock_display_ms() - at_ms;
    return age_ms > 0 ? age_ms : 0; /* their clock is ahead of ours */
}

bool triage_first_time(struct triage *triage, struct sv subject, const char *place)
{
    AUTO(buf_done) struct buf key = BUF_NONE;
    buf_addf(&key, "%s ", place);
    buf_add(&key, subject);
    uint64_t id = key_of_text(buf_sv(&key));
    if (keyset_has(&triage->counted, triage->n_counted, id))
        return false;
    keyset_add(&triage->counted, triage->n_counted++, id);
    return true;
}
