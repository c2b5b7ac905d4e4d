/* Exceptions: items that are left as they are for a time. They live in the trail. */
#include <string.h>

#include "core/base/clock.h"
#include "core/change/gate_internal.h"

#define ACTION "exception"

enum err_code gate_write_exception(struct gate *gate, const struct change_exception *exception,
                                   struct err *err)
{
    AUTO(json_free_at) cJSON *fields = NULL;
    char expires[CLOCK_ISO_SIZE];

    if (sv_trim(sv_of(exception->owner)).len == 0 || sv_trim(sv_of(exception->reason)).len == 0)
        return err_set(err, ERR_CONSENT, "exception", "it needs an owner and a reason");
    clock_iso8601(exception->expires_at_ms, false, expires);
    fields = cJSON_CreateObject();
    cJSON_AddStringToObject(fields, "action", ACTION);
    cJSON_AddStringToObject(fields, "title", exception->title);
    cJSON_AddStringToObject(fields, "item_key", exception->item_key);
    cJSON_AddStringToObject(fields, "account_id", exception->target.account_id);
    cJSON_AddStringToObject(fields, "account_name", exception->account_name);
    cJSON_AddStringToObject(fields, "region", exception->target.region);
    cJSON_AddStringToObject(fields, "owner", exception->owner);
    cJSON_AddStringToObject(fields, "reason", exception->reason);
    cJSON_AddStringToObject(fields, "expires", expires);
    enum err_code code = gate_write_fields(gate, fields, err);
    if (code == OK && gate->options.on_excepted != NULL)
        gate->options.on_excepted(gate->options.shared_arg, exception);
    return code;
}

/* --- finding ------------------------------------------------------------------------------ */

struct search {
    const char *item_key;
    struct change_exception *exception;
    bool found;
};

#define COPY(record, key, field) sv_copy(json_sv((record), (key)), (field), sizeof(field))

/* The newest record of the item counts: it comes last. */
static bool compare(void *arg, const cJSON *record)
{
    struct search *search = arg;
    struct change_exception *exception = search->exception;

    if (!sv_eq_cstr(json_sv(record, "action"), ACTION) ||
        !sv_eq_cstr(json_sv(record, "item_key"), search->item_key))
        return true;
    *exception = (struct change_exception){0};
    search->found = clock_parse_iso8601(json_sv(record, "expires"), &exception->expires_at_ms);
    COPY(record, "item_key", exception->item_key);
    COPY(record, "account_id", exception->target.account_id);
    COPY(record, "region", exception->target.region);
    COPY(record, "account_name", exception->account_name);
    COPY(record, "title", exception->title);
    COPY(record, "owner", exception->owner);
    COPY(record, "reason", exception->reason);
    clock_parse_iso8601(json_sv(record, "ts"), &exception->said_at_ms);
    return true;
}

bool change_exception_find(const char *audit_path, const char *item_key, int64_t now_ms,
                           struct change_exception *exception)
{
    struct search search = {.item_key = item_key, .exception = exception};

    *exception = (struct change_exception){0};
    audit_read(audit_path, compare, &search, NULL);
    return search.found && exception->expires_at_ms > now_ms;
}

/* The one that holds now, of the trail and of what is known elsewhere the newer. */
static bool find_holding(const struct gate *gate, const char *item_key,
                         struct change_exception *exception)
{
    const struct gate_options *options = &gate->options;
    struct change_exception elsewhere = {0};
    int64_t now_ms = clock_wall_ms();
    bool holds = change_exception_find(gate->audit_path, item_key, now_ms, exception);

    if (options->exception == NULL ||
        !options->exception(options->shared_arg, item_key, &elsewhere) ||
        elsewhere.said_at_ms < exception->said_at_ms)
        return holds;
    *exception = elsewhere;
    return elsewhere.expires_at_ms > now_ms;
}

/* What undoes a change gives back what the exception is about; it is not held up by it. */
enum err_code change_check_exception(const struct change *change, struct err *err)
{
    const struct change_plan *plan = change->plan;
    struct change_exception exception;
    char until[CLOCK_ISO_SIZE];

    if (plan->undo_of[0] != '\0' || plan->break_glass != NULL ||
        !find_holding(change->gate, plan->item_key, &exception))
        return OK;
    clock_iso8601(exception.expires_at_ms, false, until);
    return err_set(err, ERR_REFUSED, "exception",
                   "left as it is until %s, says %s: %s; :break-glass REASON goes past it", until,
                   exception.owner, exception.reason);
}
