/* accounts: the organization's accounts as its tree of OUs has them. */
#include <stdio.h>
#include <string.h>

#include "core/base/map.h"
#include "core/gov/config/config_rule.h"
#include "core/gov/config/recorder.h"

enum {
    OU,
    NAME,
    ACCOUNT_ID,
    STATE,
    ENVIRONMENT,
    RECORDER,
    RECORDING,
    NONCOMPLIANT,
    REACHABLE,
    LOCKED,
    PROFILES,
    EMAIL,
    MANAGEMENT,
    ORDER,
    N_COLUMNS
};

/* id, title, type, flags, width from and to, rank */
static const struct column columns[N_COLUMNS] = {
    [OU] = {"ou", "OU", COL_TEXT, COL_INTERNED, 8, 32, 3},
    [NAME] = {"name", "NAME", COL_TEXT, 0, 22, 32, 0},
    [ACCOUNT_ID] = {"account_id", "ACCOUNT ID", COL_IDENTITY, COL_KEY, 12, 12, 4},
    [STATE] = {"state", "STATE", COL_STATUS, COL_INTERNED, 11, 18, 5},
    [ENVIRONMENT] = {"environment", "ENV", COL_TEXT, COL_INTERNED, 4, 10, 6},
    [RECORDER] = {"recorder", "RECORDER", COL_STATUS, COL_INTERNED, 9, 9, 0},
    [RECORDING] = {"recording", "REGIONS", COL_TEXT, COL_INTERNED, 7, 7, 7},
    [NONCOMPLIANT] = {"noncompliant", "FAILING", COL_COUNT, COL_DESCENDING, 7, 8, 0},
    [REACHABLE] = {"reachable", "REACHABLE", COL_BOOL, 0, 9, 9, 2},
    [LOCKED] = {"read_only", "READ-ONLY", COL_BOOL, 0, 9, 9, 8},
    [PROFILES] = {"profiles", "PROFILES", COL_TEXT, COL_HIDDEN, 0, 0, 0},
    [EMAIL] = {"email", "EMAIL", COL_TEXT, COL_HIDDEN, 0, 0, 0},
    [MANAGEMENT] = {"management", "MANAGEMENT", COL_BOOL, COL_HIDDEN, 0, 0, 0},
    [ORDER] = {"order", "ORDER", COL_COUNT, COL_PRIVATE, 0, 0, 0},
};

/* What one account and region has said; what it says again takes its place. */
struct place {
    struct place *next; /* of the same account */
    bool answered;      /* AWS has said something: the account is there */
    bool recorder_known, compliance_known;
    enum recorder_state recorder;
    struct map rules; /* that fail, by name: pages may come twice */
    size_t failing;
};

struct roster {
    struct place **by_account; /* of the estate's accounts, by the same index */
    struct map places;         /* "account region": a struct place */
};

static void roster_done(void *arg)
{
    struct roster *roster = arg;
    size_t at = 0;
    struct sv key;
    union map_value value;
    while (map_next(&roster->places, &at, &key, &value))
        map_done(&((struct place *)value.ptr)->rules);
    map_done(&roster->places);
}

/* --- reading --------------------------------------------------------------------------------- */

static void recorder_page(struct load *load, struct aws_page *page, void *arg)
{
    (void)load;
    struct place *place = arg;
    place->recorder_known = true;
    place->recorder = recorder_state_in(page->body);
}

static void compliance_page(struct load *load, struct aws_page *page, void *arg)
{
    (void)load;
    struct place *place = arg;
    place->compliance_known = true;
    for (const cJSON *item = json_items(page->body, "ComplianceByConfigRules"); item;
         item = item->next) {
        bool fresh;
        map_put(&place->rules, json_sv(item, "ConfigRuleName"), &fresh);
        place->failing += fresh;
    }
}

/* A refusal comes from the account as well as an answer does. */
static void on_end(struct load *load, const struct aws_request *request, const struct err *err,
                   void *arg)
{
    (void)load, (void)request;
    struct place *place = arg;
    place->answered |= err->code == OK || (!load_is_entry_failure(err) && err->http_status > 0);
}

static struct place *place_of(struct load *load, struct roster *roster,
                              const struct account *account, const struct aws_target *target)
{
    char key[AWS_ACCOUNT_SIZE + AWS_REGION_SIZE];
    snprintf(key, sizeof key, "%s %s", target->account_id, target->region);
    union map_value *value = map_put(&roster->places, sv_of(key), NULL);
    if (!value->ptr) {
        struct place *place = load_alloc(load, sizeof *place);
        struct place **first = &roster->by_account[account - load_estate(load)->accounts.ptr];
        place->next = *first;
        *first = value->ptr = place;
    }
    return value->ptr;
}

static void read_target(struct load *load, const struct account *account,
                        const struct aws_target *target, void *arg)
{
    struct place *place = place_of(load, arg, account, target);
    load_read(load, OP_config_DescribeConfigurationRecorderStatus, target, NULL, recorder_page,
              on_end, place);
    load_read(load, OP_config_DescribeComplianceByConfigRule, target, config_rule_only_failing(),
              compliance_page, on_end, place);
}

/* --- telling --------------------------------------------------------------------------------- */

/* What the regions of one account say together. */
struct tally {
    size_t answered, regions /* whose recorder is known */, on;
    enum recorder_state worst;
    bool compliance_known;
    size_t noncompliant;
};

static struct tally tally_up(const struct place *place)
{
    struct tally tally = {0};
    for (; place; place = place->next) {
        tally.answered += place->answered;
        tally.regions += place->recorder_known;
        tally.on += place->recorder_known && place->recorder == RECORDER_ON;
        if (place->recorder_known && place->recorder > tally.worst)
            tally.worst = place->recorder;
        tally.compliance_known |= place->compliance_known;
        tally.noncompliant += place->failing;
    }
    return tally;
}

static void set_tally(struct load *load, const struct account *account, const struct tally *tally)
{
    struct table *table = load_table(load);
    if (tally->regions > 0) {
        AUTO(buf_done) struct buf text = BUF_NONE;
        buf_addf(&text, "%zu/%zu", tally->on, tally->regions);
        table_set_text(table, RECORDER, sv_of(recorder_state_name(tally->worst)));
        table_set_text(table, RECORDING, buf_sv(&text));
    }
    if (tally->compliance_known)
        table_set_number(table, NONCOMPLIANT, (int64_t)tally->noncompliant);
    if (tally->answered > 0 || !load_is_reachable(load, sv_of(account->id)))
        table_set_number(table, REACHABLE, tally->answered > 0);
}

static void add_row(struct load *load, const struct account *account, const struct tally *tally)
{
    struct table *table = load_table(load);
    table_set_text(table, OU, sv_of(account->ou_path));
    table_set_text(table, NAME, sv_of(account->name));
    table_set_text(table, ACCOUNT_ID, sv_of(account->id));
    table_set_text(table, STATE, sv_of(account->state));
    table_set_text(table, ENVIRONMENT, account->production ? SV("production") : SV(""));
    table_set_text(table, EMAIL, sv_of(account->email));
    table_set_number(table, LOCKED, account_is_locked(account, load_settings(load)));
    if (account->profiles)
        table_set_text(table, PROFILES, sv_of(account->profiles));
    table_set_number(table, MANAGEMENT, account->management);
    table_set_number(table, ORDER, account - load_estate(load)->accounts.ptr);
    set_tally(load, account, tally);
    table_commit(table);
}

/* Accounts that are not active are shown and not asked. */
static void tell_accounts(struct load *load, void *arg)
{
    const struct roster *roster = arg;
    const struct estate *estate = load_estate(load);
    for (size_t i = 0; i < estate->accounts.len; i++) {
        const struct account *account = &estate->accounts.ptr[i];
        struct aws_target whole = {0};
        struct tally tally = tally_up(roster->by_account[i]);
        str_copy(whole.account_id, account->id);
        if (load_selects(load, &whole))
            add_row(load, account, &tally);
    }
}

static void load_accounts(struct load *load)
{
    struct roster *roster = load_alloc(load, sizeof *roster);
    load_at_free(load, roster_done, roster);
    roster->by_account =
        load_alloc(load, (load_estate(load)->accounts.len + 1) * sizeof *roster->by_account);
    load_sum(load, tell_accounts, roster);
    load_each(load, read_target, roster);
}

const struct screen screen_accounts = {
    .name = "accounts",
    .title = "Accounts",
    .help = "the organization's accounts by OU: recorder, failing rules, reachability",
    .columns = columns,
    .n_columns = N_COLUMNS,
    .order = {.column = ORDER},
    .args = "",
    .regional = true,
    .load = load_accounts,
};
