/*
 * Every tests/screens/NAME.script is played against the demo organization; its snaps must be equal
 * to NAME.golden, and its `wait` lines, the assertions beside the pictures, must come true. UUIDs
 * and digests differ from run to run: they are compared as x's.
 *
 * The first line of a script may be `# options: ...`: more options for watchdeck. Lines `# as NAME`
 * make acts of it: each is played by that principal, at a console of its own, in one organization
 * that goes on from act to act; what stands behind NAME are options of that act. A script that has
 * no need of the usual first screen names its own, which spares reading all of the organization. A
 * golden file is written anew with WATCHDECK_GOLDEN=rewrite, which is refused where CI is set.
 */
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/os.h"
#include "core/base/str.h"
#include "tests/unit/screens/helper_scripts.h"
#include "tests/unit/screens/helper_world.h"
#include "tests/unit/unit.h"
#include "views/console/demo.h"

#define SCRIPTS_MAX  64
#define OPTIONS_MAX  32
#define OPTIONS      "# options:"
#define ACT          "# as "
#define OUTPUT_BYTES ((size_t)8 << 20)
#define NOW          WORLD_NOW

/* What the `# options:` line of a script says; "" without one. */
static void find_options(struct sv script, char *words, size_t size)
{
    struct sv line = sv_split(&script, '\n');

    words[0] = '\0';
    if (sv_starts(line, SV(OPTIONS)))
        sv_copy((struct sv){line.ptr + strlen(OPTIONS), line.len - strlen(OPTIONS)}, words, size);
}

/* The script as a file, until the next one: where a machine is busy, a wait takes longer than a
 * user would put up with. */
static const char *patient(struct sv script)
{
    AUTO(buf_done) struct buf text = BUF_NONE;

    buf_add(&text, SV("patience 60\n"));
    buf_add(&text, script);
    return file_of("played.script", buf_sv(&text));
}

/* Plays the script; what it prints goes to out, and stderr to stderr. Returns the exit status. */
static int play(struct sv script, char *options, struct buf *out)
{
    char *argv[OPTIONS_MAX] = {"watchdeck", "--demo", "--script", (char *)patient(script), "--size",
                               "120x40",    "--now",  NOW,        "--dump-screen"};
    int fds[2], status = -1;
    char bytes[65536];
    ssize_t n;
    pid_t pid;

    for (size_t i = 9; i < OPTIONS_MAX - 1 && options;) {
        char *word = strsep(&options, " ");
        if (word[0] != '\0')
            argv[i++] = word;
    }
    assert_int_equal(pipe(fds), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        dup2(fds[1], STDOUT_FILENO);
        close(fds[0]);
        close(fds[1]);
        setenv("LC_ALL", "C.UTF-8", 1);
        unsetenv("TMPDIR"); /* the folder's name has that place on the screen of the settings */
        execv(BINARY_DIR "/watchdeck", argv);
        _exit(127);
    }
    close(fds[1]);
    while ((n = read(fds[0], bytes, sizeof bytes)) > 0)
        buf_add(out, (struct sv){bytes, (size_t)n});
    close(fds[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* --- several people -------------------------------------------------------------------------- */

/* The demo's organization, whose clock goes: what AWS is asked for is done by itself. */
#define ACTS_CLOCK "25"

/* One person's part, with a journal and a trail of that person. */
static int play_act(const struct world *world, const char *who, struct sv act, const char *options,
                    struct sv own_options, struct buf *out)
{
    AUTO(outcome_done) struct outcome outcome = {0};
    char state[DIR_PATH_SIZE];

    dir_path(world->dir, who, state);
    world_run(world, who, &outcome,
              "--state-dir %s --script %s --size 120x40 --dump-screen %s " SV_FMT, state,
              patient(act), options, SV_ARG(own_options));
    buf_add(out, buf_sv(&outcome.out));
    if (outcome.status != 0)
        print_message("%s: %s", who, buf_cstr(&outcome.err));
    return outcome.status;
}

/* Plays what stands behind each `# as NAME`, one after the other, until one goes wrong. */
static int play_acts(struct sv script, const char *options, struct buf *out)
{
    AUTO_FREE char *home = mem_strdup(getenv("HOME") != NULL ? getenv("HOME") : "/");
    struct world world;
    int status = 0;

    world_start_by(&world, DEMO_WORLD, ACTS_CLOCK);
    for (const char *at = strstr(script.ptr, ACT); at != NULL && status == 0;) {
        const char *next = strstr(at + 1, ACT);
        struct sv act = next != NULL ? (struct sv){at, (size_t)(next - at)} : sv_of(at);
        struct sv line = sv_split(&act, '\n');
        struct sv words = {line.ptr + strlen(ACT), line.len - strlen(ACT)};
        AUTO_FREE char *who = sv_dup(sv_split(&words, ' '));

        status = play_act(&world, who, act, options, words, out);
        at = next;
    }
    world_stop(&world);
    setenv("HOME", home, 1);
    return status;
}

/* --- comparing ------------------------------------------------------------------------------- */

/* Whether AWS's rate was met depends on how fast the machine is, and what else the header has room
 * for depends on that. */
static bool tells_throttling(struct sv line)
{
    static const char word[] = "throttled ";
    const char *at = line.len > 0 ? memmem(line.ptr, line.len, word, sizeof word - 1) : NULL;

    return at != NULL && sv_starts(line, SV(" watchdeck ")) &&
           memchr(at, '%', (size_t)(line.ptr + line.len - at)) != NULL;
}

/* What was masked may leave blanks at the end. */
static struct sv next_line(struct sv *rest)
{
    struct sv line = sv_split(rest, '\n');

    while (line.len > 0 && line.ptr[line.len - 1] == ' ')
        line.len--;
    return line;
}

/* Line by line; the first that differs is shown, for a person to find. */
static bool is_as_wanted(struct sv wanted, struct sv got)
{
    for (int line = 1; wanted.len > 0 || got.len > 0; line++) {
        struct sv a = next_line(&wanted), b = next_line(&got);

        if (sv_eq(a, b) || tells_throttling(a) || tells_throttling(b))
            continue;
        print_message("line %d\n  golden: " SV_FMT "\n  screen: " SV_FMT "\n", line, SV_ARG(a),
                      SV_ARG(b));
        return false;
    }
    return true;
}

static bool may_rewrite(void)
{
    const char *how = getenv("WATCHDECK_GOLDEN");

    if (how == NULL || strcmp(how, "rewrite") != 0)
        return false;
    if (getenv("CI") != NULL)
        fail_msg("WATCHDECK_GOLDEN=rewrite is refused in CI");
    return true;
}

/* Runs of 32 and more of the characters of UUIDs and digests become x's. */
static void mask_digests(struct buf *text)
{
    for (size_t i = 0; i < text->len;) {
        size_t n = strspn(text->ptr + i, "0123456789abcdef-");

        if (n >= 32 && memchr(text->ptr + i, '-', n) != text->ptr + i)
            memset(text->ptr + i, 'x', n);
        i += n > 0 ? n : 1;
    }
}

/* The trail is written by the real clock, which is past the one that is displayed. */
static void mask_real_times(struct buf *text)
{
    const size_t len = strlen(NOW);

    for (size_t i = 0; i + len <= text->len; i++) {
        char *at = text->ptr + i;

        if (strspn(at, "0123456789-T:") == len - 1 && at[len - 1] == 'Z' &&
            memcmp(at, NOW, len) > 0)
            memset(at, 'x', len - 1);
    }
}

/* The countdown of an elevation is of the real clock too. */
static void mask_countdown(struct buf *text)
{
    static const char word[] = "ELEVATED ";

    for (size_t i = 0; i + sizeof word <= text->len; i++) {
        if (memcmp(text->ptr + i, word, sizeof word - 1) != 0)
            continue;
        for (i += sizeof word - 1; i < text->len && strchr("0123456789:", text->ptr[i]) != NULL;
             i++)
            text->ptr[i] = text->ptr[i] == ':' ? ':' : 'x';
    }
}

/* Ports of this machine are those that are free; all have five digits. */
static void mask_ports(struct buf *text)
{
    static const char host[] = "127.0.0.1:";

    for (char *at = text->ptr; at != NULL && (at = strstr(at, host)) != NULL;) {
        at += strlen(host);
        memset(at, 'x', strspn(at, "0123456789"));
    }
}

/* The demo's folder has a name of its own each time. */
static void mask_folder(struct buf *text)
{
    static const char name[] = "watchdeck-demo-";

    for (char *at = text->ptr; at != NULL && (at = strstr(at, name)) != NULL;) {
        at += strlen(name);
        memset(at, 'x', strcspn(at, "/ ") < 6 ? strcspn(at, "/ ") : 6);
    }
}

/* How long the help is changes with every command: that is no matter of a picture. */
static void mask_help_position(struct buf *text)
{
    struct sv rest = buf_sv(text);

    while (rest.len > 0) {
        struct sv line = sv_split(&rest, '\n');
        if (!sv_starts(line, SV(" Help ")))
            continue;
        for (size_t i = 0; i < line.len; i++) {
            if (strchr("0123456789/%", line.ptr[i]) != NULL)
                text->ptr[line.ptr + i - text->ptr] = ' ';
        }
    }
}

/* When something was tried before is told by the real clock. */
static void mask_tries(struct buf *text)
{
    AUTO(buf_done) struct buf masked = BUF_CAPPED(OUTPUT_BYTES);

    for (struct sv rest = buf_sv(text); rest.len > 0;) {
        struct sv line = sv_split(&rest, '\n');
        const char *age =
            sv_starts(line, SV(" tried before: ")) ? memchr(line.ptr, '(', line.len) : NULL;
        if (age != NULL)
            line.len = (size_t)(age - line.ptr);
        buf_add(&masked, line);
        buf_add(&masked, SV("\n"));
    }
    buf_clear(text);
    buf_add(text, buf_sv(&masked));
}

static void test_script(void **state)
{
    const char *script = *state;
    AUTO(buf_done) struct buf screens = BUF_CAPPED(OUTPUT_BYTES);
    AUTO(buf_done) struct buf golden = BUF_CAPPED(OUTPUT_BYTES);
    AUTO(buf_done) struct buf path = BUF_NONE, text = BUF_NONE;
    char options[512];

    assert_int_equal(os_read_file(script, OUTPUT_BYTES, &text, NULL), OK);
    find_options(buf_sv(&text), options, sizeof options);
    bool has_acts = strstr(buf_cstr(&text), ACT) != NULL;
    int status = has_acts ? play_acts(buf_sv(&text), options, &screens)
                          : play(buf_sv(&text), options, &screens);

    if (status != 0 && screens.len > 0)
        fwrite(screens.ptr, 1, screens.len,
               stderr); /* the last of them is what was there in vain */
    assert_int_equal(status, 0);
    assert_true(screens.len > 0);
    mask_digests(&screens);
    mask_real_times(&screens);
    mask_countdown(&screens);
    mask_ports(&screens);
    mask_folder(&screens);
    mask_help_position(&screens);
    mask_tries(&screens);
    buf_addf(&path, "%.*s.golden", (int)(strlen(script) - strlen(".script")), script);
    if (may_rewrite())
        assert_int_equal(os_write_atomically(buf_cstr(&path), buf_sv(&screens), 0644, NULL), OK);
    assert_int_equal(os_read_file(buf_cstr(&path), OUTPUT_BYTES, &golden, NULL), OK);
    assert_true(is_as_wanted(buf_sv(&golden), buf_sv(&screens)));
}

int scripts_run(const char *names, const char *word)
{
    static struct CMUnitTest tests[SCRIPTS_MAX];
    AUTO(buf_done) struct buf pattern = BUF_NONE;
    glob_t scripts;
    size_t n = 0;

    buf_addf(&pattern, SOURCE_DIR "/tests/screens/%s.script", names);
    if (glob(buf_cstr(&pattern), 0, NULL, &scripts) != 0)
        return 1;
    if (chdir(SOURCE_DIR "/tests/screens") != 0) /* files that options name lie there */
        return 1;
    for (size_t i = 0; i < scripts.gl_pathc && n < SCRIPTS_MAX; i++) {
        const char *name = strrchr(scripts.gl_pathv[i], '/') + 1;

        if (word == NULL || strstr(name, word) != NULL)
            tests[n++] = (struct CMUnitTest){
                .name = name, .test_func = test_script, .initial_state = scripts.gl_pathv[i]};
    }
    int failed = _cmocka_run_group_tests("scripts", tests, n, NULL, NULL);
    globfree(&scripts);
    return failed;
}
