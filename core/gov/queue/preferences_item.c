#include "core/gov/queue/preferences_item.h"

#include "core/gov/preferences/preferences_read.h"

struct telling {
    item_fn *fn;
    void *arg;
};

void preferences_item_key(const struct aws_target *target, const char *type,
                          const struct preferences *approved, char key[SHA256_HEX_SIZE])
{
    char value[SHA256_HEX_SIZE];
    preferences_hash(approved, value);
    item_key(target, PREFERENCES_DOCUMENT, type, value, key);
}

/* "shells: kmsKeyId none, idleSessionTimeout 20 min": what differs, the worst first. */
static void fields_text(const struct preferences_found *found, struct buf *text)
{
    const char *before = "shells: ";
    for (int severity = SEVERITY_CRITICAL; severity > SEVERITY_NONE; severity--)
        for (size_t i = 0; i < N_PREFERENCES; i++) {
            enum preference field = (enum preference)i;
            if ((int)preferences_field_severity(found, field) != severity)
                continue;
            buf_addf(text, "%s%s ", before, preference_name(field));
            preference_text(field, preference_value(&found->current, field), text);
            before = ", ";
        }
}

static void note_text(const struct preferences_found *found, struct buf *text)
{
    if (!found->is_there)
        buf_add_cstr(text, "no " PREFERENCES_DOCUMENT ": AWS's defaults hold");
    for (size_t i = 0; i < N_PREFERENCES; i++) {
        enum preference field = (enum preference)i;
        const char *note = preference_note(field, preference_value(&found->current, field));
        if (note[0])
            buf_addf(text, "%s%s", text->len > 0 ? "; " : "", note);
    }
}

static void tell(struct load *load, const struct preferences_found *found, struct item *item,
                 const struct telling *telling)
{
    char value[SHA256_HEX_SIZE];
    preferences_hash(&found->approved, value);
    item->account = found->account;
    item->target = found->target;
    item->kind = "preferences";
    item->subject = item->type;
    item->shown = item->severity;
    item->resource = PREFERENCES_DOCUMENT;
    item->value = value;
    item->tagged = found->is_there ? PREFERENCES_DOCUMENT : NULL; /* else there is nothing tagged */
    item->since_ms = found->since_ms;
    telling->fn(load, item, telling->arg);
}

static void found_one(struct load *load, const struct preferences_found *found, void *arg)
{
    AUTO(buf_done) struct buf what = BUF_NONE, note = BUF_NONE;
    struct item item = {.severity = preferences_severity(found)};
    if (found->why.code != OK) {
        item.type = PREFERENCES_UNKNOWN;
        item.what = "session preferences cannot be compared";
        item.note = found->why.message;
        tell(load, found, &item, arg);
    } else if (item.severity > SEVERITY_NONE) {
        fields_text(found, &what);
        note_text(found, &note);
        item.type = found->is_there ? PREFERENCES_DRIFT : PREFERENCES_MISSING;
        item.what = buf_cstr(&what);
        item.note = note.len > 0 ? buf_cstr(&note) : NULL;
        tell(load, found, &item, arg);
    }
}

static void read_items(struct load *load, const struct account *account,
                       const struct aws_target *target, item_fn *fn, void *arg)
{
    struct preferences approved;
    bool is_approved = preferences_baseline_for(gov_preferences_baseline(load_gov(load)), account,
                                                target->region, &approved);
    preferences_done(&approved);
    if (!is_approved)
        return;
    struct telling *telling = load_alloc(load, sizeof *telling);
    *telling = (struct telling){fn, arg};
    preferences_read(load, account, target, found_one, telling);
}

const struct item_source item_source_preferences = {ITEMS_DRIFT | ITEMS_APPROVALS | ITEMS_TRIAGE,
                                                    read_items};
