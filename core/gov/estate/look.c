/*
 * look: the file is {"at_ms": N, "seen": [[NAME, FIRST, LAST], ...]}, times in seconds since 1970.
 * In memory the two times of a name are one number: FIRST << 32 | LAST.
 */
#include "core/gov/estate/look.h"

#include <stdio.h>

#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/log.h"
#include "core/base/os.h"
#include "core/gov/gov_internal.h"

#define FILE_MAX  ((size_t)8 << 20)
#define NAMES_MAX 20000
#define DAY_S     86400

static uint64_t times(uint32_t first_s, uint32_t last_s)
{
    return (uint64_t)first_s << 32 | last_s;
}

static uint32_t first_of(uint64_t value)
{
    return (uint32_t)(value >> 32);
}

static uint32_t last_of(uint64_t value)
{
    return (uint32_t)value;
}

void look_done(struct look *look)
{
    map_done(&look->seen);
    *look = (struct look){0};
}

bool look_knows(const struct look *before, struct sv name)
{
    return before->at_ms == 0 || map_get(&before->seen, name);
}

int64_t look_first_seen_ms(const struct look *before, struct sv name)
{
    const union map_value *known = map_get(&before->seen, name);
    return known ? (int64_t)first_of(known->u64) * 1000 : 0;
}

void look_add(struct look *now, const struct look *before, struct sv name)
{
    now->at_ms = clock_display_ms();
    uint32_t now_s = (uint32_t)(now->at_ms / 1000);
    const union map_value *known = map_get(&before->seen, name);
    if (now->seen.count < NAMES_MAX)
        map_put(&now->seen, name, NULL)->u64 = times(known ? first_of(known->u64) : now_s, now_s);
}

/* --- the file -------------------------------------------------------------------------------- */

static void take_names(const cJSON *tree, struct look *look)
{
    for (const cJSON *item = json_items(tree, "seen"); item; item = item->next) {
        const cJSON *name = cJSON_GetArrayItem(item, 0), *first = cJSON_GetArrayItem(item, 1);
        const cJSON *last = cJSON_GetArrayItem(item, 2);
        if (cJSON_IsString(name) && cJSON_IsNumber(first) && cJSON_IsNumber(last) &&
            first->valuedouble >= 0 && first->valuedouble <= UINT32_MAX && last->valuedouble >= 0 &&
            last->valuedouble <= UINT32_MAX)
            map_put(&look->seen, json_string(name), NULL)->u64 =
                times((uint32_t)first->valuedouble, (uint32_t)last->valuedouble);
    }
}

void look_read(const char *path, struct look *look)
{
    AUTO(buf_done) struct buf text = BUF_CAPPED(FILE_MAX);
    cJSON *tree = NULL;
    *look = (struct look){0};
    if (os_read_file(path, FILE_MAX, &text, NULL) != OK ||
        json_parse(buf_sv(&text), path, &tree, NULL) != OK)
        return;
    look->at_ms = json_i64(tree, "at_ms", 0);
    take_names(tree, look);
    json_free(tree);
}

enum err_code look_write(const char *path, const struct look *look, struct err *err)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    struct json_writer w = {.out = &text};
    size_t at = 0;
    struct sv name;
    union map_value value;
    jw_object(&w);
    jw_i64_at(&w, "at_ms", look->at_ms);
    jw_key(&w, "seen");
    jw_array(&w);
    while (map_next(&look->seen, &at, &name, &value)) {
        jw_array(&w);
        jw_string(&w, name);
        jw_i64(&w, first_of(value.u64));
        jw_i64(&w, last_of(value.u64));
        jw_array_end(&w);
    }
    jw_array_end(&w);
    jw_object_end(&w);
    return os_write_atomically(path, buf_sv(&text), 0600, err);
}

/* --- of a gov -------------------------------------------------------------------------------- */

/* "STATE/looks/HASH.json"; false while nobody knows who asks. */
static bool path_of(struct gov *gov, char *path, size_t size)
{
    char hash[SHA256_HEX_SIZE];
    if (!gov->estate || !gov->estate->caller_arn[0] || !gov->state_dir[0])
        return false;
    sha256_hex(sv_of(gov->estate->caller_arn), hash);
    return snprintf(path, size, "%s/looks/%.16s.json", gov->state_dir, hash) < (int)size;
}

const struct look *gov_look(struct gov *gov)
{
    char path[1200];
    if (!gov->look_is_read && path_of(gov, path, sizeof path)) {
        look_read(path, &gov->look);
        gov->look_is_read = true;
    }
    return &gov->look;
}

static void take_over(struct look *now, const struct look *before)
{
    size_t at = 0;
    struct sv name;
    union map_value value;
    int64_t oldest_s = now->at_ms / 1000 - LOOK_KEPT_DAYS * DAY_S;
    while (map_next(&before->seen, &at, &name, &value)) {
        bool fresh = false;
        if (last_of(value.u64) < oldest_s || now->seen.count >= NAMES_MAX)
            continue;
        union map_value *slot = map_put(&now->seen, name, &fresh);
        if (fresh)
            *slot = value;
    }
}

void gov_keep_look(struct gov *gov, struct look *now)
{
    char path[1200], dir[1100];
    struct err err;
    if (!gov->keeps_looks || !path_of(gov, path, sizeof path))
        return;
    now->at_ms = clock_display_ms();
    take_over(now, gov_look(gov));
    snprintf(dir, sizeof dir, "%s/looks", gov->state_dir);
    if (os_private_dir(dir, &err) != OK || look_write(path, now, &err) != OK)
        log_warn("look", "%s: %s", err.where, err.message);
}
