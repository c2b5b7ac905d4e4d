#include "core/base/mem.h"
#include "core/net/http.h"

struct sv http_reply_header(const struct http_reply *reply, const char *name)
{
    struct sv rest = buf_sv(&reply->headers);
    while (rest.len > 0) {
        struct sv value = sv_split(&rest, '\n');
        if (sv_eq_cstr(sv_split(&value, ':'), name))
            return sv_trim(value);
    }
    return SV_NONE;
}

void http_reply_done(struct http_reply *reply)
{
    buf_done(&reply->body);
    buf_done(&reply->headers);
}
