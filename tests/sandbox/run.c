#include "tests/sandbox/run.h"

#include <errno.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/sandbox/session/broker.h"

/* The names under which clients look for AWS when they come through the proxy. */
static void add_aws_names(struct buf *names, const struct world *world)
{
    static const char *const suffixes[] = {"amazonaws.com", "api.aws"};
    buf_add_cstr(names, "DNS:*.amazonaws.com");
    for (size_t i = 0; i < world_n_regions(world); i++)
        for (size_t k = 0; k < ARRAY_LEN(suffixes); k++)
            buf_addf(names, ",DNS:*.%s.%s,DNS:*.sso.%s.%s", world_region(world, i), suffixes[k],
                     world_region(world, i), suffixes[k]);
}

static enum err_code make_tls(struct run *run, const struct options *options, struct err *err)
{
    AUTO(buf_done) struct buf names = BUF_NONE;
    if (!options->tls_dir)
        return OK;
    add_aws_names(&names, run->sandbox.world);
    return tls_make(options->tls_dir, buf_cstr(&names), &run->tls, err);
}

static enum err_code start_loop(struct run *run, const struct options *options, struct err *err)
{
    if (!loop_init(&run->loop) || !loop_init(&run->sessions))
        return err_set_errno(err, "epoll", "cannot start");
    loop_nest(&run->loop, &run->sessions);
    if (options->parent_fd >= 0 && !loop_end_with(&run->loop, options->parent_fd))
        return err_set(err, ERR_USAGE, "--parent-fd", "descriptor %d is no pipe or socket: %s",
                       options->parent_fd, strerror(errno));
    return OK;
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
    if (code != OK)
        return code;
    str_copy(run->sandbox.url, server_url(run->endpoint));
    broker_attach(run->sandbox.broker, &run->sessions);
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

static enum err_code open_proxy(struct run *run, const struct options *options, struct err *err)
{
    if (!options->proxy.credentials)
        return OK;
    return proxy_new(&options->proxy, &run->loop, options->address, server_port(run->endpoint),
                     &run->proxy, err);
}

enum err_code run_open(struct run *run, const struct options *options, struct err *err)
{
    static enum err_code (*const steps[])(struct run *, const struct options *, struct err *) = {
        make_tls, start_loop, open_endpoint, open_machine, open_proxy,
    };
    *run = (struct run){.loop = {.epoll_fd = -1, .signals.fd = -1},
                        .sessions = {.epoll_fd = -1, .signals.fd = -1}};
    enum err_code code = sandbox_init(&run->sandbox, options, err);
    for (size_t i = 0; i < ARRAY_LEN(steps) && code == OK; i++)
        code = steps[i](run, options, err);
    return code;
}

void run_done(struct run *run)
{
    if (run->sandbox.broker)
        broker_detach(run->sandbox.broker);
    proxy_free(run->proxy);
    server_free(run->endpoint);
    server_free(run->imds);
    server_free(run->container);
    tls_identity_done(&run->tls);
    sandbox_done(&run->sandbox);
    loop_done(&run->sessions);
    loop_done(&run->loop);
}
