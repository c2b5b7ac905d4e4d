#include "core/aws/wire/sigv4.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/secret.h"
#include "core/base/vec.h"

#define ALGORITHM "AWS4-HMAC-SHA256"

/* --- percent encoding ------------------------------------------------------------------------ */

static bool is_unreserved(unsigned char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == '~';
}

void sigv4_uri_encode(struct buf *out, struct sv text, bool keep_slash)
{
    static const char digits[] = "0123456789ABCDEF";
    if (text.len == 0)
        return;
    size_t plain = 0; /* where the run that needs no encoding starts */
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (is_unreserved(c) || (keep_slash && c == '/'))
            continue;
        buf_add(out, (struct sv){text.ptr + plain, i - plain});
        char encoded[3] = {'%', digits[c >> 4], digits[c & 15]};
        buf_add(out, (struct sv){encoded, sizeof encoded});
        plain = i + 1;
    }
    buf_add(out, (struct sv){text.ptr + plain, text.len - plain});
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Query parts come encoded one way or another: decoded first, they end in one form. */
static void add_reencoded(struct buf *out, struct sv text)
{
    if (text.len == 0)
        return;
    size_t start = 0;
    for (size_t i = 0; i + 2 < text.len; i++) {
        int high = hex_value(text.ptr[i + 1]), low = hex_value(text.ptr[i + 2]);
        if (text.ptr[i] != '%' || high < 0 || low < 0)
            continue;
        char byte = (char)(high << 4 | low);
        sigv4_uri_encode(out, (struct sv){text.ptr + start, i - start}, false);
        sigv4_uri_encode(out, (struct sv){&byte, 1}, false);
        i += 2;
        start = i + 1;
    }
    sigv4_uri_encode(out, (struct sv){text.ptr + start, text.len - start}, false);
}

/* --- path ------------------------------------------------------------------------------------ */

/* RFC 3986 5.2.4, and slashes that follow each other count as one. */
static void add_normalised_path(struct buf *out, struct sv path)
{
    VEC(struct sv) segments = {0};
    bool ends_in_slash = true;
    while (path.len > 0) {
        bool more = memchr(path.ptr, '/', path.len) != NULL;
        struct sv segment = sv_split(&path, '/');
        bool dots = sv_eq_cstr(segment, ".") || sv_eq_cstr(segment, "..");
        if (sv_eq_cstr(segment, "..") && segments.len > 0)
            segments.len--;
        if (!dots && segment.len > 0)
            vec_push(&segments, segment);
        ends_in_slash = more || dots;
    }
    for (size_t i = 0; i < segments.len; i++) {
        buf_add_char(out, '/');
        sigv4_uri_encode(out, segments.ptr[i], false);
    }
    if (ends_in_slash || segments.len == 0)
        buf_add_char(out, '/');
    vec_free(&segments);
}

static void add_canonical_path(struct buf *out, const struct sigv4_request *request)
{
    if (request->path.len == 0)
        buf_add_char(out, '/');
    else if (request->keep_path)
        sigv4_uri_encode(out, request->path, true);
    else
        add_normalised_path(out, request->path);
}

/* --- query ----------------------------------------------------------------------------------- */

struct pair {
    struct sv key, value; /* encoded */
};

static int compare_pairs(const void *left, const void *right)
{
    const struct pair *a = left, *b = right;
    int order = sv_cmp(a->key, b->key);
    return order != 0 ? order : sv_cmp(a->value, b->value);
}

static void add_canonical_query(struct buf *out, struct sv query)
{
    if (query.len == 0)
        return;
    AUTO(buf_done) struct buf encoded = BUF_NONE;
    VEC(size_t) ends = {0};
    while (query.len > 0) {
        struct sv value = sv_split(&query, '&');
        if (value.len == 0)
            continue;
        struct sv key = sv_split(&value, '=');
        add_reencoded(&encoded, key);
        vec_push(&ends, encoded.len);
        add_reencoded(&encoded, value);
        vec_push(&ends, encoded.len);
    }
    VEC(struct pair) pairs = {0};
    for (size_t i = 0, start = 0; i < ends.len; start = ends.ptr[i + 1], i += 2) {
        const char *text = buf_cstr(&encoded);
        struct pair pair = {.key = {text + start, ends.ptr[i] - start},
                            .value = {text + ends.ptr[i], ends.ptr[i + 1] - ends.ptr[i]}};
        vec_push(&pairs, pair);
    }
    if (pairs.len > 1)
        qsort(pairs.ptr, pairs.len, sizeof *pairs.ptr, compare_pairs);
    for (size_t i = 0; i < pairs.len; i++) {
        if (i > 0)
            buf_add_char(out, '&');
        buf_add(out, pairs.ptr[i].key);
        buf_add_char(out, '=');
        buf_add(out, pairs.ptr[i].value);
    }
    vec_free(&ends);
    vec_free(&pairs);
}

/* --- headers --------------------------------------------------------------------------------- */

typedef VEC(const struct sigv4_header *) header_list;

/* What hops and proxies may change is left out of the signature. */
static bool is_signed(struct sv name)
{
#define NAME(literal)               \
    {                               \
        literal, sizeof literal - 1 \
    }
    static const struct sv unsigned_names[] = {
        NAME("connection"),
        NAME("expect"),
        NAME("keep-alive"),
        NAME("proxy-authenticate"),
        NAME("proxy-authorization"),
        NAME("te"),
        NAME("trailer"),
        NAME("transfer-encoding"),
        NAME("upgrade"),
        NAME("user-agent"),
        NAME("x-amzn-trace-id"),
    };
#undef NAME
    for (size_t i = 0; i < ARRAY_LEN(unsigned_names); i++) {
        if (sv_eq_nocase(name, unsigned_names[i]))
            return false;
    }
    return true;
}

static int compare_names(struct sv a, struct sv b)
{
    for (size_t i = 0; i < a.len && i < b.len; i++) {
        int order = tolower((unsigned char)a.ptr[i]) - tolower((unsigned char)b.ptr[i]);
        if (order != 0)
            return order;
    }
    return (a.len > b.len) - (a.len < b.len);
}

/* The signed headers by name; those of one name keep their order (there are few: insertion). */
static void sort_headers(const struct sigv4_request *request, header_list *list)
{
    for (size_t i = 0; i < request->n_headers; i++) {
        const struct sigv4_header *header = &request->headers[i];
        if (!is_signed(header->name))
            continue;
        vec_push(list, header);
        for (size_t j = list->len - 1;
             j > 0 && compare_names(list->ptr[j - 1]->name, header->name) > 0; j--) {
            list->ptr[j] = list->ptr[j - 1];
            list->ptr[j - 1] = header;
        }
    }
}

static void add_lower(struct buf *out, struct sv name)
{
    size_t start = out->len;
    buf_add(out, name);
    for (size_t i = start; i < out->len; i++)
        out->ptr[i] = (char)tolower((unsigned char)out->ptr[i]);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Trimmed, and runs of blanks (folded lines too) become one. */
static void add_header_value(struct buf *out, struct sv value)
{
    value = sv_trim(value);
    size_t start = 0; /* of the run that is copied as it is */
    for (size_t i = 0; i < value.len; i++) {
        if (!is_blank(value.ptr[i]))
            continue;
        buf_add(out, (struct sv){value.ptr + start, i - start});
        buf_add_char(out, ' ');
        while (is_blank(value.ptr[i + 1]))
            i++;
        start = i + 1;
    }
    if (value.len > 0)
        buf_add(out, (struct sv){value.ptr + start, value.len - start});
}

static bool same_name_as_before(const header_list *list, size_t i)
{
    return i > 0 && compare_names(list->ptr[i - 1]->name, list->ptr[i]->name) == 0;
}

static void add_canonical_headers(struct buf *out, const header_list *list)
{
    for (size_t i = 0; i < list->len; i++) {
        if (same_name_as_before(list, i)) {
            buf_add_char(out, ',');
        } else {
            if (i > 0)
                buf_add_char(out, '\n');
            add_lower(out, list->ptr[i]->name);
            buf_add_char(out, ':');
        }
        add_header_value(out, list->ptr[i]->value);
    }
    buf_add_char(out, '\n');
}

static void add_signed_names(struct buf *out, const header_list *list)
{
    for (size_t i = 0; i < list->len; i++) {
        if (same_name_as_before(list, i))
            continue;
        if (i > 0)
            buf_add_char(out, ';');
        add_lower(out, list->ptr[i]->name);
    }
}

/* The names that are signed: "content-type;host;x-amz-date". Appended to out. */
static void add_signed_headers(const struct sigv4_request *request, struct buf *out)
{
    header_list list = {0};
    sort_headers(request, &list);
    add_signed_names(out, &list);
    vec_free(&list);
}

/* --- the stages ------------------------------------------------------------------------------ */

void sigv4_canonical_request(const struct sigv4_request *request, struct buf *out)
{
    header_list list = {0};
    sort_headers(request, &list);

    buf_add(out, request->method);
    buf_add_char(out, '\n');
    add_canonical_path(out, request);
    buf_add_char(out, '\n');
    add_canonical_query(out, request->query);
    buf_add_char(out, '\n');
    add_canonical_headers(out, &list);
    buf_add_char(out, '\n');
    add_signed_names(out, &list);
    buf_add_char(out, '\n');
    char digest[SHA256_HEX_SIZE];
    sha256_hex(request->body, digest);
    buf_add_cstr(out, digest);
    vec_free(&list);
}

static struct sv day_of(const struct sigv4_scope *scope)
{
    return (struct sv){scope->amz_date, 8};
}

static void add_scope(struct buf *out, const struct sigv4_scope *scope)
{
    buf_add(out, day_of(scope));
    buf_add_char(out, '/');
    buf_add(out, scope->region);
    buf_add_char(out, '/');
    buf_add(out, scope->service);
    buf_add_cstr(out, "/aws4_request");
}

void sigv4_string_to_sign(const struct sigv4_scope *scope, struct sv canonical_request,
                          struct buf *out)
{
    char digest[SHA256_HEX_SIZE];
    sha256_hex(canonical_request, digest);
    buf_add_cstr(out, ALGORITHM "\n");
    buf_add_cstr(out, scope->amz_date);
    buf_add_char(out, '\n');
    add_scope(out, scope);
    buf_add_char(out, '\n');
    buf_add_cstr(out, digest);
}

void sigv4_signing_key(struct sv secret_access_key, const struct sigv4_scope *scope,
                       uint8_t key[SIGV4_KEY_BYTES])
{
    struct buf seed = BUF_NONE;
    buf_add_cstr(&seed, "AWS4");
    buf_add(&seed, secret_access_key);
    uint8_t step[SIGV4_KEY_BYTES];
    const struct sv chained = {(const char *)step, sizeof step};

    hmac_sha256(buf_sv(&seed), day_of(scope), step);
    hmac_sha256(chained, scope->region, key);
    hmac_sha256((struct sv){(const char *)key, SIGV4_KEY_BYTES}, scope->service, step);
    hmac_sha256(chained, SV("aws4_request"), key);

    secret_wipe(step, sizeof step);
    secret_wipe(seed.ptr, seed.len);
    buf_done(&seed);
}

void sigv4_signature(const uint8_t key[SIGV4_KEY_BYTES], struct sv string_to_sign,
                     char hex[SHA256_HEX_SIZE])
{
    uint8_t mac[SHA256_BYTES];
    hmac_sha256((struct sv){(const char *)key, SIGV4_KEY_BYTES}, string_to_sign, mac);
    hex_encode(mac, sizeof mac, hex);
}

void sigv4_authorization(const struct sigv4_request *request, const struct sigv4_scope *scope,
                         struct sv access_key_id, const uint8_t key[SIGV4_KEY_BYTES],
                         struct buf *out)
{
    AUTO(buf_done) struct buf canonical = BUF_NONE;
    AUTO(buf_done) struct buf to_sign = BUF_NONE;
    char signature[SHA256_HEX_SIZE];
    sigv4_canonical_request(request, &canonical);
    sigv4_string_to_sign(scope, buf_sv(&canonical), &to_sign);
    sigv4_signature(key, buf_sv(&to_sign), signature);
    secret_wipe(canonical.ptr, canonical.len); /* it holds the session token */

    buf_add_cstr(out, ALGORITHM " Credential=");
    buf_add(out, access_key_id);
    buf_add_char(out, '/');
    add_scope(out, scope);
    buf_add_cstr(out, ", SignedHeaders=");
    add_signed_headers(request, out);
    buf_add_cstr(out, ", Signature=");
    buf_add_cstr(out, signature);
}

void sigv4_presign_query(const struct sigv4_request *request, const struct sigv4_scope *scope,
                         struct sv access_key_id, struct sv session_token, int64_t expires_s,
                         struct buf *out)
{
    AUTO(buf_done) struct buf credential = BUF_NONE;
    AUTO(buf_done) struct buf names = BUF_NONE;
    buf_add(&credential, access_key_id);
    buf_add_char(&credential, '/');
    add_scope(&credential, scope);
    add_signed_headers(request, &names);

    buf_add(out, request->query);
    if (request->query.len > 0)
        buf_add_char(out, '&');
    buf_add_cstr(out, "X-Amz-Algorithm=" ALGORITHM "&X-Amz-Credential=");
    sigv4_uri_encode(out, buf_sv(&credential), false);
    buf_addf(out, "&X-Amz-Date=%s&X-Amz-SignedHeaders=", scope->amz_date);
    sigv4_uri_encode(out, buf_sv(&names), false);
    buf_addf(out, "&X-Amz-Expires=%lld", (long long)expires_s);
    if (session_token.len > 0) {
        buf_add_cstr(out, "&X-Amz-Security-Token=");
        sigv4_uri_encode(out, session_token, false);
    }
}
