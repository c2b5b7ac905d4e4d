#include "core/gov/preferences/preferences_read.h"

#include <string.h>

#include "core/gov/load/reply.h"

struct reading {
    struct preferences_found found;
    struct aws_target target;
    preferences_found_fn *fn;
    void *arg;
};

enum severity preferences_field_severity(const struct preferences_found *found,
                                         enum preference preference)
{
    const char *approved = found->approved.values[preference];
    if (!approved || found->why.code != OK)
        return SEVERITY_NONE;
    return preference_severity(preference, preference_value(&found->approved, preference),
                               preference_value(&found->current, preference));
}

enum severity preferences_severity(const struct preferences_found *found)
{
    enum severity worst = SEVERITY_NONE;
    for (size_t i = 0; i < N_PREFERENCES; i++) {
        enum severity severity = preferences_field_severity(found, (enum preference)i);
        worst = severity > worst ? severity : worst;
    }
    return worst;
}

static void on_page(struct load *load, struct aws_page *page, void *arg)
{
    struct preferences_found *found = &((struct reading *)arg)->found;
    (void)load;
    preferences_done(&found->current);
    found->is_there = true;
    sv_copy(json_sv(page->body, "DocumentVersion"), found->version, sizeof found->version);
    if (!reply_time(page->body, "CreatedDate", &found->since_ms))
        found->since_ms = 0;
    preferences_from_content(json_sv(page->body, "Content"), &found->current, &found->why);
}

static void on_end(struct load *load, const struct aws_request *request, const struct err *err,
                   void *arg)
{
    struct reading *reading = arg;
    (void)request;
    bool is_missing = strcmp(err->aws_code, "InvalidDocument") == 0;
    if (err->code != OK && !is_missing) {
        load_gap(load, &reading->target, "ssm:GetDocument", err);
        reading->found.why = *err;
    }
    if (!load_is_entry_failure(err))
        reading->fn(load, &reading->found, reading->arg);
}

static void forget(void *arg)
{
    struct reading *reading = arg;
    preferences_done(&reading->found.approved);
    preferences_done(&reading->found.current);
}

void preferences_read(struct load *load, const struct account *account,
                      const struct aws_target *target, preferences_found_fn *fn, void *arg)
{
    struct reading *reading = load_alloc(load, sizeof *reading);
    *reading = (struct reading){.target = *target, .fn = fn, .arg = arg};
    load_at_free(load, forget, reading);
    reading->found.account = account;
    reading->found.target = &reading->target;
    reading->found.is_approved =
        preferences_baseline_for(gov_preferences_baseline(load_gov(load)), account, target->region,
                                 &reading->found.approved);
    load_try(load, OP_ssm_GetDocument, target, preferences_get_params(""), on_page, on_end,
             reading);
}
