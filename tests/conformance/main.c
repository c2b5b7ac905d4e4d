/*
 * conformance DRIVER PATH: runs the cases at PATH through one of the project's doors or codecs.
 *
 * Prints a line a case, and `N passed, M failed` (`, K skipped`) at the end. Exits 1 when a case
 * failed, 2 on wrong usage. A path without a single case is a failed one: nothing was shown.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "core/base/text.h"
#include "tests/conformance/driver.h"

#define FILE_BYTES_MAX ((size_t)64 << 20)

static const struct driver {
    const char *name, *what;
    void (*run)(const char *path, struct tally *tally);
} drivers[] = {
#define DRIVER(name, what) {#name, what, driver_##name},
#include "tests/conformance/drivers.def"
#undef DRIVER
};

/* Ids and reasons quote the cases: they go through the door as well. */
static void print_case(const char *verdict, const char *id, const char *reason)
{
    AUTO(buf_done) struct buf line = BUF_NONE;

    buf_addf(&line, "%s ", verdict);
    text_safe(&line, sv_of(id), TEXT_LINE);
    if (reason[0] != '\0')
        buf_add_char(&line, ' ');
    text_safe(&line, sv_of(reason), TEXT_LINE);
    puts(buf_cstr(&line));
}

static void print_case_v(const char *verdict, const char *id, const char *fmt, va_list args)
{
    char reason[1024];

    vsnprintf(reason, sizeof reason, fmt, args);
    print_case(verdict, id, reason);
}

void case_ok(struct tally *tally, const char *id)
{
    tally->n_passed++;
    print_case("ok", id, "");
}

void case_fail(struct tally *tally, const char *id, const char *fmt, ...)
{
    va_list args;

    tally->n_failed++;
    va_start(args, fmt);
    print_case_v("FAIL", id, fmt, args);
    va_end(args);
}

void case_skip(struct tally *tally, const char *id, const char *fmt, ...)
{
    va_list args;

    tally->n_skipped++;
    va_start(args, fmt);
    print_case_v("skip", id, fmt, args);
    va_end(args);
}

bool case_read_file(struct tally *tally, const char *path, struct buf *text)
{
    struct err err;

    if (os_read_file(path, FILE_BYTES_MAX, text, &err) == OK)
        return true;
    case_fail(tally, path, "%s", err.message);
    return false;
}

/* A name is written with hyphens: file-locations. */
static void driver_name(const struct driver *driver, char name[32])
{
    sv_copy(sv_of(driver->name), name, 32);
    for (char *c = name; *c != '\0'; c++)
        *c = (char)(*c == '_' ? '-' : *c);
}

static const struct driver *find_driver(const char *wanted)
{
    char name[32];

    for (size_t i = 0; i < ARRAY_LEN(drivers); i++) {
        driver_name(&drivers[i], name);
        if (strcmp(wanted, name) == 0)
            return &drivers[i];
    }
    return NULL;
}

static int usage(void)
{
    char name[32];

    fprintf(stderr, "usage: conformance DRIVER PATH\n");
    for (size_t i = 0; i < ARRAY_LEN(drivers); i++) {
        driver_name(&drivers[i], name);
        fprintf(stderr, "  %-14s %s\n", name, drivers[i].what);
    }
    return 2;
}

int main(int argc, char **argv)
{
    const struct driver *driver = argc == 3 ? find_driver(argv[1]) : NULL;
    struct tally tally = {0};

    if (driver == NULL)
        return usage();
    driver->run(argv[2], &tally);
    if (tally.n_passed + tally.n_failed + tally.n_skipped == 0)
        case_fail(&tally, argv[2], "there is no case here");
    printf("%zu passed, %zu failed", tally.n_passed, tally.n_failed);
    if (tally.n_skipped != 0)
        printf(", %zu skipped", tally.n_skipped);
    putchar('\n');
    return tally.n_failed != 0 ? 1 : 0;
}
