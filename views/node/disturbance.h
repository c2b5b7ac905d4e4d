/*
 * disturbance: what the command line says of a channel that is lost, waited for and there again.
 */
#ifndef VIEWS_NODE_DISTURBANCE_H
#define VIEWS_NODE_DISTURBANCE_H

#include "core/session/channel.h"

struct disturbance {
    bool goes_on;  /* it was told of one that has not ended yet; false to begin with */
    bool has_gone; /* and that the node is not connected */
};

/*
 * Appends to line what there is to say of status, which is the newest: nothing while all is well,
 * and of a disturbance its end, too, whatever lay between. way_out: what a person can do meanwhile
 * (", Enter ~ . leaves"), "" for nothing. Pure.
 */
void disturbance_describe(struct disturbance *disturbance, const struct channel_status *status,
                          const char *way_out, struct buf *line);

#endif
