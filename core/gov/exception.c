#include "core/gov/exception.h"

#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/gov/hand_json.h"
#include "core/gov/settings.h"

#define DAY_MS INT64_C(86400000)

struct exceptions {
    VEC(struct exception) list;
};

void exceptions_free(struct exceptions *exceptions)
{
    for (size_t i = 0; exceptions && i < exceptions->list.len; i++) {
        struct exception *one = &exceptions->list.ptr[i];
        char *const texts[] = {one->key,   one->accounts, one->regions, one->resources,
                               one->types, one->owner,    one->reason};
        for (size_t k = 0; k < ARRAY_LEN(texts); k++)
            mem_free(texts[k]);
    }
    if (exceptions)
        vec_free(&exceptions->list);
    mem_free(exceptions);
}

/* --- reading --------------------------------------------------------------------------------- */

static bool parse_expiry(struct sv text, int64_t *wall_ms)
{
    char whole[48];
    if (clock_parse_iso8601(text, wall_ms))
        return true;
    snprintf(whole, sizeof whole, "%.*sT00:00:00Z", text.len < 11 ? (int)text.len : 0, text.ptr);
    bool is_day = clock_parse_iso8601(sv_of(whole), wall_ms);
    *wall_ms += is_day ? DAY_MS : 0;
    return is_day;
}

/* What it is about: a key, or at least one pattern. */
static enum err_code check_subject(const struct hand_json *file, const cJSON *json, struct err *err)
{
    static const char *const patterns[] = {"account", "region", "resource", "type"};
    size_t n = 0;
    for (size_t i = 0; i < ARRAY_LEN(patterns); i++)
        n += json_get(json, patterns[i]) != NULL;
    if ((json_get(json, "key") != NULL) == (n > 0))
        return hand_json_fault(file, json, err,
                               "wanted is either key, or some of account, region, resource, type");
    return OK;
}

static enum err_code read_one(const struct hand_json *file, const cJSON *json,
                              struct exceptions *exceptions, struct err *err)
{
    const char *key, *accounts, *regions, *resources, *types, *owner, *reason, *expires;
    int64_t expires_ms;
    if (hand_json_check(file, json, "key account region resource type owner reason expires", err) !=
            OK ||
        check_subject(file, json, err) != OK ||
        hand_json_text(file, json, "key", "", &key, err) != OK ||
        hand_json_text(file, json, "account", "*", &accounts, err) != OK ||
        hand_json_text(file, json, "region", "*", &regions, err) != OK ||
        hand_json_text(file, json, "resource", "*", &resources, err) != OK ||
        hand_json_text(file, json, "type", "*", &types, err) != OK ||
        hand_json_text(file, json, "owner", NULL, &owner, err) != OK ||
        hand_json_text(file, json, "reason", NULL, &reason, err) != OK ||
        hand_json_text(file, json, "expires", NULL, &expires, err) != OK)
        return err->code;
    if (!parse_expiry(sv_of(expires), &expires_ms))
        return hand_json_fault(file, json, err,
                               "expires: a day like 2027-01-31 is wanted, or a moment with its "
                               "zone");
    if (patterns_want_tags(sv_of(accounts)))
        return hand_json_fault(file, json, err,
                               "account: tags do not stand here; ids, names, OU paths do");
    vec_push(&exceptions->list,
             ((struct exception){key[0] ? mem_strdup(key) : NULL, mem_strdup(accounts),
                                 mem_strdup(regions), mem_strdup(resources), mem_strdup(types),
                                 mem_strdup(owner), mem_strdup(reason), expires_ms}));
    return OK;
}

static enum err_code read_all(const struct hand_json *file, struct exceptions *exceptions,
                              struct err *err)
{
    if (hand_json_check(file, file->tree, "exceptions comment", err) != OK)
        return err->code;
    if (!cJSON_IsArray(json_get(file->tree, "exceptions")))
        return hand_json_fault(file, file->tree, err, "exceptions: a list is wanted");
    for (const cJSON *item = json_items(file->tree, "exceptions"); item; item = item->next)
        if (read_one(file, item, exceptions, err) != OK)
            return err->code;
    return OK;
}

enum err_code exceptions_read(const char *path, struct exceptions **exceptions, struct err *err)
{
    struct hand_json file;
    enum err_code code = hand_json_read(path, &file, err);
    *exceptions = code == OK ? mem_new(struct exceptions) : NULL;
    if (code == OK)
        code = read_all(&file, *exceptions, err);
    if (code != OK) {
        exceptions_free(*exceptions);
        *exceptions = NULL;
    }
    hand_json_done(&file);
    return code;
}

/* --- finding --------------------------------------------------------------------------------- */

static bool is_about(const struct exception *one, const struct exception_subject *subject)
{
    if (one->key)
        return strcmp(one->key, subject->key) == 0;
    return account_matches(subject->account, sv_of(one->accounts)) &&
           patterns_match(sv_of(one->regions), sv_of(subject->region)) &&
           patterns_match(sv_of(one->resources), sv_of(subject->resource)) &&
           patterns_match(sv_of(one->types), sv_of(subject->type));
}

const struct exception *exceptions_find(const struct exceptions *exceptions,
                                        const struct exception_subject *subject)
{
    const struct exception *found = NULL;
    for (size_t i = 0; exceptions && i < exceptions->list.len; i++) {
        const struct exception *one = &exceptions->list.ptr[i];
        if (is_about(one, subject) && (!found || one->expires_ms > found->expires_ms))
            found = one;
    }
    return found;
}
