/*
 * session_document: what the documents of Session Manager make of their parameters: the kind of a
 * session, and the properties that the node (and of port sessions the client) gets.
 */
#ifndef SANDBOX_SESSION_SESSION_DOCUMENT_H
#define SANDBOX_SESSION_SESSION_DOCUMENT_H

#include <cjson/cJSON.h>

#include "core/base/str.h"
#include "tests/sandbox/session/agent.h"

#define DOCUMENT_SHELL "SSM-SessionManagerRunShell"

struct session_document;

/* The document of that name or ARN; "" is the shell's. NULL when there is none. */
const struct session_document *session_document_find(struct sv name);
const char *session_document_name(const struct session_document *document);
enum session_type session_document_type(const struct session_document *document);
/* Fills parameters ({name: [text]}, or NULL) into its properties; the caller's. NULL, and why in
 * *why: one is missing, unknown, or not of its form. */
cJSON *session_document_fill(const struct session_document *document, const cJSON *parameters,
                             struct buf *why);

#endif
