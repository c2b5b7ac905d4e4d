/*
 * estate_walk: reads the organization, one request at a time.
 *
 * A chain of steps: each reads with walk_read and names the step that follows when all pages have
 * come. Organizations: ListAccountsForParent gives State; Status, which it replaces, is read where
 * State is missing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/map.h"
#include "core/gov/estate/estate.h"
#include "core/gov/gov_internal.h"

/* AWS allows five levels of OUs below the root; deeper ones are a loop in the making. */
#define OU_DEPTH_MAX 8

struct walk;
typedef void step_fn(struct walk *walk, const struct err *err);
typedef void walk_page_fn(struct walk *walk, const cJSON *body);

struct walk {
    struct gov *gov;
    void (*done)(struct gov *gov, struct estate *take_estate, const struct err *err);
    struct estate *estate;
    struct map seen; /* ids of accounts and OUs, names of regions */
    size_t at;       /* the OU being read */
    walk_page_fn *on_page;
    step_fn *then;
    bool asked_profiles;
};

static void walk_free(void *arg)
{
    struct walk *walk = arg;
    estate_unref(walk->estate);
    map_done(&walk->seen);
    mem_free(walk);
}

static void walk_finish(struct walk *walk, const struct err *err)
{
    struct estate *estate = walk->estate;
    walk->estate = NULL;
    if (err->code != OK) {
        estate_unref(estate);
        estate = NULL;
    }
    walk->done(walk->gov, estate, err);
    walk_free(walk);
}

/* --- one request ----------------------------------------------------------------------------- */

static void on_page(void *arg, struct aws_page *page)
{
    struct walk *walk = arg;
    coverage_seen(&walk->estate->coverage, page->request->op, page->received_at_ms);
    walk->on_page(walk, page->body);
}

static void add_gap(struct walk *walk, const struct aws_request *request, const struct err *err)
{
    struct gap gap = {.err = *err};
    str_copy(gap.target.account_id, walk->estate->caller_account);
    str_copy(gap.target.region, request->target.region);
    const struct aws_op *op = aws_op(request->op);
    snprintf(gap.operation, sizeof gap.operation, "%s:%s", op->service->id, op->name);
    coverage_add_gap(&walk->estate->coverage, &gap);
}

/* A member account is not meant to list its organization: then nothing is missing. */
static bool is_gap(const struct walk *walk, const struct aws_request *request,
                   const struct err *err)
{
    const struct estate *estate = walk->estate;
    bool member =
        estate->management_id[0] && strcmp(estate->management_id, estate->caller_account) != 0;
    return err->code != OK && request->op != OP_sts_GetCallerIdentity &&
           strcmp(err->aws_code, "AWSOrganizationsNotInUseException") != 0 &&
           !(request->op == OP_organizations_ListRoots && member && err->code == ERR_DENIED);
}

static void on_done(void *arg, const struct aws_request *request, const struct aws_outcome *outcome)
{
    struct walk *walk = arg;
    if (is_gap(walk, request, &outcome->err))
        add_gap(walk, request, &outcome->err);
    walk->then(walk, &outcome->err);
}

static void walk_read(struct walk *walk, enum aws_op_id op, cJSON *take_params,
                      walk_page_fn *page_fn, step_fn *then)
{
    struct aws_request request = {.op = op, .params = take_params};
    sv_copy(sv_of(client_region(walk->gov->client)), request.target.region,
            sizeof request.target.region);
    walk->on_page = page_fn;
    walk->then = then;
    walk->gov->read(walk->gov->client, walk->gov->scope, &request, on_page, on_done, walk_free,
                    walk);
}

/* --- accounts and OUs ------------------------------------------------------------------------ */

static bool first_seen(struct walk *walk, struct sv id)
{
    bool fresh;
    map_put(&walk->seen, id, &fresh);
    return fresh;
}

static void add_ou(struct walk *walk, const cJSON *json, const struct ou *parent)
{
    struct sv id = json_sv(json, "Id"), name = json_sv(json, "Name");
    if (id.len == 0 || !first_seen(walk, id) || (parent && parent->depth >= OU_DEPTH_MAX))
        return;
    AUTO(buf_done) struct buf path = BUF_NONE;
    if (parent)
        buf_addf(&path, "%s/", parent->path);
    buf_add(&path, name);
    struct ou ou = {.id = sv_dup(id), .name = sv_dup(name), .path = buf_take(&path)};
    ou.depth = parent ? parent->depth + 1 : 0;
    vec_push(&walk->estate->ous, ou);
}

static bool is_account_id(struct sv id)
{
    for (size_t i = 0; i < id.len; i++)
        if (id.ptr[i] < '0' || id.ptr[i] > '9')
            return false;
    return id.len == AWS_ACCOUNT_SIZE - 1;
}

static void add_account(struct walk *walk, struct sv id, struct sv name, struct sv email,
                        struct sv state, const struct ou *ou)
{
    struct estate *estate = walk->estate;
    if (!is_account_id(id) || !first_seen(walk, id))
        return;
    struct account account = {
        .name = sv_dup(name.len ? name : id),
        .email = sv_dup(email.ptr ? email : SV("")),
        .state = sv_dup(state),
        .ou_path = mem_strdup(ou ? ou->path : ""),
        .ou_id = mem_strdup(ou ? ou->id : ""),
        .management = sv_eq_cstr(id, estate->management_id),
    };
    sv_copy(id, account.id, sizeof account.id);
    account.production = account_matches(&account, sv_of(walk->gov->settings.production));
    vec_push(&estate->accounts, account);
}

static int by_path(const void *a, const void *b)
{
    const struct ou *x = a, *y = b;
    return ou_path_compare(x->path, y->path);
}

static int by_place(const void *a, const void *b)
{
    const struct account *x = a, *y = b;
    int order = ou_path_compare(x->ou_path, y->ou_path);
    order = order ? order : strcmp(x->name, y->name);
    return order ? order : strcmp(x->id, y->id);
}

/* qsort wants an array, even for nothing. */
static void sort(void *items, size_t n, size_t item_bytes,
                 int (*compare)(const void *, const void *))
{
    if (n > 1)
        qsort(items, n, item_bytes, compare);
}

/* An answer that cannot be whole: what it leaves out is not "none" but not seen. */
static void add_unlikely(struct walk *walk, enum aws_op_id op, const char *what)
{
    const struct aws_request request = {.op = op};
    struct err why;
    err_set(&why, ERR_PARSE, aws_op(op)->name, "%s", what);
    add_gap(walk, &request, &why);
}

/* Whoever may list an organization is in it. */
static void add_own_account(struct walk *walk)
{
    struct estate *estate = walk->estate;
    struct sv profile = sv_of(client_profile(walk->gov->client));
    bool listed = estate->ous.len > 0;
    size_t before = estate->accounts.len;
    add_account(walk, sv_of(estate->caller_account), listed ? SV_NONE : profile, SV_NONE,
                SV("ACTIVE"), NULL);
    if (listed && estate->accounts.len > before && estate->coverage.gaps.len == 0)
        add_unlikely(walk, OP_organizations_ListAccountsForParent,
                     "the account that asks is not listed: others may be missing, too");
}

/* --- without an organization: profiles ------------------------------------------------------- */

/* The role of arn:aws:sts::1:assumed-role/ROLE/session, the rest of any other ARN. */
static struct sv role_of(struct sv arn)
{
    struct sv rest = arn;
    for (int i = 0; i < 5; i++)
        sv_split(&rest, ':');
    if (!sv_starts(rest, SV("assumed-role/")))
        return rest;
    sv_split(&rest, '/');
    return sv_split(&rest, '/');
}

static void add_profile_gap(struct walk *walk, const struct aws_profile *profile)
{
    struct gap gap = {.err = profile->err};
    str_copy(gap.account_name, profile->name);
    str_copy(gap.operation, "sts:GetCallerIdentity");
    coverage_add_gap(&walk->estate->coverage, &gap);
}

static void name_profile(struct walk *walk, const struct aws_profile *profile)
{
    for (size_t i = 0; i < walk->estate->accounts.len; i++) {
        struct account *account = &walk->estate->accounts.ptr[i];
        AUTO(buf_done) struct buf lines = BUF_NONE;
        if (strcmp(account->id, profile->account_id) != 0)
            continue;
        if (account->profiles)
            buf_addf(&lines, "%s\n", account->profiles);
        buf_addf(&lines, "%s (" SV_FMT ")", profile->name, SV_ARG(role_of(sv_of(profile->arn))));
        mem_free(account->profiles);
        account->profiles = buf_take(&lines);
    }
}

static void use_profile(struct walk *walk, const struct aws_profile *profile)
{
    walk->gov->use_profile(walk->gov->client, profile->account_id, profile->name);
}

/* Another profile leads there already. The base's own account is entered by nothing else. */
static void choose_profile(struct walk *walk, const struct aws_profile *profile)
{
    struct estate *estate = walk->estate;
    for (size_t i = 0; i < estate->accounts.len; i++) {
        struct account *account = &estate->accounts.ptr[i];
        if (strcmp(account->id, profile->account_id) != 0 ||
            strcmp(account->id, estate->caller_account) == 0 ||
            !gov_profile_replaces(walk->gov, account, profile->name))
            continue;
        mem_free(account->name);
        account->name = mem_strdup(profile->name);
        account->production = account_matches(account, sv_of(walk->gov->settings.production));
        use_profile(walk, profile);
    }
}

/* The first profile that leads to an account is the one that is used there, unless another one is
 * preferred. */
static void profile_found(void *arg, const struct aws_profile *profile)
{
    struct walk *walk = arg;
    size_t before = walk->estate->accounts.len;
    if (profile->err.code != OK) {
        add_profile_gap(walk, profile);
        return;
    }
    add_account(walk, sv_of(profile->account_id), sv_of(profile->name), SV_NONE, SV("ACTIVE"),
                NULL);
    if (walk->estate->accounts.len > before)
        use_profile(walk, profile);
    else
        choose_profile(walk, profile);
    name_profile(walk, profile);
}

static void walk_end(struct walk *walk);

static void profiles_end(void *arg)
{
    walk_end(arg);
}

static void walk_end(struct walk *walk)
{
    struct estate *estate = walk->estate;
    add_own_account(walk);
    if (estate->ous.len == 0 && walk->gov->settings.profiles && !walk->asked_profiles) {
        walk->asked_profiles = true;
        walk->gov->find_profiles(walk->gov->client, walk->gov->scope, profile_found, profiles_end,
                                 walk_free, walk);
        return;
    }
    sort(estate->ous.ptr, estate->ous.len, sizeof estate->ous.ptr[0], by_path);
    sort(estate->accounts.ptr, estate->accounts.len, sizeof estate->accounts.ptr[0], by_place);
    for (size_t i = 0; i < estate->accounts.len; i++) {
        map_put(&estate->index, sv_of(estate->accounts.ptr[i].id), NULL)->u64 = i;
        estate->n_locked += account_is_locked(&estate->accounts.ptr[i], &walk->gov->settings);
    }
    estate->coverage.complete = true;
    walk_finish(walk, &ERR_NONE);
}

/* --- the steps, last one first --------------------------------------------------------------- */

static void read_ou(struct walk *walk);

/* The members of a list. Organizations has it in each answer, be it empty: without it nobody knows
 * what there is. */
static const cJSON *members_of(struct walk *walk, enum aws_op_id op, const cJSON *body,
                               const char *list)
{
    if (!cJSON_IsArray(json_get(body, list)))
        add_unlikely(walk, op, "an answer without its list: accounts may be missing");
    return json_items(body, list);
}

static void accounts_page(struct walk *walk, const cJSON *body)
{
    struct ou ou = walk->estate->ous.ptr[walk->at];
    const cJSON *item = members_of(walk, OP_organizations_ListAccountsForParent, body, "Accounts");
    for (; item; item = item->next) {
        struct sv state = json_sv(item, "State");
        add_account(walk, json_sv(item, "Id"), json_sv(item, "Name"), json_sv(item, "Email"),
                    state.len ? state : json_sv(item, "Status"), &ou);
    }
}

static void accounts_end(struct walk *walk, const struct err *err)
{
    (void)err;
    walk->at++;
    read_ou(walk);
}

static cJSON *parent_params(const struct walk *walk)
{
    cJSON *params = cJSON_CreateObject();
    cJSON_AddStringToObject(params, "ParentId", walk->estate->ous.ptr[walk->at].id);
    return params;
}

static void children_page(struct walk *walk, const cJSON *body)
{
    struct ou parent = walk->estate->ous.ptr[walk->at];
    const cJSON *item = members_of(walk, OP_organizations_ListOrganizationalUnitsForParent, body,
                                   "OrganizationalUnits");
    for (; item; item = item->next)
        add_ou(walk, item, &parent);
}

static void children_end(struct walk *walk, const struct err *err)
{
    (void)err;
    walk_read(walk, OP_organizations_ListAccountsForParent, parent_params(walk), accounts_page,
              accounts_end);
}

static void read_ou(struct walk *walk)
{
    if (walk->at == walk->estate->ous.len)
        walk_end(walk);
    else
        walk_read(walk, OP_organizations_ListOrganizationalUnitsForParent, parent_params(walk),
                  children_page, children_end);
}

static void roots_page(struct walk *walk, const cJSON *body)
{
    for (const cJSON *item = json_items(body, "Roots"); item; item = item->next)
        add_ou(walk, item, NULL);
}

static void roots_end(struct walk *walk, const struct err *err)
{
    if (err->code == OK && walk->estate->ous.len == 0)
        add_unlikely(walk, OP_organizations_ListRoots, "an organization without a root");
    read_ou(walk);
}

static void organization_page(struct walk *walk, const cJSON *body)
{
    const cJSON *organization = json_get(body, "Organization");
    struct estate *estate = walk->estate;
    sv_copy(json_sv(organization, "Id"), estate->organization_id, sizeof estate->organization_id);
    sv_copy(json_sv(organization, "MasterAccountId"), estate->management_id,
            sizeof estate->management_id);
}

static void organization_end(struct walk *walk, const struct err *err)
{
    if (strcmp(err->aws_code, "AWSOrganizationsNotInUseException") == 0)
        walk_end(walk);
    else
        walk_read(walk, OP_organizations_ListRoots, NULL, roots_page, roots_end);
}

static void read_organization(struct walk *walk)
{
    walk_read(walk, OP_organizations_DescribeOrganization, NULL, organization_page,
              organization_end);
}

static void add_region(struct walk *walk, struct sv name)
{
    if (name.len > 0 && name.len < AWS_REGION_SIZE && first_seen(walk, name))
        vec_push(&walk->estate->regions, sv_dup(name));
}

static void regions_page(struct walk *walk, const cJSON *body)
{
    for (const cJSON *item = json_items(body, "regionInfo"); item; item = item->next)
        add_region(walk, json_sv(item, "regionName"));
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void regions_end(struct walk *walk, const struct err *err)
{
    struct estate *estate = walk->estate;
    if (err->code == OK && estate->regions.len == 0)
        add_unlikely(walk, OP_ec2_DescribeRegions, "an account without a region");
    if (estate->regions.len == 0)
        add_region(walk, sv_of(client_region(walk->gov->client)));
    sort(estate->regions.ptr, estate->regions.len, sizeof estate->regions.ptr[0], by_name);
    read_organization(walk);
}

static void read_regions(struct walk *walk)
{
    struct sv rest = sv_of(walk->gov->settings.regions), region;
    while (pattern_next(&rest, &region))
        add_region(walk, region);
    if (walk->estate->regions.len > 0)
        read_organization(walk);
    else
        walk_read(walk, OP_ec2_DescribeRegions, NULL, regions_page, regions_end);
}

static void identity_page(struct walk *walk, const cJSON *body)
{
    struct estate *estate = walk->estate;
    sv_copy(json_sv(body, "Account"), estate->caller_account, sizeof estate->caller_account);
    sv_copy(json_sv(body, "Arn"), estate->caller_arn, sizeof estate->caller_arn);
}

static void identity_end(struct walk *walk, const struct err *err)
{
    struct err why;
    if (err->code != OK) {
        walk_finish(walk, err);
    } else if (!is_account_id(sv_of(walk->estate->caller_account))) {
        err_set(&why, ERR_PARSE, "sts:GetCallerIdentity", "an answer without an account");
        walk_finish(walk, &why);
    } else {
        client_set_home_account(walk->gov->client, walk->estate->caller_account);
        read_regions(walk);
    }
}

void estate_walk(struct gov *gov,
                 void (*done)(struct gov *gov, struct estate *take_estate, const struct err *err))
{
    struct walk *walk = mem_new(struct walk);
    *walk = (struct walk){.gov = gov, .done = done, .estate = mem_new(struct estate)};
    atomic_init(&walk->estate->refs, 1);
    walk_read(walk, OP_sts_GetCallerIdentity, NULL, identity_page, identity_end);
}
