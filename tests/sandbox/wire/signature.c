#include "tests/sandbox/wire/signature.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/vec.h"

#define ALGORITHM "AWS4-HMAC-SHA256"

struct pair {
    struct sv name, value;
};

static struct sv keep(struct arena *arena, struct sv text)
{
    return (struct sv){arena_strndup(arena, text.ptr ? text.ptr : "", text.len), text.len};
}

/* --- reading the claim ---------------------------------------------------------------------- */

static struct sv query_value(const struct http_request *request, const char *name,
                             struct arena *arena)
{
    struct sv rest = http_query(request);
    while (rest.len > 0) {
        struct sv value = sv_split(&rest, '&');
        struct sv key = sv_split(&value, '=');
        if (!sv_eq_cstr(key, name))
            continue;
        AUTO(buf_done) struct buf decoded = BUF_NONE;
        percent_decode(&decoded, value, true);
        return keep(arena, buf_sv(&decoded));
    }
    return SV_NONE;
}

static void problem_add(struct buf *problem, const char *text)
{
    if (problem->len > 0)
        buf_add_char(problem, ' ');
    buf_add_cstr(problem, text);
}

static void read_scope(struct signature *s, struct sv credential)
{
    struct sv rest = credential;
    s->access_key_id = sv_split(&rest, '/');
    s->scope = rest;
    s->date = sv_split(&rest, '/');
    s->region = sv_split(&rest, '/');
    s->service = sv_split(&rest, '/');
    s->terminator = rest;
}

/* 20150830T123600Z */
static bool parse_amz_date(struct sv text, int64_t *at_ms)
{
    if (text.len != 16 || text.ptr[8] != 'T' || text.ptr[15] != 'Z')
        return false;
    char iso[32];
    snprintf(iso, sizeof iso, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", text.ptr, text.ptr + 4,
             text.ptr + 6, text.ptr + 9, text.ptr + 11, text.ptr + 13);
    return clock_parse_iso8601(sv_of(iso), at_ms);
}

/* The time of signing: X-Amz-Date, or else Date in either of its forms. */
static bool read_date(const struct http_request *request, struct signature *s)
{
    struct sv text = http_header(request, "X-Amz-Date");
    if (text.len == 0)
        text = http_header(request, "Date");
    if (parse_amz_date(text, &s->signed_at_ms)) {
        s->amz_date = text;
        return true;
    }
    if (!clock_parse_http_date(text, &s->signed_at_ms))
        return false;
    char date[CLOCK_ISO_SIZE];
    clock_amz_date(s->signed_at_ms, date);
    s->amz_date = keep(&s->arena, sv_of(date));
    return true;
}

/* "Credential=..., SignedHeaders=..., Signature=...", commas or blanks between. */
static void read_parameters(struct signature *s, struct sv list, struct sv *credential,
                            struct buf *problem)
{
    struct {
        const char *name;
        struct sv *value;
    } known[] = {
        {"Credential", credential}, {"SignedHeaders", &s->signed_headers}, {"Signature", &s->hex}};
    while (list.len > 0) {
        struct sv value = sv_trim(sv_split(&list, ','));
        if (value.len == 0)
            continue;
        if (!memchr(value.ptr, '=', value.len))
            buf_addf(problem,
                     "'" SV_FMT "' not a valid key=value pair (missing equal-sign) in "
                     "Authorization header: '" ALGORITHM "'.",
                     SV_ARG(value));
        struct sv name = sv_split(&value, '=');
        for (size_t i = 0; i < ARRAY_LEN(known); i++)
            if (sv_eq_cstr(name, known[i].name))
                *known[i].value = value;
    }
}

static enum signature_state parse_header_form(const struct http_request *request,
                                              struct signature *s, struct sv authorization,
                                              struct buf *problem)
{
    struct sv credential = SV_NONE;
    struct sv algorithm = sv_split(&authorization, ' ');
    if (!sv_eq_cstr(algorithm, ALGORITHM)) {
        problem_add(problem, "Unsupported AWS 'algorithm'.");
        return SIGNATURE_INCOMPLETE;
    }
    read_parameters(s, authorization, &credential, problem);
    read_scope(s, credential);
    if (credential.len == 0)
        problem_add(problem, "Authorization header requires 'Credential' parameter.");
    if (s->hex.len == 0)
        problem_add(problem, "Authorization header requires 'Signature' parameter.");
    if (s->signed_headers.len == 0)
        problem_add(problem, "Authorization header requires 'SignedHeaders' parameter.");
    if (!read_date(request, s))
        problem_add(problem, "Authorization header requires existence of either a 'X-Amz-Date' "
                             "or a 'Date' header.");
    s->session_token = http_header(request, "X-Amz-Security-Token");
    return problem->len > 0 ? SIGNATURE_INCOMPLETE : SIGNATURE_PARSED;
}

static enum signature_state parse_query_form(const struct http_request *request,
                                             struct signature *s, struct buf *problem)
{
    struct arena *arena = &s->arena;
    s->in_query = true;
    read_scope(s, query_value(request, "X-Amz-Credential", arena));
    s->signed_headers = query_value(request, "X-Amz-SignedHeaders", arena);
    s->hex = query_value(request, "X-Amz-Signature", arena);
    s->amz_date = query_value(request, "X-Amz-Date", arena);
    s->session_token = query_value(request, "X-Amz-Security-Token", arena);
    struct sv algorithm = query_value(request, "X-Amz-Algorithm", arena);
    struct sv expires = query_value(request, "X-Amz-Expires", arena);
    if (!sv_eq_cstr(algorithm, ALGORITHM))
        problem_add(problem, "AWS query-string parameters must include 'X-Amz-Algorithm'.");
    if (s->access_key_id.len == 0)
        problem_add(problem, "AWS query-string parameters must include 'X-Amz-Credential'.");
    if (s->hex.len == 0)
        problem_add(problem, "AWS query-string parameters must include 'X-Amz-Signature'.");
    if (s->signed_headers.len == 0)
        problem_add(problem, "AWS query-string parameters must include 'X-Amz-SignedHeaders'.");
    if (!parse_amz_date(s->amz_date, &s->signed_at_ms))
        problem_add(problem, "AWS query-string parameters must include 'X-Amz-Date'.");
    s->expires_s = 0;
    if (expires.len > 0 &&
        (!sv_to_i64(expires, &s->expires_s) || s->expires_s < 0 || s->expires_s > 604800))
        problem_add(problem, "X-Amz-Expires must be a number of seconds up to 604800.");
    return problem->len > 0 ? SIGNATURE_INCOMPLETE : SIGNATURE_PARSED;
}

enum signature_state signature_parse(const struct http_request *request,
                                     struct signature *signature, struct buf *problem)
{
    *signature = (struct signature){0};
    struct sv authorization = http_header(request, "Authorization");
    if (authorization.len > 0)
        return parse_header_form(request, signature, authorization, problem);
    if (sv_contains(http_query(request), SV("X-Amz-")))
        return parse_query_form(request, signature, problem);
    return SIGNATURE_ABSENT;
}

void signature_done(struct signature *signature)
{
    arena_done(&signature->arena);
}

/* --- what was signed ------------------------------------------------------------------------ */

static bool is_signed(const struct signature *s, struct sv name)
{
    struct sv rest = s->signed_headers;
    while (rest.len > 0)
        if (sv_eq_nocase(sv_split(&rest, ';'), name))
            return true;
    return false;
}

struct sv signature_uncovered(const struct http_request *request, const struct signature *signature)
{
    if (!is_signed(signature, SV("host")))
        return SV("host");
    for (size_t i = 0; i < request->n_headers; i++) {
        struct sv name = request->headers[i].name;
        bool amz = name.len > 6 && sv_eq_nocase((struct sv){name.ptr, 6}, SV("x-amz-"));
        if (amz && !is_signed(signature, name))
            return name;
    }
    return SV_NONE;
}

typedef VEC(struct sv) segments_vec;

static void canonical_path(struct buf *out, struct sv path, bool normalize)
{
    if (!normalize) {
        percent_encode(out, path.len > 0 ? path : SV("/"), "/");
        return;
    }
    segments_vec kept = {0};
    bool ends_in_slash = true;
    for (struct sv rest = path; rest.len > 0;) {
        ends_in_slash = rest.ptr[rest.len - 1] == '/';
        struct sv segment = sv_split(&rest, '/');
        bool dots = sv_eq_cstr(segment, ".") || sv_eq_cstr(segment, "..");
        if (dots && segment.len == 2 && kept.len > 0)
            kept.len--;
        if (segment.len > 0 && !dots)
            vec_push(&kept, segment);
        ends_in_slash = ends_in_slash || dots;
    }
    for (size_t i = 0; i < kept.len; i++) {
        buf_add_char(out, '/');
        percent_encode(out, kept.ptr[i], "");
    }
    if (kept.len == 0 || ends_in_slash)
        buf_add_char(out, '/');
    vec_free(&kept);
}

static int compare_pairs(const void *a, const void *b)
{
    const struct pair *left = a, *right = b;
    int order = sv_cmp(left->name, right->name);
    return order ? order : sv_cmp(left->value, right->value);
}

/* Decodes and encodes again, so that "%2f", "%2F" and "/" of the wire are one and the same. */
static struct sv recode(struct arena *arena, struct sv text)
{
    AUTO(buf_done) struct buf decoded = BUF_NONE;
    AUTO(buf_done) struct buf encoded = BUF_NONE;
    percent_decode(&decoded, text, true);
    percent_encode(&encoded, buf_sv(&decoded), "");
    return keep(arena, buf_sv(&encoded));
}

static void canonical_query(struct buf *out, struct sv query)
{
    struct arena arena = {0};
    VEC(struct pair) pairs = {0};
    while (query.len > 0) {
        struct sv value = sv_split(&query, '&');
        if (value.len == 0)
            continue;
        struct sv name = sv_split(&value, '=');
        if (!sv_eq_cstr(name, "X-Amz-Signature"))
            vec_push(&pairs, ((struct pair){recode(&arena, name), recode(&arena, value)}));
    }
    if (pairs.len > 0)
        qsort(pairs.ptr, pairs.len, sizeof *pairs.ptr, compare_pairs);
    for (size_t i = 0; i < pairs.len; i++)
        buf_addf(out, "%s" SV_FMT "=" SV_FMT, i > 0 ? "&" : "", SV_ARG(pairs.ptr[i].name),
                 SV_ARG(pairs.ptr[i].value));
    vec_free(&pairs);
    arena_done(&arena);
}

/* Trimmed, and runs of blanks inside made one. */
static void add_header_value(struct buf *out, struct sv value)
{
    value = sv_trim(value);
    for (size_t i = 0; i < value.len; i++) {
        bool blank = strchr(" \t\r\n", value.ptr[i]) != NULL;
        if (!blank || !strchr(" \t\r\n", value.ptr[i - 1]))
            buf_add_char(out, blank ? ' ' : value.ptr[i]);
    }
}

static void canonical_headers(struct buf *out, const struct http_request *request,
                              const struct signature *s)
{
    for (struct sv rest = s->signed_headers; rest.len > 0;) {
        struct sv name = sv_split(&rest, ';');
        const char *separator = "";
        buf_add(out, name);
        buf_add_char(out, ':');
        for (size_t i = 0; i < request->n_headers; i++) {
            if (!sv_eq_nocase(request->headers[i].name, name))
                continue;
            buf_add_cstr(out, separator);
            add_header_value(out, request->headers[i].value);
            separator = ",";
        }
        buf_add_char(out, '\n');
    }
}

void signature_canonical(const struct http_request *request, const struct signature *signature,
                         bool normalize, struct buf *canonical)
{
    char body[SHA256_HEX_SIZE];
    sha256_hex(request->body, body);
    buf_add(canonical, request->method);
    buf_add_char(canonical, '\n');
    canonical_path(canonical, http_path(request), normalize);
    buf_add_char(canonical, '\n');
    canonical_query(canonical, http_query(request));
    buf_add_char(canonical, '\n');
    canonical_headers(canonical, request, signature);
    buf_add_char(canonical, '\n');
    buf_add(canonical, signature->signed_headers);
    buf_add_char(canonical, '\n');
    buf_add_cstr(canonical, body);
}

void signature_string_to_sign(const struct signature *signature, struct sv canonical,
                              struct buf *out)
{
    char hex[SHA256_HEX_SIZE];
    sha256_hex(canonical, hex);
    buf_addf(out, ALGORITHM "\n" SV_FMT "\n" SV_FMT "\n%s", SV_ARG(signature->amz_date),
             SV_ARG(signature->scope), hex);
}

void signature_key(struct sv secret, const struct signature *signature, uint8_t key[SHA256_BYTES])
{
    const struct sv steps[] = {signature->date, signature->region, signature->service,
                               signature->terminator};
    AUTO(buf_done) struct buf seed = BUF_NONE;
    buf_add_cstr(&seed, "AWS4");
    buf_add(&seed, secret);
    struct sv k = buf_sv(&seed);
    uint8_t mac[SHA256_BYTES];
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        hmac_sha256(k, steps[i], mac);
        memcpy(key, mac, SHA256_BYTES);
        k = (struct sv){(const char *)key, SHA256_BYTES};
    }
}

void signature_compute(const struct http_request *request, const struct signature *signature,
                       const uint8_t key[SHA256_BYTES], bool normalize, char hex[SHA256_HEX_SIZE])
{
    AUTO(buf_done) struct buf canonical = BUF_NONE;
    AUTO(buf_done) struct buf to_sign = BUF_NONE;
    uint8_t mac[SHA256_BYTES];
    signature_canonical(request, signature, normalize, &canonical);
    signature_string_to_sign(signature, buf_sv(&canonical), &to_sign);
    hmac_sha256((struct sv){(const char *)key, SHA256_BYTES}, buf_sv(&to_sign), mac);
    hex_encode(mac, SHA256_BYTES, hex);
}
