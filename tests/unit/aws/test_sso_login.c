/*
 * Logins at IAM Identity Center: the whole way, from no token to a role's credentials, against a
 * portal that answers as each test tells it to.
 */
#include "tests/unit/unit.h"

#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/aws/call.h"
#include "core/aws/sso/sso_flow.h"
#include "core/aws/sso/sso_provide.h"
#include "core/base/clock.h"
#include "core/base/json_pick.h"
#include "helper_portal.h"
#include "tests/support/dir.h"

#define WAIT_MS   60000
#define PROCESSES 50

extern char **environ;

static struct portal portal;
static char home[DIR_PATH_SIZE];
static struct aws_client *client;
static const char *child_url; /* in a child: the portal of the test that started it */

static const struct sso_config acme = {.session = "acme",
                                       .start_url = "https://acme.awsapps.com/start",
                                       .region = "eu-west-1",
                                       .scopes = "sso:account:access",
                                       .account_id = "111111111111",
                                       .role_name = "ReadOnly"};

/* --- the person ------------------------------------------------------------------------------ */

static struct {
    unsigned n_shown, n_over;
    bool gives_up;
    struct prompt last;
} person;

static void on_prompt(void *arg, const struct prompt *prompt)
{
    (void)arg;
    person.n_shown++;
    person.last = *prompt;
    if (person.gives_up)
        client_answer_prompt(client, prompt->id, NULL);
}

static void on_over(void *arg, uint64_t id)
{
    (void)arg;
    (void)id;
    person.n_over++;
}

/* --- a client and its questions -------------------------------------------------------------- */

static void start_client(const char *url)
{
    struct err err = ERR_NONE;
    const struct aws_options options = {.endpoint_url = url, .region = "us-east-1"};
    setenv("AWS_CONFIG_FILE", "/nonexistent/config", 1);
    setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials", 1);
    setenv("AWS_ACCESS_KEY_ID", "AKIDBASE", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "secret", 1);
    setenv("no_proxy", "*", 1);
    unsetenv("AWS_PROFILE");
    run_start(&http_net_loop);
    if (client_new(&options, &client, &err) != OK)
        fail_msg("%s", err.message);
    client->sso_second_ms = 1;
}

static void stop_client(void)
{
    run_stop();
    client_free(client);
}

static int setup(void **state)
{
    (void)state;
    dir_make(home);
    setenv("HOME", home, 1);
    memset(&person, 0, sizeof person);
    portal_start(&portal);
    start_client(server_url(portal.server));
    client_on_prompt(client, on_prompt, on_over, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    stop_client();
    portal_stop(&portal);
    dir_remove(home);
    return 0;
}

struct question {
    const char *role; /* NULL: acme's */
    bool is_in_background;
    bool is_answered;
    char key_id[ACCESS_KEY_ID_SIZE];
    struct err err;
};

static void note_answer(void *arg)
{
    struct question *question = arg;
    question->is_answered = true;
}

static void take_credentials(void *arg, struct credentials *credentials, const struct err *err)
{
    struct question *question = arg;
    question->err = *err;
    if (credentials != NULL)
        str_copy(question->key_id, credentials_key_id(credentials));
    run_call(RUN_UI, RUN_NORMAL, client->scope, note_answer, NULL, question);
}

static void nothing(void *arg)
{
    (void)arg;
}

static void begin(void *arg)
{
    const struct question *question = arg;
    struct sso_config sso = acme;
    if (question->role != NULL)
        str_copy(sso.role_name, question->role);
    sso_provide(client, &sso, "prod", !question->is_in_background, take_credentials, nothing, arg);
}

static void ask(struct question *question)
{
    *question = (struct question){0};
    run_call(RUN_WORKER, RUN_NORMAL, client->scope, begin, NULL, question);
}

static void await(struct question *question)
{
    if (!run_ui_until(&question->is_answered, WAIT_MS))
        fail_msg("no answer within %d ms", WAIT_MS);
}

static void assert_given(const char *key_id)
{
    struct question question;
    ask(&question);
    await(&question);
    if (question.err.code != OK)
        fail_msg("%s: %s", question.err.where, question.err.message);
    assert_string_equal(question.key_id, key_id);
}

static void assert_refused(enum err_code code, const char *says)
{
    struct question question;
    ask(&question);
    await(&question);
    assert_int_equal(question.err.code, code);
    if (strstr(question.err.message, says) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", question.err.message, says);
}

/* A token in the cache, as an earlier login has left it. */
static void put_token(int generation, int64_t left_ms)
{
    char access[32], refresh[32];
    snprintf(access, sizeof access, "access-%d", generation);
    snprintf(refresh, sizeof refresh, "refresh-%d", generation);
    struct sso_token token = {.access = secret_new(sv_of(access)),
                              .expires_at_ms = clock_wall_ms() + left_ms,
                              .refresh = secret_new(sv_of(refresh)),
                              .client_id = "client-0",
                              .client_secret = secret_new(SV("hush-0")),
                              .registration_expires_at_ms = clock_wall_ms() + 86400000};
    assert_int_equal(sso_cache_write(&acme, &token, NULL), OK);
    sso_token_done(&token);
    portal.generation = generation;
}

static int64_t cached_left_ms(void)
{
    struct sso_token token;
    assert_int_equal(sso_cache_read(&acme, &token, NULL), OK);
    int64_t left_ms = token.expires_at_ms - clock_wall_ms();
    sso_token_done(&token);
    return left_ms;
}

/* --- logging in ------------------------------------------------------------------------------ */

static void a_login_leads_to_credentials(void **state)
{
    (void)state;
    portal.pending = 3;
    assert_given("ASIA1");
    assert_int_equal(person.n_shown, 1);
    assert_int_equal(person.n_over, 1);
    assert_int_equal(person.last.kind, PROMPT_SSO_LOGIN);
    assert_string_equal(person.last.profile, "prod");
    assert_string_equal(person.last.sso_session, "acme");
    assert_string_equal(person.last.url, "https://device.example/?user_code=CODE-0001");
    assert_string_equal(person.last.user_code, "CODE-0001");
    assert_true(person.last.expires_at_ms > clock_wall_ms());
    assert_int_equal(portal.n_polls, 4);
    assert_given("ASIA2"); /* with the same token */
    assert_int_equal(person.n_shown, 1);
    assert_int_equal(portal.n_registered, 1);
}

static void one_login_serves_all_who_wait(void **state)
{
    struct question questions[20];
    (void)state;
    portal.pending = 5;
    for (size_t i = 0; i < ARRAY_LEN(questions); i++)
        ask(&questions[i]);
    for (size_t i = 0; i < ARRAY_LEN(questions); i++) {
        await(&questions[i]);
        assert_int_equal(questions[i].err.code, OK);
    }
    assert_int_equal(person.n_shown, 1);
    assert_int_equal(portal.n_codes, 1);
}

/* Profiles of the same session differ in account and role only. */
static void one_login_serves_all_roles(void **state)
{
    struct question admin = {.role = "Admin"}, auditor = {.role = "Auditor"};
    (void)state;
    portal.pending = 5;
    run_call(RUN_WORKER, RUN_NORMAL, client->scope, begin, NULL, &admin);
    run_call(RUN_WORKER, RUN_NORMAL, client->scope, begin, NULL, &auditor);
    await(&admin);
    await(&auditor);
    assert_int_equal(admin.err.code, OK);
    assert_int_equal(auditor.err.code, OK);
    assert_int_equal(person.n_shown, 1);
    assert_int_equal(portal.n_credentials, 2);
}

static void the_token_is_found_by_the_next_process(void **state)
{
    (void)state;
    assert_given("ASIA1");
    stop_client();
    start_client(server_url(portal.server));
    client_on_prompt(client, on_prompt, on_over, NULL);
    assert_given("ASIA2");
    assert_int_equal(person.n_shown, 1);
}

static void slows_down_when_told_to(void **state)
{
    (void)state;
    portal.slow_downs = 2;
    portal.pending = 1;
    assert_given("ASIA1");
    assert_int_equal(client->sso_logins.all.ptr[0]->device.interval_s, 11);
}

static void a_lapsed_code_is_replaced(void **state)
{
    (void)state;
    portal.lapsed_codes = 1;
    assert_given("ASIA1");
    assert_int_equal(person.n_shown, 2);
    assert_int_equal(person.n_over, 2);
    assert_string_equal(person.last.user_code, "CODE-0002");
    assert_non_null(strstr(person.last.refusal, "lapsed"));
}

static void nobody_confirms(void **state)
{
    (void)state;
    portal.lapsed_codes = -1;
    assert_refused(ERR_CREDENTIALS, "nobody has confirmed the login");
    assert_int_equal(portal.n_codes, 6);
    assert_int_equal(person.n_over, 6);
}

static void a_refusal_in_the_browser_ends_it(void **state)
{
    (void)state;
    portal.denials = 1;
    assert_refused(ERR_CREDENTIALS, "AccessDeniedException");
    assert_int_equal(person.n_over, 1);
    assert_given("ASIA1"); /* the next one asks again */
    assert_int_equal(person.n_shown, 2);
}

static void forgive(void *arg)
{
    sso_login_forgive(arg);
}

static void what_is_given_up_is_not_asked_again_by_itself(void **state)
{
    (void)state;
    portal.pending = -1;
    person.gives_up = true;
    assert_refused(ERR_CREDENTIALS, ":login");
    assert_refused(ERR_CREDENTIALS, ":login");
    assert_int_equal(person.n_shown, 1);
    person.gives_up = false;
    /* The question that was on its way when he gave up is not the one that counts. */
    portal.pending = 1;
    run_call(RUN_WORKER, RUN_NORMAL, client->scope, forgive, NULL, client);
    assert_given("ASIA1");
    assert_int_equal(person.n_shown, 2);
}

static void a_login_made_elsewhere_counts(void **state)
{
    struct question question;
    (void)state;
    portal.pending = -1;
    ask(&question);
    while (person.n_shown == 0)
        run_ui_until(&question.is_answered, 5);
    put_token(7, 3600000);
    await(&question);
    assert_int_equal(question.err.code, OK);
    assert_int_equal(person.n_over, 1);
}

static void without_a_person_it_says_what_to_do(void **state)
{
    (void)state;
    client_on_prompt(client, NULL, NULL, NULL);
    assert_refused(ERR_CREDENTIALS, "aws sso login --profile prod");
    assert_int_equal(server_n_requests(portal.server), 0);
}

/* A renewal ahead of time bothers nobody. */
static void what_is_in_the_background_does_not_ask(void **state)
{
    struct question question = {.is_in_background = true};
    (void)state;
    run_call(RUN_WORKER, RUN_NORMAL, client->scope, begin, NULL, &question);
    await(&question);
    assert_int_equal(question.err.code, ERR_EXPIRED);
    assert_int_equal(person.n_shown, 0);
    assert_given("ASIA1");
    assert_int_equal(person.n_shown, 1);
}

static void an_unknown_client_registers_again(void **state)
{
    (void)state;
    put_token(1, -1000);
    portal.refused_renewals = 1;
    portal.unknown_clients = 1;
    assert_given("ASIA1");
    assert_int_equal(portal.n_registered, 1);
    assert_int_equal(portal.n_codes, 2);
}

/* --- renewing -------------------------------------------------------------------------------- */

static void an_old_token_is_renewed_without_a_person(void **state)
{
    (void)state;
    put_token(4, -1000);
    assert_given("ASIA1");
    assert_int_equal(person.n_shown, 0);
    assert_int_equal(portal.n_renewals, 1);
    assert_true(cached_left_ms() > 7 * 3600000);
}

/* It is renewed when it has 15 minutes left; files have whole seconds. */
static void a_token_is_renewed_ahead_of_time(void **state)
{
    int64_t until_ms = clock_mono_ms() + WAIT_MS;
    bool never = false;
    (void)state;
    put_token(4, 15 * 60000 + 2000);
    assert_given("ASIA1");
    while (portal.n_renewals == 0 && clock_mono_ms() < until_ms)
        run_ui_until(&never, 5);
    assert_int_equal(portal.n_renewals, 1);
    assert_int_equal(person.n_shown, 0);
}

static void a_renewal_that_fails_leaves_a_good_token(void **state)
{
    (void)state;
    put_token(4, 10 * 60000);
    portal.refused_renewals = -1;
    assert_given("ASIA1");
    assert_given("ASIA2");
    assert_int_equal(person.n_shown, 0);
    assert_int_equal(portal.n_renewals, 1); /* not again within a minute */
}

static void a_renewal_that_is_refused_leads_to_a_login(void **state)
{
    (void)state;
    put_token(4, -1000);
    portal.refused_renewals = 1;
    assert_given("ASIA1");
    assert_int_equal(person.n_shown, 1);
    assert_int_equal(portal.n_registered, 0); /* the client is known already */
}

/* No network is no reason to bother a person. */
static void no_answer_is_an_error_and_no_login(void **state)
{
    (void)state;
    put_token(4, -1000);
    portal.failures = 3;
    assert_refused(ERR_SERVICE, "InternalServerException");
    assert_refused(ERR_SERVICE, "InternalServerException"); /* within the minute */
    assert_int_equal(portal.n_renewals, 0);
    assert_int_equal(person.n_shown, 0);
    run_call(RUN_WORKER, RUN_NORMAL, client->scope, forgive, NULL, client);
    assert_given("ASIA1"); /* a login was wanted */
    assert_int_equal(person.n_shown, 1);
}

static void a_damaged_cache_is_healed(void **state)
{
    char path[SSO_PATH_SIZE];
    (void)state;
    put_token(4, 3600000);
    assert_int_equal(sso_cache_path(&acme, path, NULL), OK);
    file_write(path, SV("{\"accessToken\": \"access-4\", \"expi"));
    assert_given("ASIA1");
    assert_int_equal(person.n_shown, 1);
    assert_true(cached_left_ms() > 0);
}

/* The folder takes no files: what was got serves until the end, the next process asks anew. */
static void a_token_that_cannot_be_kept_serves(void **state)
{
    char path[DIR_PATH_SIZE];
    (void)state;
    dir_path(home, ".aws", path);
    file_write(path, SV("a file where a folder should be"));
    assert_given("ASIA1");
    assert_given("ASIA2");
    assert_int_equal(person.n_shown, 1);
}

/* Refresh tokens rotate: the one in the cache is good no more, but the one at hand is. */
static void a_renewal_that_cannot_be_kept_serves(void **state)
{
    struct rlimit limit, nothing = {0};
    (void)state;
    put_token(4, -1000);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    nothing.rlim_max = limit.rlim_max;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &nothing); /* no file can be written */
    struct question first, second;
    ask(&first);
    await(&first);
    ask(&second);
    await(&second);
    setrlimit(RLIMIT_FSIZE, &limit);
    assert_string_equal(first.key_id, "ASIA1");
    assert_string_equal(second.key_id, "ASIA2");
    assert_int_equal(portal.n_renewals, 1);
    assert_int_equal(person.n_shown, 0);
    /* the next process finds what is good no more, and asks */
    stop_client();
    start_client(server_url(portal.server));
    client_on_prompt(client, on_prompt, on_over, NULL);
    assert_given("ASIA3");
    assert_int_equal(person.n_shown, 1);
}

/* --- the portal ------------------------------------------------------------------------------ */

static void a_rejected_token_is_renewed(void **state)
{
    (void)state;
    put_token(4, 3600000);
    portal.rejected_tokens = 1;
    assert_given("ASIA2");
    assert_int_equal(portal.n_renewals, 1);
    assert_int_equal(person.n_shown, 0);
}

static void a_token_that_is_rejected_twice_is_an_error(void **state)
{
    (void)state;
    put_token(4, 3600000);
    portal.rejected_tokens = -1;
    assert_refused(ERR_EXPIRED, "as told");
    assert_int_equal(portal.n_credentials, 2);
}

static void a_role_that_is_not_the_persons_is_named(void **state)
{
    (void)state;
    put_token(4, 3600000);
    portal.forbids_role = true;
    assert_refused(ERR_DENIED, "role ReadOnly in account 111111111111");
    assert_int_equal(person.n_shown, 0);
}

/* --- many processes -------------------------------------------------------------------------- */

/* In a child: credentials, or an exit status that says that there are none. */
static int be_a_child(void)
{
    struct question question;
    start_client(child_url);
    ask(&question);
    bool good = run_ui_until(&question.is_answered, WAIT_MS) && question.err.code == OK;
    if (!good)
        fprintf(stderr, "# %s\n", question.err.message);
    stop_client();
    return good ? 0 : 1;
}

static void fifty_processes_renew_once(void **state)
{
    pid_t children[PROCESSES];
    char *arguments[] = {"test_sso_login", "--child", (char *)server_url(portal.server), NULL};
    (void)state;
    put_token(4, -1000);
    for (size_t i = 0; i < PROCESSES; i++)
        assert_int_equal(
            posix_spawn(&children[i], "/proc/self/exe", NULL, NULL, arguments, environ), 0);
    for (size_t i = 0; i < PROCESSES; i++) {
        int status = -1;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    assert_int_equal(portal.n_renewals, 1);
    assert_int_equal(portal.n_credentials, PROCESSES);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--child") == 0) {
        child_url = argv[2];
        return be_a_child();
    }
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_login_leads_to_credentials),
        TEST(one_login_serves_all_who_wait),
        TEST(one_login_serves_all_roles),
        TEST(the_token_is_found_by_the_next_process),
        TEST(slows_down_when_told_to),
        TEST(a_lapsed_code_is_replaced),
        TEST(nobody_confirms),
        TEST(a_refusal_in_the_browser_ends_it),
        TEST(what_is_given_up_is_not_asked_again_by_itself),
        TEST(a_login_made_elsewhere_counts),
        TEST(without_a_person_it_says_what_to_do),
        TEST(what_is_in_the_background_does_not_ask),
        TEST(an_unknown_client_registers_again),
        TEST(an_old_token_is_renewed_without_a_person),
        TEST(a_token_is_renewed_ahead_of_time),
        TEST(a_renewal_that_fails_leaves_a_good_token),
        TEST(a_renewal_that_is_refused_leads_to_a_login),
        TEST(no_answer_is_an_error_and_no_login),
        TEST(a_damaged_cache_is_healed),
        TEST(a_token_that_cannot_be_kept_serves),
        TEST(a_renewal_that_cannot_be_kept_serves),
        TEST(a_rejected_token_is_renewed),
        TEST(a_token_that_is_rejected_twice_is_an_error),
        TEST(a_role_that_is_not_the_persons_is_named),
        TEST(fifty_processes_renew_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
