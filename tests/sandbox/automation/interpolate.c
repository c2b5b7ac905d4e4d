/* interpolate: {{ variables }} of a document, replaced by what they stand for. */
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "tests/sandbox/automation/engine.h"

/* What a variable may be looked up in. */
struct scope {
    struct world *world;
    const struct automation *automation;
    int64_t at_ms;
    struct buf *why;
};

char *value_text(const cJSON *value)
{
    return cJSON_IsString(value) ? mem_strdup(value->valuestring) : json_print(value);
}

cJSON *value_texts(const cJSON *value)
{
    cJSON *texts = cJSON_CreateArray();
    const cJSON *one = cJSON_IsArray(value) ? value->child : value;
    for (; one; one = cJSON_IsArray(value) ? one->next : NULL) {
        AUTO_FREE char *text = value_text(one);
        cJSON_AddItemToArray(texts, cJSON_CreateString(text));
    }
    return texts;
}

/* --- parameters, typed as the document says ------------------------------------------------- */

static cJSON *typed_text(struct sv type, const char *text)
{
    cJSON *tree = NULL;
    if (sv_eq_cstr(type, "Integer"))
        return cJSON_CreateNumber((double)strtoll(text, NULL, 10));
    if (sv_eq_cstr(type, "Boolean"))
        return cJSON_CreateBool(sv_eq_nocase(sv_of(text), SV("true")));
    if ((sv_eq_cstr(type, "StringMap") || sv_eq_cstr(type, "MapList")) &&
        json_parse(sv_of(text), "parameter", &tree, NULL) == OK)
        return tree;
    return cJSON_CreateString(text);
}

static cJSON *parameter_value(const struct automation *automation, const char *name)
{
    const cJSON *given = json_get(automation->parameters, name), *text;
    struct sv type = json_sv(json_get(json_get(automation->document, "parameters"), name), "type");
    if (!given)
        return NULL;
    if (!sv_eq_cstr(type, "StringList") && !sv_eq_cstr(type, "MapList"))
        return given->child ? typed_text(type, given->child->valuestring) : cJSON_CreateString("");
    cJSON *list = cJSON_CreateArray();
    cJSON_ArrayForEach (text, given)
        cJSON_AddItemToArray(list, typed_text(type, text->valuestring));
    return list;
}

/* --- what AWS gives ----------------------------------------------------------------------------
 */

static cJSON *global_value(const struct scope *scope, struct sv name)
{
    char iso[CLOCK_ISO_SIZE];
    clock_iso8601(scope->at_ms, false, iso);
    if (sv_eq_cstr(name, "DATE_TIME")) {
        iso[10] = '_';
        iso[13] = iso[16] = '.';
        iso[19] = '\0'; /* "2026-03-01_03.00.00" */
        return cJSON_CreateString(iso);
    }
    if (sv_eq_cstr(name, "DATE")) {
        iso[10] = '\0';
        return cJSON_CreateString(iso);
    }
    if (sv_eq_cstr(name, "ACCOUNT_ID"))
        return cJSON_CreateString(cell_account(scope->world, scope->automation->cell)->id);
    if (sv_eq_cstr(name, "REGION"))
        return cJSON_CreateString(cell_region(scope->world, scope->automation->cell));
    return sv_eq_cstr(name, "AWS_PARTITION") ? cJSON_CreateString("aws") : NULL;
}

static cJSON *step_value(const struct automation *automation, struct sv name)
{
    struct sv output = name, step = sv_split(&output, '.');
    for (size_t i = 0; output.ptr && i < automation->n_steps; i++) {
        char key[200];
        if (!sv_eq_cstr(step, automation->steps[i].name))
            continue;
        sv_copy(output, key, sizeof key);
        const cJSON *value = json_get(automation->steps[i].values, key);
        return value ? cJSON_Duplicate(value, true) : NULL;
    }
    return NULL;
}

static cJSON *variable_value(const struct scope *scope, struct sv name)
{
    char key[200];
    if (sv_starts(name, SV("global:")))
        return global_value(scope, (struct sv){name.ptr + 7, name.len - 7});
    if (sv_eq_cstr(name, "automation:EXECUTION_ID"))
        return cJSON_CreateString(scope->automation->id);
    sv_copy(name, key, sizeof key);
    cJSON *value = parameter_value(scope->automation, key);
    return value ? value : step_value(scope->automation, name);
}

/* --- texts and trees ---------------------------------------------------------------------------
 */

/* Cuts the next variable out of *rest: what stands before it goes to before. */
static bool next_variable(struct sv *rest, struct sv *before, struct sv *name)
{
    const char *open = memmem(rest->ptr, rest->len, "{{", 2);
    const char *close = open ? memmem(open, rest->len - (size_t)(open - rest->ptr), "}}", 2) : NULL;
    if (!close)
        return false;
    *before = (struct sv){rest->ptr, (size_t)(open - rest->ptr)};
    *name = sv_trim((struct sv){open + 2, (size_t)(close - open - 2)});
    *rest = (struct sv){close + 2, rest->len - (size_t)(close + 2 - rest->ptr)};
    return true;
}

static cJSON *lookup(const struct scope *scope, struct sv name)
{
    cJSON *value = variable_value(scope, name);
    if (!value)
        buf_addf(scope->why, "Failed to resolve input: {{ " SV_FMT " }} has no value.",
                 SV_ARG(name));
    return value;
}

static cJSON *resolve_text(const struct scope *scope, struct sv text)
{
    AUTO(buf_done) struct buf out = BUF_NONE;
    struct sv rest = text, before, name;
    while (next_variable(&rest, &before, &name)) {
        bool is_all = sv_trim(before).len == 0 && out.len == 0 && sv_trim(rest).len == 0;
        AUTO(json_free_at) cJSON *value = lookup(scope, name);
        if (!value)
            return NULL;
        if (is_all)
            return cJSON_Duplicate(value, true);
        AUTO_FREE char *written = value_text(value);
        buf_add(&out, before);
        buf_add_cstr(&out, written);
    }
    buf_add(&out, rest);
    return cJSON_CreateString(buf_cstr(&out));
}

static cJSON *resolve(const struct scope *scope, const cJSON *tree)
{
    if (cJSON_IsString(tree))
        return resolve_text(scope, json_string(tree));
    if (!cJSON_IsArray(tree) && !cJSON_IsObject(tree))
        return cJSON_Duplicate(tree, true);
    cJSON *made = cJSON_IsArray(tree) ? cJSON_CreateArray() : cJSON_CreateObject();
    const cJSON *item;
    cJSON_ArrayForEach (item, tree) {
        cJSON *value = resolve(scope, item);
        if (!value) {
            cJSON_Delete(made);
            return NULL;
        }
        if (item->string)
            cJSON_AddItemToObject(made, item->string, value);
        else
            cJSON_AddItemToArray(made, value);
    }
    return made;
}

cJSON *interpolate(struct world *world, const struct automation *automation, int64_t at_ms,
                   const cJSON *tree, struct buf *why)
{
    const struct scope scope = {world, automation, at_ms, why};
    return resolve(&scope, tree);
}
