/* describe_group: a security group: what it lets through, what it is attached to, who changed it.
 */
#include "core/gov/describe/describing.h"
#include "core/gov/load/reply.h"
#include "core/gov/security_group/sg_policy.h"
#include "core/gov/security_group/sg_reading.h"

static void group_begin(struct inquiry *inquiry, struct describing *describing)
{
    sg_read_group(inquiry, &describing->target, describing->id, NULL);
    recorded_ask(inquiry, describing);
    changes_ask(inquiry, describing, describing->id);
}

static void tell_group_rules(struct inquiry *inquiry, struct describing *describing)
{
    INQUIRY_EACH(inquiry, OP_ec2_DescribeSecurityGroupRules, "securityGroupRuleSet", item)
    {
        AUTO(buf_done) struct buf value = BUF_NONE;
        struct sv description = json_sv(item, "description");
        struct sg_rule rule;
        if (sg_rule_from_json(item, &rule, NULL) != OK)
            continue;
        sg_rule_ports_text(&rule, &value);
        buf_add_cstr(&value, rule.egress ? " to " : " from ");
        sg_rule_source_text(&rule, &value);
        if (description.len > 0)
            buf_addf(&value, "  " SV_FMT, SV_ARG(description));
        tell(describing, rule.egress ? "Lets out" : "Lets in", sv_of(rule.rule_id), buf_sv(&value));
    }
}

static void tell_attachments(struct inquiry *inquiry, struct describing *describing)
{
    INQUIRY_EACH(inquiry, OP_ec2_DescribeNetworkInterfaces, "networkInterfaceSet", item)
    {
        AUTO(buf_done) struct buf value = BUF_NONE;
        struct sv public_ip = json_sv(json_get(item, "association"), "publicIp");
        buf_add(&value, json_sv(item, "privateIpAddress"));
        if (public_ip.len > 0)
            buf_addf(&value, ", public " SV_FMT, SV_ARG(public_ip));
        buf_addf(&value, "  " SV_FMT, SV_ARG(json_sv(item, "description")));
        tell(describing, "Attached to", json_sv(item, "networkInterfaceId"), buf_sv(&value));
    }
    INQUIRY_EACH(inquiry, OP_ec2_DescribeInstances, "reservationSet", reservation)
    {
        for (const cJSON *item = json_items(reservation, "instancesSet"); item; item = item->next) {
            struct sv name = reply_tag(json_items(item, "tagSet"), "Name", false);
            tell(describing, "Used by", json_sv(item, "instanceId"),
                 name.ptr ? name : json_sv(item, "instanceType"));
        }
    }
}

static void group_end(struct inquiry *inquiry, struct describing *describing)
{
    static const struct told_member members[] = {{"groupName", "name", false},
                                                 {"groupDescription", "description", false},
                                                 {"vpcId", "VPC", true}};
    const cJSON *page = inquiry_page(inquiry, OP_ec2_DescribeSecurityGroups, 0);
    const cJSON *group = json_items(page, "securityGroupInfo");
    tell_members(describing, "Group", group, members, ARRAY_LEN(members));
    tell_group_rules(inquiry, describing);
    changes_tell(inquiry, describing);
    tell_attachments(inquiry, describing);
    tell_tags(describing, "Tags", json_items(group, "tagSet"));
    verdicts_tell(inquiry, describing);
    recorded_tell(inquiry, describing);
    tell_json(describing, group);
}

const struct describer describer_group = {group_begin, group_end};
