/* What is said of a channel that is lost and there again. */
#include <string.h>

#include "core/base/mem.h"
#include "tests/unit/unit.h"
#include "views/node/disturbance.h"

/* What is said of each state in turn; NULL: nothing. */
static void must_say(const enum channel_state *states, const char *const *says, size_t n)
{
    struct disturbance disturbance = {0};

    for (size_t i = 0; i < n; i++) {
        AUTO(buf_done) struct buf line = BUF_NONE;
        struct channel_status status = {.state = states[i], .attempt = 2, .attempts_max = 9};
        err_set(&status.err, ERR_NET, "socket", "it was closed");
        disturbance_describe(&disturbance, &status, ", Enter ~ . leaves", &line);
        if (says[i] != NULL)
            assert_non_null(strstr(buf_cstr(&line), says[i]));
        else
            assert_string_equal(buf_cstr(&line), "");
    }
}

static void test_an_open_one(void **state)
{
    static const enum channel_state states[] = {CHANNEL_OPENING, CHANNEL_OPEN,    CHANNEL_RESUMING,
                                                CHANNEL_OPEN,    CHANNEL_WAITING, CHANNEL_OPEN,
                                                CHANNEL_OPEN,    CHANNEL_ENDED};
    static const char *const says[] = {NULL,
                                       NULL,
                                       "the connection is lost, attempt 2 of 9: it was closed",
                                       "connected again",
                                       "minutes, Enter ~ . leaves",
                                       "connected again",
                                       NULL,
                                       NULL};

    (void)state;
    must_say(states, says, ARRAY_LEN(states));
}

static void test_lost_before_it_was_open(void **state)
{
    static const enum channel_state states[] = {CHANNEL_OPENING, CHANNEL_RESUMING, CHANNEL_OPENING,
                                                CHANNEL_OPEN, CHANNEL_OPEN};
    static const char *const says[] = {NULL, "the connection is lost", NULL, "connected again",
                                       NULL};

    (void)state;
    must_say(states, says, ARRAY_LEN(states));
}

static void test_one_that_does_not_come_back(void **state)
{
    static const enum channel_state states[] = {CHANNEL_OPEN, CHANNEL_RESUMING, CHANNEL_ENDED};
    static const char *const says[] = {NULL, "the connection is lost", NULL};

    (void)state;
    must_say(states, says, ARRAY_LEN(states));
}

/* The service knows of it before it says anything itself. */
static void test_a_node_that_comes_back(void **state)
{
    static const struct {
        enum channel_state state;
        enum channel_node node;
        const char *says;
    } rows[] = {
        {CHANNEL_WAITING, CHANNEL_NODE_UNKNOWN, "the node does not answer"},
        {CHANNEL_WAITING, CHANNEL_NODE_GONE, "the node is not connected"},
        {CHANNEL_WAITING, CHANNEL_NODE_CONNECTED, ""},
        {CHANNEL_OPEN, CHANNEL_NODE_UNKNOWN, "connected again"},
        {CHANNEL_WAITING, CHANNEL_NODE_CONNECTED, "the node does not answer"},
    };
    struct disturbance disturbance = {0};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(buf_done) struct buf line = BUF_NONE;
        const struct channel_status status = {.state = rows[i].state, .node = rows[i].node};
        disturbance_describe(&disturbance, &status, "", &line);
        assert_true(sv_starts(buf_sv(&line), sv_of(rows[i].says)));
        assert_true(line.len > 0 || rows[i].says[0] == '\0');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_open_one),
        cmocka_unit_test(test_lost_before_it_was_open),
        cmocka_unit_test(test_one_that_does_not_come_back),
        cmocka_unit_test(test_a_node_that_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
