/* gov_scopes: the saved scopes of a console. */
#include <string.h>

#include "core/gov/estate/saved_scope.h"
#include "core/gov/gov_internal.h"

/* A scope on its way to the disk and back. */
struct saving {
    struct gov *gov;
    int number;
    struct saved_scope scope;
    struct saved_scopes scopes;
    struct err err;
    struct scope *asking;
    void (*done)(void *arg, const struct err *err);
    void *arg;
};

static void saving_free(void *arg)
{
    struct saving *saving = arg;
    scope_unref(saving->asking);
    mem_free(saving);
}

static void saved(void *arg)
{
    struct saving *saving = arg;
    if (saving->err.code == OK)
        saving->gov->scopes = saving->scopes;
    saving->done(saving->arg, &saving->err);
    saving_free(saving);
}

static void save(void *arg)
{
    struct saving *saving = arg;
    saving->err = ERR_NONE;
    saved_scopes_put(saving->gov->scopes_path, saving->number, &saving->scope, &saving->scopes,
                     &saving->err);
    run_call(RUN_UI, RUN_NORMAL, saving->asking, saved, saving_free, saving);
}

void gov_save_scope(struct gov *gov, int number, const struct saved_scope *scope,
                    struct scope *asking, void (*done)(void *arg, const struct err *err), void *arg)
{
    struct saving *saving = mem_new(struct saving);
    *saving = (struct saving){.gov = gov, .number = number, .scope = *scope, .done = done};
    saving->asking = scope_ref(asking);
    saving->arg = arg;
    run_call(RUN_WORKER, RUN_NORMAL, gov->scope, save, saving_free, saving);
}

const struct saved_scopes *gov_scopes(const struct gov *gov, struct err *err)
{
    *err = gov->scopes_err;
    return &gov->scopes;
}
