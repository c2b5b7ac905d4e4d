/* watchdeck-sandbox: builds the world, opens the server, says where, serves. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

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

/* --- serving ---------------------------------------------------------------------------------- */

/* One run: the sandbox, and its doors on the one loop. */
struct run {
    struct sandbox sandbox;
    struct loop loop;
    struct tls_identity tls;
    struct server *endpoint, *imds, *container; /* NULL: not asked for */
};

static void run_done(struct run *run)
{
    server_free(run->endpoint);
    server_free(run->imds);
    server_free(run->container);
    tls_identity_done(&run->tls);
    sandbox_done(&run->sandbox);
    loop_done(&run->loop);
}

static void write_machine(struct json_writer *w, const struct run *run)
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
}

/* The one line on stdout; the first principal's keys stand for the sandbox's. */
static bool announce(const struct run *run)
{
    AUTO(buf_done) struct buf line = BUF_NONE;
    AUTO(buf_done) struct buf control = BUF_NONE;
    struct json_writer w = {.out = &line};
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
    write_machine(&w, run);
    jw_object_end(&w);
    buf_add_char(&line, '\n');
    return fwrite(line.ptr, 1, line.len, stdout) == line.len && fflush(stdout) == 0;
}

static enum err_code open_endpoint(struct run *run, const struct options *options, struct err *err)
{
    const struct server_options server = {
        .address = options->address,
        .port = options->port,
        .latency_ms = options->latency_ms,
        .tls = options->tls_dir ? &run->tls : NULL,
        .answer = sandbox_answer,
    };
    enum err_code code = server_new(&server, &run->loop, &run->sandbox, &run->endpoint, err);
    if (code == OK)
        str_copy(run->sandbox.url, server_url(run->endpoint));
    return code;
}

/* What is only there on a machine: plain HTTP on any port. */
static enum err_code open_machine(struct run *run, const struct options *options, struct err *err)
{
    const struct server_options imds = {
        .address = "127.0.0.1", .latency_ms = (int)options->imds.slow_ms, .answer = imds_answer};
    const struct server_options container = {.address = "127.0.0.1",
                                             .latency_ms = (int)options->container.slow_ms,
                                             .answer = container_answer};
    enum err_code code = OK;
    if (options->imds.is_on)
        code = server_new(&imds, &run->loop, &run->sandbox, &run->imds, err);
    if (code == OK && options->container.is_on)
        code = server_new(&container, &run->loop, &run->sandbox, &run->container, err);
    return code;
}

static enum err_code open_all(struct run *run, const struct options *options, struct err *err)
{
    enum err_code code = sandbox_init(&run->sandbox, options, err);
    if (code == OK && options->tls_dir)
        code = tls_make(options->tls_dir, &run->tls, err);
    if (code == OK && !loop_init(&run->loop))
        code = err_set_errno(err, "epoll", "cannot start");
    if (code == OK && options->parent_fd >= 0 && !loop_end_with(&run->loop, options->parent_fd))
        code = err_set(err, ERR_USAGE, "--parent-fd", "descriptor %d is no pipe or socket: %s",
                       options->parent_fd, strerror(errno));
    if (code == OK)
        code = open_endpoint(run, options, err);
    if (code == OK)
        code = open_machine(run, options, err);
    return code;
}

static enum err_code serve(const struct options *options, struct err *err)
{
    AUTO(run_done) struct run run = {.loop.epoll_fd = -1};
    enum err_code code = open_all(&run, options, err);
    if (code != OK)
        return code;
    if (!announce(&run))
        return err_set_errno(err, "stdout", "cannot write");
    loop_run(&run.loop);
    return OK;
}

/* --- the program ------------------------------------------------------------------------------ */

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
