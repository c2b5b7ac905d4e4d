#include "views/bridge/raw_terminal.h"

#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/os.h"
#include "core/session/wire/vt_filter.h"
#include "tui/terminal/restore.h"

struct raw_terminal {
    struct restore_plan plan;
    struct vt_filter filter;
    bool is_raw;
};

void raw_terminal_size(unsigned *columns, unsigned *rows)
{
    struct winsize size;

    *columns = 80;
    *rows = 24;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0) {
        *columns = size.ws_col;
        *rows = size.ws_row;
    }
}

struct raw_terminal *raw_terminal_open(void)
{
    struct termios modes;

    if (!isatty(STDOUT_FILENO) || tcgetattr(STDIN_FILENO, &modes) != 0)
        return NULL;
    struct raw_terminal *terminal = mem_new(struct raw_terminal);
    terminal->plan.fd = STDIN_FILENO;
    terminal->plan.before = terminal->plan.during = modes;
    cfmakeraw(&terminal->plan.during);
    restore_open(STDIN_FILENO, true);
    return terminal;
}

/* What undoes everything as of now, for whoever has to do it. */
static void arm(struct raw_terminal *terminal)
{
    struct vt_filter filter = terminal->filter;
    AUTO(buf_done) struct buf bytes = BUF_NONE;

    vt_filter_reset(&filter, &bytes);
    terminal->plan.n_bytes = bytes.len < RESTORE_BYTES_MAX ? bytes.len : 0;
    for (size_t i = 0; i < terminal->plan.n_bytes; i++)
        terminal->plan.bytes[i] = bytes.ptr[i];
    restore_arm(&terminal->plan);
}

void raw_terminal_enter(struct raw_terminal *terminal)
{
    if (terminal->is_raw)
        return;
    terminal->is_raw = true;
    arm(terminal);
    tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal->plan.during);
}

void raw_terminal_filter(struct raw_terminal *terminal, struct sv bytes, struct buf *out)
{
    unsigned modes_before = terminal->filter.modes, traces_before = terminal->filter.traces;

    vt_filter_take(&terminal->filter, bytes, out);
    bool is_other =
        terminal->filter.modes != modes_before || terminal->filter.traces != traces_before;
    if (terminal->is_raw && is_other)
        arm(terminal);
}

void raw_terminal_close(struct raw_terminal *terminal)
{
    if (terminal == NULL)
        return;
    if (terminal->is_raw)
        restore_now();
    restore_disarm();
    restore_close();
    mem_free(terminal);
}
