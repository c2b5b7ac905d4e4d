/* ssm_parameter_put: writing, labelling and deleting parameters, and what AWS refuses of it. */
#include <ctype.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/sandbox/services/ssm_parameter.h"
#include "tests/sandbox/world/template.h"

#define STANDARD_MAX 4096
#define ADVANCED_MAX 8192
#define LEVELS_MAX   15
#define LABELS_MAX   10

/* One PutParameter. */
struct put {
    struct world *world;
    const struct call *call;
    struct reply *reply;
    struct parameter_store *store;
    const char *name, *value, *type, *tier, *data_type;
    struct parameter *parameter; /* NULL: it is new */
    const cJSON *latest;         /* NULL the same */
};

static bool refuse(const struct put *p, const char *code, const char *text)
{
    reply_error(p->reply, 0, code, "%s", text);
    return false;
}

/* --- names ---------------------------------------------------------------------------------- */

static bool starts_nocase(const char *name, const char *prefix)
{
    while (*prefix && tolower((unsigned char)*name) == *prefix)
        name++, prefix++;
    return !*prefix;
}

static bool check_reserved(struct put *p)
{
    const char *first = *p->name == '/' ? p->name + 1 : p->name;
    bool aws = starts_nocase(first, "aws"), ssm = starts_nocase(first, "ssm");
    bool is_path = strchr(first, '/') != NULL;
    if (aws && is_path && *p->name == '/') {
        reply_error(p->reply, 0, "AccessDeniedException",
                    "No access to reserved parameter name: %s.", p->name);
        return false;
    }
    if (!aws && !ssm)
        return true;
    return refuse(p, "ValidationException",
                  "Parameter name: can't be prefixed with \"aws\" or \"ssm\" (case-insensitive).");
}

static bool check_name(struct put *p)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/";
    size_t levels = 0;
    for (const char *c = p->name; *c; c++)
        levels += *c == '/';
    bool bare = *p->name != '/';
    if (p->name[strspn(p->name, allowed)] || (bare && levels > 0) || strstr(p->name, "//") ||
        p->name[strlen(p->name) - 1] == '/')
        return refuse(p, "ValidationException",
                      "Parameter name must be a fully qualified name. If formed as a path, it can "
                      "consist of sub-paths divided by slash symbol; each sub-path can be formed "
                      "as a mix of letters, numbers and the following 3 symbols .-_");
    if (levels > LEVELS_MAX)
        return refuse(p, "HierarchyLevelLimitExceededException",
                      "A hierarchy can have a maximum of 15 levels.");
    return check_reserved(p);
}

/* --- what is there already ------------------------------------------------------------------ */

static bool check_overwrite(struct put *p)
{
    bool overwrite = in_bool(p->call, "Overwrite");
    if (overwrite && in_list(p->call, "Tags"))
        return refuse(p, "ValidationException",
                      "Invalid request: tags and overwrite can't be used together. To create a "
                      "parameter with tags, please remove overwrite flag. To update tags for an "
                      "existing parameter, please use AddTagsToResource or "
                      "RemoveTagsFromResource.");
    if (p->parameter && !overwrite)
        return refuse(p, "ParameterAlreadyExists",
                      "The parameter already exists. To overwrite this value, set the overwrite "
                      "option in the request to true.");
    return true;
}

static bool check_type(struct put *p)
{
    struct sv before = json_sv(p->latest, "Type");
    if (!*p->type && !p->latest)
        return refuse(p, "ValidationException",
                      "A parameter type is required when you create a parameter.");
    if (!*p->type)
        p->type = before.ptr;
    if (p->latest && !sv_eq_cstr(before, p->type))
        return refuse(p, "HierarchyTypeMismatchException",
                      "Parameter Store doesn't support changing a parameter type in a hierarchy. "
                      "Create a new, unique parameter.");
    if (*in_str(p->call, "KeyId") && strcmp(p->type, "SecureString") != 0)
        return refuse(p, "ValidationException",
                      "KeyId is required for SecureString type parameter only.");
    return true;
}

static bool check_tier(struct put *p)
{
    struct sv before = json_sv(p->latest, "Tier");
    size_t bytes = strlen(p->value);
    if (strcmp(p->tier, "Intelligent-Tiering") == 0)
        p->tier = bytes > STANDARD_MAX || sv_eq_cstr(before, "Advanced") ? "Advanced" : "Standard";
    if (!*p->tier)
        p->tier = p->latest ? before.ptr : "Standard";
    if (sv_eq_cstr(before, "Advanced") && strcmp(p->tier, "Standard") == 0)
        return refuse(p, "ValidationException",
                      "This parameter uses the advanced-parameter tier. You can't downgrade a "
                      "parameter from the advanced-parameter tier to the standard-parameter "
                      "tier. If necessary, you can delete the advanced parameter and recreate it "
                      "as a standard parameter.");
    bool advanced = strcmp(p->tier, "Advanced") == 0;
    if (bytes > ADVANCED_MAX)
        return refuse(p, "ValidationException",
                      "Advanced tier parameters support a maximum parameter value of 8192 "
                      "characters.");
    if (!advanced && bytes > STANDARD_MAX)
        return refuse(p, "ValidationException",
                      "Standard tier parameters support a maximum parameter value of 4096 "
                      "characters. To create a larger parameter value, upgrade the parameter to "
                      "use the advanced-parameter tier.");
    if (!advanced && *in_str(p->call, "Policies"))
        return refuse(p, "ValidationException",
                      "Parameter policies are only supported for advanced-tier parameters.");
    return true;
}

/* --- values --------------------------------------------------------------------------------- */

static bool check_data_type(struct put *p)
{
    static const char *const known[] = {"text", "aws:ec2:image", "aws:ssm:integration"};
    if (!*p->data_type)
        p->data_type = p->latest ? json_sv(p->latest, "DataType").ptr : "text";
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (strcmp(known[i], p->data_type) == 0)
            return true;
    reply_error(p->reply, 0, "ValidationException",
                "The following data type is not supported: %s (Data type names are all lowercase.)",
                p->data_type);
    return false;
}

static bool check_value(struct put *p)
{
    if (!*p->value)
        return refuse(p, "ValidationException",
                      "1 validation error detected: Value '' at 'value' failed to satisfy "
                      "constraint: Member must have length greater than or equal to 1.");
    if (strstr(p->value, "{{") && strstr(p->value, "}}"))
        return refuse(p, "ValidationException",
                      "Parameter value can't nest another parameter. Do not use \"{{}}\" in the "
                      "value.");
    return true;
}

static bool check_pattern(struct put *p)
{
    const char *pattern = in_str(p->call, "AllowedPattern");
    regex_t regex;
    if (!*pattern)
        return true;
    if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) != 0)
        return refuse(p, "InvalidAllowedPatternException",
                      "The request doesn't meet the regular expression requirement.");
    bool matches = regexec(&regex, p->value, 0, NULL, 0) == 0;
    regfree(&regex);
    if (matches)
        return true;
    reply_error(p->reply, 0, "ParameterPatternMismatchException",
                "Parameter value, cannot be validated against allowedPattern: %s", pattern);
    return false;
}

/* --- storing -------------------------------------------------------------------------------- */

/* A hundred versions are kept; the oldest makes room, unless it has a label. */
static bool make_room(struct put *p)
{
    const cJSON *oldest = p->parameter ? p->parameter->versions->child : NULL;
    if (!oldest || cJSON_GetArraySize(p->parameter->versions) < PARAMETER_VERSIONS_MAX)
        return true;
    if (cJSON_GetArraySize(json_get(oldest, "Labels")) == 0) {
        cJSON_DeleteItemFromArray(p->parameter->versions, 0);
        p->latest = parameter_latest(p->parameter);
        return true;
    }
    reply_error(p->reply, 0, "ParameterMaxVersionLimitExceeded",
                "You attempted to create a new version of %s by calling the PutParameter API with "
                "the overwrite flag. Version %lld, the oldest version, can't be deleted because it "
                "has a label associated with it. Move the label to another version of the "
                "parameter, and try again.",
                p->name, (long long)json_i64(oldest, "Version", 0));
    return false;
}

/* The value as it is stored: a SecureString under its key. */
static bool seal_value(struct put *p, const char *key_id, struct buf *stored)
{
    struct key key;
    char arn[PARAMETER_ARN_SIZE];
    if (strcmp(p->type, "SecureString") != 0) {
        buf_add_cstr(stored, p->value);
        return true;
    }
    bool advanced = strcmp(p->tier, "Advanced") == 0;
    if (!ssm_find_key(p->world, p->call, p->reply, key_id, &key) ||
        !ssm_key_allows(p->call, p->reply, &key, advanced ? "kms:GenerateDataKey" : "kms:Encrypt"))
        return false;
    parameter_arn(p->world, p->store->cell, p->name, arn);
    key_seal(p->world, &key, sv_of(arn), sv_of(p->value), stored);
    return true;
}

/* What the request names, else what there was. */
static const char *kept(const struct put *p, const char *member)
{
    const char *given = in_str(p->call, member);
    return *given || !p->latest ? (*given ? given : NULL) : json_sv(p->latest, member).ptr;
}

static cJSON *policies_of(const struct put *p)
{
    cJSON *list = cJSON_CreateArray();
    cJSON *given = cJSON_Parse(in_str(p->call, "Policies")), *policy;
    cJSON_ArrayForEach (policy, given) {
        AUTO_FREE char *text = json_print(policy);
        cJSON_AddItemToArray(list, json_make("{PolicyText:%s,PolicyType:%s,PolicyStatus:'Pending'}",
                                             text, json_sv(policy, "Type").ptr));
    }
    cJSON_Delete(given);
    return list;
}

static void add_tags(struct put *p)
{
    for (const cJSON *tag = in_list(p->call, "Tags"); tag; tag = tag->next) {
        cJSON_DeleteItemFromObjectCaseSensitive(p->parameter->tags, json_sv(tag, "Key").ptr);
        cJSON_AddStringToObject(p->parameter->tags, json_sv(tag, "Key").ptr,
                                json_sv(tag, "Value").ptr);
    }
}

static void store_version(struct put *p)
{
    AUTO(buf_done) struct buf stored = BUF_NONE;
    bool secure = strcmp(p->type, "SecureString") == 0;
    const char *key_id = *in_str(p->call, "KeyId") ? in_str(p->call, "KeyId") : KEY_DEFAULT;
    if (!seal_value(p, key_id, &stored))
        return;
    int64_t number = json_i64(p->latest, "Version", 0) + 1;
    cJSON *version = json_make(
        "{Name:%s,Type:%s,KeyId:%s,LastModifiedDate:%e,LastModifiedUser:%s,Description:%s,"
        "Value:%s,AllowedPattern:%s,Version:%l,Labels:[],Tier:%s,Policies:%o,DataType:%s}",
        p->name, p->type, secure ? key_id : NULL, p->call->now_ms, p->call->caller_arn,
        kept(p, "Description"), buf_cstr(&stored), kept(p, "AllowedPattern"), number, p->tier,
        policies_of(p), p->data_type);
    if (!p->parameter)
        p->parameter = parameter_add(p->store, sv_of(p->name));
    cJSON_AddItemToArray(p->parameter->versions, version);
    add_tags(p);
    cJSON_AddNumberToObject(p->reply->output, "Version", (double)number);
    cJSON_AddStringToObject(p->reply->output, "Tier", p->tier);
}

void ssm_put_parameter(struct world *world, const struct call *call, struct reply *reply)
{
    static bool (*const checks[])(struct put *) = {
        check_name, check_value,     check_overwrite, check_type,
        check_tier, check_data_type, check_pattern,   make_room,
    };
    struct put p = {.world = world,
                    .call = call,
                    .reply = reply,
                    .store = ssm_parameters(world, call),
                    .name = in_str(call, "Name"),
                    .value = in_str(call, "Value"),
                    .type = in_str(call, "Type"),
                    .tier = in_str(call, "Tier"),
                    .data_type = in_str(call, "DataType")};
    if (!ssm_parameter_is_open(world, call, reply, sv_of(p.name)))
        return;
    p.parameter = parameter_find(p.store, sv_of(p.name));
    p.latest = p.parameter ? parameter_latest(p.parameter) : NULL;
    for (size_t i = 0; i < ARRAY_LEN(checks); i++)
        if (!checks[i](&p))
            return;
    store_version(&p);
}

/* --- deleting ------------------------------------------------------------------------------- */

void ssm_delete_parameter(struct world *world, const struct call *call, struct reply *reply)
{
    struct parameter_store *store = ssm_parameters(world, call);
    struct sv name = sv_of(in_str(call, "Name"));
    if (!ssm_parameter_is_open(world, call, reply, name))
        return;
    if (!parameter_find(store, name))
        reply_error(reply, 0, "ParameterNotFound", "%s", "");
    else
        parameter_remove(store, name);
}

void ssm_delete_parameters(struct world *world, const struct call *call, struct reply *reply)
{
    struct parameter_store *store = ssm_parameters(world, call);
    for (const cJSON *name = in_list(call, "Names"); name; name = name->next)
        if (!ssm_parameter_is_open(world, call, reply, json_string(name)))
            return;
    cJSON *deleted = cJSON_AddArrayToObject(reply->output, "DeletedParameters");
    cJSON *invalid = cJSON_AddArrayToObject(reply->output, "InvalidParameters");
    for (const cJSON *name = in_list(call, "Names"); name; name = name->next) {
        bool found = parameter_find(store, json_string(name)) != NULL;
        if (found)
            parameter_remove(store, json_string(name));
        cJSON_AddItemToArray(found ? deleted : invalid, cJSON_CreateString(name->valuestring));
    }
}

/* --- labels --------------------------------------------------------------------------------- */

static bool is_label(const char *label)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    return !label[strspn(label, allowed)] && !isdigit((unsigned char)*label) &&
           !starts_nocase(label, "aws") && !starts_nocase(label, "ssm");
}

static void take_label(const struct parameter *parameter, const char *label)
{
    const cJSON *version;
    cJSON_ArrayForEach (version, parameter->versions) {
        cJSON *labels = cJSON_GetObjectItemCaseSensitive(version, "Labels");
        for (int i = cJSON_GetArraySize(labels) - 1; i >= 0; i--)
            if (strcmp(cJSON_GetArrayItem(labels, i)->valuestring, label) == 0)
                cJSON_DeleteItemFromArray(labels, i);
    }
}

void ssm_label_parameter_version(struct world *world, const struct call *call, struct reply *reply)
{
    const char *name = in_str(call, "Name");
    const struct parameter *parameter = parameter_find(ssm_parameters(world, call), sv_of(name));
    if (!parameter) {
        reply_error(reply, 0, "ParameterNotFound", "%s", "");
        return;
    }
    int64_t number =
        in_i64(call, "ParameterVersion", json_i64(parameter_latest(parameter), "Version", 0));
    const cJSON *version = parameter_version(parameter, number);
    cJSON *labels = cJSON_GetObjectItemCaseSensitive(version, "Labels");
    if (!version) {
        reply_error(reply, 0, "ParameterVersionNotFound",
                    "Systems Manager could not find version %lld of %s. Verify the version and try "
                    "again.",
                    (long long)number, name);
        return;
    }
    cJSON *invalid = cJSON_CreateArray();
    for (const cJSON *label = in_list(call, "Labels"); label; label = label->next) {
        bool valid = is_label(label->valuestring);
        if (valid)
            take_label(parameter, label->valuestring);
        if (valid && cJSON_GetArraySize(labels) == LABELS_MAX) {
            cJSON_Delete(invalid);
            reply_error(reply, 0, "ParameterVersionLabelLimitExceeded",
                        "A parameter version can have a maximum of 10 labels.");
            return;
        }
        cJSON_AddItemToArray(valid ? labels : invalid, cJSON_CreateString(label->valuestring));
    }
    cJSON_AddItemToObject(reply->output, "InvalidLabels", invalid);
    cJSON_AddNumberToObject(reply->output, "ParameterVersion", (double)number);
}
