/* trail: the records of the audit chain, the newest first. */
#include "core/base/clock.h"
#include "core/gov/load/load.h"
#include "core/store/audit.h"

enum {
    SEQ,
    AT,
    ACTION,
    STATE,
    WHAT,
    ACCOUNT,
    REGION,
    ACTOR,
    ALONE,
    GLASS,
    REASON,
    REQUEST,
    PLAN,
    HASH,
    BEFORE,
    AFTER
};

static const struct column columns[] = {
    [SEQ] = {"seq", "#", COL_COUNT, COL_KEY | COL_DESCENDING, 3, 7, 0},
    [AT] = {"at", "AGE", COL_TIME, COL_DESCENDING, 4, 5, 0},
    [ACTION] = {"action", "ACTION", COL_TEXT, COL_INTERNED, 8, 14, 0},
    [STATE] = {"state", "STATE", COL_STATUS, COL_INTERNED, 8, 12, 0},
    [WHAT] = {"what", "WHAT", COL_TEXT, 0, 20, 0, 0},
    [ACCOUNT] = {"account_id", "ACCOUNT ID", COL_IDENTITY, COL_INTERNED, 12, 12, 3},
    [REGION] = {"region", "REGION", COL_TEXT, COL_INTERNED, 9, 14, 4},
    [ACTOR] = {"actor", "ACTOR", COL_IDENTITY, COL_INTERNED | COL_MIDDLE_CUT, 12, 24, 2},
    [ALONE] = {"single_operator", "ALONE", COL_BOOL, COL_HIDDEN, 5, 5, 6},
    [GLASS] = {"break_glass", "GLASS", COL_TEXT, COL_HIDDEN, 8, 30, 6},
    [REASON] = {"reason", "REASON", COL_TEXT, 0, 8, 30, 5},
    [REQUEST] = {"request_id", "REQUEST", COL_IDENTITY, COL_HIDDEN, 36, 36, 7},
    [PLAN] = {"plan_id", "PLAN", COL_IDENTITY, COL_HIDDEN, 36, 36, 8},
    [HASH] = {"plan_hash", "PLAN SHA-256", COL_IDENTITY, COL_HIDDEN | COL_INTERNED, 64, 64, 9},
    [BEFORE] = {"before_sha256", "BEFORE SHA-256", COL_IDENTITY, COL_HIDDEN | COL_INTERNED, 64, 64,
                9},
    [AFTER] = {"after_sha256", "AFTER SHA-256", COL_IDENTITY, COL_HIDDEN | COL_INTERNED, 64, 64, 9},
};

/* From a field of the record to a column. */
static const struct {
    const char *field;
    size_t column;
} texts[] = {
    {"action", ACTION},      {"state", STATE},       {"title", WHAT},     {"account_id", ACCOUNT},
    {"region", REGION},      {"actor", ACTOR},       {"reason", REASON},  {"request_id", REQUEST},
    {"plan_id", PLAN},       {"break_glass", GLASS}, {"plan_hash", HASH}, {"before_sha256", BEFORE},
    {"after_sha256", AFTER},
};

static bool add_record(void *arg, const cJSON *record)
{
    struct table *table = arg;
    int64_t at_ms;

    table_set_number(table, SEQ, json_i64(record, "seq", 0));
    if (clock_parse_iso8601(json_sv(record, "ts"), &at_ms))
        table_set_number(table, AT, at_ms);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct sv text = json_sv(record, texts[i].field);

        if (text.len > 0)
            table_set_text(table, texts[i].column, text);
    }
    table_set_number(table, ALONE, json_bool(record, "single_operator", false));
    table_commit(table);
    return true;
}

static void load(struct load *load)
{
    struct err err = ERR_NONE;
    const char *path = gate_audit_path(gov_gate(load_gov(load)));

    if (audit_read(path, add_record, load_table(load), &err) != OK && err.code != ERR_NOT_FOUND)
        load_fail(load, &err);
}

const struct screen screen_trail = {
    .name = "trail",
    .title = "Trail",
    .help = "what was decided and sent, by whom",
    .columns = columns,
    .n_columns = ARRAY_LEN(columns),
    .order = {SEQ, true},
    .args = "",
    .local = true,
    .load = load,
};
