/* describe_changes: who has changed a thing, by CloudTrail. */
#include "core/base/clock.h"
#include "core/gov/change_event.h"
#include "core/gov/describe/describing.h"
#include "core/gov/load/reply.h"

#define CHANGES_SHOWN 10 /* of what CloudTrail knows of one thing */

static const char section[] = SECTION_CHANGED_BY;

void changes_ask_by(struct inquiry *inquiry, const struct describing *describing, const char *key,
                    const char *value, void (*then)(struct inquiry *inquiry, void *arg))
{
    cJSON *params = cJSON_CreateObject(), *attribute = cJSON_CreateObject();
    cJSON *attributes = cJSON_AddArrayToObject(params, "LookupAttributes");
    cJSON_AddStringToObject(attribute, "AttributeKey", key);
    cJSON_AddStringToObject(attribute, "AttributeValue", value);
    cJSON_AddItemToArray(attributes, attribute);
    inquiry_read_pages(inquiry, OP_cloudtrail_LookupEvents, &describing->target, params, 1, then);
}

void changes_ask(struct inquiry *inquiry, const struct describing *describing, const char *name)
{
    changes_ask_by(inquiry, describing, "ResourceName", name, NULL);
}

/* What it was done to, when that is not the thing itself: of a parameter, its other side. */
static struct sv other_subject(const struct describing *describing, const cJSON *item)
{
    struct sv name = json_sv(json_items(item, "Resources"), "ResourceName");
    return sv_eq_cstr(name, describing->id) ? SV_NONE : name;
}

/* Not what only read, nor what AWS has refused, nor what the filter leaves out. */
static bool is_change(const struct describing *describing, const cJSON *record,
                      changes_filter_fn *filter)
{
    return !json_bool(record, "readOnly", false) && json_sv(record, "errorCode").len == 0 &&
           (!filter || filter(describing, record));
}

static bool tell_change(struct describing *describing, const cJSON *item, changes_filter_fn *filter)
{
    AUTO(json_free_at) cJSON *record = NULL;
    AUTO(buf_done) struct buf value = BUF_NONE;
    struct sv actor = SV_NONE, role = SV_NONE, subject = other_subject(describing, item);
    char at[CLOCK_ISO_SIZE];
    int64_t at_ms;
    json_parse(json_sv(item, "CloudTrailEvent"), "CloudTrailEvent", &record, NULL);
    if (!reply_time(item, "EventTime", &at_ms) || !is_change(describing, record, filter))
        return false;
    change_actor(record, &actor, &role);
    buf_add(&value, actor.len > 0 ? actor : json_sv(item, "Username"));
    if (role.len > 0 && !sv_eq(role, actor))
        buf_addf(&value, " (" SV_FMT ")", SV_ARG(role));
    buf_addf(&value, ": " SV_FMT, SV_ARG(json_sv(item, "EventName")));
    if (subject.len > 0)
        buf_addf(&value, " " SV_FMT, SV_ARG(subject));
    clock_iso8601(at_ms, false, at);
    tell(describing, section, sv_of(at), buf_sv(&value));
    return true;
}

static void tell_refusal(struct describing *describing, const struct err *err)
{
    if (err->iam_action[0])
        tellf(describing, section, SV("not known"), "CloudTrail was not read: it takes %s",
              err->iam_action);
    else
        tellf(describing, section, SV("not known"), "CloudTrail was not read: %s", err->message);
}

void changes_tell_some(struct inquiry *inquiry, struct describing *describing,
                       changes_filter_fn *filter)
{
    const struct err *err = inquiry_err(inquiry, OP_cloudtrail_LookupEvents);
    size_t n = 0;
    INQUIRY_EACH(inquiry, OP_cloudtrail_LookupEvents, "Events", item)
    {
        if (n < CHANGES_SHOWN)
            n += tell_change(describing, item, filter);
    }
    if (err->code != OK)
        tell_refusal(describing, err);
    else if (n == 0 && inquiry_page(inquiry, OP_cloudtrail_LookupEvents, 0))
        tell(describing, section, SV("nobody"), SV("as far as CloudTrail tells: 90 days"));
}

void changes_tell(struct inquiry *inquiry, struct describing *describing)
{
    changes_tell_some(inquiry, describing, NULL);
}
