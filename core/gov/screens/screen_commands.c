/* commands: what Run Command has had nodes do, and where what they wrote is kept. */
#include <stdio.h>

#include "core/gov/load/load.h"
#include "core/gov/load/reply.h"

#define PAGES_MAX 4 /* the latest 200 of each account and region; there may be a month of them */
/* Where Systems Manager writes to when a group is wanted and none is named. */
#define USUAL_GROUP "/aws/ssm/"

enum {
    STATUS,
    NODE,
    NAME,
    DOCUMENT,
    ASKED,
    COMMENT,
    ACCOUNT_ID, /* and ACCOUNT, REGION */
    OUTPUT = ACCOUNT_ID + 3,
    DETAILS,
    COMMAND,
    GROUP,
    STREAM,
    ORDER,
    N_COLUMNS
};

/* id, title, type, flags, width from and to, rank */
static const struct column columns[N_COLUMNS] = {
    [STATUS] = {"status", "STATUS", COL_STATUS, COL_INTERNED, 9, 12, 0},
    [NODE] = {"node", "NODE", COL_IDENTITY, COL_KEY | COL_MIDDLE_CUT, 19, 20, 0},
    [NAME] = {"name", "NAME", COL_TEXT, COL_INTERNED, 8, 20, 5},
    [DOCUMENT] = {"document", "DOCUMENT", COL_IDENTITY, COL_INTERNED, 12, 32, 1},
    [ASKED] = {"asked_at", "ASKED", COL_TIME, COL_DESCENDING, 5, 5, 1},
    [COMMENT] = {"comment", "COMMENT", COL_TEXT, 0, 8, 32, 3},
    PLACE_COLUMNS(COL_KEY),
    [OUTPUT] = {"output", "OUTPUT", COL_IDENTITY, COL_MIDDLE_CUT, 8, 40, 4},
    [DETAILS] = {"details", "DETAILS", COL_TEXT, COL_INTERNED | COL_HIDDEN, 0, 0, 0},
    [COMMAND] = {"command_id", "COMMAND", COL_IDENTITY, COL_KEY | COL_MIDDLE_CUT, 16, 40, 6},
    [GROUP] = {"log_group", "LOG GROUP", COL_IDENTITY, COL_INTERNED | COL_HIDDEN, 0, 0, 0},
    [STREAM] = {"log_stream", "LOG STREAM", COL_IDENTITY, COL_HIDDEN, 0, 0, 0},
    [ORDER] = {"order", "ORDER", COL_IDENTITY, COL_PRIVATE, 0, 0, 0},
};

/* Streams are called COMMAND/NODE/PLUGIN/stdout: how they begin is enough to find them. */
static void set_log(struct table *table, const cJSON *item, struct sv named)
{
    AUTO(buf_done) struct buf group = BUF_NONE, stream = BUF_NONE;

    buf_add(&group, named);
    if (named.len == 0)
        buf_addf(&group, USUAL_GROUP SV_FMT, SV_ARG(json_sv(item, "DocumentName")));
    buf_addf(&stream, SV_FMT "/" SV_FMT, SV_ARG(json_sv(item, "CommandId")),
             SV_ARG(json_sv(item, "InstanceId")));
    table_set_text(table, GROUP, buf_sv(&group));
    table_set_text(table, STREAM, buf_sv(&stream));
    table_set_text(table, OUTPUT, buf_sv(&group));
}

static void set_output(struct table *table, const cJSON *item)
{
    const cJSON *logs = json_get(item, "CloudWatchOutputConfig");
    struct sv bucket = json_sv(item, "StandardOutputUrl");

    if (json_bool(logs, "CloudWatchOutputEnabled", false))
        set_log(table, item, json_sv(logs, "CloudWatchLogGroupName"));
    else if (bucket.len > 0)
        table_set_text(table, OUTPUT, bucket);
}

/* The latest first. */
static void set_order(struct table *table, int64_t asked_ms, struct sv id)
{
    char order[128];

    snprintf(order, sizeof order, "%020lld " SV_FMT, (long long)(INT64_MAX - asked_ms), SV_ARG(id));
    table_set_text(table, ORDER, sv_of(order));
}

static const struct {
    size_t column;
    const char *member;
} texts[] = {
    {STATUS, "Status"},     {NODE, "InstanceId"},       {NAME, "InstanceName"},
    {COMMENT, "Comment"},   {DETAILS, "StatusDetails"}, {DOCUMENT, "DocumentName"},
    {COMMAND, "CommandId"},
};

static void add_row(struct load *load, const struct aws_target *target, const cJSON *item)
{
    struct table *table = load_table(load);
    int64_t asked_ms = 0;

    load_place(load, ACCOUNT_ID, target);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct sv text = json_sv(item, texts[i].member);
        if (text.len > 0)
            table_set_text(table, texts[i].column, text);
    }
    if (reply_time(item, "RequestedDateTime", &asked_ms))
        table_set_number(table, ASKED, asked_ms);
    set_output(table, item);
    set_order(table, asked_ms, json_sv(item, "CommandId"));
    table_commit(table);
}

static void on_page(struct load *load, struct aws_page *page, void *arg)
{
    (void)arg;
    for (const cJSON *item = json_items(page->body, "CommandInvocations"); item != NULL;
         item = item->next)
        add_row(load, &page->request->target, item);
}

static void read_target(struct load *load, const struct account *account,
                        const struct aws_target *target, void *arg)
{
    (void)account, (void)arg;
    load_read_some(load, OP_ssm_ListCommandInvocations, target, cJSON_CreateObject(), PAGES_MAX,
                   on_page, NULL, NULL);
}

static void load_commands(struct load *load)
{
    load_each(load, read_target, NULL);
}

const struct screen screen_commands = {
    .name = "commands",
    .title = "Commands",
    .help = "what Run Command has had nodes do: the latest 200 of each account and region",
    .columns = columns,
    .n_columns = N_COLUMNS,
    .order = {.column = ORDER},
    .args = "",
    .regional = true,
    .load = load_commands,
};
