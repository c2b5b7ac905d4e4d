/*
 * retry FILE: whether and when calls are sent again, by the scenarios that the SDKs share, and the
 * constants and lists of codes beside them.
 */
#include <stdio.h>
#include <string.h>

#include "core/aws/limit/retry.h"
#include "core/aws/wire/fault.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/conformance/driver.h"

/* --- scenarios ---------------------------------------------------------------------------------
 */

/* What the reply with this status means to the client. */
static enum fault fault_of_status(int status)
{
    const struct http_reply reply = {.status = status};
    struct err err;
    return fault_read(aws_op(OP_config_DescribeConfigRules), &reply, 0, &err);
}

static struct retry_rules rules_of(const cJSON *given)
{
    struct retry_rules rules = retry_standard;
    rules.attempts_max = (unsigned)json_i64(given, "max_attempts", 3);
    rules.throttled_scale_ms = rules.transient_scale_ms =
        (int64_t)(1000 * json_double(given, "exponential_base", 1));
    rules.delay_max_ms = (int64_t)(1000 * json_double(given, "max_backoff_time", 20));
    return rules;
}

struct retrier {
    struct retry_rules rules;
    struct retry_quota quota;
    struct retry_state state;
};

/* What the client would do, in the words of the scenarios; *delay_ms without its jitter. */
static const char *answer(struct retrier *r, int status, int64_t *delay_ms)
{
    enum fault fault = fault_of_status(status);
    *delay_ms = 0;
    if (fault == FAULT_NONE) {
        retry_succeeded(&r->rules, &r->quota, &r->state);
        return "success";
    }
    if (retry_take(&r->rules, &r->quota, &r->state, fault)) {
        *delay_ms = retry_delay_ms(&r->rules, &r->state, fault, 1, SV_NONE);
        return "retry_request";
    }
    return r->state.attempts >= r->rules.attempts_max ? "max_attempts_exceeded"
                                                      : "retry_quota_exceeded";
}

/* What is wrong at this step, in *wrong; nothing: all is well. */
static void check_step(struct retrier *r, const cJSON *step, struct buf *wrong)
{
    const cJSON *expected = json_get(step, "expected");
    int64_t delay_ms;
    const char *outcome =
        answer(r, (int)json_i64(json_get(step, "response"), "status_code", 0), &delay_ms);
    int64_t wanted_ms = (int64_t)(1000 * json_double(expected, "delay", 0));
    if (!sv_eq_cstr(json_sv(expected, "outcome"), outcome))
        buf_addf(wrong, "%s", outcome);
    else if (r->quota.left != json_i64(expected, "retry_quota", -1))
        buf_addf(wrong, "a quota of %d is left", r->quota.left);
    else if (delay_ms != wanted_ms)
        buf_addf(wrong, "waits for %lld ms", (long long)delay_ms);
}

static void run_scenario(struct tally *tally, const cJSON *scenario)
{
    AUTO(buf_done) struct buf wrong = BUF_NONE;
    const cJSON *given = json_get(scenario, "given");
    struct retrier r = {.rules = rules_of(given),
                        .quota = {(int)json_i64(given, "initial_retry_tokens", 500)}};
    int number = 0;
    if (json_double(given, "exponential_power", 2) != 2) {
        case_skip(tally, scenario->string, "delays double here");
        return;
    }
    for (const cJSON *step = json_items(scenario, "responses"); step != NULL; step = step->next) {
        number++;
        check_step(&r, step, &wrong);
        if (wrong.len > 0) {
            case_fail(tally, scenario->string, "step %d: %s", number, buf_cstr(&wrong));
            return;
        }
    }
    if (number > 0)
        case_ok(tally, scenario->string);
    else
        case_fail(tally, scenario->string, "has no responses");
}

/* --- lists of codes ----------------------------------------------------------------------------
 */

/* As a code comes in a reply of a JSON service, whose clock differs from ours by skew_ms. */
static enum fault fault_of_code(const char *code, const char *message, int64_t skew_ms)
{
    AUTO(http_reply_done) struct http_reply reply = {.status = 400};
    struct err err;
    buf_addf(&reply.body, "{\"__type\":\"%s\",\"message\":\"%s\"}", code, message);
    return fault_read(aws_op(OP_config_DescribeConfigRules), &reply, skew_ms, &err);
}

static void judge_code(struct tally *tally, const char *list, const char *code, bool is_right)
{
    AUTO(buf_done) struct buf id = BUF_NONE;
    buf_addf(&id, "%s: %s", list, code);
    if (is_right)
        case_ok(tally, buf_cstr(&id));
    else
        case_fail(tally, buf_cstr(&id), "is taken for something else");
}

static void run_lists(struct tally *tally, const cJSON *tree)
{
    const cJSON *item;
    for (item = json_items(tree, "throttle_codes"); item != NULL; item = item->next) {
        /* In the services of this console it is a quota of resources, and waiting does not help. */
        if (sv_eq_cstr(json_string(item), "LimitExceededException"))
            judge_code(tally, "not throttled", item->valuestring,
                       fault_of_code(item->valuestring, "", 0) == FAULT_FINAL);
        else
            judge_code(tally, "throttled", item->valuestring,
                       fault_of_code(item->valuestring, "", 0) == FAULT_THROTTLED);
    }
    for (item = json_items(tree, "transient_codes"); item != NULL; item = item->next) {
        enum fault fault = fault_of_code(item->valuestring, "", 0);
        judge_code(tally, "transient", item->valuestring,
                   fault == FAULT_TRANSIENT || fault == FAULT_THROTTLED);
    }
    for (item = json_items(tree, "transient_status"); item != NULL; item = item->next) {
        char status[16];
        snprintf(status, sizeof status, "%d", item->valueint);
        judge_code(tally, "transient", status, fault_of_status(item->valueint) == FAULT_TRANSIENT);
    }
    for (item = json_items(json_get(tree, "clock_skew_codes"), "codes"); item != NULL;
         item = item->next)
        judge_code(tally, "clock", item->valuestring,
                   fault_of_code(item->valuestring, "Signature expired: x is now earlier",
                                 400000) == FAULT_SKEW);
}

/* --- constants ---------------------------------------------------------------------------------
 */

static void judge_constant(struct tally *tally, const cJSON *constants, const char *name,
                           double ours)
{
    if (json_get(constants, name) == NULL)
        return;
    if (json_double(constants, name, -1) == ours)
        case_ok(tally, name);
    else
        case_fail(tally, name, "is %g here", ours);
}

static void run_constants(struct tally *tally, const cJSON *tree)
{
    const struct retry_rules *rules = &retry_standard;
    const cJSON *classic = json_get(tree, "constants_classic");
    const cJSON *newer = json_get(tree, "constants_2026"), *wanted;
    struct retry_quota quota = {.left = 0};
    struct retry_state state = {0};
    retry_succeeded(rules, &quota, &state);
    judge_constant(tally, classic, "quota", rules->quota);
    judge_constant(tally, classic, "retry_cost", rules->cost);
    judge_constant(tally, classic, "timeout_cost", rules->timeout_cost);
    judge_constant(tally, classic, "success_increment", quota.left);
    judge_constant(tally, classic, "max_backoff_s", (double)rules->delay_max_ms / 1000);
    judge_constant(tally, classic, "max_attempts", rules->attempts_max);
    judge_constant(tally, newer, "base_scale_s", (double)rules->transient_scale_ms / 1000);
    judge_constant(tally, newer, "throttling_base_scale_s",
                   (double)rules->throttled_scale_ms / 1000);
    for (wanted = json_items(newer, "backoff_jitter_off_s"); wanted != NULL;
         wanted = wanted->next) {
        state.attempts++;
        double delay_s = (double)retry_delay_ms(rules, &state, FAULT_TRANSIENT, 1, SV_NONE) / 1000;
        judge_code(tally, "backoff", "without jitter", delay_s == wanted->valuedouble);
    }
}

void driver_retry(const char *path, struct tally *tally)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    AUTO(json_free_at) cJSON *tree = NULL;
    const cJSON *scenario = NULL;
    struct err err;
    if (!case_read_file(tally, path, &text))
        return;
    if (json_parse(buf_sv(&text), path, &tree, &err) != OK) {
        case_fail(tally, path, "%s", err.message);
        return;
    }
    cJSON_ArrayForEach (scenario, json_get(tree, "cases"))
        run_scenario(tally, scenario);
    run_constants(tally, tree);
    run_lists(tally, tree);
}
