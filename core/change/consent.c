/* What has to be typed, and how much one consent may cover (ux.md 5: confirm by blast radius). */
#include <string.h>

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
    static const char *const harmless[] = {"INFO", "LOW", "MEDIUM"};

    for (size_t i = 0; i < ARRAY_LEN(harmless); i++)
        if (strcmp(severity, harmless[i]) == 0)
            return true;
    return false;
}

enum consent_level change_consent_level(const struct change_plan *plan, size_t n_items)
{
    if (plan->production)
        return CONSENT_NAME_AND_REASON;
    bool small = n_items <= 1 && plan->reversible == REVERSIBLE && plan->undo_of[0] == '\0' &&
                 is_medium_or_less(plan->severity);
    return small ? CONSENT_KEY : CONSENT_NAME;
}

enum err_code change_consent_check(const struct change_plan *plan,
                                   const struct change_consent *consent, struct err *err)
{
    enum consent_level level = change_consent_level(plan, consent->n_items);
    char word[sizeof consent->typed];

    if (strcmp(consent->plan_hash, plan->plan_hash) != 0)
        return err_set(err, ERR_CONSENT, "consent", "it was given to another plan than this one");
    change_consent_word(plan, word, sizeof word);
    if (level != CONSENT_KEY && word[0] == '\0')
        return err_set(err, ERR_CONSENT, "consent", "the account is not known: nothing to type");
    if (level != CONSENT_KEY && strcmp(consent->typed, word) != 0)
        return err_set(err, ERR_CONSENT, "consent", "what was typed is not \"%s\"", word);
    if (level == CONSENT_NAME_AND_REASON && sv_trim(sv_of(consent->reason)).len == 0)
        return err_set(err, ERR_CONSENT, "consent", "a change in production needs a reason");
    return OK;
}

/* --- belts -------------------------------------------------------------------------------- */

const struct change_belts change_belts_default = {.items_max = 10, .percent_max = 5};

enum err_code change_belts_check(const struct change_belts *belts, size_t n_items,
                                 size_t n_resources, struct err *err)
{
    if (n_items > belts->items_max)
        return err_set(err, ERR_REFUSED, "belts", "%zu items at once; at most %zu are allowed",
                       n_items, belts->items_max);
    if (n_items > 1 && n_resources != 0 && n_items * 100 > n_resources * belts->percent_max)
        return err_set(err, ERR_REFUSED, "belts",
                       "%zu items of %zu resources at once; at most %u percent are allowed",
                       n_items, n_resources, belts->percent_max);
    return OK;
}
