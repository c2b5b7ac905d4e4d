/* parameters: what there is in Parameter Store, and how it stands to what is approved. No values.
 */
#include <stdio.h>
#include <string.h>

#include "core/gov/load/load.h"
#include "core/gov/systems_manager/parameter.h"

enum {
    NAME,
    LEAF, /* what of it stands below the last folder */
    TYPE,
    ACCOUNT_ID, /* and ACCOUNT, REGION */
    KEY_ID = ACCOUNT_ID + 3,
    VERSION,
    MODIFIED,
    MODIFIED_BY,
    APPLICATION,
    SIDE,
    KEY,
    TIER,
    DATA_TYPE,
    DESCRIPTION,
    ARN,
    ORDER,
    N_COLUMNS
};

/* id, title, type, flags, width from and to, rank */
static const struct column columns[N_COLUMNS] = {
    [NAME] = {"name", "PATH", COL_IDENTITY, COL_KEY | COL_MIDDLE_CUT, 36, 72, 0},
    [LEAF] = {"leaf", "NAME", COL_IDENTITY, COL_INTERNED, 22, 40, 0},
    [TYPE] = {"type", "TYPE", COL_IDENTITY, COL_INTERNED, 10, 12, 1},
    PLACE_COLUMNS(COL_KEY | COL_HIDDEN),
    [KEY_ID] = {"key_id", "KEY", COL_IDENTITY, COL_INTERNED, 14, 28, 4},
    [VERSION] = {"version", "VER", COL_COUNT, COL_DESCENDING, 3, 5, 2},
    [MODIFIED] = {"modified_at", "AGE", COL_TIME, 0, 3, 5, 2},
    [MODIFIED_BY] = {"modified_by", "BY", COL_IDENTITY, COL_INTERNED | COL_MIDDLE_CUT, 20, 48, 5},
    [APPLICATION] = {"application", "APPLICATION", COL_TEXT, COL_INTERNED | COL_HIDDEN, 0, 0, 0},
    [SIDE] = {"side", "SIDE", COL_STATUS, COL_INTERNED | COL_HIDDEN, 0, 0, 0},
    [KEY] = {"key", "KEY", COL_TEXT, COL_HIDDEN, 0, 0, 0},
    [TIER] = {"tier", "TIER", COL_TEXT, COL_INTERNED, 8, 8, 7},
    [DATA_TYPE] = {"data_type", "DATA TYPE", COL_TEXT, COL_INTERNED | COL_HIDDEN, 0, 0, 0},
    [DESCRIPTION] = {"description", "DESCRIPTION", COL_TEXT, 0, 16, 0, 9},
    [ARN] = {"arn", "ARN", COL_IDENTITY, COL_HIDDEN, 0, 0, 0},
    [ORDER] = {"order", "ORDER", COL_IDENTITY, COL_PRIVATE, 0, 0, 0},
};

static const struct {
    int column;
    const char *member;
} texts[] = {
    {NAME, "Name"},
    {TYPE, "Type"},
    {KEY_ID, "KeyId"},
    {TIER, "Tier"},
    {ARN, "ARN"},
    {DATA_TYPE, "DataType"},
    {DESCRIPTION, "Description"},
    {MODIFIED_BY, "LastModifiedUser"},
};

/* In an application's tree it has a side and a key. */
static void set_place(struct table *table, struct sv name)
{
    struct parameter_name parts;
    size_t at = name.len;
    while (at > 0 && name.ptr[at - 1] != '/')
        at--;
    table_set_text(table, LEAF, (struct sv){name.ptr + at, name.len - at});
    if (!parameter_name_parse(name, &parts))
        return;
    table_set_text(table, APPLICATION, parts.application);
    table_set_text(table, SIDE, sv_of(parameter_side_words[parts.side]));
    table_set_text(table, KEY, parts.key);
}

static void add_row(struct load *load, const struct aws_target *target, const cJSON *item)
{
    struct table *table = load_table(load);
    char order[PARAMETER_NAME_SIZE + 64];
    struct parameter_facts facts;
    parameter_facts_read(item, &facts);
    load_place(load, ACCOUNT_ID, target);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (json_sv(item, texts[i].member).len > 0)
            table_set_text(table, (size_t)texts[i].column, json_sv(item, texts[i].member));
    table_set_number(table, VERSION, facts.version);
    if (facts.modified_at_ms > 0)
        table_set_number(table, MODIFIED, facts.modified_at_ms);
    set_place(table, sv_of(facts.name));
    snprintf(order, sizeof order, "%s %s %s", target->account_id, target->region, facts.name);
    table_set_text(table, ORDER, sv_of(order));
    table_commit(table);
    parameter_facts_done(&facts);
}

static void on_page(struct load *load, struct aws_page *page, void *arg)
{
    (void)arg;
    for (const cJSON *item = json_items(page->body, "Parameters"); item; item = item->next)
        add_row(load, &page->request->target, item);
}

static void read_target(struct load *load, const struct account *account,
                        const struct aws_target *target, void *arg)
{
    (void)account, (void)arg;
    struct sv path = load_arg(load, 0);
    load_read(load, OP_ssm_DescribeParameters, target,
              path.len > 0 ? parameter_below_params(path) : NULL, on_page, NULL, NULL);
}

static void load_parameters(struct load *load)
{
    struct sv path = load_arg(load, 0);
    struct err err;
    if (path.ptr == NULL || sv_starts(path, SV("/"))) {
        load_each(load, read_target, NULL);
        return;
    }
    err_set(&err, ERR_USAGE, "parameters", "a path begins with /: /" SV_FMT, SV_ARG(path));
    load_fail(load, &err);
}

const struct screen screen_parameters = {
    .name = "parameters",
    .title = "Parameters",
    .help = "what there is in Parameter Store, without the values",
    .columns = columns,
    .n_columns = N_COLUMNS,
    .order = {.column = ORDER},
    .args = "[PATH]",
    .regional = true,
    .load = load_parameters,
};
