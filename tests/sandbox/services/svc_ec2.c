/* svc_ec2: what is there to see in EC2; security groups are changed in ec2_rules.c. */
#include <stdio.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/sandbox/services/ec2.h"
#include "tests/sandbox/world/security_group.h"
#include "tests/sandbox/world/template.h"

/* --- instances, interfaces, volumes --------------------------------------------------------- */

static cJSON *shape_with_tags(struct world *world, struct ref ref, const char *tags_member)
{
    cJSON *doc = ec2_document(world, ref);
    cJSON *shaped = ec2_shape(json_get(doc, "configuration"));
    cJSON_AddItemToObject(shaped, tags_member, ec2_tags(doc));
    cJSON_Delete(doc);
    return shaped;
}

static cJSON *make_reservation(struct world *world, struct ref ref)
{
    char id[RESOURCE_ID_SIZE], reservation_id[RESOURCE_ID_SIZE];
    resource_id(world, ref, id);
    snprintf(reservation_id, sizeof reservation_id, "r-%s", strchr(id, '-') + 1);
    return json_make("{ReservationId:%s,OwnerId:%s,Groups:[],Instances:[%o]}", reservation_id,
                     cell_account(world, ref.cell)->id, shape_with_tags(world, ref, "Tags"));
}

void ec2_describe_instances(struct world *world, const struct call *call, struct reply *reply)
{
    static const struct ec2_filter filters[] = {
        {"architecture", "architecture"},
        {"availability-zone", "placement.availabilityZone"},
        {"block-device-mapping.volume-id", "blockDeviceMappings.ebs.volumeId"},
        {"hypervisor", "hypervisor"},
        {"iam-instance-profile.arn", "iamInstanceProfile.arn"},
        {"image-id", "imageId"},
        {"instance-id", "instanceId"},
        {"instance-state-code", "state.code"},
        {"instance-state-name", "state.name"},
        {"instance-type", "instanceType"},
        {"instance.group-id", "securityGroups.groupId"},
        {"instance.group-name", "securityGroups.groupName"},
        {"ip-address", "publicIpAddress"},
        {"key-name", "keyName"},
        {"metadata-options.http-tokens", "metadataOptions.httpTokens"},
        {"monitoring-state", "monitoring.state"},
        {"network-interface.group-id", "networkInterfaces.groups.groupId"},
        {"network-interface.network-interface-id", "networkInterfaces.networkInterfaceId"},
        {"network-interface.subnet-id", "networkInterfaces.subnetId"},
        {"network-interface.vpc-id", "networkInterfaces.vpcId"},
        {"platform", "platform"},
        {"platform-details", "platformDetails"},
        {"private-ip-address", "privateIpAddress"},
        {"root-device-type", "rootDeviceType"},
        {"subnet-id", "subnetId"},
        {"tenancy", "placement.tenancy"},
        {"vpc-id", "vpcId"},
    };
    static const struct ec2_listing listing = {EC2_INSTANCE,
                                               "InstanceIds",
                                               "i-",
                                               "InvalidInstanceID.NotFound",
                                               "InvalidInstanceID.Malformed",
                                               "instance ID",
                                               filters,
                                               ARRAY_LEN(filters),
                                               true};
    ref_list refs = {0};
    if (ec2_select(world, call, reply, &listing, &refs))
        ec2_reply_list(world, call, reply, "Reservations", &refs, make_reservation);
    vec_free(&refs);
}

static cJSON *make_interface(struct world *world, struct ref ref)
{
    return shape_with_tags(world, ref, "TagSet");
}

void ec2_describe_network_interfaces(struct world *world, const struct call *call,
                                     struct reply *reply)
{
    static const struct ec2_filter filters[] = {
        {"addresses.private-ip-address", "privateIpAddresses.privateIpAddress"},
        {"association.public-ip", "association.publicIp"},
        {"attachment.attachment-id", "attachment.attachmentId"},
        {"attachment.device-index", "attachment.deviceIndex"},
        {"attachment.instance-id", "attachment.instanceId"},
        {"attachment.instance-owner-id", "attachment.instanceOwnerId"},
        {"attachment.status", "attachment.status"},
        {"availability-zone", "availabilityZone"},
        {"description", "description"},
        {"group-id", "groups.groupId"},
        {"group-name", "groups.groupName"},
        {"interface-type", "interfaceType"},
        {"mac-address", "macAddress"},
        {"network-interface-id", "networkInterfaceId"},
        {"owner-id", "ownerId"},
        {"private-ip-address", "privateIpAddress"},
        {"requester-managed", "requesterManaged"},
        {"source-dest-check", "sourceDestCheck"},
        {"status", "status"},
        {"subnet-id", "subnetId"},
        {"vpc-id", "vpcId"},
    };
    static const struct ec2_listing listing = {EC2_NETWORK_INTERFACE,
                                               "NetworkInterfaceIds",
                                               "eni-",
                                               "InvalidNetworkInterfaceID.NotFound",
                                               "InvalidNetworkInterfaceId.Malformed",
                                               "networkInterface ID",
                                               filters,
                                               ARRAY_LEN(filters),
                                               true};
    ref_list refs = {0};
    if (ec2_select(world, call, reply, &listing, &refs))
        ec2_reply_list(world, call, reply, "NetworkInterfaces", &refs, make_interface);
    vec_free(&refs);
}

static cJSON *make_tagged(struct world *world, struct ref ref)
{
    return shape_with_tags(world, ref, "Tags");
}

void ec2_describe_volumes(struct world *world, const struct call *call, struct reply *reply)
{
    static const struct ec2_filter filters[] = {
        {"attachment.delete-on-termination", "attachments.deleteOnTermination"},
        {"attachment.device", "attachments.device"},
        {"attachment.instance-id", "attachments.instanceId"},
        {"attachment.status", "attachments.state"},
        {"availability-zone", "availabilityZone"},
        {"encrypted", "encrypted"},
        {"multi-attach-enabled", "multiAttachEnabled"},
        {"size", "size"},
        {"snapshot-id", "snapshotId"},
        {"status", "state"},
        {"volume-id", "volumeId"},
        {"volume-type", "volumeType"},
    };
    static const struct ec2_listing listing = {EC2_VOLUME,
                                               "VolumeIds",
                                               "vol-",
                                               "InvalidVolume.NotFound",
                                               "InvalidParameterValue",
                                               "volume",
                                               filters,
                                               ARRAY_LEN(filters),
                                               true};
    ref_list refs = {0};
    if (ec2_select(world, call, reply, &listing, &refs))
        ec2_reply_list(world, call, reply, "Volumes", &refs, make_tagged);
    vec_free(&refs);
}

/* --- security groups ------------------------------------------------------------------------ */

#define PERMISSION_FILTERS(name, path)                                                \
    {name ".cidr", path ".ipv4Ranges.cidrIp"}, {name ".from-port", path ".fromPort"}, \
        {name ".group-id", path ".userIdGroupPairs.groupId"},                         \
        {name ".group-name", path ".userIdGroupPairs.groupName"},                     \
        {name ".ipv6-cidr", path ".ipv6Ranges.cidrIpv6"},                             \
        {name ".prefix-list-id", path ".prefixListIds.prefixListId"},                 \
        {name ".protocol", path ".ipProtocol"}, {name ".to-port", path ".toPort"},    \
    {                                                                                 \
        name ".user-id", path ".userIdGroupPairs.userId"                              \
    }

static cJSON *make_group(struct world *world, struct ref ref)
{
    struct resource group;
    resource_describe(world, ref, &group);
    cJSON *shaped = make_tagged(world, ref);
    cJSON_AddStringToObject(shaped, "SecurityGroupArn", group.arn);
    return shaped;
}

/* GroupNames selects among the groups of the default VPC only. */
static bool keep_named(struct world *world, const struct call *call, struct reply *reply,
                       ref_list *refs)
{
    const cJSON *names = in_list(call, "GroupNames");
    ref_list kept = {0};
    for (const cJSON *name = names; name; name = name->next) {
        size_t before = kept.len;
        for (size_t i = 0; i < refs->len; i++)
            if (ec2_is_named(world, refs->ptr[i], name->valuestring))
                vec_push(&kept, refs->ptr[i]);
        if (kept.len == before) {
            reply_error(reply, 0, "InvalidGroup.NotFound", "The security group '%s' does not exist",
                        name->valuestring);
            vec_free(&kept);
            return false;
        }
    }
    if (names) {
        vec_free(refs);
        *refs = kept;
    }
    return true;
}

void ec2_describe_security_groups(struct world *world, const struct call *call, struct reply *reply)
{
    static const struct ec2_filter filters[] = {
        {"description", "description"},
        {"group-id", "groupId"},
        {"group-name", "groupName"},
        {"owner-id", "ownerId"},
        {"vpc-id", "vpcId"},
        PERMISSION_FILTERS("ip-permission", "ipPermissions"),
        PERMISSION_FILTERS("egress.ip-permission", "ipPermissionsEgress"),
    };
    static const struct ec2_listing listing = {EC2_SECURITY_GROUP,
                                               "GroupIds",
                                               "sg-",
                                               "InvalidGroup.NotFound",
                                               "InvalidGroupId.Malformed",
                                               "security group",
                                               filters,
                                               ARRAY_LEN(filters),
                                               false};
    ref_list refs = {0};
    if (ec2_select(world, call, reply, &listing, &refs) && keep_named(world, call, reply, &refs))
        ec2_reply_list(world, call, reply, "SecurityGroups", &refs, make_group);
    vec_free(&refs);
}

/* --- regions -------------------------------------------------------------------------------- */

struct regions {
    struct world *world;
    const struct call *call;
};

static cJSON *make_region(const char *name)
{
    char endpoint[64];
    snprintf(endpoint, sizeof endpoint, "ec2.%s.amazonaws.com", name);
    return json_make("{RegionName:%s,Endpoint:%s,OptInStatus:'opt-in-not-required'}", name,
                     endpoint);
}

static const struct ec2_filter region_filters[] = {
    {"endpoint", "Endpoint"}, {"opt-in-status", "OptInStatus"}, {"region-name", "RegionName"}};

static bool region_passes(const struct call *call, const cJSON *region)
{
    cJSON *doc = cJSON_CreateObject();
    cJSON_AddItemReferenceToObject(doc, "configuration", (cJSON *)region);
    bool passes = ec2_passes_filters(call, "", doc, region_filters, ARRAY_LEN(region_filters));
    cJSON_Delete(doc);
    return passes;
}

static bool region_is_asked_for(const struct call *call, const char *name)
{
    const cJSON *asked = in_list(call, "RegionNames");
    bool found = !asked;
    for (; asked; asked = asked->next)
        found |= strcmp(asked->valuestring, name) == 0;
    return found;
}

void ec2_describe_regions(struct world *world, const struct call *call, struct reply *reply)
{
    if (!ec2_check_filters(call, reply, region_filters, ARRAY_LEN(region_filters)))
        return;
    for (const cJSON *name = in_list(call, "RegionNames"); name; name = name->next)
        if (!world_has_region(world, name->valuestring)) {
            reply_error(reply, 0, "InvalidParameterValue", "Invalid region provided: [%s].",
                        name->valuestring);
            return;
        }
    cJSON *list = cJSON_AddArrayToObject(reply->output, "Regions");
    for (size_t i = 0; i < world_n_regions(world); i++) {
        cJSON *region = make_region(world_region(world, i));
        if (region_is_asked_for(call, world_region(world, i)) && region_passes(call, region))
            cJSON_AddItemToArray(list, region);
        else
            cJSON_Delete(region);
    }
}

/* --- prefix lists --------------------------------------------------------------------------- */

static struct ref list_ref(uint32_t cell, size_t number)
{
    return (struct ref){.type = PREFIX_LIST, .cell = cell, .index = number};
}

static int count_entries(const struct prefix_list *list)
{
    int n = 0;
    while (n < (int)ARRAY_LEN(list->entries) && list->entries[n])
        n++;
    return n;
}

/* As AWS Config would have it: {configuration, tags}. */
static cJSON *list_document(struct world *world, struct ref ref)
{
    const struct prefix_list *list = prefix_list_at(ref.index);
    struct resource resource;
    char name[80];
    resource_describe(world, ref, &resource);
    snprintf(name, sizeof name, list->name, resource.region);
    return json_make("{configuration:{prefixListId:%s,addressFamily:'IPv4',state:%s,"
                     "prefixListArn:%s,prefixListName:%s,maxEntries:%d,version:%d,ownerId:%s},"
                     "tags:{}}",
                     resource.id, list->aws_owned ? "create-complete" : "modify-complete",
                     resource.arn, name, list->aws_owned ? 0 : 10, list->version,
                     list->aws_owned ? "AWS" : resource.account->id);
}

static cJSON *make_list(struct world *world, struct ref ref)
{
    cJSON *doc = list_document(world, ref);
    cJSON *shaped = ec2_shape(json_get(doc, "configuration"));
    cJSON_AddItemToObject(shaped, "Tags", cJSON_CreateArray());
    if (prefix_list_at(ref.index)->aws_owned) /* AWS does not tell these */
        for (const char *const *hidden = (const char *const[]){"MaxEntries", "Version", NULL};
             *hidden; hidden++)
            cJSON_DeleteItemFromObjectCaseSensitive(shaped, *hidden);
    cJSON_Delete(doc);
    return shaped;
}

/* False when it was refused. */
static bool find_list(struct world *world, struct reply *reply, uint32_t cell, const char *id,
                      struct ref *ref)
{
    if (!ec2_check_id(reply, id, "pl-", "InvalidPrefixListId.Malformed"))
        return false;
    if (resource_parse_id(world, PREFIX_LIST, id, ref) && ref->cell == cell &&
        ref->index < PREFIX_LISTS)
        return true;
    reply_error(reply, 0, "InvalidPrefixListID.NotFound", "The prefix list ID '%s' does not exist",
                id);
    return false;
}

static bool select_lists(struct world *world, const struct call *call, struct reply *reply,
                         ref_list *refs)
{
    static const struct ec2_filter filters[] = {{"owner-id", "ownerId"},
                                                {"prefix-list-id", "prefixListId"},
                                                {"prefix-list-name", "prefixListName"}};
    uint32_t cell = cell_number(world, call_cell(world, call));
    if (!ec2_check_filters(call, reply, filters, ARRAY_LEN(filters)))
        return false;
    const cJSON *id = in_list(call, "PrefixListIds");
    for (const cJSON *at = id; at; at = at->next) {
        struct ref ref;
        if (!find_list(world, reply, cell, at->valuestring, &ref))
            return false;
        vec_push(refs, ref);
    }
    for (size_t i = 0; !id && i < PREFIX_LISTS; i++)
        vec_push(refs, list_ref(cell, i));
    size_t kept = 0;
    for (size_t i = 0; i < refs->len; i++) {
        cJSON *doc = list_document(world, refs->ptr[i]);
        if (ec2_passes_filters(call, "", doc, filters, ARRAY_LEN(filters)))
            refs->ptr[kept++] = refs->ptr[i];
        cJSON_Delete(doc);
    }
    refs->len = kept;
    return true;
}

void ec2_describe_managed_prefix_lists(struct world *world, const struct call *call,
                                       struct reply *reply)
{
    ref_list refs = {0};
    if (select_lists(world, call, reply, &refs))
        ec2_reply_list(world, call, reply, "PrefixLists", &refs, make_list);
    vec_free(&refs);
}

static void add_entry(void *arg, size_t i, cJSON *list)
{
    const struct prefix_list *prefixes = arg;
    cJSON_AddItemToArray(list, json_make("{Cidr:%s}", prefixes->entries[i]));
}

void ec2_get_managed_prefix_list_entries(struct world *world, const struct call *call,
                                         struct reply *reply)
{
    struct ref ref;
    const char *id = in_str(call, "PrefixListId");
    if (!find_list(world, reply, cell_number(world, call_cell(world, call)), id, &ref))
        return;
    const struct prefix_list *list = prefix_list_at(ref.index);
    int64_t version = in_i64(call, "TargetVersion", list->version);
    if (version < 1 || version > list->version) {
        reply_error(reply, 0, "InvalidPrefixListVersion.NotFound",
                    "The version %lld of the prefix list '%s' does not exist", (long long)version,
                    id);
        return;
    }
    page_reply(call, reply,
               &(struct page_spec){.list_member = "Entries",
                                   .n_items = (size_t)count_entries(list),
                                   .page_default = 100,
                                   .page_max = 100,
                                   .add_item = add_entry,
                                   .arg = (void *)list});
}

static const struct route routes[] = {
    {"AuthorizeSecurityGroupEgress", ec2_authorize_egress},
    {"AuthorizeSecurityGroupIngress", ec2_authorize_ingress},
    {"DescribeInstances", ec2_describe_instances},
    {"DescribeManagedPrefixLists", ec2_describe_managed_prefix_lists},
    {"DescribeNetworkInterfaces", ec2_describe_network_interfaces},
    {"DescribeRegions", ec2_describe_regions},
    {"DescribeSecurityGroupRules", ec2_describe_security_group_rules},
    {"DescribeSecurityGroups", ec2_describe_security_groups},
    {"DescribeVolumes", ec2_describe_volumes},
    {"GetManagedPrefixListEntries", ec2_get_managed_prefix_list_entries},
    {"ModifySecurityGroupRules", ec2_modify_rules},
    {"RevokeSecurityGroupEgress", ec2_revoke_egress},
    {"RevokeSecurityGroupIngress", ec2_revoke_ingress},
};

const struct service_routes service_ec2 = {"ec2", routes, ARRAY_LEN(routes), NULL};
