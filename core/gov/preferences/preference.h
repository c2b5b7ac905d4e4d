/*
 * preference: what the session preferences of an account in a region say, field by field: the
 * inputs of the document SSM-SessionManagerRunShell (type Session, schema 1.0), by which every
 * shell there begins. What the document leaves out, and all of it where there is no such document,
 * is as AWS has it by default.
 */
#ifndef CORE_GOV_PREFERENCE_H
#define CORE_GOV_PREFERENCE_H

#include "core/base/digest.h"
#include "core/base/json.h"
#include "core/gov/security_group/sg_policy.h"
#include "core/session/terms.h"

/* The longest that a session may be idle by PCI DSS 8.2.8, in minutes. */
#define PREFERENCES_PCI_IDLE_MIN 15

enum preference {
    PREFERENCE_KEY,
    PREFERENCE_LOG_GROUP,
    PREFERENCE_LOG_ENCRYPTED,
    PREFERENCE_LOG_STREAMED,
    PREFERENCE_BUCKET,
    PREFERENCE_BUCKET_PREFIX,
    PREFERENCE_BUCKET_ENCRYPTED,
    PREFERENCE_RUN_AS,
    PREFERENCE_RUN_AS_USER,
    PREFERENCE_IDLE,
    PREFERENCE_DURATION,
    PREFERENCE_PROFILE_LINUX,
    PREFERENCE_PROFILE_WINDOWS,
    N_PREFERENCES
};

/* Its name in the inputs: "idleSessionTimeout", "shellProfile.linux". */
const char *preference_name(enum preference preference);

/* A value for each field, owned; NULL: nothing is said of it. Flags are "true" and "false", minutes
 * decimal, "" is nothing (no key, no bucket, no limit). */
struct preferences {
    char *values[N_PREFERENCES];
};
void preferences_done(struct preferences *preferences);

/*
 * Reads inputs, an object or NULL, into *preferences (the caller's, whatever comes of it); fields
 * that it lacks stay NULL. Members that are no preference are left alone. ERR_PARSE names the field
 * whose value is none: not text, flag or minutes as AWS has it (idle 1..60, duration 1..1440).
 */
enum err_code preferences_from_inputs(const cJSON *inputs, struct preferences *preferences,
                                      struct err *err);
/* The same for the content of a document. ERR_PARSE also when it is no document of shells. */
enum err_code preferences_from_content(struct sv content, struct preferences *preferences,
                                       struct err *err);
/* Sets a field in inputs, an object, as the document writes it. value: as above. */
void preference_to_inputs(enum preference preference, const char *value, cJSON *inputs);

/* What holds: the value, or AWS's default where nothing is said. Borrowed. */
const char *preference_value(const struct preferences *preferences, enum preference preference);
/* The same for people: "20 min", "none", "no". */
void preference_text(enum preference preference, const char *value, struct buf *text);

/* How severe it is that current stands where approved was approved; SEVERITY_NONE when they say the
 * same. A key may be called by its alias or by the ARN of that. Pure. */
enum severity preference_severity(enum preference preference, const char *approved,
                                  const char *current);
/* What is to be known of a value whatever is approved: "" or that PCI DSS 8.2.8 does not allow it.
 */
const char *preference_note(enum preference preference, const char *value);

/* SHA-256 over what is said in *preferences; in hex. Pure. */
void preferences_hash(const struct preferences *preferences, char hash[SHA256_HEX_SIZE]);

/* Parameters, the caller's, of GetDocument for the document of the preferences; "": the default
 * version. */
cJSON *preferences_get_params(const char *version);

#endif
