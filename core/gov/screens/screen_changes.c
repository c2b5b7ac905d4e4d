/* changes: who changed what in the last day, in every account and region, the newest first. */
#include "core/base/map.h"
#include "core/gov/change_event.h"

enum {
    AT,
    ACTOR,
    ACTION,
    SUBJECT,
    ACCOUNT_ID, /* and ACCOUNT, REGION */
    ROLE = ACCOUNT_ID + 3,
    SOURCE,
    RESOURCE_TYPE,
    RESOURCE_ID,
    ID,
    ORDER,
    N_COLUMNS
};

/* id, title, type, flags, width from and to, rank */
static const struct column columns[N_COLUMNS] = {
    [AT] = {"at", "AGE", COL_TIME, COL_DESCENDING, 4, 5, 0},
    [ACTOR] = {"actor", "WHO", COL_TEXT, COL_INTERNED, 16, 28, 0},
    [ACTION] = {"action", "DID", COL_TEXT, COL_INTERNED, 22, 32, 0},
    [SUBJECT] = {"subject", "TO WHAT", COL_IDENTITY, COL_MIDDLE_CUT, 22, 40, 0},
    PLACE_COLUMNS(COL_HIDDEN),
    [ROLE] = {"role", "THROUGH", COL_IDENTITY, COL_INTERNED | COL_MIDDLE_CUT, 16, 30, 6},
    [SOURCE] = {"source", "SOURCE", COL_IDENTITY, COL_INTERNED, 20, 28, 8},
    [RESOURCE_TYPE] = {"resource_type", "TYPE", COL_IDENTITY, COL_INTERNED | COL_HIDDEN, 0, 0, 0},
    [RESOURCE_ID] = {"resource_id", "RESOURCE", COL_IDENTITY, COL_HIDDEN, 0, 0, 0},
    [ID] = {"event_id", "EVENT", COL_IDENTITY, COL_KEY | COL_HIDDEN, 0, 0, 0},
    [ORDER] = {"order", "ORDER", COL_IDENTITY, COL_PRIVATE, 0, 0, 0},
};

static void set_order(struct table *table, int64_t at_ms, struct sv id)
{
    AUTO(buf_done) struct buf order = BUF_NONE;
    buf_addf(&order, "%013lld ", 9999999999999LL - (long long)at_ms);
    buf_add(&order, id);
    table_set_text(table, ORDER, buf_sv(&order));
}

static void add_event(struct load *load, const struct change_event *event, void *arg)
{
    (void)arg;
    struct table *table = load_table(load);
    load_place(load, ACCOUNT_ID, event->target);
    table_set_number(table, AT, event->at_ms);
    table_set_text(table, ACTOR, event->actor);
    table_set_text(table, ACTION, event->action);
    table_set_text(table, SUBJECT, event->subject);
    table_set_text(table, ROLE, event->role);
    table_set_text(table, SOURCE, event->source);
    table_set_text(table, RESOURCE_TYPE, event->subject_type);
    table_set_text(table, RESOURCE_ID, event->subject_type.len > 0 ? event->subject : SV_NONE);
    table_set_text(table, ID, event->id);
    set_order(table, event->at_ms, event->id);
    table_commit(table);
}

/* Where CloudTrail has more than is read, the list says so at the place where it breaks off. */
static void end_target(struct load *load, const struct aws_target *target, bool more,
                       int64_t oldest_ms, void *arg)
{
    (void)arg;
    AUTO(buf_done) struct buf id = BUF_NONE;
    struct table *table = load_table(load);
    if (!more)
        return;
    buf_addf(&id, "%s %s", target->account_id, target->region);
    load_place(load, ACCOUNT_ID, target);
    table_set_number(table, AT, oldest_ms);
    table_set_text(table, ACTOR, SV("..."));
    table_set_text(table, ACTION, SV("more before this, not read"));
    table_set_text(table, ID, buf_sv(&id));
    set_order(table, oldest_ms - 1, buf_sv(&id));
    table_commit(table);
}

static const struct change_reader reader = {.on_event = add_event, .on_end = end_target};

static void read_target(struct load *load, const struct account *account,
                        const struct aws_target *target, void *arg)
{
    (void)account;
    changes_read(load, target, arg, &reader);
}

static void own_done(void *arg)
{
    map_done(arg);
}

static void load_changes(struct load *load)
{
    struct map *own = load_alloc(load, sizeof *own);
    load_at_free(load, own_done, own);
    changes_own_read(load, own, &reader);
    load_each(load, read_target, own);
}

const struct screen screen_changes = {
    .name = "changes",
    .title = "Changes",
    .help = "who changed what in the last day, by CloudTrail and by this console's own trail",
    .columns = columns,
    .n_columns = N_COLUMNS,
    .order = {.column = ORDER},
    .args = "",
    .regional = true,
    .load = load_changes,
};
