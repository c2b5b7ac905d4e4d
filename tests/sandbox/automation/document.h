/*
 * document: documents of Systems Manager and their versions.
 *
 * A document belongs to one account in one region; those that AWS owns are there in all of them.
 * The content is kept byte for byte as it came, since its hash is made over these bytes.
 */
#ifndef SANDBOX_DOCUMENT_H
#define SANDBOX_DOCUMENT_H

#include "core/base/digest.h"
#include "tests/sandbox/world/world_model.h"

#define DOCUMENT_NAME_SIZE 129

struct document_version {
    char *content;
    cJSON *tree;                   /* the content, parsed */
    char name[DOCUMENT_NAME_SIZE]; /* VersionName; "": none */
    char hash[SHA256_HEX_SIZE];    /* of the content */
    int64_t created_ms;
    int number; /* 1, 2, ... */
};

struct document {
    uint32_t cell;
    bool is_owned; /* by AWS: its cell says nothing */
    char name[DOCUMENT_NAME_SIZE];
    char type[32]; /* "Automation" */
    char target_type[200];
    cJSON *tags;                           /* {key: value} */
    VEC(struct document_version) versions; /* never empty; numbers may have holes */
    int default_version;
};

/* Adds a document with its first version; the content is valid: document_check. The document is
 * the world's until it is deleted, as is what is given to it. */
struct document *document_add(struct world *world, uint32_t cell, const char *name,
                              const char *type, const char *content, const char *version_name);
/* One more version of it, the latest from now on. */
struct document_version *document_add_version(struct world *world, struct document *document,
                                              const char *content, const char *version_name);
/* Takes one version away; the last one takes the document with it, as does version NULL. */
void document_remove(struct world *world, struct document *document,
                     struct document_version *take_version);

/* By name or ARN, as a caller in that cell sees it; NULL when there is none. */
struct document *document_find(struct world *world, uint32_t cell, const char *name);
/* A version by "$LATEST", "$DEFAULT", "" (the default), its number; and by its name when
 * version_name is not "". NULL when there is none. */
struct document_version *document_version(const struct document *document, const char *version,
                                          const char *version_name);
/* The i-th of what is seen from the cell, by name: those that AWS owns among them; NULL behind the
 * last. */
struct document *document_at(struct world *world, uint32_t cell, size_t i);

/*
 * Whether content is a document of that type: JSON; schema 0.3 of an Automation with steps that
 * have names, known actions, ways on that exist, inputs that the action needs; schema 1.0 of a
 * Session with a known sessionType and known inputs; parameters with known types. False with the
 * reason, in words, in why.
 */
bool document_check(const char *type, const char *content, struct buf *why);

/* What AWS owns, by a table: owned.c. */
struct owned_document {
    const char *name, *content;
};
extern const struct owned_document owned_documents[];
extern const size_t n_owned_documents;
/* The content of the organization's own document that waiting automations run. */
extern const char *const close_rule_document;

#endif
