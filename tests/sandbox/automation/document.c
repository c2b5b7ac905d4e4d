#include "tests/sandbox/automation/document.h"

#include <string.h>

#include "core/base/json.h"
#include "tests/sandbox/automation/preferences_seed.h"

#define OWNED_AGE_MS  (INT64_C(400) * 86400000)
#define SEEDED_AGE_MS (INT64_C(200) * 86400000)

struct documents {
    VEC(struct document *) all; /* by name, then cell */
};

static void version_done(struct document_version *version)
{
    mem_free(version->content);
    cJSON_Delete(version->tree);
}

static void document_free(struct document *document)
{
    for (size_t i = 0; i < document->versions.len; i++)
        version_done(&document->versions.ptr[i]);
    vec_free(&document->versions);
    cJSON_Delete(document->tags);
    mem_free(document);
}

void documents_free(struct world *world)
{
    for (size_t i = 0; world->documents && i < world->documents->all.len; i++)
        document_free(world->documents->all.ptr[i]);
    if (world->documents)
        vec_free(&world->documents->all);
    mem_free(world->documents);
    world->documents = NULL;
}

struct document_version *document_add_version(struct world *world, struct document *document,
                                              const char *content, const char *version_name)
{
    struct document_version version = {
        .content = mem_strdup(content), .created_ms = world_now_ms(world), .number = 1};
    if (document->versions.len > 0)
        version.number = vec_last(&document->versions).number + 1;
    json_parse(sv_of(content), "document", &version.tree, NULL);
    sha256_hex(sv_of(content), version.hash);
    str_copy(version.name, version_name);
    vec_push(&document->versions, version);
    return &vec_last(&document->versions);
}

static void insert(struct documents *documents, struct document *document)
{
    vec_push(&documents->all, document);
    for (size_t i = documents->all.len - 1; i > 0; i--) {
        struct document **pair = &documents->all.ptr[i - 1];
        if (strcmp(pair[0]->name, pair[1]->name) <= 0)
            break;
        struct document *larger = pair[0];
        pair[0] = pair[1];
        pair[1] = larger;
    }
}

static struct document *add(struct world *world, struct documents *documents, const char *name,
                            const char *type, const char *content, const char *version_name)
{
    struct document *document = mem_new(struct document);
    str_copy(document->name, name);
    str_copy(document->type, type);
    document_add_version(world, document, content, version_name);
    document->tags = cJSON_CreateObject();
    document->default_version = 1;
    insert(documents, document);
    return document;
}

/* The session preferences that accounts have made long ago. */
static void add_preferences(struct world *world, struct documents *documents)
{
    for (uint32_t cell = 0; cell < world->n_cells; cell++) {
        const struct preferences_seed *seed =
            preferences_seed_find(cell_account(world, cell)->name);
        if (!seed)
            continue;
        struct document *document =
            add(world, documents, "SSM-SessionManagerRunShell", "Session", seed->content, "");
        document->cell = cell;
        cJSON_AddStringToObject(document->tags, "Owner", "team-platform");
        document->versions.ptr[0].created_ms = world->start_ms - SEEDED_AGE_MS;
    }
}

/* Those that AWS owns come with the world. */
static struct documents *documents_of(struct world *world)
{
    if (world->documents)
        return world->documents;
    world->documents = mem_new(struct documents);
    for (size_t i = 0; i < n_owned_documents; i++) {
        const struct owned_document *owned = &owned_documents[i];
        struct document *document =
            add(world, world->documents, owned->name, "Automation", owned->content, "");
        document->is_owned = true;
        if (json_get(document->versions.ptr[0].tree, "sessionType"))
            str_copy(document->type, "Session");
        document->versions.ptr[0].created_ms = world->start_ms - OWNED_AGE_MS;
    }
    add_preferences(world, world->documents);
    return world->documents;
}

struct document *document_add(struct world *world, uint32_t cell, const char *name,
                              const char *type, const char *content, const char *version_name)
{
    struct document *document = add(world, documents_of(world), name, type, content, version_name);
    document->cell = cell;
    return document;
}

static void remove_all(struct documents *documents, struct document *document)
{
    size_t n = 0;
    for (size_t i = 0; i < documents->all.len; i++)
        if (documents->all.ptr[i] != document)
            documents->all.ptr[n++] = documents->all.ptr[i];
    documents->all.len = n;
    document_free(document);
}

void document_remove(struct world *world, struct document *document,
                     struct document_version *take_version)
{
    if (!take_version || document->versions.len == 1) {
        remove_all(documents_of(world), document);
        return;
    }
    size_t i = (size_t)(take_version - document->versions.ptr);
    version_done(take_version);
    memmove(take_version, take_version + 1,
            (document->versions.len - i - 1) * sizeof *take_version);
    document->versions.len--;
}

static bool is_seen(const struct document *document, uint32_t cell)
{
    return document->is_owned || document->cell == cell;
}

/* "arn:aws:ssm:REGION:ACCOUNT:document/NAME" is NAME; of another account or region it is none. */
static struct sv name_in_arn(struct world *world, uint32_t cell, struct sv name)
{
    AUTO(buf_done) struct buf own = BUF_NONE;
    if (!sv_starts(name, SV("arn:")))
        return name;
    buf_addf(&own, "arn:aws:ssm:%s:%s:document/", cell_region(world, cell),
             cell_account(world, cell)->id);
    if (sv_starts(name, buf_sv(&own)))
        return (struct sv){name.ptr + own.len, name.len - own.len};
    buf_clear(&own);
    buf_addf(&own, "arn:aws:ssm:%s::document/", cell_region(world, cell));
    if (sv_starts(name, buf_sv(&own)))
        return (struct sv){name.ptr + own.len, name.len - own.len};
    return SV_NONE;
}

struct document *document_find(struct world *world, uint32_t cell, const char *name)
{
    const struct documents *documents = documents_of(world);
    struct sv wanted = name_in_arn(world, cell, sv_of(name));
    for (size_t i = 0; i < documents->all.len; i++)
        if (is_seen(documents->all.ptr[i], cell) && sv_eq_cstr(wanted, documents->all.ptr[i]->name))
            return documents->all.ptr[i];
    return NULL;
}

struct document_version *document_version(const struct document *document, const char *version,
                                          const char *version_name)
{
    int64_t wanted = document->default_version;
    if (strcmp(version, "$LATEST") == 0)
        wanted = vec_last(&document->versions).number;
    else if (*version && strcmp(version, "$DEFAULT") != 0 && !sv_to_i64(sv_of(version), &wanted))
        return NULL;
    for (size_t i = 0; i < document->versions.len; i++) {
        struct document_version *it = &document->versions.ptr[i];
        if (*version_name && strcmp(it->name, version_name) != 0)
            continue;
        if (it->number == wanted || !(*version || !*version_name))
            return it;
    }
    return NULL;
}

struct document *document_at(struct world *world, uint32_t cell, size_t i)
{
    const struct documents *documents = documents_of(world);
    for (size_t n = 0; n < documents->all.len; n++)
        if (is_seen(documents->all.ptr[n], cell) && i-- == 0)
            return documents->all.ptr[n];
    return NULL;
}
