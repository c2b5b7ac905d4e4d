/*
 * course_parameter: one person writes, creates and deletes parameters until they are as approved,
 * and takes that back. The values come into the requests alone, right before these are sent.
 */
#include <stdio.h>
#include <string.h>

#include "core/base/map.h"
#include "core/base/mem.h"
#include "tests/torture/course.h"
#include "tests/torture/crew.h"
#include "tests/unit/change/helper_judge.h"

/* --- what differs ------------------------------------------------------------------------- */

/* One setting as DescribeParameters tells of its two sides. */
struct setting {
    char name[2][160]; /* approved, current; "" when it is not there */
    char kind[2][200]; /* its type and key */
    bool was_written;  /* the present one, more than once: its value may differ */
};

struct sides {
    struct map by_name; /* struct setting, by the name without its side */
};

static void take_parameter(struct sides *sides, const cJSON *item)
{
    static const char *const words[] = {"/approved/", "/current/"};
    AUTO_FREE char *name = sv_dup(json_sv(item, "Name"));

    for (size_t side = 0; side < ARRAY_LEN(words); side++) {
        AUTO(buf_done) struct buf key = BUF_NONE;
        const char *word = strstr(name, words[side]);
        if (word == NULL)
            continue;
        buf_addf(&key, "%.*s %s", (int)(word - name), name, word + strlen(words[side]));
        union map_value *value = map_put(&sides->by_name, buf_sv(&key), NULL);
        if (value->ptr == NULL)
            value->ptr = mem_new(struct setting);
        struct setting *setting = value->ptr;
        str_copy(setting->name[side], name);
        snprintf(setting->kind[side], sizeof setting->kind[side], SV_FMT " " SV_FMT,
                 SV_ARG(json_sv(item, "Type")), SV_ARG(json_sv(item, "KeyId")));
        setting->was_written |= side == 1 && json_i64(item, "Version", 1) > 1;
    }
}

static void take_parameters(void *arg, struct aws_page *page)
{
    for (const cJSON *item = json_items(page->body, "Parameters"); item != NULL; item = item->next)
        take_parameter(arg, item);
}

static bool may_differ(const struct setting *setting)
{
    return setting->was_written || strcmp(setting->kind[0], setting->kind[1]) != 0;
}

/* A plan for one of those that differ is at the gate then, the first behind the dice's; false:
 * there is none. */
static bool plan_one(struct person *person, const struct aws_target *target, unsigned dice)
{
    struct sides sides = {0};
    VEC(const struct setting *) list = {0};
    union map_value value;
    struct sv key;
    bool planned = false;

    person_read(person, OP_ssm_DescribeParameters, target, NULL, take_parameters, &sides);
    for (size_t at = 0; map_next(&sides.by_name, &at, &key, &value);)
        if (may_differ(value.ptr))
            vec_push(&list, value.ptr);
    for (size_t i = 0; i < list.len && !planned; i++) {
        const struct setting *setting = list.ptr[(i + dice) % list.len];
        const char *name = setting->name[1][0] != '\0' ? setting->name[1] : setting->name[0];
        planned = PLAN(person, &planner_parameter, target, name, "current") &&
                  person->last.state == CHANGE_READY;
    }
    vec_free(&list);
    for (size_t at = 0; map_next(&sides.by_name, &at, &key, &value);)
        mem_free(value.ptr);
    map_done(&sides.by_name);
    return planned;
}

/* --- living ------------------------------------------------------------------------------- */

static enum console_end live(const struct aws *aws, const char *dir, unsigned dice)
{
    struct crew crew;

    if (!crew_start(&crew, aws, dir, ONCALL + 1))
        return CONSOLE_NOT_STARTED;
    struct person *person = &crew.people[ONCALL];
    if (dice % 4 == 0 && person_plan_undo_last(person)) {
        person_decide(person); /* what an earlier console has done, or this one's store */
        return CONSOLE_ENDED_WELL;
    }
    if (plan_one(person, &crew.target, dice / 4)) {
        if (person_decide(person) == CHANGE_SUCCEEDED && dice % 4 != 1 && person_plan_undo(person))
            person_decide(person);
        return CONSOLE_ENDED_WELL;
    }
    if (!person_plan_undo_last(person))
        return CONSOLE_IDLE;
    person_decide(person);
    return CONSOLE_ENDED_WELL;
}

static enum console_end settle(const struct aws *aws, const char *dir)
{
    struct crew crew;

    if (!crew_start(&crew, aws, dir, ONCALL + 1))
        return CONSOLE_NOT_STARTED;
    person_settle(&crew.people[ONCALL]);
    return crew.people[ONCALL].n_open == 0 ? CONSOLE_ENDED_WELL : CONSOLE_LEFT_OPEN;
}

/* Each change has one call, its undo another: as many have succeeded as AWS has done. */
static void judge(struct aws *aws, const struct store *store, char *complaint, size_t size)
{
    size_t puts = course_done(aws, store, DEED_PUT), deletes = course_done(aws, store, DEED_DELETE);
    struct verdict verdict;
    char path[DIR_PATH_SIZE];

    crew_desk(store->dir, ONCALL, path);
    judge_store(path, &verdict);
    if (verdict.complaint[0] != '\0')
        COMPLAIN("%s", verdict.complaint);
    else if (verdict.succeeded != puts + deletes || verdict.other != 0 ||
             2 * verdict.undone > verdict.succeeded)
        COMPLAIN("%zu succeeded, %zu undone, %zu failed, %zu other; AWS did %zu puts, %zu deletes",
                 verdict.succeeded, verdict.undone, verdict.failed, verdict.other, puts, deletes);
}

const struct course course_parameter = {
    .name = "parameter", .n_stops = 34, .live = live, .settle = settle, .judge = judge};
