/* Who changed what: actors of CloudTrail's records, what is shown, what is cut, what is our own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/gov/change_event.h"
#include "tests/unit/gov/helper_canned.h"

static void test_actors(void **state)
{
    static const struct {
        const char *record, *actor, *role;
    } cases[] = {
        {"{\"userIdentity\":{\"type\":\"IAMUser\",\"userName\":\"alice\","
         "\"arn\":\"arn:aws:iam::1:user/ops/alice\"}}",
         "alice", ""},
        {"{\"userIdentity\":{\"type\":\"AssumedRole\","
         "\"arn\":\"arn:aws:sts::1:assumed-role/Admin/bob@example.com\","
         "\"sessionContext\":{\"sessionIssuer\":{\"userName\":\"Admin\"}}}}",
         "bob@example.com", "Admin"},
        {"{\"userIdentity\":{\"type\":\"AssumedRole\","
         "\"arn\":\"arn:aws:sts::1:assumed-role/App/i-0123456789abcdef0\","
         "\"sessionContext\":{\"sessionIssuer\":{\"userName\":\"App\"}}}}",
         "App", "App"},
        {"{\"userIdentity\":{\"type\":\"AWSService\","
         "\"invokedBy\":\"autoscaling.amazonaws.com\"}}",
         "autoscaling.amazonaws.com", ""},
        {"{\"userIdentity\":{\"type\":\"Root\",\"arn\":\"arn:aws:iam::1:root\"}}", "Root", ""},
        {"{\"userIdentity\":7}", "", ""},
        {"{}", "", ""},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        cJSON *record;
        struct sv actor, role;
        assert_int_equal(json_parse(sv_of(cases[i].record), "test", &record, NULL), OK);
        change_actor(record, &actor, &role);
        assert_true(sv_eq_cstr(actor, cases[i].actor));
        assert_true(sv_eq_cstr(role, cases[i].role));
        json_free(record);
    }
}

/* --- reading --------------------------------------------------------------------------------- */

#define EVENT(id, source, time, record)                                                       \
    "{\"EventId\":\"" id "\",\"EventName\":\"Do\",\"EventSource\":\"" source                  \
    ".amazonaws.com\",\"EventTime\":" time ",\"Username\":\"fallback\",\"Resources\":["       \
    "{\"ResourceName\":\"vpc-1\"},{\"ResourceName\":\"sg-1\"}],\"CloudTrailEvent\":\"" record \
    "\"}"

static size_t n_endless;

/* shop in eu-west-1 has three pages; of the others nobody knows anything. */
static void answer(const struct aws_request *request, struct canned_answer *answer)
{
    if (canned_organization(request, answer) || request->op != OP_cloudtrail_LookupEvents)
        return;
    const cJSON *attribute = json_items(request->params, "LookupAttributes");
    assert_string_equal(json_sv(attribute, "AttributeKey").ptr, "ReadOnly");
    assert_int_equal(request->pages_max, CHANGES_PAGES_MAX);
    if (strcmp(request->target.account_id, "333333333333") != 0 ||
        strcmp(request->target.region, "eu-west-1") != 0)
        return;
    answer->pages[0] = "{\"Events\":[" EVENT("e-1", "ec2", "1772330400", "no JSON") "," EVENT(
        "e-2", "logs", "1772330300",
        "{}") "," EVENT("e-3", "ssm", "1772330200",
                        "{\\\"errorCode\\\":\\\"AccessDenied\\\"}") "]}";
    answer->pages[1] = "{\"Events\":[" EVENT("e-4", "iam", "1772330100", "{}") "]}";
    answer->pages[2] = "{\"Events\":[" EVENT("e-5", "iam", "1772330000", "{}") "]}";
    n_endless++;
}

/* What AWS refused and what nobody looks at is left out; where the list breaks off it says so. */
static void test_events(void **state)
{
    (void)state;
    struct gov *gov = canned_gov(answer);
    struct load_view view;
    const struct screen *screen = screen_find(SV("changes"));
    struct load *load = canned_open(gov, screen, NULL, NULL, 0);
    canned_wait(load, canned_has_ended, &view);
    cJSON *rows = canned_rows(screen, &view);
    static const char *const ids[] = {"e-1", "e-4", "333333333333 eu-west-1"};
    const cJSON *row = rows->child;
    assert_int_equal(cJSON_GetArraySize(rows), ARRAY_LEN(ids));
    for (size_t i = 0; i < ARRAY_LEN(ids); i++, row = row->next)
        assert_string_equal(json_sv(row, "event_id").ptr, ids[i]);
    assert_string_equal(json_sv(rows->child, "actor").ptr, "fallback");
    assert_string_equal(json_sv(rows->child, "subject").ptr, "sg-1");
    assert_int_equal(view.coverage.ops[OP_cloudtrail_LookupEvents].asked, 8);
    assert_int_equal(view.coverage.ops[OP_cloudtrail_LookupEvents].answered, 8);
    json_free(rows);
    load_view_done(&view);
    load_close(load);
    canned_gov_free(gov);
    assert_int_equal(n_endless, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_actors),
        cmocka_unit_test(test_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
