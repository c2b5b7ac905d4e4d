/* watchdeck-sandbox: builds the world, opens the server, says where, serves. */
#include <stdio.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "tests/sandbox/options.h"
#include "tests/sandbox/sandbox.h"
#include "tests/sandbox/wire/api.h"
#include "tests/sandbox/wire/server.h"

static int fail(const struct err *err)
{
    char line[600];
    err_describe(err, line, sizeof line);
    fprintf(stderr, "watchdeck-sandbox: %s\n", line);
    return err_exit_status(err->code);
}

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
                                        [TRUST_WEB_IDENTITY] = "web_identity"};
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

/* The one line on stdout; the first principal's keys stand for the sandbox's. */
static bool announce(const struct sandbox *sandbox, const char *url)
{
    AUTO(buf_done) struct buf line = BUF_NONE;
    AUTO(buf_done) struct buf control = BUF_NONE;
    struct json_writer w = {.out = &line};
    const struct principal *first = iam_user(sandbox->iam, 0);
    buf_addf(&control, "%s" CONTROL_PREFIX "%s", url, sandbox->control_token);
    jw_object(&w);
    jw_string_at(&w, "endpoint", sv_of(url));
    jw_string_at(&w, "access_key_id", sv_of(first->access_key_id));
    jw_string_at(&w, "secret_access_key", sv_of(first->secret_access_key));
    jw_string_at(&w, "management_account", sv_of(world_management_account(sandbox->world)));
    jw_string_at(&w, "region", sv_of(world_region(sandbox->world, 0)));
    jw_string_at(&w, "control", buf_sv(&control));
    write_principals(&w, sandbox->iam);
    write_roles(&w, sandbox->iam);
    write_sso(&w, sandbox->sso);
    jw_object_end(&w);
    buf_add_char(&line, '\n');
    return fwrite(line.ptr, 1, line.len, stdout) == line.len && fflush(stdout) == 0;
}

static enum err_code serve(const struct options *options, struct err *err)
{
    AUTO(sandbox_done) struct sandbox sandbox = {0};
    AUTO(tls_identity_done) struct tls_identity tls = {0};
    struct server *server;
    enum err_code code = sandbox_init(&sandbox, options, err);
    if (code == OK && options->tls_dir)
        code = tls_make(options->tls_dir, &tls, err);
    if (code != OK)
        return code;
    const struct server_options server_options = {
        .address = options->address,
        .port = options->port,
        .latency_ms = options->latency_ms,
        .tls = options->tls_dir ? &tls : NULL,
        .parent_fd = options->parent_fd,
    };
    code = server_new(&server_options, &sandbox, &server, err);
    if (code != OK)
        return code;
    str_copy(sandbox.url, server_url(server));
    if (announce(&sandbox, server_url(server)))
        server_run(server);
    else
        code = err_set_errno(err, "stdout", "cannot write");
    server_free(server);
    return code;
}

static void print_operations(void)
{
    for (size_t i = 0; i < n_sandbox_services; i++)
        for (size_t k = 0; k < sandbox_services[i]->n_routes; k++)
            printf("%s:%s\n", sandbox_services[i]->service,
                   sandbox_services[i]->routes[k].operation);
}

static void print(enum options_task task)
{
    switch (task) {
    case TASK_HELP:
        fputs(options_help, stdout);
        break;
    case TASK_VERSION:
        puts("watchdeck-sandbox " WATCHDECK_VERSION);
        break;
    case TASK_RULES:
        world_print_rules(stdout);
        break;
    case TASK_OPERATIONS:
        print_operations();
        break;
    case TASK_SERVE:
        break;
    }
}

int main(int argc, char **argv)
{
    struct options options;
    struct err err = ERR_NONE;
    os_harden_process();
    if (options_parse(argc, argv, &options, &err) != OK) {
        fail(&err);
        fputs("watchdeck-sandbox: see --help\n", stderr);
        return 2;
    }
    if (options.task != TASK_SERVE) {
        print(options.task);
        return 0;
    }
    api_load();
    enum err_code code = serve(&options, &err);
    api_unload();
    return code == OK ? 0 : fail(&err);
}
