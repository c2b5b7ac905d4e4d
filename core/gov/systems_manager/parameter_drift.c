/*
 * Three stages for each account x region: DescribeParameters; for each application both of its
 * trees by path; for each pair of secrets their values. An application is told as soon as it has
 * all.
 */
#include "core/gov/systems_manager/parameter_drift.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/digest.h"
#include "core/base/map.h"
#include "core/base/mem.h"
#include "core/base/os.h"

/* One parameter. */
struct setting {
    struct parameter_facts facts;
    struct parameter_name name; /* into facts.name */
    bool was_read;
    uint8_t mac[SHA256_BYTES]; /* of its value, when it is not sealed */
};

/* A key of an application: one of the two may be NULL. */
struct pair {
    struct application *application;
    struct setting *sides[PARAMETER_SIDES];
    bool are_compared, are_equal; /* the values */
    struct err why;               /* they are not compared */
};

struct site;

struct application {
    struct site *site;
    struct sv name; /* into the name of one of its parameters */
    size_t reads;   /* not ended */
    size_t n_settings[PARAMETER_SIDES], n_read[PARAMETER_SIDES];
    bool has_strangers;              /* parameters that DescribeParameters did not tell */
    struct err why[PARAMETER_SIDES]; /* a side could not be read */
    VEC(struct pair) pairs;          /* by key */
};

/* One account x region. */
struct site {
    struct load *load;
    const struct account *account;
    struct aws_target target;
    parameter_drift_fn *fn;
    void *arg;
    uint8_t mac_key[32];
    size_t open;                     /* applications that are not told yet */
    struct err paths_why, pairs_why; /* something could not be read; OK: all was */
    VEC(struct setting *) settings;  /* sorted once all are there */
    struct map by_name;
    VEC(struct application *) applications;
};

static void forget_settings(struct site *site)
{
    for (size_t i = 0; i < site->settings.len; i++) {
        parameter_facts_done(&site->settings.ptr[i]->facts);
        mem_free(site->settings.ptr[i]);
    }
    vec_free(&site->settings);
    map_done(&site->by_name);
    site->by_name = (struct map){0};
}

static void site_done(void *arg)
{
    struct site *site = arg;
    for (size_t i = 0; i < site->applications.len; i++) {
        vec_free(&site->applications.ptr[i]->pairs);
        mem_free(site->applications.ptr[i]);
    }
    vec_free(&site->applications);
    forget_settings(site);
    secret_wipe(site->mac_key, sizeof site->mac_key);
}

/* --- telling --------------------------------------------------------------------------------- */

struct verdict {
    const char *type;
    enum severity severity;
};

static const struct verdict missing = {PARAMETER_MISSING, SEVERITY_HIGH},
                            value_drift = {PARAMETER_VALUE, SEVERITY_MEDIUM},
                            unauthorized = {PARAMETER_UNAUTHORIZED, SEVERITY_LOW},
                            type_drift = {PARAMETER_TYPE, SEVERITY_MEDIUM},
                            unknown = {PARAMETER_UNKNOWN, SEVERITY_MEDIUM},
                            unknown_whole = {PARAMETER_UNKNOWN, SEVERITY_HIGH};

static void tell(const struct application *application, const struct pair *pair,
                 const struct verdict *verdict, const char *note)
{
    const struct site *site = application->site;
    struct parameter_drift drift = {.account = site->account,
                                    .target = &site->target,
                                    .application = application->name,
                                    .type = verdict->type,
                                    .severity = verdict->severity,
                                    .shown = verdict->severity,
                                    .note = note};
    if (pair) {
        const struct setting *approved = pair->sides[PARAMETER_APPROVED];
        const struct setting *current = pair->sides[PARAMETER_CURRENT];
        const struct setting *one = current ? current : approved;
        drift.key = one->name.key;
        drift.approved = approved ? &approved->facts : NULL;
        drift.current = current ? &current->facts : NULL;
        drift.shown += parameter_is_sensitive(sv_of(one->facts.type), drift.key);
    }
    site->fn(site->load, &drift, site->arg);
}

static void judge(const struct application *application, const struct pair *pair)
{
    AUTO(buf_done) struct buf note = BUF_NONE;
    const struct setting *approved = pair->sides[PARAMETER_APPROVED];
    const struct setting *current = pair->sides[PARAMETER_CURRENT];
    if (!current || !approved) {
        tell(application, pair, current ? &unauthorized : &missing, "");
        return;
    }
    bool differ = parameter_facts_differ(&approved->facts, &current->facts, &note);
    if (strcmp(approved->facts.type, current->facts.type) != 0)
        tell(application, pair, &type_drift, buf_cstr(&note));
    else if (!pair->are_compared)
        tell(application, pair, &unknown, pair->why.message);
    else if (!pair->are_equal)
        tell(application, pair, &value_drift, differ ? buf_cstr(&note) : "");
    else if (differ)
        tell(application, pair, &type_drift, buf_cstr(&note));
}

/* Why its sides cannot be compared as a whole; false when they can. */
static bool is_unknown(const struct application *application, struct buf *why)
{
    for (int side = 0; side < PARAMETER_SIDES && why->len == 0; side++)
        if (application->n_settings[side] == 0)
            buf_addf(why, "there is nothing %s", parameter_side_words[side]);
    for (int side = 0; side < PARAMETER_SIDES && why->len == 0; side++) {
        const char *word = parameter_side_words[side];
        if (application->why[side].code != OK)
            buf_addf(why, "what is %s cannot be read: %s", word, application->why[side].message);
        else if (application->n_read[side] != application->n_settings[side])
            buf_addf(why, "%zu of %zu that are %s were read", application->n_read[side],
                     application->n_settings[side], word);
    }
    if (why->len == 0 && application->has_strangers)
        buf_add_cstr(why, "it was changed while it was read");
    return why->len > 0;
}

/* --- what could not be read ------------------------------------------------------------------ */

/* The first failure, but for a denial, which says what it takes: whoever answers first makes no
 * difference. */
static void note_why(struct err *why, const struct err *err)
{
    if (err->code != OK && (why->code == OK || (err->code == ERR_DENIED && why->code != err->code)))
        *why = *err;
}

/* Nothing has failed, and yet not all of it was read. */
static void note_part(const struct application *application, const char *why)
{
    struct err err;
    bool empty = application->n_settings[PARAMETER_APPROVED] == 0 ||
                 application->n_settings[PARAMETER_CURRENT] == 0;
    err_set(&err, ERR_STALE, "ssm:GetParametersByPath", SV_FMT ": %s", SV_ARG(application->name),
            why);
    if (!empty)
        note_why(&application->site->paths_why, &err);
}

/* Once for each operation, however many rows are UNKNOWN by it. */
static void tell_gaps(const struct site *site)
{
    if (site->paths_why.code != OK)
        load_gap(site->load, &site->target, "ssm:GetParametersByPath", &site->paths_why);
    if (site->pairs_why.code != OK)
        load_gap(site->load, &site->target, "ssm:GetParameters", &site->pairs_why);
}

static void application_end(const struct application *application)
{
    AUTO(buf_done) struct buf why = BUF_NONE;
    bool unknown_as_a_whole = is_unknown(application, &why);
    if (unknown_as_a_whole) {
        tell(application, NULL, &unknown_whole, buf_cstr(&why));
        note_part(application, buf_cstr(&why));
    }
    for (size_t i = 0; !unknown_as_a_whole && i < application->pairs.len; i++)
        judge(application, &application->pairs.ptr[i]);
    if (--application->site->open == 0)
        tell_gaps(application->site);
}

/* --- secrets --------------------------------------------------------------------------------- */

static void pair_came(struct load *load, struct sv body, void *arg)
{
    struct pair *pair = arg;
    struct secret *values[PARAMETER_SIDES];
    (void)load;
    for (int side = 0; side < PARAMETER_SIDES; side++)
        values[side] = parameter_value_named(body, pair->sides[side]->facts.name);
    pair->are_compared = values[0] && values[1];
    pair->are_equal = pair->are_compared && secret_equal(values[0], values[1]);
    if (!pair->are_compared)
        err_set(&pair->why, ERR_STALE, "ssm:GetParameters", "it went away while it was read");
    for (int side = 0; side < PARAMETER_SIDES; side++)
        secret_unref(values[side]);
}

/* What KMS says is followed by the number of the request, which is another one each time. */
static void cut_request(struct err *err)
{
    char *tail = strstr(err->message, " (Service: ");
    if (tail)
        *tail = '\0';
}

static void pair_ended(struct load *load, const struct aws_request *request, const struct err *err,
                       void *arg)
{
    struct pair *pair = arg;
    (void)load, (void)request;
    if (err->code != OK)
        pair->why = *err;
    cut_request(&pair->why);
    note_why(&pair->application->site->pairs_why, &pair->why);
    if (--pair->application->reads == 0)
        application_end(pair->application);
}

static void read_pair(struct site *site, struct pair *pair)
{
    cJSON *params = cJSON_CreateObject(), *names = cJSON_AddArrayToObject(params, "Names");
    for (int side = 0; side < PARAMETER_SIDES; side++)
        cJSON_AddItemToArray(names, cJSON_CreateString(pair->sides[side]->facts.name));
    cJSON_AddTrueToObject(params, "WithDecryption");
    pair->application->reads++;
    load_try_secret(site->load, OP_ssm_GetParameters, &site->target, params, pair_came, pair_ended,
                    pair);
}

/* Secrets of one type are compared by value; whatever else there is, has come by path. */
static void compare_pairs(struct application *application)
{
    AUTO(buf_done) struct buf why = BUF_NONE;
    bool is_known = !is_unknown(application, &why);
    for (size_t i = 0; is_known && i < application->pairs.len; i++) {
        struct pair *pair = &application->pairs.ptr[i];
        const struct setting *a = pair->sides[PARAMETER_APPROVED];
        const struct setting *b = pair->sides[PARAMETER_CURRENT];
        if (!a || !b || strcmp(a->facts.type, b->facts.type) != 0)
            continue;
        if (parameter_is_secure(sv_of(a->facts.type))) {
            read_pair(application->site, pair);
            continue;
        }
        pair->are_compared = true;
        pair->are_equal = bytes_equal(a->mac, b->mac, sizeof a->mac);
    }
    if (application->reads == 0)
        application_end(application);
}

/* --- values by path -------------------------------------------------------------------------- */

static struct setting *find_setting(const struct site *site, struct sv name)
{
    const union map_value *found = map_get(&site->by_name, name);
    return found ? found->ptr : NULL;
}

static void path_page(struct load *load, struct aws_page *page, void *arg)
{
    struct application *application = arg;
    (void)load;
    for (const cJSON *item = json_items(page->body, "Parameters"); item; item = item->next) {
        struct setting *setting = find_setting(application->site, json_sv(item, "Name"));
        if (!setting || json_i64(item, "Version", 0) != setting->facts.version) {
            application->has_strangers = true;
            continue;
        }
        application->n_read[setting->name.side] += !setting->was_read;
        setting->was_read = true;
        hmac_sha256((struct sv){(const char *)application->site->mac_key,
                                sizeof application->site->mac_key},
                    json_sv(item, "Value"), setting->mac);
    }
}

static void path_ended(struct load *load, const struct aws_request *request, const struct err *err,
                       void *arg)
{
    struct application *application = arg;
    struct site *site = application->site;
    struct sv path = json_sv(request->params, "Path");
    (void)load;
    bool approved = sv_ends(path, sv_of(parameter_side_words[PARAMETER_APPROVED]));
    if (err->code != OK)
        application->why[approved ? PARAMETER_APPROVED : PARAMETER_CURRENT] = *err;
    note_why(&site->paths_why, err);
    if (--application->reads == 0)
        compare_pairs(application);
}

static void read_path(struct application *application, enum parameter_side side)
{
    char path[PARAMETER_NAME_SIZE];
    cJSON *params = cJSON_CreateObject();
    parameter_name_make(application->name, side, SV_NONE, path);
    cJSON_AddStringToObject(params, "Path", path);
    cJSON_AddTrueToObject(params, "Recursive");
    application->reads++;
    load_try(application->site->load, OP_ssm_GetParametersByPath, &application->site->target,
             params, path_page, path_ended, application);
}

/* --- what there is --------------------------------------------------------------------------- */

static void describe_page(struct load *load, struct aws_page *page, void *arg)
{
    struct site *site = arg;
    (void)load;
    if (page->restarted)
        forget_settings(site);
    for (const cJSON *item = json_items(page->body, "Parameters"); item; item = item->next) {
        struct parameter_name parts;
        bool fresh;
        if (!parameter_name_parse(json_sv(item, "Name"), &parts))
            continue;
        union map_value *slot = map_put(&site->by_name, json_sv(item, "Name"), &fresh);
        if (!fresh)
            continue; /* pages of a moving list */
        struct setting *setting = slot->ptr = mem_new(struct setting);
        parameter_facts_read(item, &setting->facts);
        parameter_name_parse(sv_of(setting->facts.name), &setting->name);
        vec_push(&site->settings, setting);
    }
}

static int by_key(const void *a, const void *b)
{
    const struct setting *x = *(struct setting *const *)a, *y = *(struct setting *const *)b;
    int order = sv_cmp(x->name.application, y->name.application);
    if (order == 0)
        order = sv_cmp(x->name.key, y->name.key);
    return order ? order : (int)x->name.side - (int)y->name.side;
}

static struct application *application_of(struct site *site, const struct setting *setting)
{
    size_t n = site->applications.len;
    if (n > 0 && sv_eq(site->applications.ptr[n - 1]->name, setting->name.application))
        return site->applications.ptr[n - 1];
    struct application *application = mem_new(struct application);
    *application = (struct application){.site = site, .name = setting->name.application};
    vec_push(&site->applications, application);
    return application;
}

/* In order, so that both sides of a key stand beside each other. */
static void add_to_pair(struct application *application, struct setting *setting)
{
    size_t n = application->pairs.len;
    const struct setting *approved =
        n > 0 ? application->pairs.ptr[n - 1].sides[PARAMETER_APPROVED] : NULL;
    if (setting->name.side == PARAMETER_APPROVED || !approved ||
        !sv_eq(approved->name.key, setting->name.key))
        vec_push(&application->pairs, ((struct pair){.application = application}));
    vec_last(&application->pairs).sides[setting->name.side] = setting;
    application->n_settings[setting->name.side]++;
}

static void described(struct load *load, const struct aws_request *request, const struct err *err,
                      void *arg)
{
    struct site *site = arg;
    size_t n_pairs = 0;
    (void)request;
    if (err->code != OK || site->settings.len == 0)
        return; /* what was told in part says nothing */
    qsort(site->settings.ptr, site->settings.len, sizeof *site->settings.ptr, by_key);
    for (size_t i = 0; i < site->settings.len; i++)
        add_to_pair(application_of(site, site->settings.ptr[i]), site->settings.ptr[i]);
    for (size_t i = 0; i < site->applications.len; i++)
        n_pairs += site->applications.ptr[i]->pairs.len;
    load_saw(load, &site->target, "parameter", n_pairs);
    site->open = site->applications.len;
    for (size_t i = 0; i < site->applications.len; i++) {
        struct application *application = site->applications.ptr[i];
        bool has_both = application->n_settings[PARAMETER_APPROVED] > 0 &&
                        application->n_settings[PARAMETER_CURRENT] > 0;
        for (int side = 0; has_both && side < PARAMETER_SIDES; side++)
            read_path(application, (enum parameter_side)side);
        if (!has_both)
            application_end(application);
    }
}

void parameter_drifts_read(struct load *load, const struct account *account,
                           const struct aws_target *target, struct sv application,
                           parameter_drift_fn *fn, void *arg)
{
    AUTO(buf_done) struct buf path = BUF_NONE;
    struct site *site = load_alloc(load, sizeof *site);
    *site = (struct site){.load = load, .account = account, .target = *target, .fn = fn};
    site->arg = arg;
    os_random(site->mac_key, sizeof site->mac_key);
    load_at_free(load, site_done, site);
    if (application.len > 0)
        buf_addf(&path, "/" SV_FMT, SV_ARG(application));
    load_read(load, OP_ssm_DescribeParameters, target,
              path.len > 0 ? parameter_below_params(buf_sv(&path)) : NULL, describe_page, described,
              site);
}
