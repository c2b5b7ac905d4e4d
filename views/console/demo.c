#include "views/console/demo.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/os.h"

#define SANDBOX "watchdeck-sandbox"

/* Beside our own executable, else by PATH. */
static void sandbox_path(char *path, size_t size)
{
    ssize_t len = readlink("/proc/self/exe", path, size - sizeof SANDBOX - 1);
    char *slash;

    if (len > 0) {
        path[len] = '\0';
        slash = strrchr(path, '/');
        if (slash != NULL) {
            sv_copy(SV(SANDBOX), slash + 1, size - (size_t)(slash + 1 - path));
            if (access(path, X_OK) == 0)
                return;
        }
    }
    sv_copy(SV(SANDBOX), path, size);
}

static void exec_sandbox(const char *world, bool frozen, int ready_write, int parent_read)
{
    char path[512], parent[16];
    int null_fd = open("/dev/null", O_RDWR);

    sandbox_path(path, sizeof path);
    dup2(null_fd, STDIN_FILENO);
    dup2(ready_write, STDOUT_FILENO);
    dup2(ready_write, STDERR_FILENO);
    fcntl(parent_read, F_SETFD, 0);
    snprintf(parent, sizeof parent, "%d", parent_read);
    setsid(); /* a ctrl-c at the terminal is the console's */
    execlp(path, SANDBOX, "--listen", "127.0.0.1:0", "--world", world, "--parent-fd", parent,
           frozen ? "--clock" : (char *)NULL, "manual", (char *)NULL);
    dprintf(STDOUT_FILENO, "cannot run %s: %s\n", path, strerror(errno));
    _exit(127);
}

/* --- the folder ------------------------------------------------------------------------------ */

#define FOLDER "watchdeck-demo-"
#define ALIVE  "alive" /* a file in it, locked as long as its demo lives */

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st, (void)kind, (void)ftw;
    return remove(path);
}

static void remove_folder(const char *path)
{
    nftw(path, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

/* The lock goes with the process, whatever ends it. */
static int open_locked(const char *path, int flags)
{
    int fd = os_open_private(path, O_RDWR | flags, 0600, NULL);

    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

/*
 * It gets its name when it is locked: one that nobody holds is always of a demo that has ended.
 * Where there are no locks it gets none, and nobody removes the folder.
 */
static void say_alive(struct demo *demo)
{
    AUTO(buf_done) struct buf path = BUF_NONE, begun = BUF_NONE;

    buf_addf(&path, "%s/" ALIVE, demo->state_dir);
    buf_addf(&begun, "%s.new", buf_cstr(&path));
    demo->alive_fd = open_locked(buf_cstr(&begun), O_CREAT);
    if (demo->alive_fd >= 0)
        rename(buf_cstr(&begun), buf_cstr(&path));
}

/* What demos that were killed have left: folders of ours whose lock nobody holds. */
static void remove_left_ones(const char *tmp)
{
    DIR *dir = opendir(tmp);
    const struct dirent *entry;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        AUTO(buf_done) struct buf folder = BUF_NONE, alive = BUF_NONE;
        struct stat st;
        int fd;

        if (!sv_starts(sv_of(entry->d_name), SV(FOLDER)))
            continue;
        buf_addf(&folder, "%s/%s", tmp, entry->d_name);
        if (lstat(buf_cstr(&folder), &st) != 0 || !S_ISDIR(st.st_mode) || st.st_uid != getuid())
            continue;
        buf_addf(&alive, "%s/" ALIVE, buf_cstr(&folder));
        if ((fd = open_locked(buf_cstr(&alive), 0)) < 0)
            continue;
        remove_folder(buf_cstr(&folder));
        close(fd);
    }
    if (dir != NULL)
        closedir(dir);
}

static enum err_code make_folder(struct demo *demo, struct err *err)
{
    const char *variable = getenv("TMPDIR");
    const char *tmp = variable != NULL && variable[0] == '/' ? variable : "/tmp";
    enum err_code code;

    remove_left_ones(tmp);
    snprintf(demo->state_dir, sizeof demo->state_dir, "%s/" FOLDER "XXXXXX", tmp);
    if (mkdtemp(demo->state_dir) == NULL) {
        code = err_set_errno(err, demo->state_dir, "cannot make a folder for the demo");
        err_advise(err, code, "TMPDIR names the folder that it is made in, else it is /tmp");
        demo->state_dir[0] = '\0';
        return code;
    }
    say_alive(demo);
    return OK;
}

/* --- what is approved ------------------------------------------------------------------------ */

/*
 * By the names that groups of the world have, whatever its seed. Web tiers are as approved, in
 * every account. The other names are those of groups in one place alone: of the office's way in by
 * HTTPS nobody has made a rule, and what other VPCs may reach nobody has approved.
 */
static const char approved[] =
    "{\"comment\": \"the rules that the demo's organization has approved; see README.md\",\n"
    " \"groups\": [\n"
    "  {\"group\": \"web, web-*\", \"rules\": [\n"
    "    {\"IpProtocol\": \"tcp\", \"FromPort\": 443, \"ToPort\": 443, \"CidrIpv4\": "
    "\"0.0.0.0/0\"},\n"
    "    {\"IpProtocol\": \"tcp\", \"FromPort\": 443, \"ToPort\": 443, \"CidrIpv6\": \"::/0\"},\n"
    "    {\"IpProtocol\": \"tcp\", \"FromPort\": 80, \"ToPort\": 80, \"CidrIpv4\": "
    "\"0.0.0.0/0\"},\n"
    "    {\"IpProtocol\": \"tcp\", \"FromPort\": 80, \"ToPort\": 80, \"CidrIpv6\": \"::/0\"}]},\n"
    "  {\"group\": \"office-list\", \"rules\": [\n"
    "    {\"IpProtocol\": \"tcp\", \"FromPort\": 22, \"ToPort\": 22,"
    " \"PrefixListName\": \"office-networks\"},\n"
    "    {\"IpProtocol\": \"tcp\", \"FromPort\": 443, \"ToPort\": 443,"
    " \"PrefixListName\": \"office-networks\"}]},\n"
    "  {\"group\": \"internal\", \"rules\": [\n"
    "    {\"IpProtocol\": \"-1\", \"ReferencedGroupInfo\": {\"GroupId\": \"self\"}}]}\n"
    " ]}\n";

enum err_code demo_approve(const struct demo *demo, struct settings *settings, struct err *err)
{
    char path[sizeof demo->state_dir + 16];

    snprintf(path, sizeof path, "%s/approved.json", demo->state_dir);
    if (os_write_new(path, sv_of(approved), 0600, err) != OK)
        return err->code;
    settings_demo_baseline(settings, path);
    return OK;
}

/* --- from start to end ----------------------------------------------------------------------- */

enum err_code demo_start(struct demo *demo, const char *world, int64_t now_ms, struct err *err)
{
    AUTO(buf_done) struct buf spec = BUF_NONE;
    char start[CLOCK_ISO_SIZE];
    int ready[2], parent[2];

    *demo =
        (struct demo){.ready_fd = -1, .parent_fd = -1, .alive_fd = -1, .line = BUF_CAPPED(65536)};
    if (make_folder(demo, err) != OK)
        return err->code;
    if (pipe2(ready, O_CLOEXEC) != 0 || pipe2(parent, O_CLOEXEC) != 0)
        return err_set_errno(err, "demo", "cannot make a pipe");
    buf_add_cstr(&spec, world != NULL ? world : DEMO_WORLD);
    if (now_ms != 0) {
        clock_iso8601(now_ms, false, start);
        buf_addf(&spec, ",start=%s", start);
    }
    demo->pid = fork();
    if (demo->pid < 0)
        return err_set_errno(err, "demo", "cannot start another process");
    if (demo->pid == 0)
        exec_sandbox(buf_cstr(&spec), now_ms != 0, ready[1], parent[0]);
    close(ready[1]);
    close(parent[0]);
    demo->ready_fd = ready[0];
    demo->parent_fd = parent[1];
    fcntl(demo->ready_fd, F_SETFL, O_NONBLOCK);
    return OK;
}

/* The demo is itself, whatever is set for AWS in the environment and in ~/.aws. */
static void forget_aws_settings(const struct demo *demo)
{
    char nothing[sizeof demo->state_dir + 16];

    for (size_t i = 0; environ[i] != NULL;) {
        AUTO_FREE char *name = sv_dup((struct sv){environ[i], strcspn(environ[i], "=")});

        if (strncmp(name, "AWS_", 4) == 0)
            unsetenv(name); /* the next one takes its place */
        else
            i++;
    }
    snprintf(nothing, sizeof nothing, "%s/no-config", demo->state_dir);
    setenv("AWS_CONFIG_FILE", nothing, 1);
    setenv("AWS_SHARED_CREDENTIALS_FILE", nothing, 1);
}

/* What it says in the place of where its doors are. The world is what a person may have said. */
static enum err_code complaint(struct sv line, struct err *err)
{
    AUTO(buf_done) struct buf before = BUF_NONE;

    buf_addf(&before, "watchdeck-sandbox: --world: %s: ", err_text(ERR_USAGE));
    if (!sv_starts(line, buf_sv(&before)))
        return err_set(err, ERR_INTERNAL, "demo", "the sandbox says: " SV_FMT, SV_ARG(line));
    err_set(err, ERR_USAGE, "--world", "%.*s", (int)(line.len - before.len), line.ptr + before.len);
    return err_advise(err, ERR_USAGE, "");
}

static enum err_code take_ready_line(struct demo *demo, struct err *err)
{
    AUTO(json_free_at) cJSON *line = NULL;
    static const struct {
        const char *key, *variable;
    } wanted[] = {
        {"access_key_id", "AWS_ACCESS_KEY_ID"},
        {"secret_access_key", "AWS_SECRET_ACCESS_KEY"},
        {"region", "AWS_REGION"},
    };
    enum err_code code = json_parse(sv_trim(buf_sv(&demo->line)), "the sandbox", &line, err);

    if (code != OK)
        return complaint(sv_trim(buf_sv(&demo->line)), err);
    sv_copy(json_sv(line, "endpoint"), demo->endpoint, sizeof demo->endpoint);
    forget_aws_settings(demo);
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
        AUTO_FREE char *value = sv_dup(json_sv(line, wanted[i].key));

        setenv(wanted[i].variable, value, 1);
    }
    return OK;
}

enum err_code demo_read(struct demo *demo, bool *ready, struct err *err)
{
    char bytes[4096];
    ssize_t n;

    *ready = false;
    while ((n = read(demo->ready_fd, bytes, sizeof bytes)) > 0) {
        buf_add(&demo->line, (struct sv){bytes, (size_t)n});
        if (sv_ends(buf_sv(&demo->line), SV("\n"))) {
            *ready = true;
            return take_ready_line(demo, err);
        }
    }
    if (n == 0)
        return err_set(err, ERR_INTERNAL, "demo", "the sandbox has ended: %s",
                       buf_cstr(&demo->line));
    return OK;
}

enum err_code demo_wait(struct demo *demo, int timeout_ms, struct err *err)
{
    int64_t until_ms = clock_mono_ms() + timeout_ms;
    bool ready = false;

    while (!ready) {
        struct pollfd fd = {.fd = demo->ready_fd, .events = POLLIN};
        int64_t left_ms = until_ms - clock_mono_ms();
        enum err_code code;

        if (left_ms <= 0)
            return err_set(err, ERR_TIMEOUT, "demo", "the sandbox does not get ready");
        poll(&fd, 1, (int)left_ms);
        if ((code = demo_read(demo, &ready, err)) != OK)
            return code;
    }
    return OK;
}

void demo_stop(struct demo *demo)
{
    if (demo->parent_fd >= 0)
        close(demo->parent_fd);
    if (demo->pid > 0) {
        kill(demo->pid, SIGTERM);
        waitpid(demo->pid, NULL, 0);
    }
    if (demo->ready_fd >= 0)
        close(demo->ready_fd);
    if (demo->state_dir[0] != '\0')
        remove_folder(demo->state_dir);
    if (demo->alive_fd >= 0)
        close(demo->alive_fd);
    buf_done(&demo->line);
    *demo = (struct demo){.ready_fd = -1, .parent_fd = -1, .alive_fd = -1};
}
