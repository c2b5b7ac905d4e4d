/* document_check: what AWS refuses in the content of a document. */
#include <string.h>

#include "tests/sandbox/automation/engine.h"

static const struct {
    const char *type, *schemas; /* apart by blanks */
} types[] = {
    {"Automation", "0.3"},
    {"Command", "1.2 2.0 2.2"},
    {"Session", "1.0"},
    {"Policy", "2.0"},
};

static const char *const parameter_types[] = {"String",  "StringList", "Boolean",
                                              "Integer", "MapList",    "StringMap"};

/* Is text one of a list of words apart by blanks? */
static bool is_word_of(const char *words, struct sv text)
{
    struct sv rest = sv_of(words);
    while (rest.ptr)
        if (sv_eq(sv_split(&rest, ' '), text) && text.len > 0)
            return true;
    return false;
}

/* Types of AWS beside the four above are not in this table: their content is only JSON here. */
static bool check_schema(const char *type, const cJSON *content, struct buf *why)
{
    struct sv schema = json_sv(content, "schemaVersion");
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        if (strcmp(type, types[i].type) != 0 || is_word_of(types[i].schemas, schema))
            continue;
        buf_addf(why, "schemaVersion '" SV_FMT "' is not supported for documents of type %s.",
                 SV_ARG(schema), type);
        return false;
    }
    return true;
}

/* A member that is there has that type: cJSON_... */
static bool check_member(const cJSON *object, const char *name, int type, struct buf *why)
{
    const cJSON *member = json_get(object, name);
    if (!member || (member->type & 0xff) == type)
        return true;
    buf_addf(why, "%s has a value of a wrong type.", name);
    return false;
}

static bool check_parameters(const cJSON *content, struct buf *why)
{
    const cJSON *parameter;
    if (!check_member(content, "parameters", cJSON_Object, why))
        return false;
    cJSON_ArrayForEach (parameter, json_get(content, "parameters")) {
        struct sv type = json_sv(parameter, "type");
        bool known = sv_starts(type, SV("AWS::")) || sv_starts(type, SV("List<AWS::"));
        for (size_t i = 0; i < ARRAY_LEN(parameter_types); i++)
            known |= sv_eq_cstr(type, parameter_types[i]);
        if (known)
            continue;
        buf_addf(why, "Parameter %s has the type '" SV_FMT "', which is not supported.",
                 parameter->string, SV_ARG(type));
        return false;
    }
    return true;
}

/* --- steps --------------------------------------------------------------------------------------
 */

static bool is_step(const cJSON *steps, struct sv name)
{
    const cJSON *step;
    cJSON_ArrayForEach (step, steps) {
        if (sv_eq(json_sv(step, "name"), name))
            return true;
    }
    return false;
}

/* What documents may leave out, but not write as something else. */
static bool check_shape(const cJSON *step, struct buf *why)
{
    static const struct {
        const char *name;
        int type;
    } members[] = {
        {"inputs", cJSON_Object},         {"outputs", cJSON_Array},
        {"nextStep", cJSON_String},       {"onFailure", cJSON_String},
        {"timeoutSeconds", cJSON_Number}, {"maxAttempts", cJSON_Number},
    };
    const cJSON *output;
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        if (!check_member(step, members[i].name, members[i].type, why))
            return false;
    cJSON_ArrayForEach (output, json_get(step, "outputs")) {
        if (json_sv(output, "Name").len > 0 && json_sv(output, "Selector").len > 0 &&
            json_sv(output, "Type").len > 0)
            continue;
        buf_add_cstr(why, "An output needs Name, Selector and Type.");
        return false;
    }
    return true;
}

static bool check_name(const cJSON *steps, const cJSON *step, struct buf *why)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    struct sv name = json_sv(step, "name");
    if (name.len < 3 || name.len > 128 || strspn(name.ptr, letters) != name.len) {
        buf_addf(why, "Step name '" SV_FMT "' is not 3 to 128 letters, digits and '_'.",
                 SV_ARG(name));
        return false;
    }
    for (const cJSON *other = steps->child; other != step; other = other->next)
        if (sv_eq(json_sv(other, "name"), name)) {
            buf_addf(why, "Step name " SV_FMT " is used twice.", SV_ARG(name));
            return false;
        }
    return true;
}

static bool check_action(const cJSON *step, struct buf *why)
{
    struct sv name = json_sv(step, "action");
    const struct action *action = action_find(name);
    const cJSON *inputs = json_get(step, "inputs");
    struct sv needs = action ? sv_of(action->needs) : SV_NONE;
    if (!action_is_known(name)) {
        buf_addf(why, "Step " SV_FMT " has the action '" SV_FMT "', which is not supported.",
                 SV_ARG(json_sv(step, "name")), SV_ARG(name));
        return false;
    }
    while (needs.len > 0) {
        char input[64];
        sv_copy(sv_split(&needs, ' '), input, sizeof input);
        if (json_get(inputs, input))
            continue;
        buf_addf(why, "Step " SV_FMT " lacks the input %s, which " SV_FMT " requires.",
                 SV_ARG(json_sv(step, "name")), input, SV_ARG(name));
        return false;
    }
    int64_t timeout_s = json_i64(step, "timeoutSeconds", 1);
    if (!action ||
        (timeout_s > 0 && (!action->timeout_max_s || timeout_s <= action->timeout_max_s)))
        return true;
    buf_addf(why, "Step " SV_FMT " has a timeoutSeconds out of range.",
             SV_ARG(json_sv(step, "name")));
    return false;
}

/* nextStep, onFailure and the choices of a branch lead to steps that are there. */
static bool check_ways(const cJSON *steps, const cJSON *step, struct buf *why)
{
    struct sv ways[2] = {json_sv(step, "nextStep"), json_sv(step, "onFailure")};
    const cJSON *inputs = json_get(step, "inputs"), *choice;
    struct sv wrong = SV_NONE;
    if (sv_starts(ways[1], SV("step:")))
        ways[1] = (struct sv){ways[1].ptr + 5, ways[1].len - 5};
    else if (ways[1].ptr && !is_word_of("Abort Continue", ways[1]))
        wrong = ways[1];
    else
        ways[1] = SV_NONE;
    for (size_t i = 0; i < ARRAY_LEN(ways); i++)
        if (ways[i].ptr && !is_step(steps, ways[i]))
            wrong = ways[i];
    cJSON_ArrayForEach (choice, json_get(inputs, "Choices")) {
        struct sv next = json_sv(choice, "NextStep");
        if (!is_step(steps, next))
            wrong = next.ptr ? next : SV("");
    }
    if (!wrong.ptr)
        return true;
    buf_addf(why, "Step " SV_FMT " leads to '" SV_FMT "', which is not a step.",
             SV_ARG(json_sv(step, "name")), SV_ARG(wrong));
    return false;
}

static bool check_automation(const cJSON *content, struct buf *why)
{
    const cJSON *steps = json_get(content, "mainSteps"), *step;
    if (!cJSON_IsArray(steps) || !steps->child) {
        buf_add_cstr(why, "mainSteps must have at least one step.");
        return false;
    }
    cJSON_ArrayForEach (step, steps) {
        if (!check_shape(step, why) || !check_name(steps, step, why) || !check_action(step, why) ||
            !check_ways(steps, step, why))
            return false;
    }
    return check_parameters(content, why);
}

/* --- sessions -----------------------------------------------------------------------------------
 */

/* The inputs of documents of type Session, and what their values are; those with a range are
 * minutes in a text. */
static const struct {
    const char *name;
    int type;
    int64_t max;
} inputs[] = {
    {"s3BucketName", cJSON_String, 0},
    {"s3KeyPrefix", cJSON_String, 0},
    {"s3EncryptionEnabled", cJSON_True, 0},
    {"cloudWatchLogGroupName", cJSON_String, 0},
    {"cloudWatchEncryptionEnabled", cJSON_True, 0},
    {"cloudWatchStreamingEnabled", cJSON_True, 0},
    {"kmsKeyId", cJSON_String, 0},
    {"runAsEnabled", cJSON_True, 0},
    {"runAsDefaultUser", cJSON_String, 0},
    {"idleSessionTimeout", cJSON_String, 60},
    {"maxSessionDuration", cJSON_String, 1440},
    {"shellProfile", cJSON_Object, 0},
};

static bool fits_input(size_t i, const cJSON *value)
{
    int64_t minutes;
    if (inputs[i].type == cJSON_True)
        return cJSON_IsBool(value);
    if ((value->type & 0xff) != inputs[i].type)
        return false;
    if (inputs[i].max == 0 || value->valuestring[0] == '\0')
        return true;
    return sv_to_i64(json_string(value), &minutes) && minutes >= 1 && minutes <= inputs[i].max;
}

static bool check_input(const cJSON *input, struct buf *why)
{
    for (size_t i = 0; i < ARRAY_LEN(inputs); i++) {
        if (strcmp(input->string, inputs[i].name) != 0)
            continue;
        if (fits_input(i, input))
            return true;
        buf_addf(why, "The input %s has a value that is not valid.", input->string);
        return false;
    }
    buf_addf(why, "The input %.80s is not supported for documents of type Session.", input->string);
    return false;
}

static bool check_profile(const cJSON *profile, struct buf *why)
{
    const cJSON *line;
    cJSON_ArrayForEach (line, profile) {
        if (is_word_of("linux windows", sv_of(line->string)) && cJSON_IsString(line))
            continue;
        buf_addf(why, "shellProfile takes a text for linux and one for windows, not %.80s.",
                 line->string);
        return false;
    }
    return true;
}

static bool check_session(const cJSON *content, struct buf *why)
{
    const cJSON *given = json_get(content, "inputs"), *input;
    struct sv type = json_sv(content, "sessionType");
    if (!is_word_of("Standard_Stream InteractiveCommands NonInteractiveCommands Port", type)) {
        buf_addf(why, "sessionType '" SV_FMT "' is not supported.", SV_ARG(type));
        return false;
    }
    if (!check_member(content, "inputs", cJSON_Object, why))
        return false;
    if (!given && sv_eq_cstr(type, "Standard_Stream")) {
        buf_add_cstr(why, "A document of Standard_Stream sessions needs inputs.");
        return false;
    }
    cJSON_ArrayForEach (input, given) {
        if (!check_input(input, why))
            return false;
    }
    return check_profile(json_get(given, "shellProfile"), why) && check_parameters(content, why);
}

bool document_check(const char *type, const char *content, struct buf *why)
{
    AUTO(json_free_at) cJSON *tree = NULL;
    struct err err = ERR_NONE;
    if (json_parse(sv_of(content), "content", &tree, &err) || !cJSON_IsObject(tree)) {
        buf_addf(why, "JSON not well-formed: %s", err.message);
        return false;
    }
    if (!check_schema(type, tree, why))
        return false;
    if (strcmp(type, "Session") == 0)
        return check_session(tree, why);
    return strcmp(type, "Automation") != 0 || check_automation(tree, why);
}
