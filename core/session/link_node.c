#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/session/calls.h"
#include "core/session/link_inside.h"

#define LOOK_MS 1000 /* how soon to look again while it counts as away, or owes an answer */

_Static_assert(TALK_LOST_MS == CHANNEL_LOST_S * 1000, "one time, in two units");

/* --- what the service says ----------------------------------------------------------------------
 */

static void on_connection(void *arg, bool is_connected, const struct err *err)
{
    struct link *link = arg;
    enum channel_node node = is_connected ? CHANNEL_NODE_CONNECTED : CHANNEL_NODE_GONE;

    if (err->code != OK) {
        log_debug(LINK_WHERE, "%s: %s", link->request.node, err->message);
        presence_failed(&link->presence, err->code == ERR_DENIED);
    } else {
        presence_answered(&link->presence, is_connected, clock_mono_us());
        if (is_connected && talk_away_ms(link->talk, clock_mono_us()) == 0)
            link->waited_ms = 0;
    }
    if (link->is_leaving || link->status.state == CHANNEL_ENDED)
        return;
    bool is_news = err->code == OK && link->status.node != node;
    if (link->status.state == CHANNEL_WAITING && is_news) {
        link->status.node = node;
        link_set_state(link, CHANNEL_WAITING);
    }
    link_pump(link);
}

static void ask(struct link *link, int64_t now_us)
{
    presence_asked(&link->presence, now_us);
    call_for_connection(link->client, link->scope, &link->request.target, link->request.node,
                        on_connection, link);
}

/* --- looking ------------------------------------------------------------------------------------
 */

/* For how long the node owes an answer, or has not come yet. */
static int64_t owed_ms(const struct link *link, int64_t now_us)
{
    int64_t opening_ms = now_us / 1000 - link->socket_opened_ms;

    if (!talk_is_open(link->talk) && opening_ms >= TALK_SLOW_MS)
        return opening_ms;
    return talk_away_ms(link->talk, now_us);
}

static void show(struct link *link, int64_t away_ms, int64_t now_us)
{
    if (away_ms > 0 && link->status.state != CHANNEL_WAITING) {
        bool is_gone = presence_gone_ms(&link->presence, now_us) > 0;
        link->status.node = is_gone ? CHANNEL_NODE_GONE : CHANNEL_NODE_UNKNOWN;
        link_set_state(link, CHANNEL_WAITING);
    } else if (away_ms == 0 && link->status.state == CHANNEL_WAITING) {
        link->status.node = CHANNEL_NODE_UNKNOWN;
        link_set_state(link, talk_is_open(link->talk) ? CHANNEL_OPEN : CHANNEL_OPENING);
    }
}

int64_t link_look_for_node(struct link *link, int64_t now_us)
{
    int64_t heard_us = talk_heard_us(link->talk);

    if (heard_us > link->presence.heard_us)
        presence_heard(&link->presence, heard_us);
    if (heard_us > link->reopened_us) /* the node itself, and not another socket */
        link->waited_ms = 0;
    int64_t away_ms = owed_ms(link, now_us);
    int64_t gone_ms = presence_gone_ms(&link->presence, now_us);
    if (gone_ms > away_ms)
        away_ms = gone_ms;
    if (away_ms > 0)
        away_ms += link->waited_ms;
    if (away_ms >= TALK_LOST_MS) {
        struct err err;
        err_set(&err, ERR_TIMEOUT, LINK_WHERE, "the node has not answered for %d minutes",
                TALK_LOST_MS / 60000);
        link_give_up(link, &err);
        return INT64_MAX;
    }
    show(link, away_ms, now_us);
    int64_t due_us = presence_due_us(&link->presence, away_ms > 0);
    if (due_us <= now_us)
        ask(link, now_us);
    bool is_watched = !talk_is_idle(link->talk) || link->status.state != CHANNEL_OPEN;
    int64_t look_us = now_us + LOOK_MS * INT64_C(1000);
    return due_us <= now_us || (is_watched && look_us < due_us) ? look_us : due_us;
}
