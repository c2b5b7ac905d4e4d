#include "core/gov/preferences/preference.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

/* What the values of a field are. */
enum form { TEXT, KEY, FLAG, MINUTES };

/* The severities are ours. weaker: less is kept, or known, or bounded than was approved. */
static const struct {
    const char *name; /* in the inputs, dots between */
    enum form form;
    int64_t max;           /* of minutes */
    const char *otherwise; /* AWS's default */
    enum severity weaker, other;
} fields[N_PREFERENCES] = {
    [PREFERENCE_KEY] = {"kmsKeyId", KEY, 0, "", SEVERITY_HIGH, SEVERITY_MEDIUM},
    [PREFERENCE_LOG_GROUP] = {"cloudWatchLogGroupName", TEXT, 0, "", SEVERITY_HIGH,
                              SEVERITY_MEDIUM},
    [PREFERENCE_LOG_ENCRYPTED] = {"cloudWatchEncryptionEnabled", FLAG, 0, "true", SEVERITY_HIGH,
                                  SEVERITY_LOW},
    [PREFERENCE_LOG_STREAMED] = {"cloudWatchStreamingEnabled", FLAG, 0, "false", SEVERITY_MEDIUM,
                                 SEVERITY_LOW},
    [PREFERENCE_BUCKET] = {"s3BucketName", TEXT, 0, "", SEVERITY_HIGH, SEVERITY_MEDIUM},
    [PREFERENCE_BUCKET_PREFIX] = {"s3KeyPrefix", TEXT, 0, "", SEVERITY_LOW, SEVERITY_LOW},
    [PREFERENCE_BUCKET_ENCRYPTED] = {"s3EncryptionEnabled", FLAG, 0, "true", SEVERITY_HIGH,
                                     SEVERITY_LOW},
    [PREFERENCE_RUN_AS] = {"runAsEnabled", FLAG, 0, "false", SEVERITY_HIGH, SEVERITY_MEDIUM},
    [PREFERENCE_RUN_AS_USER] = {"runAsDefaultUser", TEXT, 0, "", SEVERITY_MEDIUM, SEVERITY_MEDIUM},
    [PREFERENCE_IDLE] = {"idleSessionTimeout", MINUTES, 60, "20", SEVERITY_MEDIUM, SEVERITY_LOW},
    [PREFERENCE_DURATION] = {"maxSessionDuration", MINUTES, 1440, "", SEVERITY_MEDIUM,
                             SEVERITY_LOW},
    /* Commands that everybody's shell begins with: none are weaker, others nobody has approved. */
    [PREFERENCE_PROFILE_LINUX] = {"shellProfile.linux", TEXT, 0, "", SEVERITY_MEDIUM,
                                  SEVERITY_HIGH},
    [PREFERENCE_PROFILE_WINDOWS] = {"shellProfile.windows", TEXT, 0, "", SEVERITY_MEDIUM,
                                    SEVERITY_HIGH},
};

const char *preference_name(enum preference preference)
{
    return fields[preference].name;
}

void preferences_done(struct preferences *preferences)
{
    for (size_t i = 0; i < N_PREFERENCES; i++) {
        mem_free(preferences->values[i]);
        preferences->values[i] = NULL;
    }
}

/* --- reading --------------------------------------------------------------------------------- */

static char *take_text(const cJSON *item)
{
    return cJSON_IsString(item) ? sv_dup(json_string(item)) : NULL;
}

static char *take_flag(const cJSON *item)
{
    struct sv text = json_string(item);
    if (cJSON_IsBool(item))
        return mem_strdup(cJSON_IsTrue(item) ? "true" : "false");
    if (sv_eq_nocase(text, SV("true")) || sv_eq_nocase(text, SV("false")))
        return mem_strdup(text.len == 4 ? "true" : "false");
    return NULL;
}

/* A number or its digits; "" is no limit, or AWS's. */
static char *take_minutes(const cJSON *item, int64_t max)
{
    int64_t minutes = 0;
    if (cJSON_IsString(item) && item->valuestring[0] == '\0')
        return mem_strdup("");
    if (!json_to_i64(item, &minutes) || minutes < 1 || minutes > max)
        return NULL;
    struct buf text = BUF_NONE;
    buf_addf(&text, "%lld", (long long)minutes);
    return buf_take(&text);
}

static char *take_value(size_t i, const cJSON *item)
{
    if (fields[i].form == FLAG)
        return take_flag(item);
    return fields[i].form == MINUTES ? take_minutes(item, fields[i].max) : take_text(item);
}

static const char *wanted(size_t i)
{
    return fields[i].form == FLAG                         ? "true or false"
           : fields[i].form != MINUTES                    ? "a text"
           : fields[i].max == fields[PREFERENCE_IDLE].max ? "minutes, 1 to 60,"
                                                          : "minutes, 1 to 1440,";
}

enum err_code preferences_from_inputs(const cJSON *inputs, struct preferences *preferences,
                                      struct err *err)
{
    *preferences = (struct preferences){0};
    for (size_t i = 0; i < N_PREFERENCES; i++) {
        const cJSON *item = json_path(inputs, fields[i].name);
        if (!item)
            continue;
        preferences->values[i] = take_value(i, item);
        if (!preferences->values[i])
            return err_set(err, ERR_PARSE, PREFERENCES_DOCUMENT, "%s: %s is wanted", fields[i].name,
                           wanted(i));
    }
    return OK;
}

enum err_code preferences_from_content(struct sv content, struct preferences *preferences,
                                       struct err *err)
{
    AUTO(json_free_at) cJSON *tree = NULL;
    *preferences = (struct preferences){0};
    if (json_parse(content, PREFERENCES_DOCUMENT, &tree, err) != OK)
        return ERR_PARSE;
    if (!sv_eq_cstr(json_sv(tree, "sessionType"), "Standard_Stream"))
        return err_set(err, ERR_PARSE, PREFERENCES_DOCUMENT, "it is no document of shells");
    return preferences_from_inputs(json_get(tree, "inputs"), preferences, err);
}

/* --- writing --------------------------------------------------------------------------------- */

static void set_member(cJSON *object, const char *member, cJSON *take_item)
{
    if (cJSON_HasObjectItem(object, member))
        cJSON_DeleteItemFromObjectCaseSensitive(object, member);
    cJSON_AddItemToObject(object, member, take_item);
}

/* The object of that name in inputs, made where there is none. */
static cJSON *object_in(cJSON *inputs, const char *name)
{
    cJSON *object = cJSON_GetObjectItemCaseSensitive(inputs, name);
    if (!cJSON_IsObject(object)) {
        object = cJSON_CreateObject();
        set_member(inputs, name, object);
    }
    return object;
}

void preference_to_inputs(enum preference preference, const char *value, cJSON *inputs)
{
    const char *name = fields[preference].name, *dot = strchr(name, '.');
    AUTO_FREE char *object = dot ? sv_dup((struct sv){name, (size_t)(dot - name)}) : NULL;
    bool is_flag = fields[preference].form == FLAG;
    set_member(object ? object_in(inputs, object) : inputs, dot ? dot + 1 : name,
               is_flag ? cJSON_CreateBool(strcmp(value, "true") == 0) : cJSON_CreateString(value));
}

/* --- what it means --------------------------------------------------------------------------- */

/* Minutes that are not said are AWS's too. */
const char *preference_value(const struct preferences *preferences, enum preference preference)
{
    const char *value = preferences->values[preference];
    return value && (value[0] || preference != PREFERENCE_IDLE) ? value
                                                                : fields[preference].otherwise;
}

void preference_text(enum preference preference, const char *value, struct buf *text)
{
    if (value[0] == '\0')
        buf_add_cstr(text, preference == PREFERENCE_DURATION ? "no limit" : "none");
    else if (fields[preference].form == FLAG)
        buf_add_cstr(text, strcmp(value, "true") == 0 ? "yes" : "no");
    else if (fields[preference].form == MINUTES)
        buf_addf(text, "%s min", value);
    else
        buf_add_cstr(text, value);
}

static bool ends_with(const char *arn, const char *separator, const char *name)
{
    AUTO(buf_done) struct buf tail = BUF_NONE;
    buf_addf(&tail, "%s%s", separator, name);
    return name[0] && strncmp(arn, "arn:", 4) == 0 && sv_ends(sv_of(arn), buf_sv(&tail));
}

/* alias/x is arn:aws:kms:REGION:ACCOUNT:alias/x; an id is that of arn:...:key/ID. */
static bool is_same_key(const char *a, const char *b)
{
    return ends_with(a, ":", b) || ends_with(b, ":", a) || ends_with(a, ":key/", b) ||
           ends_with(b, ":key/", a);
}

/* No limit is the longest. */
static int64_t minutes_of(const char *value)
{
    return value[0] ? strtoll(value, NULL, 10) : INT64_MAX;
}

static bool is_weaker(enum preference preference, const char *approved, const char *current)
{
    if (fields[preference].form == FLAG)
        return strcmp(approved, "true") == 0;
    if (fields[preference].form == MINUTES)
        return minutes_of(current) > minutes_of(approved);
    return current[0] == '\0';
}

enum severity preference_severity(enum preference preference, const char *approved,
                                  const char *current)
{
    if (strcmp(approved, current) == 0 ||
        (fields[preference].form == KEY && is_same_key(approved, current)))
        return SEVERITY_NONE;
    return is_weaker(preference, approved, current) ? fields[preference].weaker
                                                    : fields[preference].other;
}

const char *preference_note(enum preference preference, const char *value)
{
    return preference == PREFERENCE_IDLE && minutes_of(value) > PREFERENCES_PCI_IDLE_MIN
               ? "PCI DSS 8.2.8: 15 min"
               : "";
}

void preferences_hash(const struct preferences *preferences, char hash[SHA256_HEX_SIZE])
{
    AUTO(buf_done) struct buf text = BUF_NONE;
    for (size_t i = 0; i < N_PREFERENCES; i++)
        if (preferences->values[i])
            buf_addf(&text, "%s=%s\n", fields[i].name, preferences->values[i]);
    sha256_hex(buf_sv(&text), hash);
}

cJSON *preferences_get_params(const char *version)
{
    cJSON *params = cJSON_CreateObject();
    cJSON_AddStringToObject(params, "Name", PREFERENCES_DOCUMENT);
    cJSON_AddStringToObject(params, "DocumentFormat", "JSON");
    if (version[0])
        cJSON_AddStringToObject(params, "DocumentVersion", version);
    return params;
}
