/* transfer_list: the screen of the transfers: what goes where, how far it is, how it ended. */
#include "views/files/transfer_list.h"

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/model/table.h"
#include "views/files/progress.h"
#include "views/files/transfers.h"
#include "views/list_view/list_view.h"

enum {
    STATE,
    WAY,
    THERE,
    HERE,
    NODE,
    DONE,
    SIZE,
    RATE,
    LEFT,
    ACCOUNT_ID,
    ACCOUNT,
    REGION,
    SINCE,
    RESULT,
    USER,
    KEY,
    CHECKSUM,
    GOAL,
    LEFT_OUT,
    NAME,
    REASON,
    SESSION,
    NUMBER,
    N_COLUMNS
};

/* id, title, type, flags, width from and to, rank */
static const struct column columns[N_COLUMNS] = {
    [STATE] = {"state", "STATE", COL_STATUS, 0, 13, 25, 0},
    [WAY] = {"way", "WAY", COL_TEXT, 0, 3, 3, 0},
    [THERE] = {"there", "ON THE NODE", COL_IDENTITY, COL_MIDDLE_CUT, 14, 48, 0},
    [HERE] = {"here", "HERE", COL_IDENTITY, COL_MIDDLE_CUT, 8, 40, 3},
    [NODE] = {"node", "NODE", COL_IDENTITY, COL_MIDDLE_CUT, 12, 20, 1},
    [DONE] = {"done", "DONE", COL_TEXT, 0, 4, 4, 0},
    [SIZE] = {"size", "SIZE", COL_SIZE, COL_DESCENDING, 5, 5, 1},
    [RATE] = {"rate", "PER S", COL_SIZE, COL_DESCENDING, 5, 5, 2},
    [LEFT] = {"left_s", "LEFT", COL_DURATION, 0, 4, 5, 0},
    [ACCOUNT_ID] = {"account_id", "ACCOUNT ID", COL_IDENTITY, COL_HIDDEN, 12, 12, 0},
    [ACCOUNT] = {"account", "ACCOUNT", COL_TEXT, 0, 8, 24, 4},
    [REGION] = {"region", "REGION", COL_IDENTITY, 0, 9, 14, 6},
    [SINCE] = {"since", "FOR", COL_TIME, 0, 4, 5, 5},
    [RESULT] = {"result", "RESULT", COL_TEXT, 0, 10, 80, 3},
    [USER] = {"user", "USER", COL_IDENTITY, COL_HIDDEN, 0, 0, 0},
    [KEY] = {"key", "KEY", COL_IDENTITY, COL_HIDDEN, 0, 0, 0},
    [CHECKSUM] = {"sha256", "SHA-256", COL_IDENTITY, COL_HIDDEN, 0, 0, 0},
    [GOAL] = {"goal", "IS AT", COL_IDENTITY, COL_HIDDEN, 0, 0, 0},
    [LEFT_OUT] = {"left_out", "LEFT OUT", COL_TEXT, COL_HIDDEN, 0, 0, 0},
    [NAME] = {"name", "NAME", COL_TEXT, COL_HIDDEN, 0, 0, 0},
    [REASON] = {"reason", "REASON", COL_TEXT, COL_HIDDEN, 0, 0, 0},
    [SESSION] = {"session_id", "SESSION", COL_IDENTITY, COL_HIDDEN, 0, 0, 0},
    [NUMBER] = {"number", "#", COL_COUNT, COL_KEY | COL_HIDDEN, 1, 3, 0},
};

/* --- rows ----------------------------------------------------------------------------------------
 */

/* What is not known is absent. */
static void set_text(struct table *table, size_t column, const char *text)
{
    if (text[0] != '\0')
        table_set_text(table, column, sv_of(text));
}

static const char *state_of(const struct file_copy *copy)
{
    const struct transfer_status *status = &copy->status;
    enum channel_state channel = status->channel.state;

    if (status->phase == TRANSFER_OVER && status->err.code == OK)
        return "done";
    if (status->phase == TRANSFER_OVER)
        return status->err.code == ERR_CANCELLED ? "given up" : "FAILED";
    if (copy->is_asking)
        return "asks: Enter";
    if (channel == CHANNEL_WAITING || channel == CHANNEL_RESUMING)
        return channel_state_name(channel);
    return transfer_phase_name(status->phase);
}

static void set_wish(struct table *table, const struct transfer_wish *wish)
{
    set_text(table, WAY, wish->is_put ? "put" : "get");
    set_text(table, THERE, wish->remote);
    set_text(table, HERE, wish->local);
    set_text(table, NODE, wish->place.node);
    set_text(table, NAME, wish->place.name);
    set_text(table, ACCOUNT_ID, wish->place.target.account_id);
    set_text(table, ACCOUNT, wish->place.account);
    set_text(table, REGION, wish->place.target.region);
    set_text(table, USER, wish->user);
    set_text(table, KEY, wish->key);
    set_text(table, REASON, wish->reason);
}

static void set_progress(struct table *table, const struct transfer_status *status)
{
    int64_t end_ms = status->ended_ms != 0 ? status->ended_ms : clock_mono_ms();
    uint64_t per_s = progress_rate(status, end_ms), total = status->total_bytes;
    uint64_t left = total > status->done_bytes ? total - status->done_bytes : 0;
    AUTO(buf_done) struct buf done = BUF_NONE;

    if (total > 0) {
        buf_addf(&done, "%d%%", (int)((double)status->done_bytes * 100 / (double)total));
        set_text(table, DONE, buf_cstr(&done));
        table_set_number(table, SIZE, (int64_t)total);
    }
    if (per_s > 0)
        table_set_number(table, RATE, (int64_t)per_s);
    if (per_s > 0 && left > 0 && status->phase == TRANSFER_COPYING)
        table_set_number(table, LEFT, (int64_t)(left * 1000 / per_s));
}

static void set_result(struct table *table, const struct transfer_status *status)
{
    AUTO(buf_done) struct buf text = BUF_NONE;

    if (status->phase != TRANSFER_OVER)
        return;
    if (status->err.code == OK)
        progress_result(status, &text);
    else
        buf_add_cstr(&text, status->err.message);
    set_text(table, RESULT, buf_cstr(&text));
    set_text(table, CHECKSUM, status->checksum);
    set_text(table, GOAL, status->goal);
}

static void add_row(struct table *table, const struct file_copy *copy)
{
    table_set_number(table, NUMBER, copy->number);
    set_text(table, STATE, state_of(copy));
    set_wish(table, &copy->wish);
    set_progress(table, &copy->status);
    set_result(table, &copy->status);
    set_text(table, LEFT_OUT, copy->left_out);
    set_text(table, SESSION, copy->status.channel.session_id);
    table_set_number(table, SINCE, copy->since_ms);
    table_commit(table);
}

static struct table *read_transfers(struct app *app)
{
    struct transfers *transfers = app_transfers(app);
    struct table *table = table_new(columns, N_COLUMNS);

    transfers_look(transfers);
    for (size_t i = transfers_count(transfers); i > 0; i--) /* the latest first */
        add_row(table, transfers_at(transfers, i - 1));
    table_publish(table);
    return table;
}

/* --- what can be done ----------------------------------------------------------------------------
 */

static struct file_copy *find(struct app *app, const struct row_ref *row)
{
    struct cell cell;

    table_cell(row->table, row->row, NUMBER, &cell);
    return transfers_find(app_transfers(app), (unsigned)cell.number);
}

/* One that asks is answered, the others are described. */
static enum err_code into(struct view *view, const struct row_ref *row, struct err *err)
{
    struct file_copy *copy = find(view->app, row);

    if (copy == NULL || !copy->is_asking)
        return app_open(view->app, &view_describe, NULL, 0, err);
    file_copy_ask(copy);
    return OK;
}

enum err_code transfer_end(const struct command_call *call, struct err *err)
{
    struct file_copy *copy = find(call->app, &call->row);

    if (copy == NULL)
        return err_set(err, ERR_NOT_FOUND, "end", "it has been forgotten already");
    file_copy_end(copy);
    return OK;
}

enum err_code transfer_reopen(const struct command_call *call, struct err *err)
{
    struct file_copy *copy = find(call->app, &call->row);

    if (copy == NULL)
        return err_set(err, ERR_NOT_FOUND, "reopen", "it has been forgotten already");
    if (!file_copy_is_over(copy))
        return err_set(err, ERR_UNSUPPORTED, "reopen", "this one is not over");
    if (place_way_check(call->app, &copy->wish.place, copy->wish.is_put ? WAY_PUT : WAY_GET, err) !=
        OK)
        return err->code;
    file_copy_again(copy);
    return OK;
}

static const struct action actions[] = {
    {"end", NULL, "give it up", "what was copied stays in the .part; one that is over is forgotten",
     "ssm:TerminateSession"},
    {"reopen", NULL, "once more", "one that is over: it goes on where it was", "ssm:StartSession"},
    {"copy", "sha256", "copy its checksum", "to the clipboard", NULL},
    {"transfer", NULL, "another one with this node", "a file to it, or from it",
     "ssm:StartSession"},
    {"shell", NULL, "a shell on this node", "by Session Manager", "ssm:StartSession"},
    {0},
};

static const struct screen screen = {
    .name = "transfers",
    .title = "Transfers",
    .columns = columns,
    .n_columns = N_COLUMNS,
    .order = {.column = -1},
};

static const struct list_def def = {
    .screen = &screen,
    .own = read_transfers,
    .into = into,
    .name_column = "there",
    .attention = "!state:=done",
    .empty = "nothing is being copied: T on a node does",
    .actions = actions,
};

const struct view_kind view_transfers =
    LIST_VIEW("transfers", "Transfers", "files that go to nodes and come from them", "", 0,
              "transfers", &def);
