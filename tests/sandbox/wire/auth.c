#include "tests/sandbox/wire/auth.h"

#include <string.h>

#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/map.h"
#include "core/base/mem.h"
#include "tests/sandbox/wire/api.h"
#include "tests/sandbox/wire/signature.h"

/* Derived keys are cached, as a signing key costs four HMACs; the cache starts anew when full. */
#define KEYS_MAX 8192

struct auth {
    const struct iam *iam;
    struct map keys; /* "AKIA.../20150830/us-east-1/sts/aws4_request" to SHA256_BYTES */
};

/* One check under way. */
struct check {
    struct auth *auth;
    const struct http_request *request;
    struct signature signature;
    int64_t now_ms, advanced_ms;
    struct auth_result *result;
};

struct auth *auth_new(const struct iam *iam)
{
    struct auth *auth = mem_new(struct auth);
    auth->iam = iam;
    return auth;
}

static void forget_keys(struct auth *auth)
{
    size_t at = 0;
    union map_value value;
    while (map_next(&auth->keys, &at, NULL, &value))
        mem_free(value.ptr);
    map_done(&auth->keys);
    auth->keys = (struct map){0};
}

void auth_free(struct auth *auth)
{
    if (auth)
        forget_keys(auth);
    mem_free(auth);
}

static const uint8_t *signing_key(struct check *c, const struct principal *principal)
{
    struct auth *auth = c->auth;
    AUTO(buf_done) struct buf name = BUF_NONE;
    buf_addf(&name, "%s/" SV_FMT, principal->access_key_id, SV_ARG(c->signature.scope));
    if (auth->keys.count >= KEYS_MAX)
        forget_keys(auth);
    bool fresh;
    union map_value *slot = map_put(&auth->keys, buf_sv(&name), &fresh);
    if (fresh) {
        slot->ptr = mem_alloc(SHA256_BYTES);
        signature_key(sv_of(principal->secret_access_key), &c->signature, slot->ptr);
    }
    return slot->ptr;
}

/* --- the checks, in the order in which they are made ------------------------------------------ */

/* "eu-west-1": as the regions of the partition aws are called; those of others are not known here.
 */
static bool is_region(struct sv region)
{
    static const char *const areas[] = {"af", "ap", "ca", "eu", "il", "me", "mx", "sa", "us"};
    struct sv rest = region;
    struct sv area = sv_split(&rest, '-'), side = sv_split(&rest, '-');
    int64_t number;
    for (size_t i = 0; i < ARRAY_LEN(areas); i++)
        if (sv_eq_cstr(area, areas[i]))
            return side.len > 0 && sv_to_i64(rest, &number) && number > 0;
    return false;
}

static bool check_scope(struct check *c)
{
    const struct signature *s = &c->signature;
    struct buf *message = &c->result->message;
    struct sv day = {s->amz_date.ptr, s->amz_date.len < 8 ? s->amz_date.len : 8};
    if (!api_service(s->service))
        buf_addf(message, "Credential should be scoped to correct service: not '" SV_FMT "'. ",
                 SV_ARG(s->service));
    if (!is_region(s->region))
        buf_addf(message, "Credential should be scoped to a valid region, not '" SV_FMT "'. ",
                 SV_ARG(s->region));
    if (!sv_eq_cstr(s->terminator, "aws4_request"))
        buf_addf(message,
                 "Credential should be scoped with a valid terminator: 'aws4_request', "
                 "not '" SV_FMT "'. ",
                 SV_ARG(s->terminator));
    if (!sv_eq(s->date, day))
        buf_addf(message,
                 "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date "
                 "from HTTP: '" SV_FMT "' != '" SV_FMT "', from '" SV_FMT "'. ",
                 SV_ARG(s->date), SV_ARG(day), SV_ARG(s->amz_date));
    return message->len == 0;
}

static bool check_coverage(struct check *c)
{
    struct sv open = signature_uncovered(c->request, &c->signature);
    if (open.len == 0)
        return true;
    if (sv_eq_cstr(open, "host"))
        buf_add_cstr(&c->result->message, "'Host' or ':authority' must be a 'SignedHeader' in the "
                                          "AWS Authorization.");
    else
        buf_addf(&c->result->message,
                 "There were headers present in the request which were not signed: " SV_FMT,
                 SV_ARG(open));
    return false;
}

/* Five minutes either way, fifteen with the Query services. */
static int64_t window_min(const struct check *c)
{
    const struct service *service = api_service(c->signature.service);
    return service && service->protocol == PROTOCOL_QUERY ? 15 : 5;
}

static bool check_time(struct check *c)
{
    int64_t window = window_min(c), window_ms = window * 60000;
    int64_t oldest_ms = c->now_ms - window_ms, newest_ms = c->now_ms + window_ms;
    const struct signature *s = &c->signature;
    char limit[CLOCK_ISO_SIZE], now[CLOCK_ISO_SIZE];
    clock_amz_date(c->now_ms, now);
    if (s->in_query && s->expires_s > 0)
        oldest_ms = c->now_ms - s->expires_s * 1000;
    bool late = s->signed_at_ms<oldest_ms, early = s->signed_at_ms> newest_ms;
    if (late) {
        clock_amz_date(oldest_ms, limit);
        buf_addf(&c->result->message,
                 "Signature expired: " SV_FMT " is now earlier than %s (%s - %lld min.)",
                 SV_ARG(s->amz_date), limit, now, (long long)(c->now_ms - oldest_ms) / 60000);
    } else if (early) {
        clock_amz_date(newest_ms, limit);
        buf_addf(&c->result->message,
                 "Signature not yet current: " SV_FMT " is still later than %s (%s + %lld min.)",
                 SV_ARG(s->amz_date), limit, now, (long long)window);
    }
    return !late && !early;
}

/* A long-term key comes without a token, a session's key with the token of that session. */
static bool token_fits(const struct principal *p, struct sv token)
{
    struct sv expected = sv_of(p->session_token);
    return expected.len == token.len && bytes_equal(expected.ptr, token.ptr, token.len);
}

static bool signature_fits(struct check *c, const struct principal *p)
{
    char expected[SHA256_HEX_SIZE];
    signature_compute(c->request, &c->signature, signing_key(c, p), true, expected);
    return c->signature.hex.len == sizeof expected - 1 &&
           bytes_equal(expected, c->signature.hex.ptr, sizeof expected - 1);
}

static enum auth_fault run_checks(struct check *c)
{
    if (!check_scope(c) || !check_coverage(c) || !check_time(c))
        return AUTH_REFUSED;
    const struct principal *p = iam_find(c->auth->iam, c->signature.access_key_id);
    if (!p || !token_fits(p, c->signature.session_token))
        return AUTH_UNKNOWN_KEY;
    if (!signature_fits(c, p))
        return AUTH_MISMATCH;
    if (p->expires_at_ms && c->now_ms + c->advanced_ms >= p->expires_at_ms)
        return AUTH_EXPIRED;
    c->result->principal = p;
    return AUTH_OK;
}

void auth_check(struct auth *auth, const struct http_request *request, int64_t now_ms,
                int64_t advanced_ms, struct auth_result *result)
{
    *result = (struct auth_result){0};
    struct check c = {.auth = auth,
                      .request = request,
                      .now_ms = now_ms,
                      .advanced_ms = advanced_ms,
                      .result = result};
    switch (signature_parse(request, &c.signature, &result->message)) {
    case SIGNATURE_ABSENT:
        result->fault = AUTH_MISSING;
        break;
    case SIGNATURE_INCOMPLETE:
        result->fault = AUTH_INCOMPLETE;
        break;
    case SIGNATURE_PARSED:
        result->fault = run_checks(&c);
        break;
    }
    sv_copy(c.signature.service, result->service, sizeof result->service);
    sv_copy(c.signature.region, result->region, sizeof result->region);
    signature_done(&c.signature);
}

void auth_result_done(struct auth_result *result)
{
    buf_done(&result->message);
}
