/* channel_request: what may stand in one, and a copy of it for who keeps it. */
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/session/channel.h"

enum err_code channel_check_reason(const char *reason, struct err *err)
{
    size_t n_chars = 0;
    uint32_t codepoint;

    for (struct sv rest = sv_of(reason != NULL ? reason : ""); rest.len > 0; n_chars++) {
        size_t n = utf8_decode(rest, &codepoint);
        rest = (struct sv){rest.ptr + n, rest.len - n};
    }
    if (n_chars <= SESSION_REASON_CHARS)
        return OK;
    return err_set(err, ERR_USAGE, "reason", "has %zu characters, and the service takes %d",
                   n_chars, SESSION_REASON_CHARS);
}

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
