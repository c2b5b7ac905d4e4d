/* item_waiver: what was said of items: by the file of exceptions, by the trail of this machine, and
 * by the OpsItems that consoles share. Of the trail and the OpsItems the newer counts. */
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/gov/alert/shared_record.h"
#include "core/gov/exception.h"
#include "core/gov/queue/item.h"
#include "core/gov/systems_manager/automation.h"
#include "core/store/audit.h"

/* For so long the approval of our document waits. */
#define PROPOSED_FOR_MS ((int64_t)4 * 3600 * 1000)

/* What the trail has said last of an item. */
struct own_word {
    struct shared_part decision, exception;
    const struct aws_target *target; /* of the item, once a list has found it; else NULL */
    const char *title, *severity;
};

struct item_waivers {
    struct load *load;
    struct map by_key; /* struct own_word */
    unsigned since;    /* readings of OpsItems after this one are the load's */
};

static void forget(void *arg)
{
    map_done(&((struct item_waivers *)arg)->by_key);
}

/* --- the trail ------------------------------------------------------------------------------- */

static struct own_word *word_of(struct item_waivers *waivers, struct sv key)
{
    union map_value *value = map_put(&waivers->by_key, key, NULL);
    if (!value->ptr)
        value->ptr = load_alloc(waivers->load, sizeof(struct own_word));
    return value->ptr;
}

static struct shared_part part_of(const cJSON *record)
{
    struct shared_part part = {0};
    clock_parse_iso8601(json_sv(record, "ts"), &part.at_ms);
    clock_parse_iso8601(json_sv(record, "expires"), &part.until_ms);
    sv_copy(automation_person(json_sv(record, "actor")), part.by, sizeof part.by);
    sv_copy(json_sv(record, "owner"), part.owner, sizeof part.owner);
    sv_copy(json_sv(record, "reason"), part.reason, sizeof part.reason);
    return part;
}

static bool take_record(void *arg, const cJSON *record)
{
    struct item_waivers *waivers = arg;
    struct sv action = json_sv(record, "action"), key = json_sv(record, "item_key");
    const char *decision = shared_decision_of(
        json_sv(record, "kind"), json_sv(record, "undo_of").len > 0, json_sv(record, "state"));
    if (key.len == 0)
        return true;
    if (sv_eq(action, SV("exception"))) {
        word_of(waivers, key)->exception = part_of(record);
    } else if (sv_eq(action, SV("change")) && decision) {
        struct own_word *word = word_of(waivers, key);
        word->decision = part_of(record);
        str_copy(word->decision.state, decision);
    }
    return true;
}

static void tell_late(struct load *load, void *arg);

const struct item_waivers *item_waivers_read(struct load *load)
{
    struct item_waivers *waivers = load_alloc(load, sizeof *waivers);
    waivers->load = load;
    waivers->since = shared_records_begin(load_gov(load));
    load_at_free(load, forget, waivers);
    load_at_end(load, tell_late, waivers);
    audit_read(gate_audit_path(gov_gate(load_gov(load))), take_record, waivers, NULL);
    return waivers;
}

/* --- of both the newer ----------------------------------------------------------------------- */

struct newest {
    const struct shared_part *part; /* NULL: nobody has said anything */
    bool is_own;                    /* the trail alone says it */
};

static struct newest newer(const struct shared_part *own, const struct shared_part *shared)
{
    bool has_own = own && own->at_ms > 0, has_shared = shared && shared->at_ms > 0;
    bool is_own = has_own && (!has_shared || own->at_ms > shared->at_ms);
    return (struct newest){is_own ? own : has_shared ? shared : NULL, is_own};
}

static void find_words(const struct item_waivers *waivers, const char *key, struct newest *decision,
                       struct newest *exception)
{
    const union map_value *value = map_get(&waivers->by_key, sv_of(key));
    const struct own_word *own = value ? value->ptr : NULL;
    const struct shared_record *shared = shared_record_find(load_gov(waivers->load), key);
    *decision = newer(own ? &own->decision : NULL, shared ? &shared->decision : NULL);
    *exception = newer(own ? &own->exception : NULL, shared ? &shared->exception : NULL);
}

bool item_exception(const struct item_waivers *waivers, const struct item *item,
                    struct item_exception *exception)
{
    char key[SHA256_HEX_SIZE];
    struct newest decision, said;
    item_key_of(item, key);
    find_words(waivers, key, &decision, &said);
    const struct exception_subject subject = {item->account, item->target->region, item->resource,
                                              item->type, key};
    const struct exception *filed =
        exceptions_find(gov_exceptions(load_gov(waivers->load)), &subject);
    if (said.part && (!filed || said.part->until_ms > filed->expires_ms))
        *exception = (struct item_exception){said.part->owner, said.part->reason,
                                             said.part->until_ms, said.is_own};
    else if (filed)
        *exception = (struct item_exception){filed->owner, filed->reason, filed->expires_ms, false};
    return said.part || filed;
}

bool item_is_waived(const struct item_waivers *waivers, const struct item *item)
{
    struct item_exception found;
    return item_exception(waivers, item, &found) && clock_display_ms() < found.expires_ms;
}

/* Decisions that still say something of what waits: a proposal ends by itself. */
static bool stands(const struct shared_part *part)
{
    return strcmp(part->state, "REJECTED") == 0 ||
           (strcmp(part->state, "PROPOSED") == 0 &&
            clock_display_ms() < part->at_ms + PROPOSED_FOR_MS);
}

bool item_decision(const struct item_waivers *waivers, const struct item *item,
                   struct item_decision *decision)
{
    char key[SHA256_HEX_SIZE];
    struct newest said, exception;
    item_key_of(item, key);
    find_words(waivers, key, &said, &exception);
    if (!said.part || !stands(said.part))
        return false;
    *decision = (struct item_decision){said.part->state, said.part->by, said.part->reason,
                                       said.part->at_ms, said.is_own};
    return true;
}

/* --- telling others late ------------------------------------------------------------------------
 */

void item_waivers_see(const struct item_waivers *waivers, const struct item *item)
{
    char key[SHA256_HEX_SIZE];
    item_key_of(item, key);
    const union map_value *value = map_get(&waivers->by_key, sv_of(key));
    struct own_word *word = value ? value->ptr : NULL;
    if (!word || word->target)
        return;
    size_t size = strlen(item->what ? item->what : "") + 1;
    struct aws_target *target = load_alloc(waivers->load, sizeof *target);
    *target = *item->target;
    word->target = target;
    word->title = memcpy(load_alloc(waivers->load, size), item->what ? item->what : "", size);
    word->severity = severity_name(item->severity);
}

/* What ends by itself, or is over, others need not hear of; but that it is taken back, when they
 * know of it. */
static bool is_worth_telling(const struct newest *said, const struct shared_part *shared,
                             bool is_exception)
{
    if (!said->part || !said->is_own)
        return false;
    bool holds = is_exception ? said->part->until_ms > clock_wall_ms() : stands(said->part);
    bool they_wait = shared && shared->at_ms > 0 &&
                     (is_exception ? shared->until_ms > clock_wall_ms() : stands(shared));
    return holds || they_wait;
}

static void tell_word(struct item_waivers *waivers, const char *key, const struct own_word *word)
{
    struct gov *gov = load_gov(waivers->load);
    struct newest said[2];
    find_words(waivers, key, &said[0], &said[1]);
    for (int is_exception = 0; is_exception < 2; is_exception++) {
        const struct shared_part *theirs = shared_part_find(gov, key, is_exception);
        if (is_worth_telling(&said[is_exception], theirs, is_exception))
            shared_record_retry(gov, waivers->since,
                                &(struct shared_retry){.target = word->target,
                                                       .key = key,
                                                       .title = word->title,
                                                       .severity = word->severity,
                                                       .is_exception = is_exception,
                                                       .part = said[is_exception].part});
    }
}

/* The list is whole, and with it what the OpsItems say. */
static void tell_late(struct load *load, void *arg)
{
    struct item_waivers *waivers = arg;
    struct sv key;
    union map_value value;
    (void)load;
    for (size_t at = 0; map_next(&waivers->by_key, &at, &key, &value);) {
        const struct own_word *word = value.ptr;
        AUTO_FREE char *name = sv_dup(key);
        if (word->target)
            tell_word(waivers, name, word);
    }
}
