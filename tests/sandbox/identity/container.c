#include "tests/sandbox/identity/container.h"

#include <stdio.h>

#include "core/base/digest.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "tests/sandbox/identity/platform.h"
#include "tests/sandbox/sandbox.h"

#define LASTS_S     21600
#define TOKEN_BYTES 32

struct container {
    struct platform platform;
    char relative_path[64];
    char token[2 * TOKEN_BYTES + 1];
};

/* --- options ---------------------------------------------------------------------------------- */

static void set_on(void *options, int64_t number)
{
    (void)options, (void)number; /* says nothing more than that the option is there */
}

static void set_slow(void *options, int64_t number)
{
    ((struct container_options *)options)->slow_ms = number;
}

static void set_lasts(void *options, int64_t number)
{
    ((struct container_options *)options)->lasts_s = number;
}

bool container_options_parse(struct sv text, struct container_options *options)
{
    static const struct platform_word words[] = {
        {"on", false, set_on}, {"slow", true, set_slow}, {"lasts", true, set_lasts}};
    *options = (struct container_options){.is_on = true, .lasts_s = LASTS_S};
    return platform_words(text, words, ARRAY_LEN(words), options);
}

struct container *container_new(const struct container_options *options)
{
    struct container *c = mem_new(struct container);
    char uuid[OS_UUID_SIZE];
    uint8_t bytes[TOKEN_BYTES];
    os_uuid4(uuid);
    os_random(bytes, sizeof bytes);
    snprintf(c->relative_path, sizeof c->relative_path, "/v2/credentials/%s", uuid);
    hex_encode(bytes, sizeof bytes, c->token);
    c->platform = (struct platform){
        .role = ROLE_TASK, .session_name = "watchdeck-task", .lasts_s = options->lasts_s};
    return c;
}

void container_free(struct container *container)
{
    mem_free(container);
}

const char *container_relative_path(const struct container *container)
{
    return container->relative_path;
}

const char *container_token(const struct container *container)
{
    return container->token;
}

/* --- answers ---------------------------------------------------------------------------------- */

static void refuse(struct http_response *response, int status, const char *code,
                   const char *message)
{
    struct json_writer w = {.out = &response->body};
    response->status = status;
    jw_object(&w);
    jw_string_at(&w, "code", sv_of(code));
    jw_string_at(&w, "message", sv_of(message));
    jw_object_end(&w);
}

static void answer_credentials(struct sandbox *sandbox, struct http_response *response)
{
    struct platform *platform = &sandbox->container->platform;
    struct json_writer w = {.out = &response->body};
    const struct principal *session =
        platform_session(platform, sandbox->iam, sandbox_clock_ms(sandbox));
    response->status = 200;
    jw_object(&w);
    platform_write(&w, platform, session, sandbox->advanced_ms);
    jw_string_at(&w, "AccountId", sv_of(session->account_id));
    jw_object_end(&w);
}

void container_answer(struct sandbox *sandbox, const struct http_request *request,
                      struct http_response *response)
{
    const struct container *c = sandbox->container;
    bool is_full = sv_eq_cstr(http_path(request), CONTAINER_FULL_PATH);
    response->content_type = "application/json";
    if (!sv_eq_cstr(request->method, "GET"))
        refuse(response, 405, "MethodNotAllowed", "credentials are read by GET");
    else if (!is_full && !sv_eq_cstr(http_path(request), c->relative_path))
        refuse(response, 404, "InvalidIdInRequest", "Credentials not found");
    else if (is_full && !sv_eq_cstr(http_header(request, "Authorization"), c->token))
        refuse(response, 401, "AccessDenied", "Invalid authorization token");
    else
        answer_credentials(sandbox, response);
}
