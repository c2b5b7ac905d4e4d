/*
 * describe_preferences: the session preferences of an account and region, field by field beside
 * what is approved, with the document that they are in and who has changed it.
 */
#include "core/gov/describe/describing.h"
#include "core/gov/load/reply.h"
#include "core/gov/preferences/preferences_baseline.h"

static const char section[] = SECTION_PREFERENCES;

/* Only a document that is there is asked for. */
static void ask_document(struct inquiry *inquiry, void *arg)
{
    const struct describing *describing = describing_of(arg);
    const cJSON *listed = inquiry_page(inquiry, OP_ssm_ListDocuments, 0);
    if (json_items(listed, "DocumentIdentifiers"))
        document_ask(inquiry, describing, PREFERENCES_DOCUMENT, "");
}

static void preferences_begin(struct inquiry *inquiry, struct describing *describing)
{
    cJSON *params = cJSON_CreateObject(), *filter = cJSON_CreateObject();
    cJSON_AddStringToObject(filter, "Key", "Name");
    cJSON_AddItemToObject(filter, "Values", reply_list_of(PREFERENCES_DOCUMENT));
    cJSON_AddItemToArray(cJSON_AddArrayToObject(params, "Filters"), filter);
    inquiry_read_pages(inquiry, OP_ssm_ListDocuments, &describing->target, params, 1, ask_document);
    changes_ask(inquiry, describing, PREFERENCES_DOCUMENT);
}

/* "20 min   MEDIUM: approved is 15 min   PCI DSS ...". */
static void tell_field(struct describing *describing, const struct preferences *approved,
                       const struct preferences *current, enum preference field)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    const char *value = preference_value(current, field), *wanted = approved->values[field];
    const char *note = preference_note(field, value);
    preference_text(field, value, &text);
    if (!current->values[field])
        buf_add_cstr(&text, ", AWS's default");
    if (wanted && preference_severity(field, wanted, value) > SEVERITY_NONE) {
        buf_addf(&text, "   %s: approved is ",
                 severity_name(preference_severity(field, wanted, value)));
        preference_text(field, wanted, &text);
    } else if (wanted) {
        buf_add_cstr(&text, "   as approved");
    }
    if (note[0])
        buf_addf(&text, "   %s", note);
    tell(describing, section, sv_of(preference_name(field)), buf_sv(&text));
}

static void tell_fields(struct inquiry *inquiry, struct describing *describing,
                        const struct preferences *current)
{
    struct gov *gov = inquiry_gov(inquiry);
    struct estate *estate = gov_estate(gov);
    struct preferences approved;
    preferences_baseline_for(gov_preferences_baseline(gov),
                             estate ? estate_account(estate, sv_of(describing->target.account_id))
                                    : NULL,
                             describing->target.region, &approved);
    for (size_t i = 0; i < N_PREFERENCES; i++)
        tell_field(describing, &approved, current, (enum preference)i);
    preferences_done(&approved);
    estate_unref(estate);
}

static void preferences_end(struct inquiry *inquiry, struct describing *describing)
{
    const cJSON *listed = inquiry_page(inquiry, OP_ssm_ListDocuments, 0);
    const cJSON *document = inquiry_page(inquiry, OP_ssm_GetDocument, 0);
    struct preferences current = {{0}};
    struct err err = ERR_NONE;
    if (document)
        preferences_from_content(json_sv(document, "Content"), &current, &err);
    if (err.code != OK)
        tell(describing, section, SV("unknown"), sv_of(err.message));
    else if (document || (listed && !json_items(listed, "DocumentIdentifiers")))
        tell_fields(inquiry, describing, &current);
    preferences_done(&current);
    document_tell(inquiry, describing);
    document_tell_content(inquiry, describing);
    changes_tell(inquiry, describing);
}

const struct describer describer_preferences = {preferences_begin, preferences_end};
