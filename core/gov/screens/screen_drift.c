/* drift: what differs from policy and from what is approved, the worst first. */
#include "core/gov/alert/alert.h"
#include "core/gov/alert/shared_record.h"
#include "core/gov/queue/item.h"

struct drift {
    const struct item_waivers *waivers;
    struct alerts *alerts;
    bool is_missing; /* the application that is asked for has been found nowhere */
};

static void add_row(struct load *load, const struct item *item, void *arg)
{
    const struct drift *drift = arg;
    item_add_row(load, drift->waivers, item);
    item_waivers_see(drift->waivers, item);
    alerts_take(drift->alerts, drift->waivers, item);
}

static void read_target(struct load *load, const struct account *account,
                        const struct aws_target *target, void *arg)
{
    items_read(load, account, target, ITEMS_DRIFT, add_row, arg);
}

/* What others have said first: a row that stands is not told anew. */
static void read_records(struct load *load, const struct account *account,
                         const struct aws_target *target, void *arg)
{
    shared_records_read(load, account, target, read_target, arg);
}

/* An application that is nowhere is not one that does not differ. */
static void tell_missing(struct load *load, void *arg)
{
    struct drift *drift = arg;
    struct aws_target home = load_home(load);
    const struct account *account = estate_account(load_estate(load), sv_of(home.account_id));
    AUTO_FREE char *name = sv_dup(load_arg(load, 0));
    AUTO(buf_done) struct buf path = BUF_NONE, what = BUF_NONE, note = BUF_NONE;
    if (!name[0] || !account || drift->is_missing || load_seen(load, "parameter") > 0)
        return;
    drift->is_missing = true;
    buf_addf(&path, "/%s/current", name);
    buf_addf(&what, "cannot be compared: %s", name);
    buf_addf(&note,
             "neither /%s/approved nor /%s/current is in any of the %zu places that have answered: "
             "is the name right?",
             name, name, load_coverage(load)->answered);
    const struct item item = {.account = account,
                              .target = &home,
                              .kind = "parameter",
                              .type = "parameter_unknown",
                              .severity = SEVERITY_HIGH,
                              .shown = SEVERITY_HIGH,
                              .resource = buf_cstr(&path),
                              .subject = "parameter_unknown",
                              .what = buf_cstr(&what),
                              .note = buf_cstr(&note)};
    item_add_row(load, drift->waivers, &item);
}

static void load_drift(struct load *load)
{
    struct drift *drift = load_alloc(load, sizeof *drift);
    drift->waivers = item_waivers_read(load);
    drift->alerts = alerts_begin(load);
    load_at_end(load, tell_missing, drift);
    load_each(load, read_records, drift);
}

const struct screen screen_drift = {
    .name = "drift",
    .title = "Drift",
    .help = "what differs from policy and from what is approved, the worst first",
    .columns = item_columns,
    .n_columns = N_ITEM_COLUMNS,
    .order = {.column = ITEM_ORDER},
    .args = "[APP]",
    .regional = true,
    .counts = "state:=OPEN severity:>=HIGH",
    .load = load_drift,
};
