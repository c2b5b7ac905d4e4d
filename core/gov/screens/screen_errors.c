/* errors: the lines of the log, the newest first; what is for a bug report alone is in its file. */
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/gov/load/load.h"

enum { NUMBER, AT, LEVEL, PART, LINE };

static const struct column columns[] = {
    [NUMBER] = {"number", "#", COL_COUNT, COL_KEY | COL_DESCENDING, 3, 6, 0},
    [AT] = {"at", "AGE", COL_TIME, COL_DESCENDING, 3, 5, 2},
    [LEVEL] = {"level", "LEVEL", COL_STATUS, COL_INTERNED, 5, 6, 0},
    [PART] = {"part", "PART", COL_TEXT, COL_INTERNED, 6, 12, 1},
    [LINE] = {"line", "WHAT", COL_TEXT, 0, 40, 0, 0},
};

/* A log line is "TIME LEVEL PART: text"; the level is padded. What is no such line is all text. */
static void add_line(struct table *table, int64_t number, struct sv line)
{
    struct sv rest = line, time = sv_split(&rest, ' '), level = sv_split(&rest, ' ');
    int64_t at_ms;
    bool is_whole = clock_parse_iso8601(time, &at_ms);

    rest = sv_trim(rest);
    table_set_number(table, NUMBER, number);
    if (is_whole) {
        table_set_number(table, AT, at_ms);
        table_set_text(table, LEVEL, level);
        table_set_text(table, PART, sv_split(&rest, ':'));
    }
    table_set_text(table, LINE, is_whole ? sv_trim(rest) : line);
    table_commit(table);
}

/* "TIME DEBUG PART: text" */
static bool is_for_a_bug_report(struct sv line)
{
    sv_split(&line, ' ');
    return sv_eq(sv_split(&line, ' '), SV("DEBUG"));
}

static void load(struct load *load)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    struct sv rest;

    log_recent(&text, LOG_LINES_MAX);
    rest = buf_sv(&text);
    for (int64_t number = 1; rest.len > 0; number++) {
        struct sv line = sv_split(&rest, '\n');
        if (!is_for_a_bug_report(line))
            add_line(load_table(load), number, line);
    }
}

const struct screen screen_errors = {
    .name = "errors",
    .title = "Errors",
    .help = "what the log says, the newest first, but for what is for bug reports alone (--log)",
    .columns = columns,
    .n_columns = ARRAY_LEN(columns),
    .order = {NUMBER, true},
    .args = "",
    .local = true,
    .load = load,
};
