/*
 * Every hostile string comes over the wire, in every place where AWS lets text stand, into the real
 * program; nothing that a terminal could act on comes out: on the terminal, on stderr, in the log,
 * in what --once prints. The judge decodes by itself and knows the terminal's own sequences.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "core/store/audit.h"
#include "tests/conformance/judge.h"
#include "tests/harness/sequences.h"
#include "tests/unit/screens/helper_console.h"
#include "tests/unit/screens/helper_hostile.h"
#include "tests/unit/unit.h"

#define PATIENCE_MS 60000
#define ROWS        840 /* more than there are strings in a list: all of them are drawn */
#define COLS        160
#define SMALL_ROWS  40
#define SMALL_COLS  120
#define SHOW_BYTES  ((size_t)40)

/* How many strings there are, and travel as text of JSON and of XML: no fewer enter. */
#define ALL_MIN  1199
#define JSON_MIN 754
#define XML_MIN  373

static struct hostile hostile;
static struct judge judge;
static struct sequences *sequences;
static struct room room;
static bool has_vectors;

static const char *vectors_path(const char *name)
{
    static char path[512];
    const char *dir = getenv("WATCHDECK_VECTORS");

    snprintf(path, sizeof path, "%s/%s", dir != NULL ? dir : SOURCE_DIR "/../shared/vectors", name);
    return path;
}

static int open_room(void **state)
{
    static const char *const modes[] = {"\033[?2004h\033[?2004l", "\033[?1004h\033[?1004l",
                                        "\033[?1002;1006h", "\033[?1006;1002l", NULL};
    AUTO(buf_done) struct buf table = BUF_NONE;

    (void)state;
    room_open(&room);
    env_add(&room.env, "AWS_ACCESS_KEY_ID", "AKIDEXAMPLE");
    env_add(&room.env, "AWS_SECRET_ACCESS_KEY", "example");
    env_add(&room.env, "AWS_MAX_ATTEMPTS", "1");
    has_vectors = hostile_read(&hostile, vectors_path("hostile-terminal.jsonl"));
    if (os_read_file(vectors_path("width-cases.tsv"), (size_t)1 << 20, &table, NULL) != OK)
        buf_clear(&table);
    assert_int_equal(judge_init(&judge, buf_sv(&table)), 0);
    sequences = sequences_new("xterm-256color", modes);
    assert_non_null(sequences);
    return 0;
}

static int close_room(void **state)
{
    (void)state;
    sequences_free(sequences);
    judge_done(&judge);
    hostile_done(&hostile);
    room_close(&room);
    return 0;
}

/* --- judging -------------------------------------------------------------------------------- */

static const char *fault_of(struct sv text, bool ascii, size_t *at)
{
    size_t columns;
    return judge_bytes(&judge, text, JUDGE_LINES | (ascii ? JUDGE_ASCII : 0), at, &columns);
}

static void must_be_harmless(struct sv text, bool ascii, const char *where)
{
    AUTO(buf_done) struct buf hex = BUF_NONE;
    size_t at;
    const char *fault = fault_of(text, ascii, &at);

    if (fault == NULL)
        return;
    size_t from = at > SHOW_BYTES ? at - SHOW_BYTES : 0;
    for (size_t i = from; i < text.len && i < at + SHOW_BYTES; i++)
        buf_addf(&hex, i == at ? " >%02x<" : " %02x", (unsigned char)text.ptr[i]);
    fail_msg("%s: %s at byte %zu:%s", where, fault, at, buf_cstr(&hex));
}

static void terminal_must_be_harmless(struct harness *harness, bool ascii, const char *where)
{
    AUTO(buf_done) struct buf text = BUF_CAPPED((size_t)256 << 20);

    struct sv written = harness_bytes(harness);

    written.len = sequences_whole(written); /* the rest of a frame may be on its way */
    if (sv_contains(written, SV("\a")))     /* the terminal's, but never ours */
        fail_msg("%s: a bell", where);
    sequences_strip(sequences, written, &text);
    harness_forget_first(harness, written.len);
    must_be_harmless(buf_sv(&text), ascii, where);
}

static void the_judge_finds_what_is_planted(void **state)
{
    static const char *const planted[] = {
        "a\033]0;title\ab", "\033[5n",      "\xc2\x9b",         "\x9b",
        "\xe2\x80\xae",     "\033P1\033\\", "\xf3\xa0\x81\x81", "\xed\xa0\x80"};
    size_t at;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(planted); i++) {
        AUTO(buf_done) struct buf text = BUF_NONE;
        sequences_strip(sequences, sv_of(planted[i]), &text);
        assert_non_null(fault_of(buf_sv(&text), false, &at));
    }
    assert_null(fault_of(SV("plain \xe4\xb8\xad text"), false, &at));
    assert_non_null(fault_of(SV("plain \xe4\xb8\xad text"), true, &at));
}

#define KEY_TRIES 4

/* --- the screens ------------------------------------------------------------------------------ */

struct stage {
    struct hostile_aws aws;
    struct server *server;
    struct room room;
    struct harness *harness;
    bool ascii;
};

static void stage_open(struct stage *stage, enum hostile_way way, int n_regions, bool ascii)
{
    *stage = (struct stage){.aws = {.hostile = &hostile, .way = way, .n_regions = n_regions},
                            .room = room,
                            .ascii = ascii};
    stage->server = server_new(hostile_answer, &stage->aws);
    env_add(&stage->room.env, "AWS_ENDPOINT_URL", server_url(stage->server));
    env_add(&stage->room.env, "LC_ALL", ascii ? "C" : "C.UTF-8");
}

static void stage_close(struct stage *stage)
{
    harness_free(stage->harness);
    server_free(stage->server);
    for (size_t i = room.env.n; i < stage->room.env.n; i++)
        mem_free(stage->room.env.entries[i]);
}

static void stage_console(struct stage *stage, int rows, int cols)
{
    const char *const argv[] = {WATCHDECK,
                                "--budget",
                                "off",
                                "--log",
                                room_path(&room, "log"),
                                "--state-dir",
                                room_path(&room, "state"),
                                NULL};

    stage->harness = console_spawn(&stage->room, argv, rows, cols);
    assert_true(harness_wait_row(stage->harness, 1, "Triage", PATIENCE_MS));
}

static void fail_with_screen(struct stage *stage, const char *after, const char *title)
{
    AUTO(buf_done) struct buf screen = BUF_NONE;

    harness_screen(stage->harness, &screen);
    const char *foot = screen.len > 400 ? buf_cstr(&screen) + screen.len - 400 : "";
    fail_msg("%s: no %s:\n%.600s\n...\n%s", after, title, buf_cstr(&screen), foot);
}

static void show(struct stage *stage, const char *command, const char *title)
{
    AUTO(buf_done) struct buf line = BUF_NONE;

    buf_addf(&line, ":%s\r", command);
    harness_send(stage->harness, buf_sv(&line));
    if (!harness_wait_row(stage->harness, 1, title, PATIENCE_MS))
        fail_with_screen(stage, command, title);
    assert_true(harness_wait_row_gone(stage->harness, 1, "loading", PATIENCE_MS));
    terminal_must_be_harmless(stage->harness, stage->ascii, command);
}

/* What the keys lead to, and back again. */
static void look_into(struct stage *stage, const char *keys, const char *title, const char *from)
{
    /* there are rows */
    assert_true(harness_wait_row(stage->harness, 1, "/", PATIENCE_MS));
    assert_true(harness_wait_row_gone(stage->harness, 1, " 0/0", PATIENCE_MS));
    /* A frame may come in pieces: keys that were pressed before the rows were there say so and do
     * nothing, and are pressed again. */
    bool seen = false;
    for (int i = 0; i < KEY_TRIES && !seen; i++) {
        assert_true(harness_keys(stage->harness, keys));
        seen = harness_wait_row(stage->harness, 1, title, PATIENCE_MS / KEY_TRIES);
    }
    if (!seen)
        fail_with_screen(stage, keys, title);
    assert_true(harness_wait_row_gone(stage->harness, 1, "loading", PATIENCE_MS));
    terminal_must_be_harmless(stage->harness, stage->ascii, keys);
    assert_true(harness_keys(stage->harness, "q"));
    assert_true(harness_wait_row(stage->harness, 1, from, PATIENCE_MS));
}

static void end_console(struct stage *stage)
{
    AUTO(buf_done) struct buf log = BUF_CAPPED((size_t)64 << 20);

    harness_send(stage->harness, SV(":quit\r"));
    assert_int_equal(console_end(stage->harness, PATIENCE_MS), 0);
    terminal_must_be_harmless(stage->harness, stage->ascii, "the end");
    assert_int_equal(os_read_file(room_path(&room, "log"), (size_t)64 << 20, &log, NULL), OK);
    must_be_harmless(buf_sv(&log), false, "the log");
    unlink(room_path(&room, "log"));
}

/* A trail whose records hold what AWS calls things and what people typed: each string once. */
static void write_trail(void)
{
    static const char *const fields[] = {"action", "state",  "title",      "account_id", "region",
                                         "actor",  "reason", "request_id", "plan_id"};
    struct audit *audit = NULL;
    struct err err = ERR_NONE;

    if (file_exists(room_path(&room, "state/audit")))
        return;
    assert_int_equal(os_private_dir(room_path(&room, "state"), &err), OK);
    assert_int_equal(audit_open(room_path(&room, "state/audit"), &audit, &err), OK);
    for (size_t i = 0; i < hostile.json.len; i++) {
        AUTO(json_free_at) cJSON *record = cJSON_CreateObject();
        AUTO_FREE char *text = sv_dup(buf_sv(&hostile.all.ptr[hostile.json.ptr[i]]));

        for (size_t f = 0; f < ARRAY_LEN(fields); f++)
            cJSON_AddStringToObject(record, fields[f], text);

        enum err_code code = audit_append(audit, record, &err);

        assert_true(code == OK || code == ERR_TOO_BIG); /* nine times a long one */
    }
    audit_close(audit);
}

static void check_names(bool ascii, int rows, int cols)
{
    struct stage stage;

    write_trail();
    stage_open(&stage, HOSTILE_NAMES, 0, ascii);
    stage.aws.n_ous = ascii ? 8 : 200;
    stage_console(&stage, rows, cols);
    show(&stage, "triage", "Triage");
    show(&stage, "accounts", "Accounts");
    look_into(&stage, "/ 1 1 1 1 1 1 1 1 1 1 1 1 Enter G d", "Describe", "Accounts");
    show(&stage, "rules", "Config rules");
    for (int i = 0; i < 2; i++)
        look_into(&stage, "j j d", "Describe", "Config rules");
    look_into(&stage, "j J", "Describe", "Config rules");
    look_into(&stage, "j Enter", "Rule", "Config rules");
    show(&stage, "resources", "Resources");
    look_into(&stage, "j d", "Describe", "Resources");
    look_into(&stage, "j J", "Describe", "Resources");
    show(&stage, "findings", "Findings");
    for (int i = 0; i < 2; i++) {
        look_into(&stage, "j d", "Describe", "Findings");
        look_into(&stage, "j J", "Describe", "Findings");
        look_into(&stage, "j A", "Review", "Findings");
    }
    show(&stage, "recorders", "ecorders");
    show(&stage, "aggregators", "ggregator");
    show(&stage, "identity", "Identity");
    show(&stage, "requests", "Requests");
    show(&stage, "errors", "Errors");
    show(&stage, "gaps", "Gaps");
    look_into(&stage, "j d", "Describe", "Gaps");
    show(&stage, "trail", "Trail");
    for (int i = 0; i < 2; i++) {
        look_into(&stage, "PgDn d", "Describe", "Trail");
        look_into(&stage, "j J", "Describe", "Trail");
    }
    show(&stage, "scopes", "Scopes");
    end_console(&stage);
    assert_true(atomic_load(&stage.aws.n_named_json) >= JSON_MIN - hostile.nul.len);
    assert_true(atomic_load(&stage.aws.n_named_xml) >= XML_MIN);
    stage_close(&stage);
}

/* The loads behind the screens go on while others are shown: their errors come by and by. */
static void wait_for_count(struct stage *stage, const atomic_size_t *count, size_t wanted)
{
    int64_t until_ms = clock_mono_ms() + PATIENCE_MS;
    while (atomic_load(count) < wanted && clock_mono_ms() < until_ms)
        harness_wait(stage->harness, "said by nothing on the screen", 50);
    assert_true(atomic_load(count) >= wanted);
}

static void check_errors(enum hostile_way way, int n_regions, bool ascii)
{
    struct stage stage;

    stage_open(&stage, way, n_regions, ascii);
    stage_console(&stage, ascii ? SMALL_ROWS : ROWS, ascii ? SMALL_COLS : COLS);
    show(&stage, "rules", "Config rules");
    show(&stage, "gaps", "Gaps");
    show(&stage, "findings", "Findings");
    show(&stage, "gaps", "Gaps");
    show(&stage, "errors", "Errors");
    show(&stage, "requests", "Requests");
    if (way == HOSTILE_BYTES) { /* the next string each time: so many are all of them */
        wait_for_count(&stage, &stage.aws.n_bytes, ALL_MIN);
    } else if (!ascii) {
        wait_for_count(&stage, &stage.aws.n_json, JSON_MIN);
        wait_for_count(&stage, &stage.aws.n_xml, XML_MIN);
    }
    end_console(&stage);
    stage_close(&stage);
}

static bool skipped(void)
{
    if (!has_vectors)
        print_message("# skipped: there is no %s\n", vectors_path("hostile-terminal.jsonl"));
    return !has_vectors;
}

static void names_are_harmless(void **state)
{
    (void)state;
    if (skipped())
        skip();
    assert_true(hostile.all.len >= ALL_MIN);
    assert_true(hostile.json.len + hostile.nul.len >= JSON_MIN);
    assert_true(hostile.xml.len >= XML_MIN);
    check_names(false, ROWS, COLS);
}

static void names_are_harmless_in_the_c_locale(void **state)
{
    (void)state;
    if (skipped())
        skip();
    check_names(true, SMALL_ROWS, SMALL_COLS);
}

static void errors_are_harmless(void **state)
{
    (void)state;
    if (skipped())
        skip();
    check_errors(HOSTILE_ERRORS, 150, false);
}

static void bytes_are_harmless(void **state)
{
    (void)state;
    if (skipped())
        skip();
    check_errors(HOSTILE_BYTES, 140, false);
}

static void errors_are_harmless_in_the_c_locale(void **state)
{
    (void)state;
    if (skipped())
        skip();
    check_errors(HOSTILE_ERRORS, 30, true);
}

/* --- without a terminal ------------------------------------------------------------------------
 */

/* RFC 4180: a record of CSV ends in CR LF. */
static void drop_line_ends(struct buf *csv)
{
    size_t n = 0;

    for (size_t i = 0; i < csv->len; i++) {
        if (csv->ptr[i] != '\r' || i + 1 == csv->len || csv->ptr[i + 1] != '\n')
            csv->ptr[n++] = csv->ptr[i];
    }
    csv->len = n;
}

static void print_once(struct stage *stage, const char *screen, const char *format)
{
    const char *const argv[] = {WATCHDECK,
                                "--once",
                                screen,
                                "--format",
                                format,
                                "--log",
                                room_path(&room, "log"),
                                "--state-dir",
                                room_path(&room, "state"),
                                NULL};
    struct outcome outcome;
    char where[64];

    room_run(&stage->room, &outcome, argv);
    snprintf(where, sizeof where, "--once %s --format %s", screen, format);
    assert_in_range(outcome.status, 0, 5);
    if (strcmp(format, "csv") == 0)
        drop_line_ends(&outcome.out);
    must_be_harmless(buf_sv(&outcome.out), stage->ascii, where);
    must_be_harmless(buf_sv(&outcome.err), stage->ascii, "stderr");
    outcome_done(&outcome);
}

struct print {
    const char *screen, *format;
};

static void check_once(enum hostile_way way, const struct print *prints, size_t n, bool ascii)
{
    struct stage stage;

    stage_open(&stage, way, way == HOSTILE_NAMES ? 0 : 20, ascii);
    for (size_t i = 0; i < n; i++)
        print_once(&stage, prints[i].screen, prints[i].format);
    stage_close(&stage);
}

static void what_once_prints_is_harmless(void **state)
{
    (void)state;
    if (skipped())
        skip();
    /* A format knows no screen, and no screen its format: each of them once, rules in all. */
    static const struct print names[] = {
        {"rules", "table"},  {"rules", "json"},   {"rules", "ndjson"},   {"rules", "csv"},
        {"rules", "md"},     {"accounts", "csv"}, {"resources", "json"}, {"findings", "table"},
        {"triage", "table"}, {"trail", "ndjson"}, {"gaps", "md"},
    };
    static const struct print errors[] = {
        {"rules", "table"}, {"findings", "json"}, {"resources", "md"}};
    check_once(HOSTILE_NAMES, names, ARRAY_LEN(names), false);
    check_once(HOSTILE_ERRORS, errors, ARRAY_LEN(errors), true);
    check_once(HOSTILE_BYTES, errors, ARRAY_LEN(errors), true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_judge_finds_what_is_planted),
        cmocka_unit_test(names_are_harmless),
        cmocka_unit_test(names_are_harmless_in_the_c_locale),
        cmocka_unit_test(errors_are_harmless),
        cmocka_unit_test(errors_are_harmless_in_the_c_locale),
        cmocka_unit_test(bytes_are_harmless),
        cmocka_unit_test(what_once_prints_is_harmless),
    };
    return cmocka_run_group_tests(tests, open_room, close_room);
}
