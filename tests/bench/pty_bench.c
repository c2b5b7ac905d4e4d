/*
 * pty: runs programs on ptys and times them, as tests/bench/run orders it.
 *
 * Reads one JSON object a line, answers each with one:
 *
 *   {"do":"start","name":N,"argv":[...],"env":["A=b"],"rows":60,"cols":200,"expect":TEXT}
 *       -> {"ok","first_byte_ms","painted_ms","n_bytes"}
 *   {"do":"wait","name":N,"expect":TEXT}             -> the same, from the start on
 *   {"do":"keys","count":N,"steps":[{"name":N,"keys":TEXT},...]}
 *       one step after the other, N rounds -> {"ok","steps":[{"ms":[],"n_bytes":[],"silent":N}]}
 *   {"do":"idle","ms":N}     lets all alone
 *       -> {"ok","programs":[{"name","cpu_ns","n_bytes","rss_kib"}]}
 *   {"do":"screen","name":N} -> {"ok","lines":[]}
 *   {"do":"end","name":N}    -> {"ok"}
 *
 * "quiet_ms", "limit_ms" and "all_threads" say when a burst is over (session.h).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "session.h"

#define PROGRAMS_MAX 16
#define ARGS_MAX     32
#define QUIET_MS     4
#define LIMIT_MS     10000

static struct program {
    char name[64];
    struct session *session; /* NULL: the place is free */
} programs[PROGRAMS_MAX];

static struct program *program_of(struct sv name)
{
    for (size_t i = 0; i < PROGRAMS_MAX; i++)
        if (programs[i].session != NULL && sv_eq_cstr(name, programs[i].name))
            return &programs[i];
    return NULL;
}

static struct settle settle_of(const cJSON *order)
{
    return (struct settle){.quiet_ms = (int)json_i64(order, "quiet_ms", QUIET_MS),
                           .limit_ms = (int)json_i64(order, "limit_ms", LIMIT_MS),
                           .all_threads = json_bool(order, "all_threads", false)};
}

static void add_ms(cJSON *to, const char *key, int64_t from_us, int64_t until_us)
{
    cJSON_AddNumberToObject(to, key, until_us > 0 ? (double)(until_us - from_us) / 1000 : -1);
}

static void strings_of(const cJSON *order, const char *key, const char *strings[ARGS_MAX + 1])
{
    size_t n = 0;

    for (const cJSON *item = json_items(order, key); item != NULL && n < ARGS_MAX;
         item = item->next)
        strings[n++] = cJSON_GetStringValue(item);
    strings[n] = NULL;
}

/* --- the orders ------------------------------------------------------------------------------ */

static bool do_wait(const cJSON *order, cJSON *answer)
{
    struct program *program = program_of(json_sv(order, "name"));
    struct settle settle = settle_of(order);
    struct burst burst;

    if (program == NULL)
        return false;
    bool ok = session_wait(program->session, json_sv(order, "expect"), &settle, &burst);
    add_ms(answer, "first_byte_ms", burst.began_at_us, burst.first_us);
    add_ms(answer, "painted_ms", burst.began_at_us, burst.last_us);
    cJSON_AddNumberToObject(answer, "n_bytes", (double)burst.n_bytes);
    return ok;
}

static bool do_start(const cJSON *order, cJSON *answer)
{
    const char *argv[ARGS_MAX + 1], *env[ARGS_MAX + 1];
    struct session_options options = {.argv = argv,
                                      .env = env,
                                      .rows = (int)json_i64(order, "rows", 60),
                                      .cols = (int)json_i64(order, "cols", 200)};
    size_t place = 0;

    strings_of(order, "argv", argv);
    strings_of(order, "env", env);
    while (place < PROGRAMS_MAX && programs[place].session != NULL)
        place++;
    if (place == PROGRAMS_MAX || argv[0] == NULL)
        return false;
    sv_copy(json_sv(order, "name"), programs[place].name, sizeof programs[place].name);
    programs[place].session = session_start(&options);
    return programs[place].session != NULL && do_wait(order, answer);
}

struct step {
    struct session *session;
    struct sv keys;
    cJSON *ms, *n_bytes;
    int n_silent;
};

static void take_step(struct step *step, const struct settle *settle)
{
    struct burst burst;

    if (!session_burst(step->session, step->keys, settle, &burst)) {
        step->n_silent++;
        return;
    }
    cJSON_AddItemToArray(step->ms,
                         cJSON_CreateNumber((double)(burst.last_us - burst.began_at_us) / 1000));
    cJSON_AddItemToArray(step->n_bytes, cJSON_CreateNumber((double)burst.n_bytes));
}

static size_t steps_of(const cJSON *order, struct step steps[PROGRAMS_MAX])
{
    size_t n = 0;

    for (const cJSON *item = json_items(order, "steps"); item != NULL && n < PROGRAMS_MAX;
         item = item->next) {
        struct program *program = program_of(json_sv(item, "name"));
        if (program == NULL)
            return 0;
        steps[n++] = (struct step){.session = program->session,
                                   .keys = json_sv(item, "keys"),
                                   .ms = cJSON_CreateArray(),
                                   .n_bytes = cJSON_CreateArray()};
    }
    return n;
}

static bool do_keys(const cJSON *order, cJSON *answer)
{
    struct step steps[PROGRAMS_MAX];
    size_t n_steps = steps_of(order, steps);
    struct settle settle = settle_of(order);
    cJSON *results = cJSON_AddArrayToObject(answer, "steps");

    for (int64_t round = json_i64(order, "count", 1); round > 0; round--)
        for (size_t i = 0; i < n_steps; i++)
            take_step(&steps[i], &settle);
    for (size_t i = 0; i < n_steps; i++) {
        cJSON *result = cJSON_CreateObject();
        cJSON_AddItemToObject(result, "ms", steps[i].ms);
        cJSON_AddItemToObject(result, "n_bytes", steps[i].n_bytes);
        cJSON_AddNumberToObject(result, "silent", steps[i].n_silent);
        cJSON_AddItemToArray(results, result);
    }
    return n_steps > 0;
}

static bool do_idle(const cJSON *order, cJSON *answer)
{
    int64_t cpu_ns[PROGRAMS_MAX] = {0}, until_us;
    size_t n_bytes[PROGRAMS_MAX] = {0};
    cJSON *results = cJSON_AddArrayToObject(answer, "programs");

    for (size_t i = 0; i < PROGRAMS_MAX; i++)
        if (programs[i].session != NULL)
            cpu_ns[i] = session_cpu_ns(programs[i].session);
    until_us = clock_mono_us() + 1000 * json_i64(order, "ms", 1000);
    while (clock_mono_us() < until_us)
        for (size_t i = 0; i < PROGRAMS_MAX; i++)
            if (programs[i].session != NULL)
                n_bytes[i] += session_drain(programs[i].session, clock_mono_us() + 20000);
    for (size_t i = 0; i < PROGRAMS_MAX; i++) {
        if (programs[i].session == NULL)
            continue;
        cJSON *result = cJSON_CreateObject();
        cJSON_AddStringToObject(result, "name", programs[i].name);
        cJSON_AddNumberToObject(result, "cpu_ns",
                                (double)(session_cpu_ns(programs[i].session) - cpu_ns[i]));
        cJSON_AddNumberToObject(result, "n_bytes", (double)n_bytes[i]);
        cJSON_AddNumberToObject(result, "rss_kib", (double)session_rss_kib(programs[i].session));
        cJSON_AddItemToArray(results, result);
    }
    return true;
}

static bool do_screen(const cJSON *order, cJSON *answer)
{
    struct program *program = program_of(json_sv(order, "name"));
    cJSON *lines = cJSON_AddArrayToObject(answer, "lines");

    for (int row = 0; program != NULL && row < session_rows(program->session); row++) {
        AUTO(buf_done) struct buf line = BUF_NONE;
        session_line(program->session, row, &line);
        cJSON_AddItemToArray(lines, cJSON_CreateString(buf_cstr(&line)));
    }
    return program != NULL;
}

static bool do_end(const cJSON *order, cJSON *answer)
{
    struct program *program = program_of(json_sv(order, "name"));

    (void)answer;
    if (program == NULL)
        return false;
    session_end(program->session);
    program->session = NULL;
    return true;
}

/* --- the loop -------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    bool (*run)(const cJSON *order, cJSON *answer);
} verbs[] = {{"start", do_start}, {"wait", do_wait},     {"keys", do_keys},
             {"idle", do_idle},   {"screen", do_screen}, {"end", do_end}};

static void obey(const cJSON *order)
{
    cJSON *answer = cJSON_CreateObject();
    bool ok = false;

    for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
        if (sv_eq_cstr(json_sv(order, "do"), verbs[i].name))
            ok = verbs[i].run(order, answer);
    cJSON_AddBoolToObject(answer, "ok", ok);
    AUTO_FREE char *text = json_print(answer);
    puts(text);
    fflush(stdout);
    json_free(answer);
}

int main(void)
{
    AUTO_FREE char *line = NULL;
    size_t size = 0;
    ssize_t len;
    int status = 0;

    while (status == 0 && (len = getline(&line, &size, stdin)) > 0) {
        AUTO(json_free_at) cJSON *order = NULL;
        struct err err = ERR_NONE;
        if (json_parse((struct sv){line, (size_t)len}, "order", &order, &err) == OK) {
            obey(order);
        } else {
            fprintf(stderr, "pty: %s\n", err.message);
            status = 2;
        }
    }
    for (size_t i = 0; i < PROGRAMS_MAX; i++)
        session_end(programs[i].session);
    return status;
}
