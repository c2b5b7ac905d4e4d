/*
 * width: every code point of every range, through text_codepoint_width and text_next.
 */
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text.h"
#include "tests/conformance/driver.h"
#include "tests/conformance/judge.h"

#define ACUTE   "\xcc\x81" /* U+0301, a mark */
#define FOUR(x) x x x x

/* As utf8_encode, but surrogates too: as the three bytes that they would be, were they allowed. */
static size_t encode(uint32_t codepoint, char bytes[4])
{
    if (codepoint < 0xd800 || codepoint > 0xdfff)
        return utf8_encode(codepoint, bytes);
    bytes[0] = (char)(0xe0 | codepoint >> 12);
    bytes[1] = (char)(0x80 | (codepoint >> 6 & 0x3f));
    bytes[2] = (char)(0x80 | (codepoint & 0x3f));
    return 3;
}

/* The first cluster of prefix, code point and suffix; *n_left says how many bytes follow it. */
static struct text_cluster first_cluster(const char *prefix, uint32_t codepoint, const char *suffix,
                                         size_t *n_left)
{
    char text[64], *end = stpcpy(text, prefix);
    struct text_cluster cluster = {0};

    end += encode(codepoint, end);
    end = stpcpy(end, suffix);
    struct text_iter iter = {{text, (size_t)(end - text)}, TEXT_LINE};
    text_next(&iter, &cluster);
    *n_left = iter.rest.len;
    return cluster;
}

static const char *check_print(uint32_t codepoint, struct judge_rule rule)
{
    char bytes[4];
    size_t n_bytes = utf8_encode(codepoint, bytes), n_left;
    struct text_cluster c = first_cluster("", codepoint, "", &n_left);

    if (text_codepoint_width(codepoint) != rule.width)
        return "text_codepoint_width differs";
    if (c.stand_in || c.len != n_bytes || memcmp(c.bytes, bytes, n_bytes) != 0 || n_left != 0)
        return "not shown as it is";
    if (c.width != rule.width)
        return "wrong width";
    c = first_cluster("", codepoint, FOUR(ACUTE) ACUTE, &n_left);
    if (c.stand_in || c.width != rule.width || n_left != strlen(ACUTE))
        return "does not carry four marks and no more";
    return NULL;
}

static const char *check_combine(uint32_t codepoint)
{
    char bytes[4];
    size_t n_bytes = utf8_encode(codepoint, bytes), n_left;
    struct text_cluster c = first_cluster("a", codepoint, "", &n_left);

    if (text_codepoint_width(codepoint) != 0)
        return "text_codepoint_width is not 0";
    if (c.stand_in || c.width != 1 || c.len != 1 + n_bytes || n_left != 0)
        return "does not combine with a letter";
    c = first_cluster("", codepoint, "", &n_left);
    if (!c.stand_in || c.width != 1)
        return "stands without a base";
    c = first_cluster("a" FOUR(ACUTE), codepoint, "", &n_left);
    if (c.width != 1 || n_left != n_bytes)
        return "combines as a fifth mark";
    return NULL;
}

static const char *check_replace(uint32_t codepoint, struct judge_rule rule)
{
    size_t n_left;
    struct text_cluster c = first_cluster("", codepoint, "", &n_left);

    if (text_codepoint_width(codepoint) != -1)
        return "text_codepoint_width is not -1";
    if (!c.stand_in || c.width == 0 || c.len == 0)
        return "has no stand-in";
    if (rule.width != 0 && c.width != rule.width)
        return "its stand-in has another width";
    c = first_cluster("a", codepoint, "", &n_left);
    if (c.stand_in || c.len != 1)
        return "joins the character before it";
    return NULL;
}

/* What a stand-in is made of must be printable itself, and as wide as it says. */
static const char *check_bytes(const struct judge *judge, uint32_t codepoint)
{
    size_t n_left, at, columns;
    struct text_cluster c = first_cluster("", codepoint, "", &n_left);
    const char *fault = judge_bytes(judge, (struct sv){c.bytes, c.len}, 0, &at, &columns);

    if (fault != NULL)
        return fault;
    return columns == c.width ? NULL : "the cluster's width is not that of its bytes";
}

static const char *check_codepoint(const struct judge *judge, uint32_t codepoint,
                                   struct judge_rule rule)
{
    const char *fault = rule.action == JUDGE_PRINT     ? check_print(codepoint, rule)
                        : rule.action == JUDGE_COMBINE ? check_combine(codepoint)
                                                       : check_replace(codepoint, rule);
    return fault != NULL ? fault : check_bytes(judge, codepoint);
}

static void check_line(const struct judge *judge, struct sv line, struct tally *tally)
{
    struct judge_range range;
    bool is_comment;
    char id[32];

    sv_copy(line, id, sizeof id);
    id[strcspn(id, "\t")] = '\0';
    if (!judge_parse_range(line, &range, &is_comment)) {
        case_fail(tally, id, "malformed case");
        return;
    }
    if (is_comment)
        return;
    for (uint32_t c = range.first; c <= range.last; c++) {
        const char *fault = check_codepoint(judge, c, range.rule);
        if (fault != NULL) {
            case_fail(tally, id, "U+%04X: %s", (unsigned)c, fault);
            return;
        }
    }
    case_ok(tally, id);
}

void driver_width(const char *path, struct tally *tally)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    AUTO(judge_done) struct judge judge = {0};

    if (!case_read_file(tally, path, &text))
        return;
    struct sv rest = buf_sv(&text);
    size_t wrong_line = judge_init(&judge, rest);
    if (wrong_line != 0) {
        case_fail(tally, path, "malformed in line %zu", wrong_line);
        return;
    }
    while (rest.len != 0)
        check_line(&judge, sv_split(&rest, '\n'), tally);
}
