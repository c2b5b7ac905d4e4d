/* gov_profiles: of several profiles that lead to one account, the one that is used there. */
#include <string.h>

#include "core/gov/gov_internal.h"

static const char *chosen_for(const struct gov *gov, const char *account_id)
{
    for (size_t i = 0; i < gov->chosen_profiles.len; i++)
        if (strcmp(gov->chosen_profiles.ptr[i].account_id, account_id) == 0)
            return gov->chosen_profiles.ptr[i].name;
    return NULL;
}

static bool is_preferred(const struct gov *gov, const char *account_id, const char *name)
{
    const char *chosen = chosen_for(gov, account_id);
    if (chosen)
        return strcmp(chosen, name) == 0;
    return patterns_match(sv_of(gov->settings.prefer_profiles), sv_of(name));
}

bool gov_profile_replaces(const struct gov *gov, const struct account *account, const char *name)
{
    return is_preferred(gov, account->id, name) && !is_preferred(gov, account->id, account->name);
}

void gov_profiles_fingerprint(const struct gov *gov, struct buf *out)
{
    buf_addf(out, "profiles=%s\n", gov->settings.prefer_profiles);
    for (size_t i = 0; i < gov->chosen_profiles.len; i++)
        buf_addf(out, "%s %s\n", gov->chosen_profiles.ptr[i].account_id,
                 gov->chosen_profiles.ptr[i].name);
}

/* --- choosing: from RUN_UI to RUN_WORKER and back --------------------------------------------- */

struct choice {
    struct gov *gov;
    char name[AWS_PROFILE_SIZE];
    struct err err;
    struct scope *asking;
    void (*done)(void *arg, const struct err *err);
    void *arg;
};

static void choice_free(void *arg)
{
    struct choice *choice = arg;
    scope_unref(choice->asking);
    mem_free(choice);
}

static void tell(void *arg)
{
    struct choice *choice = arg;
    choice->done(choice->arg, &choice->err);
    choice_free(choice);
}

static const struct account *find_account(const struct estate *estate, const char *profile)
{
    for (size_t i = 0; estate && i < estate->accounts.len; i++)
        if (account_has_profile(&estate->accounts.ptr[i], sv_of(profile)))
            return &estate->accounts.ptr[i];
    return NULL;
}

static void remember(struct gov *gov, const char *account_id, const char *name)
{
    struct chosen_profile chosen;
    size_t i = 0;
    while (i < gov->chosen_profiles.len &&
           strcmp(gov->chosen_profiles.ptr[i].account_id, account_id) != 0)
        i++;
    str_copy(chosen.account_id, account_id);
    str_copy(chosen.name, name);
    if (i == gov->chosen_profiles.len)
        vec_push(&gov->chosen_profiles, chosen);
    else
        gov->chosen_profiles.ptr[i] = chosen;
}

static enum err_code choose(struct gov *gov, const char *name, struct err *err)
{
    const struct account *account = find_account(gov->estate, name);
    if (!account)
        return err_set(
            err, ERR_NOT_FOUND, "profile",
            "no profile %s leads to an account here: d on an account names those that do", name);
    if (strcmp(account->id, gov->estate->caller_account) == 0)
        return err_set(err, ERR_UNSUPPORTED, "profile",
                       "%s leads to the account that everything else is entered from: start with "
                       "--profile %s",
                       name, name);
    remember(gov, account->id, name);
    gov->use_profile(gov->client, account->id, name);
    gov_rename_account(gov, account->id, name);
    return OK;
}

static void choose_now(void *arg)
{
    struct choice *choice = arg;
    choice->err = ERR_NONE;
    choose(choice->gov, choice->name, &choice->err);
    run_call(RUN_UI, RUN_NORMAL, choice->asking, tell, choice_free, choice);
}

void gov_use_profile(struct gov *gov, const char *name, struct scope *asking,
                     void (*done)(void *arg, const struct err *err), void *arg)
{
    struct choice *choice = mem_new(struct choice);
    *choice = (struct choice){.gov = gov, .done = done, .arg = arg};
    choice->asking = scope_ref(asking);
    str_copy(choice->name, name);
    run_call(RUN_WORKER, RUN_URGENT, gov->scope, choose_now, choice_free, choice);
}
