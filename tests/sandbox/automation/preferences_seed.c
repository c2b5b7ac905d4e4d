#include "tests/sandbox/automation/preferences_seed.h"

#include <string.h>

#include "core/base/mem.h"

#define CONTENT(inputs)                                                                    \
    "{\"schemaVersion\":\"1.0\",\"description\":\"Document to hold regional settings for " \
    "Session Manager\",\"sessionType\":\"Standard_Stream\",\"inputs\":{" inputs "}}"
#define LOGGED(group, encrypted)                                                          \
    "\"cloudWatchLogGroupName\":\"" group "\",\"cloudWatchEncryptionEnabled\":" encrypted \
    ",\"cloudWatchStreamingEnabled\":false,"
#define NOT_KEPT "\"s3BucketName\":\"\",\"s3KeyPrefix\":\"\",\"s3EncryptionEnabled\":true,"
#define GROUP    "session-manager-logs"
#define KEY      "alias/session-manager-encryption"

static const struct preferences_seed seeds[] = {
    {"search",
     CONTENT(NOT_KEPT LOGGED(GROUP,
                             "true") "\"runAsEnabled\":false,\"runAsDefaultUser\":\"\","
                                     "\"idleSessionTimeout\":\"20\",\"maxSessionDuration\":\"60\""),
     GROUP, KEY, "", ""},
    {"data-lake",
     CONTENT(NOT_KEPT LOGGED(
         GROUP,
         "true") "\"runAsEnabled\":false,\"idleSessionTimeout\":\"15\","
                 "\"maxSessionDuration\":\"60\",\"shellProfile\":{\"linux\":\"exec /bin/bash -l\","
                 "\"windows\":\"\"}"),
     GROUP, KEY, "", ""},
    {"mobile",
     CONTENT(NOT_KEPT LOGGED("mobile-shells",
                             "false") "\"runAsEnabled\":false,"
                                      "\"idleSessionTimeout\":\"60\",\"maxSessionDuration\":\"\""),
     "mobile-shells", "", "", ""},
    {"identity",
     CONTENT("\"s3BucketName\":\"acme-session-logs\",\"s3KeyPrefix\":\"identity/\","
             "\"s3EncryptionEnabled\":true,\"cloudWatchEncryptionEnabled\":true,"
             "\"runAsEnabled\":false,\"idleSessionTimeout\":\"15\",\"maxSessionDuration\":\"120\""),
     "", "", "acme-session-logs", "identity/"},
};

const struct preferences_seed *preferences_seed_find(const char *account)
{
    for (size_t i = 0; i < ARRAY_LEN(seeds); i++)
        if (strcmp(seeds[i].account, account) == 0)
            return &seeds[i];
    return NULL;
}
