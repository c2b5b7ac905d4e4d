/* watchdeck.conf and the patterns in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/gov/freeze.h"
#include "core/gov/queue/item_type.h"
#include "core/gov/settings.h"

static void test_patterns(void **state)
{
    (void)state;
    static const struct {
        const char *patterns, *text;
        bool matches;
    } rows[] = {
        {"payments", "payments", true},
        {"payments", "payments-dev", false},
        {"pay*", "payments", true},
        {"*", "", true},
        {"", "", false},
        {" , ,", "", false},
        {"a, b ,c", "b", true},
        {"PAY*", "payments", true},
        {"?ay*s", "payments", true},
        {"*/prod", "Root/Workloads/Prod", true},
        {"*/prod", "Root/Workloads/Products", false},
        {"*a*b*c*d", "abcabcabcabc", false},
        {"**x", "aax", true},
        {"a?", "a", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_int_equal(patterns_match(sv_of(rows[i].patterns), sv_of(rows[i].text)),
                         rows[i].matches);
}

/* A pattern that would take for ever by trying everything. */
static void test_hostile_pattern(void **state)
{
    (void)state;
    char text[2001], pattern[201];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    for (size_t i = 0; i < sizeof pattern - 1; i += 2)
        memcpy(pattern + i, "*a", 2);
    pattern[sizeof pattern - 2] = 'b';
    pattern[sizeof pattern - 1] = '\0';
    assert_false(pattern_match(sv_of(pattern), sv_of(text)));
}

static enum err_code read_text(const char *text, struct settings *settings, struct err *err)
{
    char path[] = "/tmp/watchdeck-settings-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    settings_init(settings);
    enum err_code code = settings_read(path, true, settings, err);
    unlink(path);
    return code;
}

static void test_a_whole_file(void **state)
{
    (void)state;
    struct settings settings;
    struct err err;
    assert_int_equal(read_text("# ours\n"
                               "member_role = Auditor   # theirs\n"
                               "\n"
                               "concurrency=8\n"
                               "production = */Live/*, shop\n"
                               "read_only_production = no\n"
                               "dangerous_ports = 22, 9200\n"
                               "regions =\n",
                               &settings, &err),
                     OK);
    assert_string_equal(settings.member_role, "Auditor");
    assert_int_equal(settings.concurrency, 8);
    assert_string_equal(settings.production, "*/Live/*, shop");
    assert_false(settings.read_only_production);
    assert_int_equal(settings.sg_policy.n_dangerous, 2);
    assert_int_equal(settings.sg_policy.dangerous_ports[1], 9200);
    assert_int_equal(settings.sg_policy.n_allowed, 2); /* untouched */
    assert_string_equal(settings.regions, "");
}

static void test_bad_lines(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"member_role = a\nnonsense = 1\n", "unknown key 'nonsense'"},
        {"member_role = a\nmemberrole = 1\n", "did you mean member_role?"},
        {"\nrefresh_s = 5\n", "10 to 86400"},
        {"\nrefresh_s = -1\n", "10 to 86400"},
        {"member_role = a\nmember_role\n", "key = value"},
        {"\nconcurrency = 0\n", "1 to 256"},
        {"\nconcurrency = many\n", "1 to 256"},
        {"\nread_only = vault, tag:Owner=a\n", "tags do not stand here"},
        {"read_only = vault\nread_only = *\n", "read_only is already set in line 1"},
        {"\nread_only_production = maybe\n", "yes or no"},
        {"\ndangerous_ports = 22, 70000\n", "port numbers"},
        {"\ndecide_within_high = soon\n", "a duration like 4h"},
        {"\ndecide_within_high = -4h\n", "a duration like 4h"},
        {"\ndecide_within_high = 99999999999999999999d\n", "a duration like 4h"},
        {"\nfreeze = 2026-12-20\n", "FROM/TO are wanted"},
        {"\nfreeze = 2026-12-20/2026-12-19\n", "FROM before TO"},
        {"\nfreeze = 2026-12-20/2027-01-03, soon/later\n", "FROM/TO are wanted"},
        {"\nfreeze = 2026-12-20T18:00/2027-01-03\n", "FROM/TO are wanted"}, /* which zone? */
        {"\napply_automatically = baseline_rule_extra, baselin_*\n", "types are wanted"},
        {"\napply_automatically = unauthorized_parameter\n", "parameter_value_drift"},
        {"\napply_automatically = baseline_*, unrestricted_all_*\n", "a person's to decide on"},
        {"\nalert_topic = alerts\n", "ARN of an SNS topic"},
        {"\nalert_topic = arn:aws:sqs:eu-west-1:111111111111:alerts\n", "ARN of an SNS topic"},
        {"\nalert_ops_item = often\n", "yes or no"},
        {"\nfour_eyes = LOW\n", "no, MEDIUM, HIGH or CRITICAL"},
        {"\nalone_wait = 11m\n", "10m at most"},
        {"\nalone_wait = soon\n", "10s or 2m"},
        {"\nfour_eyes = yes\n", "no, MEDIUM, HIGH or CRITICAL"},
        {"\nmember_role = "
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
         "too long"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct settings settings;
        struct err err;
        assert_int_equal(read_text(rows[i].text, &settings, &err), ERR_CONFIG);
        assert_non_null(strstr(err.where, ":2")); /* all of them on the second line */
        assert_non_null(strstr(err.message, rows[i].says));
    }
}

/* What may be named is what the table of types says. */
static void test_the_types_that_may_be_applied(void **state)
{
    (void)state;
    const struct item_type *type;
    for (size_t i = 0; (type = item_type(i)) != NULL; i++) {
        AUTO(buf_done) struct buf line = BUF_NONE;
        struct settings settings;
        struct err err = ERR_NONE;
        buf_addf(&line, "apply_automatically = %s\n", type->name);
        assert_int_equal(read_text(buf_cstr(&line), &settings, &err),
                         type->applies ? OK : ERR_CONFIG);
        assert_int_equal(item_is_automatic(&settings, type->name, SEVERITY_MEDIUM), type->applies);
        assert_int_equal(read_text("apply_automatically = none_of_them\n", &settings, &err),
                         ERR_CONFIG);
        assert_int_equal(strstr(err.message, type->name) != NULL, type->applies);
    }
}

static size_t index_of(const char *key)
{
    struct settings_row row;
    size_t i = 0;
    while (settings_row(i, &row) && strcmp(row.key, key) != 0)
        i++;
    assert_true(settings_row(i, &row));
    return i;
}

static void test_values_and_origins(void **state)
{
    (void)state;
    static const struct {
        const char *key, *value;
        bool is_set;
    } rows[] = {
        {"theme", "light", true},
        {"keys", "vi", true},
        {"refresh_s", "60", true},
        {"endpoint_url", "http://127.0.0.1:4566", true},
        {"egress_open", "no", true},
        {"allowed_ports", "80, 443, 8443", true},
        {"freeze", "2026-12-20/2027-01-03", true},
        {"apply_automatically", "baseline_*", true},
        {"alert_topic", "arn:aws:sns:eu-west-1:111111111111:alerts", true},
        {"four_eyes", "HIGH", true},
        {"alone_wait", "5s", false},
        {"shared_record", "yes", false},
        {"concurrency", "32", false},
        {"read_only_production", "yes", false},
        {"member_role", "", false},
        {"decide_within_critical", "1d12h", true},
        {"decide_within_high", "7d", false},
        {"decide_within_medium", "0", true},
    };
    struct settings settings;
    struct err err;
    assert_int_equal(read_text("theme = light\nkeys = vi\nrefresh_s = 60\n"
                               "endpoint_url = http://127.0.0.1:4566\negress_open = no\n"
                               "allowed_ports = 80,443 , 8443\n"
                               "decide_within_critical = 36h\ndecide_within_medium = 0\n"
                               "freeze = 2026-12-20/2027-01-03\napply_automatically = baseline_*\n"
                               "alert_topic = arn:aws:sns:eu-west-1:111111111111:alerts\n"
                               "four_eyes = high\n",
                               &settings, &err),
                     OK);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(buf_done) struct buf value = BUF_NONE;
        AUTO(buf_done) struct buf from = BUF_NONE;
        settings_value(&settings, index_of(rows[i].key), &value);
        settings_origin(&settings, rows[i].key, &from);
        assert_string_equal(buf_cstr(&value), rows[i].value);
        assert_int_equal(sv_eq_cstr(buf_sv(&from), "default"), !rows[i].is_set);
        assert_int_equal(sv_starts(buf_sv(&from), SV("watchdeck-settings-")), rows[i].is_set);
    }
}

/* Other files lie where watchdeck.conf does, unless they say where. */
static void test_paths(void **state)
{
    (void)state;
    struct settings settings;
    char path[64];
    settings_init(&settings);
    settings_path(&settings, "approved.json", path, sizeof path);
    assert_string_equal(path, "approved.json");
    str_copy(settings.dir, "/etc/watchdeck");
    settings_path(&settings, "approved.json", path, sizeof path);
    assert_string_equal(path, "/etc/watchdeck/approved.json");
    settings_path(&settings, "/srv/approved.json", path, sizeof path);
    assert_string_equal(path, "/srv/approved.json");
    setenv("HOME", "/home/oncall", 1);
    settings_path(&settings, "~/approved.json", path, sizeof path);
    assert_string_equal(path, "/home/oncall/approved.json");
}

/* --- freeze windows -------------------------------------------------------------------------- */

static void test_freeze(void **state)
{
    (void)state;
    static const char windows[] = "2026-12-20/2027-01-03, 2027-01-04T00:00Z/2027-01-04T06:30:00Z, "
                                  "2027-03-01+01:00/2027-03-01+01:00, "
                                  "2027-04-01T18:00-05:00/2027-04-02T06:00-05:00";
    static const struct {
        const char *now, *until; /* NULL: not frozen */
    } rows[] = {
        {"2026-12-19T23:59:59Z", NULL},
        {"2026-12-20T00:00:00Z", "2027-01-04T06:30:00Z"}, /* one window joins the other */
        {"2027-01-03T23:59:59Z", "2027-01-04T06:30:00Z"}, /* the last day counts in full */
        {"2027-01-04T06:30:00Z", NULL},
        {"2027-02-28T22:59:59Z", NULL},
        {"2027-02-28T23:00:00Z", "2027-03-01T23:00:00Z"}, /* a day of another zone */
        {"2027-03-01T23:00:00Z", NULL},
        {"2027-04-01T22:59:59Z", NULL},
        {"2027-04-01T23:00:00Z", "2027-04-02T11:00:00Z"},
    };
    const char *why;
    assert_true(freeze_check(sv_of(windows), &why));
    assert_true(freeze_check(SV(""), &why));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int64_t now_ms, until_ms;
        char until[CLOCK_ISO_SIZE];
        assert_true(clock_parse_iso8601(sv_of(rows[i].now), &now_ms));
        assert_int_equal(freeze_at(sv_of(windows), now_ms, &until_ms), rows[i].until != NULL);
        clock_iso8601(until_ms, false, until);
        assert_string_equal(until, rows[i].until ? rows[i].until : rows[i].now);
    }
}

/* What is shown can be written into the file again. */
static void test_values_read_back(void **state)
{
    (void)state;
    AUTO(buf_done) struct buf file = BUF_NONE;
    struct settings defaults, settings;
    struct settings_row row;
    struct err err;
    settings_init(&defaults);
    for (size_t i = 0; settings_row(i, &row); i++) {
        buf_addf(&file, "%s = ", row.key);
        settings_value(&defaults, i, &file);
        buf_add_char(&file, '\n');
    }
    assert_int_equal(read_text(buf_cstr(&file), &settings, &err), OK);
    for (size_t i = 0; settings_row(i, &row); i++) {
        AUTO(buf_done) struct buf before = BUF_NONE;
        AUTO(buf_done) struct buf after = BUF_NONE;
        settings_value(&defaults, i, &before);
        settings_value(&settings, i, &after);
        assert_string_equal(buf_cstr(&before), buf_cstr(&after));
    }
}

static void test_missing_files(void **state)
{
    (void)state;
    struct settings settings;
    struct err err;
    settings_init(&settings);
    assert_int_equal(settings_read("/nonexistent/watchdeck.conf", false, &settings, &err), OK);
    assert_int_equal(settings_read("/nonexistent/watchdeck.conf", true, &settings, &err),
                     ERR_CONFIG);
    assert_int_equal(settings_read("/tmp", true, &settings, &err), ERR_CONFIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_patterns),
        cmocka_unit_test(test_the_types_that_may_be_applied),
        cmocka_unit_test(test_hostile_pattern),
        cmocka_unit_test(test_a_whole_file),
        cmocka_unit_test(test_bad_lines),
        cmocka_unit_test(test_missing_files),
        cmocka_unit_test(test_values_and_origins),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_freeze),
        cmocka_unit_test(test_values_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
