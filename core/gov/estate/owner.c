#include "core/gov/estate/owner.h"

#include "core/base/mem.h"
#include "core/gov/load/reply.h"

/* Tags that tell who made a thing, and would make it again. */
static const struct {
    const char *tag, *maker;
} makers[] = {
    {"aws:cloudformation:stack-name", "CloudFormation stack"},
    {"elasticbeanstalk:environment-name", "Elastic Beanstalk environment"},
    {"aws:eks:cluster-name", "EKS cluster"},
    {"aws:servicecatalog:provisionedProductArn", "Service Catalog product"},
    {"terraform", "Terraform:"},
    {"terraform:workspace", "Terraform workspace"},
    {"pulumi:project", "Pulumi project"},
    {"managed-by", "tool"},
    {"managedby", "tool"},
};

static const char *const owners[] = {"owner", "team", "contact", "service"};

struct sv owner_in_tags(const cJSON *tags)
{
    struct sv value = SV_NONE;
    for (size_t i = 0; i < ARRAY_LEN(owners) && value.len == 0; i++)
        value = reply_tag(tags, owners[i], true);
    return value;
}

bool owner_tags_next(const cJSON *tags, size_t *at, const char **word, struct sv *value)
{
    while (*at < ARRAY_LEN(owners)) {
        *word = owners[(*at)++];
        *value = reply_tag(tags, *word, true);
        if (value->len > 0)
            return true;
    }
    return false;
}

bool maker_in_tags(const cJSON *tags, struct buf *text)
{
    for (size_t i = 0; i < ARRAY_LEN(makers); i++) {
        struct sv value = reply_tag(tags, makers[i].tag, true);
        if (value.len == 0)
            continue;
        buf_addf(text, "%s " SV_FMT, makers[i].maker, SV_ARG(value));
        return true;
    }
    return false;
}
