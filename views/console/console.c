#include "views/console/console.h"

#include <poll.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/session/channel.h"
#include "views/console/keys.h"
#include "views/console/runners.h"
#include "views/console/script.h"
#include "views/frame/app.h"
#include "views/program/complain.h"
#include "views/words.h"

#define UI_BUDGET_US 8000 /* of one turn; then keys are looked at again */
#define POLL_MAX     8
#define LEAVE_MS     3000 /* for the service to be told of the sessions that are left */

#define SCRIPT_ROWS  40
#define SCRIPT_COLS  120

struct gov_options console_gov_options(const struct options *options,
                                       const struct settings *settings, const struct demo *demo)
{
    struct gov_options gov = {
        .aws = {.endpoint_url = options->endpoint_url,
                .profile = options->profile,
                .region = options->region_home,
                .budget_percent = options->budget_percent,
                .use_fips = options->fips,
                .use_dual_stack = options->dual_stack},
        .state_dir = options->state_dir,
        .settings = settings,
        .read_only = options->read_only,
        .demo = options->demo,
        .alerts = options->apply,
        .keep_rows = options->once == NULL && demo == NULL, /* whose world ends with the program */
    };

    if (demo != NULL) {
        gov.aws.endpoint_url = demo->endpoint;
        if (gov.state_dir == NULL)
            gov.state_dir = demo->state_dir;
    }
    return gov;
}

struct console {
    const struct options *options;
    const struct settings *settings;
    struct demo *demo; /* NULL once it is up, or without */
    struct demo *demo_running;
    struct term *term;
    struct app *app;
    struct gov *gov;
};

/* Paint first, connect after: this comes when the first frame is on the screen. */
static void connect_now(struct console *console)
{
    struct gov_options options =
        console_gov_options(console->options, console->settings, console->demo_running);
    struct err err = ERR_NONE;

    options.keep_looks = options.alerts = true;
    if (gov_new(&options, &console->gov, &err) != OK)
        app_fail(console->app, &err);
    else
        app_connect(console->app, console->gov);
}

static void demo_has_said(struct console *console)
{
    bool ready = false;
    struct err err = ERR_NONE;

    if (demo_read(console->demo, &ready, &err) != OK) {
        app_fail(console->app, &err);
        console->demo = NULL;
    } else if (ready) {
        console->demo = NULL;
        connect_now(console);
    }
}

static int shorter(int a_ms, int b_ms)
{
    if (a_ms < 0)
        return b_ms;
    return b_ms < 0 || a_ms < b_ms ? a_ms : b_ms;
}

/* One turn: waits for a key, a message or a timer, serves them, draws. Nothing else ever waits. */
static void turn(struct console *console)
{
    struct pollfd fds[POLL_MAX];
    size_t n = term_fds(console->term, fds);
    int timeout_ms = shorter(term_timeout_ms(console->term), run_ui_timeout_ms());
    struct event event;

    fds[n++] = (struct pollfd){.fd = run_ui_fd(), .events = POLLIN};
    if (console->demo != NULL)
        fds[n++] = (struct pollfd){.fd = console->demo->ready_fd, .events = POLLIN};
    poll(fds, (nfds_t)n, shorter(timeout_ms, app_timeout_ms(console->app)));
    int64_t woken_us = clock_mono_us();
    term_polled(console->term, fds);
    while (!app_has_ended(console->app) && term_next_event(console->term, &event))
        app_event(console->app, &event);
    app_draw(console->app); /* a key is answered before what else has come */
    run_ui_turn(UI_BUDGET_US);
    if (console->demo != NULL && (fds[n - 1].revents & (POLLIN | POLLHUP)))
        demo_has_said(console);
    app_draw(console->app);
    run_note_ui_turn(clock_mono_us() - woken_us);
}

static int play(struct console *console)
{
    struct err err = ERR_NONE;

    if (console->demo != NULL && demo_wait(console->demo, 10000, &err) != OK) {
        complain(&err);
        return err_exit_status(err.code);
    }
    console->demo = NULL;
    connect_now(console);
    return script_run(console->app, console->options->script, console->options->dump_screen,
                      console->options->pictures_dir);
}

static int serve(struct console *console)
{
    app_draw(console->app);
    if (console->demo == NULL)
        connect_now(console);
    while (!app_has_ended(console->app))
        turn(console);
    return app_exit_status(console->app);
}

static enum err_code open_term(struct console *console, const struct theme *theme, struct err *err)
{
    const struct options *options = console->options;
    const struct term_options term_options = {.theme = theme};

    if (options->script == NULL)
        return term_open(&term_options, &console->term, err);
    console->term = term_open_memory(options->rows > 0 ? options->rows : SCRIPT_ROWS,
                                     options->columns > 0 ? options->columns : SCRIPT_COLS);
    return OK;
}

/* From the first frame to the last. */
static int live(struct console *console, const struct app_options *app_options,
                struct sv key_report)
{
    int status;

    runners_start(console->settings);
    console->app = app_new(app_options);
    if (key_report.len > 0)
        app_message(console->app, TONE_BAD, SV_FMT, SV_ARG(key_report));
    status = console->options->script != NULL ? play(console) : serve(console);
    app_free(console->app); /* its shells, too */
    term_close(console->term);
    if (!sessions_leave(LEAVE_MS))
        log_warn("session", "not all sessions could be terminated: they end by their time-outs");
    runners_stop();
    gov_free(console->gov);
    return status;
}

int console_run(const struct options *options, const struct settings *settings, struct demo *demo)
{
    struct console console = {
        .options = options, .settings = settings, .demo = demo, .demo_running = demo};
    struct keymap *keymap = keymap_new();
    struct app_options app_options = {.keymap = keymap,
                                      .at = {.selection = options->selection},
                                      .first_screen = sv_of(options->screen)};
    AUTO(buf_done) struct buf key_report = BUF_NONE;
    struct err err = ERR_NONE;
    int status;

    if (options->filter != NULL)
        str_copy(app_options.at.filter, options->filter);
    keys_read(keymap, settings->keys, &key_report);
    app_options.theme = theme_find(sv_of(settings->theme)); /* settings_check has found it */
    if (open_term(&console, app_options.theme, &err) != OK) {
        complain(&err);
        keymap_free(keymap);
        return err_exit_status(err.code);
    }
    words_register();
    mem_on_exhausted(term_restore_now);
    app_options.term = console.term;
    status = live(&console, &app_options, buf_sv(&key_report));
    keymap_free(keymap);
    return status;
}
