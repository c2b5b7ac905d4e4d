/*
 * terms: what is written down about a session whose node says nothing: whether its document gives a
 * shell, and whether that is encrypted. It is so by the document itself (sessionType, inputs), or
 * by the preferences of its account and region (SSM-SessionManagerRunShell), which hold for AWS's
 * own documents too; agents begin a shell without encryption, and nothing else, without a
 * handshake.
 */
#ifndef CORE_SESSION_TERMS_H
#define CORE_SESSION_TERMS_H

#include "core/aws/client.h"

/* The preferences, which are no document like others: without any, AWS's defaults hold. */
#define PREFERENCES_DOCUMENT "SSM-SessionManagerRunShell"

struct terms {
    struct err err;    /* not OK: it is not known, the rest says nothing */
    bool is_shell;     /* Standard_Stream or InteractiveCommands */
    bool is_encrypted; /* one of them names a key */
};

/* AWS's own documents of commands and ports: agents shake hands first, whatever the preferences.
 * NULL is none of them. Pure. */
bool terms_want_handshake(const char *document);

/* Adds what a document's content, JSON, says. ERR_PARSE when that is none. Pure. */
enum err_code terms_add(struct terms *terms, struct sv content, struct err *err);

/* Whether a node of that session that has answered and been silent n times, SILENCE_MS each, begins
 * without a handshake. What is not known is waited out: no agent that wants one takes so long.
 * Pure.
 */
bool terms_have_no_handshake(const struct terms *terms, unsigned n_silences);

typedef void terms_fn(void *arg, const struct terms *terms);

/* Reads the document (NULL: the preferences alone) and the preferences: GetDocument, READs. Asked
 * on RUN_NET, answered there, not from within, and not once scope is closed. */
void call_for_terms(struct aws_client *client, struct scope *scope, const struct aws_target *target,
                    const char *document, terms_fn *done, void *arg);

#endif
