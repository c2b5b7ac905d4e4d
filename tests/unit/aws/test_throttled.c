/*
 * A service that refuses what is beyond its rate: the client slows down instead of asking again.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "core/aws/call.h"
#include "core/base/clock.h"
#include "helper_client.h"
#include "tests/support/server.h"
#include "tests/unit/unit.h"

#define N_REGIONS      12
#define CALLS_A_REGION 60
#define RATE_PER_S     20.0 /* of each region */
#define BURST          20.0
#define NAIVE_SHARE    0.3 /* of the first attempts, were they sent at once, that is refused */
#define ATTEMPTS_MAX   1.3 /* for each success */

/* What AWS counts by: a bucket for each region. */
static struct bucket {
    double tokens, refilled_at_s;
} buckets[N_REGIONS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static size_t n_throttled, n_served;

static bool take_token(struct bucket *bucket)
{
    double now_s = (double)clock_mono_us() / 1e6;
    pthread_mutex_lock(&lock);
    double grown = bucket->tokens + (now_s - bucket->refilled_at_s) * RATE_PER_S;
    bucket->tokens = grown < BURST ? grown : BURST;
    bucket->refilled_at_s = now_s;
    bool has_one = bucket->tokens >= 1;
    bucket->tokens -= has_one;
    n_served += has_one;
    n_throttled += !has_one;
    pthread_mutex_unlock(&lock);
    return has_one;
}

/* The region of the signature: "Credential=AKID/20260301/xx-test-7/ec2/aws4_request". */
static struct bucket *bucket_of(const struct server_request *request)
{
    struct sv rest = server_header(request, "Authorization");
    int64_t number = 0;
    sv_split(&rest, '/');
    sv_split(&rest, '/');
    struct sv region = sv_split(&rest, '/');
    while (region.len > 0 && sv_contains(region, SV("-")))
        sv_split(&region, '-');
    sv_to_i64(region, &number);
    return &buckets[number % N_REGIONS];
}

static enum server_next serve(void *arg, const struct server_request *request)
{
    (void)arg;
    if (take_token(bucket_of(request)))
        server_reply(request, 200, "", SV("<DescribeRegionsResponse></DescribeRegionsResponse>"));
    else
        server_reply(request, 503, "",
                     SV("<Response><Errors><Error><Code>RequestLimitExceeded</Code>"
                        "</Error></Errors></Response>"));
    return SERVER_KEEP;
}

static void test_attempts_for_each_success(void **state)
{
    struct server *server = server_new(serve, NULL);
    struct aws_client *client = helper_client_new(server_url(server));
    struct helper_call *calls[N_REGIONS * CALLS_A_REGION];
    size_t n_ok = 0, n_attempts = 0;
    (void)state;
    client->retry = retry_standard;
    for (int i = 0; i < N_REGIONS; i++)
        buckets[i] = (struct bucket){BURST, (double)clock_mono_us() / 1e6};
    for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
        char region[32];
        snprintf(region, sizeof region, "xx-test-%zu", i % N_REGIONS);
        calls[i] = helper_begin(client, helper_scope(), OP_ec2_DescribeRegions, "", region, NULL);
    }
    for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
        helper_wait(calls[i]);
        n_ok += calls[i]->outcome.err.code == OK;
        n_attempts += calls[i]->outcome.attempts;
        helper_call_free(calls[i]);
    }
    print_message("%zu of %zu calls, %zu attempts, %zu refused\n", n_ok, ARRAY_LEN(calls),
                  n_attempts, n_throttled);
    assert_true(CALLS_A_REGION - BURST >= NAIVE_SHARE * CALLS_A_REGION);
    assert_int_equal(n_ok, ARRAY_LEN(calls));
    assert_true((double)n_attempts <= ATTEMPTS_MAX * (double)n_ok);
    helper_stop();
    server_free(server);
    client_free(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_attempts_for_each_success)};
    helper_start("AKIDEXAMPLE", "secret");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
