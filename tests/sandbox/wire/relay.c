#include "tests/sandbox/wire/relay.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/mem.h"

#define RELAY_BYTES 65536

/* One end, and what was read from it but not yet written to the other. */
struct relay_end {
    struct source source;
    struct relay *relay;
    struct relay_end *peer;
    char data[RELAY_BYTES];
    size_t begin, end;
    bool at_eof;
    bool passed_eof;
    uint32_t events; /* as watched */
};

struct relay {
    struct relays *relays;
    struct relay_end client, server;
    int64_t cut_left; /* bytes until the reset; -1: none */
    int n_refs;
    bool is_over;
    struct relay *next, **link; /* among the live or the ended ones, and what points here */
};

static void list_add(struct relay **list, struct relay *relay)
{
    relay->next = *list;
    relay->link = list;
    if (*list)
        (*list)->link = &relay->next;
    *list = relay;
}

static void list_remove(struct relay *relay)
{
    *relay->link = relay->next;
    if (relay->next)
        relay->next->link = relay->link;
}

static void end_ready(struct source *source, uint32_t events);

static void end_init(struct relay *relay, struct relay_end *end, struct relay_end *peer, int fd)
{
    end->source = (struct source){fd, end_ready};
    end->relay = relay;
    end->peer = peer;
    end->events = EPOLLIN;
    loop_watch(relay->relays->loop, &end->source, EPOLLIN);
}

struct relay *relay_join(struct relays *relays, int client_fd, int server_fd)
{
    struct relay *relay = mem_new(struct relay);
    relay->relays = relays;
    relay->cut_left = -1;
    relay->n_refs = 1;
    end_init(relay, &relay->client, &relay->server, client_fd);
    end_init(relay, &relay->server, &relay->client, server_fd);
    list_add(&relays->live, relay);
    return relay;
}

struct relay *relay_new(struct relays *relays, int client_fd, int *server_fd)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0) {
        close(client_fd);
        return NULL;
    }
    struct relay *relay = relay_join(relays, client_fd, pair[0]);
    relay->n_refs++;
    *server_fd = pair[1];
    return relay;
}

void relay_unref(struct relay *relay)
{
    if (relay && --relay->n_refs == 0)
        mem_free(relay);
}

void relay_cut_after(struct relay *relay, int64_t bytes)
{
    if (relay)
        relay->cut_left = bytes;
}

void relays_reap(struct relays *relays)
{
    while (relays->ended) {
        struct relay *relay = relays->ended;
        list_remove(relay);
        relay_unref(relay);
    }
}

static void finish(struct relay *relay, bool reset)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    if (relay->is_over)
        return;
    relay->is_over = true;
    if (reset) /* closing with unsent data and no lingering makes TCP send RST */
        setsockopt(relay->client.source.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(relay->client.source.fd);
    close(relay->server.source.fd);
    list_remove(relay);
    list_add(&relay->relays->ended, relay);
}

void relays_done(struct relays *relays)
{
    while (relays->live)
        finish(relays->live, false);
    relays_reap(relays);
}

/* --- moving bytes --------------------------------------------------------------------------- */

enum progress { MOVED, STUCK, BROKEN, CUT };

static enum progress fill(struct relay_end *from)
{
    if (from->end > from->begin || from->at_eof)
        return MOVED;
    ssize_t got = read(from->source.fd, from->data, sizeof from->data);
    if (got < 0)
        return errno == EAGAIN || errno == EINTR ? STUCK : BROKEN;
    from->at_eof = got == 0;
    from->begin = 0;
    from->end = (size_t)got;
    return MOVED;
}

static enum progress empty(struct relay_end *from)
{
    struct relay *relay = from->relay;
    bool limited = from == &relay->server && relay->cut_left >= 0;
    size_t len = from->end - from->begin;
    if (limited && (int64_t)len > relay->cut_left)
        len = (size_t)relay->cut_left;
    if (limited && len == 0 && from->end > from->begin)
        return CUT;
    if (len == 0)
        return MOVED;
    ssize_t put = send(from->peer->source.fd, from->data + from->begin, len, MSG_NOSIGNAL);
    if (put < 0)
        return errno == EAGAIN || errno == EINTR ? STUCK : BROKEN;
    from->begin += (size_t)put;
    if (limited)
        relay->cut_left -= put;
    return MOVED;
}

static enum progress move(struct relay_end *from)
{
    for (;;) {
        enum progress progress = fill(from);
        if (progress == MOVED)
            progress = empty(from);
        if (progress != MOVED)
            return progress;
        if (from->begin == from->end && from->at_eof) {
            if (!from->passed_eof)
                shutdown(from->peer->source.fd, SHUT_WR);
            from->passed_eof = true;
            return STUCK;
        }
    }
}

/* Waits for what is missing: bytes to read, or room to write those at hand. */
static void watch(struct relay_end *end)
{
    bool wants_bytes = end->begin == end->end && !end->at_eof;
    bool has_bytes = end->peer->end > end->peer->begin;
    uint32_t events = (wants_bytes ? EPOLLIN : 0) | (has_bytes ? EPOLLOUT : 0);
    if (events != end->events)
        loop_change(end->relay->relays->loop, &end->source, events);
    end->events = events;
}

static void end_ready(struct source *source, uint32_t events)
{
    struct relay *relay = ((struct relay_end *)source)->relay;
    if (relay->is_over)
        return;
    enum progress up = move(&relay->client);
    enum progress down = move(&relay->server);
    bool broken = up == BROKEN || down == BROKEN || (events & EPOLLERR);
    if (down == CUT || broken || relay->server.passed_eof)
        finish(relay, down == CUT);
    if (relay->is_over)
        return;
    watch(&relay->client);
    watch(&relay->server);
}
