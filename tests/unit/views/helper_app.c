#include "tests/unit/views/helper_app.h"

#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/gov/load/load.h"
#include "views/console/keys.h"
#include "views/console/runners.h"
#include "views/list_view/list_view.h"

#define WAIT_MS 60000

char app_dir[DIR_PATH_SIZE];
struct app *app;

static struct keymap *keymap;
static struct term *term;
static struct gov *gov;

/* --- the list of words ----------------------------------------------------------------------- */

static pthread_mutex_t words_lock = PTHREAD_MUTEX_INITIALIZER;
static char words[512];
static bool words_held;
static sem_t words_gate;

void words_set(const char *new_words, bool held)
{
    pthread_mutex_lock(&words_lock);
    str_copy(words, new_words);
    words_held = held;
    pthread_mutex_unlock(&words_lock);
}

void words_release(void)
{
    sem_post(&words_gate);
}

static void load_words(struct load *load)
{
    char copy[sizeof words];
    bool held;

    pthread_mutex_lock(&words_lock);
    str_copy(copy, words);
    held = words_held;
    pthread_mutex_unlock(&words_lock);
    if (held)
        sem_wait(&words_gate);
    for (struct sv rest = sv_of(copy); rest.len > 0;) {
        struct sv word = sv_split(&rest, ' ');

        if (word.len == 0)
            continue;
        table_set_text(load_table(load), 0, word);
        table_set_number(load_table(load), 1, (int64_t)word.len);
        table_set_text(load_table(load), 2, word);
        table_commit(load_table(load));
    }
}

static const struct column columns[] = {
    {"word", "WORD", COL_TEXT, COL_KEY, 8, 20, 0},
    {"length", "LENGTH", COL_COUNT, COL_DESCENDING, 6, 6, 0},
    {"key", "KEY", COL_IDENTITY, COL_HIDDEN, 0, 0, 0}, /* as of items that can be changed */
};

static const struct screen screen_words = {
    .name = "words",
    .title = "Words",
    .help = "words",
    .columns = columns,
    .n_columns = ARRAY_LEN(columns),
    .order = {.column = -1},
    .args = "",
    .local = true,
    .load = load_words,
};

static const struct list_def def = {.screen = &screen_words, .attention = "length:>3"};
const struct view_kind view_words = LIST_VIEW("words", "Words", "words", "", 0, "list", &def);

/* --- the app --------------------------------------------------------------------------------- */

static void make_gov(void)
{
    struct gov_options options = {.aws = {.endpoint_url = "http://127.0.0.1:9"}};
    struct err err = ERR_NONE;

    setenv("HOME", app_dir, 1);
    setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "of-nobody", 1);
    setenv("AWS_REGION", "eu-west-1", 1);
    options.state_dir = app_dir;
    if (gov_new(&options, &gov, &err) != OK)
        fail_msg("%s", err.message);
}

int start_app(void **state)
{
    struct app_options options = {.theme = theme_find(SV("default")),
                                  .first_screen = SV("settings")};
    AUTO(buf_done) struct buf report = BUF_NONE;
    struct settings settings;
    struct err err = ERR_NONE;

    (void)state;
    dir_make(app_dir);
    sem_init(&words_gate, 0, 0);
    words_set("pear apple fig", false);
    keymap = keymap_new();
    keys_read(keymap, "", &report);
    assert_int_equal(report.len, 0);
    term = term_open_memory(24, 100);
    options.term = term;
    options.keymap = keymap;
    settings_init(&settings);
    runners_start(&settings);
    make_gov();
    app = app_new(&options);
    app_connect(app, gov);
    assert_int_equal(app_open(app, &view_words, NULL, 0, &err), OK);
    wait_for("fig");
    return 0;
}

int stop_app(void **state)
{
    (void)state;
    app_free(app);
    term_close(term);
    runners_stop();
    gov_free(gov);
    keymap_free(keymap);
    sem_destroy(&words_gate);
    dir_remove(app_dir);
    return 0;
}

/* --- what a person does ---------------------------------------------------------------------- */

void press(const char *names)
{
    for (struct sv rest = sv_of(names); rest.len > 0;) {
        struct event event = {.type = EVENT_KEY};
        struct sv name = sv_split(&rest, ' ');

        if (name.len == 0)
            continue;
        assert_true(key_parse(name, &event.key));
        app_event(app, &event);
        app_draw(app);
    }
}

void command_line(const char *line)
{
    press(":");
    for (; *line != '\0'; line++) {
        struct event event = {.type = EVENT_KEY, .key = {.code = (unsigned char)*line}};

        app_event(app, &event);
    }
    press("Enter");
}

bool shows(const char *text)
{
    AUTO(buf_done) struct buf screen = BUF_NONE;
    struct canvas canvas;

    app_draw(app);
    canvas = app_canvas(app);
    canvas_dump(&canvas, &screen);
    return sv_contains(buf_sv(&screen), sv_of(text));
}

static void wait_until(const char *text, bool wanted)
{
    int64_t until_ms = clock_mono_ms() + WAIT_MS;
    bool never = false;

    while (shows(text) != wanted) {
        if (clock_mono_ms() > until_ms)
            fail_msg("\"%s\" is %s", text, wanted ? "not there" : "still there");
        run_ui_until(&never, 5);
    }
}

void wait_for(const char *text)
{
    wait_until(text, true);
}

void wait_gone(const char *text)
{
    wait_until(text, false);
}

/* There and back, behind everything that is queued. */
struct round_trip {
    struct scope *scope;
    bool is_back;
};

static void came_back(void *arg)
{
    ((struct round_trip *)arg)->is_back = true;
}

static void pass_on(void *arg)
{
    struct round_trip *trip = arg;

    run_call(RUN_UI, RUN_NORMAL, trip->scope, came_back, NULL, trip);
}

void settle(void)
{
    struct round_trip trip = {.scope = scope_new(NULL, "test")};

    run_call(RUN_WORKER, RUN_NORMAL, trip.scope, pass_on, NULL, &trip);
    run_ui_until(&trip.is_back, WAIT_MS);
    assert_true(trip.is_back);
    scope_unref(trip.scope);
    app_draw(app);
}

const char *selected(const char *id)
{
    static char text[128];
    struct view *view = app_view(app);
    struct row_ref row = view->kind->row(view);

    sv_copy(row_text(&row, id), text, sizeof text);
    return text;
}
