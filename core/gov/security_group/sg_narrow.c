/* sg_narrow: whether a rule can let in a part of what it lets in, and what of it is wrong still. */
#include <string.h>

#include "core/base/mem.h"
#include "core/gov/gov_internal.h"
#include "core/gov/security_group/sg_plan_internal.h"

/* AWS keeps the type of a rule's source (EC2 API, SecurityGroupRuleRequest). */
static enum err_code check_rule(const struct sg_rule *rule, struct err *err)
{
    if (rule->egress)
        return err_set(err, ERR_UNSUPPORTED, rule->rule_id,
                       "what a group lets out is not narrowed from here: close the rule");
    if (!rule->has_cidr)
        return err_set(err, ERR_UNSUPPORTED, rule->rule_id,
                       "the source of this rule is a %s, and AWS keeps the type of a source: close "
                       "it, and open another one",
                       rule->prefix_list_id[0] ? "prefix list" : "security group");
    return OK;
}

static enum err_code check_text(struct sv typed, struct cidr *source, struct err *err)
{
    char canonical[CIDR_TEXT_SIZE];
    if (!cidr_parse(typed, source))
        return err_set(err, ERR_USAGE, "narrow",
                       "\"" SV_FMT "\" is no address range like 203.0.113.0/24 or 2001:db8::/48",
                       SV_ARG(typed));
    cidr_format(source, canonical);
    if (cidr_has_host_bits(typed))
        return err_set(err, ERR_USAGE, "narrow",
                       SV_FMT " is an address within a range: the range is %s, the address alone "
                              "has /%d behind it",
                       SV_ARG(typed), canonical, source->v6 ? 128 : 32);
    return OK;
}

/* Nobody is let in who was not before. */
static enum err_code check_part(const struct sg_rule *rule, const struct cidr *source,
                                struct err *err)
{
    char old[CIDR_TEXT_SIZE], new[CIDR_TEXT_SIZE];
    cidr_format(&rule->cidr, old);
    cidr_format(source, new);
    if (source->v6 != rule->cidr.v6)
        return err_set(err, ERR_USAGE, "narrow",
                       "the rule lets in IPv%d addresses, and AWS keeps that: %s is IPv%d",
                       rule->cidr.v6 ? 6 : 4, new, source->v6 ? 6 : 4);
    if (cidr_equal(&rule->cidr, source))
        return err_set(err, ERR_USAGE, "narrow", "%s is what the rule lets in as it is", old);
    if (!cidr_contains(&rule->cidr, source))
        return err_set(err, ERR_USAGE, "narrow",
                       "%s is not a part of %s: who was not let in before is not let in now", new,
                       old);
    return OK;
}

/* AWS refuses two rules that let in the same (InvalidPermission.Duplicate). */
static enum err_code check_others(const struct sg_planning *planning, const struct sg_rule *rule,
                                  struct err *err)
{
    for (size_t i = 0; i < planning->rules.len; i++)
        if (i != planning->at && sg_rule_equivalent(&planning->rules.ptr[i], rule))
            return err_set(err, ERR_REFUSED, planning->rule_id,
                           "the group lets that in by %s already: close this rule instead",
                           planning->rules.ptr[i].rule_id);
    return OK;
}

/* The group is judged as it would be. */
static void judge_left(struct sg_planning *planning, const struct sg_rule *narrowed)
{
    size_t n = planning->rules.len;
    AUTO_FREE struct sg_rule *rules = mem_alloc(n * sizeof *rules);
    AUTO_FREE struct sg_violation *violations = mem_alloc(n * sizeof *violations);
    memcpy(rules, planning->rules.ptr, n * sizeof *rules);
    rules[planning->at] = *narrowed;
    sg_policy_judge(&planning->gov->settings.sg_policy, rules, n, violations);
    planning->left = violations[planning->at];
}

enum err_code sg_plan_narrow(struct sg_planning *planning)
{
    const struct sg_rule *rule = &planning->rules.ptr[planning->at];
    struct sg_rule narrowed = *rule;
    struct err *err = &planning->err;
    if (check_rule(rule, err) != OK ||
        check_text(sv_trim(sv_of(planning->narrow_to)), &planning->source, err) != OK ||
        check_part(rule, &planning->source, err) != OK)
        return err->code == ERR_USAGE
                   ? err_advise(err, err->code, "another one is asked for with e")
                   : err->code;
    narrowed.cidr = planning->source;
    if (check_others(planning, &narrowed, err) == OK)
        judge_left(planning, &narrowed);
    return err->code;
}
