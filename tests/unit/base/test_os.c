#include "tests/unit/unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/os.h"

/* Each test works in a folder of its own, below TMPDIR. */
static char folder[256];

static const char *path_of(const char *name)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static int enter_folder(void **state)
{
    const char *tmp = getenv("TMPDIR");

    (void)state;
    snprintf(folder, sizeof folder, "%s/wd-test-os-XXXXXX", tmp != NULL ? tmp : "/tmp");
    return mkdtemp(folder) == NULL;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static int leave_folder(void **state)
{
    (void)state;
    return nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static void put_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static size_t count_entries(void)
{
    size_t count = 0;
    DIR *entries = opendir(folder);

    while (readdir(entries) != NULL)
        count++;
    closedir(entries);
    return count - 2; /* . and .. */
}

static void random_differs(void **state)
{
    char a[OS_UUID_SIZE], b[OS_UUID_SIZE];
    unsigned char bytes[4096] = {0};
    size_t n_zero = 0;

    (void)state;
    os_random(bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++)
        n_zero += bytes[i] == 0;
    assert_true(n_zero < 100);
    os_uuid4(a);
    os_uuid4(b);
    assert_string_not_equal(a, b);
    assert_int_equal(strlen(a), 36);
    assert_int_equal(a[14], '4');
    assert_non_null(strchr("89ab", a[19]));
    assert_int_equal(strspn(a, "0123456789abcdef-"), 36);
}

static void xdg_folders(void **state)
{
    char path[100], small[10];

    (void)state;
    setenv("HOME", "/home/x", 1);
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("XDG_STATE_HOME");
    unsetenv("XDG_RUNTIME_DIR");
    os_xdg_dir("config", path, sizeof path);
    assert_string_equal(path, "/home/x/.config/watchdeck");
    os_xdg_dir("state", path, sizeof path);
    assert_string_equal(path, "/home/x/.local/state/watchdeck");
    os_xdg_dir("runtime", path, sizeof path);
    assert_string_equal(path, "");
    os_xdg_dir("config", small, sizeof small);
    assert_string_equal(small, "");
    setenv("XDG_CONFIG_HOME", "/etc/x", 1);
    os_xdg_dir("config", path, sizeof path);
    assert_string_equal(path, "/etc/x/watchdeck");
    setenv("XDG_CONFIG_HOME", "relative", 1); /* to be ignored, says the specification */
    os_xdg_dir("config", path, sizeof path);
    assert_string_equal(path, "/home/x/.config/watchdeck");
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("HOME");
    os_xdg_dir("config", path, sizeof path);
    assert_string_equal(path, "");
    setenv("HOME", "", 1);
    os_xdg_dir("cache", path, sizeof path);
    assert_string_equal(path, "");
}

static void private_dir_is_made_and_tightened(void **state)
{
    struct stat st;
    struct err err;

    (void)state;
    assert_int_equal(os_private_dir(path_of("a/b/c"), &err), OK);
    assert_int_equal(os_private_dir(path_of("a/b/c"), &err), OK);
    assert_int_equal(stat(path_of("a/b/c"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_int_equal(chmod(path_of("a/b/c"), 0755), 0);
    assert_int_equal(os_private_dir(path_of("a/b/c"), &err), OK);
    assert_int_equal(stat(path_of("a/b/c"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
}

static void private_dir_refuses_what_is_not_ours(void **state)
{
    struct err err;
    char target[512];

    (void)state;
    snprintf(target, sizeof target, "%s", path_of("target"));
    assert_int_equal(mkdir(target, 0700), 0);
    assert_int_equal(symlink(target, path_of("link")), 0);
    assert_int_equal(os_private_dir(path_of("link"), &err), ERR_IO);
    put_file(path_of("file"), "");
    assert_int_equal(os_private_dir(path_of("file"), &err), ERR_IO);
    assert_int_not_equal(os_private_dir(path_of("file/below"), &err), OK);
    assert_int_equal(os_private_dir("", &err), ERR_IO);
    if (geteuid() == 0) {
        assert_int_equal(mkdir(path_of("theirs"), 0700), 0);
        assert_int_equal(chown(path_of("theirs"), 65534, 65534), 0);
        assert_int_equal(os_private_dir(path_of("theirs"), &err), ERR_IO);
    }
}

static void reads_regular_files_alone(void **state)
{
    AUTO(buf_done) struct buf out = BUF_NONE;
    struct err err;
    char target[512];

    (void)state;
    put_file(path_of("file"), "12345");
    assert_int_equal(os_read_file(path_of("file"), 5, &out, &err), OK);
    assert_string_equal(buf_cstr(&out), "12345");
    buf_clear(&out);
    assert_int_equal(os_read_file(path_of("file"), 4, &out, &err), ERR_TOO_BIG);
    assert_int_equal(os_read_file(path_of("absent"), 5, &out, &err), ERR_NOT_FOUND);
    assert_int_equal(os_read_file(folder, 5, &out, &err), ERR_IO);
    assert_int_equal(os_read_file("/dev/null", 5, &out, &err), ERR_IO);
    assert_int_equal(os_read_file("/dev/zero", 5, &out, &err), ERR_IO);
    assert_int_equal(mkfifo(path_of("fifo"), 0600), 0);
    assert_int_equal(os_read_file(path_of("fifo"), 5, &out, &err), ERR_IO); /* and does not wait */
    assert_int_equal(os_read_file("", 5, &out, &err), ERR_NOT_FOUND);

    buf_clear(&out);
    snprintf(target, sizeof target, "%s", path_of("file"));
    assert_int_equal(symlink(target, path_of("link")), 0);
    assert_int_equal(os_read_file(path_of("link"), 5, &out, &err), OK);
    assert_string_equal(buf_cstr(&out), "12345");
    AUTO(buf_done) struct buf capped = BUF_CAPPED(3);
    assert_int_equal(os_read_file(path_of("file"), 5, &capped, &err), ERR_TOO_BIG);
}

static void new_files_take_no_others_place(void **state)
{
    struct err err;
    struct stat st;

    (void)state;
    assert_int_equal(os_write_new(path_of("new"), SV("one"), 0600, &err), OK);
    assert_int_equal(stat(path_of("new"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(os_write_new(path_of("new"), SV("two"), 0600, &err), ERR_EXISTS);
    assert_int_equal(st.st_size, 3);
    assert_int_equal(symlink("/nowhere/at-all", path_of("link")), 0);
    assert_int_equal(os_write_new(path_of("link"), SV("two"), 0600, &err), ERR_EXISTS);
    assert_int_equal(os_replace(path_of("link"), SV("two"), 0600, &err), ERR_EXISTS);
    assert_int_equal(os_replace(path_of("new"), SV("three"), 0600, &err), OK);
    assert_int_equal(stat(path_of("new"), &st), 0);
    assert_int_equal(st.st_size, 5);
    assert_int_equal(os_replace(path_of("none"), SV("two"), 0600, &err), ERR_NOT_FOUND);
}

static void atomic_write_replaces_the_whole(void **state)
{
    AUTO(buf_done) struct buf out = BUF_NONE;
    struct err err;
    struct stat st;

    (void)state;
    assert_int_equal(os_write_atomically(path_of("f"), SV("first version"), 0600, &err), OK);
    assert_int_equal(os_write_atomically(path_of("f"), SV("second"), 0640, &err), OK);
    assert_int_equal(os_read_file(path_of("f"), 100, &out, &err), OK);
    assert_string_equal(buf_cstr(&out), "second");
    assert_int_equal(stat(path_of("f"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    assert_int_equal(count_entries(), 1);
    assert_int_equal(os_write_atomically(path_of("empty"), SV_NONE, 0600, &err), OK);
    assert_int_equal(stat(path_of("empty"), &st), 0);
    assert_int_equal(st.st_size, 0);
}

static void atomic_write_replaces_a_link_itself(void **state)
{
    AUTO(buf_done) struct buf out = BUF_NONE;
    struct err err;
    struct stat st;
    char target[512];

    (void)state;
    snprintf(target, sizeof target, "%s", path_of("target"));
    put_file(target, "untouched");
    assert_int_equal(symlink(target, path_of("link")), 0);
    assert_int_equal(os_write_atomically(path_of("link"), SV("new"), 0600, &err), OK);
    assert_int_equal(lstat(path_of("link"), &st), 0);
    assert_true(S_ISREG(st.st_mode));
    assert_int_equal(os_read_file(target, 100, &out, &err), OK);
    assert_string_equal(buf_cstr(&out), "untouched");
}

/* What fails leaves the old text and no temporary file. */
static void atomic_write_fails_without_trace(void **state)
{
    AUTO(buf_done) struct buf out = BUF_NONE;
    struct err err;
    struct rlimit before, small = {4, 4};
    char big[4096];

    (void)state;
    assert_int_equal(os_write_atomically(path_of("no/such/f"), SV("x"), 0600, &err), ERR_NOT_FOUND);
    assert_int_equal(mkdir(path_of("dir"), 0700), 0);
    put_file(path_of("dir/entry"), "");
    assert_int_equal(os_write_atomically(path_of("dir"), SV("x"), 0600, &err), ERR_IO);
    assert_int_equal(count_entries(), 1);

    put_file(path_of("f"), "old");
    memset(big, 'x', sizeof big);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    small.rlim_max = before.rlim_max;
    setrlimit(RLIMIT_FSIZE, &small);
    enum err_code code =
        os_write_atomically(path_of("f"), (struct sv){big, sizeof big}, 0600, &err);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(code, ERR_TOO_BIG);
    assert_int_equal(os_read_file(path_of("f"), 100, &out, &err), OK);
    assert_string_equal(buf_cstr(&out), "old");
    assert_int_equal(count_entries(), 2);
}

static void private_open_refuses_what_is_no_file_of_ours(void **state)
{
    struct err err;
    struct stat st;
    char target[512];

    (void)state;
    int fd = os_open_private(path_of("new"), O_RDWR | O_CREAT, 0600, &err);
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    close(fd);

    snprintf(target, sizeof target, "%s", path_of("new"));
    assert_int_equal(symlink(target, path_of("link")), 0);
    assert_int_equal(os_open_private(path_of("link"), O_RDWR, 0, &err), -1);
    assert_int_equal(err.code, ERR_IO);
    assert_int_equal(symlink("nowhere", path_of("dangling")), 0);
    assert_int_equal(os_open_private(path_of("dangling"), O_RDWR | O_CREAT, 0600, &err), -1);
    assert_int_equal(os_open_private(path_of("absent"), O_RDWR, 0, &err), -1);
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_int_equal(mkfifo(path_of("fifo"), 0600), 0);
    assert_int_equal(os_open_private(path_of("fifo"), O_RDWR, 0, &err), -1);
    assert_int_equal(os_open_private(path_of("fifo"), O_WRONLY, 0, &err), -1); /* without waiting */
    assert_int_equal(os_open_private("/dev/null", O_RDWR, 0, &err), -1);
    assert_int_equal(os_open_private(folder, O_RDONLY, 0, &err), -1);
    assert_int_equal(os_open_private(folder, O_RDWR, 0, NULL), -1);
    if (geteuid() == 0) {
        assert_int_equal(chown(path_of("new"), 65534, 65534), 0);
        assert_int_equal(os_open_private(path_of("new"), O_RDWR, 0, &err), -1);
    }
}

static bool is_readable(int fd)
{
    struct pollfd event = {.fd = fd, .events = POLLIN};
    return poll(&event, 1, 0) == 1;
}

static void events_are_seen_once(void **state)
{
    int fd = os_event_new();

    (void)state;
    assert_false(is_readable(fd));
    errno = 7;
    os_event_signal(fd);
    os_event_signal(fd);
    assert_int_equal(errno, 7);
    assert_true(is_readable(fd));
    os_event_clear(fd);
    assert_false(is_readable(fd));
    os_event_clear(fd);
    close(fd);
}

static void figures_are_there(void **state)
{
    (void)state;
    assert_true(os_rss_kib() > 100);
    assert_true(os_cpu_s() > 0);
}

static void descriptors_are_counted(void **state)
{
    int status;

    (void)state;
    pid_t child = fork();
    if (child == 0) {
        setrlimit(RLIMIT_NOFILE, &(struct rlimit){20, 20});
        _exit(os_spare_descriptors(14) == 6 && os_spare_descriptors(30) == 1 ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* In a child: it cannot be taken back. */
static void hardening_holds(void **state)
{
    int status;

    (void)state;
    pid_t child = fork();
    if (child == 0) {
        struct rlimit core;
        os_harden_process();
        getrlimit(RLIMIT_CORE, &core);
        bool ok = core.rlim_max == 0 && umask(0) == 077 && signal(SIGPIPE, SIG_DFL) == SIG_IGN;
        _exit(ok ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* In a child whose standard descriptors are closed: which number a file gets, and what becomes of
 * what is printed and read. */
static int closed_child(void)
{
    char byte = 'x';

    close(STDIN_FILENO);
    close(STDOUT_FILENO);
    close(STDERR_FILENO);
    os_harden_process();
    if (open("/dev/null", O_RDWR) <= STDERR_FILENO)
        return 1;
    if (write(STDOUT_FILENO, &byte, 1) != -1 || errno != EBADF)
        return 2;
    if (write(STDERR_FILENO, &byte, 1) != -1 || errno != EBADF)
        return 3;
    return read(STDIN_FILENO, &byte, 1) == -1 && errno == EBADF ? 0 : 4;
}

/* Otherwise the next file or connection would be "standard output". */
static void closed_descriptors_are_not_given_away(void **state)
{
    int status;

    (void)state;
    pid_t child = fork();
    if (child == 0)
        _exit(closed_child());
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

#define in_folder(test) cmocka_unit_test_setup_teardown(test, enter_folder, leave_folder)

/* The store is filled anew when it is used up, and what was given is not given again. */
static void many_random_bytes_are_never_the_same(void **state)
{
    static uint8_t given[1000][16], large[5000];
    static const uint8_t none[16];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(given); i++) {
        os_random_many(given[i], sizeof given[i]);
        assert_memory_not_equal(given[i], none, sizeof none);
        for (size_t k = i > 300 ? i - 300 : 0; k < i; k++)
            assert_memory_not_equal(given[i], given[k], sizeof given[i]);
    }
    os_random_many(large, sizeof large);
    assert_memory_not_equal(large, large + 16, 16);
    assert_memory_not_equal(large + sizeof large - 16, none, sizeof none);
}

static void note_fault(int signo)
{
    _exit(signo == SIGSEGV ? 42 : 1);
}

static void *have_fault(void *arg)
{
    raise(SIGTERM); /* is not the thread's business */
    raise(SIGSEGV);
    return arg;
}

/* Whoever restores the terminal after a crash hears of those of every thread. */
static void a_thread_hears_of_its_own_faults(void **state)
{
    pthread_t thread;
    int status;

    (void)state;
    pid_t child = fork();
    if (child == 0) {
        signal(SIGSEGV, note_fault);
        signal(SIGTERM, note_fault);
        if (os_thread_start(&thread, 0, have_fault, NULL))
            pthread_join(thread, NULL);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 42);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thread_hears_of_its_own_faults),
        cmocka_unit_test(many_random_bytes_are_never_the_same),
        cmocka_unit_test(random_differs),
        cmocka_unit_test(xdg_folders),
        in_folder(private_dir_is_made_and_tightened),
        in_folder(private_dir_refuses_what_is_not_ours),
        in_folder(reads_regular_files_alone),
        in_folder(atomic_write_replaces_the_whole),
        in_folder(atomic_write_replaces_a_link_itself),
        in_folder(atomic_write_fails_without_trace),
        in_folder(private_open_refuses_what_is_no_file_of_ours),
        in_folder(new_files_take_no_others_place),
        cmocka_unit_test(events_are_seen_once),
        cmocka_unit_test(figures_are_there),
        cmocka_unit_test(descriptors_are_counted),
        cmocka_unit_test(hardening_holds),
        cmocka_unit_test(closed_descriptors_are_not_given_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
