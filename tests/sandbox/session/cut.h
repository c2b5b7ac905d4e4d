/* cut: what has been dealt with goes from the front of a buffer. */
#ifndef SANDBOX_SESSION_CUT_H
#define SANDBOX_SESSION_CUT_H

#include <string.h>

#include "core/base/str.h"

/* Cuts the first n bytes off. */
static inline void buf_cut(struct buf *buf, size_t n)
{
    if (n == 0)
        return;
    memmove(buf->ptr, buf->ptr + n, buf->len - n);
    buf->len -= n;
}

#endif
