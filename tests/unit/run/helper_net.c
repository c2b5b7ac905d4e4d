#include "tests/unit/run/helper_net.h"

#include <poll.h>
#include <stdatomic.h>
#include <unistd.h>

#include "core/base/os.h"

static int wake_fd = -1;
static atomic_size_t n_starts, n_turns, n_stops;

static void start(void)
{
    wake_fd = os_event_new();
    atomic_store(&n_starts, 1);
    atomic_store(&n_turns, 0);
    atomic_store(&n_stops, 0);
}

static void turn(int timeout_ms)
{
    struct pollfd event = {.fd = wake_fd, .events = POLLIN};

    atomic_fetch_add(&n_turns, 1);
    poll(&event, 1, timeout_ms);
    os_event_clear(wake_fd);
}

static void wake(void)
{
    os_event_signal(wake_fd);
}

static void stop(void)
{
    atomic_fetch_add(&n_stops, 1);
    close(wake_fd);
    wake_fd = -1;
}

const struct run_net_loop helper_net_loop = {
    .start = start, .turn = turn, .wake = wake, .stop = stop};

struct helper_net_counts helper_net_read_counts(void)
{
    return (struct helper_net_counts){atomic_load(&n_starts), atomic_load(&n_turns),
                                      atomic_load(&n_stops)};
}
