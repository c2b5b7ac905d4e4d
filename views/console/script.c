#include "views/console/script.h"

#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "views/console/picture.h"
#include "views/program/complain.h"

#define WAIT_S           10
#define WAIT_MAX_S       600
#define TURN_MS          20
#define SCRIPT_BYTES_MAX ((size_t)1 << 20)

struct script {
    struct app *app;
    const char *path;
    int line;
    int64_t patience_ms; /* that a wait takes at most */
    bool dump_screen;
    const char *pictures_dir;
};

typedef enum err_code line_fn(struct script *script, struct sv rest, struct err *err);

static enum err_code wrong(const struct script *script, enum err_code code, struct err *err,
                           const char *what, struct sv word)
{
    return err_set(err, code, script->path, "line %d: %s \"" SV_FMT "\"", script->line, what,
                   SV_ARG(word));
}

/* Lets what is queued happen, then draws: what a person would see after each key. */
static void settle(struct script *script)
{
    run_ui_turn(TURN_MS * 1000);
    app_draw(script->app);
    app_draw_owed(script->app);
}

static enum err_code play_keys(struct script *script, struct sv rest, struct err *err)
{
    while (rest.len > 0) {
        struct sv name = sv_split(&rest, ' ');
        struct event event = {.type = EVENT_KEY};

        if (name.len == 0)
            continue;
        if (!key_parse(name, &event.key))
            return wrong(script, ERR_USAGE, err, "there is no key", name);
        app_event(script->app, &event);
        settle(script);
    }
    return OK;
}

static enum err_code play_type(struct script *script, struct sv rest, struct err *err)
{
    (void)err;
    while (rest.len > 0) {
        struct event event = {.type = EVENT_KEY};
        size_t n = utf8_decode(rest, &event.key.code);

        rest.ptr += n;
        rest.len -= n;
        if (event.key.code == UINT32_MAX)
            continue;
        app_event(script->app, &event);
    }
    settle(script);
    return OK;
}

static enum err_code write_picture(struct script *script, struct sv name, struct err *err)
{
    struct canvas canvas = app_canvas(script->app);
    AUTO(buf_done) struct buf path = BUF_NONE;

    buf_addf(&path, "%s/" SV_FMT ".svg", script->pictures_dir, SV_ARG(name));
    return picture_write(&canvas, app_theme(script->app), buf_cstr(&path), err);
}

static enum err_code play_snap(struct script *script, struct sv rest, struct err *err)
{
    struct canvas canvas = app_canvas(script->app);
    struct sv name = sv_trim(rest);
    AUTO(buf_done) struct buf out = BUF_NONE;

    settle(script);
    if (script->pictures_dir != NULL && write_picture(script, name, err) != OK)
        return err->code;
    if (!script->dump_screen)
        return OK;
    buf_addf(&out, "== " SV_FMT " %dx%d\n", SV_ARG(name), canvas.cols, canvas.rows);
    canvas_dump(&canvas, &out);
    return os_write_all(STDOUT_FILENO, buf_sv(&out), "standard output", err);
}

static bool screen_has(struct script *script, struct sv text)
{
    AUTO(buf_done) struct buf screen = BUF_NONE;
    struct canvas canvas = app_canvas(script->app);

    canvas_dump(&canvas, &screen);
    return sv_contains(buf_sv(&screen), text);
}

static enum err_code wait_for(struct script *script, struct sv text, bool wanted, struct err *err)
{
    int64_t until_ms = clock_mono_ms() + script->patience_ms;
    bool never = false;

    for (;;) {
        app_draw(script->app);
        if (screen_has(script, text) == wanted)
            return OK;
        if (clock_mono_ms() >= until_ms && script->dump_screen)
            play_snap(script, SV("in vain"), err);
        if (clock_mono_ms() >= until_ms) {
            wrong(script, ERR_TIMEOUT, err, wanted ? "there is no" : "there is still", text);
            return err_advise(err, ERR_TIMEOUT,
                              "with --dump-screen the last snap is what there was instead");
        }
        run_ui_until(&never, TURN_MS);
    }
}

static enum err_code play_wait(struct script *script, struct sv rest, struct err *err)
{
    return wait_for(script, rest, true, err);
}

static enum err_code play_gone(struct script *script, struct sv rest, struct err *err)
{
    return wait_for(script, rest, false, err);
}

static enum err_code play_patience(struct script *script, struct sv rest, struct err *err)
{
    int64_t seconds;

    if (!sv_to_i64(rest, &seconds) || seconds < 1 || seconds > WAIT_MAX_S)
        return wrong(script, ERR_USAGE, err, "no number of seconds up to 600:", rest);
    script->patience_ms = seconds * 1000;
    return OK;
}

static enum err_code play_resize(struct script *script, struct sv rest, struct err *err)
{
    struct sv rows_text = rest, cols_text = sv_split(&rows_text, 'x');
    struct event event = {.type = EVENT_RESIZE};
    int64_t rows, cols;

    if (!sv_to_i64(cols_text, &cols) || !sv_to_i64(rows_text, &rows) || rows < 1 || cols < 1 ||
        rows > CANVAS_MAX || cols > CANVAS_MAX)
        return wrong(script, ERR_USAGE, err, "no size of the form WxH:", rest);
    event.size.rows = (int)rows;
    event.size.cols = (int)cols;
    app_event(script->app, &event);
    settle(script);
    return OK;
}

/* Once the console has ended nothing is to be seen, and keys go nowhere. */
static const struct verb {
    const char *name;
    line_fn *play;
    bool looks;
} verbs[] = {
    {"keys", play_keys, false},         {"type", play_type, false}, {"wait", play_wait, true},
    {"gone", play_gone, true},          {"snap", play_snap, true},  {"resize", play_resize, false},
    {"patience", play_patience, false},
};

static const struct verb *find_verb(struct sv name)
{
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
        if (sv_eq_cstr(name, verbs[i].name))
            return &verbs[i];
    return NULL;
}

static enum err_code refuse_to_look(const struct script *script, struct sv verb, struct err *err)
{
    wrong(script, ERR_NOT_FOUND, err, "the console had ended before", verb);
    return err_advise(err, ERR_NOT_FOUND, "a script looks before it leaves");
}

static enum err_code play_line(struct script *script, struct sv line, struct err *err)
{
    struct sv rest = line, name = sv_split(&rest, ' ');
    const struct verb *verb = find_verb(name);

    if (name.len == 0 || name.ptr[0] == '#')
        return OK;
    if (verb == NULL)
        return wrong(script, ERR_USAGE, err, "there is no script command", name);
    if (sv_trim(rest).len == 0 && verb->play != play_type)
        rest.len = 0;
    if (rest.len == 0)
        return wrong(script, ERR_USAGE, err, "nothing stands behind", name);
    if (!app_has_ended(script->app))
        return verb->play(script, rest, err);
    return verb->looks ? refuse_to_look(script, name, err) : OK;
}

/* Blanks before a command say nothing; those at the end of what is typed may. */
static struct sv next_line(struct sv *text)
{
    struct sv line = sv_split(text, '\n');

    if (line.len > 0 && line.ptr[line.len - 1] == '\r')
        line.len--;
    while (line.len > 0 && line.ptr[0] == ' ')
        line = (struct sv){line.ptr + 1, line.len - 1};
    return line;
}

int script_run(struct app *app, const char *path, bool dump_screen, const char *pictures_dir)
{
    struct script script = {.app = app,
                            .path = path,
                            .patience_ms = WAIT_S * 1000,
                            .dump_screen = dump_screen,
                            .pictures_dir = pictures_dir};
    AUTO(buf_done) struct buf text = BUF_NONE;
    struct err err = ERR_NONE;
    struct sv rest;

    if (os_read_file(path, SCRIPT_BYTES_MAX, &text, &err) != OK) {
        complain(&err);
        return 2;
    }
    for (rest = buf_sv(&text); rest.len > 0;) {
        script.line++;
        if (play_line(&script, next_line(&rest), &err) != OK) {
            complain(&err);
            return err.code == ERR_USAGE ? 2 : 1;
        }
    }
    return 0;
}
