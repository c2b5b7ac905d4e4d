/* bulk_stand: where several changes stand: how many are what, and what keeps them back. */
#include "views/sheets/bulk_parts.h"

bool bulk_item_is_ready(const struct bulk_item *item)
{
    return item->plan != NULL && item->status.state == CHANGE_READY;
}

bool bulk_item_is_not_begun(const struct bulk *bulk, const struct bulk_item *item)
{
    return bulk->consented && bulk_item_is_ready(item) && item->status.err.code != OK;
}

static bool has_ended(const struct bulk_item *item)
{
    static const bool ends[] = {
#define END_ROW(name, is_end, in_trail) [CHANGE_##name] = (is_end),
        CHANGE_STATES(END_ROW)
#undef END_ROW
    };

    return item->err.code != OK || item->status.state == CHANGE_UNKNOWN || ends[item->status.state];
}

struct bulk_tally bulk_tally(const struct bulk *bulk)
{
    struct bulk_tally tally = {0};

    for (size_t i = 0; i < bulk->n; i++) {
        const struct bulk_item *item = &bulk->items[i];

        if (item->err.code == OK && item->status.state == CHANGE_SUCCEEDED)
            tally.done++;
        else if (has_ended(item))
            tally.bad++;
        else if (bulk_item_is_not_begun(bulk, item))
            tally.not_begun++;
        else if (bulk_item_is_ready(item))
            tally.ready++;
        else if (bulk->consented)
            tally.at_work++;
        else
            tally.waiting++;
    }
    return tally;
}

bool bulk_is_running(const struct bulk *bulk)
{
    struct bulk_tally tally = bulk_tally(bulk);

    return bulk->consented && tally.at_work + tally.ready > 0;
}

enum err_code bulk_check_belts(const struct bulk *bulk, size_t n, struct err *err)
{
    enum err_code code =
        change_belts_check(&change_belts_default, n, bulk->choice.n_resources, err);

    if (code != OK && bulk->choice.n_resources == 0)
        err_set(err, code, "belts", "of how many resources they are is not known: %s",
                bulk->choice.why);
    return code;
}

bool bulk_is_waiting(const struct bulk *bulk, char *left)
{
    int64_t until_up_ms = 0;

    for (size_t i = 0; i < bulk->n; i++) {
        const struct bulk_item *item = &bulk->items[i];
        if (bulk_item_is_ready(item) && item->status.wait_until_up_ms > until_up_ms)
            until_up_ms = item->status.wait_until_up_ms;
    }
    return !bulk->consented && sheet_waits(until_up_ms, left);
}

size_t bulk_ready_plans(const struct bulk *bulk, const struct change_plan **plans)
{
    size_t n = 0;

    for (size_t i = 0; i < bulk->n; i++)
        if (bulk_item_is_ready(&bulk->items[i]))
            plans[n++] = bulk->items[i].plan;
    return n;
}

const struct act *bulk_ready_act(const struct bulk *bulk)
{
    const struct change_plan *plans[BULK_MAX] = {NULL};

    return act_of_all(plans, bulk_ready_plans(bulk, plans));
}
