#include "core/gov/systems_manager/parameter_look.h"

#include <string.h>

#include "core/aws/client_secret.h"
#include "core/base/mem.h"
#include "core/gov/systems_manager/parameter.h"

struct look {
    struct aws_client *client;
    struct scope *scope; /* a reference */
    struct aws_target target;
    cJSON *state; /* a copy of the plan's */
    bool is_delete;
    int64_t version, source_version; /* there now; 0: it is not there */
    bool is_as_wanted;               /* type, key and tier */
    struct secret *value;            /* of the parameter */
    change_looked_fn *looked;
    void *arg;
};

static void tell(struct look *look, enum change_stand stand, const struct err *why)
{
    change_looked_fn *looked = look->looked;
    void *arg = look->arg;
    struct err err = *why;
    secret_unref(look->value);
    json_free(look->state);
    scope_unref(look->scope);
    mem_free(look);
    looked(arg, stand, &err);
}

static void drop(void *arg)
{
    struct err err;
    err_set(&err, ERR_CANCELLED, "ssm:GetParameterHistory", "nobody waits for it any more");
    tell(arg, STAND_UNREADABLE, &err);
}

static void tell_other(struct look *look, const char *why)
{
    struct err err;
    err_set(&err, ERR_STALE, "look", "%s", why);
    tell(look, STAND_OTHER, &err);
}

/* It is not as wanted: as planned, or as somebody has made it meanwhile. */
static void tell_before(struct look *look)
{
    const cJSON *source = json_get(look->state, "source");
    if (look->version != json_i64(look->state, "version", 0))
        tell_other(look, look->version == 0 ? "the parameter was deleted since the plan was made"
                                            : "the parameter was changed since the plan was made");
    else if (json_bool(source, "is_latest", false) &&
             look->source_version != json_i64(source, "version", 0))
        tell_other(look, "what is approved was changed since the plan was made");
    else
        tell(look, STAND_BEFORE, &ERR_NONE);
}

/* --- values ---------------------------------------------------------------------------------- */

static void read_value(struct look *look, struct sv name, int64_t version, aws_secret_fn *came)
{
    AUTO_FREE char *text = sv_dup(name);
    const struct aws_request request = {.op = OP_ssm_GetParameter,
                                        .target = look->target,
                                        .params = parameter_get_params(text, version)};
    client_read_secret(look->client, look->scope, &request, came, drop, look);
}

/* PutParameter compares nothing, but counts one by one: what it has made is not the next one when
 * somebody has written between our last look and it. */
static bool was_overtaken(const cJSON *state)
{
    int64_t next = json_i64(state, "version", 0) + 1;
    return json_i64(state, "version_after", next) > next;
}

static void tell_overtaken(struct look *look)
{
    int64_t ours = json_i64(look->state, "version_after", 0);
    struct err err;
    err_set(
        &err, ERR_STALE, "look",
        "somebody has written version %lld in the same moment; ours, version %lld, lies over it: "
        "the evidence shows both",
        (long long)(ours - 1), (long long)ours);
    tell(look, STAND_OTHER, &err);
}

static void compare(struct look *look, const struct secret *wanted)
{
    if (!secret_equal(look->value, wanted))
        tell_before(look);
    else if (was_overtaken(look->state))
        tell_overtaken(look);
    else
        tell(look, STAND_AFTER, &ERR_NONE);
}

static void source_came(void *arg, struct sv body, const struct err *err)
{
    struct look *look = arg;
    struct secret *wanted = err->code == OK ? parameter_value_of(body) : NULL;
    if (err->code != OK)
        tell(look, STAND_UNREADABLE, err);
    else
        compare(look, wanted);
    secret_unref(wanted);
}

static void value_came(void *arg, struct sv body, const struct err *err)
{
    struct look *look = arg;
    const cJSON *source = json_get(look->state, "source");
    if (err->code != OK) {
        tell(look, STAND_UNREADABLE, err);
        return;
    }
    look->value = parameter_value_of(body);
    if (source) {
        read_value(look, json_sv(source, "name"), json_i64(source, "version", 0), source_came);
        return;
    }
    struct secret *wanted = secret_new(json_sv(look->state, "value"));
    compare(look, wanted);
    secret_unref(wanted);
}

/* --- without values -------------------------------------------------------------------------- */

/* What the request names; KeyId and DataType only where they are of the type. */
static bool is_as_wanted(const cJSON *item, const cJSON *wanted)
{
    bool secure = parameter_is_secure(json_sv(wanted, "Type"));
    const char *const members[] = {"Type", "Tier", secure ? "KeyId" : "DataType"};
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        if (json_get(wanted, members[i]) &&
            !sv_eq(json_sv(item, members[i]), json_sv(wanted, members[i])))
            return false;
    return true;
}

/* The versions come with the oldest first: what is seen last is there now. */
static void own_page(void *arg, struct aws_page *page)
{
    struct look *look = arg;
    for (const cJSON *item = json_items(page->body, "Parameters"); item; item = item->next) {
        look->version = json_i64(item, "Version", 0);
        look->is_as_wanted = is_as_wanted(item, json_get(look->state, "wanted"));
    }
}

static void source_page(void *arg, struct aws_page *page)
{
    struct look *look = arg;
    for (const cJSON *item = json_items(page->body, "Parameters"); item; item = item->next)
        look->source_version = json_i64(item, "Version", 0);
}

static void read_history(struct look *look, struct sv name, aws_page_fn *page, aws_done_fn *done)
{
    AUTO_FREE char *text = sv_dup(name);
    struct aws_request request = {
        .op = OP_ssm_GetParameterHistory, .target = look->target, .params = cJSON_CreateObject()};
    cJSON_AddStringToObject(request.params, "Name", text);
    client_read(look->client, look->scope, &request, page, done, drop, look);
}

/* That there is none is an answer, too. */
static bool is_answered(const struct aws_outcome *outcome)
{
    return outcome->err.code == OK || strcmp(outcome->err.aws_code, "ParameterNotFound") == 0;
}

static void decide(struct look *look)
{
    if (look->is_delete && look->version == 0)
        tell(look, STAND_AFTER, &ERR_NONE);
    else if (look->is_delete || look->version == 0 || !look->is_as_wanted)
        tell_before(look);
    else
        read_value(look, json_sv(look->state, "name"), 0, value_came);
}

static void source_read(void *arg, const struct aws_request *request,
                        const struct aws_outcome *outcome)
{
    (void)request;
    if (is_answered(outcome))
        decide(arg);
    else
        tell(arg, STAND_UNREADABLE, &outcome->err);
}

static void own_read(void *arg, const struct aws_request *request,
                     const struct aws_outcome *outcome)
{
    struct look *look = arg;
    const cJSON *source = json_get(look->state, "source");
    (void)request;
    if (!is_answered(outcome))
        tell(look, STAND_UNREADABLE, &outcome->err);
    else if (json_bool(source, "is_latest", false))
        read_history(look, json_sv(source, "name"), source_page, source_read);
    else
        decide(look);
}

static void start(struct aws_client *client, struct scope *scope, const struct change_plan *plan,
                  bool is_delete, change_looked_fn *looked, void *arg)
{
    struct look *look = mem_new(struct look);
    *look = (struct look){.client = client,
                          .scope = scope_ref(scope),
                          .target = plan->target,
                          .state = cJSON_Duplicate(plan->state, true),
                          .is_delete = is_delete,
                          .looked = looked,
                          .arg = arg};
    read_history(look, json_sv(look->state, "name"), own_page, own_read);
}

void parameter_look_put(struct aws_client *client, struct scope *scope,
                        const struct change_plan *plan, change_looked_fn *looked, void *arg)
{
    start(client, scope, plan, false, looked, arg);
}

void parameter_look_delete(struct aws_client *client, struct scope *scope,
                           const struct change_plan *plan, change_looked_fn *looked, void *arg)
{
    start(client, scope, plan, true, looked, arg);
}

/* --- what the call lacks --------------------------------------------------------------------- */

struct filling {
    change_filled_fn *filled;
    void *arg;
};

static void fill_came(void *arg, struct sv body, const struct err *read_err)
{
    struct filling filling = *(struct filling *)arg;
    struct err err = *read_err;
    struct secret *value = err.code == OK ? parameter_value_of(body) : NULL;
    mem_free(arg);
    if (err.code == OK && !value)
        err_set(&err, ERR_PARSE, "ssm:GetParameter", "the reply has no value");
    filling.filled(filling.arg, value ? "Value" : NULL, value, &err);
    secret_unref(value);
}

void parameter_fill(struct aws_client *client, struct scope *scope, const struct change_plan *plan,
                    size_t call, change_filled_fn *filled, void *arg)
{
    const cJSON *source = json_get(plan->state, "source");
    (void)call;
    if (!source) {
        filled(arg, NULL, NULL, &ERR_NONE);
        return;
    }
    AUTO_FREE char *name = sv_dup(json_sv(source, "name"));
    struct filling *filling = mem_new(struct filling);
    *filling = (struct filling){filled, arg};
    const struct aws_request request = {
        .op = OP_ssm_GetParameter,
        .target = plan->target,
        .params = parameter_get_params(name, json_i64(source, "version", 0))};
    client_read_secret(client, scope, &request, fill_came, mem_free, filling);
}
