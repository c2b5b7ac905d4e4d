#include "tests/unit/change/helper_judge.h"

#include <stdio.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/map.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "core/store/audit.h"

/* What the journal says of one change. */
struct history {
    size_t ends, undone;
    char last[16], end[16];
};

static bool is_end(struct sv state)
{
    static const char *const ends[] = {"SUCCEEDED", "UNVERIFIED", "FAILED", "REFUSED"};

    for (size_t i = 0; i < ARRAY_LEN(ends); i++)
        if (sv_eq_cstr(state, ends[i]))
            return true;
    return false;
}

static struct history *history_of(struct map *histories, struct sv id)
{
    union map_value *at = map_put(histories, id, NULL);

    if (at->ptr == NULL)
        at->ptr = mem_new(struct history);
    return at->ptr;
}

static void add_line(struct map *histories, struct sv text, struct verdict *verdict)
{
    cJSON *line;

    if (json_parse(text, "journal", &line, NULL) != OK) {
        snprintf(verdict->complaint, sizeof verdict->complaint, "a journal line is no JSON");
        return;
    }
    struct history *history = history_of(histories, json_sv(line, "id"));
    struct sv state = json_sv(line, "state");
    sv_copy(state, history->last, sizeof history->last);
    history->undone += sv_eq_cstr(state, "UNDONE");
    if (is_end(state)) {
        history->ends++;
        sv_copy(state, history->end, sizeof history->end);
    }
    json_free(line);
}

static void judge_history(struct sv id, const struct history *history, struct verdict *verdict)
{
    verdict->changes++;
    verdict->succeeded += strcmp(history->end, "SUCCEEDED") == 0;
    verdict->failed += strcmp(history->end, "FAILED") == 0;
    verdict->other += history->ends != 0 && strcmp(history->end, "SUCCEEDED") != 0 &&
                      strcmp(history->end, "FAILED") != 0;
    verdict->undone += history->undone;
    verdict->open += history->ends == 0;
    if (history->ends != 1 || history->undone > 1)
        snprintf(verdict->complaint, sizeof verdict->complaint,
                 SV_FMT " has %zu end states, is undone %zu times, and is %s", SV_ARG(id),
                 history->ends, history->undone, history->last);
}

static void judge_journal(const char *path, struct verdict *verdict)
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    struct map histories = {0};
    union map_value value;
    struct sv id;

    os_read_file(path, BUF_CAP_DEFAULT, &text, NULL);
    for (struct sv rest = buf_sv(&text); rest.len != 0;)
        add_line(&histories, sv_split(&rest, '\n'), verdict);
    for (size_t at = 0; map_next(&histories, &at, &id, &value);) {
        judge_history(id, value.ptr, verdict);
        mem_free(value.ptr);
    }
    map_done(&histories);
}

static void complain(void *arg, size_t record, enum audit_fault fault)
{
    struct verdict *verdict = arg;
    snprintf(verdict->complaint, sizeof verdict->complaint, "trail: record %zu: %s", record,
             audit_fault_name(fault));
}

void judge_store(const char *dir, struct verdict *verdict)
{
    char path[512];
    struct err err = ERR_NONE;

    *verdict = (struct verdict){0};
    snprintf(path, sizeof path, "%s/journal", dir);
    judge_journal(path, verdict);
    snprintf(path, sizeof path, "%s/audit", dir);
    if (audit_verify(path, NULL, NULL, false, complain, verdict, NULL, &err) != OK &&
        verdict->complaint[0] == '\0')
        snprintf(verdict->complaint, sizeof verdict->complaint, "trail: %s", err.message);
}
