/*
 * Many connections to a port of a node over one session, as smux version 1 has them: worker_mux.
 *
 * A frame: version 1, command, length (u16), stream (u32), both little-endian, then the data. The
 * client opens streams; whichever side closes one says FIN, and the other closes it too.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/sandbox/session/cut.h"
#include "tests/sandbox/session/port.h"
#include "tests/sandbox/session/tcp.h"

#define HEAD_LEN     8
#define BUFFERED_MAX ((size_t)4 << 20) /* over all streams: then nobody is heard any more */
#define STREAMS_MAX  256
#define NOP_MS       10000
#define SILENCE_MS   30000

enum command { MUX_SYN, MUX_FIN, MUX_PSH, MUX_NOP };

struct mux;

struct lane {
    struct tcp tcp;
    struct mux *mux;
    uint32_t id;
    bool is_over; /* until the turn: events may still name it */
    struct lane *next;
};

struct mux {
    struct worker worker;
    uint16_t number;
    struct lane *lanes;
    size_t n_lanes;
    struct buf in;
    bool keeps_alive; /* with NOPs, and dies of silence */
    int64_t heard_ms, nop_ms;
};

static struct lane *lane_of(const struct tcp *tcp)
{
    return (struct lane *)((char *)tcp - offsetof(struct lane, tcp));
}

/* --- saying ----------------------------------------------------------------------------------- */

static void say(struct mux *mux, enum command command, uint32_t id, struct sv data)
{
    AUTO(buf_done) struct buf frame = BUF_NONE;
    buf_add_char(&frame, 1);
    buf_add_char(&frame, (char)command);
    for (size_t i = 0; i < 2; i++)
        buf_add_char(&frame, (char)(data.len >> (8 * i)));
    for (size_t i = 0; i < 4; i++)
        buf_add_char(&frame, (char)(id >> (8 * i)));
    buf_add(&frame, data);
    agent_say(mux->worker.agent, PAYLOAD_OUTPUT, buf_sv(&frame));
}

static void came(struct tcp *tcp, struct sv data)
{
    say(lane_of(tcp)->mux, MUX_PSH, lane_of(tcp)->id, data);
}

/* The client is told that a connection could not be made, though not which. */
static void fail(struct lane *lane)
{
    agent_say_plain(lane->mux->worker.agent, PAYLOAD_FLAG, SV("\0\0\0\3"));
    say(lane->mux, MUX_FIN, lane->id, SV_NONE);
    lane->is_over = true;
}

static void ended(struct tcp *tcp, int error)
{
    struct lane *lane = lane_of(tcp);
    if (lane->is_over)
        return;
    if (error && !tcp->is_connected) {
        fail(lane);
        return;
    }
    say(lane->mux, MUX_FIN, lane->id, SV_NONE);
    lane->is_over = true;
}

static bool has_room(const struct tcp *tcp)
{
    return agent_has_room(lane_of(tcp)->mux->worker.agent);
}

static const struct tcp_events events = {came, ended, has_room};

/* --- hearing ---------------------------------------------------------------------------------- */

static struct lane *find_lane(struct mux *mux, uint32_t id)
{
    struct lane *lane = mux->lanes;
    while (lane && (lane->id != id || lane->is_over))
        lane = lane->next;
    return lane;
}

static void open_lane(struct mux *mux, uint32_t id)
{
    struct lane *lane = mem_new(struct lane);
    lane->mux = mux;
    lane->id = id;
    lane->tcp.source.fd = -1;
    lane->next = mux->lanes;
    mux->lanes = lane;
    mux->n_lanes++;
    if (mux->n_lanes > STREAMS_MAX ||
        !tcp_open(&lane->tcp, mux->worker.agent->loop, mux->number, &events))
        fail(lane);
}

/* What was sent before the end is still delivered. */
static void close_lane(struct mux *mux, struct lane *lane)
{
    say(mux, MUX_FIN, lane->id, SV_NONE);
    lane->is_over = true;
    tcp_finish(&lane->tcp);
}

static void take_frame(struct mux *mux, enum command command, uint32_t id, struct sv data)
{
    struct lane *lane = find_lane(mux, id);
    if (command == MUX_SYN && !lane)
        open_lane(mux, id);
    else if (command == MUX_PSH && lane)
        tcp_write(&lane->tcp, data);
    else if (command == MUX_FIN && lane)
        close_lane(mux, lane);
}

/* The first frame of text, when it is whole. Its length, 0 for not yet, SIZE_MAX for no frame. */
static size_t take_first(struct mux *mux, struct sv text)
{
    const uint8_t *b = (const uint8_t *)text.ptr;
    if (text.len < HEAD_LEN)
        return 0;
    if (b[0] != 1 || b[1] > MUX_NOP)
        return SIZE_MAX;
    size_t len = b[2] | (size_t)b[3] << 8;
    uint32_t id = b[4] | (uint32_t)b[5] << 8 | (uint32_t)b[6] << 16 | (uint32_t)b[7] << 24;
    if (text.len < HEAD_LEN + len)
        return 0;
    take_frame(mux, b[1], id, (struct sv){text.ptr + HEAD_LEN, len});
    return HEAD_LEN + len;
}

static size_t buffered(const struct mux *mux)
{
    size_t n = 0;
    for (const struct lane *lane = mux->lanes; lane; lane = lane->next)
        n += lane->tcp.out.len;
    return n;
}

static bool take(struct worker *worker, enum payload_type type, struct sv data)
{
    struct mux *mux = (struct mux *)worker;
    size_t at = 0, n = 0;
    if (type != PAYLOAD_OUTPUT)
        return true;
    if (buffered(mux) > BUFFERED_MAX)
        return false;
    mux->heard_ms = clock_mono_ms();
    buf_add(&mux->in, data);
    do {
        n = take_first(mux, (struct sv){mux->in.ptr + at, mux->in.len - at});
        at += n == SIZE_MAX ? 0 : n;
    } while (n > 0 && n != SIZE_MAX);
    buf_cut(&mux->in, at);
    if (n == SIZE_MAX)
        agent_fail(worker->agent, "The multiplexed stream of the client cannot be read.");
    return true;
}

/* --- time ------------------------------------------------------------------------------------- */

static void free_lane(struct lane *lane)
{
    tcp_close(&lane->tcp);
    mem_free(lane);
}

static void turn(struct worker *worker, int64_t now_ms)
{
    struct mux *mux = (struct mux *)worker;
    for (struct lane **at = &mux->lanes; *at;) {
        struct lane *lane = *at;
        tcp_turn(&lane->tcp);
        if (!lane->is_over || tcp_is_open(&lane->tcp)) {
            at = &lane->next;
            continue;
        }
        *at = lane->next;
        mux->n_lanes--;
        free_lane(lane);
    }
    if (mux->keeps_alive && now_ms - mux->heard_ms >= SILENCE_MS) {
        agent_fail(worker->agent, "The multiplexed stream of the client is silent.");
    } else if (mux->keeps_alive && now_ms - mux->nop_ms >= NOP_MS) {
        mux->nop_ms = now_ms;
        say(mux, MUX_NOP, 0, SV_NONE);
    }
}

/* A connection of which both ends are done goes in the next turn. */
static int64_t due_ms(const struct worker *worker)
{
    const struct mux *mux = (const struct mux *)worker;
    for (const struct lane *lane = mux->lanes; lane; lane = lane->next)
        if ((lane->is_over && !tcp_is_open(&lane->tcp)) ||
            (tcp_is_open(&lane->tcp) && lane->tcp.watched == 0 && has_room(&lane->tcp)))
            return 0;
    return mux->keeps_alive ? mux->nop_ms + NOP_MS : -1;
}

/* --- beginning and end ------------------------------------------------------------------------ */

static bool start(struct agent *agent, struct worker **worker, struct buf *why)
{
    struct mux *mux = mem_new(struct mux);
    mux->worker = (struct worker){&worker_mux, agent};
    mux->keeps_alive = !version_is_at_least(agent->plan.version, "3.1.1575.0") ||
                       !version_is_at_least(agent->client_version, "1.2.331.1");
    mux->heard_ms = mux->nop_ms = clock_mono_ms();
    *worker = &mux->worker;
    return port_target(agent, &mux->number, why);
}

static void mux_free(struct worker *worker)
{
    struct mux *mux = (struct mux *)worker;
    while (mux->lanes) {
        struct lane *lane = mux->lanes;
        mux->lanes = lane->next;
        free_lane(lane);
    }
    buf_done(&mux->in);
    mem_free(mux);
}

const struct worker_kind worker_mux = {start, mux_free, take, turn, due_ms};
