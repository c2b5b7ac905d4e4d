#include "tests/sandbox/ready.h"

#include <stdio.h>

#include "core/base/json.h"
#include "core/base/mem.h"

static void write_mfa(struct json_writer *w, const struct mfa_device *device)
{
    char secret[MFA_BASE32_SIZE];
    mfa_secret(device, secret);
    jw_string_at(w, "mfa_serial", sv_of(device->serial));
    jw_string_at(w, "mfa_secret", sv_of(secret));
}

static void write_principals(struct json_writer *w, struct iam *iam)
{
    jw_key(w, "principals");
    jw_array(w);
    for (size_t i = 0; i < iam_n_users(iam); i++) {
        const struct principal *p = iam_user(iam, i);
        jw_object(w);
        jw_string_at(w, "name", sv_of(p->name));
        jw_string_at(w, "access_key_id", sv_of(p->access_key_id));
        jw_string_at(w, "secret_access_key", sv_of(p->secret_access_key));
        jw_string_at(w, "may", sv_of(p->may));
        write_mfa(w, iam_mfa(iam, p));
        jw_object_end(w);
    }
    jw_array_end(w);
}

/* The roles of the management account, and what they want. */
static void write_roles(struct json_writer *w, const struct iam *iam)
{
    static const char *const needs[] = {[TRUST_MANAGEMENT] = "",
                                        [TRUST_MFA] = "mfa",
                                        [TRUST_EXTERNAL_ID] = "external_id",
                                        [TRUST_WEB_IDENTITY] = "web_identity",
                                        [TRUST_SERVICE] = "service"};
    char arn[128];
    jw_key(w, "roles");
    jw_array(w);
    for (size_t i = 0; i < iam_n_roles(); i++) {
        const struct role *role = iam_role_at(i);
        if (!role->in_management)
            continue;
        snprintf(arn, sizeof arn, "arn:aws:iam::%s:role/%s", iam_management_account(iam),
                 role->name);
        jw_object(w);
        jw_string_at(w, "arn", sv_of(arn));
        jw_string_at(w, "needs", sv_of(needs[role->trust]));
        if (role->external_id)
            jw_string_at(w, "external_id", sv_of(role->external_id));
        jw_object_end(w);
    }
    jw_array_end(w);
}

static void write_sso(struct json_writer *w, const struct sso *sso)
{
    jw_key(w, "sso");
    jw_object(w);
    jw_string_at(w, "start_url", sv_of(sso_start_url(sso)));
    jw_string_at(w, "region", sv_of(sso_region(sso)));
    jw_key(w, "roles");
    jw_array(w);
    for (size_t i = 0; i < iam_n_permission_sets(); i++)
        jw_string(w, sv_of(iam_permission_set(i)->name));
    jw_array_end(w);
    jw_object_end(w);
}

/* What is there when an option asks for it. */
static void write_doors(struct json_writer *w, const struct run *run)
{
    const struct container *container = run->sandbox.container;
    AUTO(buf_done) struct buf full = BUF_NONE;
    if (run->imds) {
        jw_key(w, "imds");
        jw_object(w);
        jw_string_at(w, "endpoint", sv_of(server_url(run->imds)));
        jw_object_end(w);
    }
    if (run->container) {
        buf_addf(&full, "%s" CONTAINER_FULL_PATH, server_url(run->container));
        jw_key(w, "container");
        jw_object(w);
        jw_string_at(w, "endpoint", sv_of(server_url(run->container)));
        jw_string_at(w, "relative_uri", sv_of(container_relative_path(container)));
        jw_string_at(w, "full_uri", buf_sv(&full));
        jw_string_at(w, "token", sv_of(container_token(container)));
        jw_object_end(w);
    }
    if (run->proxy) {
        jw_key(w, "proxy");
        jw_object(w);
        jw_string_at(w, "url", sv_of(proxy_url(run->proxy)));
        jw_object_end(w);
    }
}

/* The first principal's keys stand for the sandbox's. */
void ready_write(struct buf *line, const struct run *run)
{
    AUTO(buf_done) struct buf control = BUF_NONE;
    struct json_writer w = {.out = line};
    const struct sandbox *sandbox = &run->sandbox;
    const struct principal *first = iam_user(sandbox->iam, 0);
    buf_addf(&control, "%s" CONTROL_PREFIX "%s", sandbox->url, sandbox->control_token);
    jw_object(&w);
    jw_string_at(&w, "endpoint", sv_of(sandbox->url));
    jw_string_at(&w, "access_key_id", sv_of(first->access_key_id));
    jw_string_at(&w, "secret_access_key", sv_of(first->secret_access_key));
    jw_string_at(&w, "management_account", sv_of(world_management_account(sandbox->world)));
    jw_string_at(&w, "region", sv_of(world_region(sandbox->world, 0)));
    jw_string_at(&w, "control", buf_sv(&control));
    write_principals(&w, sandbox->iam);
    write_roles(&w, sandbox->iam);
    write_sso(&w, sandbox->sso);
    write_doors(&w, run);
    jw_object_end(&w);
    buf_add_char(line, '\n');
}
