/* build_compute: instances, their disks and interfaces, functions, balancers. */
#include <stdio.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/sandbox/world/builders.h"
#include "tests/sandbox/world/network.h"

#define DAY_MS INT64_C(86400000)

/* When a volume or an interface was attached: once both it and the instance were there. */
static int64_t attached_ms(const struct resource *part, struct ref instance_ref)
{
    struct resource instance;
    resource_describe(part->world, instance_ref, &instance);
    return part->created_ms > instance.created_ms ? part->created_ms : instance.created_ms;
}

static cJSON *identify_groups(const struct resource *r, const struct interface *at)
{
    cJSON *groups = cJSON_CreateArray();
    for (size_t i = 0; i < at->n_groups; i++) {
        struct resource group;
        resource_describe(r->world, at->groups[i], &group);
        cJSON_AddItemToArray(groups, json_make("{groupId:%s,groupName:%s}", group.id, group.name));
    }
    return groups;
}

static void mac_address(const struct resource *r, char *mac, size_t size)
{
    uint64_t bits = choice(r, 50, UINT64_MAX);
    snprintf(mac, size, "0a:%02x:%02x:%02x:%02x:%02x", (unsigned)(bits & 255),
             (unsigned)(bits >> 8 & 255), (unsigned)(bits >> 16 & 255),
             (unsigned)(bits >> 24 & 255), (unsigned)(bits >> 32 & 255));
}

static cJSON *make_association(const struct interface *at)
{
    return at->public_ip[0]
               ? json_make("{publicIp:%s,publicDnsName:'',ipOwnerId:'amazon'}", at->public_ip)
               : NULL;
}

static cJSON *make_eni_attachment(const struct resource *r, const struct interface *at,
                                  const char *instance_id)
{
    if (at->use == INTERFACE_UNUSED)
        return NULL;
    char id[RESOURCE_ID_SIZE];
    snprintf(id, sizeof id, "eni-attach-%s", r->id + strlen("eni-"));
    return json_make("{attachmentId:%s,attachTime:%t,deleteOnTermination:%b,deviceIndex:%d,"
                     "status:'attached',instanceId:%s,instanceOwnerId:%s}",
                     id, instance_id ? attached_ms(r, at->instance) : r->created_ms,
                     at->device_index == 0, (int)at->device_index, instance_id,
                     instance_id ? r->account->id : "amazon-aws");
}

cJSON *build_interface(const struct resource *r)
{
    static const struct {
        const char *type, *description;
    } uses[] = {
        [INTERFACE_OF_INSTANCE] = {"interface", ""},
        [INTERFACE_OF_LOAD_BALANCER] = {"interface", "ELB app/web"},
        [INTERFACE_OF_FUNCTION] = {"lambda", "AWS Lambda VPC ENI"},
        [INTERFACE_OF_DATABASE] = {"interface", "RDSNetworkInterface"},
        [INTERFACE_OF_NAT] = {"nat_gateway", "Interface for NAT Gateway"},
        [INTERFACE_OF_ENDPOINT] = {"vpc_endpoint", "VPC Endpoint Interface"},
        [INTERFACE_UNUSED] = {"interface", "left over"},
    };
    struct interface at;
    network_interface(r->world, r->ref, &at);
    char vpc_id[RESOURCE_ID_SIZE], subnet_id[RESOURCE_ID_SIZE], instance_id[RESOURCE_ID_SIZE];
    char zone[24], mac[24];
    bool of_instance = at.use == INTERFACE_OF_INSTANCE;
    resource_id(r->world, at.vpc, vpc_id);
    resource_id(r->world, at.subnet, subnet_id);
    if (of_instance)
        resource_id(r->world, at.instance, instance_id);
    network_subnet_zone(r->world, at.subnet, zone);
    mac_address(r, mac, sizeof mac);
    return json_make(
        "{configuration:{networkInterfaceId:%s,interfaceType:%s,description:%s,status:%s,"
        "ownerId:%s,vpcId:%s,subnetId:%s,availabilityZone:%s,macAddress:%s,privateIpAddress:%s,"
        "privateIpAddresses:[{primary:true,privateIpAddress:%s,association:%o}],groups:%o,"
        "association:%o,attachment:%o,requesterManaged:%b,sourceDestCheck:%b,ipv6Addresses:[]},"
        "availabilityZone:%s}",
        r->id, uses[at.use].type, uses[at.use].description,
        at.use == INTERFACE_UNUSED ? "available" : "in-use", r->account->id, vpc_id, subnet_id,
        zone, mac, at.private_ip, at.private_ip, make_association(&at), identify_groups(r, &at),
        make_association(&at), make_eni_attachment(r, &at, of_instance ? instance_id : NULL),
        !of_instance && at.use != INTERFACE_UNUSED, at.use != INTERFACE_OF_NAT, zone);
}

/* --- instances ------------------------------------------------------------------------------ */

enum { INSTANCE_TYPE = 1, STOPPED, STOPPED_AT, IMDS, MONITORING, OPTIMIZED, WINDOWS, PROFILE, ODD };

/* An interface as its instance shows it; whose it is need not be said again. */
static cJSON *describe_interface(const struct resource *r, uint64_t index)
{
    static const char *const kept[] = {"networkInterfaceId",
                                       "interfaceType",
                                       "description",
                                       "status",
                                       "ownerId",
                                       "vpcId",
                                       "subnetId",
                                       "macAddress",
                                       "privateIpAddress",
                                       "privateIpAddresses",
                                       "groups",
                                       "association",
                                       "attachment",
                                       "sourceDestCheck"};
    cJSON *doc = doc_live(r->world, resource_sibling(r, EC2_NETWORK_INTERFACE, index));
    const cJSON *configuration = json_get(doc, "configuration");
    cJSON *shown = cJSON_CreateObject();
    for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
        const cJSON *member = json_get(configuration, kept[i]);
        if (member)
            cJSON_AddItemToObject(shown, kept[i], cJSON_Duplicate(member, true));
    }
    cJSON *attachment = cJSON_GetObjectItemCaseSensitive(shown, "attachment");
    cJSON_DeleteItemFromObjectCaseSensitive(attachment, "instanceId");
    cJSON_DeleteItemFromObjectCaseSensitive(attachment, "instanceOwnerId");
    cJSON_Delete(doc);
    return shown;
}

static cJSON *describe_interfaces(const struct resource *r)
{
    cJSON *interfaces = cJSON_CreateArray();
    uint64_t n = cell_count(r->world, r->ref.cell, EC2_NETWORK_INTERFACE);
    uint64_t n_instances = cell_count(r->world, r->ref.cell, EC2_INSTANCE);
    for (uint64_t i = r->ref.index; i < n; i += n_instances) {
        struct interface at;
        network_interface(r->world, resource_sibling(r, EC2_NETWORK_INTERFACE, i), &at);
        if (at.use == INTERFACE_OF_INSTANCE)
            cJSON_AddItemToArray(interfaces, describe_interface(r, i));
    }
    return interfaces;
}

enum { ATTACHED = 1, ENCRYPTED, KEPT, KIND, SIZE };

/* Volume i is the root volume of instance i; the further ones are dealt out in turn, or unused. */
static bool volume_instance(const struct resource *volume, struct ref *instance)
{
    uint64_t n = cell_count(volume->world, volume->ref.cell, EC2_INSTANCE);
    if (n == 0 || (volume->ref.index >= n && !chance_by_place(volume, ATTACHED, 850, 550)))
        return false;
    *instance = resource_sibling(volume, EC2_INSTANCE, volume->ref.index % n);
    return true;
}

static bool volume_is_root(const struct resource *volume)
{
    return volume->ref.index < cell_count(volume->world, volume->ref.cell, EC2_INSTANCE);
}

static bool volume_dies_with_instance(const struct resource *volume)
{
    return volume_is_root(volume) && !chance(volume, KEPT, 60);
}

/* "/dev/xvda" for the root volume, "/dev/sdf", "/dev/sdg", ... for the others. */
static void volume_device(const struct resource *volume, char *device, size_t size)
{
    uint64_t n = cell_count(volume->world, volume->ref.cell, EC2_INSTANCE);
    uint64_t turn = n ? volume->ref.index / n : 0;
    if (turn == 0)
        snprintf(device, size, "/dev/xvda");
    else
        snprintf(device, size, "/dev/sd%c", (char)('f' + (turn - 1) % 11));
}

static cJSON *block_devices(const struct resource *r)
{
    cJSON *devices = cJSON_CreateArray();
    uint64_t n_volumes = cell_count(r->world, r->ref.cell, EC2_VOLUME);
    uint64_t n_instances = cell_count(r->world, r->ref.cell, EC2_INSTANCE);
    for (uint64_t i = r->ref.index; i < n_volumes; i += n_instances) {
        struct resource volume;
        struct ref instance;
        char device[16];
        resource_describe(r->world, resource_sibling(r, EC2_VOLUME, i), &volume);
        if (!volume_instance(&volume, &instance))
            continue;
        volume_device(&volume, device, sizeof device);
        cJSON_AddItemToArray(devices, json_make("{deviceName:%s,ebs:{volumeId:%s,status:'attached',"
                                                "attachTime:%t,deleteOnTermination:%b}}",
                                                device, volume.id, attached_ms(&volume, r->ref),
                                                volume_dies_with_instance(&volume)));
    }
    return devices;
}

static const char *pick_instance_type(const struct resource *r)
{
    static const char *const usual[] = {"t3.micro", "t3.small", "t3.medium", "m6i.large"};
    static const char *const odd[] = {"m5.2xlarge", "c6i.4xlarge", "r5.xlarge", "t2.large"};
    return chance(r, ODD, 180) ? pick(r, INSTANCE_TYPE, odd) : pick(r, INSTANCE_TYPE, usual);
}

static void add_addresses(cJSON *configuration, const cJSON *interfaces)
{
    const cJSON *primary = cJSON_GetArrayItem(interfaces, 0);
    static const struct {
        const char *path, *key;
    } copies[] = {
        {"vpcId", "vpcId"},
        {"subnetId", "subnetId"},
        {"privateIpAddress", "privateIpAddress"},
        {"association.publicIp", "publicIpAddress"},
        {"groups", "securityGroups"},
    };
    for (size_t i = 0; i < ARRAY_LEN(copies); i++) {
        const cJSON *value = json_path(primary, copies[i].path);
        if (value)
            cJSON_AddItemToObject(configuration, copies[i].key, cJSON_Duplicate(value, true));
    }
}

cJSON *build_instance(const struct resource *r)
{
    bool stopped = chance_by_place(r, STOPPED, 40, 250), windows = chance(r, WINDOWS, 150);
    int64_t stopped_ms = r->world->start_ms - (int64_t)choice(r, STOPPED_AT, 90) * DAY_MS - 1000;
    char zone[24], reason[64] = "", iso[CLOCK_ISO_SIZE], profile_arn[128];
    struct interface at;
    network_interface(r->world, resource_sibling(r, EC2_NETWORK_INTERFACE, r->ref.index), &at);
    network_subnet_zone(r->world, at.subnet, zone);
    clock_iso8601(stopped_ms, false, iso);
    if (stopped)
        snprintf(reason, sizeof reason, "User initiated (%.10s %.8s GMT)", iso, iso + 11);
    snprintf(profile_arn, sizeof profile_arn, "arn:aws:iam::%s:instance-profile/ssm-managed",
             r->account->id);
    cJSON *interfaces = describe_interfaces(r);
    cJSON *doc = json_make(
        "{configuration:{instanceId:%s,instanceType:%s,imageId:'ami-0abcdef1234567890',"
        "launchTime:%t,architecture:'x86_64',platformDetails:%s,platform:%s,"
        "state:{code:%d,name:%s},stateTransitionReason:%s,ebsOptimized:%b,enaSupport:true,"
        "hypervisor:'xen',virtualizationType:'hvm',rootDeviceName:'/dev/xvda',"
        "rootDeviceType:'ebs',amiLaunchIndex:0,keyName:%s,monitoring:{state:%s},"
        "metadataOptions:{state:'applied',httpTokens:%s,httpEndpoint:'enabled',"
        "httpPutResponseHopLimit:%d},iamInstanceProfile:%o,"
        "placement:{availabilityZone:%s,groupName:'',tenancy:'default'},"
        "blockDeviceMappings:%o,sourceDestCheck:true},availabilityZone:%s}",
        r->id, pick_instance_type(r), r->created_ms, windows ? "Windows" : "Linux/UNIX",
        windows ? "Windows" : NULL, stopped ? 80 : 16, stopped ? "stopped" : "running", reason,
        chance_by_place(r, OPTIMIZED, 900, 600), chance(r, 21, 300) ? "operations" : NULL,
        chance_by_place(r, MONITORING, 600, 150) ? "enabled" : "disabled",
        chance_by_place(r, IMDS, 930, 700) ? "required" : "optional", chance(r, 22, 200) ? 1 : 2,
        chance(r, PROFILE, 900) ? json_make("{arn:%s}", profile_arn) : NULL, zone, block_devices(r),
        zone);
    cJSON *configuration = cJSON_GetObjectItemCaseSensitive(doc, "configuration");
    add_addresses(configuration, interfaces);
    cJSON_AddItemToObject(configuration, "networkInterfaces", interfaces);
    return doc;
}

static cJSON *volume_attachments(const struct resource *r, struct ref instance)
{
    char instance_id[RESOURCE_ID_SIZE], device[16];
    resource_id(r->world, instance, instance_id);
    volume_device(r, device, sizeof device);
    return json_make("[{volumeId:%s,instanceId:%s,device:%s,state:'attached',attachTime:%t,"
                     "deleteOnTermination:%b}]",
                     r->id, instance_id, device, attached_ms(r, instance),
                     volume_dies_with_instance(r));
}

cJSON *build_volume(const struct resource *r)
{
    static const char *const kinds[] = {"gp3", "gp3", "gp3", "gp2", "io2", "st1"};
    static const int sizes[] = {8, 20, 30, 100, 200, 500};
    bool encrypted = chance_by_place(r, ENCRYPTED, 970, 820);
    char zone[24], key_arn[128];
    struct ref instance;
    struct interface at = {.subnet = resource_sibling(r, EC2_SUBNET, r->ref.index)};
    bool attached = volume_instance(r, &instance);
    if (attached)
        network_interface(r->world, resource_sibling(r, EC2_NETWORK_INTERFACE, instance.index),
                          &at);
    network_subnet_zone(r->world, at.subnet, zone);
    snprintf(key_arn, sizeof key_arn, "arn:aws:kms:%s:%s:alias/aws/ebs", r->region, r->account->id);
    return json_make("{configuration:{volumeId:%s,volumeType:%s,size:%d,iops:3000,encrypted:%b,"
                     "kmsKeyId:%s,state:%s,createTime:%t,availabilityZone:%s,snapshotId:'',"
                     "multiAttachEnabled:false,attachments:%o},availabilityZone:%s}",
                     r->id, pick(r, KIND, kinds), pick(r, SIZE, sizes), encrypted,
                     encrypted ? key_arn : NULL, attached ? "in-use" : "available", r->created_ms,
                     zone, attached ? volume_attachments(r, instance) : cJSON_CreateArray(), zone);
}

/* --- balancers, groups, functions ----------------------------------------------------------- */

cJSON *build_scaling_group(const struct resource *r)
{
    return json_make("{configuration:{autoScalingGroupARN:%s,autoScalingGroupName:%s,minSize:1,"
                     "maxSize:%d,desiredCapacity:%d,healthCheckType:%s,createdTime:%t}}",
                     r->id, r->name, 4 + (int)choice(r, 1, 8), 1 + (int)choice(r, 2, 4),
                     chance(r, 3, 700) ? "ELB" : "EC2", r->created_ms);
}

cJSON *build_elb(const struct resource *r)
{
    bool secure = chance(r, 1, 600), mixed = chance(r, 2, 300);
    cJSON *listeners = cJSON_CreateArray();
    if (secure || mixed)
        cJSON_AddItemToArray(listeners,
                             json_make("{listener:{protocol:'HTTPS',loadBalancerPort:443,"
                                       "instanceProtocol:'HTTP',instancePort:80}}"));
    if (!secure || mixed)
        cJSON_AddItemToArray(listeners, json_make("{listener:{protocol:'HTTP',loadBalancerPort:80,"
                                                  "instanceProtocol:'HTTP',instancePort:80}}"));
    return json_make("{configuration:{loadBalancerName:%s,scheme:%s,listenerDescriptions:%o,"
                     "createdTime:%t}}",
                     r->name, chance(r, 3, 500) ? "internal" : "internet-facing", listeners,
                     r->created_ms);
}

static cJSON *alb_listeners(const struct resource *r)
{
    bool http = chance(r, 1, 650), redirects = chance_by_place(r, 2, 880, 600);
    cJSON *listeners = json_make("[{port:443,protocol:'HTTPS',"
                                 "defaultActions:[{type:'forward'}]}]");
    if (http)
        cJSON_AddItemToArray(
            listeners,
            redirects ? json_make("{port:80,protocol:'HTTP',defaultActions:[{type:'redirect',"
                                  "redirectConfig:{protocol:'HTTPS',port:'443',"
                                  "statusCode:'HTTP_301'}}]}")
                      : json_make("{port:80,protocol:'HTTP',defaultActions:[{type:'forward'}]}"));
    return listeners;
}

cJSON *build_alb(const struct resource *r)
{
    char vpc_id[RESOURCE_ID_SIZE];
    return json_make("{configuration:{loadBalancerArn:%s,loadBalancerName:%s,type:'application',"
                     "scheme:%s,vpcId:%s,state:{code:'active'},ipAddressType:'ipv4',"
                     "createdTime:%t},supplementaryConfiguration:{Listeners:%o,"
                     "LoadBalancerAttributes:["
                     "{key:'routing.http.drop_invalid_header_fields.enabled',value:%s},"
                     "{key:'deletion_protection.enabled',value:%s}]}}",
                     r->id, r->name, chance(r, 3, 450) ? "internal" : "internet-facing",
                     pick_sibling(r, 4, EC2_VPC, vpc_id), r->created_ms, alb_listeners(r),
                     chance_by_place(r, 5, 700, 350) ? "true" : "false",
                     chance(r, 6, 500) ? "true" : "false");
}

/* A resource policy; the rare careless one allows everybody. */
static cJSON *function_policy(const struct resource *r)
{
    if (chance(r, 4, 550))
        return NULL;
    if (chance_by_place(r, 5, 3, 12))
        return json_make("{Version:'2012-10-17',Statement:[{Sid:'anyone',Effect:'Allow',"
                         "Principal:'*',Action:'lambda:InvokeFunction',Resource:%s}]}",
                         r->arn);
    return json_make("{Version:'2012-10-17',Statement:[{Sid:'api',Effect:'Allow',"
                     "Principal:{Service:'apigateway.amazonaws.com'},"
                     "Action:'lambda:InvokeFunction',Resource:%s}]}",
                     r->arn);
}

cJSON *build_function(const struct resource *r)
{
    static const char *const runtimes[] = {"python3.12", "nodejs20.x", "provided.al2023", "java17",
                                           "python3.8"};
    static const int sizes[] = {128, 256, 512, 1024};
    cJSON *policy = function_policy(r);
    cJSON *doc =
        json_make("{configuration:{functionName:%s,functionArn:%s,runtime:%s,"
                  "memorySize:%d,timeout:%d,packageType:'Zip',lastModified:%t,"
                  "tracingConfig:{mode:%s}}}",
                  r->id, r->arn, pick(r, 1, runtimes), pick(r, 2, sizes), 3 + (int)choice(r, 3, 60),
                  r->created_ms, chance(r, 6, 400) ? "Active" : "PassThrough");
    if (policy)
        cJSON_AddItemToObject(doc, "supplementaryConfiguration", json_make("{Policy:%o}", policy));
    return doc;
}
