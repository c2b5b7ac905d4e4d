#include "core/aws/sso/sso_oidc.h"

#include <string.h>

#include "core/base/json_pick.h"
#include "core/base/mem.h"
#include "core/base/text.h"

#define CLIENT_NAME        "watchdeck"
#define DEFAULT_INTERVAL_S 5
#define INTERVAL_MAX_S     300
#define LIFETIME_MAX_S     ((int64_t)400 * 24 * 3600)

void oidc_device_done(struct oidc_device *device)
{
    secret_unref(device->device_code);
    *device = (struct oidc_device){0};
}

/* --- bodies ---------------------------------------------------------------------------------- */

struct member {
    const char *key;
    struct sv value;
};

/* An object of texts, made in one piece of memory that is wiped; raw: more members, as they are. */
static struct secret *body_of(const struct member *members, size_t n, const char *raw)
{
    struct buf body = BUF_NONE;
    size_t size = strlen(raw) + 2;
    for (size_t i = 0; i < n; i++)
        size += strlen(members[i].key) + 6 * members[i].value.len + 8;
    buf_reserve(&body, size);
    buf_add_char(&body, '{');
    for (size_t i = 0; i < n; i++) {
        buf_addf(&body, "%s\"%s\":", i > 0 ? "," : "", members[i].key);
        json_pick_quote(&body, members[i].value);
    }
    buf_add_cstr(&body, raw);
    buf_add_char(&body, '}');
    struct secret *secret = secret_new(buf_sv(&body));
    secret_wipe(body.ptr, body.len);
    buf_done(&body);
    return secret;
}

struct secret *oidc_register_body(const struct sso_config *sso)
{
    AUTO(buf_done) struct buf scopes = BUF_NONE;
    struct sv rest = sv_of(sso->scopes);
    const struct member members[] = {{"clientName", SV(CLIENT_NAME)}, {"clientType", SV("public")}};
    while (rest.len > 0) {
        buf_add_cstr(&scopes, scopes.len > 0 ? "," : ",\"scopes\":[");
        json_pick_quote(&scopes, sv_split(&rest, ' '));
    }
    buf_add_cstr(&scopes, scopes.len > 0 ? "]" : "");
    return body_of(members, ARRAY_LEN(members), buf_cstr(&scopes));
}

struct secret *oidc_device_body(const struct sso_config *sso, const struct sso_token *token)
{
    const struct member members[] = {
        {"clientId", sv_of(token->client_id)},
        {"clientSecret", secret_bytes(token->client_secret)},
        {"startUrl", sv_of(sso->start_url)},
    };
    return body_of(members, ARRAY_LEN(members), "");
}

struct secret *oidc_poll_body(const struct sso_token *token, const struct oidc_device *device)
{
    const struct member members[] = {
        {"clientId", sv_of(token->client_id)},
        {"clientSecret", secret_bytes(token->client_secret)},
        {"grantType", SV("urn:ietf:params:oauth:grant-type:device_code")},
        {"deviceCode", secret_bytes(device->device_code)},
    };
    return body_of(members, ARRAY_LEN(members), "");
}

struct secret *oidc_refresh_body(const struct sso_token *token)
{
    const struct member members[] = {
        {"clientId", sv_of(token->client_id)},
        {"clientSecret", secret_bytes(token->client_secret)},
        {"grantType", SV("refresh_token")},
        {"refreshToken", secret_bytes(token->refresh)},
    };
    return body_of(members, ARRAY_LEN(members), "");
}

/* --- replies --------------------------------------------------------------------------------- */

static void take_secret(struct secret **secret, struct secret *take_new)
{
    secret_unref(*secret);
    *secret = take_new;
}

static bool read_lifetime(struct sv body, int64_t now_ms, int64_t *expires_at_ms)
{
    int64_t lifetime_s;
    if (!json_pick_i64(json_pick(body, "expiresIn"), &lifetime_s) || lifetime_s <= 0 ||
        lifetime_s > LIFETIME_MAX_S)
        return false;
    *expires_at_ms = now_ms + lifetime_s * 1000;
    return true;
}

enum err_code oidc_read_client(struct sv body, struct sso_token *token, struct err *err)
{
    const char *where = "sso-oidc:RegisterClient";
    int64_t expires_at_s = 0;
    if (json_pick_check(body, where, err) != OK)
        return ERR_PARSE;
    take_secret(&token->client_secret, json_pick_secret(json_pick(body, "clientSecret")));
    if (token->client_secret == NULL ||
        !json_pick_text(json_pick(body, "clientId"), token->client_id, sizeof token->client_id) ||
        !json_pick_i64(json_pick(body, "clientSecretExpiresAt"), &expires_at_s) ||
        expires_at_s < 0 || expires_at_s > INT64_MAX / 1000)
        return err_set(err, ERR_PARSE, where, "the reply holds no whole client");
    token->registration_expires_at_ms = expires_at_s * 1000;
    return OK;
}

/* What is shown to a person is what can be shown: plain ASCII. */
static bool is_plain(const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (*c <= ' ' || *c > '~')
            return false;
    }
    return text[0] != '\0';
}

static bool read_url(struct sv body, char *url, size_t size)
{
    return (json_pick_text(json_pick(body, "verificationUriComplete"), url, size) &&
            is_plain(url)) ||
           (json_pick_text(json_pick(body, "verificationUri"), url, size) && is_plain(url));
}

enum err_code oidc_read_device(struct sv body, int64_t now_ms, struct oidc_device *device,
                               struct err *err)
{
    const char *where = "sso-oidc:StartDeviceAuthorization";
    int64_t interval_s = 0;
    *device = (struct oidc_device){0};
    if (json_pick_check(body, where, err) != OK)
        return ERR_PARSE;
    device->device_code = json_pick_secret(json_pick(body, "deviceCode"));
    if (device->device_code == NULL ||
        !json_pick_text(json_pick(body, "userCode"), device->user_code, sizeof device->user_code) ||
        !is_plain(device->user_code) || !read_url(body, device->url, sizeof device->url) ||
        !read_lifetime(body, now_ms, &device->expires_at_ms)) {
        oidc_device_done(device);
        return err_set(err, ERR_PARSE, where, "the reply holds no whole device code");
    }
    json_pick_i64(json_pick(body, "interval"), &interval_s);
    device->interval_s =
        interval_s >= 1 && interval_s <= INTERVAL_MAX_S ? (int)interval_s : DEFAULT_INTERVAL_S;
    return OK;
}

enum err_code oidc_read_token(struct sv body, int64_t now_ms, struct sso_token *token,
                              struct err *err)
{
    const char *where = "sso-oidc:CreateToken";
    int64_t expires_at_ms;
    if (json_pick_check(body, where, err) != OK)
        return ERR_PARSE;
    struct secret *access = json_pick_secret(json_pick(body, "accessToken"));
    struct secret *refresh = json_pick_secret(json_pick(body, "refreshToken"));
    if (secret_bytes(access).len == 0 || !read_lifetime(body, now_ms, &expires_at_ms)) {
        secret_unref(access);
        secret_unref(refresh);
        return err_set(err, ERR_PARSE, where, "the reply holds no whole token");
    }
    take_secret(&token->access, access);
    if (refresh != NULL)
        take_secret(&token->refresh, refresh);
    token->expires_at_ms = expires_at_ms;
    return OK;
}

/* --- faults ---------------------------------------------------------------------------------- */

static const struct {
    const char *code, *oauth_error;
    enum oidc_fault fault;
} faults[] = {
    {"AuthorizationPendingException", "authorization_pending", OIDC_PENDING},
    {"SlowDownException", "slow_down", OIDC_SLOW_DOWN},
    {"ExpiredTokenException", "expired_token", OIDC_EXPIRED},
    {"InvalidGrantException", "invalid_grant", OIDC_EXPIRED},
    {"AccessDeniedException", "access_denied", OIDC_DENIED},
    {"InvalidClientException", "invalid_client", OIDC_CLIENT},
    {"UnauthorizedClientException", "unauthorized_client", OIDC_CLIENT},
};

/* "ns#Code:http://..." is Code. */
static struct sv bare_code(struct sv text)
{
    struct sv rest = text, code = sv_split(&rest, ':');
    while (memchr(code.ptr != NULL ? code.ptr : "", '#', code.len) != NULL)
        sv_split(&code, '#');
    return sv_trim(code);
}

void sso_error_code(struct sv error_type, struct sv body, char *code, size_t size)
{
    static const char *const keys[] = {"__type", "code", "Code"};
    char text[256] = "";
    for (size_t i = 0; error_type.len == 0 && text[0] == '\0' && i < ARRAY_LEN(keys); i++)
        json_pick_text(json_pick(body, keys[i]), text, sizeof text);
    text_safe_copy(code, size, bare_code(error_type.len > 0 ? error_type : sv_of(text)),
                   TEXT_IDENTITY);
}

static void read_message(struct sv body, char *message, size_t size)
{
    static const char *const keys[] = {"error_description", "message", "Message"};
    message[0] = '\0';
    for (size_t i = 0; message[0] == '\0' && i < ARRAY_LEN(keys); i++)
        json_pick_text(json_pick(body, keys[i]), message, size);
}

static enum oidc_fault fault_of(int status, const char *code, const char *oauth_error)
{
    for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
        if (strcmp(code, faults[i].code) == 0 || strcmp(oauth_error, faults[i].oauth_error) == 0)
            return faults[i].fault;
    }
    return status == 429 || status >= 500 ? OIDC_TRANSIENT : OIDC_FAILED;
}

enum oidc_fault oidc_read_fault(int status, struct sv error_type, struct sv body, const char *where,
                                struct err *err)
{
    char code[64], message[512] = "", oauth_error[64] = "";
    struct sv object = json_pick_check(body, where, NULL) == OK ? body : SV_NONE;
    sso_error_code(error_type, object, code, sizeof code);
    read_message(object, message, sizeof message);
    json_pick_text(json_pick(object, "error"), oauth_error, sizeof oauth_error);
    enum oidc_fault fault = fault_of(status, code, oauth_error);
    err_set(err, fault == OIDC_TRANSIENT ? ERR_SERVICE : ERR_CREDENTIALS, where, "%s%s%s",
            code[0] != '\0' ? code : "the service refused", message[0] != '\0' ? ": " : "",
            message);
    err->http_status = status;
    str_copy(err->aws_code, code);
    return fault;
}
