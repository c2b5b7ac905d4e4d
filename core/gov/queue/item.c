#include "core/gov/queue/item.h"

#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/gov/queue/automation_item.h"
#include "core/gov/queue/config_item.h"
#include "core/gov/queue/item_tags.h"
#include "core/gov/queue/item_type.h"
#include "core/gov/queue/ops_item.h"
#include "core/gov/queue/parameter_item.h"
#include "core/gov/queue/preferences_item.h"
#include "core/gov/queue/sg_item.h"

/* Adding a source is one line. */
static const struct item_source *const sources[] = {
    &item_source_sg,          &item_source_sg_drift,  &item_source_parameter,   &item_source_config,
    &item_source_automations, &item_source_ops_items, &item_source_preferences,
};

void items_read(struct load *load, const struct account *account, const struct aws_target *target,
                unsigned lists, item_fn *fn, void *arg)
{
    struct item_tags *tags = load_alloc(load, sizeof *tags);
    *tags = (struct item_tags){.fn = fn, .arg = arg};
    if (lists != ITEMS_TRIAGE) {
        fn = item_tags_take;
        arg = tags;
    }
    for (size_t i = 0; i < ARRAY_LEN(sources); i++)
        if (sources[i]->lists & lists)
            sources[i]->read(load, account, target, fn, arg);
}

void item_key(const struct aws_target *target, const char *resource, const char *type,
              const char *value, char key[SHA256_HEX_SIZE])
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    buf_addf(&text, "%s\n%s\n%s\n%s\n%s", target->account_id, target->region, resource, type,
             value);
    sha256_hex(buf_sv(&text), key);
}

void item_key_of(const struct item *item, char key[SHA256_HEX_SIZE])
{
    if (item->key)
        sv_copy(sv_of(item->key), key, SHA256_HEX_SIZE);
    else
        item_key(item->target, item->resource, item->type, item->value ? item->value : "", key);
}

bool item_is_unknown(const struct item *item)
{
    const struct item_type *type = item_type_find(sv_of(item->type));
    return type && type->unknown;
}

bool item_age(const struct item *item, int64_t now_ms, int64_t *age_ms)
{
    *age_ms = now_ms > item->since_ms ? now_ms - item->since_ms : 0;
    return item->since_ms > 0;
}

bool item_left(const struct item *item, const struct settings *settings, int64_t now_ms,
               int64_t *left_ms)
{
    *left_ms = item->deadline_ms - now_ms;
    return item->deadline_ms > 0 ||
           settings_left(settings, item->severity, item->since_ms, now_ms, left_ms);
}

/* --- rows ------------------------------------------------------------------------------------ */

/* id, title, type, flags, width from and to, rank */
const struct column item_columns[N_ITEM_COLUMNS] = {
    [ITEM_SHOWN] = {"display_severity", "SEV", COL_SEVERITY, COL_INTERNED | COL_DESCENDING, 10, 10,
                    0},
    [ITEM_SINCE] = {"since", "AGE", COL_TIME, 0, 3, 5, 3},
    [ITEM_LEFT] = {"left_s", "LEFT", COL_DURATION, 0, 4, 5, 3},
    [ITEM_WHAT] = {"what", "WHAT", COL_TEXT, 0, 26, 64, 0},
    PLACE_COLUMNS(COL_HIDDEN),
    [ITEM_STATE] = {"state", "STATE", COL_STATUS, COL_INTERNED | COL_WHEN_MANY, 6, 8, 3},
    [ITEM_CHANGED_BY] = {"changed_by", "CHANGED BY", COL_TEXT, COL_INTERNED | COL_WHEN_MANY, 10, 16,
                         4},
    [ITEM_TYPE] = {"type", "TYPE", COL_IDENTITY, COL_INTERNED, 27, 28, 9},
    [ITEM_OWNER] = {"owner", "OWNER", COL_TEXT, COL_INTERNED, 8, 16, 6},
    [ITEM_MAKER] = {"deployed_by", "DEPLOYED BY", COL_TEXT, COL_INTERNED, 11, 28, 7},
    [ITEM_REQUESTER] = {"requester", "ASKED BY", COL_TEXT, COL_INTERNED | COL_WHEN_MANY, 8, 16, 5},
    [ITEM_PROPOSAL] = {"proposal", "PROPOSAL", COL_IDENTITY, COL_HIDDEN, 0, 0, 0},
    [ITEM_NOTE] = {"note", "NOTE", COL_TEXT, COL_INTERNED, 24, 0, 10},
    [ITEM_KIND] = {"kind", "KIND", COL_IDENTITY, COL_INTERNED, 9, 11, 8},
    [ITEM_SEVERITY] = {"severity", "SEVERITY", COL_SEVERITY, COL_INTERNED | COL_HIDDEN, 0, 0, 0},
    [ITEM_RESOURCE] = {"resource", "RESOURCE", COL_IDENTITY, COL_HIDDEN, 0, 0, 0},
    [ITEM_NAME] = {"name", "NAME", COL_TEXT, COL_HIDDEN, 0, 0, 0},
    [ITEM_SUBJECT] = {"subject", "SUBJECT", COL_IDENTITY, COL_HIDDEN, 0, 0, 0},
    [ITEM_CHANGED_AT] = {"changed_at", "CHANGED AT", COL_TIME, COL_HIDDEN, 0, 0, 0},
    [ITEM_AUTOMATIC] = {"automatic", "AUTOMATIC", COL_BOOL, COL_HIDDEN, 0, 0, 0},
    [ITEM_EXCEPTION_OWNER] = {"exception_owner", "EXCEPTION OWNER", COL_TEXT,
                              COL_INTERNED | COL_HIDDEN, 0, 0, 0},
    [ITEM_EXCEPTION_REASON] = {"exception_reason", "EXCEPTION REASON", COL_TEXT,
                               COL_INTERNED | COL_HIDDEN, 0, 0, 0},
    [ITEM_EXCEPTION_UNTIL] = {"exception_until", "EXCEPTION UNTIL", COL_TIME, COL_HIDDEN, 0, 0, 0},
    [ITEM_DECISION] = {"decision", "DECISION", COL_STATUS, COL_INTERNED | COL_WHEN_MANY, 10, 10, 2},
    [ITEM_DECIDED_BY] = {"decided_by", "DECIDED BY", COL_TEXT, COL_INTERNED | COL_WHEN_MANY, 10, 16,
                         4},
    [ITEM_DECIDED_AT] = {"decided_at", "DECIDED AT", COL_TIME, COL_HIDDEN, 0, 0, 0},
    [ITEM_DECISION_REASON] = {"decision_reason", "DECISION REASON", COL_TEXT,
                              COL_INTERNED | COL_HIDDEN, 0, 0, 0},
    [ITEM_HERE_ONLY] = {"here_only", "HERE ONLY", COL_BOOL, COL_HIDDEN, 0, 0, 0},
    [ITEM_KEY] = {"key", "KEY", COL_IDENTITY, COL_KEY | COL_HIDDEN, 0, 0, 0},
    [ITEM_ORDER] = {"order", "ORDER", COL_IDENTITY, COL_PRIVATE, 0, 0, 0},
};

#define HERE_ONLY   " (known here only)"

#define NO_DEADLINE 9999999999999LL /* sorts behind all that is known */

/* What there is of an exception is told whether it still holds or not. */
static void set_exception(struct table *table, const struct item_waivers *waivers,
                          const struct item *item, bool is_shared, struct buf *note)
{
    struct item_exception found;
    if (!item_exception(waivers, item, &found))
        return;
    if (found.here_only && is_shared)
        buf_addf(note, "%sthe exception" HERE_ONLY, note->len > 0 ? "; " : "");
    table_set_text(table, ITEM_EXCEPTION_OWNER, sv_of(found.owner));
    table_set_text(table, ITEM_EXCEPTION_REASON, sv_of(found.reason));
    table_set_number(table, ITEM_EXCEPTION_UNTIL, found.expires_ms);
    if (found.here_only)
        table_set_number(table, ITEM_HERE_ONLY, true);
}

/* "rejected by alice at 2026-03-01T02:00:00Z: the partner needs it" */
static void say_decision(const struct item_decision *decision, bool is_shared, struct buf *note)
{
    char at[CLOCK_ISO_SIZE];
    bool is_no = strcmp(decision->state, "REJECTED") == 0;
    clock_iso8601(decision->at_ms, false, at);
    buf_addf(note, "%s%s by %s at %s", note->len > 0 ? "; " : "", is_no ? "rejected" : "proposed",
             decision->by, at);
    if (is_no && decision->reason[0])
        buf_addf(note, ": %s", decision->reason);
    if (is_no) /* a no changes nothing: what was found is there as before */
        buf_add_cstr(note,
                     " (still OPEN, for nothing was changed; :except on its sheet waives it)");
    buf_add_cstr(note, decision->here_only && is_shared ? HERE_ONLY : "");
}

static void set_decision(struct table *table, const struct item_waivers *waivers,
                         const struct item *item, bool is_shared, struct buf *note)
{
    struct item_decision decision;
    if (!item_decision(waivers, item, &decision))
        return;
    table_set_text(table, ITEM_DECISION, sv_of(decision.state));
    table_set_text(table, ITEM_DECIDED_BY, sv_of(decision.by));
    table_set_number(table, ITEM_DECIDED_AT, decision.at_ms);
    table_set_text(table, ITEM_DECISION_REASON, sv_of(decision.reason));
    if (decision.here_only)
        table_set_number(table, ITEM_HERE_ONLY, true);
    say_decision(&decision, is_shared, note);
}

/* What was said of it, behind its own note. */
static void set_words(struct table *table, const struct load *load,
                      const struct item_waivers *waivers, const struct item *item)
{
    AUTO(buf_done) struct buf note = BUF_NONE;
    bool is_shared = load_settings(load)->shared_record;
    buf_add_cstr(&note, item->note ? item->note : "");
    set_exception(table, waivers, item, is_shared, &note);
    set_decision(table, waivers, item, is_shared, &note);
    if (note.len > 0)
        table_set_text(table, ITEM_NOTE, buf_sv(&note));
}

static void set_texts(struct table *table, const struct item *item)
{
    const struct {
        enum item_column column;
        const char *text;
    } texts[] = {
        {ITEM_WHAT, item->what},
        {ITEM_CHANGED_BY, item->changed_by},
        {ITEM_TYPE, item->type},
        {ITEM_OWNER, item->owner ? item->owner : item->whose},
        {ITEM_MAKER, item->maker ? item->maker : item->whose},
        {ITEM_PROPOSAL, item->proposal},
        {ITEM_REQUESTER, item->requester},
        {ITEM_KIND, item->kind},
        {ITEM_RESOURCE, item->resource},
        {ITEM_NAME, item->name},
        {ITEM_SUBJECT, item->subject},
        {ITEM_SHOWN, severity_name(item->shown)},
        {ITEM_SEVERITY, severity_name(item->severity)},
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (texts[i].text)
            table_set_text(table, texts[i].column, sv_of(texts[i].text));
}

/* Returns when it is over: unlike what is left, that stays the same from one load to the next. */
static int64_t set_times(struct table *table, const struct load *load, const struct item *item)
{
    int64_t now_ms = clock_display_ms(), left_ms;
    if (item->since_ms > 0)
        table_set_number(table, ITEM_SINCE, item->since_ms);
    if (item->changed_by)
        table_set_number(table, ITEM_CHANGED_AT, item->changed_at_ms);
    if (item_is_unknown(item) || !item_left(item, load_settings(load), now_ms, &left_ms))
        return NO_DEADLINE;
    table_set_number(table, ITEM_LEFT, left_ms);
    return now_ms + left_ms;
}

void item_add_row(struct load *load, const struct item_waivers *waivers, const struct item *item)
{
    struct table *table = load_table(load);
    char key[SHA256_HEX_SIZE], order[256];
    item_key_of(item, key);
    load_place(load, ITEM_ACCOUNT_ID, item->target);
    set_texts(table, item);
    set_words(table, load, waivers, item);
    bool waived = item_is_waived(waivers, item), unknown = item_is_unknown(item);
    snprintf(order, sizeof order, "%d %d %013lld %s %s %.80s %s", waived ? 2 : unknown,
             SEVERITY_CRITICAL - (int)item->shown, (long long)set_times(table, load, item),
             item->target->account_id, item->target->region, item->resource, key);
    table_set_text(table, ITEM_STATE, waived ? SV("WAIVED") : unknown ? SV("UNKNOWN") : SV("OPEN"));
    table_set_number(table, ITEM_AUTOMATIC,
                     item_is_automatic(load_settings(load), item->type, item->severity));
    table_set_text(table, ITEM_KEY, sv_of(key));
    table_set_text(table, ITEM_ORDER, sv_of(order));
    table_commit(table);
}
