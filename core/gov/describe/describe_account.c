/* describe_account: the tags of an account. */
#include "core/gov/describe/describing.h"
#include "core/gov/gov_internal.h"

static void account_begin(struct inquiry *inquiry, struct describing *describing)
{
    struct estate *estate = gov_estate(inquiry_gov(inquiry));
    struct aws_target home = describing->target;
    cJSON *params = cJSON_CreateObject();
    cJSON_AddStringToObject(params, "ResourceId", describing->id);
    str_copy(home.account_id, estate ? estate->caller_account : "");
    str_copy(home.region, client_region(gov_client(inquiry_gov(inquiry))));
    inquiry_read(inquiry, OP_organizations_ListTagsForResource, &home, params, NULL);
    estate_unref(estate);
}

static void account_end(struct inquiry *inquiry, struct describing *describing)
{
    const cJSON *page = inquiry_page(inquiry, OP_organizations_ListTagsForResource, 0);
    tell_tags(describing, "Tags", json_items(page, "Tags"));
}

const struct describer describer_account = {account_begin, account_end};
