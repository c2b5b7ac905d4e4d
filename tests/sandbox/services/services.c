/* The list of services, and what every handler may call. */
#include <stdarg.h>
#include <stdio.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/sandbox/wire/handler.h"

#define SERVICE(name) extern const struct service_routes service_##name;
#include "tests/sandbox/services/services.def"
#undef SERVICE

#define SERVICE(name) &service_##name,
const struct service_routes *const sandbox_services[] = {
#include "tests/sandbox/services/services.def"
};
#undef SERVICE
const size_t n_sandbox_services = ARRAY_LEN(sandbox_services);

void reply_error(struct reply *reply, int http_status, const char *code, const char *fmt, ...)
{
    reply->http_status = http_status;
    str_copy(reply->code, code);
    va_list args;
    va_start(args, fmt);
    vsnprintf(reply->message, sizeof reply->message, fmt, args);
    va_end(args);
}

int64_t call_clock_ms(const struct call *call)
{
    return call->wall_ms + call->advanced_ms;
}

const char *in_str(const struct call *call, const char *member)
{
    const cJSON *item = json_get(call->input, member);
    return cJSON_IsString(item) ? item->valuestring : "";
}

int64_t in_i64(const struct call *call, const char *member, int64_t otherwise)
{
    return json_i64(call->input, member, otherwise);
}

bool in_bool(const struct call *call, const char *member)
{
    return json_bool(call->input, member, false);
}

const cJSON *in_list(const struct call *call, const char *member)
{
    return json_items(call->input, member);
}
