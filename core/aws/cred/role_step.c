#include "core/aws/cred/role_step.h"

#include <unistd.h>

#include "core/aws/cred/assume_role.h"
#include "core/aws/cred/role_cache.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/os.h"

#define LOCK_WAIT_MS   60000 /* for a holder that does not end; then it goes on without */
#define LOCK_LEAST_MS  20
#define LOCK_SPREAD_MS 80

struct role_step {
    struct aws_client *client;
    struct chain_role role;
    const struct rejected_credentials *rejected;
    struct role_step_handlers handlers;
    char key[SHA1_HEX_SIZE];
    int lock_fd;           /* -1: none */
    int64_t give_up_at_ms; /* monotonic */
};

void role_step_drop(void *arg)
{
    struct role_step *step = arg;
    if (step->lock_fd >= 0)
        close(step->lock_fd);
    mem_free(step);
}

void role_step_end(struct role_step *step, struct credentials *credentials, const struct err *err)
{
    struct role_step_handlers handlers = step->handlers;
    role_step_drop(step);
    handlers.end(handlers.arg, credentials, err);
}

/* --- the cache ------------------------------------------------------------------------------- */

static struct credentials *look(const char *key, const struct rejected_credentials *rejected)
{
    struct credentials *credentials = role_cache_read(key);
    if (credentials != NULL && rejected_has(rejected, credentials)) {
        credentials_unref(credentials);
        credentials = NULL;
    }
    return credentials;
}

struct credentials *role_step_look(const struct chain_role *role,
                                   const struct rejected_credentials *rejected)
{
    char key[SHA1_HEX_SIZE];
    role_cache_key(role, key);
    return look(key, rejected);
}

static bool end_with_cached(struct role_step *step)
{
    struct credentials *credentials = look(step->key, step->rejected);
    if (credentials == NULL)
        return false;
    role_step_end(step, credentials, &ERR_NONE);
    credentials_unref(credentials);
    return true;
}

/* --- one at a time ---------------------------------------------------------------------------- */

static int64_t some_time_ms(void)
{
    uint32_t bits;
    os_random(&bits, sizeof bits);
    return LOCK_LEAST_MS + bits % LOCK_SPREAD_MS;
}

/* Until the cache has it, or the lock is ours, or there can be none. */
static void try(void *arg)
{
    struct role_step *step = arg;
    bool is_busy = false;
    if (end_with_cached(step))
        return;
    step->lock_fd = role_cache_try_lock(step->key, &is_busy);
    if (is_busy && clock_mono_ms() < step->give_up_at_ms)
        run_after(RUN_WORKER, some_time_ms(), step->client->scope, try, role_step_drop, step);
    else if (step->lock_fd < 0 || !end_with_cached(step))
        step->handlers.send(step, step->handlers.arg);
}

void role_step_start(struct aws_client *client, const struct chain_role *role,
                     const struct rejected_credentials *rejected,
                     const struct role_step_handlers *handlers)
{
    struct role_step *step = mem_new(struct role_step);
    step->client = client;
    step->role = *role;
    step->rejected = rejected;
    step->handlers = *handlers;
    step->lock_fd = -1;
    step->give_up_at_ms = clock_mono_ms() + LOCK_WAIT_MS;
    role_cache_key(role, step->key);
    try(step);
}

/* --- sending --------------------------------------------------------------------------------- */

static void take_answer(void *arg, struct sv body, const struct err *err)
{
    struct role_step *step = arg;
    struct credentials *credentials = NULL;
    struct err result = *err, fault = ERR_NONE;
    if (result.code == OK)
        assume_role_read(body, &credentials, &result);
    if (credentials == NULL && step->handlers.retry != NULL &&
        step->handlers.retry(step, step->handlers.arg, &result))
        return;
    if (credentials != NULL && role_cache_write(step->key, credentials, &fault) != OK)
        log_warn("credentials", "not kept for the next time: %s", fault.message);
    role_step_end(step, credentials, &result);
    credentials_unref(credentials);
}

static void add_text(cJSON *params, const char *name, struct sv text)
{
    AUTO_FREE char *copy = text.len > 0 ? sv_dup(text) : NULL;
    if (copy != NULL)
        cJSON_AddStringToObject(params, name, copy);
}

void role_step_send(struct role_step *step, enum aws_op_id op, struct sv session_name,
                    const struct call_as *as)
{
    const struct chain_role *role = &step->role;
    struct aws_request request = {.op = op, .params = cJSON_CreateObject()};
    sv_copy(role->region, request.target.region, sizeof request.target.region);
    add_text(request.params, "RoleArn", role->arn);
    add_text(request.params, "RoleSessionName", session_name);
    add_text(request.params, "ExternalId", role->external_id);
    add_text(request.params, "SerialNumber", role->mfa_serial);
    if (role->duration_s != 0)
        cJSON_AddNumberToObject(request.params, "DurationSeconds", role->duration_s);
    const struct call_handlers handlers = {
        .on_secret = take_answer, .drop = role_step_drop, .arg = step};
    call_start_as(step->client, step->client->scope, CALL_SECRET, &request, as, &handlers);
}
