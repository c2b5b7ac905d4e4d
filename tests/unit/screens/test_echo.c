/* How soon a key is echoed in a shell's tab while many rows load behind it: not much later than
 * when nothing does. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "tests/unit/screens/helper_console.h"
#include "tests/unit/unit.h"

#define PATIENCE_MS 150000
#define WORLD       "accounts=12,regions=2,resources=20000,seed=11"
#define KEYS        25    /* of a round */
#define ROUNDS      6     /* of which one has to be good */
#define BEYOND_US   50000 /* five times what is promised */

static struct room room;
static struct sandbox sandbox;

static int open_room(void **state)
{
    static const char *const more[] = {"--world", WORLD, "--session", "prompt=0,limit=0", NULL};

    (void)state;
    room_open(&room);
    room_sanitize(&room, "detect_leaks=0:handle_segv=0:handle_abort=0");
    sandbox_start(&sandbox, &room, more);
    return 0;
}

static int close_room(void **state)
{
    (void)state;
    sandbox_stop(&sandbox);
    room_close(&room);
    return 0;
}

/* --- the shell ------------------------------------------------------------------------------- */

/* A shell of the console, in front. */
static struct harness *open_tab(void)
{
    static const char *const argv[] = {WATCHDECK, ":nodes", "--budget", "off", NULL};
    struct harness *harness = console_spawn(&room, argv, 24, 120);

    console_wait(harness, "accounts, ");
    console_wait(harness, "Online");
    console_type(harness, "/ping:=Online account:=shop-dev\r");
    assert_true(harness_wait_row(harness, 1, "account:=shop-dev", PATIENCE_MS));
    assert_true(harness_wait_gone(harness, "loading", PATIENCE_MS));
    console_type(harness, "s");
    console_wait(harness, "$");
    return harness;
}

/* Behind Enter and ~ the shell is left as it goes on; the rows begin to load; it is in front again.
 */
static void load_behind(struct harness *tab)
{
    console_type(tab, "\r~q");
    console_wait(tab, "account:=shop-dev");
    console_type(tab, ":resources\r");
    console_wait(tab, "Resources");
    console_wait(tab, "loading");
    console_type(tab, ":shells\r");
    console_wait(tab, "Enter ~");
}

static bool loads_still(struct harness *tab)
{
    AUTO(buf_done) struct buf title = BUF_NONE;

    console_type(tab, "\r~q");
    console_wait(tab, "Resources");
    harness_row(tab, 1, &title);
    return sv_contains(buf_sv(&title), SV("loading"));
}

/* --- measuring ------------------------------------------------------------------------------- */

/* Until its prompt is there: what is typed before would stand in front of it. */
static void wait_for_prompt(struct harness *harness, int round)
{
    char command[64], answer[64];

    snprintf(command, sizeof command, "printf 'r%%s' eady%d\r", round);
    snprintf(answer, sizeof answer, "ready%d$", round); /* without a line's end between them */
    console_type(harness, command);
    console_wait(harness, answer);
}

/* From a key to its place at the end of the line, which then has so many. */
static int64_t echo_us(struct harness *harness, size_t n)
{
    char line[KEYS + 1];
    int64_t from_us = clock_mono_us();

    memset(line, 'x', n);
    line[n] = '\0';
    console_type(harness, "x");
    console_wait(harness, line);
    return clock_mono_us() - from_us;
}

static int compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

    return (left > right) - (left < right);
}

/* The median of a round. */
static int64_t measure_us(struct harness *tab, int round)
{
    int64_t took_us[KEYS];

    wait_for_prompt(tab, round);
    for (size_t i = 0; i < KEYS; i++)
        took_us[i] = echo_us(tab, i + 1);
    console_type(tab, "\x15");
    assert_true(harness_wait_gone(tab, "xx", PATIENCE_MS));
    qsort(took_us, KEYS, sizeof took_us[0], compare);
    return took_us[KEYS / 2];
}

static void a_tab_echoes_while_rows_load(void **state)
{
    struct harness *tab = open_tab();
    int64_t idle_us = measure_us(tab, 0);
    bool is_good = false;

    (void)state;
    load_behind(tab);
    for (int i = 1; i <= ROUNDS && !is_good; i++) {
        int64_t beyond_us = measure_us(tab, i) - idle_us;
        bool was_loading = loads_still(tab);
        print_message("# %lld us beyond %lld idle%s\n", (long long)beyond_us, (long long)idle_us,
                      was_loading ? "" : ", but it was loaded before the end");
        is_good = was_loading && beyond_us <= BEYOND_US;
        if (is_good)
            break;
        console_type(tab, was_loading ? ":shells\r" : "r");
        if (!was_loading) {
            console_wait(tab, "loading");
            console_type(tab, ":shells\r");
        }
        console_wait(tab, "Enter ~");
    }
    assert_true(is_good);
    harness_free(tab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_tab_echoes_while_rows_load)};

    return cmocka_run_group_tests(tests, open_room, close_room);
}
