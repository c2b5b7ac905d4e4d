/* What subcommands about nodes are told: which node, which ports. */
#include <string.h>

#include "tests/unit/unit.h"
#include "views/forwards/forward_spec.h"
#include "views/node/node_pick.h"

/* --- which node ------------------------------------------------------------------------------ */

static const struct column columns[] = {
    {"node", "NODE", COL_IDENTITY, COL_KEY, 0, 0, 0},
    {"name", "NAME", COL_TEXT, 0, 0, 0, 0},
    {"ping", "PING", COL_STATUS, 0, 0, 0, 0},
    {"account_id", "ACCOUNT", COL_IDENTITY, COL_KEY, 0, 0, 0},
    {"region", "REGION", COL_TEXT, COL_KEY, 0, 0, 0},
};

static const char *const nodes[][ARRAY_LEN(columns)] = {
    {"i-0aaa", "web-1", "Online", "111111111111", "eu-west-1"},
    {"i-0bbb", "db", "Online", "111111111111", "eu-west-1"},
    {"mi-0ccc", "db", "ConnectionLost", "222222222222", "us-east-1"},
};

static struct table *make_nodes(void)
{
    struct table *table = table_new(columns, ARRAY_LEN(columns));

    for (size_t i = 0; i < ARRAY_LEN(nodes); i++) {
        for (size_t c = 0; c < ARRAY_LEN(columns); c++)
            table_set_text(table, c, sv_of(nodes[i][c]));
        table_commit(table);
    }
    table_publish(table);
    return table;
}

static void a_node_is_found_by_id_and_by_name(void **state)
{
    struct table *table = make_nodes();
    struct node_place place;
    struct err err;

    (void)state;
    assert_int_equal(node_pick(table, "mi-0ccc", &place, &err), OK);
    assert_string_equal(place.target.account_id, "222222222222");
    assert_string_equal(place.ping, "ConnectionLost");
    assert_int_equal(node_pick(table, "web-1", &place, &err), OK);
    assert_string_equal(place.id, "i-0aaa");
    assert_string_equal(place.target.region, "eu-west-1");
    assert_int_equal(node_pick(table, "web", &place, &err), ERR_NOT_FOUND);
    table_unref(table);
}

static void a_name_of_several_names_them(void **state)
{
    struct table *table = make_nodes();
    struct node_place place;
    struct err err;

    (void)state;
    assert_int_equal(node_pick(table, "db", &place, &err), ERR_USAGE); /* exits with 2 */
    assert_non_null(strstr(err.message, "i-0bbb (111111111111 eu-west-1)"));
    assert_non_null(strstr(err.message, "mi-0ccc (222222222222 us-east-1)"));
    table_unref(table);
}

/* --- which ports ----------------------------------------------------------------------------- */

static void ports_are_read(void **state)
{
    static const struct {
        const char *text, *host;
        unsigned local_port, port;
    } good[] = {
        {"22", "", 0, 22},
        {"8080:80", "", 8080, 80},
        {"db.internal:5432", "db.internal", 0, 5432},
        {"15432:db.internal:5432", "db.internal", 15432, 5432},
        {"10.0.0.7:443", "10.0.0.7", 0, 443},
        {"[fd00::7]:443", "fd00::7", 0, 443},
        {"8443:[fd00::7]:443", "fd00::7", 8443, 443},
    };
    struct forward_spec spec;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        if (forward_spec_parse(sv_of(good[i].text), &spec, NULL) != OK)
            fail_msg("%s", good[i].text);
        assert_string_equal(spec.host, good[i].host);
        assert_int_equal(spec.local_port, good[i].local_port);
        assert_int_equal(spec.port, good[i].port);
    }
}

static void what_is_no_port_is_refused(void **state)
{
    static const char *const bad[] = {
        "",      "0",      "65536",       "-1",      "http", "80:",  ":80",      "1:2:3:4",
        "1:2:3", "a:b:80", "8080:h o:80", "h:99999", "+80",  "::80", "8080::80", "99999:h:80"};
    struct forward_spec spec;
    struct err err;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        if (forward_spec_parse(sv_of(bad[i]), &spec, &err) != ERR_USAGE)
            fail_msg("%s", bad[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_node_is_found_by_id_and_by_name),
        cmocka_unit_test(a_name_of_several_names_them),
        cmocka_unit_test(ports_are_read),
        cmocka_unit_test(what_is_no_port_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
