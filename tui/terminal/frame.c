#include "tui/terminal/frame.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/mem.h"

bool frame_open(struct frame *frame)
{
    int fd = memfd_create("frame", MFD_CLOEXEC);

    *frame = (struct frame){0};
    if (fd < 0)
        return false;
    frame->stream = fdopen(fd, "w");
    if (frame->stream == NULL)
        close(fd);
    return frame->stream != NULL;
}

void frame_close(struct frame *frame)
{
    if (frame->stream != NULL)
        fclose(frame->stream);
    mem_free(frame->bytes);
    *frame = (struct frame){0};
}

void frame_write(int terminal, struct sv bytes)
{
    while (bytes.len != 0) {
        ssize_t n = write(terminal, bytes.ptr, bytes.len);
        if (n > 0)
            bytes = (struct sv){bytes.ptr + n, bytes.len - (size_t)n};
        else if (n == 0 || errno != EINTR)
            return;
    }
}

void frame_send(struct frame *frame, int terminal)
{
    int fd = fileno(frame->stream);
    off_t len = lseek(fd, 0, SEEK_CUR);

    if (len <= 0)
        return;
    if ((size_t)len > frame->size) {
        frame->size = (size_t)len * 2;
        frame->bytes = mem_resize(frame->bytes, frame->size);
    }
    ssize_t n = pread(fd, frame->bytes, (size_t)len, 0);
    lseek(fd, 0, SEEK_SET);
    if (n > 0)
        frame_write(terminal, (struct sv){frame->bytes, (size_t)n});
}
