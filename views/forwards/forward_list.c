/*
 * forward_list: the screen of the forwards: where each listens and leads, how it stands, what goes
 * through it.
 */
#include "views/forwards/forward_list.h"

#include <stdio.h>

#include "core/base/mem.h"
#include "core/model/table.h"
#include "views/forwards/forwards.h"
#include "views/list_view/list_view.h"

enum {
    STATE,
    LOCAL,
    GOAL,
    NODE,
    NOW,
    TOTAL,
    IN,
    OUT,
    ACCOUNT_ID,
    ACCOUNT,
    REGION,
    SINCE,
    PROBLEM,
    PROBLEM_AT,
    NAME,
    REASON,
    WAY,
    SESSION,
    AGENT,
    NUMBER,
    N_COLUMNS
};

/* id, title, type, flags, width from and to, rank */
static const struct column columns[N_COLUMNS] = {
    [STATE] = {"state", "STATE", COL_STATUS, 0, 11, 22, 0},
    [LOCAL] = {"local", "LOCAL", COL_IDENTITY, 0, 15, 15, 0},
    [GOAL] = {"goal", "LEADS TO", COL_IDENTITY, COL_MIDDLE_CUT, 16, 40, 0},
    [NODE] = {"node", "NODE", COL_IDENTITY, COL_MIDDLE_CUT, 12, 20, 1},
    [NOW] = {"now", "NOW", COL_COUNT, COL_DESCENDING, 3, 5, 0},
    [TOTAL] = {"total", "ALL", COL_COUNT, COL_DESCENDING, 3, 6, 2},
    [IN] = {"in", "IN", COL_SIZE, COL_DESCENDING, 5, 5, 1},
    [OUT] = {"out", "OUT", COL_SIZE, COL_DESCENDING, 5, 5, 1},
    [ACCOUNT_ID] = {"account_id", "ACCOUNT ID", COL_IDENTITY, COL_HIDDEN, 12, 12, 0},
    [ACCOUNT] = {"account", "ACCOUNT", COL_TEXT, 0, 8, 24, 1},
    [REGION] = {"region", "REGION", COL_IDENTITY, 0, 9, 14, 4},
    [SINCE] = {"since", "FOR", COL_TIME, 0, 4, 5, 3},
    [PROBLEM] = {"problem", "LAST ERROR", COL_TEXT, 0, 10, 60, 5},
    [PROBLEM_AT] = {"problem_at", "ERROR AGE", COL_TIME, COL_HIDDEN, 4, 5, 0},
    [NAME] = {"name", "NAME", COL_TEXT, COL_HIDDEN, 0, 0, 0},
    [REASON] = {"reason", "REASON", COL_TEXT, COL_HIDDEN, 0, 0, 0},
    [WAY] = {"way", "CONNECTIONS", COL_TEXT, COL_HIDDEN, 0, 0, 0},
    [SESSION] = {"session", "SESSION", COL_IDENTITY, COL_HIDDEN, 0, 0, 0},
    [AGENT] = {"agent", "AGENT", COL_IDENTITY, COL_HIDDEN, 0, 0, 0},
    [NUMBER] = {"number", "#", COL_COUNT, COL_KEY | COL_HIDDEN, 1, 3, 0},
};

/* --- rows ---------------------------------------------------------------------------------------
 */

/* What is not known is absent. */
static void set_text(struct table *table, size_t column, const char *text)
{
    if (text[0] != '\0')
        table_set_text(table, column, sv_of(text));
}

static void set_place(struct table *table, const struct shell_place *place)
{
    set_text(table, NODE, place->node);
    set_text(table, NAME, place->name);
    set_text(table, ACCOUNT_ID, place->target.account_id);
    set_text(table, ACCOUNT, place->account);
    set_text(table, REGION, place->target.region);
}

static void set_built(struct table *table, size_t column, const struct forward *forward,
                      void (*build)(const struct forward *forward, struct buf *out))
{
    AUTO(buf_done) struct buf text = BUF_NONE;

    build(forward, &text);
    set_text(table, column, buf_cstr(&text));
}

/* Here the words are about the port. */
static const char *state_name(const struct channel_status *status)
{
    if (status->state == CHANNEL_OPEN)
        return "listening";
    return status->state == CHANNEL_ENDED ? "stopped" : channel_status_name(status);
}

static void set_session(struct table *table, const struct port_status *status)
{
    const struct channel_status *channel = &status->channel;

    set_text(table, STATE, state_name(channel));
    table_set_number(table, NOW, (int64_t)status->n_open);
    table_set_number(table, TOTAL, (int64_t)status->n_total);
    table_set_number(table, IN, (int64_t)status->bytes_in);
    table_set_number(table, OUT, (int64_t)status->bytes_out);
    set_text(table, SESSION, channel->session_id);
    set_text(table, AGENT, channel->agent_version);
    if (channel->state >= CHANNEL_OPEN)
        set_text(table, WAY,
                 status->is_multiplexed ? "many at a time"
                                        : "one after the other: the agent is before 3.0.222");
}

/* While it is being resumed that is what there is to say. */
static void set_problem(struct table *table, const struct forward *forward)
{
    const struct channel_status *channel = &forward->status.channel;
    AUTO(buf_done) struct buf text = BUF_NONE;

    if (channel->state == CHANNEL_RESUMING) {
        buf_addf(&text, "attempt %u of %u: %s", channel->attempt, channel->attempts_max,
                 channel->err.message);
        set_text(table, PROBLEM, buf_cstr(&text));
    } else if (forward->problem.code != OK) {
        set_text(table, PROBLEM, forward->problem.message);
        table_set_number(table, PROBLEM_AT, forward->problem_ms);
    }
}

static void add_row(struct table *table, const struct forward *forward)
{
    table_set_number(table, NUMBER, forward->number);
    set_built(table, LOCAL, forward, forward_address);
    set_built(table, GOAL, forward, forward_goal);
    set_place(table, &forward->place);
    set_session(table, &forward->status);
    set_problem(table, forward);
    set_text(table, REASON, forward->reason);
    table_set_number(table, SINCE, forward->since_ms);
    table_commit(table);
}

static struct table *read_forwards(struct app *app)
{
    struct forwards *forwards = app_forwards(app);
    struct table *table = table_new(columns, N_COLUMNS);

    forwards_count_traffic(forwards);
    for (size_t i = 0; i < forwards_count(forwards); i++)
        add_row(table, forwards_at(forwards, i));
    table_publish(table);
    return table;
}

/* --- what can be done ---------------------------------------------------------------------------
 */

struct forward *forward_of_row(struct app *app, const struct row_ref *row)
{
    struct cell cell;

    table_cell(row->table, row->row, NUMBER, &cell);
    return forwards_find(app_forwards(app), (unsigned)cell.number);
}

static const struct action actions[] = {
    {"copy", "local", "copy its address", "to the clipboard", NULL},
    {"end", NULL, "stop it", "ends the session, and what is connected through it",
     "ssm:TerminateSession"},
    {"reopen", NULL, "open it anew", "once it has ended: at the same port", "ssm:StartSession"},
    {"forward", NULL, "another one on this node", "a port of this machine leads behind it",
     "ssm:StartSession"},
    {"shell", NULL, "a shell on this node", "by Session Manager", "ssm:StartSession"},
    {0},
};

static const struct screen screen = {
    .name = "forwards",
    .title = "Forwards",
    .columns = columns,
    .n_columns = N_COLUMNS,
    .order = {.column = -1},
};

static const struct list_def def = {
    .screen = &screen,
    .own = read_forwards,
    .name_column = "local",
    .attention = "!state:=listening",
    .empty = "no forward is open: F on a node opens one",
    .actions = actions,
};

const struct view_kind view_forwards =
    LIST_VIEW("forwards", "Forwards", "the ports of this machine that lead behind nodes", "", 0,
              "forwards", &def);
