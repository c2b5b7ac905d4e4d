/* Reads the models. The texts stay in memory as trees, and every name points into them. */
#include "tests/sandbox/wire/api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/map.h"
#include "core/base/mem.h"
#include "core/base/vec.h"
#include "tests/sandbox/wire/api_data.h"

/* What one service needs while it is read and looked up. */
struct loaded {
    struct service service;
    cJSON *tree;
    struct map shapes, operations, errors;
};

static struct {
    struct loaded *services;
    size_t n_services;
    struct arena arena;
} api;

static const char *text_at(const cJSON *obj, const char *key)
{
    const cJSON *item = json_get(obj, key);
    return cJSON_IsString(item) ? item->valuestring : "";
}

static enum shape_type type_of(const char *name)
{
    static const struct {
        const char *name;
        enum shape_type type;
    } types[] = {
        {"structure", SHAPE_STRUCTURE}, {"list", SHAPE_LIST},           {"map", SHAPE_MAP},
        {"string", SHAPE_STRING},       {"blob", SHAPE_BLOB},           {"boolean", SHAPE_BOOLEAN},
        {"integer", SHAPE_INTEGER},     {"long", SHAPE_LONG},           {"double", SHAPE_DOUBLE},
        {"float", SHAPE_DOUBLE},        {"timestamp", SHAPE_TIMESTAMP},
    };
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (strcmp(types[i].name, name) == 0)
            return types[i].type;
    fprintf(stderr, "watchdeck-sandbox: the models have a shape of type %s\n", name);
    exit(1);
}

static struct shape *shape_named(const struct loaded *l, const char *name)
{
    const union map_value *found = map_get(&l->shapes, sv_of(name));
    if (found)
        return found->ptr;
    fprintf(stderr, "watchdeck-sandbox: the model of %s lacks shape %s\n", l->service.name, name);
    exit(1);
}

static enum place place_of(const struct loaded *l, const char *location)
{
    static const char *const names[] = {
        [PLACE_BODY] = "", [PLACE_QUERY] = "querystring", [PLACE_HEADER] = "header"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (strcmp(names[i], location) == 0)
            return (enum place)i;
    fprintf(stderr, "watchdeck-sandbox: the model of %s has members in '%s'\n", l->service.name,
            location);
    exit(1);
}

static struct member read_member(const struct loaded *l, const char *name, const cJSON *ref)
{
    return (struct member){
        .name = name ? name : "",
        .location = text_at(ref, "locationName"),
        .place = place_of(l, text_at(ref, "location")),
        .query = text_at(ref, "queryName"),
        .shape = shape_named(l, text_at(ref, "shape")),
    };
}

static void read_members(const struct loaded *l, struct shape *shape, const cJSON *node)
{
    const cJSON *members = json_get(node, "members"), *ref, *name;
    shape->members =
        arena_alloc(&api.arena, (size_t)cJSON_GetArraySize(members) * sizeof *shape->members);
    cJSON_ArrayForEach (ref, members)
        shape->members[shape->n_members++] = read_member(l, ref->string, ref);
    cJSON_ArrayForEach (name, json_get(node, "required")) {
        struct member *m = (struct member *)shape_member(shape, json_string(name));
        if (m)
            m->required = true;
    }
}

static void read_enums(struct shape *shape, const cJSON *enums)
{
    const cJSON *item;
    shape->enums =
        arena_alloc(&api.arena, (size_t)cJSON_GetArraySize(enums) * sizeof *shape->enums);
    cJSON_ArrayForEach (item, enums)
        shape->enums[shape->n_enums++] = item->valuestring;
}

static void read_shape(const struct loaded *l, struct shape *shape, const cJSON *node)
{
    shape->has_min = json_get(node, "min") != NULL;
    shape->has_max = json_get(node, "max") != NULL;
    shape->min = json_double(node, "min", 0);
    shape->max = json_double(node, "max", 0);
    shape->pattern = text_at(node, "pattern");
    shape->ere = text_at(node, "ere");
    shape->flattened = json_bool(node, "flattened", false);
    shape->sensitive = json_bool(node, "sensitive", false);
    read_members(l, shape, node);
    read_enums(shape, json_get(node, "enum"));
    if (shape->type == SHAPE_LIST)
        shape->element = read_member(l, NULL, json_get(node, "member"));
    if (shape->type == SHAPE_MAP) {
        shape->key = read_member(l, NULL, json_get(node, "key"));
        shape->element = read_member(l, NULL, json_get(node, "value"));
    }
    const cJSON *error = json_get(node, "error");
    shape->is_error = error != NULL;
    shape->error_code = text_at(error, "code");
    shape->error_status = (int)json_i64(error, "status", 400);
}

static void read_shapes(struct loaded *l)
{
    const cJSON *nodes = json_get(l->tree, "shapes"), *node;
    l->service.shapes =
        arena_alloc(&api.arena, (size_t)cJSON_GetArraySize(nodes) * sizeof(struct shape));
    cJSON_ArrayForEach (node, nodes) {
        struct shape *shape = &l->service.shapes[l->service.n_shapes++];
        shape->name = node->string;
        shape->type = type_of(text_at(node, "type"));
        map_put(&l->shapes, sv_of(shape->name), NULL)->ptr = shape;
    }
    struct shape *shape = l->service.shapes;
    cJSON_ArrayForEach (node, nodes) {
        read_shape(l, shape, node);
        if (shape->is_error) {
            const char *code = *shape->error_code ? shape->error_code : shape->name;
            map_put(&l->errors, sv_of(code), NULL)->ptr = shape;
        }
        shape++;
    }
}

static const struct service_routes *routes_of(const char *service)
{
    for (size_t i = 0; i < n_sandbox_services; i++)
        if (strcmp(sandbox_services[i]->service, service) == 0)
            return sandbox_services[i];
    return NULL;
}

static handler_fn *handler_of(const struct service_routes *routes, const char *operation)
{
    for (size_t i = 0; routes && i < routes->n_routes; i++)
        if (strcmp(routes->routes[i].operation, operation) == 0)
            return routes->routes[i].handle;
    return NULL;
}

static void read_operation(const struct loaded *l, struct operation *op, const cJSON *node)
{
    const char *input = text_at(node, "input"), *output = text_at(node, "output");
    op->name = node->string;
    op->service = &l->service;
    op->input = *input ? shape_named(l, input) : NULL;
    op->output = *output ? shape_named(l, output) : NULL;
    op->result_wrapper = text_at(node, "wrapper");
    const cJSON *page = json_get(node, "page");
    op->token_in = op->token_out = op->page_size = "";
    if (cJSON_GetArraySize(page) == 3) {
        op->token_in = page->child->valuestring;
        op->token_out = page->child->next->valuestring;
        op->page_size = page->child->next->next->valuestring;
    }
    const cJSON *http = json_get(node, "http");
    op->method = op->path = "";
    if (cJSON_GetArraySize(http) == 2) {
        op->method = http->child->valuestring;
        op->path = http->child->next->valuestring;
    }
    op->is_unsigned = json_bool(node, "unsigned", false);
    op->has_dry_run = op->input && shape_member(op->input, SV("DryRun"));
    op->handle = handler_of(l->service.routes, op->name);
}

static void read_operations(struct loaded *l)
{
    const cJSON *nodes = json_get(l->tree, "operations"), *node;
    l->service.operations =
        arena_alloc(&api.arena, (size_t)cJSON_GetArraySize(nodes) * sizeof(struct operation));
    cJSON_ArrayForEach (node, nodes) {
        struct operation *op = &l->service.operations[l->service.n_operations++];
        read_operation(l, op, node);
        map_put(&l->operations, sv_of(op->name), NULL)->ptr = op;
    }
}

static enum protocol protocol_of(const char *name)
{
    static const char *const names[PROTOCOL_COUNT] = {[PROTOCOL_JSON] = "json",
                                                      [PROTOCOL_QUERY] = "query",
                                                      [PROTOCOL_EC2] = "ec2",
                                                      [PROTOCOL_REST] = "rest-json"};
    for (size_t i = 0; i < PROTOCOL_COUNT; i++)
        if (strcmp(names[i], name) == 0)
            return (enum protocol)i;
    fprintf(stderr, "watchdeck-sandbox: a model speaks '%s'\n", name);
    exit(1);
}

static void read_service(struct loaded *l, const struct api_text *text)
{
    struct err err = ERR_NONE;
    struct sv json = {text->begin, (size_t)(text->end - text->begin)};
    if (json_parse(json, text->service, &l->tree, &err) != OK) {
        fprintf(stderr, "watchdeck-sandbox: broken model of %s: %s\n", text->service, err.message);
        exit(1);
    }
    l->service.name = text_at(l->tree, "service");
    l->service.protocol = protocol_of(text_at(l->tree, "protocol"));
    l->service.routes = routes_of(l->service.name);
    l->service.version = text_at(l->tree, "version");
    l->service.target_prefix = text_at(l->tree, "target");
    l->service.xml_namespace = text_at(l->tree, "namespace");
    read_shapes(l);
    read_operations(l);
}

static void *tree_alloc(size_t size_bytes)
{
    return arena_alloc(&api.arena, size_bytes);
}

static void tree_free(void *ptr)
{
    (void)ptr; /* with the arena */
}

/* The trees are never changed and go as one: in the arena, for they have a hundred thousand pieces.
 */
void api_load(void)
{
    api.services = mem_alloc(n_api_texts * sizeof *api.services);
    api.n_services = n_api_texts;
    cJSON_InitHooks(&(cJSON_Hooks){.malloc_fn = tree_alloc, .free_fn = tree_free});
    for (size_t i = 0; i < n_api_texts; i++)
        read_service(&api.services[i], &api_texts[i]);
    cJSON_InitHooks(NULL);
}

static void unload_service(struct loaded *l)
{
    for (size_t i = 0; i < l->service.n_shapes; i++)
        if (l->service.shapes[i].compiled) {
            regfree(l->service.shapes[i].compiled);
            mem_free(l->service.shapes[i].compiled);
        }
    map_done(&l->shapes);
    map_done(&l->operations);
    map_done(&l->errors);
}

void api_unload(void)
{
    for (size_t i = 0; i < api.n_services; i++)
        unload_service(&api.services[i]);
    mem_free(api.services);
    arena_done(&api.arena);
    memset(&api, 0, sizeof api);
}

const struct service *api_service(struct sv name)
{
    for (size_t i = 0; i < api.n_services; i++)
        if (sv_eq_cstr(name, api.services[i].service.name))
            return &api.services[i].service;
    return NULL;
}

const struct service *api_service_of_target(struct sv prefix)
{
    for (size_t i = 0; i < api.n_services; i++)
        if (prefix.len > 0 && sv_eq_cstr(prefix, api.services[i].service.target_prefix))
            return &api.services[i].service;
    return NULL;
}

/* A service is the first member of what was loaded for it. */
static const struct loaded *loaded_of(const struct service *service)
{
    return (const struct loaded *)service;
}

const struct operation *api_operation(const struct service *service, struct sv name)
{
    const union map_value *found = map_get(&loaded_of(service)->operations, name);
    return found ? found->ptr : NULL;
}

const struct operation *api_rest_operation(struct sv method, struct sv path)
{
    for (size_t i = 0; i < api.n_services; i++) {
        const struct service *s = &api.services[i].service;
        for (size_t k = 0; k < s->n_operations && s->protocol == PROTOCOL_REST; k++)
            if (sv_eq_cstr(method, s->operations[k].method) &&
                sv_eq_cstr(path, s->operations[k].path))
                return &s->operations[k];
    }
    return NULL;
}

const struct shape *api_error(const struct service *service, const char *code)
{
    const union map_value *found = map_get(&loaded_of(service)->errors, sv_of(code));
    return found ? found->ptr : NULL;
}

const struct member *shape_member(const struct shape *structure, struct sv name)
{
    for (size_t i = 0; i < structure->n_members; i++)
        if (sv_eq_cstr(name, structure->members[i].name))
            return &structure->members[i];
    return NULL;
}

bool api_matches(const struct shape *shape, const char *text)
{
    if (!*shape->ere)
        return true;
    struct shape *s = (struct shape *)shape;
    if (!s->compiled) {
        s->compiled = mem_new(regex_t);
        if (regcomp(s->compiled, s->ere, REG_EXTENDED | REG_NOSUB) != 0) {
            fprintf(stderr, "watchdeck-sandbox: the pattern of %s is broken\n", s->name);
            exit(1);
        }
    }
    return regexec(s->compiled, text, 0, NULL, 0) == 0;
}
