#include "core/gov/gov.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "core/base/os.h"
#include "core/gov/alert/alert.h"
#include "core/gov/alert/shared_record.h"
#include "core/gov/config/evaluation.h"
#include "core/gov/gov_internal.h"
#include "core/gov/preferences/preferences_change.h"
#include "core/gov/proposal/proposal.h"
#include "core/gov/remedy/remediation.h"
#include "core/gov/security_group/sg_change.h"
#include "core/gov/security_group/sg_modify.h"
#include "core/gov/systems_manager/parameter_change.h"
#include "core/gov/systems_manager/session_end.h"
#include "core/store/cache.h"

#define DEMO_ROLE "WatchdeckAutomation" /* the demo's accounts have it, for AWS's documents */

static const struct change_kind *const kinds[] = {
    &change_sg_revoke,   &change_sg_authorize,  &change_propose,          &change_withdraw,
    &change_approve,     &change_decline,       &change_remediation,      &change_runbook,
    &change_evaluation,  &change_parameter_put, &change_parameter_delete, &change_preferences,
    &change_session_end, &change_sg_modify,
};

/* --- rows of earlier runs -------------------------------------------------------------------- */

struct cache *gov_cache(struct gov *gov)
{
    char dir[1000], path[1024];
    struct err err = ERR_NONE;
    if (gov->cache_opened || !gov->keeps_rows)
        return gov->cache;
    gov->cache_opened = true;
    os_xdg_dir("cache", dir, sizeof dir);
    snprintf(path, sizeof path, "%s/rows.db", dir);
    if (dir[0] == '\0' || os_private_dir(dir, &err) != OK ||
        cache_open(path, &gov->cache, &err) != OK)
        log_warn("cache", "there is none: %s", dir[0] ? err.message : "no HOME");
    return gov->cache;
}

static void forget_rows(void *arg)
{
    cache_forget_all(gov_cache(arg));
}

void gov_forget_rows(struct gov *gov)
{
    run_call(RUN_WORKER, RUN_URGENT, gov->scope, forget_rows, NULL, gov);
}

/* --- from start to end ----------------------------------------------------------------------- */

static void on_status(void *arg, const struct change_status *status)
{
    struct gov *gov = arg;
    if (gov->on_change)
        gov->on_change(gov->on_change_arg, status);
}

void gov_on_change(struct gov *gov, void (*fn)(void *arg, const struct change_status *status),
                   void *arg)
{
    gov->on_change = fn;
    gov->on_change_arg = arg;
}

void gov_on_settled(struct gov *gov, void (*fn)(void *arg, size_t n_settled, size_t n_open),
                    void *arg)
{
    gov->on_settled = fn;
    gov->on_settled_arg = arg;
}

void gov_on_alerted(struct gov *gov, void (*fn)(void *arg, const struct gov_alerted *alerted),
                    void *arg)
{
    gov->on_alerted = fn;
    gov->on_alerted_arg = arg;
}

bool gov_is_alerting(const struct gov *gov)
{
    return atomic_load(&gov->n_alerting) > 0;
}

/* The endpoint of the settings stands behind --endpoint-url and the environment. */
static struct aws_options aws_options(const struct gov *gov, const struct gov_options *options)
{
    struct aws_options aws = options->aws;
    if (aws.budget_percent == 0)
        aws.budget_percent = gov->settings.budget_percent;
    if (!aws.member_role && gov->settings.member_role[0])
        aws.member_role = gov->settings.member_role;
    if (!aws.endpoint_url && !getenv("AWS_ENDPOINT_URL") && gov->settings.endpoint_url[0])
        aws.endpoint_url = gov->settings.endpoint_url;
    return aws;
}

/* Where the journal, the trail, the looks and the scopes are kept. */
static void state_dir(const struct gov_options *options, char *dir, size_t size)
{
    if (options->state_dir)
        sv_copy(sv_of(options->state_dir), dir, size);
    else
        os_xdg_dir("state", dir, size);
}

static void read_scopes(struct gov *gov)
{
    gov->scopes_err = ERR_NONE;
    saved_scopes_path(gov->state_dir, gov->scopes_path, sizeof gov->scopes_path);
    if (gov->scopes_path[0] != '\0')
        saved_scopes_read(gov->scopes_path, &gov->scopes, &gov->scopes_err);
}

/* What is approved must be known in full, or nothing is said of it: a file that cannot be read is
 * an error, not an empty one. */
static enum err_code read_files(struct gov *gov, struct err *err)
{
    const struct settings *settings = &gov->settings;
    char path[1400];
    settings_path(settings, settings->baseline, path, sizeof path);
    if (settings->baseline[0] && sg_baseline_read(path, &gov->baseline, err) != OK)
        return err->code;
    settings_path(settings, settings->session_preferences, path, sizeof path);
    if (settings->session_preferences[0] &&
        preferences_baseline_read(path, &gov->preferences_baseline, err) != OK)
        return err->code;
    settings_path(settings, settings->exceptions, path, sizeof path);
    if (settings->exceptions[0] && exceptions_read(path, &gov->exceptions, err) != OK)
        return err->code;
    return OK;
}

static void open_gate(struct gov *gov, const struct gov_options *options)
{
    struct gate_options gate = {
        .dir = gov->state_dir,
        .kinds = kinds,
        .n_kinds = ARRAY_LEN(kinds),
        .policy = gov_policy,
        .alone = gov_alone_policy,
        .alone_wait = gov_alone_wait,
        .policy_arg = gov,
        .exception = shared_record_exception,
        .on_ended = shared_record_ended,
        .on_excepted = shared_record_excepted,
        .shared_arg = gov,
        .on_status = on_status,
        .on_status_arg = gov,
        .verify_for_ms = options->verify_for_ms,
        .look_pause_ms = options->look_pause_ms,
        .undo_pause_ms = options->undo_pause_ms,
    };
    gov->gate = gate_new(gov->client, &gate);
}

enum err_code gov_new(const struct gov_options *options, struct gov **gov, struct err *err)
{
    struct gov *made = mem_new(struct gov);
    made->read_only = options->read_only;
    made->keeps_looks = options->keep_looks;
    made->raises_alerts = options->alerts;
    made->read = client_read;
    made->read_secret = client_read_secret;
    made->find_profiles = client_find_profiles;
    made->use_profile = client_use_profile;
    made->scope = scope_new(NULL, "gov");
    pthread_mutex_init(&made->estate_lock, NULL);
    settings_init(&made->settings);
    if (options->settings)
        made->settings = *options->settings;
    if (options->demo && !made->settings.automation_role[0])
        str_copy(made->settings.automation_role, DEMO_ROLE);
    made->keeps_rows = options->keep_rows && made->settings.cache;
    struct aws_options aws = aws_options(made, options);
    state_dir(options, made->state_dir, sizeof made->state_dir);
    read_scopes(made);
    enum err_code code = read_files(made, err);
    if (code == OK)
        code = client_new(&aws, &made->client, err);
    if (code == OK) {
        open_gate(made, options);
        alerts_consent(made);
    } else {
        gov_free(made);
        made = NULL;
    }
    *gov = made;
    return code;
}

void gov_free(struct gov *gov)
{
    if (!gov)
        return;
    for (size_t i = 0; i < gov->seen.len; i++)
        coverage_done(&gov->seen.ptr[i].coverage);
    vec_free(&gov->seen);
    cache_close(gov->cache);
    look_done(&gov->look);
    map_done(&gov->alerts_refused);
    shared_records_done(gov);
    sg_baseline_free(gov->baseline);
    preferences_baseline_free(gov->preferences_baseline);
    exceptions_free(gov->exceptions);
    vec_free(&gov->loads);
    vec_free(&gov->chosen_profiles);
    gov_estate_done(gov);
    gate_free(gov->gate);
    client_free(gov->client);
    scope_unref(gov->scope);
    pthread_mutex_destroy(&gov->estate_lock);
    mem_free(gov);
}

struct aws_client *gov_client(struct gov *gov)
{
    return gov->client;
}

struct gate *gov_gate(struct gov *gov)
{
    return gov->gate;
}

const struct settings *gov_settings(const struct gov *gov)
{
    return &gov->settings;
}

const struct sg_baseline *gov_baseline(const struct gov *gov)
{
    return gov->baseline;
}

const struct preferences_baseline *gov_preferences_baseline(const struct gov *gov)
{
    return gov->preferences_baseline;
}

const struct exceptions *gov_exceptions(const struct gov *gov)
{
    return gov->exceptions;
}
