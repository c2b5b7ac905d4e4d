/*
 * Any bytes as JSON: what is accepted is printed as something that is accepted and prints the same;
 * reading without a tree accepts the same and reads the same; and any bytes as a string are written
 * as one.
 */
#include <string.h>

#include "core/base/json.h"
#include "core/base/json_pull.h"
#include "core/base/mem.h"
#include "tests/fuzz/fuzz.h"

/* Reads the value at hand, member for member, beside what the tree has there. */
static void read_beside(struct json_pull *pull, const cJSON *tree)
{
    AUTO(buf_done) struct buf scratch = BUF_NONE;
    const cJSON *member = tree != NULL ? tree->child : NULL;
    struct sv key;
    if (json_pull_enter(pull, '{') || json_pull_enter(pull, '[')) {
        for (; json_pull_next(pull, &key); member = member != NULL ? member->next : NULL)
            read_beside(pull, member);
        PROMISE(tree == NULL || member == NULL);
        return;
    }
    struct sv said = json_pull_text(pull, &scratch);
    PROMISE(tree == NULL || sv_eq(said, json_string(tree)));
}

/* tree: of the same text, NULL when it is none. */
static void check_pull(struct sv text, const cJSON *tree)
{
    struct json_pull pull;
    json_pull_begin(&pull, text);
    read_beside(&pull, tree);
    PROMISE((json_pull_end(&pull, "fuzz", NULL) == OK) == (tree != NULL));
}

static void check_document(struct sv text)
{
    AUTO(json_free_at) cJSON *tree = NULL;
    AUTO(json_free_at) cJSON *again = NULL;
    enum err_code code = json_parse(text, "fuzz", &tree, NULL);

    PROMISE(code == OK || code == ERR_PARSE);
    check_pull(text, tree);
    if (code != OK)
        return;
    AUTO_FREE char *printed = json_print(tree);
    PROMISE(json_parse(sv_of(printed), "fuzz", &again, NULL) == OK);
    AUTO_FREE char *reprinted = json_print(again);
    PROMISE(strcmp(printed, reprinted) == 0);
}

static void check_string(struct sv text)
{
    AUTO(buf_done) struct buf out = BUF_NONE;
    AUTO(json_free_at) cJSON *tree = NULL;
    struct json_writer w = {.out = &out};

    jw_string(&w, text);
    bool has_nul = memchr(text.ptr, '\0', text.len) != NULL; /* which reading refuses, as \u0000 */
    PROMISE(json_parse(buf_sv(&out), "fuzz", &tree, NULL) == (has_nul ? ERR_PARSE : OK));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sv text = {(const char *)data, size};

    check_document(text);
    if (size != 0)
        check_string(text);
    return 0;
}
