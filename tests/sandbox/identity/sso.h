/*
 * sso: IAM Identity Center as clients see it: registered clients, device codes that somebody
 * approves, and the sessions that come of them (RFC 8628, RFC 6749 section 6).
 *
 * There is one user of the portal, SSO_USER. now_ms is always the clock that auth.h describes.
 */
#ifndef SANDBOX_SSO_H
#define SANDBOX_SSO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/str.h"

#define SSO_USER "oncall"
/* Without it a client gets no refresh token, and tokens that last as long as the session. */
#define SSO_SCOPE "sso:account:access"

/* Seconds; what is changed holds for what is made later. */
struct sso_settings {
    int64_t client_s;   /* how long a registration is good */
    int64_t code_s;     /* a device code */
    int64_t interval_s; /* between two polls */
    int64_t token_s;    /* an access token */
    int64_t session_s;  /* a session, refreshed or not */
    int64_t role_s;     /* the credentials of a role */
};

struct sso_client {
    char id[32], secret[64];
    bool may_refresh;
    int64_t issued_at_ms, expires_at_ms;
};

enum sso_device_state { SSO_PENDING, SSO_APPROVED, SSO_DENIED, SSO_SPENT };

struct sso_device {
    char code[48], user_code[10]; /* "BCDF-GHJK" */
    const struct sso_client *client;
    enum sso_device_state state;
    int64_t expires_at_ms;
    int64_t interval_s; /* grows by 5 with each poll that comes too early (RFC 8628 3.5) */
    int64_t next_poll_ms;
};

struct sso_session {
    char access_token[80];
    char refresh_token[80]; /* "": none; each is good once */
    const struct sso_client *client;
    int64_t token_expires_at_ms, expires_at_ms;
    bool is_revoked;
};

struct sso;

/* The start URL follows from the seed. */
struct sso *sso_new(uint64_t seed, const char *region);
void sso_free(struct sso *sso);

const char *sso_start_url(const struct sso *sso);
const char *sso_region(const struct sso *sso);
struct sso_settings *sso_settings(struct sso *sso);

/* What these return is borrowed and lives as long as sso; NULL: there is none such. */
const struct sso_client *sso_register(struct sso *sso, bool may_refresh, int64_t now_ms);
const struct sso_client *sso_client(const struct sso *sso, const char *id, const char *secret);
struct sso_device *sso_start_device(struct sso *sso, const struct sso_client *client,
                                    int64_t now_ms);
struct sso_device *sso_device(const struct sso *sso, const char *code);
struct sso_device *sso_device_of_user(const struct sso *sso, struct sv user_code);
/* Of those that wait for somebody; NULL beyond the last. */
const struct sso_device *sso_pending(const struct sso *sso, size_t i, int64_t now_ms);
/* False when the poll comes too early; the interval is longer then. */
bool sso_poll(struct sso_device *device, int64_t now_ms);

struct sso_session *sso_open(struct sso *sso, const struct sso_client *client, int64_t now_ms);
/* The session that lasts and has this access token. */
struct sso_session *sso_session(const struct sso *sso, const char *access_token, int64_t now_ms);
/* New tokens for the session that lasts and has this refresh token; the old ones are void. */
struct sso_session *sso_refresh(struct sso *sso, const struct sso_client *client,
                                const char *refresh_token, int64_t now_ms);
size_t sso_n_sessions(const struct sso *sso, int64_t now_ms); /* that last */
void sso_revoke_all(struct sso *sso);

#endif
