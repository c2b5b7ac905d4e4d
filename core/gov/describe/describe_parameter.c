/*
 * describe_parameter: a parameter of an application from both sides: what is approved and what is
 * there, each with its versions and who made them. Of what nobody is to see no value is shown; what
 * is sealed is read as it is, and not shown either.
 */
#include <string.h>

#include "core/base/clock.h"
#include "core/gov/describe/describing.h"
#include "core/gov/load/reply.h"
#include "core/gov/systems_manager/parameter.h"
#include "core/model/diff.h"

#define VERSIONS_SHOWN 10
#define VALUE_SHOWN    200 /* bytes */
#define LINES_SHOWN    20

static const char *const sections[PARAMETER_SIDES] = {
    [PARAMETER_APPROVED] = SECTION_APPROVED,
    [PARAMETER_CURRENT] = "Current",
};
static const char *const histories[PARAMETER_SIDES] = {
    [PARAMETER_APPROVED] = "Versions of what is approved",
    [PARAMETER_CURRENT] = "Versions of what is there",
};

/* Both names of it, by side; what lies in no application's tree has one. */
struct names {
    char of[PARAMETER_SIDES][PARAMETER_NAME_SIZE];
    struct parameter_name parts;
    size_t n;
};

static void names_of(const struct describing *describing, struct names *names)
{
    *names = (struct names){0};
    if (!parameter_name_parse(sv_of(describing->id), &names->parts)) {
        str_copy(names->of[0], describing->id);
        names->parts.key = sv_of(describing->id);
        names->n = 1;
        return;
    }
    for (int side = 0; side < PARAMETER_SIDES; side++)
        parameter_name_make(names->parts.application, (enum parameter_side)side, names->parts.key,
                            names->of[side]);
    names->n = PARAMETER_SIDES;
}

/* --- reading --------------------------------------------------------------------------------- */

static cJSON *facts_params(const struct names *names)
{
    cJSON *params = cJSON_CreateObject(), *filter = cJSON_CreateObject();
    cJSON *values = cJSON_CreateArray();
    for (size_t i = 0; i < names->n; i++)
        cJSON_AddItemToArray(values, cJSON_CreateString(names->of[i]));
    cJSON_AddStringToObject(filter, "Key", "Name");
    cJSON_AddStringToObject(filter, "Option", "Equals");
    cJSON_AddItemToObject(filter, "Values", values);
    cJSON_AddItemToArray(cJSON_AddArrayToObject(params, "ParameterFilters"), filter);
    return params;
}

/* What is there has a history. What has been deleted has none, but CloudTrail may know of it. */
static void ask_histories(struct inquiry *inquiry, void *arg)
{
    struct describing *describing = describing_of(arg);
    INQUIRY_EACH(inquiry, OP_ssm_DescribeParameters, "Parameters", item)
    {
        AUTO_FREE char *name = sv_dup(json_sv(item, "Name"));
        cJSON *params = cJSON_CreateObject();
        cJSON_AddStringToObject(params, "Name", name);
        inquiry_read(inquiry, OP_ssm_GetParameterHistory, &describing->target, params, NULL);
    }
}

/* CloudTrail need not know an event by the parameter's name: then the newest that put one are
 * looked through. Once both names have been asked for. */
static void ask_by_event(struct inquiry *inquiry, void *arg)
{
    struct describing *describing = describing_of(arg);
    struct names names;
    size_t n = 0;
    names_of(describing, &names);
    INQUIRY_EACH(inquiry, OP_cloudtrail_LookupEvents, "Events", item)
    {
        n += item != NULL;
    }
    if (n == 0 && inquiry_page(inquiry, OP_cloudtrail_LookupEvents, names.n - 1) &&
        !inquiry_page(inquiry, OP_cloudtrail_LookupEvents, names.n))
        changes_ask_by(inquiry, describing, "EventName", "PutParameter", NULL);
}

/* Whether a record is about one of both sides; one that names nothing is. */
static bool is_about(const struct describing *describing, const cJSON *record)
{
    struct names names;
    struct sv name = json_string(json_path(record, "requestParameters.name"));
    names_of(describing, &names);
    for (size_t i = 0; i < names.n; i++)
        if (name.len == 0 || sv_eq_cstr(name, names.of[i]))
            return true;
    return false;
}

static void parameter_begin(struct inquiry *inquiry, struct describing *describing)
{
    struct names names;
    names_of(describing, &names);
    inquiry_read(inquiry, OP_ssm_DescribeParameters, &describing->target, facts_params(&names),
                 ask_histories);
    for (size_t i = 0; i < names.n; i++)
        changes_ask_by(inquiry, describing, "ResourceName", names.of[i], ask_by_event);
}

/* --- telling --------------------------------------------------------------------------------- */

static const cJSON *facts_named(const struct inquiry *inquiry, const char *name)
{
    INQUIRY_EACH(inquiry, OP_ssm_DescribeParameters, "Parameters", item)
    {
        if (sv_eq_cstr(json_sv(item, "Name"), name))
            return item;
    }
    return NULL;
}

/* A sensitive side makes both so. */
static bool is_sensitive(const struct inquiry *inquiry, const struct names *names)
{
    bool sensitive = false;
    INQUIRY_EACH(inquiry, OP_ssm_DescribeParameters, "Parameters", item)
    sensitive |= parameter_is_sensitive(json_sv(item, "Type"), names->parts.key);
    return sensitive;
}

/* As it was in one version, cut, or that it is not shown. */
static void value_text(const cJSON *version, bool sensitive, struct buf *text)
{
    struct sv value = json_sv(version, "Value");
    if (sensitive || parameter_is_secure(json_sv(version, "Type"))) {
        buf_add_cstr(text, "(not shown)");
        return;
    }
    buf_addf(text, "\"%.*s\"", (int)(value.len < VALUE_SHOWN ? value.len : VALUE_SHOWN), value.ptr);
    if (value.len > VALUE_SHOWN)
        buf_addf(text, " and %zu bytes more", value.len - VALUE_SHOWN);
}

/* Versions as AWS tells them, ascending; borrowed. */
struct versions {
    VEC(const cJSON *) all;
};

static void collect(const struct inquiry *inquiry, const char *name, struct versions *versions)
{
    INQUIRY_EACH(inquiry, OP_ssm_GetParameterHistory, "Parameters", item)
    {
        if (sv_eq_cstr(json_sv(item, "Name"), name))
            vec_push(&versions->all, item);
    }
}

static void tell_facts(struct describing *describing, const char *section, const cJSON *facts)
{
    static const struct told_member members[] = {
        {"Name", "name", true},           {"Type", "type", false},
        {"KeyId", "sealed under", true},  {"Tier", "tier", false},
        {"DataType", "data type", false}, {"Description", "description", false},
        {"Version", "version", false},    {"LastModifiedUser", "changed by", true},
    };
    tell_members(describing, section, facts, members, ARRAY_LEN(members));
    tell_time(describing, section, "changed at", facts, "LastModifiedDate");
    tell_json(describing, facts);
}

/* "12: by arn:... at 2026-11-23T10:00:00Z: "30"  [stable]" */
static void tell_version(struct describing *describing, const char *section, const cJSON *version,
                         bool sensitive)
{
    AUTO(buf_done) struct buf label = BUF_NONE, text = BUF_NONE;
    char at[CLOCK_ISO_SIZE] = "";
    int64_t at_ms;
    if (reply_time(version, "LastModifiedDate", &at_ms))
        clock_iso8601(at_ms, false, at);
    buf_addf(&label, "version %lld", (long long)json_i64(version, "Version", 0));
    buf_addf(&text, "%s by " SV_FMT ": ", at, SV_ARG(json_sv(version, "LastModifiedUser")));
    value_text(version, sensitive, &text);
    for (const cJSON *mark = json_items(version, "Labels"); mark; mark = mark->next)
        buf_addf(&text, " [" SV_FMT "]", SV_ARG(json_string(mark)));
    tell(describing, section, buf_sv(&label), buf_sv(&text));
}

/* The newest first; how many there are besides. */
static void tell_history(struct describing *describing, const char *section,
                         const struct versions *versions, bool sensitive)
{
    size_t n = versions->all.len;
    for (size_t i = 0; i < n && i < VERSIONS_SHOWN; i++)
        tell_version(describing, section, versions->all.ptr[n - 1 - i], sensitive);
    if (n > VERSIONS_SHOWN)
        tellf(describing, section, SV("older"), "%zu more", n - VERSIONS_SHOWN);
}

static void tell_side(const struct inquiry *inquiry, struct describing *describing,
                      const char *section, const char *name, bool sensitive)
{
    AUTO(buf_done) struct buf value = BUF_NONE;
    struct versions versions = {0};
    const cJSON *facts = facts_named(inquiry, name);
    if (!facts && inquiry_page(inquiry, OP_ssm_DescribeParameters, 0))
        tellf(describing, section, SV("name"), "%s is not there", name);
    tell_facts(describing, section, facts);
    collect(inquiry, name, &versions);
    if (versions.all.len > 0) {
        value_text(vec_last(&versions.all), sensitive, &value);
        tell(describing, section, SV("value"), buf_sv(&value));
    }
    vec_free(&versions.all);
}

/* The last version's; SV_NONE when there is none, or it is sealed. */
static struct sv newest_value(const struct inquiry *inquiry, const char *name)
{
    struct versions versions = {0};
    struct sv value = SV_NONE;
    collect(inquiry, name, &versions);
    if (versions.all.len > 0 && !parameter_is_secure(json_sv(vec_last(&versions.all), "Type")))
        value = json_sv(vec_last(&versions.all), "Value");
    vec_free(&versions.all);
    return value;
}

static void tell_changed_line(struct describing *describing, const struct diff *lines,
                              const struct diff_hunk *hunk, size_t i)
{
    bool is_approved = hunk->kind == DIFF_REMOVED;
    AUTO(buf_done) struct buf label = BUF_NONE;
    buf_addf(&label, "%s line %zu", is_approved ? "approved" : "current",
             (is_approved ? hunk->before : hunk->after) + i + 1);
    struct sv line = diff_line(lines, hunk, i);
    tell(describing, SECTION_DIFFERENCE, buf_sv(&label), line.len > 0 ? line : SV("(empty)"));
}

/* Of values of several lines, those that the sides do not share; what stands on one line alone is
 * seen beside the other as it is. */
static void tell_lines(struct describing *describing, struct sv approved, struct sv current)
{
    struct diff lines;
    size_t n_told = 0;
    if (!sv_contains(approved, SV("\n")) && !sv_contains(current, SV("\n")))
        return;
    diff_lines(approved, current, &lines);
    for (size_t h = 0; h < lines.hunks.len; h++) {
        const struct diff_hunk *hunk = &lines.hunks.ptr[h];
        for (size_t i = 0; hunk->kind != DIFF_SAME && i < hunk->n_lines; i++)
            if (n_told++ < LINES_SHOWN)
                tell_changed_line(describing, &lines, hunk, i);
    }
    if (n_told > LINES_SHOWN)
        tellf(describing, SECTION_DIFFERENCE, SV("besides"), "%zu lines more",
              n_told - LINES_SHOWN);
    diff_done(&lines);
}

static void tell_difference(const struct inquiry *inquiry, struct describing *describing,
                            const struct names *names, bool sensitive)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    struct parameter_facts sides[PARAMETER_SIDES];
    for (int side = 0; side < PARAMETER_SIDES; side++)
        parameter_facts_read(facts_named(inquiry, names->of[side]), &sides[side]);
    if (sides[PARAMETER_APPROVED].name[0] && sides[PARAMETER_CURRENT].name[0] &&
        parameter_facts_differ(&sides[PARAMETER_APPROVED], &sides[PARAMETER_CURRENT], &text))
        tell(describing, SECTION_DIFFERENCE, SV("beside the value"), buf_sv(&text));
    struct sv approved = newest_value(inquiry, names->of[PARAMETER_APPROVED]);
    struct sv current = newest_value(inquiry, names->of[PARAMETER_CURRENT]);
    if (!sensitive && approved.len > 0 && current.len > 0)
        tell_lines(describing, approved, current);
    for (int side = 0; side < PARAMETER_SIDES; side++)
        parameter_facts_done(&sides[side]);
}

static void parameter_end(struct inquiry *inquiry, struct describing *describing)
{
    struct names names;
    names_of(describing, &names);
    size_t n = names.n < PARAMETER_SIDES ? names.n : PARAMETER_SIDES;
    bool sensitive = is_sensitive(inquiry, &names), alone = n == 1;
    for (size_t i = 0; i < n; i++)
        tell_side(inquiry, describing, alone ? "Parameter" : sections[i], names.of[i], sensitive);
    if (n == PARAMETER_SIDES)
        tell_difference(inquiry, describing, &names, sensitive);
    changes_tell_some(inquiry, describing, is_about);
    for (size_t i = n; i-- > 0;) {
        struct versions versions = {0};
        collect(inquiry, names.of[i], &versions);
        tell_history(describing, alone ? SECTION_VERSIONS : histories[i], &versions, sensitive);
        vec_free(&versions.all);
    }
}

const struct describer describer_parameter = {parameter_begin, parameter_end};
