/*
 * estate_tags: the tags of the organization's accounts, one request at a time. They are read when a
 * selection asks for them, not before: a request for each account is what Organizations has least
 * of.
 */
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/gov/gov_internal.h"

struct tag_walk {
    struct gov *gov;
    struct estate *estate; /* a copy of our own */
    size_t at;             /* the account being read */
    struct buf tags;       /* of it, so far */
    void (*done)(struct gov *gov, struct estate *take_estate);
};

static void read_next(struct tag_walk *walk);

static void walk_free(void *arg)
{
    struct tag_walk *walk = arg;
    estate_unref(walk->estate);
    buf_done(&walk->tags);
    mem_free(walk);
}

/* A line has one '=' that counts, the first: keys have none, or none that we would see. */
static void on_page(void *arg, struct aws_page *page)
{
    struct tag_walk *walk = arg;
    for (const cJSON *item = json_items(page->body, "Tags"); item; item = item->next) {
        struct sv parts[] = {json_sv(item, "Key"), SV("="), json_sv(item, "Value"), SV("\n")};
        for (size_t i = 0; i < ARRAY_LEN(parts); i++)
            for (size_t c = 0; c < parts[i].len; c++)
                buf_add_char(&walk->tags,
                             i != 3 && parts[i].ptr[c] == '\n' ? ' ' : parts[i].ptr[c]);
    }
}

static void add_gap(struct tag_walk *walk, const struct account *account, const struct err *err)
{
    struct gap gap = {.err = *err};
    str_copy(gap.target.account_id, account->id);
    str_copy(gap.account_name, account->name);
    str_copy(gap.operation, "organizations:ListTagsForResource");
    coverage_add_gap(&walk->estate->coverage, &gap);
    if (walk->estate->tags_err.code == OK)
        walk->estate->tags_err = *err;
}

static void on_done(void *arg, const struct aws_request *request, const struct aws_outcome *outcome)
{
    struct tag_walk *walk = arg;
    struct account *account = &walk->estate->accounts.ptr[walk->at++];
    (void)request;
    if (outcome->err.code == OK)
        account->tags = buf_take(&walk->tags);
    else
        add_gap(walk, account, &outcome->err);
    buf_clear(&walk->tags);
    if (outcome->err.code == ERR_DENIED)
        walk->at = walk->estate->accounts.len; /* the others would be, too */
    read_next(walk);
}

static void read_next(struct tag_walk *walk)
{
    if (walk->at == walk->estate->accounts.len) {
        struct estate *estate = walk->estate;
        walk->estate = NULL;
        walk->done(walk->gov, estate);
        walk_free(walk);
        return;
    }
    struct aws_request request = {.op = OP_organizations_ListTagsForResource};
    request.params = cJSON_CreateObject();
    cJSON_AddStringToObject(request.params, "ResourceId", walk->estate->accounts.ptr[walk->at].id);
    str_copy(request.target.region, client_region(walk->gov->client));
    walk->gov->read(walk->gov->client, walk->gov->scope, &request, on_page, on_done, walk_free,
                    walk);
}

static void forget_tags(struct estate *estate)
{
    size_t kept = 0;
    for (size_t i = 0; i < estate->accounts.len; i++) {
        mem_free(estate->accounts.ptr[i].tags);
        estate->accounts.ptr[i].tags = NULL;
    }
    for (size_t i = 0; i < estate->coverage.gaps.len; i++)
        if (strcmp(estate->coverage.gaps.ptr[i].operation, "organizations:ListTagsForResource") !=
            0)
            estate->coverage.gaps.ptr[kept++] = estate->coverage.gaps.ptr[i];
    estate->coverage.gaps.len = kept;
    estate->tags_err = ERR_NONE;
}

void estate_read_tags(struct gov *gov, const struct estate *estate,
                      void (*done)(struct gov *gov, struct estate *take_estate))
{
    struct tag_walk *walk = mem_new(struct tag_walk);
    *walk = (struct tag_walk){.gov = gov, .estate = estate_copy(estate), .done = done};
    walk->tags = BUF_NONE;
    forget_tags(walk->estate);
    walk->estate->tags_at_ms = clock_wall_ms();
    read_next(walk);
}
