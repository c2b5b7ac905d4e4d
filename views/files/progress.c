#include "views/files/progress.h"

#include "core/base/clock.h"
#include "core/base/mem.h"

#define RATE_AFTER_MS 500 /* a shorter time gives no rate */

void progress_bytes(uint64_t bytes, struct buf *out)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
    double value = (double)bytes;
    size_t unit = 0;

    while (value >= 1000 && unit + 1 < ARRAY_LEN(units)) {
        value /= 1000;
        unit++;
    }
    buf_addf(out, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
}

uint64_t progress_rate(const struct transfer_status *status, int64_t now_ms)
{
    int64_t ms = now_ms - status->began_ms;

    if (status->began_ms == 0 || ms < RATE_AFTER_MS)
        return 0;
    return (status->done_bytes - status->resumed_bytes) * 1000 / (uint64_t)ms;
}

static void add_copying(const struct transfer_status *status, int64_t now_ms, struct buf *out)
{
    uint64_t per_s = progress_rate(status, now_ms), total = status->total_bytes;
    uint64_t left = total > status->done_bytes ? total - status->done_bytes : 0;
    char time[CLOCK_AGE_SIZE];

    if (status->is_folder)
        buf_addf(out, "%u files  ", status->n_files);
    progress_bytes(status->done_bytes, out);
    if (total > 0) {
        buf_add_cstr(out, " of ");
        progress_bytes(total, out);
        buf_addf(out, "  %d%%", (int)((double)status->done_bytes * 100 / (double)total));
    }
    if (per_s > 0) {
        buf_add_cstr(out, "  ");
        progress_bytes(per_s, out);
        buf_add_cstr(out, "/s");
    }
    if (per_s > 0 && left > 0) {
        clock_left((int64_t)(left * 1000 / per_s), time);
        buf_addf(out, "  %s left", time);
    }
}

void progress_line(const struct transfer_status *status, int64_t now_ms, struct buf *out)
{
    enum channel_state state = status->channel.state;

    if (status->phase == TRANSFER_COPYING)
        add_copying(status, now_ms, out);
    else
        buf_add_cstr(out, transfer_phase_name(status->phase));
    if (status->phase != TRANSFER_OVER && (state == CHANNEL_WAITING || state == CHANNEL_RESUMING))
        buf_addf(out, "  (%s)", channel_state_name(state));
}

void progress_result(const struct transfer_status *status, struct buf *out)
{
    uint64_t per_s = progress_rate(status, status->ended_ms);
    char time[CLOCK_AGE_SIZE];

    if (status->is_folder)
        buf_addf(out, "%u file%s, ", status->n_files, status->n_files == 1 ? "" : "s");
    progress_bytes(status->done_bytes, out);
    clock_left(status->ended_ms - status->began_ms, time);
    buf_addf(out, " in %s", time);
    if (per_s > 0) {
        buf_add_cstr(out, " (");
        progress_bytes(per_s, out);
        buf_add_cstr(out, "/s)");
    }
    if (status->resumed_bytes > 0) {
        buf_add_cstr(out, ", ");
        progress_bytes(status->resumed_bytes, out);
        buf_add_cstr(out, " were there");
    }
    if (status->n_kept > 0)
        buf_addf(out, ", %u %s there already", status->n_kept,
                 status->n_kept == 1 ? "was" : "were");
    if (status->n_left_out > 0)
        buf_addf(out, ", %u left out", status->n_left_out);
    buf_add_cstr(out, status->is_compared
                          ? ", the node has the same SHA-256"
                          : ", not compared: the node computed no SHA-256 for this user");
}
