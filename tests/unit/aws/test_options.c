/*
 * What a client is set up with: options, environment, and the keys of a profile, in this order.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/aws/call.h"
#include "core/base/os.h"
#include "helper_client.h"
#include "tests/unit/unit.h"

static char config_file[] = "/tmp/watchdeck-test-XXXXXX";
static struct err err;

static void set_profile(const char *keys)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    buf_addf(&text, "[default]\n%s\n", keys);
    assert_int_equal(os_write_atomically(config_file, buf_sv(&text), 0600, NULL), OK);
}

/* A client of these options; the test fails unless it comes to code. NULL when that is no OK. */
static struct aws_client *make(const struct aws_options *options, enum err_code code)
{
    struct aws_client *client = NULL;
    err = ERR_NONE;
    enum err_code got = client_new(options, &client, &err);
    if (got != code)
        fail_msg("%s: %s", err_name(got), err.message);
    return client;
}

static void test_retry_mode(void **state)
{
    static const struct {
        const char *variable, *key;
        unsigned attempts, slow_attempts;
    } cases[] = {
        {NULL, "", 3, 5},
        {NULL, "retry_mode = legacy", 5, 5},
        {"standard", "retry_mode = legacy", 3, 5},
        {"adaptive", "max_attempts = 4", 4, 4},
        {"legacy", "max_attempts = 1", 1, 1},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        set_profile(cases[i].key);
        if (cases[i].variable != NULL)
            setenv("AWS_RETRY_MODE", cases[i].variable, 1);
        else
            unsetenv("AWS_RETRY_MODE");
        struct aws_client *client = make(&(struct aws_options){0}, OK);
        assert_int_equal(client->retry.attempts_max, cases[i].attempts);
        assert_int_equal(client->global_slow_attempts_max, cases[i].slow_attempts);
        client_free(client);
    }
    setenv("AWS_RETRY_MODE", "eager", 1);
    make(&(struct aws_options){0}, ERR_CONFIG);
    assert_non_null(strstr(err.message, "eager"));
    unsetenv("AWS_RETRY_MODE");
}

static void assert_ca_file(const struct aws_options *options, const char *expected)
{
    struct aws_client *client = make(options, OK);
    assert_string_equal(client->ca_file != NULL ? client->ca_file : "", expected);
    client_free(client);
}

static void test_ca_bundle(void **state)
{
    (void)state;
    set_profile("");
    assert_ca_file(&(struct aws_options){0}, "");
    set_profile("ca_bundle = /of/the/profile.pem");
    assert_ca_file(&(struct aws_options){0}, "/of/the/profile.pem");
    setenv("AWS_CA_BUNDLE", "/of/the/environment.pem", 1);
    assert_ca_file(&(struct aws_options){0}, "/of/the/environment.pem");
    assert_ca_file(&(struct aws_options){.ca_file = "/of/the/option.pem"}, "/of/the/option.pem");
    unsetenv("AWS_CA_BUNDLE");
}

static void test_region_and_partition(void **state)
{
    (void)state;
    set_profile("region = us-gov-west-1");
    struct aws_client *client = make(&(struct aws_options){0}, OK);
    assert_string_equal(client_region(client), "us-gov-west-1");
    assert_string_equal(client->identities.partition, "aws-us-gov"); /* what its ARNs begin with */
    client_free(client);
    setenv("AWS_DEFAULT_REGION", "eu-west-3", 1);
    client = make(&(struct aws_options){0}, OK);
    assert_string_equal(client_region(client), "eu-west-3");
    client_free(client);
    setenv("AWS_REGION", "not a region", 1);
    make(&(struct aws_options){0}, ERR_CONFIG);
    unsetenv("AWS_REGION");
    unsetenv("AWS_DEFAULT_REGION");
}

static void test_no_fips_beside_named(void **state)
{
    (void)state;
    set_profile("endpoint_url = https://gateway");
    make(&(struct aws_options){.use_fips = true}, ERR_CONFIG);
    set_profile("use_dualstack_endpoint = true");
    make(&(struct aws_options){.endpoint_url = "https://gateway"}, ERR_CONFIG);
    set_profile("use_dualstack_endpoint = perhaps");
    make(&(struct aws_options){0}, ERR_CONFIG);
}

static void test_find_endpoint(void **state)
{
    AUTO(buf_done) struct buf url = BUF_NONE;
    const struct aws_options fips = {.use_fips = true};
    (void)state;
    set_profile("");
    assert_int_equal(client_find_endpoint(&fips, SV("configservice"), "us-gov-east-1", &url, &err),
                     OK);
    assert_string_equal(buf_cstr(&url), "https://config.us-gov-east-1.amazonaws.com");
    assert_int_equal(client_find_endpoint(&fips, SV("organisations"), "us-east-1", &url, &err),
                     ERR_USAGE);
    assert_non_null(strstr(err.message, "organizations"));
    buf_clear(&url);
    set_profile("endpoint_url = https://gateway/base/");
    assert_int_equal(
        client_find_endpoint(&(struct aws_options){0}, SV("sts"), "us-east-1", &url, &err), OK);
    assert_string_equal(buf_cstr(&url), "https://gateway/base/");
}

static int setup(void **state)
{
    (void)state;
    close(mkstemp(config_file));
    helper_start("AKIDEXAMPLE", "secret");
    setenv("AWS_CONFIG_FILE", config_file, 1);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    helper_stop();
    return unlink(config_file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_retry_mode),           cmocka_unit_test(test_ca_bundle),
        cmocka_unit_test(test_region_and_partition), cmocka_unit_test(test_no_fips_beside_named),
        cmocka_unit_test(test_find_endpoint),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
