/* svc_organizations: the organization as its management account reads it. */
#include <string.h>

#include "core/base/mem.h"
#include "tests/sandbox/wire/handler.h"
#include "tests/sandbox/world/template.h"
#include "tests/sandbox/world/world_model.h"

#define PAGE_MAX 20
#define DELEGATED_SERVICES \
    "config.amazonaws.com", "config-multiaccountsetup.amazonaws.com", "securityhub.amazonaws.com"

/* A list of things by their number, for page_reply. */
struct listing {
    struct world *world;
    cJSON *(*make)(struct world *world, size_t i);
    VEC(size_t) items;
};

static void add_listed(void *arg, size_t i, cJSON *list)
{
    struct listing *listing = arg;
    cJSON_AddItemToArray(list, listing->make(listing->world, listing->items.ptr[i]));
}

static void reply_listing(const struct call *call, struct reply *reply, const char *member,
                          struct listing *listing)
{
    page_reply(call, reply,
               &(struct page_spec){.list_member = member,
                                   .n_items = listing->items.len,
                                   .page_default = PAGE_MAX,
                                   .page_max = PAGE_MAX,
                                   .add_item = add_listed,
                                   .arg = listing});
    vec_free(&listing->items);
}

/* Only the management account and delegated administrators may list. */
static bool may_list(const struct world *world, const struct call *call, struct reply *reply)
{
    if (account_is_administrator(world, call->account_id))
        return true;
    reply_error(reply, 0, "AccessDeniedException",
                "You don't have permissions to access this resource.");
    return false;
}

static char *organization_arn(const struct world *world, const char *kind, const char *tail)
{
    struct buf arn = BUF_NONE;
    buf_addf(&arn, "arn:aws:organizations::%s:%s/%s", world_management_account(world), kind,
             world_organization_id(world));
    if (tail)
        buf_addf(&arn, "/%s", tail);
    return buf_take(&arn);
}

static char *account_path(const struct world *world, const struct account *account)
{
    struct buf path = BUF_NONE;
    world_ou_path(world, account->ou, &path);
    buf_addf(&path, "%s/", account->id);
    return buf_take(&path);
}

/* Status is the older, coarser form of State. */
static const char *account_status(const struct account *account)
{
    static const char *const known[] = {"ACTIVE", "PENDING_CLOSURE"};
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (strcmp(account->state, known[i]) == 0)
            return known[i];
    return "SUSPENDED";
}

static cJSON *make_member(struct world *world, size_t i)
{
    const struct account *account = &world->accounts[i];
    AUTO_FREE char *arn = organization_arn(world, "account", account->id);
    return json_make("{Id:%s,Arn:%s,Email:%s,Name:%s,Status:%s,State:%s,JoinedMethod:%s,"
                     "JoinedTimestamp:%e}",
                     account->id, arn, account->email, account->name, account_status(account),
                     account->state, account->invited ? "INVITED" : "CREATED", account->joined_ms);
}

static cJSON *make_account(struct world *world, size_t i)
{
    AUTO_FREE char *path = account_path(world, &world->accounts[i]);
    cJSON *account = make_member(world, i);
    cJSON_AddItemToObject(account, "Paths", json_make("[%s]", path));
    return account;
}

static void describe_organization(struct world *world, const struct call *call, struct reply *reply)
{
    (void)call;
    const struct account *management = &world->accounts[world->management];
    AUTO_FREE char *arn = organization_arn(world, "organization", NULL);
    AUTO_FREE char *account_arn = organization_arn(world, "account", management->id);
    cJSON_AddItemToObject(
        reply->output, "Organization",
        json_make("{Id:%s,Arn:%s,FeatureSet:'ALL',MasterAccountArn:%s,MasterAccountId:%s,"
                  "MasterAccountEmail:%s,"
                  "AvailablePolicyTypes:[{Type:'SERVICE_CONTROL_POLICY',Status:'ENABLED'}]}",
                  world->organization_id, arn, account_arn, management->id, management->email));
}

static void list_accounts(struct world *world, const struct call *call, struct reply *reply)
{
    if (!may_list(world, call, reply))
        return;
    struct listing listing = {.world = world, .make = make_account};
    for (size_t i = 0; i < world->n_accounts; i++)
        vec_push(&listing.items, i);
    reply_listing(call, reply, "Accounts", &listing);
}

static cJSON *make_root(struct world *world, size_t i)
{
    (void)i;
    AUTO_FREE char *arn = organization_arn(world, "root", world->root_id);
    return json_make("{Id:%s,Arn:%s,Name:'Root',"
                     "PolicyTypes:[{Type:'SERVICE_CONTROL_POLICY',Status:'ENABLED'}]}",
                     world->root_id, arn);
}

static void list_roots(struct world *world, const struct call *call, struct reply *reply)
{
    if (!may_list(world, call, reply))
        return;
    struct listing listing = {.world = world, .make = make_root};
    vec_push(&listing.items, 0);
    reply_listing(call, reply, "Roots", &listing);
}

static cJSON *make_ou(struct world *world, size_t i)
{
    AUTO(buf_done) struct buf path = BUF_NONE;
    world_ou_path(world, (enum ou)i, &path);
    AUTO_FREE char *arn = organization_arn(world, "ou", world->ou_ids[i]);
    return json_make("{Id:%s,Arn:%s,Name:%s,Path:%s}", world->ou_ids[i], arn,
                     world_ou_name((enum ou)i), buf_cstr(&path));
}

/* The parent asked for; N_OUS after having said that there is none. */
static enum ou asked_parent(const struct world *world, const struct call *call, struct reply *reply)
{
    if (!may_list(world, call, reply))
        return N_OUS;
    enum ou parent = world_ou_by_id(world, in_str(call, "ParentId"));
    if (parent == N_OUS)
        reply_error(reply, 0, "ParentNotFoundException",
                    "You specified parent that doesn't exist.");
    return parent;
}

static void list_ous_for_parent(struct world *world, const struct call *call, struct reply *reply)
{
    enum ou parent = asked_parent(world, call, reply);
    if (parent == N_OUS)
        return;
    struct listing listing = {.world = world, .make = make_ou};
    for (size_t ou = OU_ROOT + 1; ou < N_OUS; ou++)
        if (world_ou_parent((enum ou)ou) == parent)
            vec_push(&listing.items, ou);
    reply_listing(call, reply, "OrganizationalUnits", &listing);
}

static void list_accounts_for_parent(struct world *world, const struct call *call,
                                     struct reply *reply)
{
    enum ou parent = asked_parent(world, call, reply);
    if (parent == N_OUS)
        return;
    struct listing listing = {.world = world, .make = make_account};
    for (size_t i = 0; i < world->n_accounts; i++)
        if (world->accounts[i].ou == parent)
            vec_push(&listing.items, i);
    reply_listing(call, reply, "Accounts", &listing);
}

/* The OU above an account or an OU; N_OUS when there is no such child. */
static enum ou parent_of(const struct world *world, const char *child_id)
{
    const struct account *account = world_account(world, child_id);
    if (account)
        return account->ou;
    enum ou ou = world_ou_by_id(world, child_id);
    return ou == N_OUS || ou == OU_ROOT ? N_OUS : world_ou_parent(ou);
}

static cJSON *make_parent(struct world *world, size_t i)
{
    return json_make("{Id:%s,Type:%s}", world->ou_ids[i],
                     i == OU_ROOT ? "ROOT" : "ORGANIZATIONAL_UNIT");
}

static void list_parents(struct world *world, const struct call *call, struct reply *reply)
{
    if (!may_list(world, call, reply))
        return;
    enum ou parent = parent_of(world, in_str(call, "ChildId"));
    if (parent == N_OUS) {
        reply_error(reply, 0, "ChildNotFoundException", "You specified child that doesn't exist.");
        return;
    }
    struct listing listing = {.world = world, .make = make_parent};
    vec_push(&listing.items, parent);
    reply_listing(call, reply, "Parents", &listing);
}

static void list_tags_for_resource(struct world *world, const struct call *call,
                                   struct reply *reply)
{
    if (!may_list(world, call, reply))
        return;
    const char *id = in_str(call, "ResourceId");
    const struct account *account = world_account(world, id);
    if (!account && world_ou_by_id(world, id) == N_OUS) {
        reply_error(reply, 0, "TargetNotFoundException",
                    "You specified a target that doesn't exist.");
        return;
    }
    cJSON *tags = cJSON_AddArrayToObject(reply->output, "Tags");
    const cJSON *tag = NULL;
    if (account)
        cJSON_ArrayForEach (tag, account->tags)
            cJSON_AddItemToArray(tags,
                                 json_make("{Key:%s,Value:%s}", tag->string, tag->valuestring));
}

static cJSON *make_delegated(struct world *world, size_t i)
{
    cJSON *administrator = make_member(world, i);
    cJSON_AddNumberToObject(administrator, "DelegationEnabledDate",
                            (double)world->accounts[i].joined_ms / 1000.0 + 86400);
    return administrator;
}

static void list_delegated_administrators(struct world *world, const struct call *call,
                                          struct reply *reply)
{
    static const char *const services[] = {DELEGATED_SERVICES};
    if (!may_list(world, call, reply))
        return;
    const char *service = in_str(call, "ServicePrincipal");
    bool wanted = !*service;
    for (size_t i = 0; i < ARRAY_LEN(services); i++)
        wanted |= strcmp(service, services[i]) == 0;
    struct listing listing = {.world = world, .make = make_delegated};
    if (wanted && world->delegated != world->management)
        vec_push(&listing.items, world->delegated);
    reply_listing(call, reply, "DelegatedAdministrators", &listing);
}

static const struct route routes[] = {
    {"DescribeOrganization", describe_organization},
    {"ListAccounts", list_accounts},
    {"ListAccountsForParent", list_accounts_for_parent},
    {"ListDelegatedAdministrators", list_delegated_administrators},
    {"ListOrganizationalUnitsForParent", list_ous_for_parent},
    {"ListParents", list_parents},
    {"ListRoots", list_roots},
    {"ListTagsForResource", list_tags_for_resource},
};

const struct service_routes service_organizations = {"organizations", routes, ARRAY_LEN(routes),
                                                     NULL};
