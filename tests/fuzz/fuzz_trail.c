/*
 * A trail in other hands: any sequence of edits of a trail of five records. What is not the trail
 * byte for byte has a fault, and what is has none.
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/store/audit_scan.h"
#include "tests/fuzz/fuzz.h"

#define RECORDS    5
#define BYTES_MAX  ((size_t)64 << 10)
#define SIZE_TO(n) ((n) % 2048)

static struct {
    struct secret *key;
    struct buf text;
    struct audit_link last;
} trail;

static void make_trail(void)
{
    cJSON *fields = cJSON_CreateObject();

    trail.key = secret_new(SV("0123456789abcdef0123456789abcdef"));
    trail.last = audit_link_none;
    cJSON_AddStringToObject(fields, "action", "fuzz");
    for (int i = 0; i < RECORDS; i++)
        PROMISE(audit_record_write(&trail.text, trail.key, 1700000000000, fields, &trail.last,
                                   NULL) == OK);
    json_free(fields);
}

/* Five bytes of input are one edit: what, where (16 bits), how much or how (16 bits). */
static void edit(struct buf *text, const uint8_t edit[5])
{
    size_t at = (size_t)(edit[1] << 8 | edit[2]) % (text->len + 1);
    size_t how = (size_t)(edit[3] << 8 | edit[4]);
    struct buf out = BUF_CAPPED(BYTES_MAX);
    struct sv rest = {text->ptr + at, text->len - at};
    struct sv part = {rest.ptr, SIZE_TO(how) < rest.len ? SIZE_TO(how) : rest.len};

    buf_add(&out, (struct sv){text->ptr, at});
    switch (edit[0] % 5) {
    case 0: /* change a byte */
        if (rest.len != 0)
            text->ptr[at] = (char)how;
        buf_add(&out, rest);
        break;
    case 1: /* insert a byte */
        buf_add_char(&out, (char)how);
        buf_add(&out, rest);
        break;
    case 2: /* remove a part */
        buf_add(&out, (struct sv){part.ptr + part.len, rest.len - part.len});
        break;
    case 3: /* double a part */
        buf_add(&out, part);
        buf_add(&out, rest);
        break;
    case 4: /* move a part to the end */
        buf_add(&out, (struct sv){part.ptr + part.len, rest.len - part.len});
        buf_add(&out, part);
        break;
    }
    buf_done(text);
    *text = out;
}

static void judge(const struct buf *text)
{
    struct audit_scan scan = {.key = trail.key, .head_trust = AUDIT_HEAD_GOOD, .head = trail.last};
    int fd = memfd_create("trail", MFD_CLOEXEC);
    bool same = sv_eq(buf_sv(text), buf_sv(&trail.text));

    PROMISE(fd >= 0 && write(fd, buf_cstr(text), text->len) == (ssize_t)text->len);
    PROMISE(audit_scan_file(&scan, fd, NULL) == OK);
    PROMISE(same == (scan.findings.len == 0));
    PROMISE(scan.records <= RECORDS);
    for (size_t i = 0; i < scan.findings.len; i++)
        PROMISE(scan.findings.ptr[i].record != 0 && scan.findings.ptr[i].fault <= AUDIT_TORN);
    /* what is cut off as torn leaves the trail */
    if (scan.torn)
        PROMISE(sv_starts(buf_sv(text), buf_sv(&trail.text)) &&
                (size_t)scan.whole_bytes == trail.text.len);
    vec_free(&scan.findings);
    close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(buf_done) struct buf text = BUF_CAPPED(BYTES_MAX);

    if (trail.key == NULL)
        make_trail();
    buf_add(&text, buf_sv(&trail.text));
    for (; size >= 5; data += 5, size -= 5)
        edit(&text, data);
    judge(&text);
    return 0;
}
