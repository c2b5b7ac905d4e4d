/* world_accounts: the organization's tree and who lives where. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/sandbox/world/rng.h"
#include "tests/sandbox/world/world_model.h"

#define DAY_MS         INT64_C(86400000)
#define COMPANY_DOMAIN "acme.example"

static const struct {
    const char *name;
    enum ou parent;
} ous[N_OUS] = {
    [OU_ROOT] = {"Root", OU_ROOT},           [OU_INFRASTRUCTURE] = {"Infrastructure", OU_ROOT},
    [OU_SANDBOX] = {"Sandbox", OU_ROOT},     [OU_SECURITY] = {"Security", OU_ROOT},
    [OU_SUSPENDED] = {"Suspended", OU_ROOT}, [OU_WORKLOADS] = {"Workloads", OU_ROOT},
    [OU_DEV] = {"Dev", OU_WORKLOADS},        [OU_PROD] = {"Prod", OU_WORKLOADS},
};

enum special {
    ORDINARY,
    MANAGEMENT,
    DELEGATED,
    SHOWCASE,
    INVITED, /* the role is missing */
    GUARDED  /* the role's trust policy refuses */
};

/* The accounts of a small organization, in the order in which a smaller one would have them. */
static const struct {
    const char *name;
    enum ou ou;
    enum special special;
} first_accounts[] = {
    {"management", OU_ROOT, MANAGEMENT},
    {"analytics-dev", OU_DEV, SHOWCASE},
    {"payments", OU_PROD, ORDINARY},
    {"shop", OU_PROD, ORDINARY},
    {"audit", OU_SECURITY, DELEGATED},
    {"shop-dev", OU_DEV, ORDINARY},
    {"data-lake", OU_PROD, ORDINARY},
    {"legacy-crm", OU_SUSPENDED, ORDINARY},
    {"vault", OU_SECURITY, GUARDED},
    {"loyalty", OU_PROD, INVITED},
    {"network", OU_INFRASTRUCTURE, ORDINARY},
    {"log-archive", OU_SECURITY, ORDINARY},
    {"payments-dev", OU_DEV, ORDINARY},
    {"sandbox-alice", OU_SANDBOX, ORDINARY},
    {"search", OU_PROD, ORDINARY},
    {"shared-services", OU_INFRASTRUCTURE, ORDINARY},
    {"billing", OU_PROD, ORDINARY},
    {"data-lake-dev", OU_DEV, ORDINARY},
    {"identity", OU_PROD, ORDINARY},
    {"search-dev", OU_DEV, ORDINARY},
    {"backup", OU_INFRASTRUCTURE, ORDINARY},
    {"sandbox-bob", OU_SANDBOX, ORDINARY},
    {"mobile", OU_PROD, ORDINARY},
    {"shipping-dev", OU_DEV, ORDINARY},
};

/* Of the further accounts: which OU, per mille, and what the name ends in. */
static const struct {
    enum ou ou;
    unsigned per_mille;
    const char *suffix;
} shares[] = {
    {OU_PROD, 420, ""},
    {OU_DEV, 400, "-dev"},
    {OU_SANDBOX, 100, "-lab"},
    {OU_INFRASTRUCTURE, 50, "-infra"},
    {OU_SUSPENDED, 30, "-retired"},
};

static const char *const domains[] = {
    "accounting", "ads",       "catalog",    "chat",      "claims",   "contracts", "crm",
    "delivery",   "discovery", "edge",       "fleet",     "forecast", "fraud",     "inventory",
    "invoicing",  "ledger",    "maps",       "marketing", "media",    "messaging", "metrics",
    "orders",     "partners",  "pricing",    "profiles",  "quotes",   "ratings",   "returns",
    "risk",       "sales",     "settlement", "support",   "tickets",  "tracking",  "vendors",
};

static const char *const owners[] = {"team-checkout", "team-platform", "team-data",
                                     "team-search",   "team-mobile",   "team-security"};

bool ou_is_production(enum ou ou)
{
    return ou == OU_PROD;
}

bool ou_is_development(enum ou ou)
{
    return ou == OU_DEV || ou == OU_SANDBOX;
}

const char *world_ou_name(enum ou ou)
{
    return ous[ou].name;
}

enum ou world_ou_parent(enum ou ou)
{
    return ous[ou].parent;
}

const char *account_environment(const struct account *account)
{
    switch (account->home_ou) {
    case OU_PROD:
        return "prod";
    case OU_DEV:
        return "dev";
    case OU_SANDBOX:
        return "sandbox";
    case OU_SECURITY:
        return "security";
    default:
        return "shared";
    }
}

bool account_is_active(const struct account *account)
{
    return strcmp(account->state, "ACTIVE") == 0;
}

/* --- making them ---------------------------------------------------------------------------- */

static enum ou pick_ou(const struct world *world, size_t i, const char **suffix)
{
    unsigned draw = (unsigned)rng_below(world->spec.seed, STREAM_ACCOUNT_OU, i, 1000);
    size_t k = 0;
    while (k < ARRAY_LEN(shares) - 1 && draw >= shares[k].per_mille)
        draw -= shares[k++].per_mille;
    *suffix = shares[k].suffix;
    return shares[k].ou;
}

/* Unique: the number behind the domain grows with each round through the domains. */
static void name_account(struct account *account, size_t i, const char *suffix)
{
    char name[64];
    size_t round = i / ARRAY_LEN(domains);
    if (round == 0)
        snprintf(name, sizeof name, "%s%s", domains[i % ARRAY_LEN(domains)], suffix);
    else
        snprintf(name, sizeof name, "%s-%zu%s", domains[i % ARRAY_LEN(domains)], round + 1, suffix);
    account->name = mem_strdup(name);
}

static void make_further(const struct world *world, size_t i, struct account *account)
{
    const char *suffix;
    account->ou = pick_ou(world, i, &suffix);
    name_account(account, i - ARRAY_LEN(first_accounts), suffix);
    unsigned draw = (unsigned)rng_below(world->spec.seed, STREAM_ACCOUNT_ROLE, i, 100);
    account->invited = draw < 2;
    account->role_access = draw < 2    ? ROLE_MISSING
                           : draw == 2 ? ROLE_DENIED
                           : draw == 3 ? ROLE_POWERLESS
                                       : ROLE_OK;
}

static void make_first(size_t i, struct account *account)
{
    enum special special = first_accounts[i].special;
    account->name = mem_strdup(first_accounts[i].name);
    account->ou = first_accounts[i].ou;
    account->invited = special == INVITED;
    account->role_access = special == GUARDED                            ? ROLE_POWERLESS
                           : special == INVITED || special == MANAGEMENT ? ROLE_MISSING
                                                                         : ROLE_OK;
}

static void fill_account(const struct world *world, size_t i, struct account *account)
{
    uint64_t random = rng_at(world->spec.seed, STREAM_ACCOUNT_DETAILS, i);
    struct sv rest = sv_of(account->name);
    account->home_ou = account->ou;
    sv_copy(sv_split(&rest, '-'), account->word, sizeof account->word);
    char email[160];
    snprintf(email, sizeof email, "aws+%s@" COMPANY_DOMAIN, account->name);
    account->email = mem_strdup(email);
    bool suspended = account->ou == OU_SUSPENDED;
    snprintf(account->state, sizeof account->state, "%s", suspended ? "SUSPENDED" : "ACTIVE");
    if (suspended)
        account->role_access = ROLE_DENIED;
    account->joined_ms = world->start_ms - (int64_t)(200 + random % 1600) * DAY_MS;
    account->tags = cJSON_CreateObject();
    cJSON_AddStringToObject(account->tags, "Environment", account_environment(account));
    cJSON_AddStringToObject(account->tags, "Owner", owners[random / 7 % ARRAY_LEN(owners)]);
}

/* Development first, production last: an account's number says as little as in life. */
static int by_place(const void *a, const void *b)
{
    static const int rank[N_OUS] = {
        [OU_DEV] = 0,  [OU_SANDBOX] = 1,   [OU_INFRASTRUCTURE] = 2, [OU_SECURITY] = 3,
        [OU_ROOT] = 4, [OU_SUSPENDED] = 5, [OU_PROD] = 6,           [OU_WORKLOADS] = 7};
    const struct account *x = a, *y = b;
    int order = rank[x->ou] - rank[y->ou];
    return order ? order : strcmp(x->name, y->name);
}

static void number_accounts(struct world *world)
{
    uint64_t step = UINT64_C(880000000000) / world->n_accounts;
    for (size_t i = 0; i < world->n_accounts; i++) {
        uint64_t id = UINT64_C(110000000000) + step * i +
                      rng_below(world->spec.seed, STREAM_ACCOUNT_ID, i, step);
        snprintf(world->accounts[i].id, sizeof world->accounts[i].id, "%012llu",
                 (unsigned long long)id);
        map_put(&world->account_index, sv_of(world->accounts[i].id), NULL)->u64 = i + 1;
    }
}

/* Where the account of a special kind ended up; the management account in a world without it. */
static size_t find_special(const struct world *world, enum special special)
{
    for (size_t k = 0; k < ARRAY_LEN(first_accounts); k++)
        for (size_t i = 0; first_accounts[k].special == special && i < world->n_accounts; i++)
            if (strcmp(world->accounts[i].name, first_accounts[k].name) == 0)
                return i;
    return world->management;
}

static void make_ids(struct world *world)
{
    char text[RNG_BASE32_LEN + 1];
    rng_base32(rng_at(world->spec.seed, STREAM_ORGANIZATION, 0), rng_lower32, 10, text);
    snprintf(world->organization_id, sizeof world->organization_id, "o-%s", text);
    rng_base32(rng_at(world->spec.seed, STREAM_ORGANIZATION, 1), rng_lower32, 4, text);
    snprintf(world->root_id, sizeof world->root_id, "r-%.4s", text);
    for (int ou = 0; ou < N_OUS; ou++) {
        char tail[RNG_BASE32_LEN + 1];
        rng_base32(rng_at(world->spec.seed, STREAM_ORGANIZATION, 2 + (uint64_t)ou), rng_lower32, 8,
                   tail);
        snprintf(world->ou_ids[ou], sizeof world->ou_ids[ou], "ou-%.4s-%.8s", text, tail);
    }
    snprintf(world->ou_ids[OU_ROOT], sizeof world->ou_ids[OU_ROOT], "%s", world->root_id);
}

void world_make_accounts(struct world *world)
{
    world->n_accounts = world->spec.accounts;
    world->accounts = mem_alloc(world->n_accounts * sizeof *world->accounts);
    for (size_t i = 0; i < world->n_accounts; i++) {
        struct account *account = &world->accounts[i];
        if (i < ARRAY_LEN(first_accounts))
            make_first(i, account);
        else
            make_further(world, i, account);
        fill_account(world, i, account);
    }
    qsort(world->accounts, world->n_accounts, sizeof *world->accounts, by_place);
    number_accounts(world);
    make_ids(world);
    world->management = find_special(world, MANAGEMENT);
    world->delegated = find_special(world, DELEGATED);
    world->showcase = find_special(world, SHOWCASE);
}

void world_free_accounts(struct world *world)
{
    for (size_t i = 0; i < world->n_accounts; i++) {
        mem_free(world->accounts[i].name);
        mem_free(world->accounts[i].email);
        cJSON_Delete(world->accounts[i].tags);
    }
    mem_free(world->accounts);
    map_done(&world->account_index);
}

/* --- looking at them ------------------------------------------------------------------------ */

const char *world_management_account(const struct world *world)
{
    return world->accounts[world->management].id;
}

const char *world_organization_id(const struct world *world)
{
    return world->organization_id;
}

size_t world_n_accounts(const struct world *world)
{
    return world->n_accounts;
}

const char *world_account_id(const struct world *world, size_t i)
{
    return world->accounts[i].id;
}

const char *world_account_name(const struct world *world, size_t i)
{
    return world->accounts[i].name;
}

const struct account *world_account(const struct world *world, const char *account_id)
{
    union map_value *found = map_get(&world->account_index, sv_of(account_id));
    return found ? &world->accounts[found->u64 - 1] : NULL;
}

static const char *const member_roles[] = {"OrganizationAccountAccessRole", "WatchdeckReadOnly"};

enum role_access world_role_access(const struct world *world, const char *account_id,
                                   const char *role_name)
{
    const struct account *account = world_account(world, account_id);
    for (size_t i = 0; account && i < ARRAY_LEN(member_roles); i++)
        if (strcmp(role_name, member_roles[i]) == 0)
            return account->role_access;
    return ROLE_MISSING;
}

bool account_is_administrator(const struct world *world, const char *account_id)
{
    const struct account *account = world_account(world, account_id);
    return account && (account == &world->accounts[world->management] ||
                       account == &world->accounts[world->delegated]);
}

void world_ou_path(const struct world *world, enum ou ou, struct buf *path)
{
    if (ou == OU_ROOT)
        buf_addf(path, "%s/", world->organization_id);
    else
        world_ou_path(world, ous[ou].parent, path);
    buf_addf(path, "%s/", world->ou_ids[ou]);
}

enum ou world_ou_by_id(const struct world *world, const char *id)
{
    int ou = 0;
    while (ou < N_OUS && strcmp(world->ou_ids[ou], id) != 0)
        ou++;
    return (enum ou)ou;
}
