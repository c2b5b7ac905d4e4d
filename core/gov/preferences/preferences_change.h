/*
 * preferences_change: another content for the session preferences of an account in a region: the
 * change kind `session-preferences`.
 *
 * ssm UpdateDocument with DocumentVersion $LATEST, and UpdateDocumentDefaultVersion to the version
 * that comes of it, for sessions begin by the default one; or that alone, when the latest version
 * is as wanted already; or CreateDocument, where there is none. Nothing is sent when the document
 * is another than the plan found: its default version, its latest, or the hash of its content. Done
 * when the default version is seen to have the wanted content.
 *
 * Its inverse puts the earlier content back in the same way, as one more version; of a document
 * that was created, DeleteDocument.
 */
#ifndef CORE_GOV_PREFERENCES_CHANGE_H
#define CORE_GOV_PREFERENCES_CHANGE_H

#include "core/change/gate.h"

extern const struct change_kind change_preferences;

/* The document as it was read. */
struct preferences_document {
    bool is_there;
    int64_t version, latest; /* the default version, and the newest */
    struct sv content;       /* of the default one; borrowed */
    bool latest_is_wanted;   /* the newest has the wanted content */
};

/* A plan, the caller's, with its calls, its inverse and its state; the rest is the planner's.
 * wanted: the content that is to hold; SV_NONE: no document. */
struct change_plan *preferences_plan_new(const struct preferences_document *before,
                                         struct sv wanted);

#endif
