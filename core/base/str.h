/*
 * str: text that is borrowed (struct sv) and text that is owned and capped (struct buf).
 */
#ifndef CORE_BASE_STR_H
#define CORE_BASE_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

/* A borrowed run of bytes; not NUL-terminated; lives as long as whom it was borrowed from. */
struct sv {
    const char *ptr;
    size_t len;
};

#define SV(literal) ((struct sv){(literal), sizeof(literal) - 1})
#define SV_FMT      "%.*s"
#define SV_ARG(sv)  (int)(sv).len, (sv).ptr
#define SV_NONE     ((struct sv){NULL, 0})

struct sv sv_of(const char *cstr); /* NULL gives SV_NONE */

/* Comparisons are bytewise; SV_NONE equals an empty text. */
bool sv_eq(struct sv a, struct sv b);
bool sv_eq_cstr(struct sv a, const char *b);
bool sv_eq_nocase(struct sv a, struct sv b); /* ASCII case only */
int sv_cmp(struct sv a, struct sv b);        /* bytewise; shorter first */
bool sv_starts(struct sv text, struct sv prefix);
bool sv_ends(struct sv text, struct sv suffix);
bool sv_contains(struct sv text, struct sv part);
struct sv sv_trim(struct sv text); /* without leading and trailing blanks, tabs, CR, LF */
/* Cuts *rest at the first sep: returns what stands before it, *rest keeps what follows. Without a
 * sep returns all, and *rest becomes SV_NONE: `while (rest.ptr != NULL)` sees every field. */
struct sv sv_split(struct sv *rest, char sep);
/* Whether word is one of words, with a blank between them. */
bool sv_has_word(struct sv words, struct sv word);
/* Decimal with optional sign, the whole text; false when it is anything else or overflows. */
bool sv_to_i64(struct sv text, int64_t *value);
/* The same of a port, 1 to 65535; false leaves *port as it is. */
bool sv_to_port(struct sv text, unsigned *port);
uint64_t sv_hash(struct sv text); /* FNV-1a, 64 bit; stable across runs */
char *sv_dup(struct sv text);     /* a NUL-terminated copy; free with mem_free */
/* Copies into dst[size], cut if need be, always terminated. */
void sv_copy(struct sv text, char *dst, size_t size);
#define str_copy(dst, cstr) sv_copy(sv_of(cstr), (dst), sizeof(dst))

#define SIZE_TEXT_SIZE      8
/* "812B", "1.4K", "50M", "3.2G": bytes in powers of 1024, rounded down, at most 5 columns. text
 * holds SIZE_TEXT_SIZE. */
void size_to_text(uint64_t size_bytes, char *text);

/*
 * Owned, growing, capped text. Always NUL-terminated behind len once anything was added.
 * Running into the cap is sticky: the addition that does not fit and all later ones do nothing, and
 * buf_err says so, so that a writer checks once, at its end. A cap of 0 means BUF_CAP_DEFAULT.
 */
struct buf {
    char *ptr;
    size_t len;
    size_t size;
    size_t cap;
    bool overflowed;
};

#define BUF_CAP_DEFAULT ((size_t)64 << 20)
#define BUF_NONE        ((struct buf){0})
#define BUF_CAPPED(max) ((struct buf){.cap = (max)})

/* Additions behind what is there. text must not lie in buf itself; a NULL cstr adds nothing. */
void buf_add(struct buf *buf, struct sv text);
/* text in single quotes, as one word of sh. */
void buf_add_sh_word(struct buf *buf, struct sv text);
/* The words of text, a blank between them: what was written on several lines, on one. */
void buf_add_words(struct buf *buf, struct sv text);
void buf_add_cstr(struct buf *buf, const char *cstr);
void buf_add_char(struct buf *buf, char c);
void buf_addf(struct buf *buf, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_vaddf(struct buf *buf, const char *fmt, va_list args)
    __attribute__((format(printf, 2, 0)));
/* Makes room for more_bytes behind what is there, so that adding these does not move it: text that
 * is wiped when done leaves no copy behind then. False, and overflowed, when the cap forbids it. */
bool buf_reserve(struct buf *buf, size_t more_bytes);
void buf_clear(struct buf *buf); /* keeps the memory */
void buf_done(struct buf *buf);  /* frees; the buf is empty and usable again */

/* The text, borrowed until the next addition; "" when nothing was added. */
struct sv buf_sv(const struct buf *buf);
const char *buf_cstr(const struct buf *buf);
char *buf_take(struct buf *buf);              /* the text, now the caller's; the buf is empty */
enum err_code buf_err(const struct buf *buf); /* OK or ERR_TOO_BIG */

#endif
