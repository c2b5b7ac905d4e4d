/*
 * cred_process: the credentials that a program prints (credential_process = COMMAND).
 *
 * The command is split like a POSIX shell does it, but no shell runs it. What it prints is read
 * straight into secrets; what it complains of is shown, never logged.
 */
#include <stdio.h>
#include <string.h>

#include "core/aws/call.h"
#include "core/aws/cred/provider.h"
#include "core/base/child.h"
#include "core/base/clock.h"
#include "core/base/json_pick.h"
#include "core/base/mem.h"
#include "core/base/vec.h"

#define TIMEOUT_MS       60000 /* as long as a person takes who is asked by it */
#define OUTPUT_MAX_BYTES ((size_t)1 << 20)
#define LOOK_LEAST_MS    5 /* twice as much each time, up to the most */
#define LOOK_MOST_MS     50
#define VERSION          1

extern const struct credential_provider provider_process;

static bool is_in_profile(const struct shared_config *config, const struct config_section *profile)
{
    (void)config;
    return config_text(profile, "credential_process").len > 0;
}

/* --- words ----------------------------------------------------------------------------------- */

typedef VEC(char *) words_t;

static void words_done(words_t *words)
{
    for (size_t i = 0; i < words->len; i++)
        mem_free(words->ptr[i]);
    vec_free(words);
}

/* Within double quotes a backslash quotes these alone (POSIX, Shell Command Language 2.2.3). */
static bool is_quoted_by_backslash(char c)
{
    return strchr("$`\"\\\n", c) != NULL;
}

/* Takes the character behind *rest, with its quoting, into word. False where a quote never ends. */
static bool take_character(struct sv *rest, char *quote, struct buf *word)
{
    char c = rest->ptr[0];
    rest->ptr++;
    rest->len--;
    if (*quote != '\0' && c == *quote) {
        *quote = '\0';
    } else if (*quote == '\0' && (c == '\'' || c == '"')) {
        *quote = c;
    } else if (c == '\\' && *quote != '\'') {
        if (rest->len == 0)
            return false;
        if (*quote == '"' && !is_quoted_by_backslash(rest->ptr[0]))
            buf_add_char(word, c);
        buf_add_char(word, rest->ptr[0]);
        rest->ptr++;
        rest->len--;
    } else {
        buf_add_char(word, c);
    }
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n';
}

/* The words of a command. False where a quote never ends. */
static bool split_words(struct sv rest, words_t *words)
{
    while ((rest = sv_trim(rest)).len > 0) {
        struct buf word = BUF_NONE;
        char quote = '\0';
        bool is_good = true;
        while (is_good && rest.len > 0 && (quote != '\0' || !is_blank(rest.ptr[0])))
            is_good = take_character(&rest, &quote, &word);
        vec_push(words, sv_dup(buf_sv(&word)));
        buf_done(&word);
        if (!is_good || quote != '\0')
            return false;
    }
    return true;
}

static enum err_code check(const struct shared_config *config, const struct config_section *profile,
                           struct err *err)
{
    AUTO(words_done) words_t words = {0};
    (void)config;
    if (!split_words(config_text(profile, "credential_process"), &words))
        return err_set(err, ERR_CONFIG, "credentials",
                       "%s: the credential_process of profile \"%s\" has a quote that never ends",
                       provider_place(profile, "credential_process"), profile->name);
    return OK;
}

/* --- the program ----------------------------------------------------------------------------- */

struct run {
    struct provider_job *job;
    struct child *child;
    int timeout_ms;
    int64_t deadline_ms; /* monotonic */
    int64_t look_in_ms;
};

static void run_free(void *arg)
{
    struct run *run = arg;
    child_free(run->child);
    mem_free(run);
}

static void end(struct run *run, struct credentials *take_credentials, const struct err *err)
{
    struct provider_job *job = run->job;
    run_free(run);
    provider_end(job, take_credentials, err);
}

static const char *place_of(const struct run *run)
{
    return provider_place(run->job->profile, "credential_process");
}

/* What it complained of, on one line. */
static void fail_loudly(struct run *run, const char *what)
{
    struct err err;
    struct sv errors = sv_trim(child_errors(run->child));
    err_set(&err, ERR_CREDENTIALS, "credential_process", "%s: the program %s%s" SV_FMT,
            place_of(run), what, errors.len > 0 ? ": " : "", SV_ARG(errors));
    end(run, NULL, &err);
}

static void fail_late(struct run *run)
{
    char what[64];
    snprintf(what, sizeof what, "has not ended within %d s", run->timeout_ms / 1000);
    fail_loudly(run, what);
}

static enum err_code read_output(const struct run *run, struct credentials **credentials,
                                 struct err *err)
{
    struct sv output = child_output(run->child);
    if (json_pick_check(output, place_of(run), err) != OK)
        return ERR_PARSE;
    if (!sv_eq(json_pick(output, "Version"), SV("1")))
        return err_set(err, ERR_PARSE, place_of(run), "Version is not the number %d", VERSION);
    return provider_read_json(output, "SessionToken", false, place_of(run), credentials, err);
}

static void take_end(struct run *run)
{
    struct credentials *credentials = NULL;
    struct err err = ERR_NONE, fault = ERR_NONE;
    char what[64];
    if (child_status(run->child) != 0) {
        snprintf(what, sizeof what, "ends with status %d", child_status(run->child));
        fail_loudly(run, what);
        return;
    }
    if (read_output(run, &credentials, &fault) != OK)
        err_set(&err, ERR_CREDENTIALS, "credential_process",
                "%s: what the program prints is of no use: %s", place_of(run), fault.message);
    end(run, credentials, &err);
}

static void look(void *arg)
{
    struct run *run = arg;
    enum child_state state = child_look(run->child);
    if (state == CHILD_ENDED) {
        take_end(run);
    } else if (state == CHILD_TOO_LOUD) {
        fail_loudly(run, "prints more than 1 MiB");
    } else if (clock_mono_ms() >= run->deadline_ms) {
        fail_late(run);
    } else {
        run->look_in_ms *= run->look_in_ms * 2 <= LOOK_MOST_MS ? 2 : 1;
        run_after(RUN_WORKER, run->look_in_ms, run->job->scope, look, run_free, run);
    }
}

static void acquire(struct provider_job *job)
{
    AUTO(words_done) words_t words = {0};
    struct err err = ERR_NONE, fault = ERR_NONE;
    struct run *run = mem_new(struct run);
    run->job = job;
    run->timeout_ms = job->client->process_timeout_ms ?: TIMEOUT_MS;
    run->deadline_ms = clock_mono_ms() + run->timeout_ms;
    run->look_in_ms = LOOK_LEAST_MS;
    bool is_good = split_words(config_text(job->profile, "credential_process"), &words);
    vec_push(&words, NULL);
    if (!is_good) {
        check(job->config, job->profile, &err);
        end(run, NULL, &err);
    } else if (child_start(words.ptr, OUTPUT_MAX_BYTES, &run->child, &fault) != OK) {
        err_set(&err, ERR_CREDENTIALS, "credential_process", "%s: %s", place_of(run),
                fault.message);
        end(run, NULL, &err);
    } else {
        look(run);
    }
}

const struct credential_provider provider_process = {.name = "a credential_process",
                                                     .is_in_profile = is_in_profile,
                                                     .check = check,
                                                     .acquire = acquire};
