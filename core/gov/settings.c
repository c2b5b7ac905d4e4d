#include "core/gov/settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/aws/limit/budget.h"
#include "core/base/nearest.h"
#include "core/base/os.h"
#include "core/gov/remedy/runbook_value.h"
#include "core/gov/settings_value.h"

#define DAY_MS            INT64_C(86400000)
#define SETTINGS_FILE_MAX ((size_t)64 << 10)

#define FIELD(name)       offsetof(struct settings, name), sizeof(((struct settings *)0)->name)

static const struct key {
    struct settings_row row;
    const struct setting_kind *kind;
    size_t offset, size;
} keys[] = {
    {{"theme", "NAME", "the colours: default, light, colour-blind, mono or high-contrast"},
     &setting_text,
     FIELD(theme)},
    {{"keys", "NAME|PATH", "a key file that is laid over default.keys: vi, k9s, or a path"},
     &setting_text,
     FIELD(keys)},
    {{"refresh_s", "SECONDS", "a list is loaded again when it is that old; 0: only by hand"},
     &setting_seconds,
     FIELD(refresh_s)},
    {{"cache", "yes|no", "keep the rows last seen, to show them before they are read anew"},
     &setting_yes_no,
     FIELD(cache)},
    {{"endpoint_url", "URL", "send every request there, as --endpoint-url does"},
     &setting_url,
     FIELD(endpoint_url)},
    {{"session_reason", "production|always|never",
      "when a shell, a forward or a transfer is to have a reason"},
     &setting_reason,
     FIELD(session_reason)},
    {{"member_role", "NAME", "the role that is entered in member accounts"},
     &setting_role,
     FIELD(member_role)},
    {{"concurrency", "NUMBER", "requests in flight for one screen, 1 to 256"},
     &setting_count,
     FIELD(concurrency)},
    {{"budget", "PERCENT|off", "how much of an account's API rates may be used"},
     &setting_budget,
     FIELD(budget_percent)},
    {{"connect_timeout_s", "SECONDS", "until a host is reached, DNS included"},
     &setting_timeout,
     FIELD(connect_timeout_s)},
    {{"tls_timeout_s", "SECONDS", "then until TLS, and a proxy, are agreed upon"},
     &setting_timeout,
     FIELD(tls_timeout_s)},
    {{"silence_timeout_s", "SECONDS", "an answer that says nothing for so long is given up"},
     &setting_timeout,
     FIELD(silence_timeout_s)},
    {{"total_timeout_s", "SECONDS", "and so is one that takes longer in all"},
     &setting_timeout,
     FIELD(total_timeout_s)},
    {{"production", "PATTERN,...", "accounts of production, by id, name, OU path or ou:PATH"},
     &setting_places,
     FIELD(production)},
    {{"production_tags", "KEY=PATTERN,...", "account tags that tell production"},
     &setting_tags,
     FIELD(production_tags)},
    {{"read_only", "PATTERN,...", "more accounts where nothing is changed before :elevate"},
     &setting_places,
     FIELD(read_only)},
    {{"read_only_production", "yes|no", "nothing is changed in production before :elevate"},
     &setting_yes_no,
     FIELD(read_only_production)},
    {{"profiles", "yes|no",
      "without an organization, the other profiles' accounts are looked at too"},
     &setting_yes_no,
     FIELD(profiles)},
    {{"prefer_profiles", "PATTERN,...",
      "of several profiles that lead to one account, those to use"},
     &setting_text,
     FIELD(prefer_profiles)},
    {{"regions", "REGION,...", "regions to look at; all that EC2 lists if not set"},
     &setting_regions,
     FIELD(regions)},
    {{"egress_open", "yes|no", "whether egress that is open to the world is a finding"},
     &setting_yes_no,
     FIELD(egress_open)},
    {{"decide_within_critical", "DURATION", "how long a CRITICAL finding may wait; 0: for ever"},
     &setting_duration,
     FIELD(decide_within_ms[SEVERITY_CRITICAL])},
    {{"decide_within_high", "DURATION", "the same of a HIGH one"},
     &setting_duration,
     FIELD(decide_within_ms[SEVERITY_HIGH])},
    {{"decide_within_medium", "DURATION", "the same of a MEDIUM one"},
     &setting_duration,
     FIELD(decide_within_ms[SEVERITY_MEDIUM])},
    {{"baseline", "FILE", "the approved rules of security groups, as JSON"},
     &setting_text,
     FIELD(baseline)},
    {{"session_preferences", "FILE", "the approved preferences of Session Manager, as JSON"},
     &setting_text,
     FIELD(session_preferences)},
    {{"exceptions", "FILE", "what may stay as it is, with owner, reason and expiry, as JSON"},
     &setting_text,
     FIELD(exceptions)},
    {{"freeze", "FROM/TO,...", "times in which nothing is changed: days of UTC, or moments"},
     &setting_freeze,
     FIELD(freeze)},
    {{"apply_automatically", "TYPE,...",
      "types of drift that drift --apply changes by itself when LOW or MEDIUM"},
     &setting_types,
     FIELD(apply_automatically)},
    {{"approvers", "ROLE,ARN,...",
      "who may approve what was proposed: roles of the account, or ARNs; none: the member role"},
     &setting_text,
     FIELD(approvers)},
    {{"automation_role", "NAME",
      "the role of each account that AWS's own documents act with, for rules without a "
      "remediation"},
     &setting_role,
     FIELD(automation_role)},
    {{"document_values", "NAME=VALUE,...",
      "what these documents are told and only people know, with {account} and "
      "{region}: " RUNBOOK_VALUES},
     &setting_values,
     FIELD(document_values)},
    {{"four_eyes", "no|SEVERITY",
      "from that severity on nobody decides alone: one proposes, another approves"},
     &setting_severity,
     FIELD(four_eyes)},
    {{"alone_wait", "DURATION",
      "how long who decides alone waits before what takes more than a key; 0: not at all"},
     &setting_wait,
     FIELD(alone_wait_ms)},
    {{"alert_topic", "ARN", "the SNS topic that is told of what waits and is HIGH or worse"},
     &setting_topic,
     FIELD(alert_topic)},
    {{"alert_ops_item", "yes|no", "whether an OpsItem is made for what waits and is HIGH or worse"},
     &setting_yes_no,
     FIELD(alert_ops_item)},
    {{"shared_record", "yes|no",
      "whether proposals, rejections and exceptions are kept in OpsItems, for other consoles"},
     &setting_yes_no,
     FIELD(shared_record)},
    {{"dangerous_ports", "PORT,...", "ports that nobody opens to the world"},
     &setting_dangerous_ports,
     FIELD(sg_policy)},
    {{"allowed_ports", "PORT,...", "ports that may be open to the world"},
     &setting_allowed_ports,
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
