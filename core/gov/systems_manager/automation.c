#include "core/gov/systems_manager/automation.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/change/plan_json.h"
#include "core/gov/load/reply.h"

#define APPROVE_TIMEOUT_S INT64_C(604800) /* of aws:approve, when its step names none */

struct sv automation_parameter(const cJSON *execution, const char *name)
{
    return json_string(json_items(json_get(execution, "Parameters"), name));
}

const cJSON *automation_waiting_step(const cJSON *execution)
{
    for (const cJSON *step = json_items(execution, "StepExecutions"); step; step = step->next)
        if (sv_eq_cstr(json_sv(step, "Action"), "aws:approve") &&
            sv_eq_cstr(json_sv(step, "StepStatus"), "Waiting"))
            return step;
    return NULL;
}

char *automation_input(const cJSON *step, const char *name)
{
    AUTO(json_free_at) cJSON *parsed = NULL;
    struct sv text = json_sv(json_get(step, "Inputs"), name);
    if (sv_starts(text, SV("\"")) && json_parse(text, name, &parsed, NULL) == OK &&
        cJSON_IsString(parsed))
        return mem_strdup(parsed->valuestring);
    return text.len > 0 ? sv_dup(text) : mem_strdup("");
}

int64_t automation_deadline(const cJSON *step)
{
    int64_t since_ms;
    return reply_time(step, "ExecutionStartTime", &since_ms)
               ? since_ms + json_i64(step, "TimeoutSeconds", APPROVE_TIMEOUT_S) * 1000
               : 0;
}

bool automation_has_ended(const cJSON *execution)
{
    return !sv_has_word(
        SV("Pending InProgress Waiting Cancelling PendingApproval RunbookInProgress"),
        json_sv(execution, "AutomationExecutionStatus"));
}

bool automation_rule(const cJSON *execution, char group_id[32], char rule_id[32])
{
    const cJSON *parameter;
    group_id[0] = rule_id[0] = '\0';
    cJSON_ArrayForEach (parameter, json_get(execution, "Parameters")) {
        struct sv value = json_string(parameter->child);
        if (sv_starts(value, SV("sgr-")) && value.len < 32)
            sv_copy(value, rule_id, 32);
        else if (sv_starts(value, SV("sg-")) && value.len < 32)
            sv_copy(value, group_id, 32);
    }
    return group_id[0] && rule_id[0];
}

static bool is_word_of(struct sv word, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (sv_eq_nocase(word, sv_of(words[i])))
            return true;
    return false;
}

/* Whether a word begins at i: at a mark, and at a capital letter, but for those within "KMS". */
static bool begins_word(struct sv name, size_t i)
{
    const char *at = name.ptr + i;
    if (!isalnum((unsigned char)at[0]) || !isalnum((unsigned char)at[-1]))
        return true;
    return isupper((unsigned char)at[0]) &&
           (!isupper((unsigned char)at[-1]) || (i + 1 < name.len && islower((unsigned char)at[1])));
}

/* The length of the word that name begins with: "Master", "user", "KMS"; a mark is one too. */
static size_t word_length(struct sv name)
{
    size_t n = 1;
    while (n < name.len && !begins_word(name, n))
        n++;
    return n;
}

bool automation_is_secret(struct sv name)
{
    static const char *const telling[] = {"apikey", "credential", "credentials", "passphrase",
                                          "passwd", "password",   "private",     "pwd",
                                          "secret", "secrets",    "token",       "tokens"};
    static const char *const naming[] = {"arn", "id", "ids", "name", "path", "prefix"};
    struct sv word = SV_NONE;
    bool found = false;
    for (size_t at = 0, n; at < name.len; at += n) {
        struct sv rest = {name.ptr + at, name.len - at};
        n = word_length(rest);
        word = (struct sv){rest.ptr, n};
        found |= is_word_of(word, telling, ARRAY_LEN(telling));
    }
    return found && !is_word_of(word, naming, ARRAY_LEN(naming));
}

struct sv automation_person(struct sv arn)
{
    while (arn.len > 0 && memchr(arn.ptr, '/', arn.len))
        sv_split(&arn, '/');
    return arn;
}

enum err_code automation_content_hash(struct sv content, char hash[SHA256_HEX_SIZE],
                                      struct err *err)
{
    AUTO(json_free_at) cJSON *json = NULL;
    AUTO(buf_done) struct buf text = BUF_NONE;
    hash[0] = '\0';
    if (json_parse(content, "document", &json, err) != OK)
        return err ? err->code : ERR_PARSE;
    json_canonical(&text, json);
    sha256_hex(buf_sv(&text), hash);
    return OK;
}

void automation_token(struct sv made_of, char token[37])
{
    char hash[SHA256_HEX_SIZE];
    sha256_hex(made_of, hash);
    hash[12] = '5'; /* made of a name */
    hash[16] = '8';
    snprintf(token, 37, "%.8s-%.4s-%.4s-%.4s-%.12s", hash, hash + 8, hash + 12, hash + 16,
             hash + 20);
}

/* --- requests -------------------------------------------------------------------------------- */

cJSON *automation_get_params(const char *execution_id)
{
    cJSON *params = cJSON_CreateObject();
    cJSON_AddStringToObject(params, "AutomationExecutionId", execution_id);
    return params;
}

cJSON *automation_document_params(const char *document, const char *version)
{
    cJSON *params = cJSON_CreateObject();
    cJSON_AddStringToObject(params, "Name", document);
    cJSON_AddStringToObject(params, "DocumentFormat", "JSON");
    if (version[0])
        cJSON_AddStringToObject(params, "DocumentVersion", version);
    return params;
}

static void add_filter(cJSON *filters, const char *key, const char *value)
{
    cJSON *filter = cJSON_CreateObject();
    cJSON_AddStringToObject(filter, "Key", key);
    cJSON_AddItemToObject(filter, "Values", reply_list_of(value));
    cJSON_AddItemToArray(filters, filter);
}

cJSON *automation_list_params(const char *document, int64_t after_ms)
{
    cJSON *params = cJSON_CreateObject(), *filters = cJSON_AddArrayToObject(params, "Filters");
    char after[CLOCK_ISO_SIZE];
    add_filter(filters, "DocumentNamePrefix", document);
    clock_iso8601(after_ms, false, after);
    if (after_ms > 0)
        add_filter(filters, "StartTimeAfter", after);
    return params;
}
