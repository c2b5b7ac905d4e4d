#include "core/gov/security_group/sg_evaluate.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

/* The rules of the file, in its order. */
struct evaluated {
    size_t n;
    struct sg_rule *rules;
    struct sg_violation *violations;
};

static size_t count(const cJSON *items)
{
    size_t n = 0;
    for (; items; items = items->next)
        n++;
    return n;
}

static enum err_code read_rules(const cJSON *reply, const char *where, struct arena *arena,
                                struct evaluated *all, struct err *err)
{
    const cJSON *items = sg_rules_in_reply(reply);
    struct err why;

    if (!cJSON_IsArray(json_get(reply, "SecurityGroupRules")))
        return err_set(err, ERR_USAGE, where,
                       "has no list SecurityGroupRules, as `aws ec2 describe-security-group-rules` "
                       "prints it");
    size_t n = count(items);
    all->rules = arena_alloc(arena, (n + 1) * sizeof *all->rules);
    all->violations = arena_alloc(arena, (n + 1) * sizeof *all->violations);
    for (; items; items = items->next) {
        struct sg_rule *rule = &all->rules[all->n++];
        if (sg_rule_from_json(items, rule, &why) != OK)
            return err_set(err, ERR_USAGE, where, "rule %zu: %s", all->n, why.message);
        if (rule->group_id[0] == '\0')
            return err_set(err, ERR_USAGE, where, "rule %zu (%s) has no GroupId", all->n,
                           rule->rule_id);
    }
    return OK;
}

/* Rules in the order of groups, and of the file within one. */
static int by_group(const void *a, const void *b)
{
    const struct sg_rule *const *x = a, *const *y = b;
    int order = strcmp((*x)->group_id, (*y)->group_id);
    return order != 0 ? order : (*x > *y) - (*x < *y);
}

/* Judges the n rules of one group, each of which lies in all->rules. */
static void judge_group(const struct sg_policy *policy, const struct evaluated *all,
                        const struct sg_rule *const *group, size_t n)
{
    struct arena arena = {0};
    struct sg_rule *rules = arena_alloc(&arena, n * sizeof *rules);
    struct sg_violation *violations = arena_alloc(&arena, n * sizeof *violations);

    for (size_t i = 0; i < n; i++)
        rules[i] = *group[i];
    sg_policy_judge(policy, rules, n, violations);
    for (size_t i = 0; i < n; i++)
        all->violations[group[i] - all->rules] = violations[i];
    arena_done(&arena);
}

static void judge(const struct sg_policy *policy, const struct evaluated *all, struct arena *arena)
{
    const struct sg_rule **sorted = arena_alloc(arena, (all->n + 1) * sizeof *sorted);

    for (size_t i = 0; i < all->n; i++)
        sorted[i] = &all->rules[i];
    qsort(sorted, all->n, sizeof *sorted, by_group);
    for (size_t from = 0, to; from < all->n; from = to) {
        for (to = from + 1;
             to < all->n && strcmp(sorted[to]->group_id, sorted[from]->group_id) == 0; to++)
            ;
        judge_group(policy, all, sorted + from, to - from);
    }
}

static void tell(struct json_writer *w, const struct sg_rule *rule,
                 const struct sg_violation *violation)
{
    jw_object(w);
    jw_string_at(w, "security_group_rule_id", sv_of(rule->rule_id));
    jw_string_at(w, "group_id", sv_of(rule->group_id));
    jw_string_at(w, "type", sv_of(violation->type));
    jw_string_at(w, "severity", sv_of(severity_name(violation->severity)));
    jw_key(w, "ports");
    jw_array(w);
    for (size_t i = 0; i < violation->n_ports; i++)
        jw_i64(w, violation->ports[i]);
    jw_array_end(w);
    jw_object_end(w);
}

static enum severity tell_all(struct json_writer *w, const struct evaluated *all)
{
    enum severity worst = SEVERITY_NONE;

    jw_object(w);
    jw_key(w, "violations");
    jw_array(w);
    for (size_t i = 0; i < all->n; i++) {
        const struct sg_violation *violation = &all->violations[i];
        if (violation->type == NULL)
            continue;
        tell(w, &all->rules[i], violation);
        if (violation->severity > worst)
            worst = violation->severity;
    }
    jw_array_end(w);
    jw_object_end(w);
    return worst;
}

enum err_code sg_evaluate(const struct sg_policy *policy, struct sv text, const char *where,
                          struct buf *out, enum severity *worst, struct err *err)
{
    AUTO(json_free_at) cJSON *reply = NULL;
    AUTO(arena_done) struct arena arena = {0};
    struct evaluated all = {0};
    struct json_writer writer = {.out = out};
    enum err_code code = json_parse(text, where, &reply, err);

    if (code == OK)
        code = read_rules(reply, where, &arena, &all, err);
    if (code != OK)
        return code;
    judge(policy, &all, &arena);
    *worst = tell_all(&writer, &all);
    return OK;
}
