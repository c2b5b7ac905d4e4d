#include "views/output/save.h"

#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/os.h"
#include "tui/widget/menu.h"
#include "views/frame/modal.h"

#define FILE_BYTES_MAX ((size_t)1 << 30)

struct saving {
    struct app *app;     /* touched on the UI alone */
    struct scope *scope; /* a reference */
    struct save save;
    char path[OS_PATH_SIZE], real[OS_PATH_SIZE];
    struct buf text;
    bool replace;
    struct err err;
};

static void saving_free(void *arg)
{
    struct saving *saving = arg;

    if (saving->save.drop != NULL)
        saving->save.drop(saving->save.arg);
    buf_done(&saving->text);
    scope_unref(saving->scope);
    mem_free(saving);
}

/* --- on the worker --------------------------------------------------------------------------- */

static enum err_code make(struct saving *saving)
{
    saving->text = BUF_CAPPED(FILE_BYTES_MAX);
    if (saving->save.make(saving->save.arg, &saving->text, &saving->err) != OK)
        return saving->err.code;
    if (buf_err(&saving->text) != OK)
        return err_set(&saving->err, ERR_TOO_BIG, saving->path, "more than 1 GiB");
    return OK;
}

static void told(void *arg);

static void write_file(void *arg)
{
    struct saving *saving = arg;
    enum err_code code = saving->text.len == 0 ? make(saving) : OK;

    if (code == OK)
        code = (saving->replace ? os_replace : os_write_new)(saving->path, buf_sv(&saving->text),
                                                             0600, &saving->err);
    if (code == OK || code == ERR_EXISTS)
        os_real_path(saving->path, saving->real);
    run_call(RUN_UI, RUN_URGENT, saving->scope, told, saving_free, saving);
}

static void start(struct saving *saving)
{
    saving->err = ERR_NONE;
    run_call(RUN_WORKER, RUN_URGENT, saving->scope, write_file, saving_free, saving);
}

/* --- on the UI ------------------------------------------------------------------------------- */

enum { LEAVE, REPLACE };

static void chosen(void *arg, int id)
{
    struct saving *saving = arg;

    saving->replace = id == REPLACE && !scope_is_closed(saving->scope);
    if (!saving->replace)
        app_message(saving->app, TONE_INFO, "%s is as it was", saving->real);
}

/* The menu is done with it, whatever has closed it. */
static void asked(void *arg)
{
    struct saving *saving = arg;

    if (saving->replace)
        start(saving);
    else
        saving_free(saving);
}

static void ask(struct saving *saving)
{
    AUTO(buf_done) struct buf title = BUF_NONE;

    buf_addf(&title, "%s is there already", saving->real);
    struct menu *menu = modal_menu(saving->app, buf_cstr(&title), chosen, asked, saving);
    menu_add(menu, SV("leave it as it is"), SV_NONE, SV("nothing is written"), LEAVE, ROLE_TEXT);
    menu_add(menu, SV("replace it"), SV_NONE, SV("what was in it is lost"), REPLACE, ROLE_DANGER);
}

static void told(void *arg)
{
    struct saving *saving = arg;
    const struct save *save = &saving->save;

    if (saving->err.code == ERR_EXISTS && !saving->replace) {
        ask(saving);
        return;
    }
    if (saving->err.code != OK)
        app_error(saving->app, &saving->err);
    else if (save->what[0] != '\0')
        app_message(saving->app, TONE_GOOD, "%zu %s written to %s", save->count, save->what,
                    saving->real);
    else
        app_message(saving->app, TONE_GOOD, "written to %s", saving->real);
    saving_free(saving);
}

/* "~/rows.csv" below the home folder. */
static void expand(const char *path, char out[OS_PATH_SIZE])
{
    const char *home = getenv("HOME");
    AUTO(buf_done) struct buf text = BUF_NONE;

    if (home != NULL && sv_starts(sv_of(path), SV("~/")))
        buf_addf(&text, "%s%s", home, path + 1);
    else
        buf_add_cstr(&text, path);
    sv_copy(buf_sv(&text), out, OS_PATH_SIZE);
}

void save_as(struct app *app, struct scope *scope, const char *path, const struct save *save)
{
    struct saving *saving = mem_new(struct saving);

    *saving = (struct saving){.app = app, .scope = scope_ref(scope), .save = *save};
    expand(path, saving->path);
    start(saving);
}
