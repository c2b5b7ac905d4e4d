#include "core/gov/config/resource_result.h"

#include <string.h>

#include "core/base/json_pull.h"
#include "core/base/mem.h"

typedef void read_fn(struct json_pull *pull, struct resource_result *result,
                     enum result_field field);

static read_fn read_text, read_number, read_tags;

/* In the order in which queries ask for them. */
static const struct {
    struct sv name;
    enum result_field field;
    read_fn *read;
} members[] = {
    {{"accountId", 9}, RESULT_ACCOUNT, read_text},
    {{"awsRegion", 9}, RESULT_REGION, read_text},
    {{"resourceType", 12}, RESULT_TYPE, read_text},
    {{"resourceId", 10}, RESULT_ID, read_text},
    {{"resourceName", 12}, RESULT_NAME, read_text},
    {{"tags", 4}, RESULT_TAGS, read_tags},
    {{"targetResourceType", 18}, RESULT_TYPE, read_text},
    {{"targetResourceId", 16}, RESULT_ID, read_text},
    {{"complianceType", 14}, RESULT_VERDICT, read_text},
    {{"COUNT(*)", 8}, RESULT_COUNT, read_number},
};

/* --- values ---------------------------------------------------------------------------------- */

static void read_text(struct json_pull *pull, struct resource_result *result,
                      enum result_field field)
{
    result->fields[field] = json_pull_text(pull, &result->scratch[field]);
}

static void read_number(struct json_pull *pull, struct resource_result *result,
                        enum result_field field)
{
    result->fields[field] = json_pull_raw(pull);
}

/* {"key": "Owner", "value": "team-data", "tag": "Owner=team-data"} */
static void add_tag(struct json_pull *pull, struct resource_result *result, struct buf *tags)
{
    struct sv member, key = SV_NONE, value = SV_NONE;
    if (!json_pull_enter(pull, '{')) {
        json_pull_raw(pull);
        return;
    }
    while (json_pull_next(pull, &member)) {
        if (sv_eq(member, SV("key")))
            key = json_pull_text(pull, &result->tag_key);
        else if (sv_eq(member, SV("value")))
            value = json_pull_text(pull, &result->tag_value);
        else
            json_pull_raw(pull);
    }
    if (tags->len > 0)
        buf_add_char(tags, ' ');
    buf_add(tags, key);
    buf_add_char(tags, '=');
    buf_add(tags, value);
}

static void read_tags(struct json_pull *pull, struct resource_result *result,
                      enum result_field field)
{
    struct buf *tags = &result->scratch[field];
    struct sv none;
    buf_clear(tags);
    if (json_pull_enter(pull, '['))
        while (json_pull_next(pull, &none))
            add_tag(pull, result, tags);
    else
        json_pull_raw(pull);
    result->fields[field] = buf_sv(tags);
}

/* --- members --------------------------------------------------------------------------------- */

static void read_members(struct json_pull *pull, struct resource_result *result, bool is_inner);

/* The number of the member, ARRAY_LEN(members) when it is none of ours. */
static size_t find_member(struct resource_result *result, struct sv key)
{
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        size_t at = (result->next_member + i) % ARRAY_LEN(members);
        if (sv_eq(key, members[at].name)) {
            result->next_member = at + 1;
            return at;
        }
    }
    return ARRAY_LEN(members);
}

/* Of two that mean the same field the first counts. */
static void read_member(struct json_pull *pull, struct resource_result *result, struct sv key,
                        bool is_inner)
{
    if (!is_inner && sv_eq(key, SV("configuration")) && json_pull_enter(pull, '{')) {
        read_members(pull, result, true);
        return;
    }
    size_t at = find_member(result, key);
    if (at < ARRAY_LEN(members) && result->fields[members[at].field].ptr == NULL)
        members[at].read(pull, result, members[at].field);
    else
        json_pull_raw(pull);
}

static void read_members(struct json_pull *pull, struct resource_result *result, bool is_inner)
{
    struct sv key;
    while (json_pull_next(pull, &key))
        read_member(pull, result, key, is_inner);
}

enum err_code resource_result_read(struct resource_result *result, struct sv text,
                                   const char *where, struct err *err)
{
    struct json_pull pull;
    memset(result->fields, 0, sizeof result->fields);
    result->next_member = 0;
    json_pull_begin(&pull, text);
    if (json_pull_enter(&pull, '{'))
        read_members(&pull, result, false);
    else
        json_pull_raw(&pull);
    return json_pull_end(&pull, where, err);
}

void resource_result_done(struct resource_result *result)
{
    for (size_t i = 0; i < ARRAY_LEN(result->scratch); i++)
        buf_done(&result->scratch[i]);
    buf_done(&result->tag_key);
    buf_done(&result->tag_value);
}
