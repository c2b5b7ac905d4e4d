/* errors: the lines of the log, the newest first. */
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/gov/load/load.h"

enum { NUMBER, LEVEL, LINE };

static const struct column columns[] = {
    [NUMBER] = {"number", "#", COL_COUNT, COL_KEY | COL_DESCENDING, 3, 6, 0},
    [LEVEL] = {"level", "LEVEL", COL_STATUS, COL_INTERNED, 5, 6, 0},
    [LINE] = {"line", "LINE", COL_TEXT, 0, 40, 0, 0},
};

/* A log line is "TIME LEVEL COMPONENT text": the level is its second word. */
static void add_line(struct table *table, int64_t number, struct sv line)
{
    struct sv rest = line;

    sv_split(&rest, ' ');
    table_set_number(table, NUMBER, number);
    table_set_text(table, LEVEL, sv_split(&rest, ' '));
    table_set_text(table, LINE, line);
    table_commit(table);
}

static void load(struct load *load)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    struct sv rest;

    log_recent(&text, LOG_LINES_MAX);
    rest = buf_sv(&text);
    for (int64_t number = 1; rest.len > 0; number++)
        add_line(load_table(load), number, sv_split(&rest, '\n'));
}

const struct screen screen_errors = {
    .name = "errors",
    .title = "Errors",
    .help = "what the log says, the newest first",
    .columns = columns,
    .n_columns = ARRAY_LEN(columns),
    .order = {NUMBER, true},
    .args = "",
    .local = true,
    .load = load,
};
