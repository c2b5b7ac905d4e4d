/* load_targets: which accounts and regions a load is about, and what each of them is read by. */
#include <string.h>

#include "core/gov/load/load_internal.h"

static bool selects_account(const struct load *load, const struct account *account)
{
    struct sv patterns = sv_of(load->selection.accounts);
    return patterns.len == 0 || account_matches(account, patterns);
}

static bool selects_region(const struct load *load, const char *region)
{
    struct sv patterns = sv_of(load->selection.regions);
    return patterns.len == 0 || patterns_match(patterns, sv_of(region));
}

bool load_selects(const struct load *load, const struct aws_target *target)
{
    const struct account *account = estate_account(load->estate, sv_of(target->account_id));
    return account && selects_account(load, account) &&
           (target->region[0] == '\0' || selects_region(load, target->region));
}

struct aws_target load_home(const struct load *load)
{
    struct aws_target home = {0};
    str_copy(home.account_id, load->estate->caller_account);
    str_copy(home.region, client_region(load->gov->client));
    return home;
}

static void each_region(struct load *load, const struct account *account, load_target_fn *fn,
                        void *arg)
{
    struct aws_target target = load_home(load);
    str_copy(target.account_id, account->id);
    for (size_t i = 0; i < load->estate->regions.len; i++) {
        if (load->screen->regional && !selects_region(load, load->estate->regions.ptr[i]))
            continue;
        if (load->screen->regional)
            str_copy(target.region, load->estate->regions.ptr[i]);
        struct pair *pair = ledger_ask(load, &target);
        pair->account = account;
        pair->fn = fn;
        pair->fn_arg = arg;
        pair->reads_open++; /* fn may find nothing to read: that is an answer too */
        size_t first = rows_begin(load);
        fn(load, account, &target, arg);
        rows_end(load, pair, first);
        pair->reads_open--;
        ledger_settle(load, pair);
        if (!load->screen->regional)
            return;
    }
}

static bool is_known(const struct load *load, const struct account *account)
{
    return map_get(&load->parties, sv_of(account->id)) != NULL;
}

void load_each_new(struct load *load)
{
    for (size_t i = 0; load->each && i < load->estate->accounts.len; i++) {
        const struct account *account = &load->estate->accounts.ptr[i];
        if (account_is_active(account) && selects_account(load, account) &&
            !is_known(load, account))
            each_region(load, account, load->each, load->each_arg);
    }
}

void load_each(struct load *load, load_target_fn *fn, void *arg)
{
    load->each = fn;
    load->each_arg = arg;
    for (size_t i = 0; i < load->estate->accounts.len; i++) {
        const struct account *account = &load->estate->accounts.ptr[i];
        if (account_is_active(account) && selects_account(load, account))
            each_region(load, account, fn, arg);
    }
}

/* --- what a person has asked for ------------------------------------------------------------- */

static enum err_code check_accounts(struct load *load, struct err *err)
{
    struct sv rest = sv_of(load->selection.accounts), pattern;
    while (pattern_next(&rest, &pattern)) {
        bool found = false;
        for (size_t i = 0; i < load->estate->accounts.len; i++)
            found |= account_matches(&load->estate->accounts.ptr[i], pattern);
        if (!found && patterns_want_tags(pattern) && load->estate->tags_err.code != OK) {
            *err = load->estate->tags_err;
            return err->code;
        }
        if (!found)
            return err_advise(err,
                              err_set(err, ERR_USAGE, "--account",
                                      "no account matches '" SV_FMT "'", SV_ARG(pattern)),
                              "`watchdeck --once accounts` lists them");
    }
    return OK;
}

static enum err_code unknown_region(const struct estate *estate, struct sv pattern, struct err *err)
{
    AUTO(buf_done) struct buf known = BUF_NONE;
    for (size_t i = 0; i < estate->regions.len; i++)
        buf_addf(&known, "%s%s", i > 0 ? ", " : "", estate->regions.ptr[i]);
    err_set(err, ERR_USAGE, "--region", "no region matches '" SV_FMT "'; there are %s",
            SV_ARG(pattern), buf_cstr(&known));
    return err_advise(err, ERR_USAGE, "");
}

static enum err_code check_regions(struct load *load, struct err *err)
{
    struct sv rest = sv_of(load->selection.regions), pattern;
    while (pattern_next(&rest, &pattern)) {
        bool found = false;
        for (size_t i = 0; i < load->estate->regions.len; i++)
            found |= pattern_match(pattern, sv_of(load->estate->regions.ptr[i]));
        if (!found)
            return unknown_region(load->estate, pattern, err);
    }
    return OK;
}

enum err_code load_check_selection(struct load *load, struct err *err)
{
    enum err_code code = check_accounts(load, err);
    return code == OK ? check_regions(load, err) : code;
}
