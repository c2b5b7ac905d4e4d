/* identity: who the base credentials are, and where they reach. */
#include <stdio.h>

#include "core/base/mem.h"
#include "core/gov/load.h"

enum { WHAT, VALUE };

static const struct column columns[] = {
    [WHAT] = {"what", "WHAT", COL_TEXT, COL_KEY, 20, 24, 0},
    [VALUE] = {"value", "VALUE", COL_IDENTITY, 0, 20, 0, 0},
};

static void add(struct load *load, const char *what, const char *value)
{
    table_set_text(load_table(load), WHAT, sv_of(what));
    if (value[0] != '\0')
        table_set_text(load_table(load), VALUE, sv_of(value));
    table_commit(load_table(load));
}

static void add_count(struct load *load, const char *what, size_t count)
{
    char text[24];

    snprintf(text, sizeof text, "%zu", count);
    add(load, what, text);
}

static void load(struct load *load)
{
    const struct estate *estate = load_estate(load);
    struct aws_client *client = gov_client(load_gov(load));
    const char *profile = client_profile(client);

    add(load, "principal", estate->caller_arn);
    add(load, "account", estate->caller_account);
    add(load, "credentials from", profile[0] != '\0' ? profile : "the environment");
    add(load, "home region", client_region(client));
    add(load, "organization", estate->organization_id);
    add(load, "management account", estate->management_id);
    add(load, "role in member accounts", client_member_role(client));
    add_count(load, "accounts", estate->accounts.len);
    add_count(load, "regions", estate->regions.len);
}

const struct screen screen_identity = {
    .name = "identity",
    .title = "Identity",
    .help = "who I am, where from, and what I can reach",
    .columns = columns,
    .n_columns = ARRAY_LEN(columns),
    .order = {-1, false},
    .args = "",
    .load = load,
};
