#include "tests/sandbox/identity/sso.h"

#include <stdio.h>
#include <string.h>

#include "core/base/digest.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "core/base/vec.h"

#define SLOW_DOWN_S 5 /* RFC 8628 3.5 */

struct sso {
    char start_url[64], region[32];
    struct sso_settings settings;
    VEC(struct sso_client *) clients;
    VEC(struct sso_device *) devices;
    VEC(struct sso_session *) sessions;
};

struct sso *sso_new(uint64_t seed, const char *region)
{
    struct sso *sso = mem_new(struct sso);
    char what[48], hex[SHA256_HEX_SIZE];
    snprintf(what, sizeof what, "identity center %llu", (unsigned long long)seed);
    sha256_hex(sv_of(what), hex);
    snprintf(sso->start_url, sizeof sso->start_url, "https://d-%.10s.awsapps.com/start", hex);
    str_copy(sso->region, region);
    sso->settings = (struct sso_settings){.client_s = 90 * 86400,
                                          .code_s = 600,
                                          .interval_s = 1,
                                          .token_s = 3600,
                                          .session_s = 8 * 3600,
                                          .role_s = 3600};
    return sso;
}

void sso_free(struct sso *sso)
{
    if (!sso)
        return;
    for (size_t i = 0; i < sso->clients.len; i++)
        mem_free(sso->clients.ptr[i]);
    for (size_t i = 0; i < sso->devices.len; i++)
        mem_free(sso->devices.ptr[i]);
    for (size_t i = 0; i < sso->sessions.len; i++)
        mem_free(sso->sessions.ptr[i]);
    vec_free(&sso->clients);
    vec_free(&sso->devices);
    vec_free(&sso->sessions);
    mem_free(sso);
}

const char *sso_start_url(const struct sso *sso)
{
    return sso->start_url;
}

const char *sso_region(const struct sso *sso)
{
    return sso->region;
}

struct sso_settings *sso_settings(struct sso *sso)
{
    return &sso->settings;
}

/* prefix, then random characters of alphabet up to size - 1 in all. */
static void random_text(char *text, size_t size, const char *prefix, const char *alphabet)
{
    uint8_t bytes[96];
    size_t len = strlen(prefix), n = strlen(alphabet);
    os_random(bytes, sizeof bytes);
    memcpy(text, prefix, len);
    for (size_t i = len; i + 1 < size; i++)
        text[i] = alphabet[bytes[i] % n];
    text[size - 1] = '\0';
}

#define TOKEN_ALPHABET "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
#define USER_ALPHABET  "BCDFGHJKLMNPQRSTVWXZ" /* no words, RFC 8628 6.1 */

/* --- clients ---------------------------------------------------------------------------------- */

const struct sso_client *sso_register(struct sso *sso, bool may_refresh, int64_t now_ms)
{
    struct sso_client *c = mem_new(struct sso_client);
    random_text(c->id, sizeof c->id, "", TOKEN_ALPHABET);
    random_text(c->secret, sizeof c->secret, "", TOKEN_ALPHABET);
    c->may_refresh = may_refresh;
    c->issued_at_ms = now_ms;
    c->expires_at_ms = now_ms + sso->settings.client_s * 1000;
    vec_push(&sso->clients, c);
    return c;
}

const struct sso_client *sso_client(const struct sso *sso, const char *id, const char *secret)
{
    for (size_t i = 0; i < sso->clients.len; i++) {
        const struct sso_client *c = sso->clients.ptr[i];
        if (strcmp(c->id, id) == 0 && strcmp(c->secret, secret) == 0)
            return c;
    }
    return NULL;
}

/* --- devices ---------------------------------------------------------------------------------- */

struct sso_device *sso_start_device(struct sso *sso, const struct sso_client *client,
                                    int64_t now_ms)
{
    struct sso_device *d = mem_new(struct sso_device);
    random_text(d->code, sizeof d->code, "", TOKEN_ALPHABET);
    random_text(d->user_code, sizeof d->user_code, "", USER_ALPHABET);
    d->user_code[4] = '-';
    d->client = client;
    d->expires_at_ms = now_ms + sso->settings.code_s * 1000;
    d->interval_s = sso->settings.interval_s;
    vec_push(&sso->devices, d);
    return d;
}

struct sso_device *sso_device(const struct sso *sso, const char *code)
{
    for (size_t i = 0; i < sso->devices.len; i++)
        if (strcmp(sso->devices.ptr[i]->code, code) == 0)
            return sso->devices.ptr[i];
    return NULL;
}

struct sso_device *sso_device_of_user(const struct sso *sso, struct sv user_code)
{
    for (size_t i = 0; i < sso->devices.len; i++)
        if (sv_eq_nocase(user_code, sv_of(sso->devices.ptr[i]->user_code)))
            return sso->devices.ptr[i];
    return NULL;
}

const struct sso_device *sso_pending(const struct sso *sso, size_t i, int64_t now_ms)
{
    for (size_t k = 0; k < sso->devices.len; k++) {
        const struct sso_device *d = sso->devices.ptr[k];
        if (d->state == SSO_PENDING && now_ms < d->expires_at_ms && i-- == 0)
            return d;
    }
    return NULL;
}

bool sso_poll(struct sso_device *device, int64_t now_ms)
{
    bool early = now_ms < device->next_poll_ms;
    if (early)
        device->interval_s += SLOW_DOWN_S;
    /* a tenth of the interval is left to the clocks and the way of the request */
    device->next_poll_ms = now_ms + device->interval_s * 900;
    return !early;
}

/* --- sessions --------------------------------------------------------------------------------- */

static void renew(const struct sso *sso, struct sso_session *s, int64_t now_ms)
{
    int64_t token_ends_ms = now_ms + sso->settings.token_s * 1000;
    random_text(s->access_token, sizeof s->access_token, "aoa", TOKEN_ALPHABET);
    if (s->client->may_refresh)
        random_text(s->refresh_token, sizeof s->refresh_token, "aor", TOKEN_ALPHABET);
    s->token_expires_at_ms = s->client->may_refresh && token_ends_ms < s->expires_at_ms
                                 ? token_ends_ms
                                 : s->expires_at_ms;
}

struct sso_session *sso_open(struct sso *sso, const struct sso_client *client, int64_t now_ms)
{
    struct sso_session *s = mem_new(struct sso_session);
    s->client = client;
    s->expires_at_ms = now_ms + sso->settings.session_s * 1000;
    renew(sso, s, now_ms);
    vec_push(&sso->sessions, s);
    return s;
}

static bool lasts(const struct sso_session *s, int64_t now_ms)
{
    return !s->is_revoked && now_ms < s->expires_at_ms;
}

struct sso_session *sso_session(const struct sso *sso, const char *access_token, int64_t now_ms)
{
    for (size_t i = 0; i < sso->sessions.len; i++) {
        struct sso_session *s = sso->sessions.ptr[i];
        if (strcmp(s->access_token, access_token) == 0)
            return lasts(s, now_ms) && now_ms < s->token_expires_at_ms ? s : NULL;
    }
    return NULL;
}

struct sso_session *sso_refresh(struct sso *sso, const struct sso_client *client,
                                const char *refresh_token, int64_t now_ms)
{
    for (size_t i = 0; i < sso->sessions.len; i++) {
        struct sso_session *s = sso->sessions.ptr[i];
        if (s->client != client || strcmp(s->refresh_token, refresh_token) != 0 ||
            !lasts(s, now_ms) || !*refresh_token)
            continue;
        renew(sso, s, now_ms);
        return s;
    }
    return NULL;
}

size_t sso_n_sessions(const struct sso *sso, int64_t now_ms)
{
    size_t count = 0;
    for (size_t i = 0; i < sso->sessions.len; i++)
        count += lasts(sso->sessions.ptr[i], now_ms);
    return count;
}

void sso_revoke_all(struct sso *sso)
{
    for (size_t i = 0; i < sso->sessions.len; i++)
        sso->sessions.ptr[i]->is_revoked = true;
}
