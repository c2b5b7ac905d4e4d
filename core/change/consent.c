/* What has to be typed, and how much one consent may cover (ux.md 5: confirm by blast radius). */
#include <stdio.h>
#include <string.h>

#include "core/base/digest.h"
#include "core/change/gate.h"

/* --- the word ----------------------------------------------------------------------------- */

/* A name with anything else could look like another one on the screen. */
static bool is_printable_ascii(const char *text)
{
    if (text[0] == '\0')
        return false;
    for (const char *at = text; *at != '\0'; at++)
        if (*at < 0x20 || *at > 0x7e)
            return false;
    /* what cannot be seen cannot be typed: blanks at an end, or two in a row */
    return text[0] != ' ' && text[strlen(text) - 1] != ' ' && strstr(text, "  ") == NULL;
}

void change_consent_word(const struct change_plan *plan, char *word, size_t size)
{
    const char *name = plan->account_name;
    bool typable = is_printable_ascii(name) && strlen(name) < size;

    sv_copy(sv_of(typable ? name : plan->target.account_id), word, size);
}

/* --- the level ---------------------------------------------------------------------------- */

/* Severities that are not known to be harmless are not. */
static bool is_medium_or_less(const char *severity)
{
    return sv_has_word(SV("INFO LOW MEDIUM"), sv_of(severity));
}

enum consent_level change_consent_level(const struct change_plan *plan, size_t n_items)
{
    if (plan->production)
        return CONSENT_NAME_AND_REASON;
    bool small = n_items <= 1 && plan->reversible == REVERSIBLE && plan->undo_of[0] == '\0' &&
                 is_medium_or_less(plan->severity);
    return small ? CONSENT_KEY : CONSENT_NAME;
}

/* --- several at once ----------------------------------------------------------------------- */

void change_batch_hash(const char *const *plan_hashes, size_t n, char hash[65])
{
    AUTO(buf_done) struct buf text = BUF_NONE;

    for (size_t i = 0; i < n; i++)
        buf_addf(&text, "%s\n", plan_hashes[i]);
    sha256_hex(buf_sv(&text), hash);
}

static size_t count_accounts(const struct change_plan *const *plans, size_t n)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i++) {
        size_t first = 0;
        while (strcmp(plans[first]->target.account_id, plans[i]->target.account_id) != 0)
            first++;
        count += first == i;
    }
    return count;
}

void change_batch_word(const struct change_plan *const *plans, size_t n, bool past_belts,
                       char *word, size_t size)
{
    size_t n_accounts = count_accounts(plans, n);

    if (past_belts)
        snprintf(word, size, "%zu changes past the belt", n);
    else if (n_accounts == 1)
        change_consent_word(plans[0], word, size);
    else
        snprintf(word, size, "%zu changes in %zu accounts", n, n_accounts);
}

enum consent_level change_batch_level(const struct change_plan *const *plans, size_t n)
{
    enum consent_level level = CONSENT_KEY;

    for (size_t i = 0; i < n; i++) {
        enum consent_level this = change_consent_level(plans[i], n);
        level = this > level ? this : level;
    }
    return level;
}

/* What has been typed, and the reason, for what has that word and that level. */
static enum err_code check_typed(const struct change_consent *consent, enum consent_level level,
                                 const char *word, struct err *err)
{
    if (level != CONSENT_KEY && word[0] == '\0')
        return err_set(err, ERR_CONSENT, "consent", "the account is not known: nothing to type");
    if (level != CONSENT_KEY && strcmp(consent->typed, word) != 0)
        return err_set(err, ERR_CONSENT, "consent", "what was typed is not \"%s\"", word);
    if (level == CONSENT_NAME_AND_REASON && sv_trim(sv_of(consent->reason)).len == 0)
        return err_set(err, ERR_CONSENT, "consent", "a change in production needs a reason");
    return OK;
}

enum err_code change_consent_check(const struct change_plan *plan,
                                   const struct change_consent *consent, struct err *err)
{
    char word[sizeof consent->typed];

    if (strcmp(consent->plan_hash, plan->plan_hash) != 0)
        return err_set(err, ERR_CONSENT, "consent", "it was given to another plan than this one");
    change_consent_word(plan, word, sizeof word);
    return check_typed(consent, change_consent_level(plan, consent->n_items), word, err);
}

enum err_code change_batch_check(const struct change_plan *const *plans, size_t n,
                                 const struct change_consent *consent, struct err *err)
{
    char word[sizeof consent->typed], hash[SHA256_HEX_SIZE];
    VEC(const char *) hashes = {0};

    for (size_t i = 0; i < n; i++)
        vec_push(&hashes, plans[i]->plan_hash);
    change_batch_hash(hashes.ptr, n, hash);
    vec_free(&hashes);
    if (strcmp(consent->plan_hash, hash) != 0)
        return err_set(err, ERR_CONSENT, "consent", "it was given to other plans than these");
    change_batch_word(plans, n, consent->past_belts, word, sizeof word);
    return check_typed(consent, change_batch_level(plans, n), word, err);
}

/* --- belts -------------------------------------------------------------------------------- */

const struct change_belts change_belts_default = {
    .items_max = 10, .percent_max = 5, .failures_max = 2};

enum err_code change_belts_check(const struct change_belts *belts, size_t n_items,
                                 size_t n_resources, struct err *err)
{
    if (n_items > belts->items_max)
        return err_set(err, ERR_REFUSED, "belts", "%zu items at once; at most %zu are allowed",
                       n_items, belts->items_max);
    if (n_items > 1 && n_resources == 0)
        return err_set(
            err, ERR_REFUSED, "belts",
            "%zu items at once, of how many is not known in full; at most %u percent are "
            "allowed",
            n_items, belts->percent_max);
    if (n_items > 1 && n_items * 100 > n_resources * belts->percent_max)
        return err_set(err, ERR_REFUSED, "belts",
                       "%zu items of %zu resources at once; at most %u percent are allowed",
                       n_items, n_resources, belts->percent_max);
    return OK;
}

enum err_code change_belts_allow(const struct change_belts *belts, size_t n_items,
                                 const struct change_consent *consent, struct err *err)
{
    bool too_many = n_items > belts->items_max;

    return consent->past_belts && !too_many
               ? OK
               : change_belts_check(belts, n_items, consent->n_resources, err);
}
