/*
 * session_document: what a document of type Session (schema 1.0) makes of its parameters: the kind
 * of a session, what is done in it, and how it is kept.
 */
#ifndef SANDBOX_SESSION_SESSION_DOCUMENT_H
#define SANDBOX_SESSION_SESSION_DOCUMENT_H

#include <cjson/cJSON.h>

#include "core/base/str.h"
#include "tests/sandbox/session/agent.h"

/* The preferences of an account in a region: the document of shells, and what holds for all
 * sessions whose own document has no inputs. */
#define DOCUMENT_SHELL "SSM-SessionManagerRunShell"

struct session_shape {
    enum session_type type;
    /*
     * Of a port session what its client is told too: portNumber, type, host, ... Of a command:
     * command, separateOutputStream, stdOutSeparatorPrefix, stdErrSeparatorPrefix. Of a shell:
     * profile, what is typed first.
     */
    cJSON *properties;
    char kms_key_id[200];                         /* "": it is not encrypted */
    int64_t idle_min, max_min;                    /* 0: not said */
    char bucket[64], prefix[200], log_group[200]; /* where its output is kept; "": nowhere */
    bool log_is_encrypted, log_is_streamed;       /* it has to be; it is kept as it comes */
    bool runs_as;                                 /* another user than the agent's own... */
    char run_as[64];                              /* ...namely this */
};

/*
 * Reads content, a document's, with parameters, {name: [text]} or NULL. False, and why: a parameter
 * is missing, unknown or not allowed, or the document is none of sessions. Release *shape with
 * session_shape_done in any case.
 */
bool session_document_read(const cJSON *content, const cJSON *parameters,
                           struct session_shape *shape, struct buf *why);
/* What the preferences say is taken where content has no inputs of its own. */
void session_document_prefer(const cJSON *content, const cJSON *preferences,
                             struct session_shape *shape);
void session_shape_done(struct session_shape *shape);

/* The preferences that hold where nobody has made any. */
extern const char session_document_default[];

#endif
