#include "core/store/audit_scan.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/map.h"
#include "core/store/line_file.h"

/* A forged number must not make us list missing records for ever. */
#define REMOVED_LISTED_MAX 10000

struct line {
    enum audit_trust trust;
    uint64_t seq;   /* the record that it claims to be */
    uint64_t place; /* the record that it stands for; 0: it has no business here */
    uint8_t prev[SHA256_BYTES], sha[SHA256_BYTES];
    bool torn; /* if it is the last one, it may be a power cut's */
};

struct chain {
    struct audit_scan *scan;
    VEC(struct line) lines;
    struct map places; /* record -> 1 + index of the line that stands for it */
    bool whole;        /* the last line ends in LF */
    bool cut;          /* the last line was cut in the middle */
};

static void report(struct chain *chain, uint64_t record, enum audit_fault fault)
{
    struct audit_finding finding = {(size_t)record, fault};
    vec_push(&chain->scan->findings, finding);
}

static struct line *line_at(struct chain *chain, uint64_t place)
{
    union map_value *at = map_get(&chain->places, (struct sv){(const char *)&place, sizeof place});
    return at == NULL ? NULL : &chain->lines.ptr[at->u64 - 1];
}

static void put_line(struct chain *chain, uint64_t place, size_t i)
{
    union map_value *at =
        map_put(&chain->places, (struct sv){(const char *)&place, sizeof place}, NULL);

    at->u64 = i + 1;
    chain->lines.ptr[i].place = place;
}

static bool same_hash(const uint8_t a[SHA256_BYTES], const uint8_t b[SHA256_BYTES])
{
    return memcmp(a, b, SHA256_BYTES) == 0;
}

/* --- reading ------------------------------------------------------------------------------ */

static struct line line_of(const struct chain *chain, struct sv text, bool whole)
{
    AUTO(buf_done) struct buf beginning = BUF_NONE;
    uint64_t next = chain->scan->head.seq + 1;
    struct audit_record record;

    audit_record_read(text, chain->scan->key, &record);
    struct line line = {.trust = record.trust, .seq = record.seq};
    hex_decode(sv_of(record.prev_sha256), line.prev, sizeof line.prev);
    hex_decode(sv_of(record.sha256), line.sha, sizeof line.sha);
    if (line.trust == AUDIT_GENUINE) {
        line.torn = !whole && line.seq == next;
    } else {
        audit_record_beginning(&beginning, next);
        line.torn = line_is_torn(text, whole, buf_sv(&beginning));
    }
    return line;
}

static enum err_code read_lines(struct chain *chain, int fd, struct err *err)
{
    struct line_reader reader;
    struct sv text;
    int64_t begin = 0;
    bool whole;
    enum err_code code = OK;

    line_reader_init(&reader, fd, 0);
    while (line_reader_next(&reader, &text, &whole)) {
        struct line line = line_of(chain, text, whole);
        vec_push(&chain->lines, line);
        chain->whole = whole;
        chain->scan->whole_bytes = begin;
        begin = reader.offset;
    }
    if (chain->lines.len == 0 || !vec_last(&chain->lines).torn)
        chain->scan->whole_bytes = begin;
    if (reader.failed)
        code = err_set_errno(err, "audit", "cannot read the trail");
    line_reader_done(&reader);
    return code;
}

/* --- which record a line stands for ------------------------------------------------------- */

static bool follows_its_neighbour(const struct chain *chain, const struct line *line)
{
    return line == chain->lines.ptr ? line->seq == 1 : same_hash(line[-1].sha, line->prev);
}

static void place_genuine_line(struct chain *chain, size_t i)
{
    struct line *line = &chain->lines.ptr[i], *holder = line_at(chain, line->seq), *loser = line;

    if (holder == NULL) {
        put_line(chain, line->seq, i);
        return;
    }
    if (!follows_its_neighbour(chain, holder) && follows_its_neighbour(chain, line)) {
        loser = holder;
        put_line(chain, line->seq, i);
    }
    loser->place = 0;
    report(chain, (uint64_t)(loser - chain->lines.ptr) + 1,
           same_hash(holder->sha, line->sha) ? AUDIT_DUPLICATED : AUDIT_INSERTED);
}

/* Genuine lines stand for what they say. Of several for one record the one in sequence is it. */
static void place_genuine(struct chain *chain)
{
    for (size_t i = 0; i < chain->lines.len; i++)
        if (chain->lines.ptr[i].trust == AUDIT_GENUINE)
            place_genuine_line(chain, i);
}

static uint64_t last_place(const struct chain *chain)
{
    uint64_t last = 0;

    for (size_t i = 0; i < chain->lines.len; i++)
        if (chain->lines.ptr[i].place > last)
            last = chain->lines.ptr[i].place;
    return last;
}

/* A torn last line is one only when the head knows all before it and nothing of it. */
static void take_torn_line(struct chain *chain)
{
    struct audit_scan *scan = chain->scan;

    if (chain->lines.len == 0 || scan->head_trust != AUDIT_HEAD_GOOD)
        return;
    struct line *last = &vec_last(&chain->lines);
    uint64_t place = last->place;
    last->place = 0;
    if (last->torn && last_place(chain) == scan->head.seq) {
        report(chain, scan->head.seq + 1, AUDIT_TORN);
        map_remove(&chain->places, (struct sv){(const char *)&place, sizeof place});
        chain->lines.len--;
        chain->whole = true;
    } else {
        last->place = place;
    }
}

/* Other lines stand for the records that have no genuine line, if any; else they were inserted. */
static void place_others(struct chain *chain)
{
    const struct audit_scan *scan = chain->scan;
    bool end_known = scan->head_trust == AUDIT_HEAD_GOOD;
    uint64_t known_last = last_place(chain), before = 0;

    if (end_known && scan->head.seq > known_last)
        known_last = scan->head.seq;
    for (size_t i = 0; i < chain->lines.len; i++) {
        struct line *line = &chain->lines.ptr[i];
        uint64_t next = before + 1;
        if (line->trust != AUDIT_GENUINE) {
            if (line->seq > before && line->seq <= known_last && line_at(chain, line->seq) == NULL)
                put_line(chain, line->seq, i);
            else if ((next <= known_last || !end_known) && line_at(chain, next) == NULL)
                put_line(chain, next, i);
            else
                report(chain, i + 1, AUDIT_INSERTED);
        }
        if (line->place != 0)
            before = line->place;
    }
}

/* --- what is wrong with it ---------------------------------------------------------------- */

/* Whether a genuine neighbour or the head vouches for a line's hash: then only its MAC is off. */
static bool is_attested(struct chain *chain, const struct line *line)
{
    const struct audit_scan *scan = chain->scan;
    const struct line *next = line_at(chain, line->place + 1);
    uint8_t head[SHA256_BYTES];

    if (next != NULL && next->trust == AUDIT_GENUINE && same_hash(next->prev, line->sha))
        return true;
    return scan->head_trust == AUDIT_HEAD_GOOD && scan->head.seq == line->place &&
           hex_decode(sv_of(scan->head.sha256), head, sizeof head) && same_hash(head, line->sha);
}

static void judge_lines(struct chain *chain)
{
    for (size_t i = 0; i < chain->lines.len; i++) {
        struct line *line = &chain->lines.ptr[i];
        bool cut = i == chain->lines.len - 1 && !chain->whole;
        if (line->place == 0)
            continue;
        if (cut && line->trust != AUDIT_FORGED) {
            report(chain, line->place, AUDIT_TRUNCATED);
            chain->cut = true;
        } else if (line->trust == AUDIT_BROKEN ||
                   (line->trust == AUDIT_FORGED && is_attested(chain, line))) {
            report(chain, line->place, AUDIT_EDITED);
        } else if (line->trust == AUDIT_FORGED) {
            report(chain, line->place, AUDIT_REWRITTEN);
        }
    }
}

/* A genuine record says what stood before it; something else there was made to fit afterwards. */
static void judge_links(struct chain *chain)
{
    static const uint8_t nothing[SHA256_BYTES];

    for (size_t i = 0; i < chain->lines.len; i++) {
        const struct line *line = &chain->lines.ptr[i];
        if (line->place == 0 || line->trust != AUDIT_GENUINE)
            continue;
        const struct line *before = line_at(chain, line->place - 1);
        if (line->place == 1 && !same_hash(line->prev, nothing))
            report(chain, 1, AUDIT_REWRITTEN);
        else if (before != NULL && before->trust == AUDIT_GENUINE &&
                 !same_hash(line->prev, before->sha))
            report(chain, before->place, AUDIT_REWRITTEN);
    }
}

static int compare_u64(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void find_missing(struct chain *chain)
{
    const struct audit_scan *scan = chain->scan;
    VEC(uint64_t) places = {0};
    uint64_t expected = 1;

    for (size_t i = 0; i < chain->lines.len; i++)
        if (chain->lines.ptr[i].place != 0)
            vec_push(&places, chain->lines.ptr[i].place);
    if (places.len != 0)
        qsort(places.ptr, places.len, sizeof *places.ptr, compare_u64);
    for (size_t i = 0; i < places.len; i++) {
        for (size_t n = 0; expected < places.ptr[i] && n < REMOVED_LISTED_MAX; n++)
            report(chain, expected++, AUDIT_REMOVED);
        expected = places.ptr[i] + 1;
    }
    if (scan->head_trust == AUDIT_HEAD_GOOD && expected <= scan->head.seq && !chain->cut)
        report(chain, expected, AUDIT_TRUNCATED);
    vec_free(&places);
}

/*
 * The fewest records that were moved: all but a longest increasing run (patience sorting; tails[n]
 * ends the run of n + 1 lines whose last place is the smallest, before[] leads back along it).
 */
static void find_reordered(struct chain *chain)
{
    size_t n_lines = chain->lines.len, n_tails = 0;
    size_t *tails = mem_alloc((n_lines + 1) * sizeof *tails);
    size_t *before = mem_alloc((n_lines + 1) * sizeof *before);
    bool *in_order = mem_alloc(n_lines + 1);

    for (size_t i = 0; i < n_lines; i++) {
        size_t low = 0, high = n_tails;
        while (low < high) {
            size_t mid = (low + high) / 2;
            if (chain->lines.ptr[tails[mid]].place < chain->lines.ptr[i].place)
                low = mid + 1;
            else
                high = mid;
        }
        if (chain->lines.ptr[i].place == 0)
            continue;
        before[i] = low != 0 ? tails[low - 1] : i;
        tails[low] = i;
        n_tails = low == n_tails ? n_tails + 1 : n_tails;
    }
    for (size_t n = n_tails, i = n != 0 ? tails[n - 1] : 0; n != 0; n--, i = before[i])
        in_order[i] = true;
    for (size_t i = 0; i < n_lines; i++)
        if (chain->lines.ptr[i].place != 0 && !in_order[i])
            report(chain, chain->lines.ptr[i].place, AUDIT_REORDERED);
    mem_free(tails);
    mem_free(before);
    mem_free(in_order);
}

/* The head is always at the last record, or, after a crash, at the one before. */
static void judge_head(struct chain *chain)
{
    const struct audit_scan *scan = chain->scan;
    uint64_t last = last_place(chain);
    uint8_t sha[SHA256_BYTES];
    const struct line *known = line_at(chain, scan->head.seq);

    if (scan->head_trust == AUDIT_HEAD_MISSING) {
        report(chain, last + 1, AUDIT_TRUNCATED);
        return;
    }
    bool fits = scan->head_trust == AUDIT_HEAD_GOOD && scan->head.seq + 1 >= last &&
                hex_decode(sv_of(scan->head.sha256), sha, sizeof sha) &&
                (known != NULL ? same_hash(known->sha, sha)
                               : strcmp(scan->head.sha256, audit_link_none.sha256) == 0);
    if (!fits)
        report(chain, last != 0 ? last : 1, AUDIT_EDITED);
}

/* --- the whole ---------------------------------------------------------------------------- */

static int compare_findings(const void *a, const void *b)
{
    const struct audit_finding *x = a, *y = b;

    if (x->record != y->record)
        return x->record < y->record ? -1 : 1;
    return (int)x->fault - (int)y->fault;
}

static void judge(struct chain *chain)
{
    struct audit_scan *scan = chain->scan;

    place_genuine(chain);
    take_torn_line(chain);
    place_others(chain);
    judge_lines(chain);
    judge_links(chain);
    find_missing(chain);
    find_reordered(chain);
    if (scan->findings.len == 0)
        judge_head(chain);
    if (scan->findings.len > 1)
        qsort(scan->findings.ptr, scan->findings.len, sizeof *scan->findings.ptr, compare_findings);
    scan->torn = scan->findings.len == 1 && scan->findings.ptr[0].fault == AUDIT_TORN;
}

static void sum_up(struct chain *chain)
{
    struct audit_scan *scan = chain->scan;
    const struct line *last = line_at(chain, last_place(chain));

    for (size_t i = 0; i < chain->lines.len; i++)
        scan->records +=
            chain->lines.ptr[i].place != 0 && chain->lines.ptr[i].trust == AUDIT_GENUINE;
    scan->last = audit_link_none;
    if (last != NULL) {
        scan->last.seq = last->place;
        hex_encode(last->sha, sizeof last->sha, scan->last.sha256);
    }
}

enum err_code audit_scan_file(struct audit_scan *scan, int fd, struct err *err)
{
    struct chain chain = {.scan = scan, .whole = true};
    enum err_code code = read_lines(&chain, fd, err);

    if (code == OK) {
        judge(&chain);
        sum_up(&chain);
    }
    vec_free(&chain.lines);
    map_done(&chain.places);
    return code;
}
