#include "core/gov/estate.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/gov/settings.h"

struct estate *estate_ref(struct estate *estate)
{
    if (estate)
        atomic_fetch_add(&estate->refs, 1);
    return estate;
}

static void account_done(struct account *account)
{
    mem_free(account->name);
    mem_free(account->email);
    mem_free(account->state);
    mem_free(account->ou_path);
    mem_free(account->ou_id);
}

static void ou_done(struct ou *ou)
{
    mem_free(ou->id);
    mem_free(ou->name);
    mem_free(ou->path);
}

void estate_unref(struct estate *estate)
{
    if (!estate || atomic_fetch_sub(&estate->refs, 1) != 1)
        return;
    for (size_t i = 0; i < estate->accounts.len; i++)
        account_done(&estate->accounts.ptr[i]);
    for (size_t i = 0; i < estate->ous.len; i++)
        ou_done(&estate->ous.ptr[i]);
    for (size_t i = 0; i < estate->regions.len; i++)
        mem_free(estate->regions.ptr[i]);
    vec_free(&estate->accounts);
    vec_free(&estate->ous);
    vec_free(&estate->regions);
    map_done(&estate->index);
    coverage_done(&estate->coverage);
    mem_free(estate);
}

const struct account *estate_account(const struct estate *estate, struct sv account_id)
{
    const union map_value *at = map_get(&estate->index, account_id);
    return at ? &estate->accounts.ptr[at->u64] : NULL;
}

/* A state that nobody knows yet is no reason not to ask. */
bool account_is_active(const struct account *account)
{
    static const char *const shut[] = {"PENDING_ACTIVATION", "SUSPENDED", "PENDING_CLOSURE",
                                       "CLOSED"};
    for (size_t i = 0; i < ARRAY_LEN(shut); i++)
        if (strcmp(account->state, shut[i]) == 0)
            return false;
    return true;
}

bool account_matches(const struct account *account, struct sv patterns)
{
    struct sv below_root = sv_of(account->ou_path);
    sv_split(&below_root, '/');
    return patterns_match(patterns, sv_of(account->id)) ||
           patterns_match(patterns, sv_of(account->name)) ||
           patterns_match(patterns, sv_of(account->ou_path)) ||
           (below_root.len > 0 && patterns_match(patterns, below_root));
}

/* '/' counts as the lowest character, so that "a/b" stands before "a b". */
int ou_path_compare(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    int x = *a == '/' ? 1 : (unsigned char)*a, y = *b == '/' ? 1 : (unsigned char)*b;
    return x - y;
}
