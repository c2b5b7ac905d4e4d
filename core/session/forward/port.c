#include "core/session/forward/port.h"

#include <assert.h>
#include <stdatomic.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/session/forward/tunnel.h"

struct port {
    struct aws_client *client;
    struct scope *scope; /* of all that goes to and fro; its end frees the port */

    /* RUN_UI */
    struct port_handlers handlers;
    struct port_status status;
    bool is_closed;

    /* RUN_NET */
    struct port_request request;
    struct tunnel *tunnel;

    /* both */
    atomic_uint_fast64_t bytes_in, bytes_out;
};

/* --- news from RUN_NET ----------------------------------------------------------------------- */

struct news {
    struct port *port;
    struct port_status status;
    struct err problem; /* OK: it is the status */
};

static void take_news(void *arg)
{
    struct news *news = arg;
    struct port *port = news->port;
    const struct port_handlers *handlers = &port->handlers;
    bool is_problem = news->problem.code != OK;

    if (!is_problem)
        port->status = news->status;
    if (!port->is_closed && !is_problem)
        handlers->on_status(handlers->arg, &port->status);
    else if (!port->is_closed && handlers->on_problem != NULL)
        handlers->on_problem(handlers->arg, &news->problem);
    mem_free(news);
}

static void tell(struct port *port, const struct port_status *status, const struct err *problem)
{
    struct news *news = mem_new(struct news);

    news->port = port;
    if (status != NULL)
        news->status = *status;
    if (problem != NULL)
        news->problem = *problem;
    run_call(RUN_UI, RUN_NORMAL, port->scope, take_news, mem_free, news);
}

static void on_status(void *arg, const struct port_status *status)
{
    tell(arg, status, NULL);
}

static void on_problem(void *arg, const struct err *err)
{
    tell(arg, NULL, err);
}

/* --- orders to RUN_NET ----------------------------------------------------------------------- */

static void start(void *arg)
{
    struct port *port = arg;
    const struct tunnel_handlers handlers = {on_status, on_problem, port};
    struct port_status ended = {.channel = {.state = CHANNEL_ENDED}};

    port->tunnel =
        tunnel_start(port->client, port->scope, &port->request, &handlers, &ended.channel.err);
    if (port->tunnel == NULL)
        tell(port, &ended, NULL);
}

static void count_traffic(void *arg)
{
    struct port *port = arg;

    if (port->tunnel == NULL)
        return;
    const struct port_status *status = tunnel_status(port->tunnel);
    atomic_store(&port->bytes_in, status->bytes_in);
    atomic_store(&port->bytes_out, status->bytes_out);
}

static void order(struct port *port, void (*fn)(void *arg))
{
    run_call(RUN_NET, RUN_URGENT, port->scope, fn, NULL, port);
}

/* --- for who uses it ------------------------------------------------------------------------- */

static void port_free(void *arg)
{
    struct port *port = arg;

    mem_free((char *)port->request.node);
    mem_free((char *)port->request.reason);
    mem_free((char *)port->request.host);
    scope_unref(port->scope);
    mem_free(port);
}

struct port *port_open(struct aws_client *client, struct scope *scope,
                       const struct port_request *request, const struct port_handlers *handlers)
{
    assert(run_is_on(RUN_UI));
    struct port *port = mem_new(struct port);

    port->client = client;
    port->handlers = *handlers;
    port->request = *request;
    port->request.node = mem_strdup(request->node);
    port->request.reason = mem_strdup(request->reason);
    port->request.host = mem_strdup(request->host);
    port->status.channel.since_ms = clock_mono_ms();
    port->scope = scope_new(scope, "port");
    scope_at_end(port->scope, RUN_UI, port_free, port);
    order(port, start);
    return port;
}

void port_read_status(struct port *port, struct port_status *status)
{
    *status = port->status;
    status->bytes_in = atomic_load(&port->bytes_in);
    status->bytes_out = atomic_load(&port->bytes_out);
    if (status->channel.state != CHANNEL_ENDED)
        order(port, count_traffic);
}

void port_close(struct port *port)
{
    if (port == NULL)
        return;
    port->is_closed = true;
    scope_close(port->scope);
}
