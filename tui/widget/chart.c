#include "tui/widget/chart.h"

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/text.h"

#define PROGRESS_BAR_MIN 8
#define PROGRESS_BAR_MAX 30

static const char *const levels_utf8[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
static const char *const levels_ascii[] = {"_", ".", "-", "=", "#"};

static const char *level_of(int64_t value, int64_t max)
{
    int64_t n =
        sign_is_ascii() ? (int64_t)ARRAY_LEN(levels_ascii) : (int64_t)ARRAY_LEN(levels_utf8);
    int64_t level = 0;

    if (value < 0)
        return " ";
    if (max > 0)
        level = (int64_t)((double)value / (double)max * (double)(n - 1) + 0.5);
    return sign_is_ascii() ? levels_ascii[level] : levels_utf8[level];
}

int chart_spark(const struct canvas *canvas, int y, int x, int width, const int64_t *values,
                size_t n_values, style_t style)
{
    size_t shown = n_values < (size_t)width ? n_values : (size_t)width;
    int64_t max = 0;

    if (width <= 0)
        return 0;
    values += n_values - shown;
    for (size_t i = 0; i < shown; i++)
        max = values[i] > max ? values[i] : max;
    for (size_t i = 0; i < shown; i++)
        canvas_text(canvas, y, x + (int)i, 1, sv_of(level_of(values[i], max)), style, CUT_SILENT);
    return (int)shown;
}

void chart_bar(const struct canvas *canvas, int y, int x, int width, int64_t part, int64_t whole,
               style_t style)
{
    double share = whole > 0 ? (double)part / (double)whole : 0;
    int full = (int)(share * width + 0.5);

    full = full < 0 ? 0 : full > width ? width : full;
    if (part > 0 && full == 0 && width > 0)
        full = 1; /* something is not nothing */
    canvas_fill(canvas, (struct rect){y, x, 1, full}, SIGN_BAR_FULL, style);
    canvas_fill(canvas, (struct rect){y, x + full, 1, width - full}, SIGN_BAR_EMPTY, ROLE_DIM);
}

/* "12/s 1m left", as far as it is known. */
static void add_rate(struct buf *out, const struct progress *progress)
{
    int64_t elapsed_ms = progress->now_ms - progress->started_ms;
    char left[CLOCK_AGE_SIZE];

    if (elapsed_ms < 1000 || progress->done <= 0)
        return;
    double per_ms = (double)progress->done / (double)elapsed_ms;
    buf_addf(out, " %.*f/s", per_ms * 1000 < 10 ? 1 : 0, per_ms * 1000);
    if (progress->total <= progress->done)
        return;
    clock_age((int64_t)((double)(progress->total - progress->done) / per_ms), left);
    buf_addf(out, " %s left", left);
}

void chart_progress(const struct canvas *canvas, int y, int x, int width,
                    const struct progress *progress, style_t style)
{
    AUTO(buf_done) struct buf figures = BUF_NONE;
    bool is_known = progress->total > 0;

    if (is_known)
        buf_addf(&figures, "%lld/%lld %d%%", (long long)progress->done, (long long)progress->total,
                 (int)(progress->done * 100 / progress->total));
    else
        buf_addf(&figures, "%lld", (long long)progress->done);
    add_rate(&figures, progress);
    int figure_cols = (int)text_width(buf_sv(&figures), TEXT_LINE);
    int label_room = width - figure_cols - 1;
    if (progress->label.len != 0 && label_room > 1) {
        int used = canvas_text(canvas, y, x, label_room, progress->label, style, CUT_END);
        x += used + 1;
        width -= used + 1;
    }
    int bar = width - figure_cols - 1;
    if (is_known && bar >= PROGRESS_BAR_MIN) {
        bar = bar < PROGRESS_BAR_MAX ? bar : PROGRESS_BAR_MAX;
        chart_bar(canvas, y, x, bar, progress->done, progress->total, style);
        x += bar + 1;
        width -= bar + 1;
    }
    canvas_text(canvas, y, x, width, buf_sv(&figures), ROLE_TEXT, CUT_END);
}
