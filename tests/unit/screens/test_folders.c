/*
 * Folders to a node and from it on the command line: what is in them, what is left out, and that
 * nothing is written anywhere else, whatever stands in the way or is said by the node. Also files
 * over others where no program can be run there, and an sshd at another port.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/screens/helper_sshd.h"
#include "tests/unit/unit.h"

static struct room room;
static struct sandbox sandbox;
static struct sshd sshd;
static char node[64], root_at_node[80];

/* --- the room -------------------------------------------------------------------------------- */

/* Behind that port of the nodes stands an sshd, with that server of SFTP. */
static void open_room(const char *sftp, unsigned port)
{
    char options[512];
    const char *more[] = {"--session", options, NULL};

    if (!sshd_is_there())
        skip();
    signal(SIGPIPE, SIG_IGN);
    unsetenv("TMPDIR");
    room_open(&room);
    chmod(room.dir, 0777); /* for users that are not root */
    room_sanitize(&room, "detect_leaks=1:handle_segv=0:handle_abort=0");
    env_add(&room.env, "SSH_AUTH_SOCK", "");
    sshd_make_key(&room, "ed25519", "host", "");
    sshd.sftp = sftp;
    sshd_start(&sshd, &room, "host", 0);
    snprintf(options, sizeof options, "prompt=10,port=%u:%u,keys=%s", port, sshd.port,
             room_path(&room, "keys"));
    sandbox_start(&sandbox, &room, more);
    if (node[0] == '\0') /* the world is the same each time */
        room_find_node(&room, "ping:=Online", node, sizeof node);
    snprintf(root_at_node, sizeof root_at_node, "root@%s", node);
}

static void close_room(void)
{
    sandbox_stop(&sandbox);
    sshd_stop(&sshd);
    room_close(&room);
}

static void copy(struct outcome *outcome, const char *word, const char *whom, const char *from,
                 const char *to, const char *option, const char *value)
{
    const char *argv[] = {WATCHDECK, word, whom, from, to, "--accept-new", option, value, NULL};

    room_run(&room, outcome, argv);
}

static void copy_folder(struct outcome *outcome, const char *word, const char *from, const char *to)
{
    copy(outcome, word, root_at_node, from, to, "-r", NULL);
}

/* A script in the room; its status. */
static int in_room(const char *script)
{
    AUTO(buf_done) struct buf line = BUF_NONE;

    buf_addf(&line, "cd %s && %s", room.dir, script);
    return system(buf_cstr(&line));
}

static void assert_status(const struct outcome *outcome, int status)
{
    if (outcome->status != status)
        fail_msg("%d: %s%s", outcome->status, buf_cstr(&outcome->err), buf_cstr(&outcome->out));
}

static void assert_says(const struct outcome *outcome, const char *why)
{
    if (!sv_contains(buf_sv(&outcome->err), sv_of(why)))
        fail_msg("\"%s\" has no \"%s\"", buf_cstr(&outcome->err), why);
}

static size_t n_lines(struct sv text)
{
    size_t n = 0;

    for (size_t i = 0; i < text.len; i++)
        n += text.ptr[i] == '\n';
    return n;
}

/* Four files in three folders, and what is no file. */
static void make_tree(void)
{
    assert_int_equal(in_room("mkdir -p src/sub/empty src/deep/er && echo one > src/a && "
                             "head -c 300000 /dev/urandom > src/sub/b && : > src/nothing && "
                             "echo odd > \"src/$(printf 'o\\033[31md')\" && chmod 640 src/sub/b && "
                             "chmod 750 src/sub && ln -s /etc/passwd src/link && mkfifo src/pipe"),
                     0);
}

/* --- whole folders --------------------------------------------------------------------------- */

static void there_and_back(void **state)
{
    struct outcome outcome;
    struct stat before, after;

    (void)state;
    open_room(NULL, 22);
    make_tree();
    assert_int_equal(in_room("mkdir there"), 0);
    copy_folder(&outcome, "put", room_path(&room, "src"), room_path(&room, "there"));
    assert_status(&outcome, 0);
    assert_says(&outcome, "src/link: a symbolic link");
    assert_says(&outcome, "src/pipe: no regular file");
    assert_int_equal(n_lines(buf_sv(&outcome.out)), 4);
    assert_null(memchr(outcome.out.ptr, '\033', outcome.out.len));
    outcome_done(&outcome);
    copy_folder(&outcome, "get", room_path(&room, "there/src/"), room_path(&room, "back"));
    assert_status(&outcome, 0);
    assert_int_equal(n_lines(buf_sv(&outcome.out)), 4);
    outcome_done(&outcome);
    assert_int_equal(in_room("rm src/link src/pipe && diff -r src back && "
                             "test \"$(cd src && find . -printf '%p %m\\n' | sort)\" = "
                             "\"$(cd back && find . -printf '%p %m\\n' | sort)\""),
                     0);
    stat(room_path(&room, "back/sub/b"), &before);
    assert_int_equal(in_room("rm back/a && mkdir back2"), 0);
    copy_folder(&outcome, "get", room_path(&room, "there/src"), room_path(&room, "back2"));
    outcome_done(&outcome); /* into a folder that is there: its own name in it */
    assert_int_equal(in_room("diff -r src back2/src"), 0);
    copy_folder(&outcome, "get", room_path(&room, "there/src/."), room_path(&room, "back"));
    assert_status(&outcome, 0);
    assert_int_equal(n_lines(buf_sv(&outcome.out)), 4);
    outcome_done(&outcome);
    stat(room_path(&room, "back/sub/b"), &after);
    assert_int_equal(before.st_ino, after.st_ino); /* it was there, and is the same */
    assert_int_equal(in_room("diff -r src back"), 0);
    copy(&outcome, "get", root_at_node, room_path(&room, "src"), room_path(&room, "c"), NULL, NULL);
    assert_status(&outcome, 255);
    assert_says(&outcome, "-r copies it");
    outcome_done(&outcome);
    close_room();
}

/* --- nothing elsewhere ----------------------------------------------------------------------- */

static void links_in_the_way_are_not_followed(void **state)
{
    struct outcome outcome;

    (void)state;
    open_room(NULL, 22);
    make_tree();
    assert_int_equal(in_room("mkdir -p outside back/src there/src && ln -s ../../outside "
                             "back/src/sub && ln -s ../../outside/a back/src/a && "
                             "ln -s ../../outside there/src/sub"),
                     0);
    copy_folder(&outcome, "get", room_path(&room, "src"), room_path(&room, "back"));
    assert_status(&outcome, 255);
    assert_says(&outcome, "src/sub: is there, and no folder (a link is not followed)");
    assert_says(&outcome, "src/a: is there and is no regular file");
    assert_says(&outcome, "2 could not be copied, and 2 were");
    outcome_done(&outcome);
    copy_folder(&outcome, "put", room_path(&room, "src"), room_path(&room, "there"));
    assert_status(&outcome, 255);
    assert_says(&outcome, "is there on the node and is no folder, but a link");
    outcome_done(&outcome);
    assert_int_equal(in_room("test -z \"$(ls outside)\" && test -f there/src/a"), 0);
    close_room();
}

static void names_that_are_none_are_refused(void **state)
{
    struct outcome outcome;

    (void)state;
    open_room("/usr/bin/python3 " SOURCE_DIR "/tests/unit/screens/hostile_sftp.py", 22);
    assert_int_equal(in_room("mkdir -p a/b srv && echo evil > srv/fine"), 0);
    copy_folder(&outcome, "get", room_path(&room, "srv"), room_path(&room, "a/b/c"));
    assert_status(&outcome, 255);
    assert_says(&outcome, "the node gives a name that is none");
    assert_says(&outcome, "4 could not be copied, and 1 were");
    outcome_done(&outcome);
    assert_int_equal(in_room("test \"$(find a -type f)\" = a/b/c/fine && ! test -e /tmp/evil"), 0);
    close_room();
}

/* The connection goes on, and nobody would ever answer. */
static void an_sftp_that_ends_is_not_waited_for(void **state)
{
    struct outcome outcome;

    (void)state;
    open_room("/usr/bin/python3 " SOURCE_DIR "/tests/unit/screens/hostile_sftp.py ends", 22);
    assert_int_equal(in_room("echo new > a"), 0);
    copy(&outcome, "get", root_at_node, room_path(&room, "a"), room_path(&room, "b"), NULL, NULL);
    assert_status(&outcome, 255);
    assert_says(&outcome, "sftp of the node has ended");
    outcome_done(&outcome);
    close_room();
}

/* --- over a file that is there --------------------------------------------------------------- */

static void over_a_file_without_programs(void **state)
{
    struct outcome outcome;

    (void)state;
    open_room(NULL, 22);
    assert_int_equal(in_room("mkdir -m 777 there && echo new > a && echo before > there/a && "
                             "chmod 666 there/a"),
                     0);
    copy(&outcome, "put", node, room_path(&room, "a"), room_path(&room, "there"), "--user",
         "nobody");
    assert_status(&outcome, 0);
    outcome_done(&outcome);
    assert_int_equal(in_room("cmp a there/a && test \"$(ls there)\" = a"), 0);
    close_room();
}

/* What is left when it breaks is named: both files are there. */
static void a_break_in_between_names_what_is_left(void **state)
{
    struct outcome outcome;

    (void)state;
    open_room("internal-sftp -P remove", 22);
    assert_int_equal(in_room("mkdir -m 777 there && echo new > a && echo before > there/a && "
                             "echo older > there/a.old"),
                     0);
    copy(&outcome, "put", node, room_path(&room, "a"), room_path(&room, "there"), "--user",
         "nobody");
    assert_status(&outcome, 255);
    assert_says(&outcome, "the file before is kept as a.old-2, the new one is a");
    outcome_done(&outcome);
    assert_int_equal(in_room("cmp a there/a && test \"$(cat there/a.old-2 there/a.old)\" = "
                             "\"$(printf 'before\\nolder')\""),
                     0);
    close_room();
}

static void one_that_cannot_make_room_stays(void **state)
{
    struct outcome outcome;

    (void)state;
    open_room("internal-sftp -P rename", 22);
    assert_int_equal(in_room("mkdir -m 777 there && echo new > a && echo before > there/a"), 0);
    copy(&outcome, "put", node, room_path(&room, "a"), room_path(&room, "there"), "--user",
         "nobody");
    assert_status(&outcome, 255);
    outcome_done(&outcome);
    assert_int_equal(in_room("test \"$(cat there/a)\" = before && cmp a there/a.part"), 0);
    close_room();
}

/* --- another port ---------------------------------------------------------------------------- */

static void an_sshd_at_another_port(void **state)
{
    AUTO(buf_done) struct buf known = BUF_NONE;
    struct outcome outcome;
    char entry[100];

    (void)state;
    open_room(NULL, 2222);
    assert_int_equal(in_room("echo new > a"), 0);
    copy(&outcome, "get", root_at_node, room_path(&room, "a"), room_path(&room, "b"), "--port",
         "2222");
    assert_status(&outcome, 0);
    outcome_done(&outcome);
    assert_int_equal(in_room("cmp a b"), 0);
    snprintf(entry, sizeof entry, "[%s]:2222 ssh-ed25519 ", node);
    file_read(room_path(&room, ".ssh/known_hosts"), &known);
    assert_true(sv_starts(buf_sv(&known), sv_of(entry)));
    copy(&outcome, "get", root_at_node, room_path(&room, "a"), room_path(&room, "b"), "--port",
         "65536");
    assert_status(&outcome, 2);
    outcome_done(&outcome);
    close_room();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(links_in_the_way_are_not_followed),
        cmocka_unit_test(names_that_are_none_are_refused),
        cmocka_unit_test(an_sftp_that_ends_is_not_waited_for),
        cmocka_unit_test(over_a_file_without_programs),
        cmocka_unit_test(a_break_in_between_names_what_is_left),
        cmocka_unit_test(one_that_cannot_make_room_stays),
        cmocka_unit_test(an_sshd_at_another_port),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
