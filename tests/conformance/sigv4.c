/*
 * sigv4 DIR: a folder for each case; each stage of the header and of the query form is compared
 * with the file that holds it, and so is the signed request, line by line: its headers may stand in
 * another order.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/aws/wire/sigv4.h"
#include "core/base/json.h"
#include "core/base/os.h"
#include "core/base/vec.h"
#include "tests/conformance/driver.h"

#define FILE_MAX_BYTES ((size_t)1 << 20)

struct sigv4_case {
    char folder[512];
    struct buf text; /* of the request; what request points to */
    struct sigv4_request request;
    VEC(struct sigv4_header) headers;
    cJSON *context;
    struct sigv4_scope scope;
    struct sv access_key_id, token;
    bool token_is_added_later;
    uint8_t key[SIGV4_KEY_BYTES];
    char body_sha256[SHA256_HEX_SIZE];
};

static bool read_case_file(const struct sigv4_case *c, const char *name, struct buf *out)
{
    char path[640];
    snprintf(path, sizeof path, "%s/%s", c->folder, name);
    return os_read_file(path, FILE_MAX_BYTES, out, NULL) == OK;
}

static void add_header(struct sigv4_case *c, struct sv name, struct sv value)
{
    struct sigv4_header header = {name, value};
    vec_push(&c->headers, header);
}

/* "GET /a b?q HTTP/1.1": the target may hold blanks, so the line is cut at both ends. */
static void parse_request_line(struct sigv4_case *c, struct sv line)
{
    c->request.method = sv_split(&line, ' ');
    if (sv_ends(line, SV(" HTTP/1.1")))
        line.len -= sizeof " HTTP/1.1" - 1;
    c->request.path = sv_split(&line, '?');
    c->request.query = line;
}

static void parse_request(struct sigv4_case *c)
{
    struct sv rest = buf_sv(&c->text);
    parse_request_line(c, sv_trim(sv_split(&rest, '\n')));
    while (rest.len > 0) {
        struct sv line = sv_split(&rest, '\n');
        if (sv_trim(line).len == 0)
            break;
        if ((line.ptr[0] == ' ' || line.ptr[0] == '\t') && c->headers.len > 0) {
            struct sv *value = &vec_last(&c->headers).value;
            value->len = (size_t)(line.ptr + line.len - value->ptr);
            continue;
        }
        struct sv name = sv_split(&line, ':');
        add_header(c, name, line);
    }
    c->request.body = rest;
}

static void read_context(struct sigv4_case *c)
{
    const cJSON *credentials = json_get(c->context, "credentials");
    int64_t at_ms = 0;
    clock_parse_iso8601(json_sv(c->context, "timestamp"), &at_ms);
    clock_amz_date(at_ms, c->scope.amz_date);
    c->scope.region = json_sv(c->context, "region");
    c->scope.service = json_sv(c->context, "service");
    c->access_key_id = json_sv(credentials, "access_key_id");
    c->token = json_sv(credentials, "token");
    c->token_is_added_later = json_bool(c->context, "omit_session_token", false);
    c->request.keep_path = !json_bool(c->context, "normalize", true);
    sigv4_signing_key(json_sv(credentials, "secret_access_key"), &c->scope, c->key);
}

static bool open_case(struct sigv4_case *c, const char *folder)
{
    *c = (struct sigv4_case){0};
    str_copy(c->folder, folder);
    AUTO(buf_done) struct buf context = BUF_NONE;
    if (!read_case_file(c, "request.txt", &c->text) ||
        !read_case_file(c, "context.json", &context) ||
        json_parse(buf_sv(&context), "context.json", &c->context, NULL) != OK)
        return false;
    parse_request(c);
    read_context(c);
    return true;
}

static void close_case(struct sigv4_case *c)
{
    buf_done(&c->text);
    vec_free(&c->headers);
    json_free(c->context);
}

/* Compares with the file of the case; blanks at the end of either do not count. */
static bool stage_matches(const struct sigv4_case *c, const char *form, const char *stage,
                          struct sv ours, const char **failed)
{
    char name[64];
    snprintf(name, sizeof name, "%s-%s.txt", form, stage);
    AUTO(buf_done) struct buf expected = BUF_NONE;
    if (read_case_file(c, name, &expected) && sv_eq(sv_trim(buf_sv(&expected)), sv_trim(ours)))
        return true;
    *failed = stage;
    return false;
}

/* The first three stages; hex receives the signature. */
static bool check_stages(struct sigv4_case *c, const char *form, char hex[SHA256_HEX_SIZE],
                         const char **failed)
{
    AUTO(buf_done) struct buf canonical = BUF_NONE;
    AUTO(buf_done) struct buf to_sign = BUF_NONE;
    c->request.headers = c->headers.ptr;
    c->request.n_headers = c->headers.len;
    sigv4_canonical_request(&c->request, &canonical);
    sigv4_string_to_sign(&c->scope, buf_sv(&canonical), &to_sign);
    sigv4_signature(c->key, buf_sv(&to_sign), hex);
    return stage_matches(c, form, "canonical-request", buf_sv(&canonical), failed) &&
           stage_matches(c, form, "string-to-sign", buf_sv(&to_sign), failed) &&
           stage_matches(c, form, "signature", sv_of(hex), failed);
}

static bool has_line(struct sv text, struct sv wanted)
{
    while (text.len > 0) {
        if (sv_eq_nocase(sv_trim(sv_split(&text, '\n')), wanted))
            return true;
    }
    return false;
}

/* Takes the head off *text: up to the first line that is empty. */
static struct sv split_head(struct sv *text)
{
    struct sv head = {text->ptr, 0};

    while (text->len > 0) {
        struct sv line = sv_split(text, '\n');
        if (sv_trim(line).len == 0)
            break;
        head.len = (size_t)(line.ptr + line.len - head.ptr);
    }
    return head;
}

/* Each line of one is a line of the other, and there are as many bytes. */
static bool same_lines(struct sv a, struct sv b)
{
    bool same = a.len == b.len;

    for (struct sv rest = a; same && rest.len > 0;)
        same = has_line(b, sv_trim(sv_split(&rest, '\n')));
    for (struct sv rest = b; same && rest.len > 0;)
        same = has_line(a, sv_trim(sv_split(&rest, '\n')));
    return same;
}

/* first: the request line; added: what signing adds to the headers, in lines that end. */
static bool signed_request_matches(const struct sigv4_case *c, const char *form, struct sv first,
                                   struct sv added, const char **failed)
{
    AUTO(buf_done) struct buf expected = BUF_NONE;
    AUTO(buf_done) struct buf ours = BUF_NONE;
    struct sv body = buf_sv(&c->text), sent = split_head(&body), expected_body;
    char name[64];

    snprintf(name, sizeof name, "%s-signed-request.txt", form);
    sv_split(&sent, '\n');
    buf_addf(&ours, SV_FMT "\n" SV_FMT SV_FMT "%s", SV_ARG(first), SV_ARG(added), SV_ARG(sent),
             sent.len > 0 ? "\n" : "");
    *failed = "signed-request";
    if (!read_case_file(c, name, &expected))
        return false;
    expected_body = buf_sv(&expected);
    struct sv head = split_head(&expected_body);
    return same_lines(head, sv_trim(buf_sv(&ours))) &&
           sv_eq(sv_trim(head.len > 0 ? sv_split(&head, '\n') : SV_NONE), first) &&
           sv_eq(sv_trim(expected_body), sv_trim(body));
}

static void add_header_line(struct buf *lines, const char *name, struct sv value)
{
    if (value.len > 0)
        buf_addf(lines, "%s:" SV_FMT "\n", name, SV_ARG(value));
}

static bool check_header_form(struct sigv4_case *c, const char **failed)
{
    size_t n_sent = c->headers.len;
    add_header(c, SV("X-Amz-Date"), sv_of(c->scope.amz_date));
    if (c->token.len > 0 && !c->token_is_added_later)
        add_header(c, SV("X-Amz-Security-Token"), c->token);
    if (json_bool(c->context, "sign_body", false)) {
        sha256_hex(c->request.body, c->body_sha256);
        add_header(c, SV("x-amz-content-sha256"), sv_of(c->body_sha256));
    }
    char hex[SHA256_HEX_SIZE];
    bool good = check_stages(c, "header", hex, failed);

    AUTO(buf_done) struct buf added = BUF_NONE;
    struct sv text = buf_sv(&c->text);
    add_header_line(&added, "X-Amz-Date", sv_of(c->scope.amz_date));
    add_header_line(&added, "X-Amz-Security-Token", c->token);
    add_header_line(&added, "x-amz-content-sha256", sv_of(c->body_sha256));
    buf_add_cstr(&added, "Authorization:");
    sigv4_authorization(&c->request, &c->scope, c->access_key_id, c->key, &added);
    buf_add_char(&added, '\n');
    good = good && signed_request_matches(c, "header", sv_trim(sv_split(&text, '\n')),
                                          buf_sv(&added), failed);
    c->headers.len = n_sent;
    return good;
}

static bool check_query_form(struct sigv4_case *c, const char **failed)
{
    AUTO(buf_done) struct buf query = BUF_NONE;
    c->request.headers = c->headers.ptr;
    c->request.n_headers = c->headers.len;
    struct sv signed_token = c->token_is_added_later ? SV_NONE : c->token;
    sigv4_presign_query(&c->request, &c->scope, c->access_key_id, signed_token,
                        json_i64(c->context, "expiration_in_seconds", 0), &query);
    c->request.query = buf_sv(&query);
    char hex[SHA256_HEX_SIZE];
    if (!check_stages(c, "query", hex, failed))
        return false;

    if (c->token_is_added_later) {
        buf_add_cstr(&query, "&X-Amz-Security-Token=");
        sigv4_uri_encode(&query, c->token, false);
    }
    AUTO(buf_done) struct buf first = BUF_NONE;
    buf_addf(&first, SV_FMT " " SV_FMT "?" SV_FMT "&X-Amz-Signature=%s HTTP/1.1",
             SV_ARG(c->request.method), SV_ARG(c->request.path), SV_ARG(buf_sv(&query)), hex);
    return signed_request_matches(c, "query", buf_sv(&first), SV_NONE, failed);
}

static void run_case(const char *folder, const char *id, struct tally *tally)
{
    struct sigv4_case c;
    const char *failed = "";
    if (!open_case(&c, folder))
        case_fail(tally, id, "request.txt or context.json cannot be read");
    else if (!check_header_form(&c, &failed))
        case_fail(tally, id, "header form: %s", failed);
    else if (!check_query_form(&c, &failed))
        case_fail(tally, id, "query form: %s", failed);
    else
        case_ok(tally, id);
    close_case(&c);
}

void driver_sigv4(const char *path, struct tally *tally)
{
    struct dirent **entries = NULL;
    int n_entries = scandir(path, &entries, NULL, alphasort);
    if (n_entries < 0)
        case_fail(tally, path, "cannot be read");
    for (int i = 0; i < n_entries; i++) {
        char folder[512];
        snprintf(folder, sizeof folder, "%s/%s", path, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.')
            run_case(folder, entries[i]->d_name, tally);
        free(entries[i]);
    }
    free(entries);
}
