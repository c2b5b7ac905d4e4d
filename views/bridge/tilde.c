#include "views/bridge/tilde.h"

static bool ends_line(char c)
{
    return c == '\r' || c == '\n';
}

/* What is for us, and what of it is typed all the same. */
static enum tilde_wish take_held(struct tilde *tilde, char c, struct buf *out)
{
    tilde->is_held = false;
    tilde->is_within_line = !ends_line(c) && c != '?';
    if (c == '.')
        return TILDE_LEAVE;
    if (c == '?')
        return TILDE_HELP;
    buf_add_char(out, '~');
    if (c != '~')
        buf_add_char(out, c);
    return TILDE_NONE;
}

enum tilde_wish tilde_take(struct tilde *tilde, char c, struct buf *out)
{
    if (tilde->is_held)
        return take_held(tilde, c, out);
    if (!tilde->is_within_line && c == '~') {
        tilde->is_held = true;
        return TILDE_NONE;
    }
    buf_add_char(out, c);
    tilde->is_within_line = !ends_line(c);
    return TILDE_NONE;
}
