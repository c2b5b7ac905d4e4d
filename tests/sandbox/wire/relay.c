#include "tests/sandbox/wire/relay.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/clock.h"
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
    struct relay_break how; /* after_bytes: as many as are still to come */
    int64_t due_ms;         /* of a slow one's next byte; 0: at once */
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

void relay_break_after(struct relay *relay, const struct relay_break *how)
{
    if (!relay)
        return;
    relay->how = *how;
    relay->due_ms = 0;
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

enum progress { MOVED, STUCK, HELD /* back, by us */, BROKEN, CUT };

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

/* The bytes that were to come have come. */
static enum progress broken(struct relay *relay)
{
    if (relay->how.how == RELAY_RESET || relay->how.how == RELAY_CLOSE)
        return CUT;
    if (relay->how.how == RELAY_STALL || clock_mono_ms() < relay->due_ms)
        return HELD;
    relay->due_ms = clock_mono_ms() + relay->how.pace_ms;
    relay->how.after_bytes = 1;
    return MOVED;
}

static enum progress empty(struct relay_end *from)
{
    struct relay *relay = from->relay;
    bool limited = from == &relay->server && relay->how.how != RELAY_WHOLE;
    size_t len = from->end - from->begin;
    if (len == 0)
        return MOVED;
    enum progress progress = limited && relay->how.after_bytes == 0 ? broken(relay) : MOVED;
    if (progress != MOVED)
        return progress;
    if (limited && (int64_t)len > relay->how.after_bytes)
        len = (size_t)relay->how.after_bytes;
    ssize_t put = send(from->peer->source.fd, from->data + from->begin, len, MSG_NOSIGNAL);
    if (put < 0)
        return errno == EAGAIN || errno == EINTR ? STUCK : BROKEN;
    from->begin += (size_t)put;
    if (limited)
        relay->how.after_bytes -= put;
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
static void watch(struct relay_end *end, bool held)
{
    bool wants_bytes = end->begin == end->end && !end->at_eof;
    bool has_bytes = end->peer->end > end->peer->begin && !held;
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
    bool is_broken = up == BROKEN || down == BROKEN || (events & EPOLLERR);
    bool given_up = down == HELD && relay->client.at_eof;
    if (down == CUT || is_broken || given_up || relay->server.passed_eof)
        finish(relay, down == CUT && relay->how.how == RELAY_RESET);
    if (relay->is_over)
        return;
    watch(&relay->client, down == HELD);
    watch(&relay->server, false);
}

/* --- slow ones ------------------------------------------------------------------------------ */

static bool is_paced(const struct relay *relay)
{
    return relay->how.how == RELAY_SLOW && relay->server.end > relay->server.begin;
}

void relays_run_due(struct relays *relays, int64_t now_ms)
{
    for (struct relay *relay = relays->live, *next; relay; relay = next) {
        next = relay->next;
        if (is_paced(relay) && relay->due_ms <= now_ms)
            end_ready(&relay->server.source, 0);
    }
}

int64_t relays_timeout_ms(const struct relays *relays, int64_t now_ms)
{
    int64_t wait_ms = -1;
    for (const struct relay *relay = relays->live; relay; relay = relay->next) {
        int64_t left_ms = relay->due_ms > now_ms ? relay->due_ms - now_ms : 0;
        if (is_paced(relay) && (wait_ms < 0 || left_ms < wait_ms))
            wait_ms = left_ms;
    }
    return wait_ms;
}
