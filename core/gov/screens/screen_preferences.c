/* preferences: how the shells of each account and region are, field by field, beside what is
 * approved. */
#include <stdio.h>

#include "core/gov/preferences/preferences_read.h"

enum {
    STATE,
    FIELD,
    APPROVED,
    CURRENT,
    NOTE,
    ACCOUNT_ID, /* and ACCOUNT, REGION */
    DOCUMENT = ACCOUNT_ID + 3,
    VERSION,
    SINCE,
    ORDER,
    N_COLUMNS
};

/* id, title, type, flags, width from and to, rank */
static const struct column columns[N_COLUMNS] = {
    [STATE] = {"severity", "STATE", COL_SEVERITY, COL_INTERNED | COL_DESCENDING, 10, 10, 0},
    [FIELD] = {"field", "FIELD", COL_IDENTITY, COL_KEY | COL_INTERNED, 27, 28, 0},
    [APPROVED] = {"approved", "APPROVED", COL_TEXT, COL_INTERNED, 10, 32, 2},
    [CURRENT] = {"current", "CURRENT", COL_TEXT, COL_INTERNED, 9, 32, 0},
    [NOTE] = {"note", "NOTE", COL_TEXT, COL_INTERNED, 14, 0, 1},
    PLACE_COLUMNS(COL_KEY),
    [DOCUMENT] = {"preferences_document", "DOCUMENT", COL_IDENTITY, COL_INTERNED | COL_HIDDEN, 0, 0,
                  0},
    [VERSION] = {"version", "VERSION", COL_IDENTITY, COL_INTERNED, 7, 7, 6},
    [SINCE] = {"since", "SINCE", COL_TIME, COL_HIDDEN, 5, 5, 7},
    [ORDER] = {"order", "ORDER", COL_IDENTITY, COL_PRIVATE, 0, 0, 0},
};

static void set_value(struct table *table, size_t column, enum preference field, const char *value)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    preference_text(field, value, &text);
    table_set_text(table, column, buf_sv(&text));
}

static const char *note_of(const struct preferences_found *found, enum preference field)
{
    const char *note = preference_note(field, preference_value(&found->current, field));
    if (found->why.code != OK)
        return found->why.message;
    if (note[0])
        return note;
    return found->current.values[field] ? "" : "AWS's default";
}

static const char *state_of(const struct preferences_found *found, enum severity severity,
                            enum preference field)
{
    if (found->why.code != OK)
        return "UNKNOWN";
    if (severity > SEVERITY_NONE)
        return severity_name(severity);
    return found->approved.values[field] ? "OK" : "FREE"; /* nobody has approved anything */
}

static void add_row(struct load *load, const struct preferences_found *found, enum preference field,
                    enum severity worst)
{
    struct table *table = load_table(load);
    enum severity severity = preferences_field_severity(found, field);
    const char *state = state_of(found, severity, field), *note = note_of(found, field);
    char order[128];
    load_place(load, ACCOUNT_ID, found->target);
    table_set_text(table, STATE, sv_of(state));
    table_set_text(table, FIELD, sv_of(preference_name(field)));
    if (found->approved.values[field])
        set_value(table, APPROVED, field, preference_value(&found->approved, field));
    if (found->why.code == OK)
        set_value(table, CURRENT, field, preference_value(&found->current, field));
    if (note[0])
        table_set_text(table, NOTE, sv_of(note));
    table_set_text(table, DOCUMENT, SV(PREFERENCES_DOCUMENT));
    table_set_text(table, VERSION, found->is_there ? sv_of(found->version) : SV("none"));
    if (found->since_ms > 0)
        table_set_number(table, SINCE, found->since_ms);
    snprintf(order, sizeof order, "%d %s %s %02d", SEVERITY_CRITICAL - (int)worst,
             found->target->account_id, found->target->region, (int)field);
    table_set_text(table, ORDER, sv_of(order));
    table_commit(table);
}

static void found_one(struct load *load, const struct preferences_found *found, void *arg)
{
    enum severity worst = preferences_severity(found);
    (void)arg;
    for (size_t i = 0; i < N_PREFERENCES; i++)
        add_row(load, found, (enum preference)i, worst);
}

static void read_target(struct load *load, const struct account *account,
                        const struct aws_target *target, void *arg)
{
    (void)arg;
    load_ask(load, target);
    preferences_read(load, account, target, found_one, NULL);
}

static void load_preferences(struct load *load)
{
    load_each(load, read_target, NULL);
}

const struct screen screen_preferences = {
    .name = "preferences",
    .title = "Session preferences",
    .help = "how shells are logged, encrypted and ended, field by field beside what is approved",
    .columns = columns,
    .n_columns = N_COLUMNS,
    .order = {.column = ORDER},
    .args = "",
    .regional = true,
    .load = load_preferences,
};
