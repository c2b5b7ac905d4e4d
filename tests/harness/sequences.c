#include "tests/harness/sequences.h"

/* clang-format off: term.h wants curses.h first */
#include <curses.h>
#include <term.h>
/* clang-format on */
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/vec.h"

#define SHAPE_SIZE 24

/* A sequence without its numbers, "\e[H" for "\e[12;40H"; with them where they choose what is
 * done ("\e[?1049h"). */
struct shape {
    char text[SHAPE_SIZE];
};

struct sequences {
    VEC(struct shape) shapes;
    bool controls[32]; /* C0 bytes that the entry uses by themselves: CR, BS, SI, ... */
};

/* What a program may write to draw a screen. No reports, no strings, no keys. */
static const char *const capabilities[] = {
    "cup",   "hpa",   "vpa",   "home",  "cr",   "cuu",   "cud",   "cuf",   "cub",   "cuu1",
    "cud1",  "cuf1",  "cub1",  "ht",    "cbt",  "clear", "el",    "el1",   "ed",    "ech",
    "rep",   "ich",   "ich1",  "dch",   "dch1", "il",    "il1",   "dl",    "dl1",   "ind",
    "indn",  "ri",    "rin",   "csr",   "sgr",  "sgr0",  "bold",  "dim",   "rev",   "blink",
    "smul",  "rmul",  "sitm",  "ritm",  "smso", "rmso",  "setaf", "setab", "op",    "smcup",
    "rmcup", "civis", "cnorm", "cvvis", "smkx", "rmkx",  "smacs", "rmacs", "enacs", "smir",
    "rmir",  "nel",   "sc",    "rc",    "is2",  "rs2",   "smam",  "rmam",
};

static bool numbers_matter(char final)
{
    return strchr("hltnc", final) != NULL;
}

/* Reads the control sequence at the front of bytes (ECMA-48 5.4); its length, 0 when it is none
 * or not complete. */
static size_t read_csi(struct sv bytes, struct shape *shape)
{
    size_t at = 2, len = 2, end = 2;

    while (end < bytes.len && bytes.ptr[end] >= 0x20 && bytes.ptr[end] <= 0x3f)
        end++;
    if (end >= bytes.len || bytes.ptr[end] < 0x40 || bytes.ptr[end] > 0x7e)
        return 0;
    bool verbatim = numbers_matter(bytes.ptr[end]);
    for (; at <= end && len + 1 < SHAPE_SIZE; at++) {
        bool is_number = strchr("0123456789;:", bytes.ptr[at]) != NULL;
        if (!is_number || verbatim)
            shape->text[len++] = bytes.ptr[at];
    }
    return end + 1;
}

/* The sequence at the front of bytes, which begin with ESC; its length, 0 when it is none that
 * could be allowed. */
static size_t read_sequence(struct sv bytes, struct shape *shape)
{
    *shape = (struct shape){0};
    if (bytes.len < 2)
        return 0;
    memcpy(shape->text, bytes.ptr, 2);
    if (bytes.ptr[1] == '[')
        return read_csi(bytes, shape);
    if (strchr("]PX^_", bytes.ptr[1]) != NULL)
        return 0;
    if (strchr("()*+-./", bytes.ptr[1]) == NULL)
        return 2;
    shape->text[2] = bytes.len > 2 ? bytes.ptr[2] : '\0';
    return bytes.len > 2 ? 3 : 0;
}

static bool is_known(const struct sequences *sequences, const struct shape *shape)
{
    for (size_t i = 0; i < sequences->shapes.len; i++) {
        if (strcmp(sequences->shapes.ptr[i].text, shape->text) == 0)
            return true;
    }
    return false;
}

static void learn(struct sequences *sequences, struct sv literal)
{
    struct shape shape;

    while (literal.len != 0) {
        unsigned char c = (unsigned char)literal.ptr[0];
        size_t len = c == '\033' ? read_sequence(literal, &shape) : 0;
        if (len != 0)
            vec_push(&sequences->shapes, shape);
        else if (c < 32 && c != '\033')
            sequences->controls[c] = true;
        if (len == 0)
            len = 1;
        literal = (struct sv){literal.ptr + len, literal.len - len};
    }
}

/* What is left of a capability without padding and parameters (terminfo(5)). */
static void add_literal(struct buf *out, const char *value)
{
    while (*value != '\0') {
        if (value[0] == '$' && value[1] == '<') {
            value = strchr(value, '>');
            value = value == NULL ? "" : value + 1;
        } else if (value[0] != '%') {
            buf_add_char(out, *value++);
        } else if (value[1] == '{') {
            value = strchr(value, '}');
            value = value == NULL ? "" : value + 1;
        } else if (value[1] == '\'') {
            value += 4;
        } else if (value[1] == 'p' || value[1] == 'P' || value[1] == 'g') {
            value += 3;
        } else {
            for (value++; strchr(":# .0123456789", *value) != NULL && *value != '\0'; value++)
                ;
            value += *value != '\0';
        }
    }
}

struct sequences *sequences_new(const char *term, const char *const *more)
{
    AUTO(buf_done) struct buf literal = BUF_NONE;
    int found;

    if (setupterm(term, STDOUT_FILENO, &found) != OK)
        return NULL;
    struct sequences *sequences = mem_new(struct sequences);
    for (size_t i = 0; i < ARRAY_LEN(capabilities); i++) {
        const char *value = tigetstr(capabilities[i]);
        buf_clear(&literal);
        if (value != NULL && value != (char *)-1)
            add_literal(&literal, value);
        learn(sequences, buf_sv(&literal));
    }
    for (; more != NULL && *more != NULL; more++)
        learn(sequences, sv_of(*more));
    del_curterm(cur_term);
    return sequences;
}

void sequences_free(struct sequences *sequences)
{
    if (sequences == NULL)
        return;
    vec_free(&sequences->shapes);
    mem_free(sequences);
}

void sequences_strip(const struct sequences *sequences, struct sv bytes, struct buf *out)
{
    struct shape shape;

    while (bytes.len != 0) {
        unsigned char c = (unsigned char)bytes.ptr[0];
        size_t len = c == '\033' ? read_sequence(bytes, &shape) : 0;
        bool is_ours = len != 0 ? is_known(sequences, &shape) : c < 32 && sequences->controls[c];
        buf_add_char(out, is_ours ? '\n' : (char)c);
        if (!is_ours || len == 0)
            len = 1;
        bytes = (struct sv){bytes.ptr + len, bytes.len - len};
    }
}

/* Whether bytes, which begin with ESC, may yet become a sequence. */
static bool is_begun(struct sv bytes)
{
    if (bytes.len < 2)
        return true;
    if (bytes.ptr[1] != '[')
        return bytes.len == 2 && strchr("()*+-./", bytes.ptr[1]) != NULL;
    for (size_t i = 2; i < bytes.len; i++) {
        if (bytes.ptr[i] < 0x20 || bytes.ptr[i] > 0x3f)
            return false;
    }
    return true;
}

/* RFC 3629: the bytes that a character takes, by its first one. */
static size_t character_bytes(unsigned char first)
{
    return first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

size_t sequences_whole(struct sv bytes)
{
    const char *escape = memrchr(bytes.ptr, '\033', bytes.len);
    size_t from_escape = escape == NULL ? 0 : (size_t)(escape - bytes.ptr);

    if (escape != NULL && is_begun((struct sv){escape, bytes.len - from_escape}))
        return from_escape;
    for (size_t back = 1; back <= 3 && back <= bytes.len; back++) {
        if (character_bytes((unsigned char)bytes.ptr[bytes.len - back]) > back)
            return bytes.len - back;
    }
    return bytes.len;
}
