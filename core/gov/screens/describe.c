/*
 * describe: what a row is decides who describes it: the first of describers whose column the row
 * has. Each reads what it needs side by side and tells it section by section.
 */
#include "core/gov/screens/describe.h"

#include <string.h>

#include "core/base/clock.h"
#include "core/gov/change_event.h"
#include "core/gov/gov_internal.h"
#include "core/gov/load/inquiry.h"
#include "core/gov/load/reply.h"
#include "core/gov/security_group/sg_policy.h"
#include "core/gov/security_group/sg_reading.h"

#define CHANGES_SHOWN 10 /* of what CloudTrail knows of one thing */
#define SCALARS_MAX   40 /* members of a configuration that are shown as lines */

struct describing {
    struct table *table; /* a reference */
    size_t row;
    const struct describer *by;
    struct aws_target target;
    char *type, *id; /* of a resource; id: of whatever it is */
    struct description *found;
    size_t n_changes; /* that CloudTrail has told */
    void (*done)(void *arg, struct description *take_description);
    void *arg;
};

struct describer {
    const char *column;    /* that rows of this sort have */
    const char *id_column; /* its value becomes describing->id */
    const char *type;      /* resource type; NULL: the column type_column says it */
    const char *type_column;
    const char *kind; /* what the column kind begins with, of a list of items; NULL: no such list */
    void (*begin)(struct inquiry *inquiry, struct describing *describing);
    void (*end)(struct inquiry *inquiry, struct describing *describing);
};

/* --- descriptions ---------------------------------------------------------------------------- */

void description_free(struct description *description)
{
    if (!description)
        return;
    for (size_t i = 0; i < description->lines.len; i++) {
        mem_free(description->lines.ptr[i].section);
        mem_free(description->lines.ptr[i].label);
        mem_free(description->lines.ptr[i].value);
    }
    vec_free(&description->lines);
    mem_free(description->title);
    mem_free(description->json);
    mem_free(description);
}

/* Nothing is said of what is not known. */
static void add(struct describing *describing, const char *section, struct sv label,
                struct sv value)
{
    struct description_line line = {mem_strdup(section), sv_dup(label), sv_dup(value), false};
    if (value.ptr)
        vec_push(&describing->found->lines, line);
    else {
        mem_free(line.section);
        mem_free(line.label);
        mem_free(line.value);
    }
}

static void add_identity(struct describing *describing, const char *section, struct sv label,
                         struct sv value)
{
    size_t n = describing->found->lines.len;
    add(describing, section, label, value);
    if (describing->found->lines.len > n)
        vec_last(&describing->found->lines).identity = true;
}

static void add_tags(struct describing *describing, const char *section, const cJSON *tags)
{
    for (const cJSON *tag = tags; tag; tag = tag->next) {
        bool lower = json_get(tag, "key") != NULL;
        add(describing, section, json_sv(tag, lower ? "key" : "Key"),
            json_sv(tag, lower ? "value" : "Value"));
    }
}

/* The scalar members of an object, each a line. */
static void add_scalars(struct describing *describing, const char *section, const cJSON *object)
{
    size_t n = 0;
    for (const cJSON *item = object ? object->child : NULL; item && n < SCALARS_MAX;
         item = item->next) {
        AUTO_FREE char *printed = cJSON_IsString(item) || cJSON_IsNumber(item) || cJSON_IsBool(item)
                                      ? json_print(item)
                                      : NULL;
        if (!printed)
            continue;
        add(describing, section, sv_of(item->string),
            cJSON_IsString(item) ? json_string(item) : sv_of(printed));
        n++;
    }
}

/* --- resources ------------------------------------------------------------------------------- */

static cJSON *resource_params(const struct describing *describing, const char *type_member,
                              const char *id_member)
{
    cJSON *params = cJSON_CreateObject();
    cJSON_AddStringToObject(params, type_member, describing->type);
    cJSON_AddStringToObject(params, id_member, describing->id);
    return params;
}

static void read_recorded(struct inquiry *inquiry, struct describing *describing)
{
    cJSON *keys = cJSON_CreateArray(), *batch = cJSON_CreateObject();
    cJSON_AddItemToArray(keys, resource_params(describing, "resourceType", "resourceId"));
    cJSON_AddItemToObject(batch, "resourceKeys", keys);
    cJSON *history = resource_params(describing, "resourceType", "resourceId");
    cJSON_AddNumberToObject(history, "limit", 1);
    inquiry_read(inquiry, OP_config_BatchGetResourceConfig, &describing->target, batch, NULL);
    inquiry_read_pages(inquiry, OP_config_GetResourceConfigHistory, &describing->target, history, 1,
                       NULL);
    inquiry_read(inquiry, OP_config_GetComplianceDetailsByResource, &describing->target,
                 resource_params(describing, "ResourceType", "ResourceId"), NULL);
}

/* The item as AWS Config has it, its configuration (a text of JSON) unfolded. */
static cJSON *recorded_item(const struct inquiry *inquiry)
{
    const cJSON *page = inquiry_page(inquiry, OP_config_BatchGetResourceConfig, 0);
    cJSON *item = cJSON_Duplicate(json_items(page, "baseConfigurationItems"), true);
    cJSON *configuration = NULL;
    if (json_parse(json_sv(item, "configuration"), "configuration", &configuration, NULL) == OK)
        cJSON_ReplaceItemInObjectCaseSensitive(item, "configuration", configuration);
    return item;
}

static void tell_recorded(struct inquiry *inquiry, struct describing *describing)
{
    static const struct {
        const char *member, *label;
        bool identity;
    } members[] = {{"resourceName", "name", false},
                   {"arn", "ARN", true},
                   {"availabilityZone", "zone", false},
                   {"configurationItemStatus", "status", false}};
    static const char section[] = "Recorded";
    AUTO(json_free_at) cJSON *item = recorded_item(inquiry);
    char at[CLOCK_ISO_SIZE];
    int64_t at_ms;
    if (!item)
        return;
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        (members[i].identity ? add_identity : add)(describing, section, sv_of(members[i].label),
                                                   json_sv(item, members[i].member));
    if (reply_time(item, "configurationItemCaptureTime", &at_ms)) {
        clock_iso8601(at_ms, false, at);
        add(describing, section, SV("as of"), sv_of(at));
    }
    add_scalars(describing, "Configuration", json_get(item, "configuration"));
    describing->found->json = json_print(item);
}

static void tell_history(struct inquiry *inquiry, struct describing *describing)
{
    const cJSON *page = inquiry_page(inquiry, OP_config_GetResourceConfigHistory, 0);
    const cJSON *item = json_items(page, "configurationItems");
    const cJSON *tags = json_get(item, "tags");
    for (const cJSON *tag = tags ? tags->child : NULL; tag; tag = tag->next)
        add(describing, "Tags", sv_of(tag->string), json_string(tag));
    for (const cJSON *of = json_items(item, "relationships"); of; of = of->next) {
        AUTO(buf_done) struct buf value = BUF_NONE;
        buf_add(&value, json_sv(of, "resourceType"));
        buf_addf(&value, " " SV_FMT, SV_ARG(json_sv(of, "resourceId")));
        add_identity(describing, "Related", json_sv(of, "relationshipName"), buf_sv(&value));
    }
}

static void tell_rules(struct inquiry *inquiry, struct describing *describing)
{
    INQUIRY_EACH(inquiry, OP_config_GetComplianceDetailsByResource, "EvaluationResults", item)
    {
        AUTO(buf_done) struct buf value = BUF_NONE;
        const cJSON *of = json_path(item, "EvaluationResultIdentifier.EvaluationResultQualifier");
        struct sv annotation = json_sv(item, "Annotation");
        buf_add(&value, json_sv(item, "ComplianceType"));
        if (annotation.len > 0)
            buf_addf(&value, ": " SV_FMT, SV_ARG(annotation));
        add(describing, "Rules", json_sv(of, "ConfigRuleName"), buf_sv(&value));
    }
}

static void tell_resource(struct inquiry *inquiry, struct describing *describing)
{
    tell_rules(inquiry, describing);
    tell_recorded(inquiry, describing);
    tell_history(inquiry, describing);
}

/* --- security groups ------------------------------------------------------------------------- */

/* Who has changed it, as far back as CloudTrail goes: 90 days. */
static void read_changes(struct inquiry *inquiry, struct describing *describing)
{
    cJSON *params = cJSON_CreateObject(), *attribute = cJSON_CreateObject();
    cJSON *attributes = cJSON_AddArrayToObject(params, "LookupAttributes");
    cJSON_AddStringToObject(attribute, "AttributeKey", "ResourceName");
    cJSON_AddStringToObject(attribute, "AttributeValue", describing->id);
    cJSON_AddItemToArray(attributes, attribute);
    inquiry_read_pages(inquiry, OP_cloudtrail_LookupEvents, &describing->target, params, 1, NULL);
}

static void tell_change(struct describing *describing, const cJSON *item)
{
    AUTO(json_free_at) cJSON *record = NULL;
    AUTO(buf_done) struct buf value = BUF_NONE;
    struct sv actor = SV_NONE, role = SV_NONE;
    char at[CLOCK_ISO_SIZE];
    int64_t at_ms;
    json_parse(json_sv(item, "CloudTrailEvent"), "CloudTrailEvent", &record, NULL);
    if (!reply_time(item, "EventTime", &at_ms) || json_bool(record, "readOnly", false) ||
        json_sv(record, "errorCode").len > 0)
        return;
    change_actor(record, &actor, &role);
    buf_add(&value, actor.len > 0 ? actor : json_sv(item, "Username"));
    if (role.len > 0 && !sv_eq(role, actor))
        buf_addf(&value, " (" SV_FMT ")", SV_ARG(role));
    buf_addf(&value, ": " SV_FMT, SV_ARG(json_sv(item, "EventName")));
    clock_iso8601(at_ms, false, at);
    add(describing, "Changed by", sv_of(at), buf_sv(&value));
}

/* The newest come first. */
static void tell_changes(struct inquiry *inquiry, struct describing *describing)
{
    INQUIRY_EACH(inquiry, OP_cloudtrail_LookupEvents, "Events", item)
    {
        if (describing->n_changes++ < CHANGES_SHOWN)
            tell_change(describing, item);
    }
}

static void read_group(struct inquiry *inquiry, struct describing *describing)
{
    sg_read_group(inquiry, &describing->target, describing->id, NULL);
    read_recorded(inquiry, describing);
    read_changes(inquiry, describing);
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
        add(describing, rule.egress ? "Lets out" : "Lets in", sv_of(rule.rule_id), buf_sv(&value));
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
        add(describing, "Attached to", json_sv(item, "networkInterfaceId"), buf_sv(&value));
    }
    INQUIRY_EACH(inquiry, OP_ec2_DescribeInstances, "reservationSet", reservation)
    {
        for (const cJSON *item = json_items(reservation, "instancesSet"); item; item = item->next) {
            struct sv name = reply_tag(json_items(item, "tagSet"), "Name", false);
            add(describing, "Used by", json_sv(item, "instanceId"),
                name.ptr ? name : json_sv(item, "instanceType"));
        }
    }
}

static void tell_group(struct inquiry *inquiry, struct describing *describing)
{
    const cJSON *page = inquiry_page(inquiry, OP_ec2_DescribeSecurityGroups, 0);
    const cJSON *group = json_items(page, "securityGroupInfo");
    add(describing, "Group", SV("name"), json_sv(group, "groupName"));
    add(describing, "Group", SV("description"), json_sv(group, "groupDescription"));
    add_identity(describing, "Group", SV("VPC"), json_sv(group, "vpcId"));
    tell_group_rules(inquiry, describing);
    tell_changes(inquiry, describing);
    tell_attachments(inquiry, describing);
    add_tags(describing, "Tags", json_items(group, "tagSet"));
    tell_rules(inquiry, describing);
    tell_recorded(inquiry, describing);
    if (!describing->found->json && group)
        describing->found->json = json_print(group);
}

/* A row of resources may be a security group too. */
static bool is_group(const struct describing *describing)
{
    return describing->type && strcmp(describing->type, "AWS::EC2::SecurityGroup") == 0;
}

static void resource_begin(struct inquiry *inquiry, struct describing *describing)
{
    (is_group(describing) ? read_group : read_recorded)(inquiry, describing);
}

static void resource_end(struct inquiry *inquiry, struct describing *describing)
{
    (is_group(describing) ? tell_group : tell_resource)(inquiry, describing);
}

/* --- Config rules ---------------------------------------------------------------------------- */

static void rule_begin(struct inquiry *inquiry, struct describing *describing)
{
    static const enum aws_op_id operations[] = {OP_config_DescribeConfigRules,
                                                OP_config_DescribeConfigRuleEvaluationStatus,
                                                OP_config_DescribeComplianceByConfigRule};
    for (size_t i = 0; i < ARRAY_LEN(operations); i++) {
        cJSON *params = cJSON_CreateObject();
        cJSON_AddItemToObject(params, "ConfigRuleNames", reply_list_of(describing->id));
        inquiry_read(inquiry, operations[i], &describing->target, params, NULL);
    }
}

static void tell_times(struct describing *describing, const cJSON *status)
{
    for (const cJSON *item = status ? status->child : NULL; item; item = item->next) {
        char at[CLOCK_ISO_SIZE];
        int64_t at_ms;
        bool is_time = sv_ends(sv_of(item->string), SV("Time"));
        if (is_time && reply_time(status, item->string, &at_ms))
            clock_iso8601(at_ms, false, at);
        add(describing, "Evaluations", sv_of(item->string),
            is_time ? sv_of(at) : json_string(item));
    }
}

static void rule_end(struct inquiry *inquiry, struct describing *describing)
{
    const cJSON *rule =
        json_items(inquiry_page(inquiry, OP_config_DescribeConfigRules, 0), "ConfigRules");
    const cJSON *status =
        json_items(inquiry_page(inquiry, OP_config_DescribeConfigRuleEvaluationStatus, 0),
                   "ConfigRulesEvaluationStatus");
    add_scalars(describing, "Rule", rule);
    add_scalars(describing, "Source", json_get(rule, "Source"));
    for (const cJSON *type = json_items(json_get(rule, "Scope"), "ComplianceResourceTypes"); type;
         type = type->next)
        add_identity(describing, "Scope", SV("type"), json_string(type));
    tell_times(describing, status);
    if (rule)
        describing->found->json = json_print(rule);
}

/* --- accounts -------------------------------------------------------------------------------- */

static void account_begin(struct inquiry *inquiry, struct describing *describing)
{
    struct estate *estate = gov_estate(inquiry_gov(inquiry));
    struct aws_target home = describing->target;
    cJSON *params = cJSON_CreateObject();
    cJSON_AddStringToObject(params, "ResourceId", describing->id);
    str_copy(home.account_id, estate ? estate->caller_account : "");
    str_copy(home.region, client_region(gov_client(inquiry_gov(inquiry))));
    inquiry_read(inquiry, OP_organizations_ListTagsForResource, &home, params, NULL);
    estate_unref(estate);
}

static void account_end(struct inquiry *inquiry, struct describing *describing)
{
    const cJSON *page = inquiry_page(inquiry, OP_organizations_ListTagsForResource, 0);
    add_tags(describing, "Tags", json_items(page, "Tags"));
}

/* --- who describes what ---------------------------------------------------------------------- */

static const struct describer describers[] = {
    {.column = "resource_id",
     .id_column = "resource_id",
     .type_column = "resource_type",
     .begin = resource_begin,
     .end = resource_end},
    {.column = "group_id",
     .id_column = "group_id",
     .type = "AWS::EC2::SecurityGroup",
     .begin = resource_begin,
     .end = resource_end},
    {.column = "resource",
     .kind = "sg-",
     .id_column = "resource",
     .type = "AWS::EC2::SecurityGroup",
     .begin = resource_begin,
     .end = resource_end},
    {.column = "resource",
     .kind = "config",
     .id_column = "resource",
     .type_column = "subject",
     .begin = resource_begin,
     .end = resource_end},
    {.column = "node",
     .id_column = "node",
     .type = "AWS::SSM::ManagedInstanceInventory",
     .begin = resource_begin,
     .end = resource_end},
    {.column = "identifier", .id_column = "name", .begin = rule_begin, .end = rule_end},
    {.column = "ou", .id_column = "account_id", .begin = account_begin, .end = account_end},
};

static struct sv cell_of(const struct describing *describing, const char *column_id)
{
    size_t n;
    const struct column *columns = table_columns(describing->table, &n);
    const struct column *column = column_find(columns, n, sv_of(column_id));
    struct cell cell = {.absent = true};
    if (column)
        table_cell(describing->table, describing->row, (size_t)(column - columns), &cell);
    return cell.absent ? SV_NONE : cell.text;
}

static const struct describer *describer_of(const struct describing *describing)
{
    for (size_t i = 0; i < ARRAY_LEN(describers); i++)
        if (cell_of(describing, describers[i].column).len > 0 &&
            (!describers[i].kind ||
             sv_starts(cell_of(describing, "kind"), sv_of(describers[i].kind))))
            return &describers[i];
    return NULL;
}

static void describing_drop(void *arg)
{
    struct describing *describing = arg;
    description_free(describing->found);
    table_unref(describing->table);
    mem_free(describing->type);
    mem_free(describing->id);
    mem_free(describing);
}

static void deliver(void *arg)
{
    struct describing *describing = arg;
    struct description *found = describing->found;
    describing->found = NULL;
    describing->done(describing->arg, found);
    describing_drop(describing);
}

static void begin(struct inquiry *inquiry, void *arg)
{
    struct describing *describing = arg;
    if (describing->by)
        describing->by->begin(inquiry, describing);
}

static void end(struct inquiry *inquiry, void *arg)
{
    struct describing *describing = arg;
    if (describing->by)
        describing->by->end(inquiry, describing);
    describing->found->err = *inquiry_first_err(inquiry);
    describing->found->read_at_ms = clock_wall_ms();
    run_call(RUN_UI, RUN_URGENT, inquiry_scope(inquiry), deliver, describing_drop, describing);
}

void describe_row(struct gov *gov, struct scope *scope, const struct screen *screen,
                  struct table *table, size_t row,
                  void (*done)(void *arg, struct description *take_description), void *arg)
{
    static const struct inquiry_kind kind = {begin, end, describing_drop};
    struct describing *describing = mem_new(struct describing);
    *describing = (struct describing){.table = table_ref(table), .row = row, .done = done};
    describing->arg = arg;
    describing->found = mem_new(struct description);
    describing->found->title = mem_strdup(screen->title);
    describing->by = describer_of(describing);
    if (describing->by) {
        struct sv type = SV_NONE;
        if (describing->by->type_column)
            type = cell_of(describing, describing->by->type_column);
        describing->type = describing->by->type ? mem_strdup(describing->by->type) : sv_dup(type);
        describing->id = sv_dup(cell_of(describing, describing->by->id_column));
    }
    sv_copy(cell_of(describing, "account_id"), describing->target.account_id,
            sizeof describing->target.account_id);
    sv_copy(cell_of(describing, "region"), describing->target.region,
            sizeof describing->target.region);
    inquiry_start(gov, scope, &kind, describing);
}
