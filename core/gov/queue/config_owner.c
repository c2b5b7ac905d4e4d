#include "core/gov/queue/config_owner.h"

#include <string.h>

#include "core/aws/wire/page_texts.h"
#include "core/gov/queue/item_tags.h"

#define OPERATION      "config:SelectResourceConfig"
#define SELECT_TAGS    "SELECT resourceId, resourceType, tags WHERE resourceId IN ("
#define EXPRESSION_MAX 4096 /* characters, as the service has it; a byte is one at most */
#define IDS_MAX        100  /* of one query: what comes is one page */
#define QUERIES_MAX    20   /* what AWS lets be asked at once: rows wait for no more */

/* --- what was named -------------------------------------------------------------------------- */

static void key_of(struct sv type, struct sv id, struct buf *key)
{
    buf_addf(key, SV_FMT " " SV_FMT, SV_ARG(type), SV_ARG(id));
}

void config_owners_want(struct config_owners *owners, struct load *load, struct sv type,
                        struct sv id)
{
    AUTO(buf_done) struct buf key = BUF_NONE;
    key_of(type, id, &key);
    union map_value *value = map_put(&owners->by_resource, buf_sv(&key), NULL);
    if (value->ptr)
        return;
    struct config_owner *owner = value->ptr = load_alloc(load, sizeof *owner);
    owner->id = load_keep(load, id);
    owner->whose = ITEM_NOT_ASKED;
    vec_push(&owners->wanted, owner);
}

static struct config_owner *find(const struct config_owners *owners, struct sv type, struct sv id)
{
    AUTO(buf_done) struct buf key = BUF_NONE;
    key_of(type, id, &key);
    const union map_value *value = map_get(&owners->by_resource, buf_sv(&key));
    return value ? value->ptr : NULL;
}

const struct config_owner *config_owners_find(const struct config_owners *owners, struct sv type,
                                              struct sv id)
{
    return find(owners, type, id);
}

void config_owners_done(struct config_owners *owners)
{
    map_done(&owners->by_resource);
    vec_free(&owners->wanted);
}

/* --- what the tags say ----------------------------------------------------------------------- */

/* A result that cannot be read tells nothing: its resource's owner is not readable. */
static void tags_page(struct load *load, struct aws_page *page, void *arg)
{
    struct sv text;
    for (size_t i = 0; (text = page_texts_at(page->texts, i)).ptr; i++) {
        AUTO(json_free_at) cJSON *result = NULL;
        struct err err;
        if (json_parse(text, OPERATION, &result, &err) != OK)
            continue;
        struct config_owner *owner =
            find(arg, json_sv(result, "resourceType"), json_sv(result, "resourceId"));
        if (!owner)
            continue;
        owner->whose = NULL;
        item_tags_tell(load, json_items(result, "tags"), &owner->owner, &owner->maker);
    }
}

static void tags_end(struct load *load, const struct aws_request *request, const struct err *err,
                     void *arg)
{
    (void)request;
    struct config_owners *owners = arg;
    if (err->code != OK)
        load_remark(load, &owners->target, OPERATION, "whose what rules have found is is not known",
                    err);
    if (--owners->n_reading == 0)
        owners->done(load, owners->arg);
}

/* --- queries --------------------------------------------------------------------------------- */

/* 'it''s' */
static void add_quoted(struct buf *text, const char *id)
{
    buf_add_char(text, '\'');
    for (; *id; id++)
        buf_addf(text, *id == '\'' ? "''" : "%c", *id);
    buf_add_char(text, '\'');
}

/* The next query, of as many as it may hold from *at on; *at goes on behind them. What is too long
 * for any query is no id that AWS gives, and is left out. */
static cJSON *next_query(const struct config_owners *owners, size_t *at)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    size_t n = 0;
    buf_add_cstr(&text, SELECT_TAGS);
    for (; *at < owners->wanted.len && n < IDS_MAX; (*at)++) {
        AUTO(buf_done) struct buf id = BUF_NONE;
        add_quoted(&id, owners->wanted.ptr[*at]->id);
        bool fits = text.len + strlen(", )") + id.len <= EXPRESSION_MAX;
        if (!fits && n > 0)
            break;
        owners->wanted.ptr[*at]->whose = ITEM_UNREAD; /* until it is told */
        if (fits)
            buf_addf(&text, "%s%s", n++ > 0 ? ", " : "", buf_cstr(&id));
    }
    buf_add_char(&text, ')');
    cJSON *params = n > 0 ? cJSON_CreateObject() : NULL;
    if (params)
        cJSON_AddStringToObject(params, "Expression", buf_cstr(&text));
    return params;
}

static void remark_not_asked(const struct config_owners *owners, struct load *load)
{
    struct err err = ERR_NONE;
    err_set(&err, ERR_TOO_BIG, OPERATION, "a place is asked %d queries of %d at most", QUERIES_MAX,
            IDS_MAX);
    load_remark(load, &owners->target, OPERATION,
                "whose some of what rules have found is was not asked", &err);
}

void config_owners_read(struct config_owners *owners, struct load *load,
                        const struct aws_target *target, config_owners_fn *done, void *arg)
{
    size_t at = 0;
    cJSON *params;
    owners->target = *target;
    owners->done = done;
    owners->arg = arg;
    while (owners->n_reading < QUERIES_MAX && (params = next_query(owners, &at))) {
        owners->n_reading++;
        load_try(load, OP_config_SelectResourceConfig, target, params, tags_page, tags_end, owners);
    }
    if (at < owners->wanted.len)
        remark_not_asked(owners, load);
    if (owners->n_reading == 0)
        done(load, arg);
}
