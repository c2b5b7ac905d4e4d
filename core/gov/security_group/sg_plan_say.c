/* sg_plan_say: what a plan about a rule says: before and after, who uses it, what stays open. */
#include <string.h>

#include "core/base/digest.h"
#include "core/base/mem.h"
#include "core/gov/load/reply.h"
#include "core/gov/plan_account.h"
#include "core/gov/plan_evidence.h"
#include "core/gov/queue/item.h"
#include "core/gov/security_group/sg_plan_internal.h"
#include "core/gov/security_group/sg_users.h"

/* --- texts ----------------------------------------------------------------------------------- */

static void rule_text(const struct sg_planning *planning, size_t i, struct buf *text)
{
    buf_clear(text);
    sg_rule_text(&planning->rules.ptr[i], text);
}

static struct sv group_name(const struct sg_planning *planning)
{
    const cJSON *page = inquiry_page(planning->inquiry, OP_ec2_DescribeSecurityGroups, 0);
    return json_sv(json_items(page, "securityGroupInfo"), "groupName");
}

static void add_title(struct sg_planning *planning)
{
    struct buf title = BUF_NONE;
    AUTO(buf_done) struct buf rule = BUF_NONE;
    struct sv name = group_name(planning);
    char source[CIDR_TEXT_SIZE];
    cidr_format(&planning->source, source);
    rule_text(planning, planning->at, &rule);
    if (planning->narrow_to[0])
        buf_addf(&title, "Narrow %s to %s in ", buf_cstr(&rule), source);
    else
        buf_addf(&title, "Revoke %s in ", buf_cstr(&rule));
    if (name.len > 0)
        buf_addf(&title, SV_FMT " (%s)", SV_ARG(name), planning->group_id);
    else
        buf_add_cstr(&title, planning->group_id);
    planning->plan->title = buf_take(&title);
}

static void add_why(struct sg_planning *planning)
{
    struct buf why = BUF_NONE;
    const struct sg_violation *violation = &planning->violation;
    buf_add_cstr(&why, violation->type);
    for (size_t i = 0; i < violation->n_ports; i++)
        buf_addf(&why, "%s%u", i ? ", " : ": port ", violation->ports[i]);
    if (violation->by_union)
        buf_add_cstr(&why, ", together with other rules of the group");
    planning->plan->why = buf_take(&why);
}

/* The same rule as it is to be. */
static void add_narrowed(struct sg_planning *planning, struct sv description)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    struct sg_rule rule = planning->rules.ptr[planning->at];
    rule.cidr = planning->source;
    sg_rule_text(&rule, &text);
    if (description.len > 0)
        buf_addf(&text, " \"" SV_FMT "\"", SV_ARG(description));
    change_plan_diff(planning->plan, '+', "ingress %s  %s", buf_cstr(&text), rule.rule_id);
}

static void add_diff(struct sg_planning *planning)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    struct sv description = json_sv(planning->json, "description");
    for (size_t i = 0; i < planning->rules.len; i++) {
        const struct sg_rule *rule = &planning->rules.ptr[i];
        bool this = i == planning->at;
        if (rule->egress != planning->rules.ptr[planning->at].egress)
            continue;
        rule_text(planning, i, &text);
        if (this && description.len > 0)
            buf_addf(&text, " \"" SV_FMT "\"", SV_ARG(description));
        change_plan_diff(planning->plan, this ? '-' : ' ', "%s %s  %s",
                         rule->egress ? "egress" : "ingress", buf_cstr(&text), rule->rule_id);
        if (this && planning->narrow_to[0])
            add_narrowed(planning, description);
    }
}

/* --- evidence -------------------------------------------------------------------------------- */

/* Less may still be too much. */
static void add_left(struct sg_planning *planning)
{
    const struct sg_violation *left = &planning->left;
    if (left->type)
        change_plan_evidence(planning->plan, "it breaks policy still, by less: %s, %s", left->type,
                             severity_name(left->severity));
    else
        change_plan_evidence(planning->plan, "then it breaks no policy any more");
}

static void add_owners(struct sg_planning *planning)
{
    static const char again[] = "opens it again";
    const struct err *unread = inquiry_err(planning->inquiry, OP_ec2_DescribeSecurityGroups);
    if (unread->code != OK)
        change_plan_evidence(planning->plan, "the group: not known: %s", unread->message);
    INQUIRY_EACH(planning->inquiry, OP_ec2_DescribeSecurityGroups, "securityGroupInfo", group)
    {
        struct sv description = json_sv(group, "groupDescription");
        if (description.len > 0)
            change_plan_evidence(planning->plan, "the group: " SV_FMT, SV_ARG(description));
        plan_say_tags(planning->plan, "the group", json_items(group, "tagSet"), again);
    }
    plan_say_tags(planning->plan, "the rule", json_items(planning->json, "tagSet"), again);
}

/* What stays open whatever is decided here. */
static void add_neighbours(struct sg_planning *planning)
{
    AUTO(name_list_done) struct name_list names = {.text = BUF_NONE};
    const struct sg_rule *this = &planning->rules.ptr[planning->at];
    for (size_t i = 0; i < planning->rules.len; i++)
        if (i != planning->at && sg_rule_covers(&planning->rules.ptr[i], this))
            name_list_add(&names, sv_of(planning->rules.ptr[i].rule_id), SV_NONE);
    if (names.n > 0)
        change_plan_evidence(planning->plan, "the same traffic stays open through %s",
                             name_list_text(&names));
}

/* What a list lets in stands in its entries, and nothing of the rule shows them. */
static void add_list(struct sg_planning *planning)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    const struct sg_rule *this = &planning->rules.ptr[planning->at];
    const struct err *unread = inquiry_err(planning->inquiry, OP_ec2_DescribeManagedPrefixLists);
    const cJSON *page = inquiry_page(planning->inquiry, OP_ec2_DescribeManagedPrefixLists, 0);
    const cJSON *list = json_items(page, "prefixListSet");
    sg_rule_list_text(this, json_sv(list, "version"), &text);
    if (text.len == 0)
        return;
    if (unread->code != OK)
        change_plan_evidence(planning->plan, "the list: %s; its version is not known: %s",
                             buf_cstr(&text), unread->message);
    else
        change_plan_evidence(planning->plan, "the list " SV_FMT ": %s",
                             SV_ARG(json_sv(list, "prefixListName")), buf_cstr(&text));
}

static void add_evidence(struct sg_planning *planning)
{
    if (planning->narrow_to[0])
        add_left(planning);
    add_list(planning);
    sg_users_say(planning->inquiry, planning->plan);
    add_owners(planning);
    add_neighbours(planning);
    if (planning->rules.ptr[planning->at].default_group)
        change_plan_evidence(planning->plan,
                             "a default group: everything that names no group of its own uses it");
    change_plan_evidence(planning->plan,
                         "connections that are open now may survive: AWS tracks them");
    change_plan_evidence(planning->plan,
                         planning->narrow_to[0]
                             ? "the rule keeps its id, its description and its tags; undo lets in "
                               "again what it let in"
                             : "undo opens it again with its description and tags, under a new id");
}

/* What it is about, as the lists and the exceptions know it. */
static void add_item(struct sg_planning *planning)
{
    AUTO(buf_done) struct buf rule = BUF_NONE;
    cJSON *item = cJSON_AddObjectToObject(planning->plan->state, "item");
    rule_text(planning, planning->at, &rule);
    cJSON_AddStringToObject(item, "resource", planning->group_id);
    cJSON_AddStringToObject(item, "type", planning->violation.type);
    cJSON_AddStringToObject(item, "value", buf_cstr(&rule));
    item_key(&planning->target, planning->group_id, planning->violation.type, buf_cstr(&rule),
             planning->plan->item_key);
}
void sg_plan_say(struct sg_planning *planning)
{
    add_title(planning);
    add_why(planning);
    add_diff(planning);
    add_evidence(planning);
    add_item(planning);
}
