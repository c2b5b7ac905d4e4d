#include "views/files/copy_run.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "core/base/text.h"
#include "core/session/ssh/transfer.h"
#include "tui/terminal/signals.h"
#include "views/files/progress.h"
#include "views/program/complain.h"
#include "views/program/subcommand.h"

#define UI_BUDGET_US 8000
#define SHOW_MS      200
#define ANSWER_BYTES 1024

struct copy {
    const struct options *options;
    struct transfer *transfer;
    struct transfer_status status;
    int tty; /* where a person can be asked; -1: nowhere */
    bool shows_progress, has_line;
    bool is_asking;
    struct transfer_question question;
    struct termios modes; /* of tty before a passphrase is typed */
};

/* --- showing ---------------------------------------------------------------------------------- */

static void show(struct copy *copy, const char *text)
{
    AUTO(buf_done) struct buf line = BUF_NONE;

    buf_add_char(&line, '\r');
    text_safe(&line, sv_of(text), TEXT_LINE);
    buf_add_cstr(&line, "\x1b[K"); /* the rest of what stood there */
    os_write_all(STDERR_FILENO, buf_sv(&line), "stderr", NULL);
    copy->has_line = true;
}

static void end_line(struct copy *copy)
{
    if (copy->has_line)
        os_write_all(STDERR_FILENO, SV("\r\x1b[K"), "stderr", NULL);
    copy->has_line = false;
}

/* What has become of things in a folder: what is there as sha256sum has it, the rest on stderr. */
static void say_item(struct copy *copy, const struct transfer_item *item)
{
    AUTO(buf_done) struct buf line = BUF_NONE;
    bool is_there = item->fate == TRANSFER_COPIED || item->fate == TRANSFER_KEPT;

    if (is_there) {
        buf_addf(&line, "%s  ", item->checksum);
        text_safe(&line, sv_of(item->path), TEXT_LINE);
        buf_add_char(&line, '\n');
        os_write_all(STDOUT_FILENO, buf_sv(&line), "standard output", NULL);
        return;
    }
    end_line(copy);
    buf_addf(&line, "%s%s: %s", item->fate == TRANSFER_LEFT_OUT ? "left out: " : "", item->path,
             item->why);
    complain_line(buf_cstr(&line));
}

static void say_items(struct copy *copy)
{
    struct transfer_item item;

    while (transfer_take_item(copy->transfer, &item))
        say_item(copy, &item);
}

static void show_progress(struct copy *copy)
{
    AUTO(buf_done) struct buf line = BUF_NONE;

    say_items(copy);
    transfer_read_status(copy->transfer, &copy->status);
    if (!copy->shows_progress || copy->is_asking || copy->status.phase == TRANSFER_OVER)
        return;
    progress_line(&copy->status, clock_mono_ms(), &line);
    show(copy, buf_cstr(&line));
}

/* --- asking ----------------------------------------------------------------------------------- */

static void say_to_tty(struct copy *copy, const char *text)
{
    AUTO(buf_done) struct buf safe = BUF_NONE;

    text_safe(&safe, sv_of(text), TEXT_LINE);
    os_write_all(copy->tty, buf_sv(&safe), "terminal", NULL);
}

static void hide_typing(struct copy *copy)
{
    struct termios hidden;

    tcgetattr(copy->tty, &copy->modes);
    hidden = copy->modes;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    tcsetattr(copy->tty, TCSAFLUSH, &hidden);
}

static void end_asking(struct copy *copy)
{
    if (copy->is_asking && copy->question.kind == TRANSFER_ASKS_PASSPHRASE) {
        tcsetattr(copy->tty, TCSAFLUSH, &copy->modes);
        os_write_all(copy->tty, SV("\r\n"), "terminal", NULL);
    }
    copy->is_asking = false;
}

static void on_question(void *arg, const struct transfer_question *question)
{
    struct copy *copy = arg;
    AUTO(buf_done) struct buf text = BUF_NONE;

    if (copy->tty < 0) {
        transfer_answer(copy->transfer, false, NULL);
        return;
    }
    end_line(copy);
    copy->is_asking = true;
    copy->question = *question;
    if (question->kind == TRANSFER_ASKS_HOST) {
        buf_addf(&text,
                 "Nothing is known of %s yet. It shows the key %s %s. Is that the node? (yes/no) ",
                 question->node, question->key_kind, question->fingerprint);
    } else {
        buf_addf(&text, "%sPassphrase of %s: ", question->is_again ? "That was not it. " : "",
                 question->file);
        hide_typing(copy);
    }
    say_to_tty(copy, buf_cstr(&text));
}

static bool is_yes(struct sv line)
{
    return sv_eq_nocase(line, SV("yes")) || sv_eq_nocase(line, SV("y"));
}

/* A line as the terminal gives it, without its end. */
static void take_line(struct copy *copy, struct sv line)
{
    bool is_passphrase = copy->question.kind == TRANSFER_ASKS_PASSPHRASE;
    struct secret *secret = NULL;

    end_asking(copy);
    if (is_passphrase && line.len > 0) {
        char text[ANSWER_BYTES + 1];
        sv_copy(line, text, sizeof text);
        secret = secret_new((struct sv){text, line.len + 1}); /* with its NUL */
        secret_wipe(text, sizeof text);
    }
    transfer_answer(copy->transfer, is_passphrase ? secret != NULL : is_yes(line), secret);
}

static void read_answer(struct copy *copy)
{
    char bytes[ANSWER_BYTES];
    ssize_t n = read(copy->tty, bytes, sizeof bytes);

    while (n > 0 && (bytes[n - 1] == '\n' || bytes[n - 1] == '\r'))
        n--;
    if (n >= 0)
        take_line(copy, (struct sv){bytes, (size_t)n});
    secret_wipe(bytes, sizeof bytes);
}

/* --- the loop --------------------------------------------------------------------------------- */

static void on_status(void *arg)
{
    show_progress(arg);
}

static void turn(struct copy *copy)
{
    struct pollfd fds[] = {{.fd = run_ui_fd(), .events = POLLIN},
                           {.fd = signals_fd(), .events = POLLIN},
                           {.fd = copy->is_asking ? copy->tty : -1, .events = POLLIN}};
    int timeout_ms = run_ui_timeout_ms();

    if (timeout_ms < 0 || timeout_ms > SHOW_MS)
        timeout_ms = SHOW_MS;
    poll(fds, ARRAY_LEN(fds), timeout_ms);
    run_ui_turn(UI_BUDGET_US);
    signals_clear();
    if (signals_take(SIGTSTP))
        signals_stop_process();
    if (fds[2].revents != 0 && copy->is_asking)
        read_answer(copy);
    show_progress(copy);
}

static void say_result(struct copy *copy)
{
    AUTO(buf_done) struct buf line = BUF_NONE, out = BUF_NONE;

    progress_result(&copy->status, &line);
    if (copy->shows_progress || !copy->status.is_compared)
        complain_line(buf_cstr(&line));
    if (copy->status.is_folder)
        return; /* each file was said */
    buf_addf(&out, "%s  ", copy->status.checksum);
    text_safe(&out, sv_of(copy->status.goal), TEXT_LINE);
    buf_add_char(&out, '\n');
    os_write_all(STDOUT_FILENO, buf_sv(&out), "standard output", NULL);
}

static void say_kept(const struct copy *copy)
{
    AUTO(buf_done) struct buf line = BUF_NONE;

    if (copy->status.done_bytes == 0 || copy->status.phase == TRANSFER_CHECKING)
        return;
    if (copy->status.is_folder) {
        complain_line("what has come over is kept: the same command goes on behind it");
        return;
    }
    progress_bytes(copy->status.done_bytes, &line);
    buf_add_cstr(&line, " are kept in the .part: the same command goes on there");
    complain_line(buf_cstr(&line));
}

static int end(struct copy *copy, const struct node_place *place)
{
    const struct transfer_status *status = &copy->status;
    int interrupted;

    say_items(copy);
    end_line(copy);
    if (status->phase == TRANSFER_OVER && status->err.code == OK) {
        say_result(copy);
        return 0;
    }
    bool is_interrupted = node_program_is_interrupted(&interrupted);
    if (!is_interrupted)
        interrupted = node_program_fail(place, &status->err);
    say_kept(copy);
    return interrupted;
}

static void fill_request(const struct node_place *place, const struct options *options,
                         struct transfer_request *request)
{
    bool is_put = strcmp(options->subcommand->name, "put") == 0;

    *request = (struct transfer_request){.target = place->target,
                                         .node = place->id,
                                         .document = options->document,
                                         .reason = options->reason,
                                         .port = options->port,
                                         .is_put = is_put,
                                         .is_recursive = options->recursive,
                                         .remote = options->args[is_put ? 2 : 1],
                                         .local = options->args[is_put ? 1 : 2],
                                         .user = options->user,
                                         .key = options->identity,
                                         .accepts_new = options->accept_new};
}

int copy_run(const struct node_place *place, const struct options *options)
{
    struct copy copy = {.options = options, .shows_progress = isatty(STDERR_FILENO)};
    const struct transfer_handlers handlers = {on_status, on_question, &copy};
    struct transfer_request request;
    struct scope *scope = scope_new(NULL, options->subcommand->name);

    copy.tty = isatty(STDIN_FILENO) ? open("/dev/tty", O_RDWR | O_CLOEXEC) : -1;
    fill_request(place, options, &request);
    copy.transfer = transfer_open(place->client, scope, &request, &handlers);
    while (copy.status.phase != TRANSFER_OVER && signals_end() == 0)
        turn(&copy);
    end_asking(&copy);
    int status = end(&copy, place);
    transfer_close(copy.transfer);
    scope_close(scope);
    scope_unref(scope);
    if (copy.tty >= 0)
        close(copy.tty);
    return status;
}
