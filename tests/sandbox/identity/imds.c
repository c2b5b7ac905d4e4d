#include "tests/sandbox/identity/imds.h"

#include <string.h>

#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "core/base/vec.h"
#include "tests/sandbox/identity/platform.h"
#include "tests/sandbox/sandbox.h"

#define INSTANCE_ID "i-0a1b2c3d4e5f60718"
#define LASTS_S     21600
#define TOKEN_MAX_S 21600
#define TOKEN_BYTES 20

struct token {
    char text[2 * TOKEN_BYTES + 1];
    int64_t expires_at_ms;
};

struct imds {
    struct imds_options options;
    struct platform platform;
    VEC(struct token) tokens;
};

/* One request on its way. */
struct turn {
    struct imds *imds;
    struct sandbox *sandbox;
    const struct http_request *request;
    struct http_response *response;
    int64_t now_ms;
};

/* --- options ---------------------------------------------------------------------------------- */

static void set_on(void *options, int64_t number)
{
    (void)options, (void)number; /* says nothing more than that the option is there */
}

static void set_v1(void *options, int64_t number)
{
    (void)number;
    ((struct imds_options *)options)->no_v2 = true;
}

static void set_v2(void *options, int64_t number)
{
    (void)number;
    ((struct imds_options *)options)->no_v1 = true;
}

static void set_norole(void *options, int64_t number)
{
    (void)number;
    ((struct imds_options *)options)->has_no_role = true;
}

static void set_slow(void *options, int64_t number)
{
    ((struct imds_options *)options)->slow_ms = number;
}

static void set_lasts(void *options, int64_t number)
{
    ((struct imds_options *)options)->lasts_s = number;
}

bool imds_options_parse(struct sv text, struct imds_options *options)
{
    static const struct platform_word words[] = {
        {"on", false, set_on},         {"v1", false, set_v1},    {"v2", false, set_v2},
        {"norole", false, set_norole}, {"slow", true, set_slow}, {"lasts", true, set_lasts},
    };
    *options = (struct imds_options){.is_on = true, .lasts_s = LASTS_S};
    return platform_words(text, words, ARRAY_LEN(words), options) &&
           !(options->no_v1 && options->no_v2);
}

struct imds *imds_new(const struct imds_options *options)
{
    struct imds *imds = mem_new(struct imds);
    imds->platform = (struct platform){.role = ROLE_INSTANCE, .session_name = INSTANCE_ID};
    imds_set(imds, options);
    return imds;
}

void imds_free(struct imds *imds)
{
    if (imds)
        vec_free(&imds->tokens);
    mem_free(imds);
}

void imds_set(struct imds *imds, const struct imds_options *options)
{
    imds->options = *options;
    imds->platform.lasts_s = options->lasts_s;
}

/* --- answers ---------------------------------------------------------------------------------- */

static void answer_text(struct turn *t, int status, const char *text)
{
    t->response->status = status;
    t->response->content_type = "text/plain";
    buf_add_cstr(&t->response->body, text);
}

static void put_token(struct turn *t)
{
    struct sv ttl = http_header(t->request, "X-aws-ec2-metadata-token-ttl-seconds");
    struct token token;
    uint8_t bytes[TOKEN_BYTES];
    int64_t ttl_s;
    if (t->imds->options.no_v2) {
        answer_text(t, 404, "");
    } else if (http_header(t->request, "X-Forwarded-For").ptr) {
        answer_text(t, 403, ""); /* it has come through a proxy */
    } else if (!sv_to_i64(ttl, &ttl_s) || ttl_s < 1 || ttl_s > TOKEN_MAX_S) {
        answer_text(t, 400, "");
    } else {
        os_random(bytes, sizeof bytes);
        hex_encode(bytes, sizeof bytes, token.text);
        token.expires_at_ms = t->now_ms + ttl_s * 1000;
        vec_push(&t->imds->tokens, token);
        answer_text(t, 200, token.text);
    }
}

static bool is_allowed(const struct turn *t)
{
    struct sv sent = http_header(t->request, "X-aws-ec2-metadata-token");
    if (!sent.ptr || t->imds->options.no_v2)
        return !t->imds->options.no_v1;
    for (size_t i = 0; i < t->imds->tokens.len; i++)
        if (sv_eq_cstr(sent, t->imds->tokens.ptr[i].text))
            return t->now_ms < t->imds->tokens.ptr[i].expires_at_ms;
    return false;
}

static void get_role(struct turn *t)
{
    answer_text(t, t->imds->options.has_no_role ? 404 : 200,
                t->imds->options.has_no_role ? "" : ROLE_INSTANCE);
}

static void get_credentials(struct turn *t)
{
    struct json_writer w = {.out = &t->response->body};
    char updated[CLOCK_ISO_SIZE];
    if (t->imds->options.has_no_role) {
        answer_text(t, 404, "");
        return;
    }
    const struct principal *session =
        platform_session(&t->imds->platform, t->sandbox->iam, t->now_ms);
    clock_iso8601(t->imds->platform.made_at_ms - t->sandbox->advanced_ms, false, updated);
    answer_text(t, 200, "");
    jw_object(&w);
    jw_string_at(&w, "Code", SV("Success"));
    jw_string_at(&w, "LastUpdated", sv_of(updated));
    jw_string_at(&w, "Type", SV("AWS-HMAC"));
    platform_write(&w, &t->imds->platform, session, t->sandbox->advanced_ms);
    jw_object_end(&w);
}

static void get_instance_id(struct turn *t)
{
    answer_text(t, 200, INSTANCE_ID);
}

static void get_region(struct turn *t)
{
    answer_text(t, 200, world_region(t->sandbox->world, 0));
}

static void get_zone(struct turn *t)
{
    get_region(t);
    buf_add_char(&t->response->body, 'a');
}

static void get_document(struct turn *t)
{
    struct json_writer w = {.out = &t->response->body};
    answer_text(t, 200, "");
    jw_object(&w);
    jw_string_at(&w, "accountId", sv_of(world_management_account(t->sandbox->world)));
    jw_string_at(&w, "instanceId", SV(INSTANCE_ID));
    jw_string_at(&w, "region", sv_of(world_region(t->sandbox->world, 0)));
    jw_object_end(&w);
}

static const struct {
    const char *path; /* behind "/latest/", with or without a slash at its end */
    void (*get)(struct turn *t);
} table[] = {
    {"meta-data/iam/security-credentials", get_role},
    {"meta-data/iam/security-credentials/" ROLE_INSTANCE, get_credentials},
    {"meta-data/instance-id", get_instance_id},
    {"meta-data/placement/region", get_region},
    {"meta-data/placement/availability-zone", get_zone},
    {"dynamic/instance-identity/document", get_document},
};

static void get(struct turn *t, struct sv path)
{
    if (!is_allowed(t)) {
        answer_text(t, 401, "");
        return;
    }
    if (sv_ends(path, SV("/")))
        path.len--;
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        if (sv_eq_cstr(path, table[i].path)) {
            table[i].get(t);
            return;
        }
    answer_text(t, 404, "");
}

void imds_answer(struct sandbox *sandbox, const struct http_request *request,
                 struct http_response *response)
{
    struct turn t = {.imds = sandbox->imds,
                     .sandbox = sandbox,
                     .request = request,
                     .response = response,
                     .now_ms = sandbox_clock_ms(sandbox)};
    struct sv path = http_path(request);
    if (!sv_starts(path, SV("/latest/"))) {
        answer_text(&t, 404, "");
        return;
    }
    path = (struct sv){path.ptr + strlen("/latest/"), path.len - strlen("/latest/")};
    if (sv_eq_cstr(request->method, "GET"))
        get(&t, path);
    else if (sv_eq_cstr(request->method, "PUT") && sv_eq_cstr(path, "api/token"))
        put_token(&t);
    else
        answer_text(&t, 405, "");
}
