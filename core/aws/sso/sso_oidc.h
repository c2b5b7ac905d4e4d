/*
 * sso_oidc: the messages of the SSO OIDC service (the AWS API of that name; OAuth 2.0 device
 * grant, RFC 8628): request bodies, and what replies mean. Knows no runner and no network.
 */
#ifndef CORE_AWS_SSO_OIDC_H
#define CORE_AWS_SSO_OIDC_H

#include "core/aws/sso/sso_cache.h"

/* POST, application/json, unsigned. */
#define OIDC_REGISTER_PATH "/client/register"
#define OIDC_DEVICE_PATH   "/device_authorization"
#define OIDC_TOKEN_PATH    "/token"

/* What a person is to do, and what to ask for meanwhile. */
struct oidc_device {
    struct secret *device_code;
    char user_code[64];
    char url[1024]; /* with the code in it, when the service gives one */
    int64_t expires_at_ms;
    int interval_s; /* between two attempts */
};
void oidc_device_done(struct oidc_device *device);

/* The bodies. The caller has the only reference. token has a client (and a refresh token). */
struct secret *oidc_register_body(const struct sso_config *sso);
struct secret *oidc_device_body(const struct sso_config *sso, const struct sso_token *token);
struct secret *oidc_poll_body(const struct sso_token *token, const struct oidc_device *device);
struct secret *oidc_refresh_body(const struct sso_token *token);

/*
 * Replies of 200, to be wiped by the caller; ERR_PARSE when something that is needed is missing.
 * RegisterClient: sets token's client. CreateToken: sets its access token, and its refresh token
 * when there is a new one (they rotate; without one the old goes on). now_ms is what lifetimes
 * count from.
 */
enum err_code oidc_read_client(struct sv body, struct sso_token *token, struct err *err);
enum err_code oidc_read_device(struct sv body, int64_t now_ms, struct oidc_device *device,
                               struct err *err);
enum err_code oidc_read_token(struct sv body, int64_t now_ms, struct sso_token *token,
                              struct err *err);

/* The code of an error of either service, into code: from the header x-amzn-errortype, else from
 * the body; without name space and address. */
void sso_error_code(struct sv error_type, struct sv body, char *code, size_t size);

enum oidc_fault {
    OIDC_PENDING,   /* the person has not finished yet */
    OIDC_SLOW_DOWN, /* five seconds more between attempts from now on (RFC 8628, 3.5) */
    OIDC_EXPIRED,   /* the code, or the token, is too old */
    OIDC_DENIED,    /* the person has said no */
    OIDC_CLIENT,    /* the client is not known (any more): register again */
    OIDC_TRANSIENT, /* no answer, or 429 or 5xx */
    OIDC_FAILED,    /* anything else */
};

/* What a reply that is no 200 means, or why there is none: *err has the details. where: the
 * operation. */
enum oidc_fault oidc_read_fault(int status, struct sv error_type, struct sv body, const char *where,
                                struct err *err);

#endif
