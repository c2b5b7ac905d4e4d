/* action: the actions that run here, one row each, and the smallest of them. */
#include <string.h>

#include "core/base/clock.h"
#include "tests/sandbox/automation/engine.h"

#define DAY_S    INT64_C(86400)
#define SHORT_MS INT64_C(100)

static const struct action actions[] = {
    {"aws:approve", "Approvers", 0, 7 * DAY_S, 30 * DAY_S, approve_take},
    {"aws:assertAwsResourceProperty", "Service Api PropertySelector DesiredValues", SECOND_MS, 3600,
     0, assert_take},
    {"aws:branch", "Choices", SHORT_MS, 0, 0, branch_take},
    {"aws:executeAwsApi", "Service Api", SECOND_MS, 0, 0, api_take},
    {"aws:pause", "", 0, 7 * DAY_S, 30 * DAY_S, pause_take},
    {"aws:sleep", "", SHORT_MS, 0, 0, sleep_take},
    {"aws:waitForAwsResourceProperty", "Service Api PropertySelector DesiredValues", SECOND_MS,
     3600, 0, wait_take},
};

/* Those that AWS knows besides; a document may name them. */
static const char *const others[] = {
    "aws:changeInstanceState",
    "aws:copyImage",
    "aws:createImage",
    "aws:createStack",
    "aws:createTags",
    "aws:deleteImage",
    "aws:deleteStack",
    "aws:executeAutomation",
    "aws:executeScript",
    "aws:executeStateMachine",
    "aws:invokeLambdaFunction",
    "aws:invokeWebhook",
    "aws:loop",
    "aws:runCommand",
    "aws:runInstances",
    "aws:updateVariable",
};

const struct action *action_find(struct sv name)
{
    for (size_t i = 0; i < ARRAY_LEN(actions); i++)
        if (sv_eq_cstr(name, actions[i].name))
            return &actions[i];
    return NULL;
}

bool action_is_known(struct sv name)
{
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        if (sv_eq_cstr(name, others[i]))
            return true;
    return action_find(name) != NULL;
}

/* Waits for Resume, which ends it. */
enum verdict pause_take(struct turn_of *turn)
{
    return turn->step->is_resumed ? STEP_DONE : STEP_WAITING;
}

/* "PT10M", "P1DT2H": ISO 8601, without years and months. */
static bool parse_duration(struct sv text, int64_t *duration_ms)
{
    static const struct {
        char unit;
        int64_t ms;
    } units[] = {{'D', 86400000}, {'H', 3600000}, {'M', 60000}, {'S', 1000}};
    int64_t number = 0;
    bool has_digits = false;
    *duration_ms = 0;
    if (!sv_starts(text, SV("P")) || text.len < 3)
        return false;
    for (size_t i = 1; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == 'T')
            continue;
        if (c >= '0' && c <= '9') {
            number = number * 10 + (c - '0');
            has_digits = true;
            if (number > INT64_C(100000000))
                return false;
            continue;
        }
        size_t u = 0;
        while (u < ARRAY_LEN(units) && units[u].unit != c)
            u++;
        if (u == ARRAY_LEN(units) || !has_digits)
            return false;
        *duration_ms += number * units[u].ms;
        number = 0;
        has_digits = false;
    }
    return !has_digits;
}

enum verdict sleep_take(struct turn_of *turn)
{
    struct step_run *step = turn->step;
    struct sv duration = json_sv(step->inputs, "Duration");
    struct sv timestamp = json_sv(step->inputs, "Timestamp");
    int64_t until_ms;
    if ((duration.ptr != NULL) == (timestamp.ptr != NULL))
        return step_fail(step, "aws:sleep takes either Duration or Timestamp.");
    if (timestamp.ptr ? !clock_parse_iso8601(timestamp, &until_ms)
                      : !parse_duration(duration, &until_ms))
        return step_fail(step, "'" SV_FMT "' is not in ISO 8601 format.",
                         SV_ARG(timestamp.ptr ? timestamp : duration));
    turn->again_ms = timestamp.ptr ? until_ms : step->started_ms + until_ms;
    return turn->at_ms >= turn->again_ms ? STEP_DONE : STEP_AGAIN;
}
