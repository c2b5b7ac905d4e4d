/*
 * course_notice: one person's console tells others of things, each by an OpsItem and by a message
 * to a topic, one after the other. What an earlier console has not told of, the next one does; what
 * it was about to tell when it died nobody tells again, and the journal says that it is not known.
 */
#include <stdio.h>
#include <string.h>

#include "core/base/digest.h"
#include "core/base/mem.h"
#include "core/change/notice.h"
#include "core/gov/alert/alert_text.h"
#include "tests/torture/course.h"
#include "tests/torture/crew.h"
#include "tests/unit/change/helper_judge.h"

#define TOLD_BY_ONE 3 /* things, by one console */

enum telling { BY_OPS_ITEM, BY_MESSAGE, N_TELLINGS };
static const char *const whats[] = {[BY_OPS_ITEM] = "alert_ops_item", [BY_MESSAGE] = "alert_topic"};

/* The nth thing of a store. */
static void key_of(const char *dir, size_t n, char key[SHA256_HEX_SIZE])
{
    AUTO(buf_done) struct buf text = BUF_NONE;

    buf_addf(&text, "%s %zu", dir, n);
    sha256_hex(buf_sv(&text), key);
}

/* --- living ------------------------------------------------------------------------------- */

struct told {
    struct person *person;
    char topic[256];
    bool all_told; /* this one, before */
};

static void note_told(void *arg)
{
    ((struct told *)arg)->person->answered = true;
}

static void on_told(void *arg, const struct notice *notice, enum notice_end end, const cJSON *reply,
                    const struct err *why)
{
    struct told *told = arg;

    (void)notice, (void)reply, (void)why;
    told->all_told &= end == NOTICE_TOLD;
    run_call(RUN_UI, RUN_URGENT, told->person->scope, note_told, NULL, told);
}

static cJSON *params_of(const struct told *told, enum telling telling, const char *key)
{
    AUTO(buf_done) struct buf title = BUF_NONE;
    cJSON *params = cJSON_CreateObject();

    buf_addf(&title, "torture %s", key);
    cJSON_AddStringToObject(params, telling == BY_MESSAGE ? "Subject" : "Title", buf_cstr(&title));
    if (telling == BY_MESSAGE) {
        cJSON_AddStringToObject(params, "TopicArn", told->topic);
        cJSON_AddStringToObject(params, "Message", "one waits");
        return params;
    }
    cJSON *data = cJSON_AddObjectToObject(params, "OperationalData");
    ops_data_add_dedup(data, key);
    cJSON_AddStringToObject(params, "Description", "one waits");
    cJSON_AddStringToObject(params, "Source", "torture");
    return params;
}

static void tell(struct told *told, const struct aws_target *target, enum telling telling,
                 const char *key)
{
    struct notice *notice =
        notice_new(whats[telling], telling == BY_MESSAGE ? OP_sns_Publish : OP_ssm_CreateOpsItem,
                   target, params_of(told, telling, key));

    notice->once = true;
    notice->told_code = telling == BY_OPS_ITEM ? "OpsItemAlreadyExistsException" : NULL;
    notice->title = mem_strdup("torture");
    notice_add_key(notice, key);
    told->person->answered = false;
    gate_notify(gov_gate(told->person->gov), notice, on_told, NULL, told);
    run_ui_until(&told->person->answered, -1);
}

static void take_topic(void *arg, struct aws_page *page)
{
    struct told *told = arg;

    if (told->topic[0] == '\0')
        sv_copy(json_sv(json_items(page->body, "Topics"), "TopicArn"), told->topic,
                sizeof told->topic);
}

static void consent(const struct told *told)
{
    struct notice_consent consents[N_TELLINGS] = {0};

    for (int i = 0; i < N_TELLINGS; i++) {
        consents[i].what = whats[i];
        str_copy(consents[i].value, i == BY_MESSAGE ? told->topic : "yes");
    }
    gate_set_consents(gov_gate(told->person->gov), consents, N_TELLINGS, NULL);
}

static enum console_end live(const struct aws *aws, const char *dir, unsigned dice)
{
    struct crew crew;
    struct told told = {0};

    (void)dice;
    if (!crew_start(&crew, aws, dir, ONCALL + 1))
        return CONSOLE_NOT_STARTED;
    told.person = &crew.people[ONCALL];
    if (!person_read(told.person, OP_sns_ListTopics, &crew.target, NULL, take_topic, &told) ||
        told.topic[0] == '\0')
        return CONSOLE_IDLE;
    consent(&told);
    for (size_t n = 0, fresh = 0; fresh < TOLD_BY_ONE; n++) {
        char key[SHA256_HEX_SIZE];
        key_of(dir, n, key);
        told.all_told = true;
        for (int telling = 0; telling < N_TELLINGS; telling++)
            tell(&told, &crew.target, (enum telling)telling, key);
        fresh += !told.all_told;
    }
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

/* --- the judgement ------------------------------------------------------------------------ */

struct judging {
    struct aws *aws;
    char *complaint;
    size_t size;
    struct map records; /* of the trail, by notice id: how many */
    size_t n_known[N_TELLINGS], n_received[N_TELLINGS];
};

static bool count_record(void *arg, const cJSON *record)
{
    struct judging *judging = arg;

    if (sv_eq_cstr(json_sv(record, "action"), "notify"))
        map_put(&judging->records, json_sv(record, "notice_id"), NULL)->u64++;
    return true;
}

/* Whether AWS was sent it, by its log. */
static bool was_received(const struct judging *judging, enum telling telling, struct sv key)
{
    AUTO(buf_done) struct buf name = BUF_NONE;

    buf_addf(&name, "%s torture " SV_FMT, telling == BY_MESSAGE ? "Publish" : "CreateOpsItem",
             SV_ARG(key));
    return map_get(&judging->aws->once, buf_sv(&name)) != NULL;
}

static void judge_notice(void *arg, const char *id, const char *state, int64_t at_ms,
                         const cJSON *fields)
{
    struct judging *judging = arg;
    char *complaint = judging->complaint;
    size_t size = judging->size;
    enum telling telling = sv_eq_cstr(json_sv(fields, "what"), whats[BY_MESSAGE]);
    struct sv key = json_string(json_items(fields, "keys"));
    bool received = was_received(judging, telling, key);
    const union map_value *records = map_get(&judging->records, sv_of(id));

    (void)at_ms;
    judging->n_known[telling]++;
    judging->n_received[telling] += received;
    if (strcmp(state, "SENT") == 0 ? !received : strcmp(state, "UNKNOWN") != 0)
        COMPLAIN("%s of " SV_FMT " is %s, and AWS has %s", whats[telling], SV_ARG(key), state,
                 received ? "it" : "never seen it");
    else if (records == NULL || records->u64 != 1)
        COMPLAIN("the trail has the end of %s %s", id, records == NULL ? "not" : "twice");
}

/* What AWS was sent and the journal does not know, and what it was never sent and nobody knows of.
 * Consoles begin with the first thing that was not told of: none is left out. */
static void judge_all(struct judging *judging, const struct store *store)
{
    static const enum aws_deed deeds[] = {
        [BY_OPS_ITEM] = DEED_OPS_ITEM, [BY_MESSAGE] = DEED_MESSAGE};
    char *complaint = judging->complaint;
    size_t size = judging->size, *known = judging->n_known;

    for (int i = 0; i < N_TELLINGS && complaint[0] == '\0'; i++) {
        size_t sent = course_done(judging->aws, store, deeds[i]);
        if (sent != judging->n_received[i])
            COMPLAIN("AWS has %zu of %s, the journal knows %zu of them", sent, whats[i],
                     judging->n_received[i]);
    }
    if (complaint[0] == '\0' && known[BY_OPS_ITEM] != known[BY_MESSAGE] &&
        known[BY_OPS_ITEM] != known[BY_MESSAGE] + 1)
        COMPLAIN("%zu OpsItems are known, and %zu messages", known[BY_OPS_ITEM], known[BY_MESSAGE]);
}

static void judge(struct aws *aws, const struct store *store, char *complaint, size_t size)
{
    struct judging judging = {.aws = aws, .complaint = complaint, .size = size};
    struct verdict verdict;
    struct journal *journal;
    char desk[DIR_PATH_SIZE], path[DIR_PATH_SIZE];

    crew_desk(store->dir, ONCALL, desk);
    judge_store(desk, &verdict);
    if (verdict.complaint[0] != '\0') {
        COMPLAIN("%s", verdict.complaint);
        return;
    }
    dir_path(desk, "audit", path);
    audit_read(path, count_record, &judging, NULL);
    dir_path(desk, "notices", path);
    if (journal_open(path, &journal, NULL) != OK) {
        COMPLAIN("the journal of notices does not open");
    } else {
        journal_each(journal, judge_notice, &judging, NULL);
        judge_all(&judging, store);
        journal_close(journal);
    }
    map_done(&judging.records);
}

const struct course course_notice = {
    .name = "notice", .n_stops = 48, .live = live, .settle = settle, .judge = judge};
