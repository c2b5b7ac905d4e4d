#include "core/gov/systems_manager/parameter.h"

#include <stdio.h>
#include <string.h>

#include "core/base/json_pick.h"
#include "core/base/json_raw.h"
#include "core/base/mem.h"
#include "core/gov/load/reply.h"

const char *const parameter_side_words[PARAMETER_SIDES] = {
    [PARAMETER_APPROVED] = "approved", [PARAMETER_CURRENT] = "current"};

/* --- names ----------------------------------------------------------------------------------- */

static bool parse_side(struct sv word, enum parameter_side *side)
{
    for (int i = 0; i < PARAMETER_SIDES; i++)
        if (sv_eq_cstr(word, parameter_side_words[i])) {
            *side = (enum parameter_side)i;
            return true;
        }
    return false;
}

/* The first level below the application's name that is a side's word. */
bool parameter_name_parse(struct sv name, struct parameter_name *parts)
{
    if (!sv_starts(name, SV("/")))
        return false;
    struct sv rest = {name.ptr + 1, name.len - 1};
    for (bool first = true; rest.ptr; first = false) {
        struct sv level = sv_split(&rest, '/');
        if (first || rest.len == 0 || !parse_side(level, &parts->side))
            continue;
        const char *begin = name.ptr + 1;
        parts->application = (struct sv){begin, (size_t)(level.ptr - 1 - begin)};
        parts->key = rest;
        return true;
    }
    return false;
}

bool parameter_name_make(struct sv application, enum parameter_side side, struct sv key,
                         char name[PARAMETER_NAME_SIZE])
{
    int len = snprintf(name, PARAMETER_NAME_SIZE, "/" SV_FMT "/%s%s" SV_FMT, SV_ARG(application),
                       parameter_side_words[side], key.len > 0 ? "/" : "", SV_ARG(key));
    return len > 0 && len < PARAMETER_NAME_SIZE;
}

/* --- facts ----------------------------------------------------------------------------------- */

void parameter_facts_read(const cJSON *item, struct parameter_facts *facts)
{
    *facts = (struct parameter_facts){
        .name = sv_dup(json_sv(item, "Name")),
        .type = sv_dup(json_sv(item, "Type")),
        .key_id = sv_dup(json_sv(item, "KeyId")),
        .tier = sv_dup(json_sv(item, "Tier")),
        .data_type = sv_dup(json_sv(item, "DataType")),
        .modified_by = sv_dup(json_sv(item, "LastModifiedUser")),
        .version = json_i64(item, "Version", 0),
    };
    if (!reply_time(item, "LastModifiedDate", &facts->modified_at_ms))
        facts->modified_at_ms = 0;
}

void parameter_facts_done(struct parameter_facts *facts)
{
    char *const texts[] = {facts->name, facts->type,      facts->key_id,
                           facts->tier, facts->data_type, facts->modified_by};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        mem_free(texts[i]);
    *facts = (struct parameter_facts){0};
}

bool parameter_facts_differ(const struct parameter_facts *approved,
                            const struct parameter_facts *current, struct buf *text)
{
    const struct {
        const char *what, *approved, *current;
    } rows[] = {
        {"type", approved->type, current->type},
        {"key", approved->key_id, current->key_id},
        {"tier", approved->tier, current->tier},
        {"data type", approved->data_type, current->data_type},
    };
    size_t before = text->len;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (strcmp(rows[i].approved, rows[i].current) != 0)
            buf_addf(text, "%s%s %s, approved %s", text->len > before ? "; " : "", rows[i].what,
                     *rows[i].current ? rows[i].current : "none",
                     *rows[i].approved ? rows[i].approved : "none");
    return text->len > before;
}

/* --- what nobody is to see ------------------------------------------------------------------- */

bool parameter_is_secure(struct sv type)
{
    return sv_eq_cstr(type, "SecureString");
}

static bool is_telling(struct sv word)
{
    static const char *const words[] = {"password", "passwd",      "passphrase", "pwd",
                                        "secret",   "secrets",     "token",      "tokens",
                                        "key",      "apikey",      "private",    "credential",
                                        "auth",     "credentials", "cert",       "dsn"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (sv_eq_nocase(word, sv_of(words[i])))
            return true;
    return false;
}

bool parameter_is_sensitive(struct sv type, struct sv key)
{
    size_t begin = 0;
    if (parameter_is_secure(type))
        return true;
    for (size_t i = 0; i <= key.len; i++) {
        if (i < key.len && !strchr("/_-.", key.ptr[i]))
            continue;
        if (is_telling((struct sv){key.ptr + begin, i - begin}))
            return true;
        begin = i + 1;
    }
    return false;
}

/* --- values ---------------------------------------------------------------------------------- */

struct secret *parameter_value_of(struct sv body)
{
    if (json_pick_check(body, "ssm:GetParameter", NULL) != OK)
        return NULL;
    return json_pick_secret(json_pick(json_pick(body, "Parameter"), "Value"));
}

struct secret *parameter_value_named(struct sv body, const char *name)
{
    char found[PARAMETER_NAME_SIZE];
    struct sv key, item;
    if (json_pick_check(body, "ssm:GetParameters", NULL) != OK)
        return NULL;
    struct json_raw walk = json_raw_open(json_pick(body, "Parameters"));
    while (json_raw_next(&walk, &key, &item))
        if (json_pick_text(json_pick(item, "Name"), found, sizeof found) &&
            strcmp(found, name) == 0)
            return json_pick_secret(json_pick(item, "Value"));
    return NULL;
}

cJSON *parameter_get_params(const char *name, int64_t version)
{
    AUTO(buf_done) struct buf selected = BUF_NONE;
    cJSON *params = cJSON_CreateObject();
    buf_add_cstr(&selected, name);
    if (version > 0)
        buf_addf(&selected, ":%lld", (long long)version);
    cJSON_AddStringToObject(params, "Name", buf_cstr(&selected));
    cJSON_AddTrueToObject(params, "WithDecryption");
    return params;
}

cJSON *parameter_below_params(struct sv path)
{
    AUTO_FREE char *text = sv_dup(path);
    cJSON *params = cJSON_CreateObject(), *filter = cJSON_CreateObject();
    cJSON_AddItemToArray(cJSON_AddArrayToObject(params, "ParameterFilters"), filter);
    cJSON_AddStringToObject(filter, "Key", "Path");
    cJSON_AddStringToObject(filter, "Option", "Recursive");
    cJSON_AddItemToObject(filter, "Values", reply_list_of(text));
    return params;
}
