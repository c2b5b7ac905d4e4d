/*
 * STS: who am I, and sessions of roles.
 *
 * Trust is that of an organization: roles of member accounts trust the management account, roles of
 * the management account trust its own users and roles, some of them only with an MFA code or an
 * external id; whether the caller may ask, its policy has said already (gateway.c).
 */
#include <stdio.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/sandbox/identity/web_identity.h"
#include "tests/sandbox/wire/handler.h"
#include "tests/sandbox/wire/iam.h"
#include "tests/sandbox/world/world.h"

#define ROLE_DEFAULT_S 3600
#define CHAINED_MAX_S  3600 /* a role assumed by a session of a role */

static void get_caller_identity(struct world *world, const struct call *call, struct reply *reply)
{
    (void)world;
    cJSON_AddStringToObject(reply->output, "Arn", call->caller_arn);
    cJSON_AddStringToObject(reply->output, "UserId", call->caller_user_id);
    cJSON_AddStringToObject(reply->output, "Account", call->account_id);
}

/* arn:aws:iam::123456789012:role/path/name */
static bool parse_role_arn(const char *arn, char account[13], char name[65])
{
    struct sv rest = sv_of(arn);
    if (!sv_starts(rest, SV("arn:aws:iam::")))
        return false;
    rest.ptr += strlen("arn:aws:iam::");
    rest.len -= strlen("arn:aws:iam::");
    struct sv id = sv_split(&rest, ':');
    if (id.len != 12 || strspn(id.ptr, "0123456789") != 12 || !sv_starts(rest, SV("role/")))
        return false;
    while (memchr(rest.ptr, '/', rest.len))
        sv_split(&rest, '/');
    sv_copy(id, account, 13);
    sv_copy(rest, name, 65);
    return rest.len > 0 && rest.len <= 64;
}

static void refuse_role(const struct call *call, struct reply *reply)
{
    reply_error(reply, 403, "AccessDenied",
                "User: %s is not authorized to perform: sts:AssumeRole on resource: %s",
                call->caller_arn, in_str(call, "RoleArn"));
}

/* The role, when it exists where it is said to be and trusts the caller. */
static const struct role *find_role(const struct world *world, const struct call *call,
                                    const char *account, const char *name, bool *powerless)
{
    const struct role *role = iam_role(name);
    const char *management = iam_management_account(call->iam);
    bool in_management = strcmp(account, management) == 0;
    *powerless = false;
    if (!role || role->in_management != in_management || strcmp(call->account_id, management) != 0)
        return NULL;
    if (in_management)
        return role;
    enum role_access access = world_role_access(world, account, name);
    *powerless = access == ROLE_POWERLESS;
    return access == ROLE_OK || access == ROLE_POWERLESS ? role : NULL;
}

static bool refuse_mfa(struct reply *reply, const char *why)
{
    reply_error(reply, 403, "AccessDenied", "MultiFactorAuthentication failed%s", why);
    return false;
}

/* Whatever role is asked for: a code that comes along has to be right. */
static bool check_mfa(const struct call *call, struct reply *reply)
{
    const char *serial = in_str(call, "SerialNumber"), *code = in_str(call, "TokenCode");
    struct mfa_device *device = iam_mfa(call->iam, call->principal);
    if (!*serial && !*code)
        return true;
    if (!*serial || !*code)
        return refuse_mfa(reply, ", must provide both MFA serial number and one time pass code.");
    if (!device || strcmp(device->serial, serial) != 0)
        return refuse_mfa(reply, ", unable to validate MFA code.  Please verify your MFA serial "
                                 "number is valid and associated with this user.");
    if (!mfa_accept(device, call_clock_ms(call), code))
        return refuse_mfa(reply, " with invalid MFA one time pass code. ");
    return true;
}

/* Does the role's trust policy let the caller in? check_mfa has seen to the code. */
static bool trusts(const struct role *role, const struct call *call)
{
    switch (role->trust) {
    case TRUST_MANAGEMENT:
        return true;
    case TRUST_MFA:
        return *in_str(call, "TokenCode") != '\0';
    case TRUST_EXTERNAL_ID:
        return strcmp(in_str(call, "ExternalId"), role->external_id) == 0;
    case TRUST_WEB_IDENTITY:
    case TRUST_SERVICE:
        break;
    }
    return false;
}

static bool check_duration(const struct call *call, const struct role *role, int64_t duration_s,
                           struct reply *reply)
{
    const char *problem = NULL;
    if (duration_s > role->max_session_s)
        problem = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
    if (call->principal && call->principal->session_token && duration_s > CHAINED_MAX_S)
        problem = "The requested DurationSeconds exceeds the 1 hour session limit for roles "
                  "assumed by role chaining";
    if (problem)
        reply_error(reply, 400, "ValidationError", "%s", problem);
    return !problem;
}

static void add_credentials(cJSON *output, const struct principal *session, int64_t expires_at_ms)
{
    int64_t expires_at_s = expires_at_ms / 1000;
    cJSON *credentials = cJSON_AddObjectToObject(output, "Credentials");
    cJSON_AddStringToObject(credentials, "AccessKeyId", session->access_key_id);
    cJSON_AddStringToObject(credentials, "SecretAccessKey", session->secret_access_key);
    cJSON_AddStringToObject(credentials, "SessionToken", session->session_token);
    cJSON_AddNumberToObject(credentials, "Expiration", (double)expires_at_s);
}

/* The caller is told when the session ends by the service's clock, advanced or not. */
static void answer_session(const struct call *call, const struct role *role, const char *account,
                           bool powerless, int64_t duration_s, struct reply *reply)
{
    int64_t expires_at_ms = call->wall_ms + duration_s * 1000;
    const struct principal *session =
        iam_open_session(call->iam, role, account, in_str(call, "RoleSessionName"), powerless,
                         expires_at_ms + call->advanced_ms);
    add_credentials(reply->output, session, expires_at_ms);
    cJSON *user = cJSON_AddObjectToObject(reply->output, "AssumedRoleUser");
    cJSON_AddStringToObject(user, "AssumedRoleId", session->user_id);
    cJSON_AddStringToObject(user, "Arn", session->arn);
}

static void assume_role(struct world *world, const struct call *call, struct reply *reply)
{
    char account[13], name[65];
    bool powerless;
    const char *arn = in_str(call, "RoleArn");
    int64_t duration_s = in_i64(call, "DurationSeconds", ROLE_DEFAULT_S);
    if (!parse_role_arn(arn, account, name)) {
        reply_error(reply, 400, "ValidationError", "%.200s is invalid", arn);
        return;
    }
    if (!check_mfa(call, reply))
        return;
    const struct role *role = find_role(world, call, account, name, &powerless);
    if (!role || !trusts(role, call))
        refuse_role(call, reply);
    else if (check_duration(call, role, duration_s, reply))
        answer_session(call, role, account, powerless, duration_s, reply);
}

/* --- AssumeRoleWithWebIdentity ---------------------------------------------------------------- */

static bool refuse_identity(struct reply *reply, const char *why)
{
    reply_error(reply, 0, "InvalidIdentityToken", "%s", why);
    return false;
}

/* Is it a token of our provider, for us, and still good? */
static bool check_identity(const struct call *call, struct web_identity *identity,
                           struct reply *reply)
{
    static const char *const words[] = {
        [WEB_IDENTITY_NO_JWT] = "The ID Token provided is not a valid JWT. (You may see this error "
                                "if you sent an Access Token)",
        [WEB_IDENTITY_FOREIGN] = "No OpenIDConnect provider found in your account for the issuer "
                                 "of the token",
        [WEB_IDENTITY_FORGED] = "The signature of the token cannot be verified",
    };
    long long now_s = call_clock_ms(call) / 1000;
    enum web_identity_fault fault =
        web_identity_read(sv_of(in_str(call, "WebIdentityToken")), identity);
    if (fault != WEB_IDENTITY_OK)
        return refuse_identity(reply, words[fault]);
    if (strcmp(identity->audience, WEB_IDENTITY_AUDIENCE) != 0)
        return refuse_identity(reply, "Incorrect token audience");
    if (now_s < identity->expires_at_s)
        return true;
    reply_error(reply, 0, "ExpiredTokenException",
                "Token expired: current date/time %lld must be before the expiration date/time"
                "%lld",
                now_s, (long long)identity->expires_at_s);
    return false;
}

static void add_identity(cJSON *output, const struct web_identity *identity, const char *account)
{
    char provider[128];
    snprintf(provider, sizeof provider, "arn:aws:iam::%s:oidc-provider/" WEB_IDENTITY_ISSUER,
             account);
    cJSON_AddStringToObject(output, "SubjectFromWebIdentityToken", identity->subject);
    cJSON_AddStringToObject(output, "Audience", identity->audience);
    cJSON_AddStringToObject(output, "Provider", provider);
}

static void assume_role_with_web_identity(struct world *world, const struct call *call,
                                          struct reply *reply)
{
    struct web_identity identity;
    char account[13], name[65];
    int64_t duration_s = in_i64(call, "DurationSeconds", ROLE_DEFAULT_S);
    (void)world;
    if (!check_identity(call, &identity, reply))
        return;
    bool parsed = parse_role_arn(in_str(call, "RoleArn"), account, name);
    const struct role *role = parsed ? iam_role(name) : NULL;
    if (!role || role->trust != TRUST_WEB_IDENTITY ||
        strcmp(account, iam_management_account(call->iam)) != 0) {
        reply_error(reply, 403, "AccessDenied",
                    "Not authorized to perform sts:AssumeRoleWithWebIdentity");
    } else if (check_duration(call, role, duration_s, reply)) {
        answer_session(call, role, account, false, duration_s, reply);
        add_identity(reply->output, &identity, account);
    }
}

static const struct route routes[] = {
    {"GetCallerIdentity", get_caller_identity},
    {"AssumeRole", assume_role},
    {"AssumeRoleWithWebIdentity", assume_role_with_web_identity},
};
const struct service_routes service_sts = {"sts", routes, ARRAY_LEN(routes), NULL};
