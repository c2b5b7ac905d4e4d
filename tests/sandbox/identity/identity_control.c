#include "tests/sandbox/identity/identity_control.h"

#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/sandbox/identity/mfa.h"
#include "tests/sandbox/identity/web_identity.h"

#define LIFETIME_S 3600

/* NULL with the refusal in response. */
static cJSON *parse(struct sv body, struct http_response *response)
{
    struct err err = ERR_NONE;
    cJSON *tree;
    if (json_parse(body, "body", &tree, &err) == OK)
        return tree;
    control_refuse(response, 400, err.message);
    return NULL;
}

static struct mfa_device *device_of(const struct sandbox *sandbox, struct sv user)
{
    for (size_t i = 0; i < iam_n_users(sandbox->iam); i++)
        if (sv_eq_cstr(user, iam_user(sandbox->iam, i)->name))
            return iam_mfa(sandbox->iam, iam_user(sandbox->iam, i));
    return NULL;
}

void mfa_control_post(struct sandbox *sandbox, struct sv body, struct http_response *response)
{
    AUTO(json_free_at) cJSON *tree = parse(body, response);
    struct json_writer w = {.out = &response->body};
    const struct mfa_device *device = device_of(sandbox, json_sv(tree, "user"));
    char code[MFA_CODE_SIZE];
    if (!tree)
        return;
    if (!device) {
        control_refuse(response, 404, "no user of that name");
    } else if (!mfa_next(device, sandbox_clock_ms(sandbox), code)) {
        control_refuse(response, 409, "the codes of this minute are used up: advance the clock");
    } else {
        response->status = 200;
        jw_object(&w);
        jw_string_at(&w, "serial", sv_of(device->serial));
        jw_string_at(&w, "code", sv_of(code));
        jw_object_end(&w);
    }
}

void web_identity_control_post(struct sandbox *sandbox, struct sv body,
                               struct http_response *response)
{
    AUTO(json_free_at) cJSON *tree = parse(body, response);
    AUTO(buf_done) struct buf token = BUF_NONE;
    struct json_writer w = {.out = &response->body};
    struct sv subject = json_sv(tree, "subject"), audience = json_sv(tree, "audience");
    struct web_identity identity = {.expires_at_s = sandbox_clock_ms(sandbox) / 1000 +
                                                    json_i64(tree, "lifetime_s", LIFETIME_S)};
    if (!tree)
        return;
    sv_copy(subject.ptr ? subject : SV("system:serviceaccount:ops:watchdeck"), identity.subject,
            sizeof identity.subject);
    sv_copy(audience.ptr ? audience : SV(WEB_IDENTITY_AUDIENCE), identity.audience,
            sizeof identity.audience);
    web_identity_write(&token, &identity);
    response->status = 200;
    jw_object(&w);
    jw_string_at(&w, "token", buf_sv(&token));
    jw_object_end(&w);
}

void imds_control_post(struct sandbox *sandbox, struct sv body, struct http_response *response)
{
    AUTO(json_free_at) cJSON *tree = parse(body, response);
    struct imds_options options;
    if (!tree)
        return;
    if (!sandbox->imds) {
        control_refuse(response, 409, "the sandbox runs without --imds");
    } else if (!imds_options_parse(json_sv(tree, "options"), &options)) {
        control_refuse(response, 400, "expected {\"options\": WORDS} with what --imds takes");
    } else {
        imds_set(sandbox->imds, &options);
        response->status = 200;
        buf_add_cstr(&response->body, "{}");
    }
}
