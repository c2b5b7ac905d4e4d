/* svc_sso_oidc: how a device without a browser logs somebody in (RFC 8628), as SSO OIDC has it. */
#include <stdio.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/sandbox/identity/sso.h"
#include "tests/sandbox/identity/sso_page.h"
#include "tests/sandbox/wire/handler.h"

/* --- RegisterClient --------------------------------------------------------------------------- */

/* False for a scope that is not known here. */
static bool read_scopes(const struct call *call, bool *may_refresh)
{
    const cJSON *scope;
    *may_refresh = false;
    for (scope = in_list(call, "scopes"); scope; scope = scope->next) {
        if (!sv_eq_cstr(json_string(scope), SSO_SCOPE))
            return false;
        *may_refresh = true;
    }
    return true;
}

static void register_client(struct world *world, const struct call *call, struct reply *reply)
{
    bool may_refresh;
    (void)world;
    if (strcmp(in_str(call, "clientType"), "public") != 0) {
        reply_error(reply, 0, "InvalidClientMetadataException", "Invalid client type");
        return;
    }
    if (!read_scopes(call, &may_refresh)) {
        reply_error(reply, 0, "InvalidScopeException", "Invalid scope");
        return;
    }
    const struct sso_client *c = sso_register(call->sso, may_refresh, call_clock_ms(call));
    cJSON_AddStringToObject(reply->output, "clientId", c->id);
    cJSON_AddStringToObject(reply->output, "clientSecret", c->secret);
    cJSON_AddNumberToObject(reply->output, "clientIdIssuedAt", (double)(c->issued_at_ms / 1000));
    cJSON_AddNumberToObject(reply->output, "clientSecretExpiresAt",
                            (double)(c->expires_at_ms / 1000));
}

/* --- StartDeviceAuthorization ----------------------------------------------------------------- */

/* The client that asks, NULL with the refusal in reply. */
static const struct sso_client *find_client(const struct call *call, struct reply *reply)
{
    const struct sso_client *c =
        sso_client(call->sso, in_str(call, "clientId"), in_str(call, "clientSecret"));
    if (c && call_clock_ms(call) < c->expires_at_ms)
        return c;
    reply_error(reply, 0, "InvalidClientException",
                c ? "Client registration has expired" : "Invalid client provided");
    return NULL;
}

static bool same_start_url(const struct call *call)
{
    struct sv asked = sv_of(in_str(call, "startUrl")), ours = sv_of(sso_start_url(call->sso));
    while (sv_ends(asked, SV("/")) || sv_ends(asked, SV("#")))
        asked.len--;
    return sv_eq(asked, ours);
}

static void add_page(cJSON *output, const struct call *call, const struct sso_device *device)
{
    char page[160], complete[200];
    snprintf(page, sizeof page, "%s" SSO_PAGE_PATH, call->url);
    snprintf(complete, sizeof complete, "%s?user_code=%s", page, device->user_code);
    cJSON_AddStringToObject(output, "verificationUri", page);
    cJSON_AddStringToObject(output, "verificationUriComplete", complete);
}

static void start_device_authorization(struct world *world, const struct call *call,
                                       struct reply *reply)
{
    int64_t now_ms = call_clock_ms(call);
    (void)world;
    const struct sso_client *client = find_client(call, reply);
    if (!client)
        return;
    if (!same_start_url(call)) {
        reply_error(reply, 0, "InvalidRequestException", "Invalid start url provided");
        return;
    }
    const struct sso_device *d = sso_start_device(call->sso, client, now_ms);
    cJSON_AddStringToObject(reply->output, "deviceCode", d->code);
    cJSON_AddStringToObject(reply->output, "userCode", d->user_code);
    add_page(reply->output, call, d);
    cJSON_AddNumberToObject(reply->output, "expiresIn", (double)(d->expires_at_ms - now_ms) / 1000);
    cJSON_AddNumberToObject(reply->output, "interval", (double)d->interval_s);
}

/* --- CreateToken ------------------------------------------------------------------------------ */

static void answer_tokens(const struct sso_session *s, int64_t now_ms, struct reply *reply)
{
    int64_t left_s = (s->token_expires_at_ms - now_ms) / 1000;
    cJSON_AddStringToObject(reply->output, "accessToken", s->access_token);
    cJSON_AddStringToObject(reply->output, "tokenType", "Bearer");
    cJSON_AddNumberToObject(reply->output, "expiresIn", (double)left_s);
    if (*s->refresh_token)
        cJSON_AddStringToObject(reply->output, "refreshToken", s->refresh_token);
}

static bool refuse(struct reply *reply, const char *code, const char *message)
{
    reply_error(reply, 0, code, "%s", message);
    return false;
}

/* May this device have its token now? */
static bool check_device(struct sso_device *d, int64_t now_ms, struct reply *reply)
{
    if (now_ms >= d->expires_at_ms)
        return refuse(reply, "ExpiredTokenException", "Device code has expired");
    if (d->state == SSO_DENIED)
        return refuse(reply, "AccessDeniedException", "Access denied");
    if (d->state == SSO_SPENT)
        return refuse(reply, "InvalidGrantException", "Invalid grant provided");
    if (d->state == SSO_APPROVED)
        return true;
    if (!sso_poll(d, now_ms))
        return refuse(reply, "SlowDownException", "Slow down");
    return refuse(reply, "AuthorizationPendingException", "Authorization is still pending");
}

static void grant_device(const struct call *call, const struct sso_client *client,
                         struct reply *reply)
{
    int64_t now_ms = call_clock_ms(call);
    const char *code = in_str(call, "deviceCode");
    struct sso_device *d = sso_device(call->sso, code);
    if (!*code) {
        refuse(reply, "InvalidRequestException", "Missing device code");
    } else if (!d || d->client != client) {
        refuse(reply, "InvalidGrantException", "Invalid grant provided");
    } else if (check_device(d, now_ms, reply)) {
        d->state = SSO_SPENT;
        answer_tokens(sso_open(call->sso, client, now_ms), now_ms, reply);
    }
}

static void grant_refresh(const struct call *call, const struct sso_client *client,
                          struct reply *reply)
{
    int64_t now_ms = call_clock_ms(call);
    const char *token = in_str(call, "refreshToken");
    if (!*token) {
        refuse(reply, "InvalidRequestException", "Missing refresh token");
        return;
    }
    const struct sso_session *s = sso_refresh(call->sso, client, token, now_ms);
    if (s)
        answer_tokens(s, now_ms, reply);
    else
        refuse(reply, "InvalidGrantException", "Invalid refresh token provided");
}

static const struct {
    const char *type;
    void (*grant)(const struct call *call, const struct sso_client *client, struct reply *reply);
} grants[] = {
    {"urn:ietf:params:oauth:grant-type:device_code", grant_device},
    {"refresh_token", grant_refresh},
};

static void create_token(struct world *world, const struct call *call, struct reply *reply)
{
    (void)world;
    const struct sso_client *client = find_client(call, reply);
    if (!client)
        return;
    for (size_t i = 0; i < ARRAY_LEN(grants); i++)
        if (strcmp(in_str(call, "grantType"), grants[i].type) == 0) {
            grants[i].grant(call, client, reply);
            return;
        }
    refuse(reply, "UnsupportedGrantTypeException", "Unsupported grant type");
}

static const struct route routes[] = {
    {"RegisterClient", register_client},
    {"StartDeviceAuthorization", start_device_authorization},
    {"CreateToken", create_token},
};
const struct service_routes service_sso_oidc = {"sso-oidc", routes, ARRAY_LEN(routes), NULL};
