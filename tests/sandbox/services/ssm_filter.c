/* ssm_filter: the filters of Parameter Store's lists. */
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/sandbox/services/ssm_parameter.h"

static bool has_word(const char *words, struct sv word)
{
    struct sv rest = sv_of(words);
    while (rest.len > 0)
        if (sv_eq(sv_split(&rest, ' '), word))
            return true;
    return false;
}

/* "tag:" stands for every tag:NAME. */
static const struct ssm_filter_rule *find_rule(const struct ssm_filter_rule *rules, struct sv key)
{
    for (; rules->key; rules++)
        if (sv_eq_cstr(key, rules->key) ||
            (strcmp(rules->key, "tag:") == 0 && sv_starts(key, SV("tag:"))))
            return rules;
    return NULL;
}

bool ssm_check_filters(const struct call *call, struct reply *reply,
                       const struct ssm_filter_rule *rules)
{
    for (const cJSON *filter = in_list(call, "ParameterFilters"); filter; filter = filter->next) {
        struct sv key = json_sv(filter, "Key"), option = json_sv(filter, "Option");
        const struct ssm_filter_rule *rule = find_rule(rules, key);
        if (!rule) {
            reply_error(reply, 0, "InvalidFilterKey", "%s", "");
            return false;
        }
        if (option.len > 0 && !has_word(rule->options, option)) {
            reply_error(reply, 0, "InvalidFilterOption",
                        "The following filter option is not valid: " SV_FMT
                        ". Valid options include: [%s].",
                        SV_ARG(option), rule->options);
            return false;
        }
        if (!json_items(filter, "Values") && !sv_starts(key, SV("tag:"))) {
            reply_error(reply, 0, "InvalidFilterValue",
                        "The following filter values are missing : null for filter key " SV_FMT,
                        SV_ARG(key));
            return false;
        }
    }
    return true;
}

/* Is name in the level below path, or with recursive in any? */
static bool is_in_path(struct sv name, struct sv path, bool recursive)
{
    while (path.len > 0 && path.ptr[path.len - 1] == '/')
        path.len--;
    if (!sv_starts(name, path) || name.len <= path.len + 1 || name.ptr[path.len] != '/')
        return false;
    struct sv rest = {name.ptr + path.len + 1, name.len - path.len - 1};
    return recursive || !memchr(rest.ptr, '/', rest.len);
}

static bool value_fits(struct sv value, struct sv wanted, struct sv option)
{
    if (sv_eq_cstr(option, "BeginsWith"))
        return sv_starts(value, wanted);
    return sv_eq_cstr(option, "Contains") ? sv_contains(value, wanted) : sv_eq(value, wanted);
}

static bool label_fits(const cJSON *version, struct sv wanted)
{
    for (const cJSON *label = json_items(version, "Labels"); label; label = label->next)
        if (sv_eq_cstr(wanted, label->valuestring))
            return true;
    return false;
}

static bool fits(const struct parameter *parameter, struct sv key, struct sv option,
                 struct sv wanted)
{
    const cJSON *latest = parameter_latest(parameter);
    if (sv_eq_cstr(key, "Path"))
        return is_in_path(sv_of(parameter->name), wanted, sv_eq_cstr(option, "Recursive"));
    if (sv_eq_cstr(key, "Label"))
        return label_fits(latest, wanted);
    if (sv_starts(key, SV("tag:")))
        return value_fits(json_sv(parameter->tags, key.ptr + 4), wanted, option);
    return value_fits(json_sv(latest, key.ptr), wanted, option);
}

/* Any value of a filter; without values it asks whether the tag is there. */
static bool passes(const struct parameter *parameter, const cJSON *filter)
{
    struct sv key = json_sv(filter, "Key");
    const cJSON *value = json_items(filter, "Values");
    if (!value)
        return json_get(parameter->tags, key.ptr + 4) != NULL;
    for (; value; value = value->next)
        if (fits(parameter, key, json_sv(filter, "Option"), json_string(value)))
            return true;
    return false;
}

bool ssm_passes_filters(const struct call *call, const struct parameter *parameter)
{
    static const char *const lists[] = {"ParameterFilters", "Filters"};
    for (size_t i = 0; i < ARRAY_LEN(lists); i++)
        for (const cJSON *filter = in_list(call, lists[i]); filter; filter = filter->next)
            if (!passes(parameter, filter))
                return false;
    return true;
}
