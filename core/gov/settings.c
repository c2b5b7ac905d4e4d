#include "core/gov/settings.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/aws/endpoint/endpoint.h"
#include "core/aws/limit/budget.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/nearest.h"
#include "core/base/os.h"
#include "core/gov/config/runbook_value.h"
#include "core/gov/freeze.h"
#include "core/gov/queue/item_type.h"

#define DAY_MS            INT64_C(86400000)
#define ALONE_WAIT_MAX_MS INT64_C(600000)
#define SETTINGS_FILE_MAX ((size_t)64 << 10)

/* Each takes a value for the field; false when it is no good, *why saying what is wanted. */
typedef bool take_fn(void *field, size_t size, struct sv value, const char **why);
/* The way back. */
typedef void show_fn(const void *field, struct buf *out);

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

static bool take_seconds(void *field, size_t size, struct sv value, const char **why)
{
    (void)size;
    int64_t number;
    *why = "seconds are wanted: 0, or 10 to 86400";
    if (!sv_to_i64(value, &number) || (number != 0 && number < 10) || number > 86400)
        return false;
    *(int *)field = (int)number;
    return true;
}

static void show_number(const void *field, struct buf *out)
{
    buf_addf(out, "%d", *(const int *)field);
}

static bool take_timeout(void *field, size_t size, struct sv value, const char **why)
{
    (void)size;
    int64_t number;
    *why = "seconds are wanted, 1 to 600";
    if (!sv_to_i64(value, &number) || number < 1 || number > 600)
        return false;
    *(int *)field = (int)number;
    return true;
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
    int64_t number;
    *why = "a number from 1 to 256 is wanted";
    if (!sv_to_i64(value, &number) || number < 1 || number > 256)
        return false;
    *(int *)field = (int)number;
    return true;
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

/* What the values of a key look like. */
struct kind {
    take_fn *take;
    show_fn *show;
};
static const struct kind text = {take_text, show_text};
static const struct kind places = {take_places, show_text};
static const struct kind region_list = {take_regions, show_text};
static const struct kind url = {take_url, show_text};
static const struct kind role = {take_role, show_text};
static const struct kind tags = {take_tags, show_text};
static const struct kind freeze = {take_freeze, show_text};
static const struct kind types = {take_types, show_text};
static const struct kind topic = {take_topic, show_text};
static const struct kind values = {take_values, show_text};
static const struct kind count = {take_count, show_number};
static const struct kind seconds = {take_seconds, show_number};
static const struct kind timeout = {take_timeout, show_number};
static const struct kind budget = {take_budget, show_budget};
static const struct kind duration = {take_duration, show_duration};
static const struct kind wait = {take_wait, show_duration};
static const struct kind reason = {take_reason, show_reason};
static const struct kind from_severity = {take_severity, show_severity};
static const struct kind yes_no = {take_bool, show_bool};
static const struct kind dangerous = {take_dangerous, show_dangerous};
static const struct kind allowed = {take_allowed, show_allowed};

#define FIELD(name) offsetof(struct settings, name), sizeof(((struct settings *)0)->name)

static const struct key {
    struct settings_row row;
    const struct kind *kind;
    size_t offset, size;
} keys[] = {
    {{"theme", "NAME", "the colours: default, light, colour-blind, mono or high-contrast"},
     &text,
     FIELD(theme)},
    {{"keys", "NAME|PATH", "a key file that is laid over default.keys: vi, k9s, or a path"},
     &text,
     FIELD(keys)},
    {{"refresh_s", "SECONDS", "a list is loaded again when it is that old; 0: only by hand"},
     &seconds,
     FIELD(refresh_s)},
    {{"cache", "yes|no", "keep the rows last seen, to show them before they are read anew"},
     &yes_no,
     FIELD(cache)},
    {{"endpoint_url", "URL", "send every request there, as --endpoint-url does"},
     &url,
     FIELD(endpoint_url)},
    {{"session_reason", "production|always|never",
      "when a shell, a forward or a transfer is to have a reason"},
     &reason,
     FIELD(session_reason)},
    {{"member_role", "NAME", "the role that is entered in member accounts"},
     &role,
     FIELD(member_role)},
    {{"concurrency", "NUMBER", "requests in flight for one screen, 1 to 256"},
     &count,
     FIELD(concurrency)},
    {{"budget", "PERCENT|off", "how much of an account's API rates may be used"},
     &budget,
     FIELD(budget_percent)},
    {{"connect_timeout_s", "SECONDS", "until a host is reached, DNS included"},
     &timeout,
     FIELD(connect_timeout_s)},
    {{"tls_timeout_s", "SECONDS", "then until TLS, and a proxy, are agreed upon"},
     &timeout,
     FIELD(tls_timeout_s)},
    {{"silence_timeout_s", "SECONDS", "an answer that says nothing for so long is given up"},
     &timeout,
     FIELD(silence_timeout_s)},
    {{"total_timeout_s", "SECONDS", "and so is one that takes longer in all"},
     &timeout,
     FIELD(total_timeout_s)},
    {{"production", "PATTERN,...", "accounts of production, by id, name, OU path or ou:PATH"},
     &places,
     FIELD(production)},
    {{"production_tags", "KEY=PATTERN,...", "account tags that tell production"},
     &tags,
     FIELD(production_tags)},
    {{"read_only", "PATTERN,...", "more accounts where nothing is changed before :elevate"},
     &places,
     FIELD(read_only)},
    {{"read_only_production", "yes|no", "nothing is changed in production before :elevate"},
     &yes_no,
     FIELD(read_only_production)},
    {{"profiles", "yes|no",
      "without an organization, the other profiles' accounts are looked at too"},
     &yes_no,
     FIELD(profiles)},
    {{"prefer_profiles", "PATTERN,...",
      "of several profiles that lead to one account, those to use"},
     &text,
     FIELD(prefer_profiles)},
    {{"regions", "REGION,...", "regions to look at; all that EC2 lists if not set"},
     &region_list,
     FIELD(regions)},
    {{"egress_open", "yes|no", "whether egress that is open to the world is a finding"},
     &yes_no,
     FIELD(egress_open)},
    {{"decide_within_critical", "DURATION", "how long a CRITICAL finding may wait; 0: for ever"},
     &duration,
     FIELD(decide_within_ms[SEVERITY_CRITICAL])},
    {{"decide_within_high", "DURATION", "the same of a HIGH one"},
     &duration,
     FIELD(decide_within_ms[SEVERITY_HIGH])},
    {{"decide_within_medium", "DURATION", "the same of a MEDIUM one"},
     &duration,
     FIELD(decide_within_ms[SEVERITY_MEDIUM])},
    {{"baseline", "FILE", "the approved rules of security groups, as JSON"},
     &text,
     FIELD(baseline)},
    {{"session_preferences", "FILE", "the approved preferences of Session Manager, as JSON"},
     &text,
     FIELD(session_preferences)},
    {{"exceptions", "FILE", "what may stay as it is, with owner, reason and expiry, as JSON"},
     &text,
     FIELD(exceptions)},
    {{"freeze", "FROM/TO,...", "times in which nothing is changed: days of UTC, or moments"},
     &freeze,
     FIELD(freeze)},
    {{"apply_automatically", "TYPE,...",
      "types of drift that drift --apply changes by itself when LOW or MEDIUM"},
     &types,
     FIELD(apply_automatically)},
    {{"approvers", "ROLE,ARN,...",
      "who may approve what was proposed: roles of the account, or ARNs; none: the member role"},
     &text,
     FIELD(approvers)},
    {{"automation_role", "NAME",
      "the role of each account that AWS's own documents act with, for rules without a "
      "remediation"},
     &role,
     FIELD(automation_role)},
    {{"document_values", "NAME=VALUE,...",
      "what these documents are told and only people know, with {account} and "
      "{region}: " RUNBOOK_VALUES},
     &values,
     FIELD(document_values)},
    {{"four_eyes", "no|SEVERITY",
      "from that severity on nobody decides alone: one proposes, another approves"},
     &from_severity,
     FIELD(four_eyes)},
    {{"alone_wait", "DURATION",
      "how long who decides alone waits before what takes more than a key; 0: not at all"},
     &wait,
     FIELD(alone_wait_ms)},
    {{"alert_topic", "ARN", "the SNS topic that is told of what waits and is HIGH or worse"},
     &topic,
     FIELD(alert_topic)},
    {{"alert_ops_item", "yes|no", "whether an OpsItem is made for what waits and is HIGH or worse"},
     &yes_no,
     FIELD(alert_ops_item)},
    {{"shared_record", "yes|no",
      "whether proposals, rejections and exceptions are kept in OpsItems, for other consoles"},
     &yes_no,
     FIELD(shared_record)},
    {{"dangerous_ports", "PORT,...", "ports that nobody opens to the world"},
     &dangerous,
     FIELD(sg_policy)},
    {{"allowed_ports", "PORT,...", "ports that may be open to the world"},
     &allowed,
     FIELD(sg_policy)},
};
_Static_assert(ARRAY_LEN(keys) <= SETTINGS_MAX, "struct settings remembers a line for each key");

bool settings_row(size_t i, struct settings_row *row)
{
    if (i >= ARRAY_LEN(keys))
        return false;
    *row = keys[i].row;
    return true;
}

void settings_init(struct settings *settings)
{
    *settings = (struct settings){
        .theme = "default",
        .cache = true,
        .concurrency = 32,
        .budget_percent = BUDGET_USUAL_PERCENT,
        .connect_timeout_s = 5,
        .tls_timeout_s = 10,
        .silence_timeout_s = 15,
        .total_timeout_s = 60,
        .production = "*/prod, */prod/*, */production, */production/*, prod, prod-*, *-prod",
        .production_tags = "environment=prod*, env=prod*, stage=prod*",
        .read_only_production = true,
        .profiles = true,
        .shared_record = true,
        .alone_wait_ms = 5 * 1000,
        .egress_open = true,
        .sg_policy = sg_policy_default,
        /* An approval is good for a day; an aws:approve step waits for 7 days, for 30 at most. */
        .decide_within_ms = {[SEVERITY_CRITICAL] = 1 * DAY_MS,
                             [SEVERITY_HIGH] = 7 * DAY_MS,
                             [SEVERITY_MEDIUM] = 30 * DAY_MS},
    };
}

static const struct key *key_find(struct sv name)
{
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        if (sv_eq_cstr(name, keys[i].row.key))
            return &keys[i];
    return NULL;
}

/* What is wrong with a key that there is not. */
static enum err_code unknown_key(struct sv name, const char *where, struct err *err)
{
    AUTO(buf_done) struct buf hint = BUF_NONE;
    struct nearest nearest;
    nearest_init(&nearest, name);
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        nearest_offer(&nearest, keys[i].row.key);
    nearest_hint(&nearest, &hint);
    return err_set(err, ERR_CONFIG, where, "unknown key '" SV_FMT "'%s", SV_ARG(name),
                   buf_cstr(&hint));
}

static enum err_code read_line(struct settings *settings, struct sv line, int number,
                               struct err *err)
{
    char where[64];
    snprintf(where, sizeof where, "%.50s:%d", settings->file, number);
    struct sv value = line;
    struct sv rest = sv_trim(sv_split(&value, '#'));
    if (rest.len == 0)
        return OK;
    value = rest;
    struct sv name = sv_trim(sv_split(&value, '='));
    if (name.len == 0 || name.len == rest.len)
        return err_set(err, ERR_CONFIG, where, "`key = value` is wanted");
    const struct key *key = key_find(name);
    if (!key)
        return unknown_key(name, where, err);
    uint16_t *set_in = &settings->line[key - keys];
    if (*set_in > 0)
        return err_set(err, ERR_CONFIG, where, "%s is already set in line %u", key->row.key,
                       *set_in);
    const char *why = "";
    if (!key->kind->take((char *)settings + key->offset, key->size, sv_trim(value), &why))
        return err_set(err, ERR_CONFIG, where, "%s: %s", key->row.key, why);
    *set_in = (uint16_t)number;
    return OK;
}

enum err_code settings_read(const char *path, bool must_exist, struct settings *settings,
                            struct err *err)
{
    if (!must_exist && access(path, F_OK) != 0 && errno == ENOENT)
        return OK;
    AUTO(buf_done) struct buf content = BUF_NONE;
    struct err unread = ERR_NONE;
    if (os_read_file(path, SETTINGS_FILE_MAX, &content, &unread) != OK)
        return err_set(err, ERR_CONFIG, path, "%s", unread.message);
    enum err_code code = OK;
    struct sv rest = buf_sv(&content);
    const char *slash = strrchr(path, '/');
    str_copy(settings->file, slash ? slash + 1 : path);
    sv_copy((struct sv){path, slash ? (size_t)(slash - path) : 0}, settings->dir,
            sizeof settings->dir);
    for (int number = 1; code == OK && rest.len > 0; number++)
        code = read_line(settings, sv_split(&rest, '\n'), number, err);
    return code;
}

enum err_code settings_load(const char *config_file, struct settings *settings, struct err *err)
{
    char path[1024], dir[1024];
    settings_init(settings);
    if (config_file)
        return settings_read(config_file, true, settings, err);
    os_xdg_dir("config", dir, sizeof dir);
    if (dir[0] == '\0')
        return OK;
    if (snprintf(path, sizeof path, "%s/watchdeck.conf", dir) >= (int)sizeof path)
        return err_set(err, ERR_CONFIG, dir, "the path of the config folder is too long");
    return settings_read(path, false, settings, err);
}

void settings_demo_baseline(struct settings *settings, const char *path)
{
    if (settings->baseline[0] != '\0')
        return;
    str_copy(settings->baseline, path);
    settings->line[key_find(SV("baseline")) - keys] = SETTINGS_DEMO;
}

void settings_path(const struct settings *settings, const char *value, char *path, size_t size)
{
    const char *home = getenv("HOME");
    if (strncmp(value, "~/", 2) == 0 && home)
        snprintf(path, size, "%s/%s", home, value + 2);
    else if (value[0] == '/' || settings->dir[0] == '\0')
        snprintf(path, size, "%s", value);
    else
        snprintf(path, size, "%s/%s", settings->dir, value);
}

void settings_value(const struct settings *settings, size_t i, struct buf *out)
{
    keys[i].kind->show((const char *)settings + keys[i].offset, out);
}

void settings_origin(const struct settings *settings, const char *key, struct buf *out)
{
    const struct key *found = key_find(sv_of(key));
    uint16_t line = found ? settings->line[found - keys] : 0;
    if (line == SETTINGS_DEMO)
        buf_add_cstr(out, "the demo");
    else if (line > 0)
        buf_addf(out, "%s:%u", settings->file, line);
    else
        buf_add_cstr(out, "default");
}

bool settings_left(const struct settings *settings, enum severity severity, int64_t since_ms,
                   int64_t now_ms, int64_t *left_ms)
{
    int64_t within_ms = settings->decide_within_ms[severity];
    if (within_ms == 0 || since_ms <= 0)
        return false;
    *left_ms = within_ms - (now_ms > since_ms ? now_ms - since_ms : 0);
    return true;
}
