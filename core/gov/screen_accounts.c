/* accounts: the organization's accounts as its tree of OUs has them. */
#include <string.h>

#include "core/base/map.h"
#include "core/gov/config_rule.h"
#include "core/gov/recorder.h"

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
    [EMAIL] = {"email", "EMAIL", COL_TEXT, COL_HIDDEN, 0, 0, 0},
    [MANAGEMENT] = {"management", "MANAGEMENT", COL_BOOL, COL_HIDDEN, 0, 0, 0},
    [ORDER] = {"order", "ORDER", COL_COUNT, COL_PRIVATE, 0, 0, 0},
};

struct roster {
    struct tally *tallies; /* of the estate's accounts, by the same index */
    struct map counted;    /* "account region rule": pages may come twice */
};

/* What the regions of one account have said so far. */
struct tally {
    struct roster *roster;
    const struct account *account;
    size_t reads;    /* not ended */
    size_t answered; /* AWS has said something: the account is there */
    size_t regions;  /* whose recorder is known */
    size_t on;
    enum recorder_state worst;
    bool compliance_known;
    int64_t noncompliant;
};

static void roster_done(void *arg)
{
    struct roster *roster = arg;
    map_done(&roster->counted);
}

static void add_row(struct load *load, const struct tally *tally)
{
    struct table *table = load_table(load);
    const struct account *account = tally->account;
    table_set_text(table, OU, sv_of(account->ou_path));
    table_set_text(table, NAME, sv_of(account->name));
    table_set_text(table, ACCOUNT_ID, sv_of(account->id));
    table_set_text(table, STATE, sv_of(account->state));
    table_set_text(table, ENVIRONMENT, account->production ? SV("production") : SV(""));
    table_set_text(table, EMAIL, sv_of(account->email));
    table_set_number(table, MANAGEMENT, account->management);
    table_set_number(table, ORDER, account - load_estate(load)->accounts.ptr);
    if (tally->regions > 0) {
        AUTO(buf_done) struct buf text = BUF_NONE;
        buf_addf(&text, "%zu/%zu", tally->on, tally->regions);
        table_set_text(table, RECORDER, sv_of(recorder_state_name(tally->worst)));
        table_set_text(table, RECORDING, buf_sv(&text));
    }
    if (tally->compliance_known)
        table_set_number(table, NONCOMPLIANT, tally->noncompliant);
    if (tally->answered > 0 || !load_is_reachable(load, sv_of(account->id)))
        table_set_number(table, REACHABLE, tally->answered > 0);
    table_commit(table);
}

static void recorder_page(struct load *load, struct aws_page *page, void *arg)
{
    (void)load;
    struct tally *tally = arg;
    enum recorder_state state = recorder_state_in(page->body);
    tally->regions++;
    tally->on += state == RECORDER_ON;
    if (state > tally->worst)
        tally->worst = state;
}

static void compliance_page(struct load *load, struct aws_page *page, void *arg)
{
    (void)load;
    struct tally *tally = arg;
    tally->compliance_known = true;
    for (const cJSON *item = json_items(page->body, "ComplianceByConfigRules"); item;
         item = item->next) {
        AUTO(buf_done) struct buf key = BUF_NONE;
        bool fresh;
        buf_addf(&key, "%s %s ", tally->account->id, page->request->target.region);
        buf_add(&key, json_sv(item, "ConfigRuleName"));
        map_put(&tally->roster->counted, buf_sv(&key), &fresh);
        tally->noncompliant += fresh;
    }
}

/* A refusal comes from the account as well as an answer does. */
static void on_end(struct load *load, const struct aws_request *request, const struct err *err,
                   void *arg)
{
    (void)request;
    struct tally *tally = arg;
    tally->answered += err->code == OK || (!load_is_entry_failure(err) && err->http_status > 0);
    if (--tally->reads == 0)
        add_row(load, tally);
}

static void read_target(struct load *load, const struct account *account,
                        const struct aws_target *target, void *arg)
{
    struct roster *roster = arg;
    struct tally *tally = &roster->tallies[account - load_estate(load)->accounts.ptr];
    tally->reads += 2;
    load_read(load, OP_config_DescribeConfigurationRecorderStatus, target, NULL, recorder_page,
              on_end, tally);
    load_read(load, OP_config_DescribeComplianceByConfigRule, target, config_rule_only_failing(),
              compliance_page, on_end, tally);
}

/* Accounts that are not active are shown and not asked. */
static void load_accounts(struct load *load)
{
    const struct estate *estate = load_estate(load);
    struct roster *roster = load_alloc(load, sizeof *roster);
    load_at_free(load, roster_done, roster);
    roster->tallies = load_alloc(load, (estate->accounts.len + 1) * sizeof *roster->tallies);
    for (size_t i = 0; i < estate->accounts.len; i++) {
        roster->tallies[i].roster = roster;
        roster->tallies[i].account = &estate->accounts.ptr[i];
    }
    load_each(load, read_target, roster);
    for (size_t i = 0; i < estate->accounts.len; i++) {
        struct aws_target whole = {0};
        str_copy(whole.account_id, estate->accounts.ptr[i].id);
        if (roster->tallies[i].reads == 0 && load_selects(load, &whole))
            add_row(load, &roster->tallies[i]);
    }
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
