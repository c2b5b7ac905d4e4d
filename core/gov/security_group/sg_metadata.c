#include "core/gov/security_group/sg_metadata.h"

#include <stdlib.h>
#include <string.h>

/* "Description" of the model is "description" of the wire. */
static const cJSON *either(const cJSON *json, const char *model, const char *wire)
{
    const cJSON *found = json_get(json, model);
    return found ? found : json_get(json, wire);
}

char *sg_metadata_description(const cJSON *json)
{
    const cJSON *text = either(json, "Description", "description");
    return text ? sv_dup(json_string(text)) : NULL;
}

struct tag {
    struct sv key, value;
};

static int by_key(const void *a, const void *b)
{
    return sv_cmp(((const struct tag *)a)->key, ((const struct tag *)b)->key);
}

static void tags_text(struct tag *tags, size_t n, struct buf *text)
{
    if (n > 0)
        qsort(tags, n, sizeof tags[0], by_key);
    for (size_t i = 0; i < n; i++)
        buf_addf(text, "%s" SV_FMT "=" SV_FMT, i > 0 ? ", " : "", SV_ARG(tags[i].key),
                 SV_ARG(tags[i].value));
}

char *sg_metadata_tags(const cJSON *json)
{
    const cJSON *list = either(json, "Tags", "tagSet");
    struct buf text = BUF_NONE;
    VEC(struct tag) tags = {0};
    if (!list)
        return NULL;
    for (const cJSON *item = list->child; item; item = item->next) {
        struct tag tag = {json_string(either(item, "Key", "key")),
                          json_string(either(item, "Value", "value"))};
        if (!sv_starts(tag.key, SV("aws:")))
            vec_push(&tags, tag);
    }
    tags_text(tags.ptr, tags.len, &text);
    vec_free(&tags);
    return buf_take(&text);
}

bool sg_metadata_same_traffic(const struct sg_rule *a, const struct sg_rule *b)
{
    return a->egress == b->egress && a->protocol == b->protocol && a->from_port == b->from_port &&
           a->to_port == b->to_port && a->has_cidr == b->has_cidr &&
           (!a->has_cidr ||
            (cidr_contains(&a->cidr, &b->cidr) && cidr_contains(&b->cidr, &a->cidr))) &&
           strcmp(a->prefix_list_id, b->prefix_list_id) == 0 &&
           strcmp(a->referenced_group_id, b->referenced_group_id) == 0;
}

static void add_difference(const char *what, const char *actual, const char *approved,
                           struct buf *how)
{
    if (!approved || strcmp(actual ? actual : "", approved) == 0)
        return;
    buf_addf(how, "%s%s \"%s\", approved \"%s\"", how->len > 0 ? "; " : "", what,
             actual ? actual : "", approved);
}

bool sg_metadata_differs(const struct sg_rule *actual, const struct sg_rule *approved,
                         struct buf *how)
{
    size_t before = how->len;
    add_difference("description", actual->description, approved->description, how);
    add_difference("tags", actual->tags, approved->tags, how);
    return how->len > before;
}
