#include "helper_portal.h"

#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"

static enum server_next say(const struct server_request *request, const char *body)
{
    server_reply(request, 200, "Content-Type: application/json\r\n", sv_of(body));
    return SERVER_KEEP;
}

static enum server_next refuse(const struct server_request *request, int status, const char *code)
{
    char headers[128], body[256];
    snprintf(headers, sizeof headers, "x-amzn-ErrorType: %s\r\n", code);
    snprintf(body, sizeof body, "{\"message\":\"as told\",\"error_description\":\"%s\"}", code);
    server_reply(request, status, headers, sv_of(body));
    return SERVER_KEEP;
}

/* Takes one of what is to happen so often. */
static bool takes(atomic_int *left)
{
    int n = atomic_load(left);
    if (n == 0)
        return false;
    if (n > 0)
        atomic_store(left, n - 1);
    return true;
}

static enum server_next register_client(struct portal *portal, const struct server_request *request)
{
    char body[256];
    int n = atomic_fetch_add(&portal->n_registered, 1) + 1;
    if (!sv_contains(request->body, SV("\"scopes\":[\"sso:account:access\"]")))
        return refuse(request, 400, "InvalidScopeException");
    snprintf(body, sizeof body,
             "{\"clientId\":\"client-%d\",\"clientSecret\":\"hush-%d\","
             "\"clientSecretExpiresAt\":%lld}",
             n, n, (long long)clock_wall_ms() / 1000 + 90 * 86400);
    return say(request, body);
}

static enum server_next authorize(struct portal *portal, const struct server_request *request)
{
    char body[512];
    int n = atomic_fetch_add(&portal->n_codes, 1) + 1;
    if (takes(&portal->unknown_clients))
        return refuse(request, 401, "InvalidClientException");
    snprintf(body, sizeof body,
             "{\"deviceCode\":\"device-%d\",\"userCode\":\"CODE-%04d\",\"expiresIn\":600,"
             "\"interval\":1,\"verificationUri\":\"https://device.example/\","
             "\"verificationUriComplete\":\"https://device.example/?user_code=CODE-%04d\"}",
             n, n, n);
    return say(request, body);
}

static enum server_next grant(struct portal *portal, const struct server_request *request)
{
    char body[256];
    int n = atomic_fetch_add(&portal->generation, 1) + 1;
    snprintf(body, sizeof body,
             "{\"accessToken\":\"access-%d\",\"refreshToken\":\"refresh-%d\",\"expiresIn\":%d,"
             "\"tokenType\":\"Bearer\"}",
             n, n, atomic_load(&portal->token_lifetime_s));
    return say(request, body);
}

static enum server_next poll_token(struct portal *portal, const struct server_request *request)
{
    atomic_fetch_add(&portal->n_polls, 1);
    if (takes(&portal->slow_downs))
        return refuse(request, 400, "SlowDownException");
    if (takes(&portal->lapsed_codes))
        return refuse(request, 400, "ExpiredTokenException");
    if (takes(&portal->denials))
        return refuse(request, 400, "AccessDeniedException");
    if (takes(&portal->pending))
        return refuse(request, 400, "AuthorizationPendingException");
    return grant(portal, request);
}

static enum server_next renew(struct portal *portal, const struct server_request *request)
{
    char wanted[64];
    atomic_fetch_add(&portal->n_renewals, 1);
    snprintf(wanted, sizeof wanted, "\"refreshToken\":\"refresh-%d\"",
             atomic_load(&portal->generation));
    if (takes(&portal->refused_renewals) || !sv_contains(request->body, sv_of(wanted)))
        return refuse(request, 400, "InvalidGrantException");
    return grant(portal, request);
}

static enum server_next give_credentials(struct portal *portal,
                                         const struct server_request *request)
{
    char wanted[64], body[512];
    int n = atomic_fetch_add(&portal->n_credentials, 1) + 1;
    snprintf(wanted, sizeof wanted, "access-%d", atomic_load(&portal->generation));
    if (takes(&portal->rejected_tokens) ||
        !sv_eq_cstr(server_header(request, "x-amz-sso_bearer_token"), wanted))
        return refuse(request, 401, "UnauthorizedException");
    if (portal->forbids_role)
        return refuse(request, 403, "ForbiddenException");
    snprintf(body, sizeof body,
             "{\"roleCredentials\":{\"accessKeyId\":\"ASIA%d\",\"secretAccessKey\":\"secret-%d\","
             "\"sessionToken\":\"session-%d\",\"expiration\":%lld}}",
             n, n, n, (long long)clock_wall_ms() + 3600000);
    return say(request, body);
}

static enum server_next serve(void *arg, const struct server_request *request)
{
    struct portal *portal = arg;
    if (takes(&portal->failures))
        return refuse(request, 500, "InternalServerException");
    if (sv_starts(request->head, SV("POST /client/register ")))
        return register_client(portal, request);
    if (sv_starts(request->head, SV("POST /device_authorization ")))
        return authorize(portal, request);
    if (sv_starts(request->head, SV("GET /federation/credentials?account_id=111111111111&")))
        return give_credentials(portal, request);
    if (!sv_starts(request->head, SV("POST /token ")))
        return refuse(request, 404, "ResourceNotFoundException");
    return sv_contains(request->body, SV("\"grantType\":\"refresh_token\""))
               ? renew(portal, request)
               : poll_token(portal, request);
}

void portal_start(struct portal *portal)
{
    memset(portal, 0, sizeof *portal);
    atomic_store(&portal->token_lifetime_s, 28800);
    portal->server = server_new(serve, portal);
}

void portal_stop(struct portal *portal)
{
    server_free(portal->server);
}
