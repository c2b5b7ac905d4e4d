/* ssm_parameter: reading parameters by name, and decrypting what is sealed. */
#include "tests/sandbox/services/ssm_parameter.h"

#include <stdio.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "tests/sandbox/wire/iam.h"
#include "tests/sandbox/world/template.h"

struct parameter_store *ssm_parameters(struct world *world, const struct call *call)
{
    const struct cell *cell = world_cell(world, call->account_id, call->region);
    return parameter_store(world, cell_number(world, cell));
}

struct sv ssm_parameter_name(struct world *world, const struct call *call, const char *text)
{
    char prefix[120];
    struct sv name = sv_of(text);
    (void)world;
    if (!sv_starts(name, SV("arn:")))
        return name;
    snprintf(prefix, sizeof prefix, "arn:aws:ssm:%s:%s:parameter", call->region, call->account_id);
    if (!sv_starts(name, sv_of(prefix)))
        return SV_NONE;
    name = sv_of(text + strlen(prefix));
    struct sv bare = {name.ptr + 1, name.len > 0 ? name.len - 1 : 0};
    bool is_path = memchr(bare.ptr, '/', bare.len) != NULL;
    if (!is_path && !parameter_find(ssm_parameters(world, call), name))
        return bare; /* a name without a slash gets one in its ARN */
    return name;
}

/* --- what is not allowed -------------------------------------------------------------------- */

bool ssm_parameter_is_open(struct world *world, const struct call *call, struct reply *reply,
                           struct sv name)
{
    const struct parameter_store *store = ssm_parameters(world, call);
    if (!*store->closed_path || !parameter_is_below(name, sv_of(store->closed_path)))
        return true;
    reply_error(reply, 0, "AccessDeniedException",
                "User: %s is not authorized to perform: ssm:%s on resource: "
                "arn:aws:ssm:%s:%s:parameter" SV_FMT " with an explicit deny in an identity-based "
                "policy",
                call->caller_arn, call->operation, call->region, call->account_id, SV_ARG(name));
    return false;
}

bool ssm_parameter_take(struct world *world, const struct call *call, struct reply *reply)
{
    if (rate_take(&ssm_parameters(world, call)->reads, world_parameter_reads(world), call->wall_ms))
        return true;
    reply_error(reply, 0, "ThrottlingException", "Rate exceeded");
    return false;
}

/* What KMS says reaches the caller through Systems Manager, with KMS's own code in brackets. */
static void refuse_of_kms(struct reply *reply, const char *code, const char *kms_code,
                          const char *text)
{
    char request_id[37];
    os_uuid4(request_id);
    reply_error(reply, 0, code,
                "%s (Service: AWSKMS; Status Code: 400; Error Code: %s; Request ID: %s; Proxy: "
                "null)",
                text, kms_code, request_id);
}

bool ssm_key_allows(const struct call *call, struct reply *reply, const struct key *key,
                    const char *action)
{
    char text[400];
    const struct principal *who = call->principal;
    bool by_identity = !who || key->managed || iam_decide(who, action, key->arn) == DECISION_ALLOW;
    if (by_identity && !key->restricted)
        return true;
    snprintf(text, sizeof text,
             "User: %s is not authorized to perform: %s on resource: %s because no %s-based policy "
             "allows the %s action",
             call->caller_arn, action, key->arn, by_identity ? "resource" : "identity", action);
    refuse_of_kms(reply, "AccessDeniedException", "AccessDeniedException", text);
    return false;
}

bool ssm_find_key(struct world *world, const struct call *call, struct reply *reply,
                  const char *key_id, struct key *key)
{
    char text[400];
    uint32_t cell = ssm_parameters(world, call)->cell;
    if (!key_find(world, cell, key_id, key)) {
        snprintf(text, sizeof text, "%s %s is not found.",
                 strncmp(key_id, "alias/", 6) == 0 ? "Alias" : "Key", key_id);
        refuse_of_kms(reply, "InvalidKeyId", "NotFoundException", text);
        return false;
    }
    if (key->state == KEY_ENABLED)
        return true;
    bool disabled = key->state == KEY_DISABLED;
    snprintf(text, sizeof text, "%s is %s.", key->arn, disabled ? "disabled" : "pending deletion");
    refuse_of_kms(reply, "InvalidKeyId",
                  disabled ? "DisabledException" : "KMSInvalidStateException", text);
    return false;
}

/* --- values --------------------------------------------------------------------------------- */

static bool is_secure(const cJSON *version)
{
    return sv_eq_cstr(json_sv(version, "Type"), "SecureString");
}

bool ssm_parameter_value(struct world *world, const struct call *call, struct reply *reply,
                         const cJSON *version, bool decrypt, struct buf *value)
{
    struct key key;
    char key_id[KEY_ID_SIZE], arn[PARAMETER_ARN_SIZE];
    struct sv stored = json_sv(version, "Value");
    if (!is_secure(version) || !decrypt) {
        buf_add(value, stored);
        return true;
    }
    parameter_arn(world, ssm_parameters(world, call)->cell, json_sv(version, "Name").ptr, arn);
    if (!key_of_ciphertext(stored, key_id) || !ssm_find_key(world, call, reply, key_id, &key) ||
        !ssm_key_allows(call, reply, &key, "kms:Decrypt"))
        return false;
    if (key_open(world, &key, sv_of(arn), stored, value))
        return true;
    refuse_of_kms(reply, "InvalidKeyId", "InvalidCiphertextException", "null");
    return false;
}

bool ssm_add_parameter(struct world *world, const struct call *call, struct reply *reply,
                       const cJSON *version, const char *selector, cJSON *to)
{
    AUTO(buf_done) struct buf value = BUF_NONE;
    char arn[PARAMETER_ARN_SIZE];
    if (!ssm_parameter_value(world, call, reply, version, in_bool(call, "WithDecryption"), &value))
        return false;
    parameter_arn(world, ssm_parameters(world, call)->cell, json_sv(version, "Name").ptr, arn);
    cJSON *made =
        json_make("{Name:%s,Type:%s,Value:%s,Version:%l,Selector:%s,"
                  "LastModifiedDate:%o,ARN:%s,DataType:%s}",
                  json_sv(version, "Name").ptr, json_sv(version, "Type").ptr, buf_cstr(&value),
                  json_i64(version, "Version", 0), *selector ? selector : NULL,
                  cJSON_Duplicate(json_get(version, "LastModifiedDate"), true), arn,
                  json_sv(version, "DataType").ptr);
    if (cJSON_IsArray(to))
        cJSON_AddItemToArray(to, made);
    else
        cJSON_AddItemToObject(to, "Parameter", made);
    return true;
}

/* --- by name -------------------------------------------------------------------------------- */

static bool has_label(const cJSON *version, struct sv label)
{
    for (const cJSON *has = json_items(version, "Labels"); has; has = has->next)
        if (sv_eq_cstr(label, has->valuestring))
            return true;
    return false;
}

/* A selector is a number of a version or a label; "" selects the latest. */
static const cJSON *select_version(const struct parameter *parameter, struct sv selector)
{
    int64_t number;
    const cJSON *version;
    if (selector.len == 0)
        return parameter_latest(parameter);
    if (sv_to_i64(selector, &number))
        return parameter_version(parameter, number);
    cJSON_ArrayForEach (version, parameter->versions) {
        if (has_label(version, selector))
            return version;
    }
    return NULL;
}

struct selection {
    const struct parameter *parameter;
    const cJSON *version;
    const char *selector; /* with its colon, as replies have it; "" */
    struct sv name;
};

/* Either may be NULL afterwards. */
static void select_parameter(struct world *world, const struct call *call, const char *text,
                             struct selection *selection)
{
    struct sv selector = ssm_parameter_name(world, call, text);
    *selection = (struct selection){.name = sv_split(&selector, ':'), .selector = ""};
    selection->parameter = parameter_find(ssm_parameters(world, call), selection->name);
    if (selector.len > 0)
        selection->selector = selector.ptr - 1;
    if (selection->parameter)
        selection->version = select_version(selection->parameter, selector);
}

void ssm_get_parameter(struct world *world, const struct call *call, struct reply *reply)
{
    struct selection found;
    select_parameter(world, call, in_str(call, "Name"), &found);
    if (!ssm_parameter_take(world, call, reply) ||
        !ssm_parameter_is_open(world, call, reply, found.name))
        return;
    if (!found.parameter)
        reply_error(reply, 0, "ParameterNotFound", "%s", "");
    else if (!found.version)
        reply_error(reply, 0, "ParameterVersionNotFound",
                    "Systems Manager could not find version %s of %s. Verify the version and try "
                    "again.",
                    found.selector + 1, found.parameter->name);
    else
        ssm_add_parameter(world, call, reply, found.version, found.selector, reply->output);
}

/* Are all names different? AWS refuses a name that comes twice. */
static bool are_unique(const cJSON *names, struct reply *reply)
{
    for (; names; names = names->next)
        for (const cJSON *other = names->next; other; other = other->next)
            if (strcmp(names->valuestring, other->valuestring) == 0) {
                reply_error(reply, 0, "ValidationException",
                            "Duplicate parameter name: %s. Remove it and try again.",
                            names->valuestring);
                return false;
            }
    return true;
}

void ssm_get_parameters(struct world *world, const struct call *call, struct reply *reply)
{
    const cJSON *names = in_list(call, "Names");
    if (!are_unique(names, reply) || !ssm_parameter_take(world, call, reply))
        return;
    cJSON *list = cJSON_AddArrayToObject(reply->output, "Parameters");
    cJSON *invalid = cJSON_AddArrayToObject(reply->output, "InvalidParameters");
    for (; names; names = names->next) {
        struct selection found;
        select_parameter(world, call, names->valuestring, &found);
        if (!ssm_parameter_is_open(world, call, reply, found.name))
            return;
        if (!found.version)
            cJSON_AddItemToArray(invalid, cJSON_CreateString(names->valuestring));
        else if (!ssm_add_parameter(world, call, reply, found.version, found.selector, list))
            return;
    }
}

/* --- history -------------------------------------------------------------------------------- */

struct history_page {
    struct world *world;
    const struct call *call;
    struct reply *reply;
    const struct parameter *parameter;
};

static void add_version(void *arg, size_t i, cJSON *list)
{
    const struct history_page *page = arg;
    AUTO(buf_done) struct buf value = BUF_NONE;
    const cJSON *version = cJSON_GetArrayItem(page->parameter->versions, (int)i);
    if (*page->reply->code || !ssm_parameter_value(page->world, page->call, page->reply, version,
                                                   in_bool(page->call, "WithDecryption"), &value))
        return;
    cJSON *shown = cJSON_Duplicate(version, true);
    cJSON_ReplaceItemInObjectCaseSensitive(shown, "Value", cJSON_CreateString(buf_cstr(&value)));
    if (cJSON_GetArraySize(json_get(shown, "Labels")) == 0)
        cJSON_DeleteItemFromObjectCaseSensitive(shown, "Labels");
    cJSON_AddItemToArray(list, shown);
}

void ssm_get_parameter_history(struct world *world, const struct call *call, struct reply *reply)
{
    struct sv name = ssm_parameter_name(world, call, in_str(call, "Name"));
    struct history_page page = {world, call, reply,
                                parameter_find(ssm_parameters(world, call), name)};
    if (!ssm_parameter_take(world, call, reply) || !ssm_parameter_is_open(world, call, reply, name))
        return;
    if (!page.parameter) {
        reply_error(reply, 0, "ParameterNotFound", "%s", "");
        return;
    }
    page_reply(call, reply,
               &(struct page_spec){.list_member = "Parameters",
                                   .n_items = (size_t)cJSON_GetArraySize(page.parameter->versions),
                                   .page_default = 50,
                                   .page_max = 50,
                                   .add_item = add_version,
                                   .arg = &page});
}
