#include "tests/unit/screens/helper_clock.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/unit/unit.h"

static _Atomic int64_t *ahead_ms; /* shared with the programs */

void moved_clock_open(struct room *room)
{
    const char *path = room_path(room, "clock");
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    assert_int_equal(ftruncate(fd, sizeof *ahead_ms), 0);
    ahead_ms = mmap(NULL, sizeof *ahead_ms, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_ptr_not_equal(ahead_ms, MAP_FAILED);
    close(fd);
    env_add(&room->env, "MOVED_CLOCK", path);
    env_add(&room->env, "LD_PRELOAD", BINARY_DIR "/tests/libmoved_clock.so");
    room_sanitize(room, "verify_asan_link_order=0:detect_leaks=0:handle_segv=0:handle_abort=0");
}

void moved_clock_close(void)
{
    munmap(ahead_ms, sizeof *ahead_ms);
}

void moved_clock_step(int64_t ms)
{
    atomic_fetch_add(ahead_ms, ms);
}

int64_t moved_clock_ahead_ms(void)
{
    return atomic_load(ahead_ms);
}

int64_t moved_clock_now_ms(void)
{
    return test_now_ms() + moved_clock_ahead_ms();
}
