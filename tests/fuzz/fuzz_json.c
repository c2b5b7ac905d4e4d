/*
 * Any bytes as JSON: what is accepted is printed as something that is accepted and prints the same;
 * and any bytes as a string are written as one.
 */
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/fuzz/fuzz.h"

static void check_document(struct sv text)
{
    AUTO(json_free_at) cJSON *tree = NULL;
    AUTO(json_free_at) cJSON *again = NULL;
    enum err_code code = json_parse(text, "fuzz", &tree, NULL);

    PROMISE(code == OK || code == ERR_PARSE);
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
