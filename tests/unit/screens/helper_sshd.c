#include "tests/unit/screens/helper_sshd.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/unit.h"

#define PATIENCE_MS 60000

bool sshd_is_there(void)
{
    return access("/usr/sbin/sshd", X_OK) == 0 && geteuid() == 0;
}

void sshd_make_key(const struct room *room, const char *kind, const char *name,
                   const char *passphrase)
{
    bool is_rsa = strcmp(kind, "rsa") == 0; /* the shortest that sshd takes is made soonest */
    /* A passphrase that is tried in no time: one round. */
    const char *argv[] = {"/usr/bin/ssh-keygen",
                          "-q",
                          "-t",
                          kind,
                          "-a",
                          "1",
                          "-N",
                          passphrase,
                          "-f",
                          room_path(room, name),
                          is_rsa ? "-b" : NULL,
                          "1024",
                          NULL};
    struct outcome outcome;

    room_run(room, &outcome, argv);
    if (outcome.status != 0)
        fail_msg("%s", buf_cstr(&outcome.err));
    outcome_done(&outcome);
}

static struct sockaddr_in loopback(unsigned port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static unsigned free_port(void)
{
    struct sockaddr_in address = loopback(0);
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
    getsockname(fd, (struct sockaddr *)&address, &len);
    close(fd);
    return ntohs(address.sin_port);
}

static void wait_for_port(unsigned port)
{
    struct sockaddr_in address = loopback(port);
    int64_t end_ms = test_now_ms() + PATIENCE_MS;
    int failed;

    do {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        failed = connect(fd, (struct sockaddr *)&address, sizeof address);
        close(fd);
        if (failed)
            poll(NULL, 0, 10);
    } while (failed && test_now_ms() < end_ms);
    assert_int_equal(failed, 0);
}

static _Noreturn void become_sshd(const char *const *argv, int limit_kb)
{
    int null = open("/dev/null", O_RDWR);
    struct rlimit limit = {(rlim_t)limit_kb * 1024, (rlim_t)limit_kb * 1024};

    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    signal(SIGXFSZ, SIG_IGN); /* who writes too much is told EFBIG */
    if (limit_kb > 0)
        setrlimit(RLIMIT_FSIZE, &limit);
    execv(argv[0], (char *const *)argv);
    _exit(127);
}

void sshd_start(struct sshd *sshd, const struct room *room, const char *host_key, int limit_kb)
{
    char port[32], key[300], keys[600], sftp[400], home[300];
    const char *argv[] = {"/usr/sbin/sshd",
                          "-D",
                          "-e",
                          "-f",
                          "/dev/null",
                          "-o",
                          port,
                          "-o",
                          key,
                          "-o",
                          keys,
                          "-o",
                          "ListenAddress=127.0.0.1",
                          "-o",
                          "UsePAM=no",
                          "-o",
                          "StrictModes=no",
                          "-o",
                          "PermitRootLogin=yes",
                          "-o",
                          "PidFile=none",
                          "-o",
                          sftp,
                          "-o",
                          home,
                          NULL};

    mkdir("/run/sshd", 0755);
    mkdir(room_path(room, "keys"), 0755);
    sshd->port = free_port();
    snprintf(port, sizeof port, "Port=%u", sshd->port);
    snprintf(key, sizeof key, "HostKey=%s", room_path(room, host_key));
    snprintf(keys, sizeof keys, "AuthorizedKeysFile=%s/%%u %s", room_path(room, "keys"),
             room_path(room, "keys/any"));
    snprintf(sftp, sizeof sftp, "Subsystem=sftp %s", sshd->sftp ?: "internal-sftp");
    /* What the shell of this machine's root reads as it begins has no part in this. */
    snprintf(home, sizeof home, "SetEnv=HOME=%s", room_path(room, "keys"));
    sshd->pid = fork();
    if (sshd->pid == 0)
        become_sshd(argv, limit_kb);
    wait_for_port(sshd->port);
}

void sshd_stop(struct sshd *sshd)
{
    kill(sshd->pid, SIGTERM);
    waitpid(sshd->pid, NULL, 0);
}
