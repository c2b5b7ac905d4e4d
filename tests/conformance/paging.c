/*
 * paging FILE: lists that come in pages, a script a line, read by the real client from a server on
 * loopback.
 */
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/aws/call.h"
#include "core/base/json.h"
#include "core/base/os.h"
#include "core/base/vec.h"
#include "tests/conformance/case_line.h"
#include "tests/conformance/driver.h"
#include "tests/support/paging_script.h"

#define OPERATION        OP_config_DescribeConfigRules
#define LIST             "ConfigRules"
#define WAIT_S           120
#define STALL_TIMEOUT_MS 500 /* where a script never answers; the others have the client's own */

static char credentials_file[] = "/tmp/watchdeck-paging-XXXXXX";

/* Some other tool renews what the credentials file holds. */
static void renew_credentials(void)
{
    static int n_renewals;
    AUTO(buf_done) struct buf text = BUF_NONE;
    buf_addf(&text, "[default]\naws_access_key_id = AKID%d\naws_secret_access_key = secret\n",
             n_renewals++);
    os_write_atomically(credentials_file, buf_sv(&text), 0600, NULL);
}

static void prepare_environment(void)
{
    static const char *const cleared[] = {"AWS_PROFILE",
                                          "AWS_DEFAULT_PROFILE",
                                          "AWS_ACCESS_KEY_ID",
                                          "AWS_SECRET_ACCESS_KEY",
                                          "AWS_SESSION_TOKEN",
                                          "AWS_ENDPOINT_URL",
                                          "AWS_USE_FIPS_ENDPOINT",
                                          "AWS_USE_DUALSTACK_ENDPOINT",
                                          "AWS_MAX_ATTEMPTS",
                                          "AWS_RETRY_MODE",
                                          "http_proxy",
                                          "all_proxy",
                                          "ALL_PROXY"};
    for (size_t i = 0; i < ARRAY_LEN(cleared); i++)
        unsetenv(cleared[i]);
    close(mkstemp(credentials_file));
    renew_credentials();
    setenv("AWS_CONFIG_FILE", "/nonexistent/config", 1);
    setenv("AWS_SHARED_CREDENTIALS_FILE", credentials_file, 1);
}

/* --- reading a list ----------------------------------------------------------------------------
 */

/* What has come of it. Written on RUN_WORKER, read once it is over. */
struct reading {
    sem_t over;
    VEC(cJSON *) pages;
    struct aws_outcome outcome;
};

static void take_page(void *arg, struct aws_page *page)
{
    struct reading *reading = arg;
    vec_push(&reading->pages, page->body);
    page->body = NULL;
}

static void note_end(void *arg, const struct aws_request *request,
                     const struct aws_outcome *outcome)
{
    struct reading *reading = arg;
    (void)request;
    reading->outcome = *outcome;
    sem_post(&reading->over);
}

static struct aws_client *make_client(const char *url, bool stalls, struct err *err)
{
    const struct aws_options options = {
        .endpoint_url = url, .region = "us-east-1", .budget_percent = BUDGET_OFF};
    struct aws_client *client = NULL;
    if (client_new(&options, &client, err) != OK)
        return NULL;
    client->retry.throttled_scale_ms = client->retry.transient_scale_ms = 1;
    client->total_timeout_ms = stalls ? STALL_TIMEOUT_MS : 0;
    return client;
}

/* Reads the whole list; false when it has not ended in time. */
static bool read_list(struct aws_client *client, struct reading *reading)
{
    const struct aws_request request = {.op = OPERATION};
    struct scope *scope = scope_new(NULL, "paging");
    struct timespec until;
    sem_init(&reading->over, 0, 0);
    client_read(client, scope, &request, take_page, note_end, NULL, reading);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WAIT_S;
    bool is_over = sem_timedwait(&reading->over, &until) == 0;
    scope_close(scope);
    scope_unref(scope);
    return is_over;
}

static void reading_done(struct reading *reading)
{
    for (size_t i = 0; i < reading->pages.len; i++)
        json_free(reading->pages.ptr[i]);
    vec_free(&reading->pages);
    sem_destroy(&reading->over);
}

/* --- judging -----------------------------------------------------------------------------------
 */

/* OK: no error is called so. */
static enum err_code error_of(struct sv text)
{
    static const struct {
        const char *text;
        enum err_code code;
    } errors[] = {{"pagination loop", ERR_PAGING_LOOP},
                  {"throttled", ERR_THROTTLED},
                  {"bad token", ERR_PARSE},
                  {"timeout", ERR_TIMEOUT}};
    for (size_t i = 0; i < ARRAY_LEN(errors); i++)
        if (sv_eq_cstr(text, errors[i].text))
            return errors[i].code;
    return OK;
}

static const char *judge_end(const cJSON *expect, enum err_code code)
{
    enum err_code wanted = error_of(json_sv(expect, "error"));
    if (json_bool(expect, "complete", true) != (code == OK) || (wanted != OK && code != wanted))
        return err_name(code);
    return NULL;
}

static bool holds(const cJSON *items, const cJSON *wanted)
{
    const cJSON *item = NULL;
    cJSON_ArrayForEach (item, items) {
        if (cJSON_Compare(item, wanted, true))
            return true;
    }
    return false;
}

/* The distinct items of all pages, in the order in which they first came. */
static cJSON *distinct_items(const struct reading *reading)
{
    cJSON *items = cJSON_CreateArray();
    for (size_t i = 0; i < reading->pages.len; i++) {
        for (const cJSON *item = json_items(reading->pages.ptr[i], LIST); item != NULL;
             item = item->next) {
            if (!holds(items, item))
                cJSON_AddItemToArray(items, cJSON_Duplicate(item, true));
        }
    }
    return items;
}

static int64_t count_items(const struct reading *reading)
{
    int64_t n = 0;
    for (size_t i = 0; i < reading->pages.len; i++)
        n += cJSON_GetArraySize(json_get(reading->pages.ptr[i], LIST));
    return n;
}

static void judge(struct tally *tally, const char *id, const cJSON *expect,
                  const struct reading *reading, const struct paging_script *script)
{
    const char *wrong_end = judge_end(expect, reading->outcome.err.code);
    const cJSON *wanted = json_get(expect, "items");
    int64_t n_wanted = json_i64(expect, "count", -1);
    AUTO(json_free_at) cJSON *items = wanted != NULL ? distinct_items(reading) : NULL;
    if (wrong_end != NULL)
        case_fail(tally, id, "ended with %s: %s", wrong_end, reading->outcome.err.message);
    else if (n_wanted >= 0 && count_items(reading) != n_wanted)
        case_fail(tally, id, "%lld items", (long long)count_items(reading));
    else if (wanted != NULL && !cJSON_Compare(items, wanted, true))
        case_fail(tally, id, "other items");
    else if (paging_script_token_was_changed(script))
        case_fail(tally, id, "a token came back other than it was given");
    else
        case_ok(tally, id);
}

/* --- the scripts -------------------------------------------------------------------------------
 */

struct player {
    struct tally *tally;
    struct paging_script *script;
    VEC(struct aws_client *) clients; /* to be freed when the runners have stopped */
};

/* What is wrong with a line that is no script; NULL: it is one. */
static const char *read_script(struct sv line, cJSON **test, char *id, size_t size)
{
    if (json_parse(line, "script", test, NULL) != OK)
        return "it is no JSON";
    if (!case_line_id(*test, id, size))
        return "it has no id";
    if (json_items(*test, "pages") == NULL)
        return "it has no pages";
    const cJSON *expect = json_get(*test, "expect"), *error = json_get(expect, "error");
    if (json_get(expect, "items") == NULL && json_get(expect, "count") == NULL &&
        json_get(expect, "complete") == NULL && error == NULL)
        return "it does not say what is expected";
    if (error != NULL && error_of(json_string(error)) == OK)
        return "the error that it expects is none that is known here";
    return NULL;
}

static void play(struct player *player, struct sv line, size_t number)
{
    AUTO(json_free_at) cJSON *test = NULL;
    char id[128];
    struct err err;
    const char *wrong = read_script(line, &test, id, sizeof id);
    if (wrong != NULL) {
        case_line_fail(player->tally, number, wrong);
        return;
    }
    const cJSON *steps = json_get(test, "pages");
    struct aws_client *client =
        make_client(paging_script_url(player->script), paging_script_stalls(steps), &err);
    if (client == NULL) {
        case_fail(player->tally, id, "no client: %s", err.message);
        return;
    }
    vec_push(&player->clients, client);
    struct reading reading = {0};
    paging_script_begin(player->script, steps);
    if (read_list(client, &reading))
        judge(player->tally, id, json_get(test, "expect"), &reading, player->script);
    else
        case_fail(player->tally, id, "has not ended within %d s", WAIT_S);
    reading_done(&reading);
}

void driver_paging(const char *path, struct tally *tally)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    struct player player = {.tally = tally};
    if (!case_read_file(tally, path, &text))
        return;
    prepare_environment();
    run_start(&http_net_loop);
    player.script = paging_script_new(LIST, renew_credentials);
    struct sv rest = buf_sv(&text);
    for (size_t number = 1; rest.len > 0; number++) {
        struct sv line = sv_trim(sv_split(&rest, '\n'));
        if (line.len > 0)
            play(&player, line, number);
    }
    run_stop();
    paging_script_free(player.script);
    for (size_t i = 0; i < player.clients.len; i++)
        client_free(player.clients.ptr[i]);
    vec_free(&player.clients);
    unlink(credentials_file);
}
