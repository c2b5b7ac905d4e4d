/* gov_estate: the estate that a console knows, who waits for it, and what its first one sets off.
 */
#include <string.h>

#include "core/base/log.h"
#include "core/gov/gov_internal.h"

struct estate *gov_estate(struct gov *gov)
{
    pthread_mutex_lock(&gov->estate_lock);
    struct estate *estate = estate_ref(gov->estate);
    pthread_mutex_unlock(&gov->estate_lock);
    return estate;
}

static void set_estate(struct gov *gov, struct estate *take_estate)
{
    pthread_mutex_lock(&gov->estate_lock);
    struct estate *old = gov->estate;
    gov->estate = take_estate;
    pthread_mutex_unlock(&gov->estate_lock);
    estate_unref(old);
}

/* How the settling of an earlier run's changes came out, on its way to RUN_UI. */
struct settled_news {
    struct gov *gov;
    size_t n_settled, n_open;
};

static void tell_settled(void *arg)
{
    struct settled_news *news = arg;
    struct gov *gov = news->gov;
    if (gov->on_settled)
        gov->on_settled(gov->on_settled_arg, news->n_settled, news->n_open);
    mem_free(news);
}

static void settled(void *arg, size_t n_settled, size_t n_open)
{
    struct gov *gov = arg;
    if (n_settled + n_open == 0 && gate_health(gov->gate, NULL) == OK)
        return;
    log_info("gov", "changes of an earlier run: %zu settled, %zu open", n_settled, n_open);
    struct settled_news *news = mem_new(struct settled_news);
    *news = (struct settled_news){gov, n_settled, n_open};
    run_call(RUN_UI, RUN_NORMAL, gov->scope, tell_settled, mem_free, news);
}

static void tell(struct estate_waiters *waiters)
{
    for (size_t i = 0; i < waiters->len; i++) {
        struct estate_waiter *waiter = &waiters->ptr[i];
        run_call(RUN_WORKER, RUN_URGENT, waiter->scope, waiter->fn, waiter->drop, waiter->arg);
        scope_unref(waiter->scope);
    }
    vec_clear(waiters);
}

static void walked(struct gov *gov, struct estate *take_estate, const struct err *err)
{
    bool first = gov->estate == NULL;
    gov->estate_walking = false;
    if (!first && take_estate && strcmp(gov->estate->caller_arn, take_estate->caller_arn) != 0)
        gov_elevate(gov, 0, NULL); /* it was another one's */
    gov->estate_err = *err;
    if (take_estate && gov->gate) {
        gate_set_actor(gov->gate, take_estate->caller_arn);
        if (first)
            gate_settle(gov->gate, settled, gov);
    }
    if (take_estate && gov->estate)
        estate_keep_tags(take_estate, gov->estate);
    if (take_estate)
        set_estate(gov, take_estate);
    tell(&gov->estate_waiters);
}

void gov_want_estate(struct gov *gov, bool refresh, struct scope *scope, void (*fn)(void *arg),
                     void (*drop)(void *arg), void *arg)
{
    if (gov->estate && !refresh && !gov->estate_walking) {
        run_call(RUN_WORKER, RUN_URGENT, scope, fn, drop, arg);
        return;
    }
    struct estate_waiter waiter = {scope_ref(scope), fn, drop, arg};
    vec_push(&gov->estate_waiters, waiter);
    if (!gov->estate_walking) {
        gov->estate_walking = true;
        estate_walk(gov, walked);
    }
}

/* --- other names ----------------------------------------------------------------------------- */

void gov_rename_account(struct gov *gov, const char *account_id, const char *name)
{
    struct estate *estate = estate_copy(gov->estate);
    estate->n_locked = 0;
    for (size_t i = 0; i < estate->accounts.len; i++) {
        struct account *account = &estate->accounts.ptr[i];
        if (strcmp(account->id, account_id) == 0) {
            mem_free(account->name);
            account->name = mem_strdup(name);
            account->production = account_matches(account, sv_of(gov->settings.production));
        }
        estate->n_locked += account_is_locked(account, &gov->settings);
    }
    set_estate(gov, estate);
}

/* --- their tags ------------------------------------------------------------------------------ */

/* The estate may have been read anew meanwhile. */
static void tags_are_read(struct gov *gov, struct estate *take_estate)
{
    struct estate *estate = take_estate;
    if (gov->estate != gov->tagging) {
        estate = estate_copy(gov->estate);
        estate_keep_tags(estate, take_estate);
        estate_unref(take_estate);
    }
    estate_unref(gov->tagging);
    gov->tagging = NULL;
    set_estate(gov, estate);
    tell(&gov->tag_waiters);
}

void gov_want_tags(struct gov *gov, struct scope *scope, void (*fn)(void *arg),
                   void (*drop)(void *arg), void *arg)
{
    struct estate_waiter waiter = {scope_ref(scope), fn, drop, arg};
    vec_push(&gov->tag_waiters, waiter);
    if (gov->tagging)
        return;
    gov->tagging = estate_ref(gov->estate);
    estate_read_tags(gov, gov->estate, tags_are_read);
}

static void drop_waiters(struct estate_waiters *waiters)
{
    for (size_t i = 0; i < waiters->len; i++) {
        struct estate_waiter *waiter = &waiters->ptr[i];
        if (waiter->drop)
            waiter->drop(waiter->arg);
        scope_unref(waiter->scope);
    }
    vec_free(waiters);
}

void gov_estate_done(struct gov *gov)
{
    drop_waiters(&gov->estate_waiters);
    drop_waiters(&gov->tag_waiters);
    estate_unref(gov->tagging);
    estate_unref(gov->estate);
}
