#include "core/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "core/base/text.h"

/* Line number n (from 0) lies in lines[n % LOG_LINES_MAX] until a newer one takes its place. */
static struct {
    pthread_mutex_t lock;
    char *lines[LOG_LINES_MAX];
    uint64_t n_lines;
    uint64_t n_flushed;
    int fd;
} the_log = {.lock = PTHREAD_MUTEX_INITIALIZER, .fd = -1};

static char *format_line(enum log_level level, const char *component, const char *message)
{
    static const char *const levels[] = {"DEBUG", "INFO ", "WARN ", "ERROR"};
    struct buf line = BUF_NONE;
    char iso[CLOCK_ISO_SIZE];

    clock_iso8601(clock_wall_ms(), true, iso);
    buf_addf(&line, "%s %s ", iso, levels[level]);
    text_safe(&line, sv_of(component), TEXT_LINE);
    buf_add_cstr(&line, ": ");
    text_safe(&line, sv_of(message), TEXT_LINE);
    buf_add_char(&line, '\n');
    return buf_take(&line);
}

void log_line(enum log_level level, const char *component, const char *fmt, ...)
{
    char message[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    char *line = format_line(level, component, message);

    pthread_mutex_lock(&the_log.lock);
    char **slot = &the_log.lines[the_log.n_lines++ % LOG_LINES_MAX];
    char *oldest = *slot;
    *slot = line;
    pthread_mutex_unlock(&the_log.lock);
    mem_free(oldest);
}

/* Appends the lines from number first on, as far as they are still there. Under the lock. */
static void add_lines_since(struct buf *out, uint64_t first)
{
    uint64_t oldest = the_log.n_lines > LOG_LINES_MAX ? the_log.n_lines - LOG_LINES_MAX : 0;

    if (first < oldest) {
        buf_addf(out, "... %llu lines lost ...\n", (unsigned long long)(oldest - first));
        first = oldest;
    }
    for (; first < the_log.n_lines; first++)
        buf_add_cstr(out, the_log.lines[first % LOG_LINES_MAX]);
}

enum err_code log_open_file(const char *path, struct err *err)
{
    int fd = os_open_private(path, O_WRONLY | O_APPEND | O_CREAT, 0600, err);

    if (fd < 0)
        return err != NULL ? err->code : ERR_IO;
    the_log.fd = fd;
    return OK;
}

bool log_has_file(void)
{
    return the_log.fd >= 0;
}

void log_flush(void)
{
    AUTO(buf_done) struct buf fresh = BUF_NONE;

    pthread_mutex_lock(&the_log.lock);
    int fd = the_log.fd;
    if (fd >= 0) {
        add_lines_since(&fresh, the_log.n_flushed);
        the_log.n_flushed = the_log.n_lines;
    }
    pthread_mutex_unlock(&the_log.lock);

    /* A log that cannot be written must not stop the work it tells of: the ring still has it. */
    for (size_t at = 0; at < fresh.len;) {
        ssize_t put = write(fd, fresh.ptr + at, fresh.len - at);
        if (put < 0 && errno != EINTR)
            return;
        at += put > 0 ? (size_t)put : 0;
    }
}

void log_recent(struct buf *out, size_t max_lines)
{
    pthread_mutex_lock(&the_log.lock);
    uint64_t kept = the_log.n_lines < LOG_LINES_MAX ? the_log.n_lines : LOG_LINES_MAX;
    uint64_t wanted = max_lines < kept ? max_lines : kept;
    add_lines_since(out, the_log.n_lines - wanted);
    pthread_mutex_unlock(&the_log.lock);
}
