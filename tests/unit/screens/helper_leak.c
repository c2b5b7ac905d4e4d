#include "tests/unit/screens/helper_leak.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/digest.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/support/dir.h"
#include "tests/unit/unit.h"

#define SHORTEST     6
#define BASE64_MIN   12 /* of shorter ones a few letters are left, which prove nothing */
#define CODE_MAX     8
#define CHUNK_BYTES  ((size_t)1 << 20)
#define REGION_BYTES ((size_t)1 << 30) /* larger ones are a sanitizer's shadow */

/* --- forms ---------------------------------------------------------------------------------- */

static size_t hash_of(const char *bytes)
{
    uint32_t word;

    memcpy(&word, bytes, sizeof word);
    return word * UINT32_C(2654435761) >> 16;
}

/* Of an MFA device: what is longer is no part of anything by chance. */
static bool is_code(struct sv secret)
{
    size_t digits = 0;

    for (size_t i = 0; i < secret.len; i++)
        digits += secret.ptr[i] >= '0' && secret.ptr[i] <= '9';
    return digits == secret.len && secret.len <= CODE_MAX;
}

static void add_form(struct leaks *leaks, const char *name, struct sv bytes)
{
    struct leak_form form = {.bytes = sv_dup(bytes),
                             .len = bytes.len,
                             .secret = leaks->what.len - 1,
                             .name = name,
                             .code = is_code(bytes)};
    size_t *first = &leaks->first[hash_of(form.bytes)];

    form.next = *first;
    vec_push(&leaks->forms, form);
    *first = leaks->forms.len;
}

/* The letters of base64 that depend on the secret alone, when `before` bytes stand before it. */
static void add_base64(struct leaks *leaks, struct sv secret, size_t before)
{
    static const char *const names[] = {"base64", "base64 after one byte",
                                        "base64 after two bytes"};
    AUTO(buf_done) struct buf padded = BUF_NONE;
    AUTO(buf_done) struct buf text = BUF_NONE;
    size_t skipped = (before * 8 + 5) / 6, whole = (before + secret.len) * 8 / 6;

    buf_add(&padded, (struct sv){"\0\0", before});
    buf_add(&padded, secret);
    base64_encode(&text, buf_sv(&padded));
    add_form(leaks, names[before], (struct sv){text.ptr + skipped, whole - skipped});
}

static void add_hex(struct leaks *leaks, struct sv secret, bool upper)
{
    AUTO(buf_done) struct buf text = BUF_NONE;

    for (size_t i = 0; i < secret.len; i++)
        buf_addf(&text, upper ? "%02X" : "%02x", (unsigned char)secret.ptr[i]);
    add_form(leaks, upper ? "HEX" : "hex", buf_sv(&text));
}

void leaks_init(struct leaks *leaks)
{
    *leaks = (struct leaks){0};
}

void leaks_done(struct leaks *leaks)
{
    for (size_t i = 0; i < leaks->forms.len; i++)
        mem_free(leaks->forms.ptr[i].bytes);
    for (size_t i = 0; i < leaks->what.len; i++)
        mem_free(leaks->what.ptr[i]);
    vec_free(&leaks->forms);
    vec_free(&leaks->what);
}

static bool is_known(const struct leaks *leaks, struct sv secret)
{
    for (size_t i = 0; i < leaks->forms.len; i++)
        if (sv_eq(secret, (struct sv){leaks->forms.ptr[i].bytes, leaks->forms.ptr[i].len}))
            return true;
    return false;
}

void leaks_add(struct leaks *leaks, const char *what, struct sv secret)
{
    if (secret.len < SHORTEST)
        fail_msg("%s is too short to be looked for", what);
    if (is_known(leaks, secret))
        return;
    vec_push(&leaks->what, mem_strdup(what));
    add_form(leaks, "plain", secret);
    add_hex(leaks, secret, false);
    add_hex(leaks, secret, true);
    for (size_t before = 0; before < 3 && secret.len >= BASE64_MIN; before++)
        add_base64(leaks, secret, before);
}

void leaks_add_file(struct leaks *leaks, const char *path)
{
    AUTO(buf_done) struct buf text = BUF_NONE;

    file_read(path, &text);
    for (struct sv rest = buf_sv(&text); rest.len > 0;) {
        AUTO(json_free_at) cJSON *line = NULL;
        AUTO(buf_done) struct buf bytes = BUF_NONE;
        assert_int_equal(json_parse(sv_split(&rest, '\n'), path, &line, NULL), OK);
        AUTO_FREE char *what = sv_dup(json_sv(line, "what"));
        struct sv secret = json_sv(line, "secret");
        leaks_add(leaks, what, secret);
        if (strcmp(what, "Plaintext") == 0 && base64_decode(&bytes, secret))
            leaks_add(leaks, what, buf_sv(&bytes));
    }
}

/* --- looking -------------------------------------------------------------------------------- */

static void tell(const struct leaks *leaks, const struct leak_form *form, const char *where,
                 size_t at, struct buf *found)
{
    buf_addf(found, "%s, %s: %s at %zu\n", leaks->what.ptr[form->secret], form->name, where, at);
}

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Six digits are a part of some id or time in every hundredth run: a code is what stands alone. */
__attribute__((no_sanitize("address", "undefined"))) static bool stands_alone(struct sv bytes,
                                                                              size_t at, size_t len)
{
    return (at == 0 || !is_alnum(bytes.ptr[at - 1])) &&
           (at + len == bytes.len || !is_alnum(bytes.ptr[at + len]));
}

/* Memory of another process may hold anything: no sanitizer has to watch over each byte of it. */
__attribute__((no_sanitize("address", "undefined"))) void
leaks_find(const struct leaks *leaks, struct sv bytes, const char *where, struct buf *found)
{
    for (size_t at = 0; at + SHORTEST <= bytes.len; at++) {
        size_t next = leaks->first[hash_of(bytes.ptr + at)];
        for (; next != 0; next = leaks->forms.ptr[next - 1].next) {
            const struct leak_form *form = &leaks->forms.ptr[next - 1];
            if (form->len <= bytes.len - at &&
                memcmp(bytes.ptr + at, form->bytes, form->len) == 0 &&
                (!form->code || stands_alone(bytes, at, form->len)))
                tell(leaks, form, where, at, found);
        }
    }
}

/* nftw knows no argument. */
static struct {
    const struct leaks *leaks;
    bool (*leave_out)(const char *path);
    struct buf *found;
} walk;

static int look_at_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    AUTO(buf_done) struct buf text = BUF_NONE;

    (void)st;
    leaks_find(walk.leaks, sv_of(path + ftw->base), path, walk.found);
    if (type != FTW_F || walk.leave_out(path))
        return 0;
    file_read(path, &text);
    leaks_find(walk.leaks, buf_sv(&text), path, walk.found);
    return 0;
}

void leaks_find_files(const struct leaks *leaks, const char *dir,
                      bool (*leave_out)(const char *path), struct buf *found)
{
    walk.leaks = leaks;
    walk.leave_out = leave_out;
    walk.found = found;
    assert_int_equal(nftw(dir, look_at_file, 16, FTW_PHYS), 0);
}

/* --- memory --------------------------------------------------------------------------------- */

struct region {
    unsigned long first, last;
    char name[64];
};

static void look_at_region(const struct leaks *leaks, int fd, const struct region *region,
                           char *chunk, struct buf *found)
{
    char where[128];

    snprintf(where, sizeof where, "memory %lx %s", region->first, region->name);
    for (unsigned long at = region->first; at < region->last; at += CHUNK_BYTES / 2) {
        size_t len = region->last - at < CHUNK_BYTES ? region->last - at : CHUNK_BYTES;
        ssize_t got = pread(fd, chunk, len, (off_t)at);
        if (got > 0)
            leaks_find(leaks, (struct sv){chunk, (size_t)got}, where, found);
        if (len < CHUNK_BYTES)
            break;
    }
}

/* A line of smaps: of the head of a region, or one that says whether it counts. */
static void read_smaps(const struct leaks *leaks, FILE *smaps, int fd, char *chunk,
                       struct buf *found)
{
    struct region region = {0};
    char line[512], rights[8] = "";
    long rss_kb = 0;

    while (fgets(line, sizeof line, smaps) != NULL) {
        struct region head = {0};
        if (sscanf(line, "%lx-%lx %7s %*s %*s %*s %63s", &head.first, &head.last, rights,
                   head.name) >= 3) {
            region = head;
        } else if (sscanf(line, "Rss: %ld", &rss_kb) == 1) {
            continue;
        } else if (strncmp(line, "VmFlags:", 8) == 0 && rss_kb > 0 && strstr(line, " rd") != NULL &&
                   strstr(line, " dd") == NULL && region.last - region.first < REGION_BYTES) {
            look_at_region(leaks, fd, &region, chunk, found);
        }
    }
}

bool leaks_find_memory(const struct leaks *leaks, pid_t pid, struct buf *found)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/mem", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    snprintf(path, sizeof path, "/proc/%d/smaps", pid);
    FILE *smaps = fopen(path, "re");
    char *chunk = mem_alloc(CHUNK_BYTES);
    if (fd >= 0 && smaps != NULL)
        read_smaps(leaks, smaps, fd, chunk, found);
    mem_free(chunk);
    if (smaps != NULL)
        fclose(smaps);
    if (fd >= 0)
        close(fd);
    return fd >= 0 && smaps != NULL;
}
