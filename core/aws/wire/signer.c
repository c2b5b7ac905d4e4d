#include "core/aws/wire/signer.h"

#include <stdlib.h>
#include <string.h>

#include "core/aws/wire/body.h"
#include "core/base/mem.h"

#define USER_AGENT "watchdeck/" WATCHDECK_VERSION

/* --- clocks ---------------------------------------------------------------------------------- */

int64_t signer_skew_ms(const struct signer *signer, const char *host)
{
    const union map_value *slot = map_get(&signer->skews, sv_of(host));
    return slot != NULL ? (int64_t)slot->u64 : 0;
}

int64_t signer_note_date(struct signer *signer, const char *host, const struct http_reply *reply)
{
    int64_t known_ms = signer_skew_ms(signer, host), server_ms = 0;
    if (!clock_parse_http_date(http_reply_header(reply, "date"), &server_ms))
        return known_ms;
    int64_t skew_ms = server_ms - clock_wall_ms();
    if (llabs(skew_ms - known_ms) > SIGNER_SKEW_TOLERANCE_MS)
        map_put(&signer->skews, sv_of(host), NULL)->u64 = (uint64_t)skew_ms;
    return skew_ms;
}

/* --- day keys -------------------------------------------------------------------------------- */

static struct day_key *slot_of(struct signer *signer, uint64_t serial,
                               const struct aws_service *service, struct sv region)
{
    uint64_t hash = sv_hash(region) ^ sv_hash(sv_of(service->id)) * 31 ^ serial * 1000003;
    return &signer->keys[(hash ^ hash >> 29) % SIGNER_KEYS];
}

static bool slot_holds(const struct day_key *slot, uint64_t serial,
                       const struct aws_service *service, const struct sigv4_scope *scope)
{
    return slot->credentials_serial == serial && slot->service == service &&
           sv_eq_cstr(scope->region, slot->region) && memcmp(slot->day, scope->amz_date, 8) == 0;
}

/* Borrowed until the next call. */
static const uint8_t *day_key(struct signer *signer, const struct aws_service *service,
                              const struct credentials *credentials,
                              const struct sigv4_scope *scope)
{
    uint64_t serial = credentials_serial(credentials);
    struct day_key *slot = slot_of(signer, serial, service, scope->region);
    if (!slot_holds(slot, serial, service, scope)) {
        uint8_t key[SIGV4_KEY_BYTES];
        sigv4_signing_key(credentials_secret(credentials), scope, key);
        secret_unref(slot->key);
        *slot = (struct day_key){.credentials_serial = serial, .service = service};
        slot->key = secret_new((struct sv){(const char *)key, sizeof key});
        sv_copy(scope->region, slot->region, sizeof slot->region);
        sv_copy((struct sv){scope->amz_date, 8}, slot->day, sizeof slot->day);
        secret_wipe(key, sizeof key);
    }
    return (const uint8_t *)secret_bytes(slot->key).ptr;
}

void signer_done(struct signer *signer)
{
    for (size_t i = 0; i < SIGNER_KEYS; i++)
        secret_unref(signer->keys[i].key);
    map_done(&signer->skews);
}

/* --- headers --------------------------------------------------------------------------------- */

static void add_header(struct signed_headers *headers, const char *name, const char *value)
{
    headers->list[headers->n++] = (struct http_header){name, value};
}

/* All but Authorization, which is made of them. */
static void collect_headers(struct signed_headers *headers, const struct aws_op *op,
                            const struct credentials *credentials)
{
    struct sv token = credentials != NULL ? credentials_token(credentials) : SV_NONE;
    add_header(headers, "Content-Type", body_content_type(op->service->protocol));
    add_header(headers, "X-Amz-Date", headers->amz_date);
    if (op->service->target_prefix != NULL) {
        buf_addf(&headers->target, "%s.%s", op->service->target_prefix, op->name);
        add_header(headers, "X-Amz-Target", buf_cstr(&headers->target));
    }
    if (token.len > 0) {
        buf_add(&headers->token, token);
        add_header(headers, "X-Amz-Security-Token", buf_cstr(&headers->token));
    }
}

void signer_sign(struct signer *signer, const struct aws_op *op, const struct endpoint *endpoint,
                 const struct credentials *credentials, struct sv body,
                 struct signed_headers *headers)
{
    struct sigv4_scope scope = {.region = sv_of(endpoint->region),
                                .service = sv_of(op->service->endpoint_prefix)};
    struct sigv4_header to_sign[ARRAY_LEN(headers->list)] = {{SV("Host"), sv_of(endpoint->host)}};
    *headers = (struct signed_headers){0};
    clock_amz_date(clock_wall_ms() + signer_skew_ms(signer, endpoint->host), scope.amz_date);
    str_copy(headers->amz_date, scope.amz_date);
    collect_headers(headers, op, credentials);
    if (credentials == NULL) {
        add_header(headers, "User-Agent", USER_AGENT);
        return;
    }
    for (size_t i = 0; i < headers->n; i++)
        to_sign[i + 1] =
            (struct sigv4_header){sv_of(headers->list[i].name), sv_of(headers->list[i].value)};
    const struct sigv4_request request = {.method = SV("POST"),
                                          .path = sv_of(endpoint->path),
                                          .headers = to_sign,
                                          .n_headers = headers->n + 1,
                                          .body = body};
    sigv4_authorization(&request, &scope, sv_of(credentials_key_id(credentials)),
                        day_key(signer, op->service, credentials, &scope), &headers->authorization);
    add_header(headers, "Authorization", buf_cstr(&headers->authorization));
    add_header(headers, "User-Agent", USER_AGENT);
}

void signed_headers_done(struct signed_headers *headers)
{
    secret_wipe(headers->token.ptr, headers->token.len);
    buf_done(&headers->authorization);
    buf_done(&headers->target);
    buf_done(&headers->token);
}
