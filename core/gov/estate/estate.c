#include "core/gov/estate/estate.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
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
    mem_free(account->tags);
    mem_free(account->profiles);
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
    return !sv_has_word(SV("PENDING_ACTIVATION SUSPENDED PENDING_CLOSURE CLOSED"),
                        sv_of(account->state));
}

/* --- patterns -------------------------------------------------------------------------------- */

static struct sv below_root(const char *ou_path)
{
    struct sv path = sv_of(ou_path);
    sv_split(&path, '/');
    return path;
}

/* path, or one above it: "a/b/c" is below "a/b" as well as below "a". */
static bool is_below(struct sv pattern, struct sv path)
{
    for (;;) {
        if (path.len > 0 && pattern_match(pattern, path))
            return true;
        while (path.len > 0 && path.ptr[path.len - 1] != '/')
            path.len--;
        if (path.len == 0)
            return false;
        path.len--;
    }
}

static bool ou_matches(const struct account *account, struct sv pattern)
{
    return is_below(pattern, sv_of(account->ou_path)) ||
           is_below(pattern, below_root(account->ou_path));
}

static bool tag_matches(const struct account *account, struct sv pattern)
{
    struct sv value = pattern, key = sv_split(&value, '=');
    bool any_value = key.len == pattern.len;
    for (struct sv rest = sv_of(account->tags); rest.len > 0;) {
        struct sv text = sv_split(&rest, '\n');
        struct sv name = sv_split(&text, '=');
        if (pattern_match(key, name) && (any_value || pattern_match(value, text)))
            return true;
    }
    return false;
}

bool account_next_profile(struct sv *rest, struct sv *name)
{
    if (rest->len == 0)
        return false;
    struct sv line = sv_split(rest, '\n');
    while (line.len > 0 && line.ptr[line.len - 1] != '(')
        line.len--;
    line.len -= line.len > 0;
    *name = sv_trim(line);
    return true;
}

bool account_has_profile(const struct account *account, struct sv name)
{
    struct sv rest = sv_of(account->profiles), each;
    while (account_next_profile(&rest, &each))
        if (sv_eq(each, name))
            return true;
    return false;
}

static bool profile_matches(const struct account *account, struct sv pattern)
{
    struct sv rest = sv_of(account->profiles), each;
    while (account_next_profile(&rest, &each))
        if (pattern_match(pattern, each))
            return true;
    return false;
}

static bool place_matches(const struct account *account, struct sv pattern)
{
    struct sv below = below_root(account->ou_path);
    return pattern_match(pattern, sv_of(account->id)) ||
           pattern_match(pattern, sv_of(account->name)) ||
           pattern_match(pattern, sv_of(account->ou_path)) || profile_matches(account, pattern) ||
           (below.len > 0 && pattern_match(pattern, below));
}

static const struct {
    const char *prefix;
    bool (*matches)(const struct account *account, struct sv pattern);
} kinds[] = {{"ou:", ou_matches}, {"tag:", tag_matches}, {"", place_matches}};

bool account_matches(const struct account *account, struct sv patterns)
{
    struct sv pattern;
    while (pattern_next(&patterns, &pattern)) {
        size_t kind = 0;
        while (!sv_starts(pattern, sv_of(kinds[kind].prefix)))
            kind++;
        size_t skip = strlen(kinds[kind].prefix);
        if (kinds[kind].matches(account, (struct sv){pattern.ptr + skip, pattern.len - skip}))
            return true;
    }
    return false;
}

bool patterns_want_tags(struct sv patterns)
{
    struct sv pattern;
    while (pattern_next(&patterns, &pattern))
        if (sv_starts(pattern, SV("tag:")))
            return true;
    return false;
}

/* --- copies ---------------------------------------------------------------------------------- */

static char *copy_text(const char *text)
{
    return text ? mem_strdup(text) : NULL;
}

static void copy_account(struct estate *to, const struct account *from)
{
    struct account account = *from;
    account.name = copy_text(from->name);
    account.email = copy_text(from->email);
    account.state = copy_text(from->state);
    account.ou_path = copy_text(from->ou_path);
    account.ou_id = copy_text(from->ou_id);
    account.tags = copy_text(from->tags);
    account.profiles = copy_text(from->profiles);
    map_put(&to->index, sv_of(account.id), NULL)->u64 = to->accounts.len;
    vec_push(&to->accounts, account);
}

static void copy_ou(struct estate *to, const struct ou *from)
{
    struct ou ou = {copy_text(from->id), copy_text(from->name), copy_text(from->path), from->depth};
    vec_push(&to->ous, ou);
}

struct estate *estate_copy(const struct estate *estate)
{
    struct estate *copy = mem_new(struct estate);
    *copy = (struct estate){.n_locked = estate->n_locked, .tags_at_ms = estate->tags_at_ms};
    copy->tags_err = estate->tags_err;
    str_copy(copy->organization_id, estate->organization_id);
    str_copy(copy->management_id, estate->management_id);
    str_copy(copy->caller_arn, estate->caller_arn);
    str_copy(copy->caller_account, estate->caller_account);
    atomic_init(&copy->refs, 1);
    coverage_copy(&copy->coverage, &estate->coverage);
    for (size_t i = 0; i < estate->accounts.len; i++)
        copy_account(copy, &estate->accounts.ptr[i]);
    for (size_t i = 0; i < estate->ous.len; i++)
        copy_ou(copy, &estate->ous.ptr[i]);
    for (size_t i = 0; i < estate->regions.len; i++)
        vec_push(&copy->regions, mem_strdup(estate->regions.ptr[i]));
    return copy;
}

void estate_keep_tags(struct estate *estate, const struct estate *former)
{
    if (former->tags_at_ms == 0 || former->tags_err.code != OK ||
        clock_wall_ms() - former->tags_at_ms > ESTATE_TAGS_MAX_AGE_MS)
        return;
    for (size_t i = 0; i < estate->accounts.len; i++)
        if (!estate_account(former, sv_of(estate->accounts.ptr[i].id)))
            return;
    for (size_t i = 0; i < estate->accounts.len; i++) {
        struct account *account = &estate->accounts.ptr[i];
        account->tags = copy_text(estate_account(former, sv_of(account->id))->tags);
    }
    estate->tags_at_ms = former->tags_at_ms;
}

void estate_add_role_arn(const struct estate *estate, const char *account_id, struct sv name,
                         struct buf *out)
{
    struct sv caller = sv_of(estate ? estate->caller_arn : ""), partition;
    sv_split(&caller, ':');
    partition = sv_split(&caller, ':');
    buf_addf(out, "arn:" SV_FMT ":iam::%s:role/" SV_FMT,
             SV_ARG(partition.len > 0 ? partition : SV("aws")), account_id, SV_ARG(name));
}

/* '/' counts as the lowest character, so that "a/b" stands before "a b". */
int ou_path_compare(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    int x = *a == '/' ? 1 : (unsigned char)*a, y = *b == '/' ? 1 : (unsigned char)*b;
    return x - y;
}
