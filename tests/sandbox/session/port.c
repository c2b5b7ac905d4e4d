/* A port of a node as a plain stream, for SSH and for old agents and clients: worker_port. */
#include "tests/sandbox/session/port.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/sandbox/session/tcp.h"

#define OUT_MAX ((size_t)4 << 20) /* what the service has not taken yet */

bool port_target(const struct agent *agent, uint16_t *port, struct buf *why)
{
    static const char *const refused[] = {"169.254.169.254", "169.254.169.253", "169.254.169.123",
                                          "169.254.169.250", "169.254.169.251", "fd00:ec2::254",
                                          "fd00:ec2::253",   "fd00:ec2::123",   "fd00:ec2::240"};
    struct sv host = json_sv(agent->plan.properties, "host");
    *port = agent_port(agent, (uint16_t)json_i64(agent->plan.properties, "portNumber", 0));
    for (size_t i = 0; i < ARRAY_LEN(refused); i++)
        if (sv_eq_nocase(host, sv_of(refused[i]))) {
            buf_addf(why, "Forwarding to IP address %s is forbidden.", refused[i]);
            return false;
        }
    return true;
}

struct port {
    struct worker worker;
    struct tcp tcp;
    uint16_t number;
    bool ends_with_it; /* the session does, with the connection */
};

static struct port *port_of(const struct tcp *tcp)
{
    return (struct port *)((char *)tcp - offsetof(struct port, tcp));
}

static void came(struct tcp *tcp, struct sv data)
{
    agent_say(port_of(tcp)->worker.agent, PAYLOAD_OUTPUT, data);
}

static void ended(struct tcp *tcp, int error)
{
    struct port *port = port_of(tcp);
    AUTO(buf_done) struct buf why = BUF_NONE;
    if (!port->ends_with_it)
        return;
    if (!error) {
        agent_finish(port->worker.agent);
        return;
    }
    buf_addf(&why, "Unable to connect to specified port: %s", strerror(error));
    agent_fail(port->worker.agent, buf_cstr(&why));
}

static bool has_room(const struct tcp *tcp)
{
    return agent_has_room(port_of(tcp)->worker.agent);
}

static const struct tcp_events events = {came, ended, has_room};

static bool dial(struct port *port)
{
    return tcp_open(&port->tcp, port->worker.agent->loop, port->number, &events);
}

static bool start(struct agent *agent, struct worker **worker, struct buf *why)
{
    struct port *port = mem_new(struct port);
    port->worker = (struct worker){&worker_port, agent};
    port->tcp.source.fd = -1;
    port->ends_with_it =
        !sv_eq_cstr(json_sv(agent->plan.properties, "type"), "LocalPortForwarding");
    *worker = &port->worker;
    if (!port_target(agent, &port->number, why))
        return false;
    if (dial(port))
        return true;
    buf_addf(why, "Unable to connect to specified port: %s", strerror(errno));
    return false;
}

static void port_free(struct worker *worker)
{
    struct port *port = (struct port *)worker;
    tcp_close(&port->tcp);
    mem_free(port);
}

static bool is_disconnect(enum payload_type type, struct sv data)
{
    return type == PAYLOAD_FLAG && data.len == 4 && memcmp(data.ptr, "\0\0\0\1", 4) == 0;
}

/* A client that has disconnected may come again: the next data is for a new connection. */
static bool take(struct worker *worker, enum payload_type type, struct sv data)
{
    struct port *port = (struct port *)worker;
    if (is_disconnect(type, data))
        tcp_finish(&port->tcp);
    if (type != PAYLOAD_OUTPUT)
        return true;
    if (port->tcp.is_ending && tcp_is_open(&port->tcp))
        return false;
    if (!tcp_is_open(&port->tcp) && !dial(port)) {
        agent_say_plain(worker->agent, PAYLOAD_FLAG, SV("\0\0\0\3"));
        return true;
    }
    if (port->tcp.out.len > OUT_MAX)
        return false;
    tcp_write(&port->tcp, data);
    return true;
}

static void turn(struct worker *worker, int64_t now_ms)
{
    (void)now_ms;
    tcp_turn(&((struct port *)worker)->tcp);
}

static int64_t due_ms(const struct worker *worker)
{
    (void)worker;
    return -1;
}

const struct worker_kind worker_port = {start, port_free, take, turn, due_ms};
