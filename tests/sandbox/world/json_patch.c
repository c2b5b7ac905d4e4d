#include "tests/sandbox/world/json_patch.h"

#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"

#define TOKEN_SIZE 512

bool json_pointer_token(struct sv *pointer, char *token, size_t size)
{
    size_t n = 0;
    if (pointer->len == 0 || pointer->ptr[0] != '/')
        return false;
    pointer->ptr++;
    pointer->len--;
    while (pointer->len && pointer->ptr[0] != '/') {
        char c = pointer->ptr[0];
        bool escape =
            c == '~' && pointer->len > 1 && (pointer->ptr[1] == '0' || pointer->ptr[1] == '1');
        if (escape)
            c = pointer->ptr[1] == '0' ? '~' : '/';
        if (n + 1 >= size)
            return false;
        token[n++] = c;
        pointer->ptr += 1 + escape;
        pointer->len -= 1 + (size_t)escape;
    }
    token[n] = '\0';
    return true;
}

/* --- places --------------------------------------------------------------------------------- */

/* A member of an object or an element of an array; parent NULL is the whole tree. */
struct place {
    cJSON *parent;
    char key[TOKEN_SIZE];
    int index;    /* in an array; its length is the place behind the last */
    cJSON *value; /* NULL when nothing is there yet */
};

static bool parse_index(const char *token, int length, int *index)
{
    int64_t number;
    if (strcmp(token, "-") == 0) {
        *index = length;
        return true;
    }
    if ((token[0] == '0' && token[1]) || !sv_to_i64(sv_of(token), &number) || number < 0 ||
        number > length || strpbrk(token, "+-"))
        return false;
    *index = (int)number;
    return true;
}

static bool enter(cJSON *parent, const char *token, struct place *place)
{
    place->parent = parent;
    str_copy(place->key, token);
    if (cJSON_IsObject(parent)) {
        place->value = cJSON_GetObjectItemCaseSensitive(parent, token);
        return true;
    }
    if (!cJSON_IsArray(parent) || !parse_index(token, cJSON_GetArraySize(parent), &place->index))
        return false;
    place->value = cJSON_GetArrayItem(parent, place->index);
    return true;
}

/* Everything but the last step must be there. */
static bool find(cJSON *tree, struct sv pointer, struct place *place)
{
    char token[TOKEN_SIZE];
    *place = (struct place){.value = tree};
    while (pointer.len) {
        if (!place->value || !json_pointer_token(&pointer, token, sizeof token) ||
            !enter(place->value, token, place))
            return false;
    }
    return true;
}

/* cJSON_InsertItemInArray of Debian 12 refuses any place but the ends. */
static void insert(cJSON *array, int index, cJSON *take_value)
{
    cJSON *tail = cJSON_CreateArray(), *item;
    while ((item = cJSON_DetachItemFromArray(array, index)) != NULL)
        cJSON_AddItemToArray(tail, item);
    cJSON_AddItemToArray(array, take_value);
    while ((item = cJSON_DetachItemFromArray(tail, 0)) != NULL)
        cJSON_AddItemToArray(array, item);
    cJSON_Delete(tail);
}

static void put(cJSON **tree, struct place *place, cJSON *take_value)
{
    if (!place->parent) {
        cJSON_Delete(*tree);
        *tree = take_value;
    } else if (cJSON_IsArray(place->parent)) {
        insert(place->parent, place->index, take_value);
    } else {
        cJSON_DeleteItemFromObjectCaseSensitive(place->parent, place->key);
        cJSON_AddItemToObject(place->parent, place->key, take_value);
    }
}

/* --- operations ----------------------------------------------------------------------------- */

struct operation {
    const cJSON *json;
    const char *name;
    struct sv path;
    struct err *err;
};

static enum err_code absent(const struct operation *op, struct sv pointer)
{
    return err_set(op->err, ERR_NOT_FOUND, op->name, "nothing at " SV_FMT, SV_ARG(pointer));
}

static enum err_code malformed(const struct operation *op, const char *what)
{
    return err_set(op->err, ERR_PARSE, op->name, "%s", what);
}

static enum err_code add_value(cJSON **tree, const struct operation *op, cJSON *take_value)
{
    struct place place;
    if (!find(*tree, op->path, &place)) {
        cJSON_Delete(take_value);
        return absent(op, op->path);
    }
    put(tree, &place, take_value);
    return OK;
}

static enum err_code do_add(cJSON **tree, const struct operation *op)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(op->json, "value");
    if (!value)
        return malformed(op, "an operation without a value");
    return add_value(tree, op, cJSON_Duplicate(value, true));
}

static enum err_code do_remove(cJSON **tree, const struct operation *op)
{
    struct place place;
    if (!find(*tree, op->path, &place) || !place.value || !place.parent)
        return absent(op, op->path);
    cJSON_Delete(cJSON_DetachItemViaPointer(place.parent, place.value));
    return OK;
}

static enum err_code do_replace(cJSON **tree, const struct operation *op)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(op->json, "value");
    struct place place;
    if (!value)
        return malformed(op, "an operation without a value");
    if (!find(*tree, op->path, &place) || !place.value)
        return absent(op, op->path);
    if (place.parent)
        cJSON_Delete(cJSON_DetachItemViaPointer(place.parent, place.value));
    put(tree, &place, cJSON_Duplicate(value, true));
    return OK;
}

static bool read_from(const struct operation *op, struct sv *from)
{
    *from = json_sv(op->json, "from");
    return cJSON_IsString(json_get(op->json, "from"));
}

static enum err_code do_copy(cJSON **tree, const struct operation *op)
{
    struct sv from;
    struct place place;
    if (!read_from(op, &from))
        return malformed(op, "an operation without from");
    if (!find(*tree, from, &place) || !place.value)
        return absent(op, from);
    return add_value(tree, op, cJSON_Duplicate(place.value, true));
}

static enum err_code do_move(cJSON **tree, const struct operation *op)
{
    struct sv from;
    struct place place;
    if (!read_from(op, &from))
        return malformed(op, "an operation without from");
    if (!find(*tree, from, &place) || !place.value || !place.parent)
        return absent(op, from);
    bool inside =
        sv_starts(op->path, from) && op->path.len > from.len && op->path.ptr[from.len] == '/';
    if (inside)
        return malformed(op, "a value cannot be moved into itself");
    return add_value(tree, op, cJSON_DetachItemViaPointer(place.parent, place.value));
}

static enum err_code do_test(cJSON **tree, const struct operation *op)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(op->json, "value");
    struct place place;
    if (!value)
        return malformed(op, "an operation without a value");
    if (!find(*tree, op->path, &place) || !place.value)
        return absent(op, op->path);
    if (!cJSON_Compare(place.value, value, true))
        return err_set(op->err, ERR_REFUSED, op->name, "another value at " SV_FMT,
                       SV_ARG(op->path));
    return OK;
}

static enum err_code apply_one(cJSON **tree, const cJSON *json, struct err *err)
{
    static const struct {
        const char *name;
        enum err_code (*apply)(cJSON **tree, const struct operation *op);
    } operations[] = {{"add", do_add},   {"remove", do_remove}, {"replace", do_replace},
                      {"move", do_move}, {"copy", do_copy},     {"test", do_test}};
    const cJSON *path = json_get(json, "path");
    struct sv name = json_sv(json, "op");
    if (!cJSON_IsString(path))
        return err_set(err, ERR_PARSE, "patch", "an operation without a path");
    for (size_t i = 0; i < ARRAY_LEN(operations); i++)
        if (sv_eq_cstr(name, operations[i].name))
            return operations[i].apply(
                tree, &(struct operation){json, operations[i].name, json_string(path), err});
    return err_set(err, ERR_PARSE, "patch", "unknown operation '" SV_FMT "'", SV_ARG(name));
}

enum err_code json_patch_apply(cJSON **tree, const cJSON *patch, struct err *err)
{
    const cJSON *operation;
    if (!cJSON_IsArray(patch))
        return err_set(err, ERR_PARSE, "patch", "not an array of operations");
    cJSON_ArrayForEach (operation, patch) {
        enum err_code code = apply_one(tree, operation, err);
        if (code)
            return code;
    }
    return OK;
}
