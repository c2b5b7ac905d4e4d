/*
 * config_history: what a resource was like, and how compliant.
 *
 * A history is cut into spans of seven days from its end (or, going forward, from its beginning);
 * a page never reaches beyond its span, and that of an uneventful span is empty. The compliance of
 * a resource has a history of its own, under the type AWS::Config::ResourceCompliance and the id
 * "TYPE/ID": an entry for each of its versions, from when the rules had looked at it.
 */
#include <stdio.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/sandbox/services/config.h"
#include "tests/sandbox/world/template.h"

#define HISTORY_PAGE 10
#define HISTORY_MAX  100
#define SPAN_MS      (7 * INT64_C(86400000)) /* one call looks at so much of the past */

/* Every span has at least one entry here, which stands for nothing in an empty one. */
struct entry {
    int64_t span;
    int version; /* -1: none */
};

struct history {
    struct world *world;
    struct ref ref;
    bool is_compliance;
    VEC(struct entry) entries;
};

struct period {
    int64_t earlier_ms, later_ms;
    bool forward;
};

static int64_t span_of(const struct period *period, int64_t at_ms)
{
    return (period->forward ? at_ms - period->earlier_ms : period->later_ms - at_ms) / SPAN_MS;
}

/* Adds the version, and before it what stands for the empty spans that lie between. */
static void add_entry(struct history *history, int64_t span, int version)
{
    int64_t next = history->entries.len ? vec_last(&history->entries).span + 1 : 0;
    for (; next < span; next++)
        vec_push(&history->entries, ((struct entry){.span = next, .version = -1}));
    vec_push(&history->entries, ((struct entry){.span = span, .version = version}));
}

/* When the version was captured, or when the rules had looked at it. */
static bool version_time(const struct history *history, int version, int64_t *known_ms)
{
    int64_t at_ms;
    if (version < 0 || !doc_version(history->world, history->ref, (size_t)version, NULL, &at_ms))
        return false;
    *known_ms = doc_captured_ms(history->world, history->ref, at_ms);
    if (history->is_compliance)
        *known_ms = evaluation_of_capture_ms(*known_ms);
    return true;
}

static void collect(struct history *history, const struct period *period, int n_versions)
{
    int64_t known_ms;
    for (int i = 0; i < n_versions; i++) {
        int version = period->forward ? i : n_versions - 1 - i;
        if (version_time(history, version, &known_ms) && known_ms >= period->earlier_ms &&
            known_ms <= period->later_ms)
            add_entry(history, span_of(period, known_ms), version);
    }
}

/* --- entries -------------------------------------------------------------------------------- */

/* What the rules had found by then; each is asked anew, as verdicts are kept for the present. */
static cJSON *find_compliance(const struct history *history, int64_t at_ms)
{
    size_t n;
    uint64_t counts[N_COMPLIANCES] = {0};
    cJSON *list = cJSON_CreateArray();
    char id[RESOURCE_ID_SIZE];
    const struct deployed *of = evaluation_rules(history->world, history->ref.cell, &n);
    for (size_t i = 0; i < n; i++) {
        struct outcome outcome;
        if (!(of[i].rule->types & TYPE_BIT(history->ref.type)))
            continue;
        evaluation_outcome(history->world, &of[i], history->ref, at_ms, &outcome);
        counts[outcome.compliance]++;
        if (outcome.compliance == COMPLIANT || outcome.compliance == NON_COMPLIANT)
            cJSON_AddItemToArray(list,
                                 json_make("{configRuleName:%s,complianceType:%s}",
                                           of[i].rule->name, compliance_name(outcome.compliance)));
    }
    resource_id(history->world, history->ref, id);
    return json_make("{targetResourceType:%s,targetResourceId:%s,complianceType:%s,"
                     "configRuleList:%o}",
                     type_infos[history->ref.type].name, id,
                     compliance_name(evaluation_of_rule(counts)), list);
}

static cJSON *make_compliance_item(const struct history *history, const struct item *item)
{
    int64_t at_ms = evaluation_of_capture_ms(item->captured_ms);
    char state_id[24], id[RESOURCE_ID_SIZE + 64];
    const char *type = type_infos[history->ref.type].name;
    cJSON *found = find_compliance(history, at_ms);
    AUTO_FREE char *configuration = json_print(found);
    cJSON_Delete(found);
    snprintf(state_id, sizeof state_id, "%lld", (long long)at_ms);
    snprintf(id, sizeof id, "%s/%s", type, item->resource.id);
    return json_make(
        "{version:'1.3',accountId:%s,configurationItemCaptureTime:%e,configurationItemStatus:'OK',"
        "configurationStateId:%s,resourceType:'" COMPLIANCE_TYPE "',resourceId:%s,awsRegion:%s,"
        "tags:{},relatedEvents:[],relationships:[{resourceType:%s,resourceId:%s,"
        "relationshipName:'Is associated with '}],configuration:%s,"
        "supplementaryConfiguration:{}}",
        item->resource.account->id, at_ms, state_id, id, item_region(item), type, item->resource.id,
        configuration);
}

static void add_version(void *arg, size_t i, cJSON *list)
{
    const struct history *history = arg;
    struct item item;
    int version = history->entries.ptr[i].version;
    if (version < 0 || !item_version(history->world, history->ref, (size_t)version, &item))
        return;
    cJSON_AddItemToArray(list, history->is_compliance ? make_compliance_item(history, &item)
                                                      : item_full(&item));
    item_done(&item);
}

static bool span_ends_before(void *arg, size_t i)
{
    const struct history *history = arg;
    return history->entries.ptr[i].span != history->entries.ptr[i - 1].span;
}

/* --- the call ------------------------------------------------------------------------------- */

static int64_t in_ms(const struct call *call, const char *member, int64_t otherwise)
{
    const cJSON *time = json_get(call->input, member);
    return cJSON_IsNumber(time) ? (int64_t)(time->valuedouble * 1000.0) : otherwise;
}

static bool read_period(const struct history *history, const struct call *call, struct reply *reply,
                        struct period *period)
{
    int64_t first_ms = 0;
    version_time(history, 0, &first_ms);
    period->later_ms = in_ms(call, "laterTime", call->now_ms);
    period->earlier_ms = in_ms(call, "earlierTime", first_ms);
    period->forward = strcmp(in_str(call, "chronologicalOrder"), "Forward") == 0;
    if (in_ms(call, "earlierTime", period->later_ms) <= period->later_ms)
        return true;
    reply_error(reply, 0, "InvalidTimeRangeException",
                "The specified time range is not valid. The earlier time is not chronologically "
                "before the later time.");
    return false;
}

/* The resource that the call is about: named itself, or by "TYPE/ID". */
static bool find_resource(struct history *history, const struct call *call, uint32_t cell)
{
    char type_name[128];
    struct sv id = sv_of(in_str(call, "resourceId"));
    str_copy(type_name, in_str(call, "resourceType"));
    history->is_compliance = strcmp(type_name, COMPLIANCE_TYPE) == 0;
    if (history->is_compliance)
        sv_copy(sv_split(&id, '/'), type_name, sizeof type_name);
    enum resource_type type =
        history->is_compliance ? rule_type_by_name(type_name) : type_by_name(type_name);
    return type != N_TYPES && id.len > 0 &&
           resource_find(history->world, cell, type, id.ptr, &history->ref);
}

void config_get_history(struct world *world, const struct call *call, struct reply *reply)
{
    struct history history = {.world = world};
    struct period period;
    uint32_t cell = config_cell(world, call);
    if (!config_need_recorder(world, cell, reply))
        return;
    int recorded = -1;
    if (find_resource(&history, call, cell))
        recorded = doc_recorded_version(world, history.ref, call->now_ms);
    if (recorded < 0) {
        reply_error(reply, 0, "ResourceNotDiscoveredException",
                    "Resource %s of resourceType:%s is unknown or has not been discovered",
                    in_str(call, "resourceId"), in_str(call, "resourceType"));
        return;
    }
    if (!read_period(&history, call, reply, &period))
        return;
    collect(&history, &period, recorded + 1);
    page_reply(call, reply,
               &(struct page_spec){.list_member = "configurationItems",
                                   .n_items = history.entries.len,
                                   .page_default = HISTORY_PAGE,
                                   .page_max = HISTORY_MAX,
                                   .add_item = add_version,
                                   .ends_before = span_ends_before,
                                   .arg = &history});
    vec_free(&history.entries);
}
