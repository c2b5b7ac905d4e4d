/* Parameter drift: every kind in the sandbox, and from canned replies what a reading that failed
 * leaves unknown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "tests/unit/gov/helper_canned.h"
#include "tests/unit/gov/helper_sandbox.h"

#define APP     "/analytics/current/"
#define WAIT_MS 60000

static const char *text_of(const cJSON *row, const char *key)
{
    const cJSON *item = json_get(row, key);
    return cJSON_IsString(item) ? item->valuestring : "";
}

static const cJSON *row_of(const cJSON *rows, const char *resource)
{
    const cJSON *row;
    cJSON_ArrayForEach (row, rows) {
        if (strcmp(text_of(row, "resource"), resource) == 0)
            return row;
    }
    return NULL;
}

static size_t n_parameters(const cJSON *rows)
{
    size_t n = 0;
    const cJSON *row;
    cJSON_ArrayForEach (row, rows)
        n += strcmp(text_of(row, "kind"), "parameter") == 0;
    return n;
}

static size_t n_gaps, n_remarks, n_tag_reads; /* of the last load */

/* application: "" for all. */
static cJSON *load_drift_of(struct gov *gov, const char *accounts, const char *regions,
                            const char *application)
{
    static const bool never = false;
    struct selection selection = {0};
    struct load_view view;
    str_copy(selection.accounts, accounts);
    str_copy(selection.regions, regions);
    struct load *load =
        canned_open(gov, &screen_drift, &selection, &application, application[0] != '\0');
    int64_t until_ms = clock_mono_ms() + WAIT_MS;
    load_read_view(load, &view);
    while (view.phase == LOAD_RUNNING && clock_mono_ms() < until_ms) {
        load_view_done(&view);
        run_ui_until(&never, 5);
        load_read_view(load, &view);
    }
    assert_int_equal(view.phase, LOAD_DONE);
    cJSON *rows = canned_rows(&screen_drift, &view);
    n_gaps = view.coverage.gaps.len;
    n_remarks = view.coverage.remarks.len;
    load_view_done(&view);
    load_close(load);
    return rows;
}

static cJSON *load_drift(struct gov *gov, const char *accounts, const char *regions)
{
    return load_drift_of(gov, accounts, regions, "");
}

/* --- the sandbox ----------------------------------------------------------------------------- */

static void every_kind_is_found(void **state)
{
    static const struct {
        const char *resource, *type, *severity, *shown, *note;
    } expected[] = {
        {APP "http/timeout_ms", "missing_parameter", "HIGH", "HIGH", ""},
        {APP "log/level", "parameter_value_drift", "MEDIUM", "MEDIUM", "version 2 by "},
        {APP "api/token", "parameter_value_drift", "MEDIUM", "HIGH", ""},
        {APP "debug/credential", "unauthorized_parameter", "LOW", "MEDIUM", ""},
        {APP "limits/burst", "type_drift", "MEDIUM", "MEDIUM", "type StringList, approved String"},
        {APP "database/password", "type_drift", "MEDIUM", "HIGH",
         "key alias/aws/ssm, approved alias"},
    };
    static const struct {
        const char *resource, *severity, *note;
    } unknown[] = {
        {"/ledger/current/ledger/seal", "MEDIUM", "kms:Decrypt"},
        {"/ledger/current/ledger/archive", "MEDIUM", "is disabled"},
        {"/orphan/current", "HIGH", "there is nothing approved"},
        {"/vault/current", "HIGH", "what is approved cannot be read"},
    };
    struct sandbox sandbox;
    (void)state;
    sandbox_start(&sandbox, "accounts=24,regions=2,resources=600,seed=7");
    struct gov *gov = sandbox_gov(&sandbox, NULL);
    cJSON *rows = load_drift(gov, "analytics-dev", "");
    for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
        const cJSON *row = row_of(rows, expected[i].resource);
        assert_string_equal(text_of(row, "type"), expected[i].type);
        assert_string_equal(text_of(row, "severity"), expected[i].severity);
        assert_string_equal(text_of(row, "display_severity"), expected[i].shown);
        assert_non_null(strstr(text_of(row, "note"), expected[i].note));
        assert_true(sv_starts(sv_of(text_of(row, "owner")), SV("team-")));
    }
    for (size_t i = 0; i < ARRAY_LEN(unknown); i++) {
        const cJSON *row = row_of(rows, unknown[i].resource);
        assert_string_equal(text_of(row, "type"), "parameter_unknown");
        assert_string_equal(text_of(row, "state"), "UNKNOWN");
        assert_string_equal(text_of(row, "severity"), unknown[i].severity);
        assert_non_null(strstr(text_of(row, "note"), unknown[i].note));
    }
    assert_int_equal(n_parameters(rows), ARRAY_LEN(expected) + ARRAY_LEN(unknown));
    json_free(rows);
    rows = load_drift(gov, "data-lake-dev", "");
    const cJSON *tried = row_of(rows, "/data/current/debug/override");
    assert_string_equal(text_of(tried, "type"), "unauthorized_parameter");
    assert_string_equal(text_of(tried, "display_severity"), "LOW");
    json_free(rows);
    sandbox_gov_free(gov);
    sandbox_stop(&sandbox);
}

/* --- canned replies -------------------------------------------------------------------------- */

/* clang-format off */
#define META(name, version) "{\"Name\":\"" name "\",\"Type\":\"String\",\"Tier\":\"Standard\"," \
                            "\"DataType\":\"text\",\"Version\":" version "}"
#define VALUE(name, version, value) "{\"Name\":\"" name "\",\"Type\":\"String\",\"Version\":"    \
                                    version ",\"Value\":\"" value "\"}"
/* clang-format on */

static const char *described, *approved_page, *current_page;
static enum err_code approved_fails, described_fails;
static bool tags_are_granted;
static size_t n_described;

static void answer(const struct aws_request *request, struct canned_answer *answer)
{
    if (canned_organization(request, answer))
        return;
    if (request->op == OP_ssm_DescribeParameters) {
        n_described++;
        answer->pages[0] = described;
        if (described_fails)
            err_set(&answer->err, described_fails, "test", "in the middle");
    }
    n_tag_reads += request->op == OP_ssm_ListTagsForResource;
    if (request->op == OP_ssm_ListTagsForResource) { /* of what there is, and may be seen */
        if (tags_are_granted ||
            sv_eq(json_sv(request->params, "ResourceId"), SV("/shop/approved/b")))
            answer->pages[0] = "{\"TagList\":[{\"Key\":\"Team\",\"Value\":\"shop\"},"
                               "{\"Key\":\"ManagedBy\",\"Value\":\"terraform\"}]}";
        else
            err_set(&answer->err, ERR_DENIED, "test", "no");
    }
    if (request->op != OP_ssm_GetParametersByPath)
        return;
    bool approved = sv_ends(json_sv(request->params, "Path"), SV("/approved"));
    answer->pages[0] = "{\"Parameters\":[]}"; /* a page may be empty although more follows */
    answer->pages[1] = approved ? approved_page : current_page;
    if (approved && approved_fails)
        err_set(&answer->err, approved_fails, "test", "in the middle");
}

static int reset(void **state)
{
    (void)state;
    described = "{\"Parameters\":[" META("/shop/approved/a", "1") "," META(
        "/shop/approved/b", "1") "," META("/shop/current/a", "1") "," META("/shop/current/c",
                                                                           "1") "," META("/other/x",
                                                                                         "1") "]}";
    approved_page = "{\"Parameters\":[" VALUE("/shop/approved/a", "1",
                                              "x") "," VALUE("/shop/approved/b", "1", "y") "]}";
    current_page = "{\"Parameters\":[" VALUE("/shop/current/a", "1",
                                             "x") "," VALUE("/shop/current/c", "1", "z") "]}";
    approved_fails = described_fails = OK;
    tags_are_granted = false;
    return 0;
}

static cJSON *load_shop(void)
{
    struct gov *gov = canned_gov(answer);
    cJSON *rows = load_drift(gov, "shop", "us-east-1");
    canned_gov_free(gov);
    return rows;
}

static void assert_only_unknown(const char *why)
{
    cJSON *rows = load_shop();
    assert_int_equal(n_parameters(rows), 1);
    const cJSON *row = row_of(rows, "/shop/current");
    assert_string_equal(text_of(row, "type"), "parameter_unknown");
    if (!strstr(text_of(row, "note"), why))
        fail_msg("\"%s\" does not say \"%s\"", text_of(row, "note"), why);
    json_free(rows);
}

static void whole_sides_are_compared(void **state)
{
    (void)state;
    cJSON *rows = load_shop();
    assert_int_equal(n_parameters(rows), 2);
    assert_string_equal(text_of(row_of(rows, "/shop/current/b"), "type"), "missing_parameter");
    assert_string_equal(text_of(row_of(rows, "/shop/current/c"), "type"), "unauthorized_parameter");
    json_free(rows);
}

/* Of what is missing the approved one says it; who may not ask sees that the owner is not known. */
static void tags_tell_the_owner(void **state)
{
    (void)state;
    cJSON *rows = load_shop();
    const cJSON *missing = row_of(rows, "/shop/current/b");
    assert_string_equal(text_of(missing, "owner"), "shop");
    assert_string_equal(text_of(missing, "deployed_by"), "tool terraform");
    assert_string_equal(text_of(row_of(rows, "/shop/current/c"), "type"), "unauthorized_parameter");
    assert_string_equal(text_of(row_of(rows, "/shop/current/c"), "owner"), "(unread)");
    assert_int_equal(n_gaps, 0);
    assert_int_equal(n_remarks, 1);
    json_free(rows);
}

static void retry_told(void *arg, bool asked)
{
    assert_true(asked);
    *(bool *)arg = true;
}

static bool has_no_remarks(const struct load_view *view)
{
    return view->phase == LOAD_DONE && view->coverage.remarks.len == 0;
}

/* What was remarked can be asked for once more, as a gap can: what the others said is told again.
 */
static void a_remark_is_asked_for_again(void **state)
{
    struct selection selection = {.accounts = "shop", .regions = "us-east-1"};
    struct aws_target target;
    struct load_view view;
    bool is_told = false;
    (void)state;
    struct gov *gov = canned_gov(answer);
    struct load *load = canned_open(gov, &screen_drift, &selection, NULL, 0);
    canned_wait(load, canned_has_ended, &view);
    assert_int_equal(view.coverage.remarks.len, 1);
    target = view.coverage.remarks.ptr[0].target;
    load_view_done(&view);
    tags_are_granted = true;
    n_described = 0;
    gov_retry(gov, &screen_drift, &target, "ssm:ListTagsForResource", gov->scope, retry_told,
              &is_told);
    run_ui_until(&is_told, -1);
    canned_wait(load, has_no_remarks, &view);
    cJSON *rows = canned_rows(&screen_drift, &view);
    assert_string_equal(text_of(row_of(rows, "/shop/current/c"), "owner"), "shop");
    assert_int_equal(n_parameters(rows), 2);
    assert_int_equal(n_described, 0);
    json_free(rows);
    load_view_done(&view);
    load_close(load);
    canned_gov_free(gov);
}

static size_t n_with(const cJSON *rows, const char *key, const char *text)
{
    size_t n = 0;
    const cJSON *row;
    cJSON_ArrayForEach (row, rows)
        n += strcmp(text_of(row, key), text) == 0;
    return n;
}

/* Each is a request of its own: a row that was not asked about does not look like one that nobody
 * owns, and the coverage says so too. */
static void what_is_not_asked_says_so(void **state)
{
    enum { N = 130, ASKED = 100 };
    AUTO(buf_done) struct buf metas = BUF_NONE, values = BUF_NONE;
    (void)state;
    buf_add_cstr(&metas, "{\"Parameters\":[");
    buf_add_cstr(&values, "{\"Parameters\":[");
    for (int i = 0; i < N; i++) {
        buf_addf(&metas, "%s{\"Name\":\"/shop/approved/%d\",\"Type\":\"String\",\"Version\":1}",
                 i > 0 ? "," : "", i);
        buf_addf(&values,
                 "%s{\"Name\":\"/shop/approved/%d\",\"Type\":\"String\",\"Version\":1,"
                 "\"Value\":\"x\"}",
                 i > 0 ? "," : "", i);
    }
    buf_add_cstr(&metas, ",{\"Name\":\"/shop/current/z\",\"Type\":\"String\",\"Version\":1}]}");
    buf_add_cstr(&values, "]}");
    described = buf_cstr(&metas);
    approved_page = buf_cstr(&values);
    current_page = "{\"Parameters\":[" VALUE("/shop/current/z", "1", "z") "]}";
    n_tag_reads = 0;
    cJSON *rows = load_shop();
    assert_int_equal(n_with(rows, "type", "missing_parameter"), N);
    assert_int_equal(n_tag_reads, ASKED);
    assert_int_equal(n_with(rows, "owner", "(not asked)"), N + 1 - ASKED);
    assert_int_equal(n_with(rows, "deployed_by", "(not asked)"), N + 1 - ASKED);
    assert_int_equal(n_remarks, 1);
    assert_int_equal(n_gaps, 0);
    json_free(rows);
}

/* What an unreadable baseline would make of it: everything present would be unauthorized. */
static void a_side_that_cannot_be_read_makes_nothing_unauthorized(void **state)
{
    (void)state;
    approved_fails = ERR_DENIED;
    assert_only_unknown("what is approved cannot be read");
    approved_fails = ERR_TIMEOUT;
    assert_only_unknown("what is approved cannot be read");
}

static void a_partial_side_makes_nothing_missing(void **state)
{
    (void)state;
    current_page = "{\"Parameters\":[" VALUE("/shop/current/a", "1", "x") "]}";
    assert_only_unknown("1 of 2 that are current were read");
}

static void an_empty_side_makes_nothing_missing(void **state)
{
    (void)state;
    described =
        "{\"Parameters\":[" META("/shop/approved/a", "1") "," META("/shop/approved/b", "1") "]}";
    assert_only_unknown("there is nothing current");
    described = "{\"Parameters\":[" META("/shop/current/a", "1") "]}";
    assert_only_unknown("there is nothing approved");
}

/* That nobody has it does not mean that it is as approved. */
static void an_application_that_is_nowhere_is_unknown(void **state)
{
    (void)state;
    described = "{\"Parameters\":[]}";
    struct gov *gov = canned_gov(answer);
    cJSON *rows = load_drift_of(gov, "shop", "us-east-1", "nosuch");
    assert_int_equal(n_parameters(rows), 1);
    const cJSON *row = row_of(rows, "/nosuch/current");
    assert_string_equal(text_of(row, "state"), "UNKNOWN");
    assert_non_null(strstr(text_of(row, "note"), "in any of the 1 places"));
    json_free(rows);
    rows = load_drift_of(gov, "shop", "us-east-1", "");
    assert_int_equal(n_parameters(rows), 0); /* nothing was asked for */
    json_free(rows);
    canned_gov_free(gov);
}

static void what_changes_while_it_is_read_is_unknown(void **state)
{
    (void)state;
    current_page = "{\"Parameters\":[" VALUE("/shop/current/a", "2",
                                             "x") "," VALUE("/shop/current/c", "1", "z") "]}";
    assert_only_unknown("1 of 2 that are current were read");
    current_page = "{\"Parameters\":[" VALUE("/shop/current/a", "1", "x") "," VALUE(
        "/shop/current/c", "1", "z") "," VALUE("/shop/current/d", "1", "z") "]}";
    assert_only_unknown("it was changed while it was read");
}

static void a_list_that_breaks_off_says_nothing(void **state)
{
    (void)state;
    described_fails = ERR_THROTTLED;
    cJSON *rows = load_shop();
    assert_int_equal(n_parameters(rows), 0);
    json_free(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_is_found),
        cmocka_unit_test_setup(whole_sides_are_compared, reset),
        cmocka_unit_test_setup(tags_tell_the_owner, reset),
        cmocka_unit_test_setup(a_remark_is_asked_for_again, reset),
        cmocka_unit_test_setup(what_is_not_asked_says_so, reset),
        cmocka_unit_test_setup(a_side_that_cannot_be_read_makes_nothing_unauthorized, reset),
        cmocka_unit_test_setup(a_partial_side_makes_nothing_missing, reset),
        cmocka_unit_test_setup(an_empty_side_makes_nothing_missing, reset),
        cmocka_unit_test_setup(an_application_that_is_nowhere_is_unknown, reset),
        cmocka_unit_test_setup(what_changes_while_it_is_read_is_unknown, reset),
        cmocka_unit_test_setup(a_list_that_breaks_off_says_nothing, reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
