#include "core/gov/queue/item_tags.h"

#include <string.h>

#include "core/gov/estate/owner.h"

#define ASKED_MAX 20 /* half of what Systems Manager lets a place ask at once */

/* What Systems Manager calls them. */
static const struct {
    const char *kind, *type;
} taggable[] = {
    {"automation", "Automation"},
    {"opsitem", "OpsItem"},
    {"parameter", "Parameter"},
};

/* An item that waits for its tags: a copy. */
struct asked {
    const struct item_tags *tags;
    struct item item;
    struct aws_target target;
};

static const char *type_of(const struct item *item)
{
    for (size_t i = 0; item->tagged && i < ARRAY_LEN(taggable); i++)
        if (strcmp(taggable[i].kind, item->kind) == 0)
            return taggable[i].type;
    return NULL;
}

static struct asked *hold(struct load *load, const struct item *item, const struct item_tags *tags)
{
    struct asked *asked = load_alloc(load, sizeof *asked);
    *asked = (struct asked){tags, *item, *item->target};
    asked->item.target = &asked->target;
    const char **const texts[] = {
        &asked->item.kind,   &asked->item.type,      &asked->item.resource, &asked->item.about,
        &asked->item.name,   &asked->item.subject,   &asked->item.value,    &asked->item.what,
        &asked->item.note,   &asked->item.owner,     &asked->item.maker,    &asked->item.changed_by,
        &asked->item.tagged, &asked->item.requester, &asked->item.proposal, &asked->item.key,
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (*texts[i])
            *texts[i] = load_keep(load, sv_of(*texts[i]));
    return asked;
}

void item_tags_tell(struct load *load, const cJSON *tags, const char **owner, const char **maker)
{
    AUTO(buf_done) struct buf made_by = BUF_NONE;
    struct sv whose = owner_in_tags(tags);
    if (whose.len > 0)
        *owner = load_keep(load, whose);
    if (maker_in_tags(tags, &made_by))
        *maker = load_keep(load, buf_sv(&made_by));
}

static void tags_page(struct load *load, struct aws_page *page, void *arg)
{
    struct asked *asked = arg;
    item_tags_tell(load, json_items(page->body, "TagList"), &asked->item.owner, &asked->item.maker);
}

static void tags_end(struct load *load, const struct aws_request *request, const struct err *err,
                     void *arg)
{
    (void)request, (void)err; /* refused, or gone meanwhile: whose it is is not known */
    const struct asked *asked = arg;
    asked->tags->fn(load, &asked->item, asked->tags->arg);
}

void item_tags_take(struct load *load, const struct item *item, void *arg)
{
    struct item_tags *tags = arg;
    const char *type = type_of(item);
    if (!type || tags->n_asked >= ASKED_MAX) {
        tags->fn(load, item, tags->arg);
        return;
    }
    tags->n_asked++;
    cJSON *params = cJSON_CreateObject();
    cJSON_AddStringToObject(params, "ResourceType", type);
    cJSON_AddStringToObject(params, "ResourceId", item->tagged);
    load_try(load, OP_ssm_ListTagsForResource, item->target, params, tags_page, tags_end,
             hold(load, item, tags));
}
