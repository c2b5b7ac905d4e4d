#include "tests/sandbox/identity/sso_control.h"

#include <stddef.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/sandbox/identity/sso_page.h"

#define SECONDS_MAX 315360000 /* ten years */

static const struct {
    const char *name;
    size_t offset;
} settings[] = {
    {"client_s", offsetof(struct sso_settings, client_s)},
    {"code_s", offsetof(struct sso_settings, code_s)},
    {"interval_s", offsetof(struct sso_settings, interval_s)},
    {"token_s", offsetof(struct sso_settings, token_s)},
    {"session_s", offsetof(struct sso_settings, session_s)},
    {"role_s", offsetof(struct sso_settings, role_s)},
};

static int64_t *setting(struct sso *sso, size_t i)
{
    return (int64_t *)((char *)sso_settings(sso) + settings[i].offset);
}

void sso_control_get(struct sandbox *sandbox, struct sv body, struct http_response *response)
{
    struct json_writer w = {.out = &response->body};
    int64_t now_ms = sandbox_clock_ms(sandbox);
    const struct sso_device *device;
    (void)body;
    response->status = 200;
    jw_object(&w);
    jw_key(&w, "pending");
    jw_array(&w);
    for (size_t i = 0; (device = sso_pending(sandbox->sso, i, now_ms)) != NULL; i++)
        jw_string(&w, sv_of(device->user_code));
    jw_array_end(&w);
    jw_i64_at(&w, "sessions", (int64_t)sso_n_sessions(sandbox->sso, now_ms));
    for (size_t i = 0; i < ARRAY_LEN(settings); i++)
        jw_i64_at(&w, settings[i].name, *setting(sandbox->sso, i));
    jw_object_end(&w);
}

/* --- changes ---------------------------------------------------------------------------------- */

static bool decide(struct sandbox *sandbox, const cJSON *tree, struct http_response *response)
{
    struct sso_device *device = sso_device_of_user(sandbox->sso, json_sv(tree, "user_code"));
    if (!device || device->state != SSO_PENDING)
        control_refuse(response, 404, "no such code waits");
    else if (!sso_decide(device, json_sv(tree, "action")))
        control_refuse(response, 400, "the action is approve or deny");
    else
        return true;
    return false;
}

static size_t setting_named(const char *name)
{
    size_t i = 0;
    while (i < ARRAY_LEN(settings) && strcmp(settings[i].name, name) != 0)
        i++;
    return i;
}

static bool is_setting(const cJSON *item)
{
    return setting_named(item->string) < ARRAY_LEN(settings) && cJSON_IsNumber(item) &&
           item->valuedouble >= 0 && item->valuedouble <= SECONDS_MAX;
}

/* All of them or none. */
static bool set(struct sandbox *sandbox, const cJSON *tree, struct http_response *response)
{
    const cJSON *item;
    bool fits = cJSON_IsObject(tree) && tree->child;
    cJSON_ArrayForEach (item, tree)
        fits = fits && is_setting(item);
    if (!fits) {
        control_refuse(
            response, 400,
            "expected a user_code with an action, the action revoke, or settings in seconds: "
            "client_s, code_s, interval_s, token_s, session_s, role_s");
        return false;
    }
    cJSON_ArrayForEach (item, tree)
        *setting(sandbox->sso, setting_named(item->string)) = (int64_t)item->valuedouble;
    return true;
}

static bool change(struct sandbox *sandbox, const cJSON *tree, struct http_response *response)
{
    if (json_get(tree, "user_code"))
        return decide(sandbox, tree, response);
    if (!sv_eq_cstr(json_sv(tree, "action"), "revoke"))
        return set(sandbox, tree, response);
    sso_revoke_all(sandbox->sso);
    return true;
}

void sso_control_post(struct sandbox *sandbox, struct sv body, struct http_response *response)
{
    AUTO(json_free_at) cJSON *tree = NULL;
    struct err err = ERR_NONE;
    if (json_parse(body, "sso", &tree, &err) != OK)
        control_refuse(response, 400, err.message);
    else if (change(sandbox, tree, response))
        sso_control_get(sandbox, SV_NONE, response);
}
