#include "core/gov/config/recorder.h"

const char *recorder_state_name(enum recorder_state state)
{
    static const char *const names[] = {"ON", "FAILING", "STOPPED", "MISSING"};
    return names[state];
}

static enum recorder_state recorder_state_of(const cJSON *status)
{
    if (!json_bool(status, "recording", false))
        return RECORDER_STOPPED;
    return sv_eq_nocase(json_sv(status, "lastStatus"), SV("Failure")) ? RECORDER_FAILING
                                                                      : RECORDER_ON;
}

enum recorder_state recorder_state_in(const cJSON *reply)
{
    const cJSON *item = json_items(reply, "ConfigurationRecordersStatus");
    return item ? recorder_state_of(item) : RECORDER_MISSING;
}
