/*
 * pane_bench: the terminal of a shell, without a node and without a terminal: how many bytes a
 * second it takes in, drawn 60 times a second; what a key costs from its echo to the canvas; what
 * ten of them with full histories take. Prints one `NAME VALUE UNIT` a line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tui/widget/pane.h"

#define ROWS          60
#define COLS          200
#define HISTORY_LINES 10000
#define FEED_BYTES    65536
#define TOTAL_BYTES   (50 << 20)
#define KEYS          2000
#define PANES         10
#define FRAME_US      16667

static void drop(void *arg, struct sv bytes)
{
    (void)arg, (void)bytes;
}

static struct vt *make(void)
{
    return vt_new(&(struct vt_options){
        .rows = ROWS, .cols = COLS, .history_lines = HISTORY_LINES, .send = drop});
}

/* Lines as a log has them, of some 90 bytes; coloured ones as `ls` and `grep` write. */
static void fill(struct buf *out, bool coloured)
{
    for (int i = 0; out->len < FEED_BYTES; i++) {
        if (coloured)
            buf_addf(out,
                     "\033[01;34mfolder%d\033[0m \033[32m%d\033[m  \xe4\xb8\xad caf\xc3\xa9 "
                     "\033[38;5;%dmtext\033[0m\r\n",
                     i, i * 7, i % 256);
        else
            buf_addf(out,
                     "Nov 28 15:%02d:%02d node-%d service[%d]: request %d took %d ms, "
                     "status 200, from 10.0.%d.%d\r\n",
                     i % 60, i % 60, i, i * 3, i, i % 900, i % 256, i % 251);
    }
}

static void measure_feed(const char *name, bool coloured)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    struct vt *vt = make();
    struct canvas_grid *grid = canvas_grid_new(ROWS, COLS);
    struct canvas canvas = canvas_of(grid);
    struct pane pane;
    int64_t began_us = clock_mono_us(), drawn_us = began_us;

    fill(&text, coloured);
    pane_init(&pane, vt);
    for (size_t done = 0; done < TOTAL_BYTES; done += text.len) {
        vt_feed(vt, buf_sv(&text));
        if (clock_mono_us() - drawn_us < FRAME_US)
            continue;
        pane_draw(&pane, &canvas, true);
        drawn_us = clock_mono_us();
    }
    double seconds = (double)(clock_mono_us() - began_us) / 1e6;
    printf("feed-%s %.1f MB/s\n", name, TOTAL_BYTES / 1e6 / seconds);
    pane_done(&pane);
    canvas_grid_free(grid);
    vt_free(vt);
}

static int by_value(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

    return (left > right) - (left < right);
}

static void measure_echo(void)
{
    static int64_t times_us[KEYS];
    struct vt *vt = make();
    struct canvas_grid *grid = canvas_grid_new(ROWS, COLS);
    struct canvas canvas = canvas_of(grid);
    struct pane pane;

    pane_init(&pane, vt);
    for (int i = 0; i < KEYS; i++) {
        int64_t began_us = clock_mono_us();
        vt_key(vt, (struct key){'x', 0});
        vt_feed(vt, SV("x"));
        pane_draw(&pane, &canvas, true);
        times_us[i] = clock_mono_us() - began_us;
    }
    qsort(times_us, KEYS, sizeof times_us[0], by_value);
    printf("echo-median %lld us\necho-p99 %lld us\n", (long long)times_us[KEYS / 2],
           (long long)times_us[KEYS * 99 / 100]);
    pane_done(&pane);
    canvas_grid_free(grid);
    vt_free(vt);
}

static long resident_kib(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");

    if (file != NULL) {
        if (fscanf(file, "%*d %ld", &pages) != 1)
            pages = 0;
        fclose(file);
    }
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void measure_memory(void)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    struct vt *panes[PANES];
    long before_kib = resident_kib();

    fill(&text, false);
    for (int i = 0; i < PANES; i++) {
        panes[i] = make();
        while (vt_top_line(panes[i]) - vt_first_line(panes[i]) < HISTORY_LINES)
            vt_feed(panes[i], buf_sv(&text));
    }
    printf("ten-panes %.1f MiB\n", (double)(resident_kib() - before_kib) / 1024);
    for (int i = 0; i < PANES; i++)
        vt_free(panes[i]);
}

int main(void)
{
    measure_memory();
    measure_feed("plain", false);
    measure_feed("coloured", true);
    measure_echo();
    return 0;
}
