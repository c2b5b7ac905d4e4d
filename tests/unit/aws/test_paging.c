/*
 * The paging scripts of the vectors, played by a server: WATCHDECK_VECTORS names their folder.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/aws/call.h"
#include "core/base/os.h"
#include "helper_client.h"
#include "tests/support/server.h"
#include "tests/unit/unit.h"

#define OPERATION OP_config_DescribeConfigRules

/* One script and where it has got to. The server's threads and the test never use it at once. */
static struct {
    const cJSON *page; /* the next step */
    int64_t n_played;  /* how often the step has been */
    int64_t n_replies; /* for {n} */
    int64_t n_fresh;   /* items that were made */
    char *token;       /* that was given last; NULL before the first page */
    atomic_bool token_came_back_changed;
} script;

static struct server *server;
static char credentials_file[64];
static struct aws_client *clients[64];
static size_t n_clients;

/* --- the server ------------------------------------------------------------------------------ */

/* How often a step is played: "repeat" or "times", -1 for ever. */
static int64_t times_of(const cJSON *step)
{
    return json_i64(step, "repeat", json_i64(step, "times", 1));
}

/* NULL when the script is over: an empty page without a token follows. */
static const cJSON *next_step(void)
{
    const cJSON *step = script.page;
    if (step == NULL || json_get(step, "cycle") != NULL || json_get(step, "stall") != NULL)
        return step;
    if (++script.n_played == times_of(step)) {
        script.page = step->next;
        script.n_played = 0;
    }
    return step;
}

static void add_items(struct json_writer *w, const cJSON *items)
{
    if (!cJSON_IsString(items)) { /* "50 fresh" */
        jw_tree(w, items);
        return;
    }
    jw_array(w);
    for (int64_t i = strtoll(items->valuestring, NULL, 10); i > 0; i--)
        jw_i64(w, 1000000 + script.n_fresh++);
    jw_array_end(w);
}

static void remember_token(const cJSON *token)
{
    mem_free(script.token);
    script.token = NULL;
    if (cJSON_IsString(token) && token->valuestring[0] != '\0')
        script.token = mem_strdup(token->valuestring);
}

/* "t{n}" counts the replies. */
static cJSON *token_of(const cJSON *pattern)
{
    const char *hole = cJSON_IsString(pattern) ? strstr(pattern->valuestring, "{n}") : NULL;
    if (hole == NULL)
        return cJSON_Duplicate(pattern, true);
    char text[64];
    snprintf(text, sizeof text, "%.*s%lld", (int)(hole - pattern->valuestring),
             pattern->valuestring, (long long)script.n_replies);
    return cJSON_CreateString(text);
}

static void write_page(struct buf *body, const cJSON *items, const cJSON *token_pattern)
{
    struct json_writer w = {.out = body};
    cJSON *token = token_of(token_pattern);
    jw_object(&w);
    if (items != NULL) {
        jw_key(&w, "ConfigRules");
        add_items(&w, items);
    }
    if (token != NULL &&
        !(cJSON_IsString(token) && strcmp(token->valuestring, "__absent__") == 0)) {
        jw_key(&w, "NextToken");
        jw_tree(&w, token);
        remember_token(token);
    }
    jw_object_end(&w);
    json_free(token);
}

static void write_step(struct buf *body, const cJSON *step)
{
    const cJSON *cycle = json_get(step, "cycle");
    if (cycle != NULL) {
        const cJSON *turn =
            cJSON_GetArrayItem(cycle, (int)(script.n_replies % cJSON_GetArraySize(cycle)));
        write_page(body, cJSON_GetArrayItem(turn, 1), cJSON_GetArrayItem(turn, 0));
    } else if (json_get(step, "raw") != NULL) {
        write_page(body, NULL, json_get(step, "token"));
    } else {
        const cJSON *items = cJSON_GetObjectItemCaseSensitive(step, "items");
        write_page(body, items, cJSON_GetObjectItemCaseSensitive(step, "token"));
    }
}

/* A token has to come back byte for byte. */
static void check_token(struct sv body)
{
    cJSON *params = NULL;
    if (json_parse(body, "request", &params, NULL) != OK)
        return;
    struct sv token = json_sv(params, "NextToken");
    if (token.len > 0 && !sv_eq_cstr(token, script.token))
        script.token_came_back_changed = true;
    json_free(params);
}

/* Some other tool renews what the credentials file holds. */
static void renew_credentials(void)
{
    static int n_renewals;
    char text[128];
    snprintf(text, sizeof text,
             "[default]\naws_access_key_id = AKID%d\naws_secret_access_key = secret\n",
             n_renewals++);
    assert_int_equal(os_write_atomically(credentials_file, sv_of(text), 0600, NULL), OK);
}

static enum server_next serve(void *arg, const struct server_request *request)
{
    AUTO(buf_done) struct buf body = BUF_NONE;
    const cJSON *step = next_step();
    const cJSON *error = json_get(step, "error");
    (void)arg;
    check_token(request->body);
    if (json_get(step, "stall") != NULL) {
        server_stall(request);
        return SERVER_CLOSE;
    }
    if (json_get(step, "cut") != NULL) {
        server_write(request, SV("HTTP/1.1 200 X\r\nContent-Length: 99\r\n\r\n{\"Conf"));
        return SERVER_CLOSE;
    }
    if (error != NULL) {
        if (sv_starts(json_string(error), SV("Expired")))
            renew_credentials();
        buf_addf(&body, "{\"__type\":\"%s\"}", error->valuestring);
        server_reply(request, 400, "", buf_sv(&body));
        return SERVER_KEEP;
    }
    write_step(&body, step);
    script.n_replies++;
    server_reply(request, 200, "", buf_sv(&body));
    return SERVER_KEEP;
}

/* --- the scripts ----------------------------------------------------------------------------- */

static const struct {
    const char *text;
    enum err_code code;
} errors[] = {
    {"pagination loop", ERR_PAGING_LOOP},
    {"throttled", ERR_THROTTLED},
    {"bad token", ERR_PARSE},
    {"timeout", ERR_TIMEOUT},
};

static void assert_code(const char *id, const cJSON *expected, enum err_code code)
{
    struct sv error = json_sv(expected, "error");
    if (json_bool(expected, "complete", true) != (code == OK))
        fail_msg("%s: ended with %s", id, err_name(code));
    for (size_t i = 0; i < ARRAY_LEN(errors); i++) {
        if (sv_eq_cstr(error, errors[i].text) && code != errors[i].code)
            fail_msg("%s: %s instead of %s", id, err_name(code), errors[i].text);
    }
}

/* The distinct items of all pages in the order of their first coming. */
static cJSON *collect_items(const struct helper_call *call)
{
    cJSON *items = cJSON_CreateArray();
    for (size_t i = 0; i < call->pages.len; i++) {
        const cJSON *item = json_items(call->pages.ptr[i], "ConfigRules"), *known = NULL;
        for (; item != NULL; item = item->next) {
            bool is_new = true;
            cJSON_ArrayForEach (known, items) {
                is_new = is_new && known->valuedouble != item->valuedouble;
            }
            if (is_new)
                cJSON_AddItemToArray(items, cJSON_Duplicate(item, true));
        }
    }
    return items;
}

static size_t count_items(const struct helper_call *call)
{
    size_t n = 0;
    for (size_t i = 0; i < call->pages.len; i++)
        n += (size_t)cJSON_GetArraySize(json_get(call->pages.ptr[i], "ConfigRules"));
    return n;
}

static void assert_items(const char *id, const cJSON *expected, const struct helper_call *call)
{
    const cJSON *items = json_get(expected, "items");
    if (json_get(expected, "count") != NULL)
        assert_int_equal(count_items(call), json_i64(expected, "count", -1));
    if (items == NULL)
        return;
    cJSON *ours = collect_items(call);
    if (!cJSON_Compare(ours, items, true)) {
        char *text = cJSON_PrintUnformatted(ours);
        fail_msg("%s: items %s", id, text);
    }
    json_free(ours);
}

static void begin_script(const cJSON *pages)
{
    script.page = pages->child;
    script.n_played = script.n_replies = script.n_fresh = 0;
    script.token_came_back_changed = false;
    remember_token(NULL);
}

static void play(const cJSON *vector)
{
    const char *id = json_get(vector, "id")->valuestring;
    const cJSON *expected = json_get(vector, "expect");
    begin_script(json_get(vector, "pages"));
    struct aws_client *client = clients[n_clients++] = helper_client_new(server_url(server));
    client->total_timeout_ms = json_get(expected, "count") == NULL ? 150 : 0;
    struct helper_call *call = helper_read(client, OPERATION, "", "us-east-1", NULL);
    assert_code(id, expected, call->outcome.err.code);
    assert_items(id, expected, call);
    assert_int_equal(call->last_seen, call->outcome.err.code == OK);
    assert_false(script.token_came_back_changed);
    helper_call_free(call);
}

/* The last script is a list of half a million items: its length is what it tests. */
static void test_vectors(void **state)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    AUTO(buf_done) struct buf path = BUF_NONE;
    (void)state;
    if (getenv("WATCHDECK_VECTORS") == NULL) {
        print_message("WATCHDECK_VECTORS names no folder of vectors\n");
        skip();
    }
    buf_addf(&path, "%s/pagination-sequences.jsonl", getenv("WATCHDECK_VECTORS"));
    assert_int_equal(os_read_file(buf_cstr(&path), 1 << 24, &text, NULL), OK);
    struct sv rest = buf_sv(&text);
    while (rest.len > 0) {
        cJSON *vector = NULL;
        struct sv line = sv_split(&rest, '\n');
        if (sv_trim(line).len == 0)
            continue;
        assert_int_equal(json_parse(line, "vector", &vector, NULL), OK);
        play(vector);
        json_free(vector);
    }
    assert_true(n_clients >= 27);
}

/* --- what the scripts leave out -------------------------------------------------------------- */

static void test_pages_max(void **state)
{
    (void)state;
    cJSON *vector = helper_json("[{\"items\":[1],\"token\":\"a\"},{\"items\":[2],\"token\":\"b\"},"
                                "{\"items\":[3]}]");
    begin_script(vector);
    struct aws_client *client = clients[n_clients++] = helper_client_new(server_url(server));
    struct helper_call *call = helper_begin_pages(client, OPERATION, 2);
    helper_wait(call);
    assert_int_equal(call->outcome.err.code, OK);
    assert_int_equal(call->pages.len, 2);
    assert_false(call->last_seen);
    assert_int_equal(script.n_replies, 2);
    helper_call_free(call);
    json_free(vector);
}

/* A token that lapses again after the list has begun anew ends it. */
static void test_restarts_once(void **state)
{
    (void)state;
    cJSON *vector =
        helper_json("[{\"items\":[1],\"token\":\"a\"},{\"error\":\"InvalidNextToken\"},"
                    "{\"items\":[1],\"token\":\"a\"},{\"error\":\"InvalidNextToken\"}]");
    begin_script(vector);
    struct aws_client *client = clients[n_clients++] = helper_client_new(server_url(server));
    struct helper_call *call = helper_read(client, OPERATION, "", "us-east-1", NULL);
    assert_int_equal(call->outcome.err.code, ERR_AWS);
    assert_int_equal(call->n_restarts, 1);
    assert_int_equal(call->pages.len, 2);
    helper_call_free(call);
    json_free(vector);
}

static int setup(void **state)
{
    (void)state;
    str_copy(credentials_file, "/tmp/watchdeck-test-XXXXXX");
    close(mkstemp(credentials_file));
    renew_credentials();
    helper_start("", "");
    setenv("AWS_SHARED_CREDENTIALS_FILE", credentials_file, 1);
    server = server_new(serve, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    helper_stop();
    server_free(server);
    for (size_t i = 0; i < n_clients; i++)
        client_free(clients[i]);
    remember_token(NULL);
    unlink(credentials_file);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_pages_max),
        cmocka_unit_test(test_restarts_once),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
