#include "tests/unit/sandbox/helper_world.h"

#include <stdio.h>
#include <string.h>

#include "tests/sandbox/automation/automation.h"
#include "tests/sandbox/wire/api.h"
#include "tests/sandbox/wire/handler.h"
#include "tests/unit/unit.h"

#define PAGES_MAX 100000

char ask_code[64], ask_message[512];
const char *ask_arn = ASK_ARN;

int load_models(void **state)
{
    (void)state;
    api_load();
    return 0;
}

int unload_models(void **state)
{
    (void)state;
    api_unload();
    return 0;
}

struct world *make_world(const char *text)
{
    struct world_spec spec = WORLD_SPEC_DEFAULT;
    spec.lookups = 10000; /* no second passes here */
    struct err err = ERR_NONE;
    if (world_spec_parse(sv_of(text), &spec, &err))
        fail_msg("%s", err.message);
    if (!spec.start_ms)
        world_spec_parse(SV("start=2026-03-01T03:00:00Z"), &spec, &err);
    spec.clock_manual = true;
    return world_new(&spec);
}

struct from from_management(const struct world *world)
{
    return (struct from){world_management_account(world), world_region(world, 0)};
}

struct from from_showcase(const struct world *world)
{
    return (struct from){world->accounts[world->showcase].id, world_region(world, 0)};
}

struct from from_cell(const struct world *world, uint32_t cell)
{
    return (struct from){cell_account(world, cell)->id, cell_region(world, cell)};
}

static handler_fn *find_handler(struct sv service, struct sv operation)
{
    for (size_t s = 0; s < n_sandbox_services; s++) {
        const struct service_routes *of = sandbox_services[s];
        for (size_t i = 0; sv_eq_cstr(service, of->service) && i < of->n_routes; i++)
            if (sv_eq_cstr(operation, of->routes[i].operation))
                return of->routes[i].handle;
    }
    fail_msg("no operation " SV_FMT "." SV_FMT, SV_ARG(service), SV_ARG(operation));
    return NULL;
}

static cJSON *call_handler(struct world *world, struct from from, const char *operation,
                           const cJSON *input)
{
    char service[32];
    struct sv name = sv_of(operation);
    sv_copy(sv_split(&name, '.'), service, sizeof service);
    struct call call = {.service = service,
                        .operation = name.ptr,
                        .account_id = from.account_id,
                        .region = from.region,
                        .caller_arn = ask_arn,
                        .caller_user_id = "AIDATEST",
                        .input = input,
                        .now_ms = world_now_ms(world)};
    struct reply reply = {.output = cJSON_CreateObject()};
    automations_advance(world);
    find_handler(sv_of(service), name)(world, &call, &reply);
    str_copy(ask_code, reply.code);
    str_copy(ask_message, reply.message);
    if (!reply.code[0])
        return reply.output;
    cJSON_Delete(reply.output);
    return NULL;
}

cJSON *ask(struct world *world, struct from from, const char *operation, cJSON *take_input)
{
    cJSON *input = take_input ? take_input : cJSON_CreateObject();
    cJSON *output = call_handler(world, from, operation, input);
    cJSON_Delete(input);
    return output;
}

/* The token's name differs in case from operation to operation. */
static const cJSON *next_token(const cJSON *output)
{
    const cJSON *token = json_get(output, "NextToken");
    return token ? token : json_get(output, "nextToken");
}

cJSON *ask_all(struct world *world, struct from from, const char *operation, cJSON *take_input,
               const char *list_member, int *pages)
{
    cJSON *input = take_input ? take_input : cJSON_CreateObject();
    cJSON *all = cJSON_CreateArray();
    const cJSON *token = NULL;
    int n = 0;
    do {
        cJSON *output = call_handler(world, from, operation, input);
        if (!output)
            fail_msg("%s: %s: %s", operation, ask_code, ask_message);
        cJSON *list = cJSON_DetachItemFromObjectCaseSensitive(output, list_member), *item;
        while ((item = cJSON_DetachItemFromArray(list, 0)) != NULL)
            cJSON_AddItemToArray(all, item);
        cJSON_Delete(list);
        token = next_token(output);
        if (token) {
            cJSON_DeleteItemFromObjectCaseSensitive(input, token->string);
            cJSON_AddStringToObject(input, token->string, token->valuestring);
        }
        cJSON_Delete(output);
        assert_true(++n < PAGES_MAX);
    } while (token);
    cJSON_Delete(input);
    if (pages)
        *pages = n;
    return all;
}

void assert_refused(struct world *world, struct from from, const char *operation, cJSON *take_input,
                    const char *code)
{
    cJSON *output = ask(world, from, operation, take_input);
    if (output)
        fail_msg("%s is not refused", operation);
    assert_string_equal(ask_code, code);
}

const char *text_at(const cJSON *tree, const char *path)
{
    const cJSON *value = json_path(tree, path);
    return cJSON_IsString(value) ? value->valuestring : "";
}

void keep_id(char *id, const char *text)
{
    sv_copy(sv_of(text), id, RESOURCE_ID_SIZE);
}

int64_t number_at(const cJSON *tree, const char *path)
{
    const cJSON *value = json_path(tree, path);
    assert_true(cJSON_IsNumber(value));
    return (int64_t)value->valuedouble;
}

const cJSON *find_in(const cJSON *list, const char *path, const char *text)
{
    const cJSON *item;
    cJSON_ArrayForEach (item, list) {
        if (strcmp(text_at(item, path), text) == 0)
            return item;
    }
    return NULL;
}

enum err_code patch_one(struct world *world, const char *op, const char *path, cJSON *take_value)
{
    struct err err = ERR_NONE;
    cJSON *patch = json_make("[{op:%s,path:%s,value:%o}]", op, path, take_value);
    AUTO_FREE char *text = json_print(patch);
    cJSON_Delete(patch);
    return world_patch(world, sv_of(text), &err);
}
