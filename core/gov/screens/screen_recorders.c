/* recorders: whether and what AWS Config records, in every account and region. */
#include <stdio.h>
#include <string.h>

#include "core/gov/config/recorder.h"
#include "core/gov/load/load.h"
#include "core/gov/load/reply.h"

enum {
    STATE,
    NAME,
    ACCOUNT_ID, /* and ACCOUNT, REGION */
    RECORDS = ACCOUNT_ID + 3,
    FREQUENCY,
    GLOBAL_TYPES,
    CHANGED,
    DELIVERY,
    ERROR,
    ROLE,
    ORDER,
    N_COLUMNS
};

/* id, title, type, flags, width from and to, rank */
static const struct column columns[N_COLUMNS] = {
    [STATE] = {"state", "RECORDER", COL_STATUS, COL_INTERNED, 9, 9, 0},
    [NAME] = {"name", "NAME", COL_TEXT, COL_KEY | COL_INTERNED, 7, 24, 3},
    PLACE_COLUMNS(COL_KEY),
    [RECORDS] = {"records", "RECORDS", COL_TEXT, COL_INTERNED, 9, 28, 4},
    [FREQUENCY] = {"frequency", "FREQUENCY", COL_TEXT, COL_INTERNED, 9, 10, 6},
    [GLOBAL_TYPES] = {"global_types", "GLOBAL", COL_BOOL, 0, 3, 6, 7},
    [CHANGED] = {"changed_at", "AGE", COL_TIME, COL_DESCENDING, 3, 5, 5},
    [DELIVERY] = {"delivery", "DELIVERY", COL_STATUS, COL_INTERNED, 10, 16, 4},
    [ERROR] = {"error", "ERROR", COL_TEXT, COL_INTERNED, 8, 0, 8},
    [ROLE] = {"role_arn", "ROLE", COL_IDENTITY, COL_HIDDEN, 0, 0, 0},
    [ORDER] = {"order", "ORDER", COL_IDENTITY, COL_PRIVATE, 0, 0, 0},
};

enum { RECORDERS, STATUS, CHANNELS, N_READS };

static const enum aws_op_id operations[N_READS] = {
    [RECORDERS] = OP_config_DescribeConfigurationRecorders,
    [STATUS] = OP_config_DescribeConfigurationRecorderStatus,
    [CHANNELS] = OP_config_DescribeDeliveryChannelStatus,
};

/* One account x region; the three reads answer in any order. */
struct site {
    struct aws_target target;
    size_t reads;
    cJSON *replies[N_READS]; /* NULL: could not be read */
};

static void site_done(void *arg)
{
    struct site *site = arg;
    for (size_t i = 0; i < N_READS; i++) {
        json_free(site->replies[i]);
        site->replies[i] = NULL;
    }
}

static void on_page(struct load *load, struct aws_page *page, void *arg)
{
    (void)load;
    struct site *site = arg;
    for (size_t i = 0; i < N_READS; i++)
        if (operations[i] == page->request->op && !site->replies[i]) {
            site->replies[i] = page->body;
            page->body = NULL;
        }
}

static void set_recorder(struct table *table, const cJSON *recorder)
{
    const cJSON *group = json_get(recorder, "recordingGroup");
    struct sv strategy = json_sv(json_get(group, "recordingStrategy"), "useOnly");
    bool all = json_bool(group, "allSupported", false);
    table_set_text(table, RECORDS,
                   all                ? SV("all types")
                   : strategy.len > 0 ? strategy
                                      : SV("some types"));
    table_set_number(table, GLOBAL_TYPES, json_bool(group, "includeGlobalResourceTypes", false));
    table_set_text(table, ROLE, json_sv(recorder, "roleARN"));
    struct sv frequency = json_sv(json_get(recorder, "recordingMode"), "recordingFrequency");
    if (frequency.len > 0)
        table_set_text(table, FREQUENCY, frequency);
}

static void set_status(struct table *table, const cJSON *status)
{
    int64_t at_ms;
    AUTO(buf_done) struct buf error = BUF_NONE;
    struct sv code = json_sv(status, "lastErrorCode");
    if (reply_time(status, "lastStatusChangeTime", &at_ms))
        table_set_number(table, CHANGED, at_ms);
    if (code.len == 0)
        return;
    buf_add(&error, code);
    buf_addf(&error, ": " SV_FMT, SV_ARG(json_sv(status, "lastErrorMessage")));
    table_set_text(table, ERROR, buf_sv(&error));
}

static void set_delivery(struct table *table, const struct site *site)
{
    if (!site->replies[CHANNELS])
        return;
    const cJSON *channel = json_items(site->replies[CHANNELS], "DeliveryChannelsStatus");
    struct sv status = json_sv(json_get(channel, "configStreamDeliveryInfo"), "lastStatus");
    if (status.len == 0)
        status = json_sv(json_get(channel, "configHistoryDeliveryInfo"), "lastStatus");
    table_set_text(table, DELIVERY,
                   status.len > 0 ? status
                   : channel      ? SV("PENDING")
                                  : SV("MISSING"));
}

static void add_row(struct load *load, const struct site *site)
{
    struct table *table = load_table(load);
    const cJSON *status = json_items(site->replies[STATUS], "ConfigurationRecordersStatus");
    const cJSON *recorder = json_items(site->replies[RECORDERS], "ConfigurationRecorders");
    enum recorder_state state = recorder_state_in(site->replies[STATUS]);
    char order[80];
    load_place(load, ACCOUNT_ID, &site->target);
    table_set_text(table, STATE, sv_of(recorder_state_name(state)));
    table_set_text(table, NAME, json_sv(status, "name"));
    if (status)
        set_status(table, status);
    if (recorder)
        set_recorder(table, recorder);
    set_delivery(table, site);
    snprintf(order, sizeof order, "%d %s %s", RECORDER_MISSING - (int)state,
             site->target.account_id, site->target.region);
    table_set_text(table, ORDER, sv_of(order));
    table_commit(table);
}

static void on_end(struct load *load, const struct aws_request *request, const struct err *err,
                   void *arg)
{
    (void)request, (void)err;
    struct site *site = arg;
    if (--site->reads > 0)
        return;
    if (site->replies[STATUS])
        add_row(load, site);
    site_done(site);
}

static void read_target(struct load *load, const struct account *account,
                        const struct aws_target *target, void *arg)
{
    (void)account, (void)arg;
    struct site *site = load_alloc(load, sizeof *site);
    site->target = *target;
    site->reads = N_READS;
    load_at_free(load, site_done, site);
    for (size_t i = 0; i < N_READS; i++)
        load_read(load, operations[i], target, NULL, on_page, on_end, site);
}

static void load_recorders(struct load *load)
{
    load_each(load, read_target, NULL);
}

const struct screen screen_recorders = {
    .name = "recorders",
    .title = "Recorders",
    .help = "whether and what AWS Config records, in every account and region",
    .columns = columns,
    .n_columns = N_COLUMNS,
    .order = {.column = ORDER},
    .args = "",
    .regional = true,
    .load = load_recorders,
};
