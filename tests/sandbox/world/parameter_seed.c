/*
 * The parameters that there are to begin with: applications whose approved settings lie below
 * /NAME/approved and whose present ones below /NAME/current, and what has come apart between them.
 */
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/sandbox/world/kms.h"
#include "tests/sandbox/world/parameter.h"
#include "tests/sandbox/world/rng.h"
#include "tests/sandbox/world/template.h"

#define DAY_MS INT64_C(86400000)

/* A setting; value NULL: a secret that derives from the seed. */
struct setting {
    const char *key, *type, *value, *key_id;
};

static const struct setting settings[] = {
    {"api/token", "SecureString", NULL, KEY_PARAMETERS},
    {"cache/endpoint", "String", "cache.internal:6379", NULL},
    {"database/host", "String", "db.internal", NULL},
    {"database/password", "SecureString", NULL, KEY_PARAMETERS},
    {"database/pool_size", "String", "20", NULL},
    {"features/enabled", "StringList", "search,export,audit", NULL},
    {"http/timeout_ms", "String", "3000", NULL},
    {"limits/burst", "String", "200", NULL},
    {"log/level", "String", "warn", NULL},
    {"partner/credential", "SecureString", NULL, KEY_DEFAULT},
    {"signing/private_key", "SecureString", NULL, KEY_PARAMETERS},
};

/* What has happened to a setting of the present side; NULL members are as approved. */
struct drift {
    const char *key;
    bool missing;
    struct setting now;
};

static const struct drift drifts[] = {
    {"http/timeout_ms", true, {0}},
    {"log/level", false, {"log/level", "String", "debug", NULL}},
    {"api/token", false, {"api/token", "SecureString", "rotated", KEY_PARAMETERS}},
    {"debug/override", false, {"debug/override", "String", "on", NULL}},
    {"debug/credential", false, {"debug/credential", "SecureString", NULL, KEY_DEFAULT}},
    {"limits/burst", false, {"limits/burst", "StringList", "200", NULL}},
    {"database/password", false, {"database/password", "SecureString", NULL, KEY_DEFAULT}},
};

enum { OVERRIDE = 3, CREDENTIAL }; /* where debug/... stand in drifts: what nobody has approved */

/* Which of them, in words of bits. No more than one of twenty may be there unapproved, or consoles
 * take what is approved for a part of it, and change nothing. */
#define DRIFT_NONE 0u
#define DRIFT_ALL  (((1u << ARRAY_LEN(drifts)) - 1) & ~(1u << OVERRIDE))

enum side { APPROVED, CURRENT };
static const char *const side_names[] = {"approved", "current"};

struct seeding {
    struct world *world;
    struct parameter_store *store;
    const char *application;
    int64_t days; /* the age of the next version */
};

static void secret_value(const struct seeding *s, const char *key, const char *suffix, char *text)
{
    char plain[RNG_BASE32_LEN + 1];
    uint64_t n = sv_hash(sv_of(key)) ^ sv_hash(sv_of(s->application)) ^ s->store->cell;
    rng_base32(rng_at(s->world->spec.seed, STREAM_PARAMETER, n), rng_lower32, RNG_BASE32_LEN,
               plain);
    snprintf(text, 64, "%s%s", plain, suffix ? suffix : "");
}

static void add_version(const struct seeding *s, struct parameter *parameter,
                        const struct setting *setting)
{
    AUTO(buf_done) struct buf value = BUF_NONE;
    char arn[PARAMETER_ARN_SIZE], user[128], secret[64];
    bool secure = strcmp(setting->type, "SecureString") == 0;
    int64_t number = cJSON_GetArraySize(parameter->versions) + 1;
    parameter_arn(s->world, s->store->cell, parameter->name, arn);
    snprintf(user, sizeof user, "arn:aws:sts::%s:assumed-role/%s",
             cell_account(s->world, s->store->cell)->id,
             number == 1 ? "deploy-pipeline/deploy" : "developer/console");
    if (secure) {
        struct key key;
        secret_value(s, setting->key, setting->value, secret);
        key_find(s->world, s->store->cell, setting->key_id, &key);
        key_seal(s->world, &key, sv_of(arn), sv_of(secret), &value);
    } else {
        buf_add_cstr(&value, setting->value);
    }
    cJSON *version = json_make(
        "{Name:%s,Type:%s,KeyId:%s,LastModifiedDate:%e,LastModifiedUser:%s,Value:%s,Version:%l,"
        "Labels:[],Tier:'Standard',Policies:[],DataType:'text'}",
        parameter->name, setting->type, secure ? setting->key_id : NULL,
        s->world->start_ms - s->days * DAY_MS + number * DAY_MS, user, buf_cstr(&value), number);
    cJSON_AddItemToArray(parameter->versions, version);
}

/* A team has an application, and half of them are made by a tool. */
static void add_tags(const struct seeding *s, cJSON *tags)
{
    static const char *const owners[] = {"team-checkout", "team-platform", "team-data"};
    uint64_t hash = sv_hash(sv_of(s->application));
    cJSON_AddStringToObject(tags, "Application", s->application);
    cJSON_AddStringToObject(tags, "Owner", owners[hash / 2 % ARRAY_LEN(owners)]);
    if (hash % 2)
        cJSON_AddStringToObject(tags, "ManagedBy", "terraform");
}

static void add_setting(struct seeding *s, enum side side, const char *key,
                        const struct setting *first, const struct setting *then)
{
    char name[160];
    snprintf(name, sizeof name, "/%s/%s/%s", s->application, side_names[side], key);
    struct parameter *parameter = parameter_add(s->store, sv_of(name));
    s->days = 20 + (int64_t)rng_below(s->world->spec.seed, STREAM_PARAMETER,
                                      sv_hash(sv_of(name)) ^ s->store->cell, 300);
    add_tags(s, parameter->tags);
    add_version(s, parameter, first);
    if (then)
        add_version(s, parameter, then);
}

static const struct drift *drift_of(const char *key, unsigned mask)
{
    for (size_t i = 0; i < ARRAY_LEN(drifts); i++)
        if (mask >> i & 1 && strcmp(drifts[i].key, key) == 0)
            return &drifts[i];
    return NULL;
}

static bool is_approved(const char *key)
{
    for (size_t i = 0; i < ARRAY_LEN(settings); i++)
        if (strcmp(settings[i].key, key) == 0)
            return true;
    return false;
}

/* A value that was overwritten has its approved one in its history. A type does not change in
 * place, and what was made with another one has no such past. */
static void add_current(struct seeding *s, const struct setting *setting, unsigned mask)
{
    const struct drift *drift = drift_of(setting->key, mask);
    if (!drift) {
        add_setting(s, CURRENT, setting->key, setting, NULL);
        return;
    }
    bool same_type = !drift->missing && strcmp(drift->now.type, setting->type) == 0;
    if (!drift->missing)
        add_setting(s, CURRENT, setting->key, same_type ? setting : &drift->now,
                    same_type ? &drift->now : NULL);
}

/* Routes that are as they are to be: with them one setting that nobody has approved is one of
 * twenty. */
static void add_routes(struct seeding *s, int n)
{
    for (int i = 1; i <= n; i++) {
        char key[32];
        snprintf(key, sizeof key, "routes/%02d", i);
        const struct setting route = {key, "String", "enabled", NULL};
        for (int side = APPROVED; side <= CURRENT; side++)
            add_setting(s, (enum side)side, key, &route, NULL);
    }
}

static void add_application(struct seeding *s, const char *name, unsigned mask)
{
    s->application = name;
    add_routes(s, 12);
    for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
        add_setting(s, APPROVED, settings[i].key, &settings[i], NULL);
        add_current(s, &settings[i], mask);
    }
    for (size_t i = 0; i < ARRAY_LEN(drifts); i++)
        if (mask >> i & 1 && !is_approved(drifts[i].key))
            add_setting(s, CURRENT, drifts[i].key, &drifts[i].now, NULL);
}

/* What cannot be compared: a key that lets nobody in, one that is disabled, a side that is empty,
 * and one that nobody may read. */
static void add_unreadable(struct seeding *s)
{
    static const struct setting kept = {"ledger/seal", "SecureString", NULL, KEY_RESTRICTED},
                                old = {"ledger/archive", "SecureString", NULL, KEY_RETIRED},
                                plain = {"ledger/endpoint", "String", "ledger.internal", NULL};
    const struct setting *const all[] = {&kept, &old, &plain};
    s->application = "ledger";
    for (int side = APPROVED; side <= CURRENT; side++)
        for (size_t i = 0; i < ARRAY_LEN(all); i++)
            add_setting(s, (enum side)side, all[i]->key, all[i], NULL);
    s->application = "orphan"; /* nobody has approved anything */
    add_setting(s, CURRENT, "endpoint", &settings[1], NULL);
    add_setting(s, CURRENT, "log/level", &settings[8], NULL);
    s->application = "vault";
    add_setting(s, APPROVED, "endpoint", &settings[1], NULL);
    add_setting(s, CURRENT, "endpoint", &settings[1], NULL);
    add_setting(s, CURRENT, "log/level", &settings[8], NULL);
    str_copy(s->store->closed_path, "/vault/approved");
}

/* Where somebody has tried something: in the first account for development beside the showcase. */
static bool is_tried(const struct world *world, const struct account *account)
{
    for (uint32_t i = 0; i < world->n_accounts; i++)
        if (i != world->showcase && ou_is_development(world->accounts[i].home_ou))
            return account == &world->accounts[i];
    return false;
}

/* Production is careful: most applications are as approved. */
static unsigned drift_mask(const struct seeding *s, const struct account *account)
{
    unsigned per_mille = ou_is_production(account->home_ou) ? 40 : 150, mask = DRIFT_NONE;
    for (unsigned i = 0; i < ARRAY_LEN(drifts); i++)
        if (rng_below(s->world->spec.seed, STREAM_PARAMETER, (uint64_t)s->store->cell << 8 | i,
                      1000) < per_mille)
            mask |= 1u << i;
    if (is_tried(s->world, account))
        mask = (mask | 1u << OVERRIDE) & ~(1u << CREDENTIAL);
    return mask & 1u << CREDENTIAL ? mask & ~(1u << OVERRIDE) : mask;
}

void parameter_seed(struct world *world, struct parameter_store *store)
{
    struct seeding s = {.world = world, .store = store};
    const struct account *account = cell_account(world, store->cell);
    bool showcase = account == &world->accounts[world->showcase];
    bool works = ou_is_production(account->home_ou) || ou_is_development(account->home_ou);
    if (!works || !cell_is_home(world, store->cell))
        return;
    add_application(&s, account->word, showcase ? DRIFT_ALL : drift_mask(&s, account));
    if (!showcase)
        return;
    add_unreadable(&s);
}
