/* The command line. */
#include "tests/unit/unit.h"

#include <string.h>

#include "tests/sandbox/options.h"

#define ARGS_MAX 8

static enum err_code parse(const char *const *args, struct options *options, struct err *err)
{
    char *argv[ARGS_MAX + 2] = {(char *)"watchdeck-sandbox"};
    int argc = 1;
    while (args[argc - 1]) {
        argv[argc] = (char *)args[argc - 1];
        argc++;
    }
    return options_parse(argc, argv, options, err);
}

static void has_defaults(void **state)
{
    struct options o;
    const char *const none[] = {NULL};
    (void)state;
    assert_int_equal(parse(none, &o, NULL), OK);
    assert_int_equal(o.task, TASK_SERVE);
    assert_string_equal(o.address, "127.0.0.1");
    assert_int_equal(o.port, 0);
    assert_int_equal(o.parent_fd, -1);
    assert_int_equal(o.world.accounts, 24);
    assert_false(o.world.clock_manual);
}

static void reads_all(void **state)
{
    struct options o;
    const char *const args[] = {
        "--listen", "[::1]:8080", "--world",         "accounts=3,resources=10",
        "--clock",  "manual",     "--latency-ms=30", NULL};
    (void)state;
    assert_int_equal(parse(args, &o, NULL), OK);
    assert_string_equal(o.address, "::1");
    assert_int_equal(o.port, 8080);
    assert_int_equal(o.world.accounts, 3);
    assert_int_equal(o.world.resources, 10);
    assert_int_equal(o.world.regions, 4);
    assert_true(o.world.clock_manual);
    assert_int_equal(o.latency_ms, 30);
}

static void listens_on_loopback_alone(void **state)
{
    static const char *const good[] = {"127.0.0.1:0", "localhost:1", "[::1]:65535"};
    static const char *const bad[] = {"0.0.0.0:0",    "10.0.0.1:0", "[::]:0", "example.com:0",
                                      "127.0.0.1",    "127.0.0.1:", ":0",     "127.0.0.1:65536",
                                      "127.0.0.1:-1", "127.0.0.2:0"};
    struct options o;
    struct err err;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        assert_int_equal(parse((const char *const[]){"--listen", good[i], NULL}, &o, NULL), OK);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        err = ERR_NONE;
        assert_int_equal(parse((const char *const[]){"--listen", bad[i], NULL}, &o, &err),
                         ERR_USAGE);
        assert_string_equal(err.where, "--listen");
    }
}

static void opens_more_doors(void **state)
{
    struct options o;
    const char *const args[] = {"--imds",  "v2,slow=7,lasts=900", "--container", "on",
                                "--proxy", "me:secret,cut=12",    NULL};
    (void)state;
    assert_int_equal(parse(args, &o, NULL), OK);
    assert_true(o.imds.is_on && o.imds.no_v1 && !o.imds.no_v2);
    assert_int_equal(o.imds.slow_ms, 7);
    assert_int_equal(o.imds.lasts_s, 900);
    assert_true(o.container.is_on);
    assert_int_equal(o.container.lasts_s, 21600);
    assert_string_equal(o.proxy.credentials, "me:secret");
    assert_int_equal(o.proxy.mode, PROXY_WORKS);
    assert_int_equal(o.proxy.cut_at, 12);
    options_done(&o);
}

static void refuses_nonsense(void **state)
{
    static const char *const cases[][3] = {
        {"--latency-ms", "soon", NULL},
        {"--latency-ms", NULL},
        {"--parent-fd", "-1", NULL},
        {"--clock", "auto", NULL},
        {"--clock", "0", NULL},
        {"--tls", "", NULL},
        {"--requests", "", NULL},
        {"--world", "moons=2", NULL},
        {"--no-such-thing", NULL},
        {"-x", NULL},
        {"argument", NULL},
        {"--latency-ms", "1 ", NULL},
        {"--help=yes", NULL},
        {"--imds", "v1,v2", NULL},
        {"--imds", "", NULL},
        {"--imds", "on=1", NULL},
        {"--imds", "slow", NULL},
        {"--imds", "slow=-1", NULL},
        {"--container", "on,", NULL},
        {"--proxy", "nobody", NULL},
        {"--proxy", "me:secret,cut", NULL},
        {"--proxy", "me:secret,dance", NULL},
    };
    struct options o;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err = ERR_NONE;
        assert_int_equal(parse(cases[i], &o, &err), ERR_USAGE);
        assert_true(strlen(err.message) > 0);
        options_done(&o);
    }
}

static void knows_other_tasks(void **state)
{
    struct options o;
    (void)state;
    assert_int_equal(parse((const char *const[]){"--help", NULL}, &o, NULL), OK);
    assert_int_equal(o.task, TASK_HELP);
    assert_int_equal(parse((const char *const[]){"--rules", NULL}, &o, NULL), OK);
    assert_int_equal(o.task, TASK_RULES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_defaults),
        cmocka_unit_test(reads_all),
        cmocka_unit_test(listens_on_loopback_alone),
        cmocka_unit_test(opens_more_doors),
        cmocka_unit_test(refuses_nonsense),
        cmocka_unit_test(knows_other_tasks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
