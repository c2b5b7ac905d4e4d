#include "views/node/disturbance.h"

/* One that is connected again and has not answered so far is about to. */
static bool is_on_its_way_back(const struct disturbance *disturbance,
                               const struct channel_status *status)
{
    return disturbance->has_gone && status->state == CHANNEL_WAITING &&
           status->node == CHANNEL_NODE_CONNECTED;
}

void disturbance_describe(struct disturbance *disturbance, const struct channel_status *status,
                          const char *way_out, struct buf *line)
{
    bool is_disturbed = status->state == CHANNEL_RESUMING || status->state == CHANNEL_WAITING;

    if (status->state == CHANNEL_RESUMING)
        buf_addf(line, "the connection is lost, attempt %u of %u: %s", status->attempt,
                 status->attempts_max, status->err.message);
    else if (status->state == CHANNEL_WAITING && !is_on_its_way_back(disturbance, status))
        buf_addf(line, "%s; it is waited for up to %d minutes%s",
                 status->node == CHANNEL_NODE_GONE ? "the node is not connected"
                                                   : "the node does not answer",
                 CHANNEL_LOST_S / 60, way_out);
    else if (status->state == CHANNEL_OPEN && disturbance->goes_on)
        buf_add_cstr(line, "connected again");
    disturbance->has_gone = status->state == CHANNEL_WAITING &&
                            (disturbance->has_gone || status->node == CHANNEL_NODE_GONE);
    /* One that was lost before it was open is opened anew: that is not its end. */
    disturbance->goes_on =
        is_disturbed || (disturbance->goes_on && status->state == CHANNEL_OPENING);
}
