/*
 * replay: a harness without libFuzzer, among the ordinary tests: it is given its seeds and its
 * corpus once more. Speaks TAP.
 */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/digest.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "tests/fuzz/fuzz.h"

#define FILE_BYTES_MAX ((size_t)4 << 20)

static char what[512]; /* is being played, for who reads of its failure */

static void on_abort(int number)
{
    const char *const parts[] = {"a promise is broken by ", what, "\n"};

    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        if (write(STDERR_FILENO, parts[i], strlen(parts[i])) < 0)
            break;
    }
    signal(number, SIG_DFL);
    raise(number);
}

static void play(struct sv input)
{
    uint8_t *own = mem_copy(input.ptr, input.len); /* reading beyond its end is seen */

    LLVMFuzzerTestOneInput(own, input.len);
    mem_free(own);
}

static void play_file(const char *path)
{
    AUTO(buf_done) struct buf bytes = BUF_NONE;
    struct err err;

    if (os_read_file(path, FILE_BYTES_MAX, &bytes, &err) == OK)
        play(buf_sv(&bytes));
}

/* Returns how many there were. */
static size_t play_seeds(const char *folder)
{
    DIR *dir = opendir(folder);
    size_t n = 0;

    if (dir == NULL)
        return 0;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(what, sizeof what, "%s/%s", folder, entry->d_name);
        play_file(what);
        n++;
    }
    closedir(dir);
    return n;
}

/* An input a line, in base64. Returns how many there were. */
static size_t play_corpus(const char *path)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    struct err err;
    size_t n = 0;

    if (os_read_file(path, FILE_BYTES_MAX, &text, &err) != OK)
        return 0;
    for (struct sv rest = buf_sv(&text); rest.len > 0; n++) {
        AUTO(buf_done) struct buf input = BUF_NONE;
        snprintf(what, sizeof what, "%s, line %zu", path, n + 1);
        if (!base64_decode(&input, sv_split(&rest, '\n')))
            abort();
        play(buf_sv(&input));
    }
    return n;
}

int main(void)
{
    signal(SIGABRT, on_abort);
    size_t n = play_seeds(FUZZ_FOLDER "/seeds/" FUZZ_NAME);
    n += play_corpus(FUZZ_FOLDER "/corpus/" FUZZ_NAME);
    printf("1..1\n%s 1 - %zu inputs\n", n > 0 ? "ok" : "not ok", n);
    return n > 0 ? 0 : 1;
}
