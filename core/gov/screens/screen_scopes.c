/* scopes: the selections that the keys 1 to 9 stand for, and all of it. */
#include "core/gov/estate/saved_scope.h"
#include "core/gov/gov_internal.h"
#include "core/gov/load/load.h"

enum { NUMBER, NAME, ACCOUNTS, REGIONS };

static const struct column columns[] = {
    [NUMBER] = {"number", "KEY", COL_COUNT, COL_KEY, 3, 3, 0},
    [NAME] = {"name", "NAME", COL_TEXT, 0, 8, 32, 0},
    [ACCOUNTS] = {"accounts", "ACCOUNTS", COL_TEXT, 0, 16, 0, 0},
    [REGIONS] = {"regions", "REGIONS", COL_TEXT, 0, 10, 40, 1},
};

static void add_row(struct load *load, int number, const struct saved_scope *scope)
{
    static const size_t at[] = {NAME, ACCOUNTS, REGIONS};
    const char *const texts[] = {scope->name, scope->selection.accounts, scope->selection.regions};
    table_set_number(load_table(load), NUMBER, number);
    for (size_t i = 0; i < ARRAY_LEN(at); i++)
        table_set_text(load_table(load), at[i], texts[i][0] ? sv_of(texts[i]) : SV("all"));
    table_commit(load_table(load));
}

static void load(struct load *load)
{
    struct saved_scopes scopes;
    struct err err = ERR_NONE;
    if (saved_scopes_read(load_gov(load)->scopes_path, &scopes, &err) != OK) {
        load_fail(load, &err);
        return;
    }
    add_row(load, 0, &(struct saved_scope){.name = "all"});
    for (int i = 1; i <= SAVED_SCOPES; i++)
        if (scopes.by_number[i].name[0] != '\0')
            add_row(load, i, &scopes.by_number[i]);
}

const struct screen screen_scopes = {
    .name = "scopes",
    .title = "Scopes",
    .help = "the saved scopes: what the keys 1 to 9 look at",
    .columns = columns,
    .n_columns = ARRAY_LEN(columns),
    .order = {-1, false},
    .args = "",
    .local = true,
    .load = load,
};
