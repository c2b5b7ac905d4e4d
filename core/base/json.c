#include "core/base/json.h"

#include <math.h>
#include <string.h>

#include "core/base/json_scan.h"
#include "core/base/mem.h"

static void *allocate(size_t size_bytes)
{
    return mem_resize(NULL, size_bytes);
}

void json_want_memory(void)
{
    cJSON_InitHooks(&(cJSON_Hooks){.malloc_fn = allocate, .free_fn = mem_free});
}

enum err_code json_parse(struct sv text, const char *where, cJSON **tree, struct err *err)
{
    size_t at;
    const char *fault = json_scan(text, &at);

    *tree = NULL;
    if (fault != NULL)
        return err_set(err, ERR_PARSE, where, "JSON: %s at byte %zu", fault, at);
    *tree = cJSON_ParseWithLength(text.ptr, text.len);
    if (*tree == NULL)
        return err_set(err, ERR_NOMEM, where, "JSON of %zu bytes", text.len);
    return OK;
}

void json_free(cJSON *tree)
{
    cJSON_Delete(tree);
}

void json_free_at(cJSON **tree)
{
    cJSON_Delete(*tree);
}

static const cJSON *find_member(const cJSON *obj, struct sv key)
{
    if (!cJSON_IsObject(obj))
        return NULL;
    for (const cJSON *member = obj->child; member != NULL; member = member->next) {
        if (strncmp(member->string, key.ptr, key.len) == 0 && member->string[key.len] == '\0')
            return cJSON_IsNull(member) ? NULL : member;
    }
    return NULL;
}

const cJSON *json_get(const cJSON *obj, const char *key)
{
    return find_member(obj, sv_of(key));
}

const cJSON *json_path(const cJSON *obj, const char *dotted)
{
    struct sv rest = sv_of(dotted);

    while (obj != NULL && rest.ptr != NULL)
        obj = find_member(obj, sv_split(&rest, '.'));
    return obj;
}

struct sv json_string(const cJSON *item)
{
    return cJSON_IsString(item) ? sv_of(item->valuestring) : SV_NONE;
}

struct sv json_sv(const cJSON *obj, const char *key)
{
    return json_string(json_get(obj, key));
}

bool json_bool(const cJSON *obj, const char *key, bool otherwise)
{
    const cJSON *item = json_get(obj, key);

    if (cJSON_IsBool(item))
        return cJSON_IsTrue(item);
    if (sv_eq(json_string(item), SV("true")))
        return true;
    return sv_eq(json_string(item), SV("false")) ? false : otherwise;
}

bool json_to_i64(const cJSON *item, int64_t *value)
{
    if (!cJSON_IsNumber(item))
        return sv_to_i64(json_string(item), value);
    /* Both bounds are exact as doubles; a cast from beyond them would be undefined. */
    bool is_whole = item->valuedouble >= -0x1p63 && item->valuedouble < 0x1p63 &&
                    item->valuedouble == trunc(item->valuedouble);
    if (is_whole)
        *value = (int64_t)item->valuedouble;
    return is_whole;
}

int64_t json_i64(const cJSON *obj, const char *key, int64_t otherwise)
{
    int64_t value;

    return json_to_i64(json_get(obj, key), &value) ? value : otherwise;
}

double json_double(const cJSON *obj, const char *key, double otherwise)
{
    const cJSON *item = json_get(obj, key);
    return cJSON_IsNumber(item) ? item->valuedouble : otherwise;
}

const cJSON *json_items(const cJSON *obj, const char *key)
{
    const cJSON *array = json_get(obj, key);
    return cJSON_IsArray(array) ? array->child : NULL;
}
