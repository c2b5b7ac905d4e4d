#include "core/gov/preferences/preferences_baseline.h"

#include "core/gov/hand_json.h"
#include "core/gov/settings.h"

struct entry {
    char *accounts, *regions; /* patterns */
    struct preferences approved;
};

struct preferences_baseline {
    VEC(struct entry) entries;
};

void preferences_baseline_free(struct preferences_baseline *baseline)
{
    for (size_t i = 0; baseline && i < baseline->entries.len; i++) {
        struct entry *entry = &baseline->entries.ptr[i];
        preferences_done(&entry->approved);
        mem_free(entry->accounts);
        mem_free(entry->regions);
    }
    if (baseline)
        vec_free(&baseline->entries);
    mem_free(baseline);
}

/* --- reading --------------------------------------------------------------------------------- */

#define INPUTS                                                                 \
    "kmsKeyId cloudWatchLogGroupName cloudWatchEncryptionEnabled "             \
    "cloudWatchStreamingEnabled s3BucketName s3KeyPrefix s3EncryptionEnabled " \
    "runAsEnabled runAsDefaultUser idleSessionTimeout maxSessionDuration shellProfile"

static enum err_code read_inputs(const struct hand_json *file, const cJSON *json,
                                 struct preferences *approved, struct err *err)
{
    struct err why;
    const cJSON *inputs = json_get(json, "inputs"), *profile = json_get(inputs, "shellProfile");
    if (!inputs)
        return hand_json_fault(file, json, err, "inputs: the approved preferences are wanted");
    if (hand_json_check(file, inputs, INPUTS, err) != OK ||
        (profile && hand_json_check(file, profile, "linux windows", err) != OK))
        return err->code;
    if (preferences_from_inputs(inputs, approved, &why) != OK)
        return hand_json_fault(file, inputs, err, "%s", why.message);
    return OK;
}

static enum err_code read_entry(const struct hand_json *file, const cJSON *json,
                                struct preferences_baseline *baseline, struct err *err)
{
    const char *accounts, *regions;
    if (hand_json_check(file, json, "account region inputs comment", err) != OK ||
        hand_json_text(file, json, "account", "*", &accounts, err) != OK ||
        hand_json_text(file, json, "region", "*", &regions, err) != OK)
        return err->code;
    if (patterns_want_tags(sv_of(accounts)))
        return hand_json_fault(file, json, err,
                               "account: tags do not stand here; ids, names, OU paths do");
    vec_push(&baseline->entries,
             ((struct entry){mem_strdup(accounts), mem_strdup(regions), {{0}}}));
    return read_inputs(file, json, &vec_last(&baseline->entries).approved, err);
}

static enum err_code read_all(const struct hand_json *file, struct preferences_baseline *baseline,
                              struct err *err)
{
    if (hand_json_check(file, file->tree, "preferences comment", err) != OK)
        return err->code;
    if (!cJSON_IsArray(json_get(file->tree, "preferences")))
        return hand_json_fault(file, file->tree, err, "preferences: a list is wanted");
    for (const cJSON *item = json_items(file->tree, "preferences"); item; item = item->next)
        if (read_entry(file, item, baseline, err) != OK)
            return err->code;
    return OK;
}

enum err_code preferences_baseline_read(const char *path, struct preferences_baseline **baseline,
                                        struct err *err)
{
    struct hand_json file;
    enum err_code code = hand_json_read(path, &file, err);
    *baseline = code == OK ? mem_new(struct preferences_baseline) : NULL;
    if (code == OK)
        code = read_all(&file, *baseline, err);
    if (code != OK) {
        preferences_baseline_free(*baseline);
        *baseline = NULL;
    }
    hand_json_done(&file);
    return code;
}

/* --- what is approved -------------------------------------------------------------------------
 */

bool preferences_baseline_for(const struct preferences_baseline *baseline,
                              const struct account *account, const char *region,
                              struct preferences *approved)
{
    bool known = false;
    *approved = (struct preferences){0};
    for (size_t i = 0; baseline && account && i < baseline->entries.len; i++) {
        const struct entry *entry = &baseline->entries.ptr[i];
        if (!account_matches(account, sv_of(entry->accounts)) ||
            !patterns_match(sv_of(entry->regions), sv_of(region)))
            continue;
        known = true;
        for (size_t k = 0; k < N_PREFERENCES; k++)
            if (entry->approved.values[k]) {
                mem_free(approved->values[k]);
                approved->values[k] = mem_strdup(entry->approved.values[k]);
            }
    }
    return known;
}
