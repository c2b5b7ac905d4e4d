/* settings: what holds for this console, and where each value comes from. */
#include "core/base/mem.h"
#include "core/gov/load/load.h"

enum { KEY, VALUE, FROM, USAGE, HELP };

static const struct column columns[] = {
    [KEY] = {"key", "KEY", COL_IDENTITY, COL_KEY, 20, 20, 0},
    [VALUE] = {"value", "VALUE", COL_TEXT, 0, 16, 40, 0},
    [FROM] = {"from", "FROM", COL_TEXT, 0, 8, 24, 2},
    [USAGE] = {"takes", "TAKES", COL_TEXT, COL_HIDDEN, 0, 0, 0},
    [HELP] = {"help", "WHAT IT IS", COL_TEXT, 0, 30, 0, 1},
};

static void load(struct load *load)
{
    const struct settings *settings = load_settings(load);
    struct table *table = load_table(load);
    struct settings_row row;

    for (size_t i = 0; settings_row(i, &row); i++) {
        AUTO(buf_done) struct buf value = BUF_NONE;
        AUTO(buf_done) struct buf from = BUF_NONE;

        settings_value(settings, i, &value);
        settings_origin(settings, row.key, &from);
        table_set_text(table, KEY, sv_of(row.key));
        if (value.len > 0)
            table_set_text(table, VALUE, buf_sv(&value));
        table_set_text(table, FROM, buf_sv(&from));
        table_set_text(table, USAGE, sv_of(row.usage));
        table_set_text(table, HELP, sv_of(row.help));
        table_commit(table);
    }
}

const struct screen screen_settings = {
    .name = "settings",
    .title = "Settings",
    .help = "what watchdeck.conf sets, and what holds where it is silent",
    .columns = columns,
    .n_columns = ARRAY_LEN(columns),
    .order = {.column = -1},
    .args = "",
    .local = true,
    .load = load,
};
