#include "tests/harness/golden.h"

#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/os.h"

#define GOLDEN_BYTES_MAX (1 << 20)

static bool rewrite(const char *path, struct sv screen, struct buf *report)
{
    struct err err = ERR_NONE;

    if (getenv("CI") != NULL) {
        buf_addf(report, "%s: golden screens are not rewritten where CI is set\n", path);
        return false;
    }
    if (os_write_atomically(path, screen, 0644, &err) == OK)
        return true;
    buf_addf(report, "%s: %s\n", path, err.message);
    return false;
}

static void add_difference(struct buf *report, int line, struct sv expected, struct sv got)
{
    buf_addf(report, "%4d - " SV_FMT "\n     + " SV_FMT "\n", line, SV_ARG(expected), SV_ARG(got));
}

bool golden_equals(const char *path, struct sv screen, struct buf *report)
{
    AUTO(buf_done) struct buf golden = BUF_NONE;
    const char *wish = getenv("WATCHDECK_GOLDEN");
    struct err err = ERR_NONE;

    if (wish != NULL && sv_eq_cstr(sv_of(wish), "rewrite"))
        return rewrite(path, screen, report);
    if (os_read_file(path, GOLDEN_BYTES_MAX, &golden, &err) != OK) {
        buf_addf(report, "%s: %s; WATCHDECK_GOLDEN=rewrite makes it\n", path, err.message);
        return false;
    }
    if (sv_eq(buf_sv(&golden), screen))
        return true;
    buf_addf(report, "%s is not what is shown:\n", path);
    struct sv expected = buf_sv(&golden);
    for (int line = 1; expected.len != 0 || screen.len != 0; line++) {
        struct sv left = sv_split(&expected, '\n'), right = sv_split(&screen, '\n');
        if (!sv_eq(left, right))
            add_difference(report, line, left, right);
    }
    return false;
}
