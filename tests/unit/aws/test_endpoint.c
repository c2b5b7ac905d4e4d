/*
 * Where services are: partitions, FIPS, dual-stack, global services, and what people may set.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/aws/endpoint/endpoint.h"
#include "core/aws/endpoint/partition.h"
#include "tests/unit/unit.h"

static struct err err;

static const struct aws_service *service_of(const char *name)
{
    const struct aws_service *service = aws_service_find(sv_of(name));
    assert_non_null(service);
    return service;
}

static struct endpoint resolve(const char *service, const char *region, bool fips, bool dual)
{
    const struct endpoint_rules rules = {.use_fips = fips, .use_dual_stack = dual};
    struct endpoint endpoint = {0};
    if (endpoint_resolve(&rules, service_of(service), region, &endpoint, &err) != OK)
        fail_msg("%s %s: %s", service, region, err.message);
    return endpoint;
}

static void assert_place(const char *service, const char *region, bool fips, bool dual,
                         const char *url, const char *signing_region)
{
    struct endpoint endpoint = resolve(service, region, fips, dual);
    assert_string_equal(endpoint.url, url);
    assert_string_equal(endpoint.region, signing_region);
}

/* --- partitions ------------------------------------------------------------------------------ */

static void assert_partition(const char *region, const char *id)
{
    assert_string_equal(partition_of(sv_of(region))->id, id);
}

static void test_partitions(void **state)
{
    (void)state;
    assert_partition("us-east-1", "aws");
    assert_partition("eu-south-77", "aws"); /* not known yet, but of the form */
    assert_partition("cn-northwest-1", "aws-cn");
    assert_partition("cn-west-9", "aws-cn");
    assert_partition("us-gov-east-1", "aws-us-gov");
    assert_partition("us-gov-north-4", "aws-us-gov");
    assert_partition("us-iso-west-1", "aws-iso");
    assert_partition("us-isob-east-1", "aws-iso-b");
    assert_partition("eu-isoe-west-2", "aws-iso-e");
    assert_partition("us-isof-south-1", "aws-iso-f");
    assert_partition("eusc-de-east-1", "aws-eusc");
    assert_partition("eusc-fr-east-1", "aws"); /* the form names Germany alone */
    assert_partition("aws-us-gov-global", "aws-us-gov");
    assert_partition("aws-global", "aws");
    assert_partition("moon-base-1", "aws");
    assert_partition("", "aws");
    assert_partition("-1", "aws");
    assert_partition("us-east-", "aws");
    assert_partition("a-region-with-a-very-long-name-that-nobody-would-use-1", "aws");
}

/* --- hosts ----------------------------------------------------------------------------------- */

static void test_regional_services(void **state)
{
    (void)state;
    assert_place("ssm", "eu-west-1", false, false, "https://ssm.eu-west-1.amazonaws.com/",
                 "eu-west-1");
    assert_place("config", "us-east-2", true, false, "https://config-fips.us-east-2.amazonaws.com/",
                 "us-east-2");
    assert_place("logs", "eu-west-1", false, true, "https://logs.eu-west-1.api.aws/", "eu-west-1");
    assert_place("ec2", "cn-north-1", true, true,
                 "https://ec2-fips.cn-north-1.api.amazonwebservices.com.cn/", "cn-north-1");
    assert_place("kms", "eusc-de-east-1", false, false, "https://kms.eusc-de-east-1.amazonaws.eu/",
                 "eusc-de-east-1");
    assert_place("monitoring", "us-iso-west-1", false, false,
                 "https://monitoring.us-iso-west-1.c2s.ic.gov/", "us-iso-west-1");
    assert_place("sso-oidc", "us-east-1", false, false, "https://oidc.us-east-1.amazonaws.com/",
                 "us-east-1");
    assert_place("sso", "us-east-1", false, false, "https://portal.sso.us-east-1.amazonaws.com/",
                 "us-east-1");
    assert_place("ssmmessages", "us-east-1", false, false,
                 "https://ssmmessages.us-east-1.amazonaws.com/", "us-east-1");
}

/* In GovCloud plain hosts are FIPS hosts, but for those of KMS and S3. */
static void test_govcloud_fips(void **state)
{
    static const char *const plain[] = {"sts",  "config",         "ssm", "ec2", "sns",
                                        "logs", "cloudformation", "sso", "oidc"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(plain); i++) {
        struct endpoint with = resolve(plain[i], "us-gov-east-1", true, false);
        struct endpoint without = resolve(plain[i], "us-gov-east-1", false, false);
        assert_string_equal(with.url, without.url);
    }
    assert_place("kms", "us-gov-east-1", true, false,
                 "https://kms-fips.us-gov-east-1.amazonaws.com/", "us-gov-east-1");
    assert_place("s3", "us-gov-east-1", true, false, "https://s3-fips.us-gov-east-1.amazonaws.com/",
                 "us-gov-east-1");
    assert_place("sts", "us-gov-east-1", true, true, "https://sts-fips.us-gov-east-1.api.aws/",
                 "us-gov-east-1");
}

static void test_global_services(void **state)
{
    (void)state;
    assert_place("iam", "eu-west-1", false, false, "https://iam.amazonaws.com/", "us-east-1");
    assert_place("iam", "eu-west-1", true, false, "https://iam-fips.amazonaws.com/", "us-east-1");
    assert_place("iam", "us-gov-east-1", true, false, "https://iam.us-gov.amazonaws.com/",
                 "us-gov-west-1");
    assert_place("iam", "cn-northwest-1", false, false, "https://iam.cn-north-1.amazonaws.com.cn/",
                 "cn-north-1");
    assert_place("iam", "us-isof-east-1", false, false,
                 "https://iam.us-isof-south-1.csp.hci.ic.gov/", "us-isof-south-1");
    assert_place("organizations", "ap-south-2", false, false,
                 "https://organizations.us-east-1.amazonaws.com/", "us-east-1");
    assert_place("organizations", "us-gov-east-1", true, false,
                 "https://organizations.us-gov-west-1.amazonaws.com/", "us-gov-west-1");
    assert_place("organizations", "cn-north-1", false, false,
                 "https://organizations.cn-northwest-1.amazonaws.com.cn/", "cn-northwest-1");
    /* it has no dual-stack hosts */
    assert_place("organizations", "eu-west-1", false, true,
                 "https://organizations.us-east-1.amazonaws.com/", "us-east-1");
    assert_place("organizations", "eu-west-1", true, true,
                 "https://organizations-fips.us-east-1.amazonaws.com/", "us-east-1");
}

static void test_s3(void **state)
{
    const struct endpoint_rules fips = {.use_fips = true};
    struct endpoint endpoint;
    (void)state;
    assert_place("s3", "eu-west-1", false, false, "https://s3.eu-west-1.amazonaws.com/",
                 "eu-west-1");
    assert_place("s3", "eu-west-1", true, true,
                 "https://s3-fips.dualstack.eu-west-1.amazonaws.com/", "eu-west-1");
    assert_place("s3", "cn-north-1", false, true,
                 "https://s3.dualstack.cn-north-1.amazonaws.com.cn/", "cn-north-1");
    assert_int_equal(endpoint_resolve(&fips, service_of("s3"), "cn-north-1", &endpoint, &err),
                     ERR_CONFIG);
    assert_non_null(strstr(err.message, "FIPS"));
}

static void test_pseudo_regions(void **state)
{
    (void)state;
    assert_place("sts", "aws-global", false, false, "https://sts.amazonaws.com/", "us-east-1");
    assert_place("s3", "aws-global", false, false, "https://s3.amazonaws.com/", "us-east-1");
    assert_place("s3", "aws-global", true, false, "https://s3-fips.us-east-1.amazonaws.com/",
                 "us-east-1");
    assert_place("iam", "aws-cn-global", false, false, "https://iam.cn-north-1.amazonaws.com.cn/",
                 "cn-north-1");
}

/* A host that is not there is told from a region that is not. */
static void test_unknown_regions(void **state)
{
    struct endpoint endpoint = resolve("sts", "us-esat-1", false, false);
    (void)state;
    err_set(&err, ERR_DNS, "sts:GetCallerIdentity", "no");
    endpoint_explain(&endpoint, "us-esat-1", &err);
    assert_string_equal(err.where, "sts:GetCallerIdentity");
    assert_non_null(strstr(err.message, "did you mean us-east-1?"));
    assert_non_null(strstr(err_hint(&err), "--region"));
    err_set(&err, ERR_DNS, "sts", "no");
    endpoint_explain(&endpoint, "ap-south-1", &err); /* is one */
    assert_string_equal(err.message, "no");
    err_set(&err, ERR_NET, "sts", "no");
    endpoint_explain(&endpoint, "nosuch-1", &err); /* is not what is wrong */
    assert_string_equal(err.message, "no");
    endpoint.is_given = true; /* and there any region may be */
    err_set(&err, ERR_DNS, "sts", "no");
    endpoint_explain(&endpoint, "nosuch-1", &err);
    assert_string_equal(err.message, "no");
}

/* --- what people set ------------------------------------------------------------------------- */

static enum err_code resolve_as_set(const char *url, const char *service, const char *region,
                                    struct endpoint *endpoint)
{
    const struct shared_config none = {0};
    struct endpoint_rules rules;
    enum err_code code = endpoint_rules_load(url, &none, NULL, &rules, &err);
    if (code == OK)
        code = endpoint_resolve(&rules, service_of(service), region, endpoint, &err);
    endpoint_rules_done(&rules);
    return code;
}

static void clear_environment(void)
{
    static const char *const names[] = {"AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT",
                                        "AWS_STS_REGIONAL_ENDPOINTS", "AWS_ENDPOINT_URL",
                                        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        unsetenv(names[i]);
}

static void test_urls(void **state)
{
    static const struct {
        const char *url;
        bool is_good;
    } cases[] = {
        {"https://host", true},
        {"http://[::1]:4000/x", true},
        {"http://127.0.0.1:65535", true},
        {"http://[::1]", true},
        {"foo", false},
        {"https:/foo", false},
        {"http://", false},
        {"http://:80", false},
        {"http://host:0", false},
        {"http://host:99999", false},
        {"http://host:", false},
        {"http://[::1]:x", false},
        {"http://a@host", false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        if ((endpoint_url_check(sv_of(cases[i].url), "option", &err) == OK) != cases[i].is_good)
            fail_msg("%s", cases[i].url);
    assert_string_equal(err.where, "option");
}

static void test_switches(void **state)
{
    struct endpoint endpoint;
    (void)state;
    clear_environment();
    setenv("AWS_USE_FIPS_ENDPOINT", "TRUE", 1);
    setenv("AWS_USE_DUALSTACK_ENDPOINT", "true", 1);
    assert_int_equal(resolve_as_set(NULL, "sts", "us-east-1", &endpoint), OK);
    assert_string_equal(endpoint.host, "sts-fips.us-east-1.api.aws");
    setenv("AWS_USE_FIPS_ENDPOINT", "perhaps", 1);
    assert_int_equal(resolve_as_set(NULL, "sts", "us-east-1", &endpoint), ERR_CONFIG);
    assert_string_equal(err.where, "AWS_USE_FIPS_ENDPOINT");
    clear_environment();
}

static void test_profile_keys(void **state)
{
    struct config_property properties[] = {
        {.name = (char[]){"use_fips_endpoint"}, .text = (char[]){"true"}},
        {.name = (char[]){"sts_regional_endpoints"}, .text = (char[]){"legacy"}}};
    const struct config_section profile = {.properties = {.ptr = properties, .len = 2}};
    const struct shared_config none = {0};
    struct endpoint_rules rules;
    (void)state;
    clear_environment();
    assert_int_equal(endpoint_rules_load(NULL, &none, &profile, &rules, &err), OK);
    assert_true(rules.use_fips && rules.sts_is_global && !rules.use_dual_stack);
    endpoint_rules_done(&rules);
    setenv("AWS_USE_FIPS_ENDPOINT", "false", 1); /* the variable holds */
    assert_int_equal(endpoint_rules_load(NULL, &none, &profile, &rules, &err), OK);
    assert_false(rules.use_fips);
    endpoint_rules_done(&rules);
    clear_environment();
}

static void test_global_sts(void **state)
{
    struct endpoint endpoint;
    (void)state;
    clear_environment();
    setenv("AWS_STS_REGIONAL_ENDPOINTS", "legacy", 1);
    assert_int_equal(resolve_as_set(NULL, "sts", "eu-west-1", &endpoint), OK);
    assert_string_equal(endpoint.url, "https://sts.amazonaws.com/");
    assert_string_equal(endpoint.region, "us-east-1");
    assert_int_equal(resolve_as_set(NULL, "sts", "eu-south-2", &endpoint), OK); /* a newer one */
    assert_string_equal(endpoint.url, "https://sts.eu-south-2.amazonaws.com/");
    assert_int_equal(resolve_as_set(NULL, "sts", "us-gov-west-1", &endpoint), OK);
    assert_string_equal(endpoint.url, "https://sts.us-gov-west-1.amazonaws.com/");
    clear_environment();
}

/* It would stand in a terminal's scrollback, and in logs of CI. */
static void test_password_is_not_quoted(void **state)
{
    static const char *const urls[] = {"https://user:hunter2@gateway/",
                                       "http://hunter2@gateway:80"};
    struct endpoint endpoint;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
        clear_environment();
        setenv("AWS_ENDPOINT_URL", urls[i], 1);
        assert_int_equal(resolve_as_set(NULL, "ec2", "eu-west-1", &endpoint), ERR_CONFIG);
        assert_null(strstr(err.message, "hunter2"));
        assert_non_null(strstr(err.message, "names a user"));
    }
    clear_environment();
}

static void test_no_fips_beside_named(void **state)
{
    static const char *const names[] = {"AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"};
    struct endpoint endpoint;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        clear_environment();
        setenv(names[i], "true", 1);
        setenv("AWS_ENDPOINT_URL", "https://gateway", 1);
        assert_int_equal(resolve_as_set(NULL, "ec2", "eu-west-1", &endpoint), ERR_CONFIG);
        assert_non_null(strstr(err.message, "AWS_ENDPOINT_URL"));
    }
    clear_environment();
}

/* A named endpoint is signed for the region that was asked for, of a global service too. */
static void test_named_keeps_region(void **state)
{
    struct endpoint endpoint;
    (void)state;
    clear_environment();
    assert_int_equal(resolve_as_set("https://gateway/x", "organizations", "eu-west-1", &endpoint),
                     OK);
    assert_string_equal(endpoint.url, "https://gateway/x");
    assert_string_equal(endpoint.region, "eu-west-1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_partitions),
        cmocka_unit_test(test_regional_services),
        cmocka_unit_test(test_govcloud_fips),
        cmocka_unit_test(test_global_services),
        cmocka_unit_test(test_s3),
        cmocka_unit_test(test_pseudo_regions),
        cmocka_unit_test(test_unknown_regions),
        cmocka_unit_test(test_urls),
        cmocka_unit_test(test_switches),
        cmocka_unit_test(test_profile_keys),
        cmocka_unit_test(test_global_sts),
        cmocka_unit_test(test_no_fips_beside_named),
        cmocka_unit_test(test_password_is_not_quoted),
        cmocka_unit_test(test_named_keeps_region),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
