#include "tests/unit/sandbox/helper_request.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/digest.h"
#include "tests/sandbox/wire/signature.h"

static struct sv keep(struct raw_request *raw, struct sv text)
{
    return (struct sv){arena_strndup(&raw->arena, text.ptr ? text.ptr : "", text.len), text.len};
}

static void add_header(struct raw_request *raw, struct sv name, struct sv value)
{
    if (raw->request.n_headers == HEADERS_MAX)
        abort();
    raw->headers[raw->request.n_headers++] =
        (struct http_header){keep(raw, name), keep(raw, value)};
    raw->request.headers = raw->headers;
}

/* A line that begins with a blank belongs to the value before it. */
static void fold(struct raw_request *raw, struct sv line)
{
    AUTO(buf_done) struct buf value = BUF_NONE;
    struct http_header *last = &raw->headers[raw->request.n_headers - 1];
    buf_add(&value, last->value);
    buf_add_char(&value, '\n');
    buf_add(&value, line);
    last->value = keep(raw, buf_sv(&value));
}

void raw_request_parse(struct raw_request *raw, struct sv text)
{
    *raw = (struct raw_request){0};
    text = keep(raw, text);
    struct sv line = sv_trim(sv_split(&text, '\n'));
    raw->request.method = sv_split(&line, ' ');
    raw->request.target = line;
    raw->request.target.len -= sv_ends(line, SV(" HTTP/1.1")) ? strlen(" HTTP/1.1") : 0;
    while (text.len > 0) {
        line = sv_split(&text, '\n');
        if (sv_trim(line).len == 0)
            break;
        if (line.ptr[0] == ' ')
            fold(raw, line);
        else
            add_header(raw, sv_split(&line, ':'), line);
    }
    raw->request.body = text;
}

void raw_request_init(struct raw_request *raw, const char *method, const char *target,
                      const char *body)
{
    *raw = (struct raw_request){0};
    raw->request.method = keep(raw, sv_of(method));
    raw->request.target = keep(raw, sv_of(target));
    raw->request.body = keep(raw, sv_of(body));
}

void raw_request_header(struct raw_request *raw, const char *name, const char *value)
{
    add_header(raw, sv_of(name), sv_of(value));
}

void raw_request_replace(struct raw_request *raw, const char *name, const char *value)
{
    for (size_t i = 0; i < raw->request.n_headers; i++)
        if (sv_eq_nocase(raw->headers[i].name, sv_of(name)))
            raw->headers[i].value = keep(raw, sv_of(value));
}

void raw_request_done(struct raw_request *raw)
{
    arena_done(&raw->arena);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names of all headers, small and sorted, but for leave_out. */
static void list_headers(struct raw_request *raw, const char *leave_out, struct buf *list)
{
    char *names[HEADERS_MAX];
    size_t n = 0;
    for (size_t i = 0; i < raw->request.n_headers; i++) {
        struct sv name = raw->headers[i].name;
        if (leave_out && sv_eq_nocase(name, sv_of(leave_out)))
            continue;
        names[n] = arena_strndup(&raw->arena, name.ptr, name.len);
        for (char *c = names[n]; *c; c++)
            *c |= *c >= 'A' && *c <= 'Z' ? 32 : 0;
        n++;
    }
    qsort(names, n, sizeof *names, compare_names);
    for (size_t i = 0; i < n; i++)
        buf_addf(list, "%s%s", i > 0 ? ";" : "", names[i]);
}

void raw_request_sign(struct raw_request *raw, const struct signing *signing)
{
    AUTO(buf_done) struct buf signed_headers = BUF_NONE;
    AUTO(buf_done) struct buf credential = BUF_NONE;
    AUTO(buf_done) struct buf header = BUF_NONE;
    const struct principal *who = signing->who;
    const char *region = signing->region ? signing->region : "us-east-1";
    const char *end = signing->scope_end ? signing->scope_end : "aws4_request";
    char date[CLOCK_ISO_SIZE], hex[SHA256_HEX_SIZE];
    uint8_t key[SHA256_BYTES];

    clock_amz_date(signing->at_ms ? signing->at_ms : clock_wall_ms(), date);
    raw_request_header(raw, "X-Amz-Date", date);
    if (who->session_token)
        raw_request_header(raw, "X-Amz-Security-Token", who->session_token);
    list_headers(raw, signing->leave_out, &signed_headers);
    buf_addf(&credential, "%s/%.8s/%s/%s/%s", who->access_key_id, date, region, signing->service,
             end);
    struct signature s = {.date = {date, 8},
                          .region = sv_of(region),
                          .service = sv_of(signing->service),
                          .terminator = sv_of(end),
                          .signed_headers = buf_sv(&signed_headers),
                          .amz_date = sv_of(date)};
    s.scope = sv_of(strchr(buf_cstr(&credential), '/') + 1);
    signature_key(sv_of(signing->secret ? signing->secret : who->secret_access_key), &s, key);
    signature_compute(&raw->request, &s, key, true, hex);
    buf_addf(&header, "AWS4-HMAC-SHA256 Credential=%s, SignedHeaders=%s, Signature=%s",
             buf_cstr(&credential), buf_cstr(&signed_headers), hex);
    raw_request_header(raw, "Authorization", buf_cstr(&header));
}

void raw_request_call(struct raw_request *raw, const struct signing *signing, const char *target,
                      const char *body)
{
    raw_request_init(raw, "POST", "/", body);
    raw_request_header(raw, "Host", "127.0.0.1:1");
    if (target) {
        raw_request_header(raw, "X-Amz-Target", target);
        raw_request_header(raw, "Content-Type", "application/x-amz-json-1.1");
    } else {
        raw_request_header(raw, "Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
    }
    raw_request_sign(raw, signing);
}
