/* gaps: what the lists loaded so far could not see, and why. */
#include "core/gov/gov_internal.h"
#include "core/gov/load/load.h"

enum { SCREEN, ACCOUNT, NAME, REGION, OPERATION, REASON, IAM, CODE, MESSAGE, REMARK, ORDER };

static const struct column columns[] = {
    [SCREEN] = {"screen", "SCREEN", COL_TEXT, COL_KEY | COL_INTERNED, 8, 12, 0},
    [ACCOUNT] = {"account_id", "ACCOUNT ID", COL_IDENTITY, COL_KEY | COL_INTERNED, 12, 12, 3},
    [NAME] = {"account", "ACCOUNT", COL_TEXT, COL_KEY | COL_INTERNED, 8, 20, 0},
    [REGION] = {"region", "REGION", COL_TEXT, COL_KEY | COL_INTERNED, 12, 14, 0},
    [OPERATION] = {"operation", "OPERATION", COL_TEXT, COL_KEY | COL_INTERNED | COL_MIDDLE_CUT, 28,
                   44, 1},
    [REASON] = {"reason", "REASON", COL_TEXT, COL_INTERNED, 13, 28, 0},
    [IAM] = {"iam_action", "IAM ACTION", COL_TEXT, COL_INTERNED, 12, 44, 2},
    [CODE] = {"code", "CODE", COL_TEXT, COL_INTERNED, 12, 30, 4},
    [MESSAGE] = {"message", "MESSAGE", COL_TEXT, 0, 20, 0, 5},
    [REMARK] = {"remark", "REMARK", COL_BOOL, COL_HIDDEN, 0, 0, 0},
    [ORDER] = {"order", "ORDER", COL_TEXT, COL_PRIVATE, 0, 0, 0},
};

static void set(struct table *table, size_t column, const char *text)
{
    if (text[0] != '\0')
        table_set_text(table, column, sv_of(text));
}

/* The same places whoever refused first. */
static void set_order(struct table *table, const char *screen, const struct gap *gap)
{
    AUTO(buf_done) struct buf order = BUF_NONE;
    buf_addf(&order, "%s %s %s %s %s", screen, gap->account_name, gap->target.account_id,
             gap->target.region, gap->operation);
    table_set_text(table, ORDER, buf_sv(&order));
}

static void add_gap(struct table *table, const char *screen, const struct gap *gap, bool is_remark)
{
    set(table, SCREEN, screen);
    set(table, ACCOUNT, gap->target.account_id);
    set(table, NAME, gap->account_name);
    set(table, REGION, gap->target.region);
    set(table, OPERATION, gap->operation);
    set(table, REASON, err_text(gap->err.code));
    set(table, IAM, gap->err.iam_action);
    set(table, CODE, gap->err.aws_code);
    set(table, MESSAGE, gap->err.message);
    if (is_remark)
        table_set_number(table, REMARK, true);
    set_order(table, screen, gap);
    table_commit(table);
}

static void load(struct load *load)
{
    const struct gov *gov = load_gov(load);
    for (size_t i = 0; i < gov->seen.len; i++) {
        const struct gov_seen *seen = &gov->seen.ptr[i];
        for (size_t g = 0; g < seen->coverage.gaps.len; g++)
            add_gap(load_table(load), seen->screen->name, &seen->coverage.gaps.ptr[g], false);
        for (size_t r = 0; r < seen->coverage.remarks.len; r++)
            add_gap(load_table(load), seen->screen->name, &seen->coverage.remarks.ptr[r], true);
    }
}

const struct screen screen_gaps = {
    .name = "gaps",
    .title = "Gaps",
    .help = "what the lists could not see, and why",
    .columns = columns,
    .n_columns = ARRAY_LEN(columns),
    .order = {.column = ORDER},
    .args = "",
    .local = true,
    .load = load,
};
