/* settings: what holds for this console, and where each value comes from. */
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/change/notice.h"
#include "core/gov/alert/alert.h"
#include "core/gov/load/load.h"

enum { KEY, VALUE, FROM, USAGE, HELP, NOTE };

static const struct column columns[] = {
    [KEY] = {"key", "KEY", COL_IDENTITY, COL_KEY, 20, 20, 0},
    [VALUE] = {"value", "VALUE", COL_TEXT, 0, 16, 40, 0},
    [FROM] = {"from", "FROM", COL_TEXT, 0, 8, 24, 2},
    [USAGE] = {"takes", "TAKES", COL_TEXT, COL_HIDDEN, 0, 0, 0},
    [HELP] = {"help", "WHAT IT IS", COL_TEXT, 0, 30, 0, 1},
    [NOTE] = {"note", "NOTE", COL_TEXT, COL_WHEN_MANY, 20, 60, 1},
};

/* Of what consents to telling others: what came of that on this machine. */
static void say_notices(struct load *load, const char *key, struct buf *note)
{
    struct notice_tally tally;
    char at[CLOCK_ISO_SIZE];

    if (strcmp(key, ALERT_TOPIC) != 0 && strcmp(key, ALERT_OPS_ITEM) != 0)
        return;
    gate_tally_notices(gov_gate(load_gov(load)), key, &tally);
    if (tally.n_sent > 0) {
        clock_iso8601(tally.sent_at_ms, false, at);
        buf_addf(note, "%zu sent, the last at %s", tally.n_sent, at);
    }
    if (tally.n_failed > 0) {
        clock_iso8601(tally.failed_at_ms, false, at);
        buf_addf(note, "%s%zu failed, the last at %s: %s", note->len > 0 ? "; " : "",
                 tally.n_failed, at, tally.failure);
    }
}

static void load(struct load *load)
{
    const struct settings *settings = load_settings(load);
    struct table *table = load_table(load);
    struct settings_row row;

    for (size_t i = 0; settings_row(i, &row); i++) {
        AUTO(buf_done) struct buf value = BUF_NONE;
        AUTO(buf_done) struct buf from = BUF_NONE;
        AUTO(buf_done) struct buf note = BUF_NONE;

        settings_value(settings, i, &value);
        settings_origin(settings, row.key, &from);
        table_set_text(table, KEY, sv_of(row.key));
        if (value.len > 0)
            table_set_text(table, VALUE, buf_sv(&value));
        table_set_text(table, FROM, buf_sv(&from));
        table_set_text(table, USAGE, sv_of(row.usage));
        table_set_text(table, HELP, sv_of(row.help));
        say_notices(load, row.key, &note);
        if (note.len > 0)
            table_set_text(table, NOTE, buf_sv(&note));
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
