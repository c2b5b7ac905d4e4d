#include "views/program/complain.h"

#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/text.h"

void complain_line(const char *line)
{
    AUTO(buf_done) struct buf out = BUF_NONE;
    ssize_t written;

    buf_add_cstr(&out, "watchdeck: ");
    text_safe(&out, sv_of(line), TEXT_LINE);
    buf_add_char(&out, '\n');
    written = write(STDERR_FILENO, buf_cstr(&out), out.len);
    (void)written; /* there is nobody left to tell */
}

void complain(const struct err *err)
{
    char line[1024];

    if (err->code == ERR_NO_READER)
        return;
    err_describe_on_line(err, line, sizeof line);
    complain_line(line);
}
