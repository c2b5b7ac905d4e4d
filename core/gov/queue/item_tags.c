#include "core/gov/queue/item_tags.h"

#include <string.h>

#include "core/gov/estate/owner.h"

#define OPERATION "ssm:ListTagsForResource"
#define ASKED_MAX                                                                   \
    100 /* what a place is asked at once, as budgets.def has it: rows wait for them \
         */

/* What Systems Manager calls them. */
static const struct {
    const char *kind, *type;
} taggable[] = {
    {"automation", "Automation"},
    {"opsitem", "OpsItem"},
    {"parameter", "Parameter"},
    {"preferences", "Document"},
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
        &asked->item.whose,  &asked->item.requester, &asked->item.proposal, &asked->item.key,
        &asked->item.tagged,
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
    (void)request;
    struct asked *asked = arg;
    if (err->code != OK) { /* refused, or gone meanwhile */
        asked->item.whose = ITEM_UNREAD;
        load_remark(load, &asked->target, OPERATION, "whose some things are is not known", err);
    }
    asked->tags->fn(load, &asked->item, asked->tags->arg);
}

/* A short thing never looks complete: the row says so, and so does the coverage. */
static void tell_not_asked(struct load *load, const struct item *item, const struct item_tags *tags)
{
    struct item untold = *item;
    struct err err = ERR_NONE;
    err_set(&err, ERR_TOO_BIG, OPERATION, "each is a request, and of a place %d are asked at most",
            ASKED_MAX);
    load_remark(load, item->target, OPERATION, "whose some things are was not asked", &err);
    untold.whose = ITEM_NOT_ASKED;
    tags->fn(load, &untold, tags->arg);
}

void item_tags_take(struct load *load, const struct item *item, void *arg)
{
    struct item_tags *tags = arg;
    const char *type = type_of(item);
    if (!type) {
        tags->fn(load, item, tags->arg);
        return;
    }
    if (tags->n_asked >= ASKED_MAX) {
        tell_not_asked(load, item, tags);
        return;
    }
    tags->n_asked++;
    cJSON *params = cJSON_CreateObject();
    cJSON_AddStringToObject(params, "ResourceType", type);
    cJSON_AddStringToObject(params, "ResourceId", item->tagged);
    load_try(load, OP_ssm_ListTagsForResource, item->target, params, tags_page, tags_end,
             hold(load, item, tags));
}
