/*
 * Any bytes as a journal, and its entries as plans: what opens can be read, and reads the same the
 * second time; what is a plan comes back from its own JSON with its own hash.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/digest.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "core/gov/security_group/sg_change.h"
#include "core/store/journal.h"
#include "tests/fuzz/fuzz.h"

static const struct change_kind *const kinds[] = {&change_sg_revoke, &change_sg_authorize};

static void check_plan(const cJSON *json)
{
    struct change_plan *plan, *again;

    if (change_plan_from_json(json, kinds, ARRAY_LEN(kinds), &plan, NULL) != OK)
        return;
    AUTO(json_free_at) cJSON *copy = change_plan_to_json(plan);
    PROMISE(change_plan_from_json(copy, kinds, ARRAY_LEN(kinds), &again, NULL) == OK);
    PROMISE(strcmp(plan->plan_hash, again->plan_hash) == 0);
    change_plan_free(plan);
    change_plan_free(again);
}

static void count_entry(void *arg, const char *id, const char *state, int64_t at_ms,
                        const cJSON *fields)
{
    size_t *n = arg;

    (void)at_ms;
    PROMISE(id != NULL && state != NULL);
    check_plan(json_get(fields, "plan"));
    ++*n;
}

/* Seals each line of the input, so that what is in it gets past the sum. */
static void seal_lines(struct sv rest, struct buf *out)
{
    while (rest.len != 0) {
        struct sv line = sv_split(&rest, '\n');
        char sum[SHA256_HEX_SIZE];
        sha256_hex(line, sum);
        buf_add(out, line);
        buf_addf(out, ",\"sum\":\"%.16s\"}\n", sum);
    }
}

static void check_journal(const char *path, struct sv text)
{
    struct journal *journal;
    size_t n = 0, again = 0;

    PROMISE(os_write_atomically(path, text, 0600, NULL) == OK);
    if (journal_open(path, &journal, NULL) != OK)
        return;
    enum err_code code = journal_each(journal, count_entry, &n, NULL);
    PROMISE(journal_each(journal, count_entry, &again, NULL) == code && n == again);
    PROMISE(journal_write(journal, "fuzz", "INTENT", NULL, NULL) == OK);
    journal_close(journal);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(buf_done) struct buf sealed = BUF_NONE;
    struct sv text = {(const char *)data, size};
    char path[64];

    snprintf(path, sizeof path, "/dev/shm/watchdeck-fuzz-%ld", (long)getpid());
    check_journal(path, text);
    seal_lines(text, &sealed);
    check_journal(path, buf_sv(&sealed));
    unlink(path);
    buf_clear(&sealed);
    buf_addf(&sealed, "%s.claims", path);
    rmdir(buf_cstr(&sealed));
    return 0;
}
