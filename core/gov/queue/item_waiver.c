/* item_waiver: what is to be left as it is: by the file of exceptions, and by the trail of this
 * machine. */
#include "core/base/clock.h"
#include "core/gov/exception.h"
#include "core/gov/queue/item.h"
#include "core/store/audit.h"

/* Those of the trail, by the item's key; the newest of an item counts. */
struct item_waivers {
    struct load *load;
    struct map by_key; /* struct exception */
};

static void forget(void *arg)
{
    map_done(&((struct item_waivers *)arg)->by_key);
}

static char *keep(struct load *load, struct sv text)
{
    char *copy = load_alloc(load, text.len + 1);
    sv_copy(text, copy, text.len + 1);
    return copy;
}

static bool take_record(void *arg, const cJSON *record)
{
    struct item_waivers *waivers = arg;
    struct sv key = json_sv(record, "item_key");
    int64_t expires_ms;
    if (!sv_eq(json_sv(record, "action"), SV("exception")) || key.len == 0 ||
        !clock_parse_iso8601(json_sv(record, "expires"), &expires_ms))
        return true;
    struct exception *exception = load_alloc(waivers->load, sizeof *exception);
    exception->owner = keep(waivers->load, json_sv(record, "owner"));
    exception->reason = keep(waivers->load, json_sv(record, "reason"));
    exception->expires_ms = expires_ms;
    map_put(&waivers->by_key, key, NULL)->ptr = exception;
    return true;
}

const struct item_waivers *item_waivers_read(struct load *load)
{
    struct item_waivers *waivers = load_alloc(load, sizeof *waivers);
    waivers->load = load;
    load_at_free(load, forget, waivers);
    audit_read(gate_audit_path(gov_gate(load_gov(load))), take_record, waivers, NULL);
    return waivers;
}

const struct exception *item_exception(const struct item_waivers *waivers, const struct item *item)
{
    char key[SHA256_HEX_SIZE];
    item_key_of(item, key);
    const struct exception_subject subject = {item->account, item->target->region, item->resource,
                                              item->type, key};
    const struct exception *found =
        exceptions_find(gov_exceptions(load_gov(waivers->load)), &subject);
    const union map_value *value = map_get(&waivers->by_key, sv_of(key));
    const struct exception *other = value ? value->ptr : NULL;
    return other && (!found || other->expires_ms > found->expires_ms) ? other : found;
}

bool item_is_waived(const struct item_waivers *waivers, const struct item *item)
{
    const struct exception *found = item_exception(waivers, item);
    return found && clock_display_ms() < found->expires_ms;
}
