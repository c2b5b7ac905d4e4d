/* svc_sso: the portal: what the bearer of a token may enter, and credentials for it. */
#include <string.h>

#include "core/base/mem.h"
#include "tests/sandbox/identity/sso.h"
#include "tests/sandbox/wire/handler.h"
#include "tests/sandbox/wire/iam.h"
#include "tests/sandbox/world/world_model.h"

#define PAGE_MAX 100

/* Every operation of the portal is for those who have a token. */
static bool admit(const struct call *call, struct reply *reply)
{
    if (sso_session(call->sso, in_str(call, "accessToken"), call_clock_ms(call)))
        return true;
    reply_error(reply, 0, "UnauthorizedException", "Session token not found or invalid");
    return false;
}

/* Is the permission set assigned in account? It may all the same be powerless there. */
static bool assigned(const struct world *world, const char *account,
                     const struct permission_set *set, bool *powerless)
{
    *powerless = false;
    if (strcmp(account, world_management_account(world)) == 0)
        return true;
    enum role_access access = world_role_access(world, account, set->member_role);
    *powerless = access == ROLE_POWERLESS;
    return access == ROLE_OK || access == ROLE_POWERLESS;
}

static bool any_assigned(const struct world *world, const char *account)
{
    bool powerless;
    for (size_t i = 0; i < iam_n_permission_sets(); i++)
        if (assigned(world, account, iam_permission_set(i), &powerless))
            return true;
    return false;
}

static bool refuse_access(struct reply *reply)
{
    reply_error(reply, 403, "ForbiddenException", "No access");
    return false;
}

/* --- GetRoleCredentials ----------------------------------------------------------------------- */

static const struct permission_set *find_set(const char *name)
{
    for (size_t i = 0; i < iam_n_permission_sets(); i++)
        if (strcmp(iam_permission_set(i)->name, name) == 0)
            return iam_permission_set(i);
    return NULL;
}

/* The caller is told the real time of expiry, as STS tells it, but in milliseconds. */
static void answer_credentials(const struct call *call, const struct permission_set *set,
                               bool powerless, struct reply *reply)
{
    int64_t lasts_ms = sso_settings(call->sso)->role_s * 1000, now_ms = call_clock_ms(call);
    const struct principal *s = iam_open_session(call->iam, &set->role, in_str(call, "accountId"),
                                                 SSO_USER, powerless, now_ms + lasts_ms);
    cJSON *out = cJSON_AddObjectToObject(reply->output, "roleCredentials");
    cJSON_AddStringToObject(out, "accessKeyId", s->access_key_id);
    cJSON_AddStringToObject(out, "secretAccessKey", s->secret_access_key);
    cJSON_AddStringToObject(out, "sessionToken", s->session_token);
    cJSON_AddNumberToObject(out, "expiration", (double)(now_ms - call->advanced_ms + lasts_ms));
}

static void get_role_credentials(struct world *world, const struct call *call, struct reply *reply)
{
    bool powerless;
    const struct permission_set *set = find_set(in_str(call, "roleName"));
    if (set && assigned(world, in_str(call, "accountId"), set, &powerless))
        answer_credentials(call, set, powerless, reply);
    else
        refuse_access(reply);
}

/* --- lists ------------------------------------------------------------------------------------ */

struct listing {
    const struct world *world;
    const char *account; /* of ListAccountRoles */
};

static void add_account(void *arg, size_t i, cJSON *list)
{
    const struct listing *l = arg;
    const struct account *account = &l->world->accounts[i];
    if (!any_assigned(l->world, account->id))
        return;
    cJSON *item = cJSON_CreateObject();
    cJSON_AddStringToObject(item, "accountId", account->id);
    cJSON_AddStringToObject(item, "accountName", account->name);
    cJSON_AddStringToObject(item, "emailAddress", account->email);
    cJSON_AddItemToArray(list, item);
}

static void list_accounts(struct world *world, const struct call *call, struct reply *reply)
{
    struct listing l = {.world = world};
    page_reply(call, reply,
               &(struct page_spec){.list_member = "accountList",
                                   .n_items = world_n_accounts(world),
                                   .page_default = PAGE_MAX,
                                   .page_max = PAGE_MAX,
                                   .add_item = add_account,
                                   .arg = &l});
}

static void add_role(void *arg, size_t i, cJSON *list)
{
    const struct listing *l = arg;
    bool powerless;
    if (!assigned(l->world, l->account, iam_permission_set(i), &powerless))
        return;
    cJSON *item = cJSON_CreateObject();
    cJSON_AddStringToObject(item, "roleName", iam_permission_set(i)->name);
    cJSON_AddStringToObject(item, "accountId", l->account);
    cJSON_AddItemToArray(list, item);
}

static void list_account_roles(struct world *world, const struct call *call, struct reply *reply)
{
    struct listing l = {.world = world, .account = in_str(call, "accountId")};
    if (!any_assigned(world, l.account)) {
        refuse_access(reply);
        return;
    }
    page_reply(call, reply,
               &(struct page_spec){.list_member = "roleList",
                                   .n_items = iam_n_permission_sets(),
                                   .page_default = PAGE_MAX,
                                   .page_max = PAGE_MAX,
                                   .add_item = add_role,
                                   .arg = &l});
}

static void logout(struct world *world, const struct call *call, struct reply *reply)
{
    (void)world, (void)reply;
    struct sso_session *session =
        sso_session(call->sso, in_str(call, "accessToken"), call_clock_ms(call));
    if (session)
        session->is_revoked = true;
}

static const struct route routes[] = {
    {"GetRoleCredentials", get_role_credentials},
    {"ListAccounts", list_accounts},
    {"ListAccountRoles", list_account_roles},
    {"Logout", logout},
};
const struct service_routes service_sso = {"sso", routes, ARRAY_LEN(routes), admit};
