/* debug: what the runners of this console are busy with, and what that costs. */
#include "core/base/os.h"
#include "core/gov/load/load.h"
#include "core/run/run.h"

enum { PART, WHAT, VALUE, UNIT };

static const struct column columns[] = {
    [PART] = {"part", "PART", COL_TEXT, COL_KEY | COL_INTERNED, 7, 8, 0},
    [WHAT] = {"what", "WHAT", COL_TEXT, COL_KEY, 20, 40, 0},
    [VALUE] = {"value", "VALUE", COL_COUNT, COL_DESCENDING, 8, 16, 0},
    [UNIT] = {"unit", "UNIT", COL_TEXT, COL_INTERNED, 5, 8, 0},
};

static void add(struct load *load, const char *part, const char *what, int64_t value,
                const char *unit)
{
    struct table *table = load_table(load);
    table_set_text(table, PART, sv_of(part));
    table_set_text(table, WHAT, sv_of(what));
    table_set_number(table, VALUE, value);
    table_set_text(table, UNIT, sv_of(unit));
    table_commit(table);
}

static void add_runner(struct load *load, const struct run_stats *stats, enum runner runner)
{
    static const char *const names[RUN_COUNT] = {
        [RUN_UI] = "ui", [RUN_NET] = "network", [RUN_WORKER] = "worker"};
    const char *name = names[runner];
    if (runner == RUN_UI)
        add(load, name, "slowest turn", stats->slowest_ui_turn_us, "us");
    add(load, name, "slowest task", stats->slowest_us[runner], "us");
    add(load, name, "longest wait of a task", stats->longest_wait_us[runner], "us");
    add(load, name, "tasks run", (int64_t)stats->tasks_run[runner], "tasks");
    add(load, name, "tasks waiting", (int64_t)stats->queued[runner], "tasks");
    add(load, name, "tasks waiting, at most", (int64_t)stats->queued_max[runner], "tasks");
    add(load, name, "tasks beyond the bound", (int64_t)stats->over_bound[runner], "tasks");
}

static void load(struct load *load)
{
    struct run_stats stats;
    run_read_stats(&stats);
    run_reset_slowest();
    for (enum runner runner = RUN_UI; runner < RUN_COUNT; runner++)
        add_runner(load, &stats, runner);
    add(load, "process", "scopes open", (int64_t)stats.scopes_open, "scopes");
    add(load, "process", "resident memory", os_rss_kib(), "KiB");
    add(load, "process", "processor time", (int64_t)(os_cpu_s() * 1000), "ms");
}

const struct screen screen_debug = {
    .name = "debug",
    .title = "Debug",
    .help = "what the runners are busy with; the slowest and longest since the last look",
    .columns = columns,
    .n_columns = ARRAY_LEN(columns),
    .order = {.column = -1},
    .args = "",
    .local = true,
    .load = load,
};
