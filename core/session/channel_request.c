/* channel_request: a copy of one, for who keeps it. */
#include "core/base/mem.h"
#include "core/session/channel.h"

void channel_request_done(struct channel_request *request)
{
    mem_free((char *)request->node);
    mem_free((char *)request->document);
    mem_free((char *)request->reason);
    for (size_t i = 0; i < CHANNEL_PARAMETERS_MAX; i++) {
        mem_free((char *)request->parameters[i].name);
        mem_free((char *)request->parameters[i].value);
    }
}

void channel_request_copy(const struct channel_request *from, struct channel_request *to)
{
    *to = *from;
    to->node = mem_strdup(from->node);
    to->document = mem_strdup(from->document);
    to->reason = mem_strdup(from->reason);
    for (size_t i = 0; i < CHANNEL_PARAMETERS_MAX; i++)
        to->parameters[i] = (struct channel_parameter){mem_strdup(from->parameters[i].name),
                                                       mem_strdup(from->parameters[i].value)};
}
