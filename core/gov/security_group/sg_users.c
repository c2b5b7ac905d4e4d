#include "core/gov/security_group/sg_users.h"

#include "core/gov/load/reply.h"
#include "core/gov/plan_evidence.h"

void sg_users_read(struct inquiry *inquiry, const struct aws_target *target, const char *group_id)
{
    inquiry_read(inquiry, OP_ec2_DescribeNetworkInterfaces, target,
                 reply_filter("group-id", group_id), NULL);
    inquiry_read(inquiry, OP_ec2_DescribeInstances, target,
                 reply_filter("instance.group-id", group_id), NULL);
}

static bool say_when_unread(const struct inquiry *inquiry, struct change_plan *plan,
                            enum aws_op_id op, const char *what)
{
    const struct err *err = inquiry_err(inquiry, op);
    if (err->code != OK)
        change_plan_evidence(plan, "%s: not known: %s", what, err->message);
    return err->code != OK;
}

static void say_interfaces(const struct inquiry *inquiry, struct change_plan *plan)
{
    AUTO(name_list_done) struct name_list names = {.text = BUF_NONE};
    size_t n_public = 0;
    if (say_when_unread(inquiry, plan, OP_ec2_DescribeNetworkInterfaces, "attached to"))
        return;
    INQUIRY_EACH(inquiry, OP_ec2_DescribeNetworkInterfaces, "networkInterfaceSet", item)
    {
        n_public += json_sv(json_get(item, "association"), "publicIp").len > 0;
        name_list_add(&names, json_sv(item, "networkInterfaceId"), json_sv(item, "description"));
    }
    if (names.n == 0)
        change_plan_evidence(plan, "attached to nothing");
    else
        change_plan_evidence(plan,
                             "attached to %zu network interface%s, %zu with a public address: %s",
                             names.n, names.n == 1 ? "" : "s", n_public, name_list_text(&names));
}

static void say_instances(const struct inquiry *inquiry, struct change_plan *plan)
{
    AUTO(name_list_done) struct name_list names = {.text = BUF_NONE};
    if (say_when_unread(inquiry, plan, OP_ec2_DescribeInstances, "used by instances"))
        return;
    INQUIRY_EACH(inquiry, OP_ec2_DescribeInstances, "reservationSet", reservation)
    {
        for (const cJSON *item = json_items(reservation, "instancesSet"); item; item = item->next)
            name_list_add(&names, json_sv(item, "instanceId"),
                          reply_tag(json_items(item, "tagSet"), "Name", false));
    }
    if (names.n > 0)
        change_plan_evidence(plan, "used by %zu instance%s: %s", names.n, names.n == 1 ? "" : "s",
                             name_list_text(&names));
}

void sg_users_say(const struct inquiry *inquiry, struct change_plan *plan)
{
    say_interfaces(inquiry, plan);
    say_instances(inquiry, plan);
}
