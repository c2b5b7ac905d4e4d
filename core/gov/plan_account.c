#include "core/gov/plan_account.h"

#include "core/gov/gov_internal.h"
#include "core/gov/load/reply.h"

void plan_read_account(struct inquiry *inquiry, const struct aws_target *target)
{
    struct gov *gov = inquiry_gov(inquiry);
    struct estate *estate = gov_estate(gov);
    if (estate && estate->ous.len > 0) {
        struct aws_target home = {0};
        cJSON *params = cJSON_CreateObject();
        cJSON_AddStringToObject(params, "ResourceId", target->account_id);
        str_copy(home.account_id, estate->caller_account);
        str_copy(home.region, client_region(gov->client));
        inquiry_read(inquiry, OP_organizations_ListTagsForResource, &home, params, NULL);
    }
    estate_unref(estate);
}

/* "Environment=prod*, ...": whether one of the account's tags says production. */
static bool tags_say_production(const struct gov *gov, const struct inquiry *inquiry)
{
    const cJSON *page = inquiry_page(inquiry, OP_organizations_ListTagsForResource, 0);
    struct sv rest = sv_of(gov->settings.production_tags), pattern;
    while (pattern_next(&rest, &pattern)) {
        struct sv value = pattern;
        AUTO_FREE char *key = sv_dup(sv_trim(sv_split(&value, '=')));
        struct sv tag = reply_tag(json_items(page, "Tags"), key, true);
        if (tag.len > 0 && pattern_match(sv_trim(value), tag))
            return true;
    }
    return false;
}

void plan_add_account(struct change_plan *plan, const struct inquiry *inquiry,
                      const struct aws_target *target)
{
    struct gov *gov = inquiry_gov(inquiry);
    struct estate *estate = gov_estate(gov);
    const struct account *account =
        estate ? estate_account(estate, sv_of(target->account_id)) : NULL;
    const struct err *err = inquiry_err(inquiry, OP_organizations_ListTagsForResource);
    plan->target = *target;
    str_copy(plan->account_name, account ? account->name : target->account_id);
    plan->production = (account && account->production) || tags_say_production(gov, inquiry);
    if (err->code != OK)
        change_plan_evidence(plan, "the account's tags could not be read: %s", err->message);
    estate_unref(estate);
}
