/* sessions: who is, or was, on which node, why, and where what was said is kept. */
#include <stdio.h>

#include "core/base/clock.h"
#include "core/gov/load/load.h"
#include "core/gov/load/reply.h"

#define HISTORY_PAGES \
    1 /* the latest 200 of each account and region; there may be a month of them */

enum {
    STATUS,
    NODE,
    WHO,
    STARTED,
    DURATION,
    REASON,
    ACCOUNT_ID, /* and ACCOUNT, REGION */
    OUTPUT = ACCOUNT_ID + 3,
    DOCUMENT,
    ENDED,
    DETAILS,
    OWNER,
    ACCESS,
    MAX,
    SESSION,
    STATE,
    ORDER,
    N_COLUMNS
};

/* id, title, type, flags, width from and to, rank */
static const struct column columns[N_COLUMNS] = {
    [STATUS] = {"status", "STATUS", COL_STATUS, COL_INTERNED, 12, 14, 0},
    [NODE] = {"node", "NODE", COL_IDENTITY, COL_MIDDLE_CUT, 19, 20, 0},
    [WHO] = {"owner", "OWNER", COL_IDENTITY, COL_INTERNED | COL_MIDDLE_CUT, 10, 30, 1},
    [STARTED] = {"started_at", "BEGAN", COL_TIME, COL_DESCENDING, 5, 5, 1},
    [DURATION] = {"duration_s", "LASTED", COL_DURATION, COL_DESCENDING, 6, 6, 1},
    [REASON] = {"reason", "REASON", COL_TEXT, 0, 8, 32, 2},
    PLACE_COLUMNS(COL_KEY),
    [OUTPUT] = {"output", "OUTPUT", COL_IDENTITY, COL_MIDDLE_CUT, 8, 40, 4},
    [DOCUMENT] = {"document", "DOCUMENT", COL_IDENTITY, COL_INTERNED, 12, 32, 5},
    [ENDED] = {"ended_at", "ENDED", COL_TIME, COL_HIDDEN, 5, 5, 6},
    [DETAILS] = {"details", "DETAILS", COL_TEXT, COL_HIDDEN, 0, 0, 0},
    [OWNER] = {"owner_arn", "OWNER ARN", COL_IDENTITY, COL_INTERNED | COL_HIDDEN, 0, 0, 0},
    [ACCESS] = {"access", "ACCESS", COL_TEXT, COL_INTERNED | COL_HIDDEN, 0, 0, 0},
    [MAX] = {"max_s", "AT MOST", COL_DURATION, COL_HIDDEN, 0, 0, 0},
    [SESSION] = {"session_id", "SESSION", COL_IDENTITY, COL_KEY | COL_MIDDLE_CUT, 16, 40, 7},
    [STATE] = {"state", "STATE", COL_TEXT, COL_INTERNED | COL_HIDDEN, 0, 0, 0},
    [ORDER] = {"order", "ORDER", COL_IDENTITY, COL_PRIVATE, 0, 0, 0},
};

/* A bucket's or a log group's; both when there are both. */
static void set_output(struct table *table, const cJSON *session)
{
    const cJSON *output = json_get(session, "OutputUrl");
    struct sv bucket = json_sv(output, "S3OutputUrl");
    struct sv group = json_sv(output, "CloudWatchOutputUrl");
    AUTO(buf_done) struct buf text = BUF_NONE;

    buf_add(&text, bucket);
    if (bucket.len > 0 && group.len > 0)
        buf_add_char(&text, ' ');
    buf_add(&text, group);
    if (text.len > 0)
        table_set_text(table, OUTPUT, buf_sv(&text));
}

/* What goes on counts up to now. */
static void set_times(struct table *table, const cJSON *session, int64_t *started_ms)
{
    int64_t ended_ms;
    bool has_ended = reply_time(session, "EndDate", &ended_ms);

    *started_ms = 0;
    if (has_ended)
        table_set_number(table, ENDED, ended_ms);
    if (!reply_time(session, "StartDate", started_ms))
        return;
    table_set_number(table, STARTED, *started_ms);
    if (!has_ended)
        ended_ms = clock_display_ms();
    table_set_number(table, DURATION, ended_ms > *started_ms ? ended_ms - *started_ms : 0);
}

/* AWS says it in minutes, as a text. */
static void set_max(struct table *table, const cJSON *session)
{
    int64_t minutes;

    if (sv_to_i64(json_sv(session, "MaxSessionDuration"), &minutes) && minutes > 0)
        table_set_number(table, MAX, minutes * 60000);
}

/* Those that go on first, then the latest. */
static void set_order(struct table *table, bool is_active, int64_t started_ms, struct sv id)
{
    char order[160];

    snprintf(order, sizeof order, "%d %020lld " SV_FMT, !is_active,
             (long long)(INT64_MAX - started_ms), SV_ARG(id));
    table_set_text(table, ORDER, sv_of(order));
}

static const struct {
    size_t column;
    const char *member;
} texts[] = {
    {STATUS, "Status"},         {NODE, "Target"},       {OWNER, "Owner"},
    {REASON, "Reason"},         {DETAILS, "Details"},   {ACCESS, "AccessType"},
    {DOCUMENT, "DocumentName"}, {SESSION, "SessionId"},
};

static void add_row(struct load *load, const struct aws_target *target, const cJSON *session,
                    const char *state)
{
    struct table *table = load_table(load);
    int64_t started_ms;

    load_place(load, ACCOUNT_ID, target);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct sv text = json_sv(session, texts[i].member);
        if (text.len > 0)
            table_set_text(table, texts[i].column, text);
    }
    if (json_sv(session, "Owner").len > 0)
        table_set_text(table, WHO, reply_name_in_arn(json_sv(session, "Owner")));
    table_set_text(table, STATE, sv_of(state));
    set_output(table, session);
    set_max(table, session);
    set_times(table, session, &started_ms);
    set_order(table, state[0] == 'A', started_ms, json_sv(session, "SessionId"));
    table_commit(table);
}

static void on_page(struct load *load, struct aws_page *page, void *arg)
{
    const char *state = arg;

    for (const cJSON *item = json_items(page->body, "Sessions"); item != NULL; item = item->next)
        add_row(load, &page->request->target, item, state);
}

static cJSON *params_of(const char *state)
{
    cJSON *params = cJSON_CreateObject();

    cJSON_AddStringToObject(params, "State", state);
    return params;
}

static void read_target(struct load *load, const struct account *account,
                        const struct aws_target *target, void *arg)
{
    static char active[] = "Active", history[] = "History";

    (void)account, (void)arg;
    load_read(load, OP_ssm_DescribeSessions, target, params_of(active), on_page, NULL, active);
    load_read_some(load, OP_ssm_DescribeSessions, target, params_of(history), HISTORY_PAGES,
                   on_page, NULL, history);
}

static void load_sessions(struct load *load)
{
    load_each(load, read_target, NULL);
}

const struct screen screen_sessions = {
    .name = "sessions",
    .title = "Sessions",
    .help = "who is on which node, and who was: the latest 200 of each account and region",
    .columns = columns,
    .n_columns = N_COLUMNS,
    .order = {.column = ORDER},
    .args = "",
    .regional = true,
    .load = load_sessions,
};
