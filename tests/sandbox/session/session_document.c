#include "tests/sandbox/session/session_document.h"

#include <regex.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"

const char session_document_default[] =
    "{\"schemaVersion\":\"1.0\",\"description\":\"Session Manager's preferences\","
    "\"sessionType\":\"Standard_Stream\",\"inputs\":{}}";

/* --- parameters ------------------------------------------------------------------------------- */

/* A pattern that this library cannot read refuses nothing. */
static bool matches(struct sv pattern, const char *text)
{
    regex_t compiled;
    AUTO_FREE char *ere = sv_dup(pattern);
    if (pattern.len == 0 || regcomp(&compiled, ere, REG_EXTENDED | REG_NOSUB) != 0)
        return true;
    bool matched = regexec(&compiled, text, 0, NULL, 0) == 0;
    regfree(&compiled);
    return matched;
}

static bool is_listed(const cJSON *values, const char *text)
{
    for (const cJSON *value = values ? values->child : NULL; value; value = value->next)
        if (sv_eq_cstr(json_string(value), text))
            return true;
    return !values;
}

/* The value of one parameter, as text; NULL, and why, when it has none or must not have it. */
static const char *value_of(const cJSON *definition, const cJSON *given, struct buf *why)
{
    const cJSON *otherwise = json_get(definition, "default");
    struct sv text = json_string(given ? given->child : otherwise);
    if (!given && !text.ptr)
        buf_addf(why, "The parameter %s has to be given.", definition->string);
    else if (given && (!text.ptr || given->child->next))
        buf_addf(why, "The parameter %s takes one value.", definition->string);
    else if (!matches(json_sv(definition, "allowedPattern"), text.ptr) ||
             !is_listed(json_get(definition, "allowedValues"), text.ptr))
        buf_addf(why, "The value of the parameter %s is not allowed by the document.",
                 definition->string);
    return why->len == 0 ? text.ptr : NULL;
}

/* {name: text} of all parameters of the document. */
static cJSON *read_parameters(const cJSON *content, const cJSON *given, struct buf *why)
{
    const cJSON *definitions = json_get(content, "parameters"), *item;
    cJSON *values = cJSON_CreateObject();
    cJSON_ArrayForEach (item, given)
        if (!json_get(definitions, item->string) && why->len == 0)
            buf_addf(why, "The parameter %s is not one of the document's.", item->string);
    cJSON_ArrayForEach (item, definitions) {
        const char *value =
            why->len == 0 ? value_of(item, json_get(given, item->string), why) : NULL;
        if (value)
            cJSON_AddStringToObject(values, item->string, value);
    }
    return values;
}

/* text with {{ name }} replaced by values. */
static void fill_text(struct sv text, const cJSON *values, struct buf *out)
{
    while (text.len > 0) {
        const char *open = memmem(text.ptr, text.len, "{{", 2);
        const char *close =
            open ? memmem(open, text.len - (size_t)(open - text.ptr), "}}", 2) : NULL;
        size_t before = close ? (size_t)(open - text.ptr) : text.len;
        buf_add(out, (struct sv){text.ptr, before});
        if (!close)
            return;
        AUTO_FREE char *name = sv_dup(sv_trim((struct sv){open + 2, (size_t)(close - open - 2)}));
        buf_add(out, json_sv(values, name));
        text = (struct sv){close + 2, text.len - (size_t)(close + 2 - text.ptr)};
    }
}

/* A copy of tree with every text filled in. */
static cJSON *fill(const cJSON *tree, const cJSON *values)
{
    cJSON *copy = cJSON_CreateObject();
    const cJSON *item;
    cJSON_ArrayForEach (item, tree) {
        AUTO(buf_done) struct buf text = BUF_NONE;
        if (cJSON_IsString(item)) {
            fill_text(json_string(item), values, &text);
            cJSON_AddStringToObject(copy, item->string, buf_cstr(&text));
        } else {
            cJSON_AddItemToObject(copy, item->string,
                                  cJSON_IsObject(item) ? fill(item, values)
                                                       : cJSON_Duplicate(item, true));
        }
    }
    return copy;
}

/* --- what is done ----------------------------------------------------------------------------- */

/* What stands under linux, for a node here is one. */
static cJSON *make_command(const cJSON *properties)
{
    static const char *const names[] = {"separateOutputStream", "stdOutSeparatorPrefix",
                                        "stdErrSeparatorPrefix"};
    const cJSON *node = json_get(properties, "linux");
    cJSON *command = cJSON_CreateObject();
    struct sv text = json_sv(node, "commands");
    cJSON_AddStringToObject(command, "command", text.ptr ? text.ptr : "");
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const cJSON *value = json_get(node, names[i]);
        if (value)
            cJSON_AddItemToObject(command, names[i], cJSON_Duplicate(value, true));
    }
    return command;
}

static cJSON *make_shell(const cJSON *content)
{
    cJSON *shell = cJSON_CreateObject();
    struct sv profile = json_string(json_path(content, "inputs.shellProfile.linux"));
    if (profile.len > 0)
        cJSON_AddStringToObject(shell, "profile", profile.ptr);
    return shell;
}

static bool find_type(const cJSON *content, enum session_type *type)
{
    for (size_t i = SESSION_SHELL; i <= SESSION_PORT; i++)
        if (sv_eq_cstr(json_sv(content, "sessionType"), session_type_names[i])) {
            *type = (enum session_type)i;
            return true;
        }
    return false;
}

static cJSON *make_properties(const cJSON *content, enum session_type type, const cJSON *values)
{
    AUTO(json_free_at) cJSON *filled = fill(json_get(content, "properties"), values);
    if (type == SESSION_SHELL)
        return make_shell(content);
    return type == SESSION_PORT ? cJSON_Duplicate(filled, true) : make_command(filled);
}

/* --- how it is kept --------------------------------------------------------------------------- */

static void read_inputs(const cJSON *inputs, struct session_shape *shape)
{
    sv_copy(json_sv(inputs, "kmsKeyId"), shape->kms_key_id, sizeof shape->kms_key_id);
    sv_copy(json_sv(inputs, "s3BucketName"), shape->bucket, sizeof shape->bucket);
    sv_copy(json_sv(inputs, "s3KeyPrefix"), shape->prefix, sizeof shape->prefix);
    sv_copy(json_sv(inputs, "cloudWatchLogGroupName"), shape->log_group, sizeof shape->log_group);
    shape->log_is_encrypted = json_bool(inputs, "cloudWatchEncryptionEnabled", false);
    shape->log_is_streamed = json_bool(inputs, "cloudWatchStreamingEnabled", false);
    shape->runs_as = json_bool(inputs, "runAsEnabled", false);
    sv_copy(json_sv(inputs, "runAsDefaultUser"), shape->run_as, sizeof shape->run_as);
    shape->idle_min = json_i64(inputs, "idleSessionTimeout", 0);
    shape->max_min = json_i64(inputs, "maxSessionDuration", 0);
}

bool session_document_read(const cJSON *content, const cJSON *parameters,
                           struct session_shape *shape, struct buf *why)
{
    *shape = (struct session_shape){0};
    if (!find_type(content, &shape->type)) {
        buf_add_cstr(why, "The document is not one of sessions.");
        return false;
    }
    AUTO(json_free_at) cJSON *values = read_parameters(content, parameters, why);
    if (why->len > 0)
        return false;
    shape->properties = make_properties(content, shape->type, values);
    read_inputs(json_get(content, "inputs"), shape);
    return true;
}

void session_document_prefer(const cJSON *content, const cJSON *preferences,
                             struct session_shape *shape)
{
    if (!json_get(content, "inputs"))
        read_inputs(json_get(preferences, "inputs"), shape);
}

void session_shape_done(struct session_shape *shape)
{
    json_free(shape->properties);
    shape->properties = NULL;
}
