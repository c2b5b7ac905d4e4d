#include "core/gov/settings_value.h"

#include <ctype.h>
#include <string.h>

#include "core/aws/endpoint/endpoint.h"
#include "core/aws/limit/budget.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/gov/freeze.h"
#include "core/gov/queue/item_type.h"
#include "core/gov/remedy/runbook_value.h"
#include "core/gov/settings.h"

#define ALONE_WAIT_MAX_MS INT64_C(600000)

/* --- texts ----------------------------------------------------------------------------------- */

static bool take_text(void *field, size_t size, struct sv value, const char **why)
{
    *why = "the value is too long";
    if (value.len >= size)
        return false;
    sv_copy(value, field, size);
    return true;
}

/* Whether an account is production must be known before its tags are. */
static bool take_places(void *field, size_t size, struct sv value, const char **why)
{
    struct sv rest = value, pattern;
    while (pattern_next(&rest, &pattern)) {
        *why = "tags do not stand here: production_tags has those of production";
        if (sv_starts(pattern, SV("tag:")))
            return false;
    }
    return take_text(field, size, value, why);
}

static bool take_freeze(void *field, size_t size, struct sv value, const char **why)
{
    return freeze_check(value, why) && take_text(field, size, value, why);
}

/* item_type.c has them; a test compares. */
#define APPLIED_TYPES                                                               \
    "unrestricted_privileged_port, unrestricted_protocol, unrestricted_port, "      \
    "unrestricted_icmp, broad_source, baseline_rule_missing, baseline_rule_extra, " \
    "parameter_value_drift, preferences_drift, preferences_missing"

/* Types of which some may be applied, or patterns of them: one that is mistyped, or is always a
 * person's to decide on, would switch on nothing. */
static bool take_types(void *field, size_t size, struct sv value, const char **why)
{
    struct sv rest = value, pattern;
    while (pattern_next(&rest, &pattern)) {
        const struct item_type *type;
        size_t i = 0;
        while ((type = item_type(i)) != NULL &&
               !(type->applies && pattern_match(pattern, sv_of(type->name))))
            i++;
        *why = "types are wanted that are not always a person's to decide on: " APPLIED_TYPES;
        if (!type)
            return false;
    }
    return take_text(field, size, value, why);
}

/* A name that is mistyped would be a region that answers nothing. */
static bool take_regions(void *field, size_t size, struct sv value, const char **why)
{
    struct sv rest = value, region;
    while (pattern_next(&rest, &region)) {
        *why = "regions are wanted, like eu-west-1, us-east-1";
        if (!endpoint_is_region(region))
            return false;
    }
    return take_text(field, size, value, why);
}

static bool take_url(void *field, size_t size, struct sv value, const char **why)
{
    *why = "a URL is wanted, like https://HOST or http://HOST:PORT";
    return (value.len == 0 || endpoint_url_check(value, "endpoint_url", NULL) == OK) &&
           take_text(field, size, value, why);
}

/* IAM, CreateRole: RoleName. */
static bool take_role(void *field, size_t size, struct sv value, const char **why)
{
    *why = "the name of a role is wanted: letters, digits and _+=,.@-";
    for (size_t i = 0; i < value.len; i++)
        if (!isalnum((unsigned char)value.ptr[i]) && !strchr("_+=,.@-", value.ptr[i]))
            return false;
    return take_text(field, size, value, why);
}

static bool take_tags(void *field, size_t size, struct sv value, const char **why)
{
    struct sv rest = value, tag;
    while (pattern_next(&rest, &tag)) {
        *why = "tags are wanted, like environment=prod*";
        if (tag.ptr[0] == '=' || !sv_contains(tag, SV("=")))
            return false;
    }
    return take_text(field, size, value, why);
}

/* arn:PARTITION:sns:REGION:ACCOUNT:NAME */
static bool take_topic(void *field, size_t size, struct sv value, const char **why)
{
    *why = "the ARN of an SNS topic is wanted";
    return (value.len == 0 || pattern_match(SV("arn:?*:sns:?*:????????????:?*"), value)) &&
           take_text(field, size, value, why);
}

static bool take_values(void *field, size_t size, struct sv value, const char **why)
{
    return runbook_values_check(value, why) && take_text(field, size, value, why);
}

static void show_text(const void *field, struct buf *out)
{
    buf_add_cstr(out, field);
}

/* --- numbers and times ----------------------------------------------------------------------- */

static bool take_number(int *field, struct sv value, int min, int max)
{
    int64_t number;
    if (!sv_to_i64(value, &number) || number < min || number > max)
        return false;
    *field = (int)number;
    return true;
}

static bool take_seconds(void *field, size_t size, struct sv value, const char **why)
{
    (void)size;
    *why = "seconds are wanted: 0, or 10 to 86400";
    return take_number(field, value, 0, 0) || take_number(field, value, 10, 86400);
}

static void show_number(const void *field, struct buf *out)
{
    buf_addf(out, "%d", *(const int *)field);
}

static bool take_timeout(void *field, size_t size, struct sv value, const char **why)
{
    (void)size;
    *why = "seconds are wanted, 1 to 600";
    return take_number(field, value, 1, 600);
}

static bool take_duration(void *field, size_t size, struct sv value, const char **why)
{
    (void)size;
    *why = "a duration like 4h, 7d or 1d12h is wanted, or 0";
    if (sv_eq(value, SV("0"))) {
        *(int64_t *)field = 0;
        return true;
    }
    return clock_parse_duration(value, field) && *(int64_t *)field > 0;
}

/* A plan is good for a quarter of an hour. */
static bool take_wait(void *field, size_t size, struct sv value, const char **why)
{
    int64_t wait_ms = 0;
    bool is_duration = take_duration(&wait_ms, size, value, why);
    *why = "a duration like 10s or 2m is wanted, 10m at most, or 0";
    if (!is_duration || wait_ms > ALONE_WAIT_MAX_MS)
        return false;
    *(int64_t *)field = wait_ms;
    return true;
}

/* As it was written, or nearly: 36h becomes 1d12h. */
static void show_duration(const void *field, struct buf *out)
{
    static const struct {
        int64_t ms;
        char letter;
    } units[] = {{86400000, 'd'}, {3600000, 'h'}, {60000, 'm'}, {1000, 's'}};
    int64_t left_ms = *(const int64_t *)field;
    if (left_ms == 0)
        buf_add_char(out, '0');
    for (size_t i = 0; i < ARRAY_LEN(units); left_ms %= units[i++].ms)
        if (left_ms >= units[i].ms)
            buf_addf(out, "%lld%c", (long long)(left_ms / units[i].ms), units[i].letter);
}

static bool take_count(void *field, size_t size, struct sv value, const char **why)
{
    (void)size;
    *why = "a number from 1 to 256 is wanted";
    return take_number(field, value, 1, 256);
}

static bool take_budget(void *field, size_t size, struct sv value, const char **why)
{
    (void)size;
    *why = "off or a percentage from 1 to 100 is wanted";
    return budget_parse(value, field);
}

static void show_budget(const void *field, struct buf *out)
{
    int percent = *(const int *)field;
    if (percent == BUDGET_OFF)
        buf_add_cstr(out, "off");
    else
        buf_addf(out, "%d%%", percent);
}

/* --- words ----------------------------------------------------------------------------------- */

static const char *const reason_words[] = {[SESSION_REASON_PRODUCTION] = "production",
                                           [SESSION_REASON_ALWAYS] = "always",
                                           [SESSION_REASON_NEVER] = "never"};

static bool take_reason(void *field, size_t size, struct sv value, const char **why)
{
    (void)size;
    *why = "production, always or never is wanted";
    for (size_t i = 0; i < ARRAY_LEN(reason_words); i++) {
        if (!sv_eq_cstr(value, reason_words[i]))
            continue;
        *(enum session_reason *)field = (enum session_reason)i;
        return true;
    }
    return false;
}

static void show_reason(const void *field, struct buf *out)
{
    buf_add_cstr(out, reason_words[*(const enum session_reason *)field]);
}

static bool take_bool(void *field, size_t size, struct sv value, const char **why)
{
    (void)size;
    *why = "yes or no is wanted";
    bool yes = sv_eq_cstr(value, "yes"), no = sv_eq_cstr(value, "no");
    *(bool *)field = yes;
    return yes || no;
}

static void show_bool(const void *field, struct buf *out)
{
    buf_add_cstr(out, *(const bool *)field ? "yes" : "no");
}

static bool take_severity(void *field, size_t size, struct sv value, const char **why)
{
    (void)size;
    enum severity severity = severity_parse(value);
    *why = "no, MEDIUM, HIGH or CRITICAL is wanted";
    *(enum severity *)field = severity;
    return severity >= SEVERITY_MEDIUM || sv_eq(value, SV("no"));
}

static void show_severity(const void *field, struct buf *out)
{
    enum severity severity = *(const enum severity *)field;
    buf_add_cstr(out, severity == SEVERITY_NONE ? "no" : severity_name(severity));
}

/* --- ports ----------------------------------------------------------------------------------- */

static bool take_ports(uint16_t *ports, size_t *n_ports, struct sv value, const char **why)
{
    struct sv port;
    *n_ports = 0;
    while (pattern_next(&value, &port)) {
        int64_t number;
        *why = "port numbers with commas between them are wanted";
        if (!sv_to_i64(port, &number) || number < 0 || number > 65535)
            return false;
        *why = "too many ports";
        if (*n_ports == SG_PORTS_MAX)
            return false;
        ports[(*n_ports)++] = (uint16_t)number;
    }
    return true;
}

static void show_ports(const uint16_t *ports, size_t n_ports, struct buf *out)
{
    for (size_t i = 0; i < n_ports; i++)
        buf_addf(out, "%s%u", i > 0 ? ", " : "", ports[i]);
}

static bool take_dangerous(void *field, size_t size, struct sv value, const char **why)
{
    (void)size;
    struct sg_policy *policy = field;
    return take_ports(policy->dangerous_ports, &policy->n_dangerous, value, why);
}

static void show_dangerous(const void *field, struct buf *out)
{
    const struct sg_policy *policy = field;
    show_ports(policy->dangerous_ports, policy->n_dangerous, out);
}

static bool take_allowed(void *field, size_t size, struct sv value, const char **why)
{
    (void)size;
    struct sg_policy *policy = field;
    return take_ports(policy->allowed_ports, &policy->n_allowed, value, why);
}

static void show_allowed(const void *field, struct buf *out)
{
    const struct sg_policy *policy = field;
    show_ports(policy->allowed_ports, policy->n_allowed, out);
}

/* --- the kinds ------------------------------------------------------------------------------- */

const struct setting_kind setting_text = {take_text, show_text};
const struct setting_kind setting_places = {take_places, show_text};
const struct setting_kind setting_regions = {take_regions, show_text};
const struct setting_kind setting_url = {take_url, show_text};
const struct setting_kind setting_role = {take_role, show_text};
const struct setting_kind setting_tags = {take_tags, show_text};
const struct setting_kind setting_freeze = {take_freeze, show_text};
const struct setting_kind setting_types = {take_types, show_text};
const struct setting_kind setting_topic = {take_topic, show_text};
const struct setting_kind setting_values = {take_values, show_text};
const struct setting_kind setting_count = {take_count, show_number};
const struct setting_kind setting_seconds = {take_seconds, show_number};
const struct setting_kind setting_timeout = {take_timeout, show_number};
const struct setting_kind setting_budget = {take_budget, show_budget};
const struct setting_kind setting_duration = {take_duration, show_duration};
const struct setting_kind setting_wait = {take_wait, show_duration};
const struct setting_kind setting_reason = {take_reason, show_reason};
const struct setting_kind setting_severity = {take_severity, show_severity};
const struct setting_kind setting_yes_no = {take_bool, show_bool};
const struct setting_kind setting_dangerous_ports = {take_dangerous, show_dangerous};
const struct setting_kind setting_allowed_ports = {take_allowed, show_allowed};
