#include "core/gov/alert/alert.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/change/notice.h"
#include "core/gov/alert/alert_text.h"
#include "core/gov/alert/shared_record.h"
#include "core/gov/gov_internal.h"

#define OPS_ITEMS_MAX   50 /* made at once; what is beyond waits for the next reading */
#define MESSAGE_ITEMS   50 /* in one message */
#define MESSAGES_MAX    4  /* at once */

#define OPS_ITEM_EXISTS "OpsItemAlreadyExistsException"

/* What one reading has found: from then until all of it has been told. */
struct round {
    struct gov *gov;
    VEC(struct alert_item) items;
    size_t n_pending; /* notices on their way, and one while more are being made */
    bool messages_begun;
    struct gov_alerted result;
};

/* The load's: the round is handed over when the list is whole. */
struct alerts {
    struct gov *gov;
    struct round *round;
};

static void round_free(void *arg)
{
    struct round *round = arg;
    if (!round)
        return;
    for (size_t i = 0; i < round->items.len; i++)
        alert_item_done(&round->items.ptr[i]);
    vec_free(&round->items);
    mem_free(round);
}

static void forget(void *arg)
{
    round_free(((struct alerts *)arg)->round);
}

/* --- what is to be told ------------------------------------------------------------------------
 */

static bool tells_anybody(const struct gov *gov)
{
    const struct settings *settings = &gov->settings;
    return gov->raises_alerts && !gov->read_only &&
           (settings->alert_topic[0] != '\0' || settings->alert_ops_item);
}

static void raise_alerts(struct load *load, void *arg);

struct alerts *alerts_begin(struct load *load)
{
    struct gov *gov = load_gov(load);
    if (!tells_anybody(gov))
        return NULL;
    struct alerts *alerts = load_alloc(load, sizeof *alerts);
    alerts->gov = gov;
    load_at_free(load, forget, alerts);
    load_at_end(load, raise_alerts, alerts);
    return alerts;
}

static struct round *round_of(struct alerts *alerts)
{
    if (!alerts->round) {
        alerts->round = mem_new(struct round);
        alerts->round->gov = alerts->gov;
    }
    return alerts->round;
}

static char *copy(const char *text)
{
    return mem_strdup(text ? text : "");
}

/* Whether the settings still have somebody to be told of it. */
static bool is_new(struct gov *gov, const char *key)
{
    const struct settings *settings = &gov->settings;
    return (settings->alert_ops_item &&
            gate_was_told(gov->gate, ALERT_OPS_ITEM, key) == TOLD_NOT) ||
           (settings->alert_topic[0] != '\0' &&
            gate_was_told(gov->gate, ALERT_TOPIC, key) == TOLD_NOT);
}

/* What others have made to be noticed by people has been told of by them. */
static bool tells_itself(const struct item *item)
{
    return strcmp(item->kind, "opsitem") == 0 || strcmp(item->kind, "automation") == 0;
}

void alerts_take(struct alerts *alerts, const struct item_waivers *waivers, const struct item *item)
{
    struct alert_item kept = {.target = *item->target, .severity = item->severity};
    if (!alerts || item->severity < SEVERITY_HIGH || item_is_unknown(item) || tells_itself(item) ||
        item_is_waived(waivers, item))
        return;
    item_key_of(item, kept.key);
    if (!is_new(alerts->gov, kept.key))
        return;
    kept.account = copy(item->account ? item->account->name : "");
    kept.kind = copy(item->kind);
    kept.type = copy(item->type);
    kept.resource = copy(item->resource);
    kept.name = copy(item->name);
    kept.what = copy(item->what);
    kept.owner = copy(item->owner);
    vec_push(&round_of(alerts)->items, kept);
}

/* --- the end -----------------------------------------------------------------------------------
 */

static void deliver(void *arg)
{
    struct round *round = arg;
    struct gov *gov = round->gov;
    atomic_fetch_sub(&gov->n_alerting, 1);
    if (gov->on_alerted)
        gov->on_alerted(gov->on_alerted_arg, &round->result);
    round_free(round);
}

static void begin_messages(struct round *round);

/* The gate goes: the last one that it lets go of takes the round with it. */
static void drop_one(void *arg)
{
    struct round *round = arg;
    if (--round->n_pending == 0)
        round_free(round);
}

static void one_less(struct round *round)
{
    if (--round->n_pending > 0)
        return;
    if (!round->messages_begun)
        begin_messages(round);
    else
        run_call(RUN_UI, RUN_NORMAL, round->gov->scope, deliver, round_free, round);
}

static void note_place(struct gov *gov, const struct notice *notice)
{
    AUTO(buf_done) struct buf name = BUF_NONE;
    buf_addf(&name, "%s %s %s", notice->what, notice->target.account_id, notice->target.region);
    map_put(&gov->alerts_refused, buf_sv(&name), NULL);
}

/* Where it was refused once, this run does not ask again. */
static bool is_refused(const struct gov *gov, const char *what, const struct aws_target *target)
{
    AUTO(buf_done) struct buf name = BUF_NONE;
    buf_addf(&name, "%s %s %s", what, target->account_id, target->region);
    return map_get(&gov->alerts_refused, buf_sv(&name)) != NULL;
}

static void told(void *arg, const struct notice *notice, enum notice_end end, const cJSON *reply,
                 const struct err *why)
{
    struct round *round = arg;
    struct gov_alerted *result = &round->result;
    (void)reply;
    bool failed = end == NOTICE_FAILED || end == NOTICE_UNKNOWN;
    result->n_sent += end == NOTICE_SENT;
    result->n_failed += failed;
    if (failed && result->err.code == OK)
        result->err = *why;
    if (end == NOTICE_FAILED && why->code != ERR_THROTTLED)
        note_place(round->gov, notice);
    one_less(round);
}

/* --- OpsItems ----------------------------------------------------------------------------------
 */

/* "aws" of "arn:aws:..." */
static void partition_in(const char *arn, char *partition, size_t size)
{
    struct sv rest = sv_of(arn);
    sv_split(&rest, ':');
    sv_copy(sv_split(&rest, ':'), partition, size);
}

static bool wants_ops_item(const struct gov *gov, const struct alert_item *item)
{
    return gov->settings.alert_ops_item && !is_refused(gov, ALERT_OPS_ITEM, &item->target) &&
           gate_was_told(gov->gate, ALERT_OPS_ITEM, item->key) == TOLD_NOT;
}

static void send_ops_item(struct round *round, const struct alert_item *item,
                          const struct estate *estate)
{
    char partition[16];
    partition_in(estate->caller_arn, partition, sizeof partition);
    struct notice *notice =
        notice_new(ALERT_OPS_ITEM, OP_ssm_CreateOpsItem, &item->target,
                   alert_ops_item(item, partition, estate->caller_arn, clock_wall_ms()));
    struct buf title = BUF_NONE;
    buf_addf(&title, "OpsItem: %s", item->what);
    notice->title = buf_take(&title);
    notice->once = true;
    notice->told_code = OPS_ITEM_EXISTS;
    notice_add_key(notice, item->key);
    round->n_pending++;
    gate_notify(round->gov->gate, notice, told, drop_one, round);
}

static void send_ops_items(struct round *round, const struct estate *estate)
{
    size_t n = 0;
    for (size_t i = 0; i < round->items.len && n < OPS_ITEMS_MAX; i++) {
        if (!wants_ops_item(round->gov, &round->items.ptr[i]))
            continue;
        send_ops_item(round, &round->items.ptr[i], estate);
        n++;
    }
}

/* --- messages ----------------------------------------------------------------------------------
 */

/* One that waits for its OpsItem is not told of yet; one whose OpsItem another console has made has
 * been. */
static bool wants_message(const struct gov *gov, const struct alert_item *item)
{
    enum notice_told ops_item = gate_was_told(gov->gate, ALERT_OPS_ITEM, item->key);
    if (gate_was_told(gov->gate, ALERT_TOPIC, item->key) != TOLD_NOT || ops_item == TOLD_ELSEWHERE)
        return false;
    return ops_item == TOLD_HERE || !wants_ops_item(gov, item);
}

/* arn:PARTITION:sns:REGION:ACCOUNT:NAME: in its own account, when that is one of ours. */
static struct aws_target topic_target(const struct gov *gov, const struct estate *estate)
{
    struct sv rest = sv_of(gov->settings.alert_topic);
    struct aws_target target = {0};
    for (int i = 0; i < 3; i++)
        sv_split(&rest, ':');
    sv_copy(sv_split(&rest, ':'), target.region, sizeof target.region);
    struct sv account = sv_split(&rest, ':');
    bool is_ours = estate_account(estate, account) != NULL;
    sv_copy(is_ours ? account : sv_of(estate->caller_account), target.account_id,
            sizeof target.account_id);
    return target;
}

static void send_message(struct round *round, const struct estate *estate,
                         const struct alert_item *items, size_t n)
{
    struct gov *gov = round->gov;
    struct aws_target target = topic_target(gov, estate);
    struct notice *notice =
        notice_new(ALERT_TOPIC, OP_sns_Publish, &target,
                   alert_message(gov->settings.alert_topic, items, n, estate->caller_arn));
    struct buf title = BUF_NONE;
    buf_addf(&title, "message to %s: %zu wait%s for a decision", gov->settings.alert_topic, n,
             n == 1 ? "s" : "");
    notice->title = buf_take(&title);
    notice->once = true;
    for (size_t i = 0; i < n; i++)
        notice_add_key(notice, items[i].key);
    round->n_pending++;
    gate_notify(gov->gate, notice, told, drop_one, round);
}

static void send_messages(struct round *round, const struct estate *estate)
{
    struct aws_target target = topic_target(round->gov, estate);
    struct alert_item batch[MESSAGE_ITEMS]; /* borrows */
    size_t n = 0, n_messages = 0;
    if (is_refused(round->gov, ALERT_TOPIC, &target))
        return;
    for (size_t i = 0; i < round->items.len && n_messages < MESSAGES_MAX; i++) {
        if (wants_message(round->gov, &round->items.ptr[i]))
            batch[n++] = round->items.ptr[i];
        if (n == MESSAGE_ITEMS) {
            send_message(round, estate, batch, n);
            n_messages++;
            n = 0;
        }
    }
    if (n > 0)
        send_message(round, estate, batch, n);
}

/* Once it is known which OpsItems are ours. */
static void begin_messages(struct round *round)
{
    struct estate *estate = gov_estate(round->gov);
    round->messages_begun = true;
    round->n_pending = 1;
    if (round->gov->settings.alert_topic[0] != '\0' && estate)
        send_messages(round, estate);
    estate_unref(estate);
    one_less(round);
}

/* --- raising -----------------------------------------------------------------------------------
 */

static int worst_first(const void *a, const void *b)
{
    const struct alert_item *one = a, *other = b;
    return one->severity != other->severity ? (int)other->severity - (int)one->severity
                                            : strcmp(one->key, other->key);
}

/* What others have excepted was perhaps read after it was found. */
static bool is_excepted(const struct gov *gov, const struct alert_item *item)
{
    const struct shared_record *record = shared_record_find(gov, item->key);
    return record && record->exception.until_ms > clock_display_ms();
}

/* What several rules have found of one thing is one. */
static void drop_doubles(struct round *round)
{
    size_t kept = 0;
    for (size_t i = 0; i < round->items.len; i++) {
        struct alert_item *item = &round->items.ptr[i];
        bool is_double = kept > 0 && strcmp(round->items.ptr[kept - 1].key, item->key) == 0;
        if (is_double || is_excepted(round->gov, item))
            alert_item_done(item);
        else
            round->items.ptr[kept++] = *item;
    }
    round->items.len = kept;
}

/* The list is whole. The round goes on when the load is closed. */
static void raise_alerts(struct load *load, void *arg)
{
    struct alerts *alerts = arg;
    struct round *round = alerts->round;
    struct estate *estate = gov_estate(load_gov(load));
    if (round && estate) {
        alerts->round = NULL;
        atomic_fetch_add(&alerts->gov->n_alerting, 1);
        qsort(round->items.ptr, round->items.len, sizeof round->items.ptr[0], worst_first);
        drop_doubles(round);
        round->n_pending = 1;
        send_ops_items(round, estate);
        one_less(round);
    }
    estate_unref(estate);
}

/* --- consent -----------------------------------------------------------------------------------
 */

void alerts_consent(struct gov *gov)
{
    const struct settings *settings = &gov->settings;
    struct notice_consent consents[] = {
        {.what = ALERT_TOPIC}, {.what = ALERT_OPS_ITEM}, {.what = SHARED_RECORD}};
    str_copy(consents[0].value, settings->alert_topic);
    str_copy(consents[1].value, settings->alert_ops_item ? "yes" : "");
    str_copy(consents[2].value, settings->shared_record ? "yes" : "");
    for (size_t i = 0; i < ARRAY_LEN(consents); i++) {
        AUTO(buf_done) struct buf origin = BUF_NONE;
        settings_origin(settings, consents[i].what, &origin);
        str_copy(consents[i].origin, buf_cstr(&origin));
        consents[i].is_default = strcmp(consents[i].origin, "default") == 0;
    }
    gate_set_consents(gov->gate, consents, ARRAY_LEN(consents),
                      gov->read_only ? "started with --read-only: nobody is told of anything"
                                     : NULL);
}
