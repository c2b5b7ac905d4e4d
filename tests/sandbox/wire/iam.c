#include "tests/sandbox/wire/iam.h"

#include <stdio.h>
#include <string.h>

#include "core/base/digest.h"
#include "core/base/map.h"
#include "core/base/mem.h"
#include "core/base/os.h"

#define SESSIONS_MAX 16384

/* What is allowed. Patterns are apart by blanks; '*' and '?' as IAM has them. Actions compare
 * without case. */
struct statement {
    const char *actions;
    const char *resources;
};

struct policy {
    struct statement statements[4];
    size_t n_statements;
};

#define READ_ACTIONS                                                                 \
    "organizations:Describe* organizations:List* config:BatchGet* config:Describe* " \
    "config:Get* config:List* config:Select* ec2:Describe* ec2:Get* ssm:Describe* "  \
    "ssm:Get* ssm:List* sns:Get* sns:List* logs:Describe* logs:Filter* logs:Get* "   \
    "cloudtrail:Lookup*"

static const struct policy policy_admin = {{{"*", "*"}}, 1};
static const struct policy policy_read = {{{READ_ACTIONS, "*"}}, 1};
static const struct policy policy_oncall = {
    {{"cloudtrail:* organizations:* config:* ec2:* ec2-instance-connect:* "
      "kms:* logs:* sns:* ssm:*",
      "*"},
     {"sts:AssumeRole sts:GetSessionToken", "*"}},
    2};
static const struct policy policy_automation = {
    {{"config:* dynamodb:* ec2:* kms:* s3:* sns:* ssm:*", "*"}}, 1};
static const struct policy policy_viewer = {{{READ_ACTIONS, "*"},
                                             {"sts:AssumeRole", "arn:aws:iam::*:role/" ROLE_READ},
                                             {"sts:GetSessionToken", "*"}},
                                            3};

static const struct role roles[] = {
    {ROLE_ADMIN, &policy_admin, 3600, false, TRUST_MANAGEMENT, NULL},
    {ROLE_READ, &policy_read, 3600, false, TRUST_MANAGEMENT, NULL},
    {ROLE_ONCALL, &policy_oncall, 43200, true, TRUST_MANAGEMENT, NULL},
    {ROLE_MFA, &policy_oncall, 43200, true, TRUST_MFA, NULL},
    {ROLE_PARTNER, &policy_viewer, 3600, true, TRUST_EXTERNAL_ID, "watchdeck-partner-7"},
    {ROLE_WEB_IDENTITY, &policy_oncall, 7200, true, TRUST_WEB_IDENTITY, NULL},
    {ROLE_INSTANCE, &policy_oncall, 43200, true, TRUST_SERVICE, NULL},
    {ROLE_TASK, &policy_oncall, 43200, true, TRUST_SERVICE, NULL},
    {ROLE_AUTOMATION, &policy_automation, 43200, false, TRUST_SERVICE, NULL},
};

static const struct permission_set permission_sets[] = {
    {"AdministratorAccess",
     ROLE_ADMIN,
     {"AWSReservedSSO_AdministratorAccess_5c1f0a7be24d9638", &policy_admin, 43200, true,
      TRUST_SERVICE, NULL}},
    {"ReadOnlyAccess",
     ROLE_READ,
     {"AWSReservedSSO_ReadOnlyAccess_b80e62d47a91fc35", &policy_viewer, 43200, true, TRUST_SERVICE,
      NULL}},
};

static const struct {
    const char *name;
    const struct policy *policy;
    const char *may;
} user_table[] = {
    {"oncall", &policy_oncall, "read and change everything; assume any role"},
    {"viewer", &policy_viewer, "read; assume " ROLE_READ},
    {"lead", &policy_oncall, "as oncall: a second person who may approve"},
};

struct iam {
    char management_account[13];
    struct principal users[ARRAY_LEN(user_table)];
    struct mfa_device devices[ARRAY_LEN(user_table)]; /* of the users, in their order */
    struct principal **sessions;                      /* a ring of SESSIONS_MAX */
    size_t n_opened;
    struct map by_key;
};

/* --- names and keys ------------------------------------------------------------------------- */

/* "AKIA" and 16 more, "AIDA" and 17 more: prefix, then base32 of bytes, up to size - 1 in all. */
static void unique_id(char *id, size_t size, const char *prefix, const uint8_t *bytes)
{
    static const char base32[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    size_t len = strlen(prefix);
    memcpy(id, prefix, len);
    for (size_t i = len; i + 1 < size; i++)
        id[i] = base32[bytes[i - len] & 31];
    id[size - 1] = '\0';
}

static void derived_id(char *id, size_t size, const char *prefix, const char *what)
{
    uint8_t digest[SHA256_BYTES];
    sha256(sv_of(what), digest);
    unique_id(id, size, prefix, digest);
}

static void random_base64(char *text, size_t size)
{
    uint8_t bytes[256];
    AUTO(buf_done) struct buf encoded = BUF_NONE;
    os_random(bytes, sizeof bytes);
    base64_encode(&encoded, (struct sv){(const char *)bytes, sizeof bytes});
    sv_copy(buf_sv(&encoded), text, size);
}

static void make_user(struct iam *iam, size_t i, uint64_t seed)
{
    struct principal *p = &iam->users[i];
    const char *name = user_table[i].name, *account_id = iam->management_account;
    char what[160], id[22];
    str_copy(p->name, name);
    str_copy(p->account_id, account_id);
    snprintf(p->arn, sizeof p->arn, "arn:aws:iam::%s:user/%s", account_id, name);
    snprintf(what, sizeof what, "user %s %llu", name, (unsigned long long)seed);
    derived_id(id, sizeof id, "AIDA", what);
    str_copy(p->user_id, id);
    snprintf(what, sizeof what, "key %s %llu", name, (unsigned long long)seed);
    derived_id(p->access_key_id, sizeof p->access_key_id, "AKIA", what);
    random_base64(p->secret_access_key, sizeof p->secret_access_key);
    p->policy = user_table[i].policy;
    p->may = user_table[i].may;
    mfa_init(&iam->devices[i], account_id, name);
    map_put(&iam->by_key, sv_of(p->access_key_id), NULL)->ptr = p;
}

struct iam *iam_new(const char *management_account, uint64_t seed)
{
    struct iam *iam = mem_new(struct iam);
    str_copy(iam->management_account, management_account);
    iam->sessions = mem_alloc(SESSIONS_MAX * sizeof(struct principal *));
    for (size_t i = 0; i < ARRAY_LEN(user_table); i++)
        make_user(iam, i, seed);
    return iam;
}

static void session_free(struct principal *session)
{
    if (session)
        mem_free(session->session_token);
    mem_free(session);
}

void iam_free(struct iam *iam)
{
    if (!iam)
        return;
    for (size_t i = 0; i < SESSIONS_MAX; i++)
        session_free(iam->sessions[i]);
    mem_free(iam->sessions);
    map_done(&iam->by_key);
    mem_free(iam);
}

const char *iam_management_account(const struct iam *iam)
{
    return iam->management_account;
}

size_t iam_n_users(const struct iam *iam)
{
    return ARRAY_LEN(iam->users);
}

const struct principal *iam_user(const struct iam *iam, size_t i)
{
    return &iam->users[i];
}

size_t iam_n_sessions(const struct iam *iam)
{
    return iam->n_opened;
}

const struct principal *iam_find(const struct iam *iam, struct sv access_key_id)
{
    const union map_value *found = map_get(&iam->by_key, access_key_id);
    return found ? found->ptr : NULL;
}

const struct role *iam_role(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(roles); i++)
        if (strcmp(roles[i].name, name) == 0)
            return &roles[i];
    return NULL;
}

size_t iam_n_roles(void)
{
    return ARRAY_LEN(roles);
}

const struct role *iam_role_at(size_t i)
{
    return &roles[i];
}

struct mfa_device *iam_mfa(struct iam *iam, const struct principal *principal)
{
    for (size_t i = 0; i < ARRAY_LEN(iam->users); i++)
        if (principal == &iam->users[i])
            return &iam->devices[i];
    return NULL;
}

size_t iam_n_permission_sets(void)
{
    return ARRAY_LEN(permission_sets);
}

const struct permission_set *iam_permission_set(size_t i)
{
    return &permission_sets[i];
}

/* --- sessions ------------------------------------------------------------------------------- */

static void name_session(struct principal *p, const char *account_id, const char *role_name,
                         const char *session_name)
{
    char what[160], id[22];
    str_copy(p->account_id, account_id);
    snprintf(what, sizeof what, "role %s %s", account_id, role_name);
    derived_id(id, sizeof id, "AROA", what);
    snprintf(p->name, sizeof p->name, "%s/%s", role_name, session_name);
    snprintf(p->arn, sizeof p->arn, "arn:aws:sts::%s:assumed-role/%s/%s", account_id, role_name,
             session_name);
    snprintf(p->user_id, sizeof p->user_id, "%s:%s", id, session_name);
}

void iam_service_session(const struct role *role, const char *account_id, const char *session_name,
                         struct principal *session)
{
    *session = (struct principal){.policy = role->policy};
    name_session(session, account_id, role->name, session_name);
}

const struct principal *iam_open_session(struct iam *iam, const struct role *role,
                                         const char *account_id, const char *session_name,
                                         bool powerless, int64_t expires_at_ms)
{
    struct principal *p = mem_new(struct principal);
    uint8_t bytes[20];
    char token[340];
    os_random(bytes, sizeof bytes);
    random_base64(token, sizeof token);
    unique_id(p->access_key_id, sizeof p->access_key_id, "ASIA", bytes);
    random_base64(p->secret_access_key, sizeof p->secret_access_key);
    p->session_token = mem_strdup(token);
    name_session(p, account_id, role->name, session_name);
    p->policy = role->policy;
    p->powerless = powerless;
    p->expires_at_ms = expires_at_ms;

    struct principal **slot = &iam->sessions[iam->n_opened++ % SESSIONS_MAX];
    if (*slot)
        map_remove(&iam->by_key, sv_of((*slot)->access_key_id));
    session_free(*slot);
    *slot = p;
    map_put(&iam->by_key, sv_of(p->access_key_id), NULL)->ptr = p;
    return p;
}

/* The session as iam has it; NULL for a user. */
static struct principal *own_session(struct iam *iam, const struct principal *principal)
{
    const union map_value *found = map_get(&iam->by_key, sv_of(principal->access_key_id));
    struct principal *own = found ? found->ptr : NULL;
    return own && own->session_token ? own : NULL;
}

int64_t iam_count_call(struct iam *iam, const struct principal *principal)
{
    struct principal *own = own_session(iam, principal);
    return own ? own->n_calls++ : -1;
}

void iam_end_session(struct iam *iam, const struct principal *principal)
{
    struct principal *own = own_session(iam, principal);
    if (own)
        own->expires_at_ms = 1; /* 0 would be for ever */
}

/* --- may they? ------------------------------------------------------------------------------ */

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* IAM's wildcards; remembers the last '*' and goes back to it. */
static bool glob(struct sv pattern, const char *text)
{
    size_t p = 0, star = SIZE_MAX;
    const char *resume = NULL;
    while (*text) {
        if (p < pattern.len && pattern.ptr[p] == '*') {
            star = p++;
            resume = text;
        } else if (p < pattern.len &&
                   (pattern.ptr[p] == '?' || lower(pattern.ptr[p]) == lower(*text))) {
            p++;
            text++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            text = ++resume;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.ptr[p] == '*')
        p++;
    return p == pattern.len;
}

static bool any_glob(const char *patterns, const char *text)
{
    struct sv rest = sv_of(patterns);
    while (rest.len > 0)
        if (glob(sv_split(&rest, ' '), text))
            return true;
    return false;
}

enum decision iam_decide(const struct principal *principal, const char *action,
                         const char *resource)
{
    if (strcmp(action, "sts:GetCallerIdentity") == 0)
        return DECISION_ALLOW;
    if (principal->powerless)
        return DECISION_SCP_DENY;
    const struct policy *policy = principal->policy;
    for (size_t i = 0; i < policy->n_statements; i++) {
        const struct statement *s = &policy->statements[i];
        if (any_glob(s->actions, action) && any_glob(s->resources, resource))
            return DECISION_ALLOW;
    }
    return DECISION_IMPLICIT_DENY;
}

void iam_explain(struct buf *text, const struct principal *principal, enum decision decision,
                 const char *action, const char *resource)
{
    buf_addf(text, "User: %s is not authorized to perform: %s", principal->arn, action);
    if (resource)
        buf_addf(text, " on resource: %s", resource);
    if (decision == DECISION_SCP_DENY)
        buf_add_cstr(text, " with an explicit deny in a service control policy");
    else
        buf_addf(text, " because no identity-based policy allows the %s action", action);
}
