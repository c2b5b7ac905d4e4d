#include "tests/sandbox/world/resource.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sandbox/world/rng.h"
#include "tests/sandbox/world/security_group.h"
#include "tests/sandbox/world/world_doc.h"

#define DAY_MS INT64_C(86400000)

/*
 * How ids and names are written. Every id carries the resource's number, enciphered:
 *     %h 16 hexadecimal digits      %u the same as the first half of a UUID
 *     %b 13 lower-case characters   %B 13 upper-case ones
 * and around it
 *     %n its name   %i its id   %a account   %r region   %x filler: upper-case characters
 * In names %w is the account's own word, %s one of the type's words, %d its number in the cell.
 */
struct naming {
    const char *id;
    const char *name; /* NULL: the type has none */
    const char *words;
    const char *arn;
};

#define EC2_ARN(kind) "arn:aws:ec2:%r:%a:" kind "/%i"

static const struct naming namings[] = {
    [EC2_VPC] = {"vpc-0%h", NULL, NULL, EC2_ARN("vpc")},
    [EC2_SUBNET] = {"subnet-0%h", NULL, NULL, EC2_ARN("subnet")},
    [EC2_SECURITY_GROUP] = {"sg-0%h", NULL, NULL, EC2_ARN("security-group")},
    [EC2_NETWORK_ACL] = {"acl-0%h", NULL, NULL, EC2_ARN("network-acl")},
    [EC2_INTERNET_GATEWAY] = {"igw-0%h", NULL, NULL, EC2_ARN("internet-gateway")},
    [EC2_ROUTE_TABLE] = {"rtb-0%h", NULL, NULL, EC2_ARN("route-table")},
    [EC2_INSTANCE] = {"i-0%h", NULL, NULL, EC2_ARN("instance")},
    [EC2_VOLUME] = {"vol-0%h", NULL, NULL, EC2_ARN("volume")},
    [EC2_NETWORK_INTERFACE] = {"eni-0%h", NULL, NULL, EC2_ARN("network-interface")},
    [EC2_EIP] = {"eipalloc-0%h", NULL, NULL, EC2_ARN("eip-allocation")},
    [S3_BUCKET] = {"%n-%b", "acme-%w-%s", "assets,logs,uploads,backups,exports,artifacts,reports",
                   "arn:aws:s3:::%i"},
    [IAM_USER] = {"AIDA%B%x%x%x%x", "%s.%d",
                  "alice,bruno,chen,dana,erik,fatima,gita,hugo,ines,jonas,katya,luis,mei,nadia",
                  "arn:aws:iam::%a:user/%n"},
    [IAM_ROLE] = {"AROA%B%x%x%x%x", "%w-%s-%d",
                  "deploy,task,lambda,instance,reader,build,replication,backup",
                  "arn:aws:iam::%a:role/%n"},
    [IAM_POLICY] = {"ANPA%B%x%x%x%x", "%w-%s-%d",
                    "read,write,deploy,boundary,operations,kms,queue,legacy-access",
                    "arn:aws:iam::%a:policy/%n"},
    [RDS_INSTANCE] = {"db-%B%x%x%x%x%x%x%x%x%x%x%x%x%x", "%w-%s-%d",
                      "orders,users,ledger,catalog,events,sessions", "arn:aws:rds:%r:%a:db:%n"},
    [RDS_SNAPSHOT] = {"%n-%b", "%w-%s", "before-upgrade,nightly,before-migration,golden",
                      "arn:aws:rds:%r:%a:snapshot:%i"},
    [RDS_CLUSTER_SNAPSHOT] = {"%n-%b", "%w-%s", "cluster-nightly,cluster-before-upgrade",
                              "arn:aws:rds:%r:%a:cluster-snapshot:%i"},
    [RDS_SUBNET_GROUP] = {"%n-%b", "%w-%s", "private,data", "arn:aws:rds:%r:%a:subgrp:%i"},
    [KMS_KEY] = {"%u", NULL, NULL, "arn:aws:kms:%r:%a:key/%i"},
    [LAMBDA_FUNCTION] = {"%n-%b", "%w-%s",
                         "resize,notify,webhook,ingest,export,cleanup,authorize,reindex",
                         "arn:aws:lambda:%r:%a:function:%i"},
    [DYNAMODB_TABLE] = {"%n-%b", "%w-%s", "orders,sessions,carts,locks,profiles,events",
                        "arn:aws:dynamodb:%r:%a:table/%i"},
    [ELB_LOAD_BALANCER] = {"%n-%b", "%w", NULL,
                           "arn:aws:elasticloadbalancing:%r:%a:loadbalancer/%i"},
    [ELBV2_LOAD_BALANCER] = {"arn:aws:elasticloadbalancing:%r:%a:loadbalancer/app/%n/%h", "%s-%d",
                             "web,api,internal,admin", "%i"},
    [AUTOSCALING_GROUP] = {"arn:aws:autoscaling:%r:%a:autoScalingGroup:%u:autoScalingGroupName",
                           "%w-%s-%d", "web,worker,batch", "%i"},
    [SNS_TOPIC] = {"arn:aws:sns:%r:%a:%n-%b", "%w-%s", "alerts,events,orders,audit", "%i"},
    [CLOUDTRAIL_TRAIL] = {"%n-%b", "acme-%s", "organization-trail,data-events",
                          "arn:aws:cloudtrail:%r:%a:trail/%i"},
    [LOGS_LOG_GROUP] = {"%n-%b", "/aws/%s/%w", "lambda,ecs,codebuild,rds/instance,vpc/flow-logs",
                        "arn:aws:logs:%r:%a:log-group:%i"},
    [EFS_FILE_SYSTEM] = {"fs-0%h", NULL, NULL, "arn:aws:elasticfilesystem:%r:%a:file-system/%i"},
    [SECRETS_SECRET] = {"arn:aws:secretsmanager:%r:%a:secret:%n-%b", "%w/%s",
                        "database,api-key,smtp,oauth-client,signing", "%i"},
    [ACM_CERTIFICATE] = {"arn:aws:acm:%r:%a:certificate/%u", "%s-%d.%w.acme.example",
                         "www,api,admin,static", "%i"},
    [REDSHIFT_CLUSTER] = {"%n-%b", "%w-%s", "warehouse,reporting",
                          "arn:aws:redshift:%r:%a:cluster:%i"},
    [OPENSEARCH_DOMAIN] = {"%a/%n-%b", "%s", "logs,catalog,search", "arn:aws:es:%r:%a:domain/%n"},
    [ECR_REPOSITORY] = {"%n-%b", "%w/%s", "api,web,worker,base", "arn:aws:ecr:%r:%a:repository/%i"},
    [BACKUP_VAULT] = {"%n-%b", "%w-%s", "daily,weekly,compliance",
                      "arn:aws:backup:%r:%a:backup-vault:%i"},
    [BACKUP_RECOVERY_POINT] = {"arn:aws:backup:%r:%a:recovery-point:%u", NULL, NULL, "%i"},
    [CODEBUILD_PROJECT] = {"arn:aws:codebuild:%r:%a:project/%n-%b", "%w-%s", "build,test,release",
                           "%i"},
    [CLOUDFORMATION_STACK] = {"arn:aws:cloudformation:%r:%a:stack/%n/%u", "%w-%s-%d",
                              "network,database,service,pipeline,monitoring", "%i"},
    [SSM_DOCUMENT] = {"%n-%b", "Acme-%s", "RestartService,RotateLogs,CollectDiagnostics",
                      "arn:aws:ssm:%r:%a:document/%i"},
    [SSM_INVENTORY] = {"i-0%h", NULL, NULL, "arn:aws:ssm:%r:%a:managed-instance-inventory/%i"},
    [SSM_PATCH] = {"AWS::SSM::ManagedInstanceInventory/i-0%h", NULL, NULL,
                   "arn:aws:ssm:%r:%a:patch-compliance/%i"},
    [SSM_ASSOCIATION] = {"AWS::SSM::ManagedInstanceInventory/i-0%h", NULL, NULL,
                         "arn:aws:ssm:%r:%a:association-compliance/%i"},
    [CLOUDWATCH_ALARM] = {"%n-%b", "%w-%s", "high-cpu,errors,latency,disk-full,queue-age",
                          "arn:aws:cloudwatch:%r:%a:alarm:%i"},
    [ACCOUNT_SETTINGS] = {"%a", NULL, NULL, "arn:aws:iam::%a:root"},
    [SECURITY_GROUP_RULE] = {"sgr-0%h", NULL, NULL, EC2_ARN("security-group-rule")},
    [PREFIX_LIST] = {"pl-0%h", NULL, NULL, EC2_ARN("prefix-list")},
};

/* These three are named after the instance that they describe. */
static struct ref named_after(struct ref ref)
{
    if (ref.type == SSM_INVENTORY || ref.type == SSM_PATCH || ref.type == SSM_ASSOCIATION)
        ref.type = EC2_INSTANCE;
    return ref;
}

static uint64_t sealed_of(const struct world *world, struct ref ref)
{
    return rng_seal(world->spec.seed, ref_pack(named_after(ref)));
}

static uint64_t filler_of(const struct world *world, struct ref ref, uint64_t n)
{
    return rng_at(world->spec.seed ^ n << 48, STREAM_IDENTITY + ref.type, ref_pack(ref));
}

/* Fixed-size text that is written piece by piece; what does not fit is cut. */
struct writer {
    char *text;
    size_t len, size;
};

static void write_text(struct writer *out, struct sv text)
{
    size_t n = text.len < out->size - 1 - out->len ? text.len : out->size - 1 - out->len;
    memcpy(out->text + out->len, text.ptr, n);
    out->len += n;
    out->text[out->len] = '\0';
}

static void write_hex(struct writer *out, uint64_t value, int n_digits)
{
    char digits[16];
    for (int i = n_digits - 1; i >= 0; i--, value >>= 4)
        digits[i] = "0123456789abcdef"[value & 15];
    write_text(out, (struct sv){digits, (size_t)n_digits});
}

static void write_uuid(struct writer *out, uint64_t head, uint64_t tail)
{
    const struct {
        uint64_t value;
        int n_digits;
    } parts[] = {{head >> 32, 8}, {head >> 16, 4}, {head, 4}, {tail >> 48, 4}, {tail, 12}};
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        if (i > 0)
            write_text(out, SV("-"));
        write_hex(out, parts[i].value, parts[i].n_digits);
    }
}

static void write_base32(struct writer *out, uint64_t value, const char *alphabet, size_t n)
{
    char text[RNG_BASE32_LEN + 1];
    rng_base32(value, alphabet, n, text);
    write_text(out, sv_of(text));
}

static void write_number(struct writer *out, uint64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    write_text(out, sv_of(text));
}

/* One of the words of a comma-separated list. */
static struct sv pick_word(const char *words, uint64_t random)
{
    struct sv rest = sv_of(words), word = SV_NONE;
    uint64_t n = 1;
    for (const char *at = words; *at; at++)
        n += *at == ',';
    for (uint64_t i = 0; i <= random % n; i++)
        word = sv_split(&rest, ',');
    return word;
}

static void write_escape(struct writer *out, char escape, const struct resource *r,
                         unsigned position)
{
    switch (escape) {
    case 'h':
        write_hex(out, sealed_of(r->world, r->ref), 16);
        break;
    case 'u':
        write_uuid(out, sealed_of(r->world, r->ref), filler_of(r->world, r->ref, 1));
        break;
    case 'b':
        write_base32(out, sealed_of(r->world, r->ref), rng_lower32, RNG_BASE32_LEN);
        break;
    case 'B':
        write_base32(out, sealed_of(r->world, r->ref), rng_upper32, RNG_BASE32_LEN);
        break;
    case 'x':
        write_base32(out, filler_of(r->world, r->ref, position), rng_upper32, 1);
        break;
    case 'n':
        write_text(out, sv_of(r->name));
        break;
    case 'i':
        write_text(out, sv_of(r->id));
        break;
    case 'a':
        write_text(out, sv_of(r->account->id));
        break;
    case 'r':
        write_text(out, sv_of(r->region));
        break;
    case 'w':
        write_text(out, sv_of(r->account->word));
        break;
    case 's':
        write_text(out, pick_word(namings[r->ref.type].words, filler_of(r->world, r->ref, 2)));
        break;
    case 'd':
        write_number(out, r->ref.index + 1);
        break;
    default:
        abort();
    }
}

static void expand(const char *pattern, const struct resource *resource, char *text, size_t size)
{
    struct writer out = {.text = text, .size = size};
    text[0] = '\0';
    for (const char *at = pattern; *at;) {
        size_t literal = strcspn(at, "%");
        write_text(&out, (struct sv){at, literal});
        at += literal;
        if (*at) {
            write_escape(&out, at[1], resource, (unsigned)(at + 1 - pattern));
            at += 2;
        }
    }
}

static bool name_is_id(enum resource_type type)
{
    const char *id = namings[type].id;
    return namings[type].name && strncmp(id, "%n-%b", 5) == 0;
}

static void name_resource(struct resource *resource)
{
    const struct naming *naming = &namings[resource->ref.type];
    resource->name[0] = '\0';
    if (naming->name)
        expand(naming->name, resource, resource->name, sizeof resource->name);
    if (resource->ref.type == EC2_SECURITY_GROUP)
        security_group_name(resource, resource->name, sizeof resource->name);
}

static void identify(struct resource *resource)
{
    const char *added_id = doc_added_id(resource->world, resource->ref);
    if (added_id)
        str_copy(resource->id, added_id);
    else
        expand(namings[resource->ref.type].id, resource, resource->id, sizeof resource->id);
}

void resource_describe(struct world *world, struct ref ref, struct resource *resource)
{
    resource->world = world;
    resource->ref = ref;
    resource->account = cell_account(world, ref.cell);
    resource->region = cell_region(world, ref.cell);
    resource->created_ms = world->start_ms -
                           (int64_t)(30 + filler_of(world, ref, 3) % 1100) * DAY_MS -
                           (int64_t)(filler_of(world, ref, 4) % DAY_MS);
    name_resource(resource);
    identify(resource);
    if (name_is_id(ref.type))
        str_copy(resource->name, resource->id);
    expand(namings[ref.type].arn, resource, resource->arn, sizeof resource->arn);
}

/* As resource_describe, but what the id does not need is left out. */
void resource_id(struct world *world, struct ref ref, char *text)
{
    struct resource resource;
    resource.world = world;
    resource.ref = ref;
    resource.account = cell_account(world, ref.cell);
    resource.region = cell_region(world, ref.cell);
    if (strstr(namings[ref.type].id, "%n"))
        name_resource(&resource);
    identify(&resource);
    sv_copy(sv_of(resource.id), text, RESOURCE_ID_SIZE);
}

struct ref resource_sibling(const struct resource *resource, enum resource_type type,
                            uint64_t index)
{
    return (struct ref){.type = type, .cell = resource->ref.cell, .index = index};
}

uint64_t resource_count(struct world *world, uint32_t cell, enum resource_type type)
{
    return cell_count(world, cell, type) + doc_n_added(world, cell, type);
}

/* --- from ids back to resources ------------------------------------------------------------- */

/* Where the enciphered number stands, counted from the end, and how it is written. */
static char sealed_form(enum resource_type type, size_t *from_end)
{
    const char *pattern = namings[type].id;
    size_t at = strlen(pattern);
    *from_end = 0;
    while (at > 1) {
        at -= 1;
        if (pattern[at - 1] != '%') {
            *from_end += 1;
            continue;
        }
        at -= 1;
        if (strchr("hubB", pattern[at + 1]))
            return pattern[at + 1];
        *from_end += 1; /* %x */
    }
    return 0;
}

static bool read_hex(const char *text, size_t n, uint64_t *value)
{
    for (size_t i = 0; i < n; i++) {
        const char *digits = "0123456789abcdef", *at = strchr(digits, text[i]);
        if (!text[i] || !at)
            return false;
        *value = *value << 4 | (uint64_t)(at - digits);
    }
    return true;
}

static bool read_sealed(enum resource_type type, const char *id, uint64_t *sealed)
{
    size_t from_end, len = strlen(id);
    char form = sealed_form(type, &from_end);
    size_t width = form == 'h' ? 16 : form == 'u' ? 36 : RNG_BASE32_LEN;
    if (!form || len < width + from_end)
        return false;
    const char *at = id + len - from_end - width;
    *sealed = 0;
    if (form == 'h')
        return read_hex(at, 16, sealed);
    if (form == 'u')
        return read_hex(at, 8, sealed) && read_hex(at + 9, 4, sealed) &&
               read_hex(at + 14, 4, sealed);
    *sealed = rng_unbase32(at, form == 'b' ? rng_lower32 : rng_upper32);
    return true;
}

bool resource_parse_id(const struct world *world, enum resource_type type, const char *id,
                       struct ref *ref)
{
    uint64_t sealed;
    if (!read_sealed(type, id, &sealed))
        return false;
    *ref = ref_unpack(rng_open(world->spec.seed, sealed));
    if (ref->type != named_after((struct ref){.type = type}).type || ref->cell >= world->n_cells)
        return false;
    ref->type = type;
    return true;
}

bool resource_find(struct world *world, uint32_t cell, enum resource_type type, const char *id,
                   struct ref *ref)
{
    if (type == ACCOUNT_SETTINGS) {
        *ref = (struct ref){.type = type, .cell = cell};
        return strcmp(cell_account(world, cell)->id, id) == 0 && cell_count(world, cell, type);
    }
    if (doc_find_added(world, cell, type, id, ref))
        return true;
    if (!resource_parse_id(world, type, id, ref) || ref->cell != cell ||
        ref->index >= cell_count(world, cell, type))
        return false;
    char text[RESOURCE_ID_SIZE];
    resource_id(world, *ref, text);
    return strcmp(text, id) == 0;
}
