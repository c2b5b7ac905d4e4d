#include "core/aws/wire/xml.h"

#include <expat.h>
#include <string.h>

#include "core/base/mem.h"

/* An element that is open. */
struct frame {
    char *name;
    cJSON *node;        /* NULL as long as it may be a leaf */
    cJSON *last;        /* the newest child of node */
    bool last_is_group; /* it is the array of siblings of one name */
    struct buf text;    /* kept from one element of this depth to the next */
};

struct reader {
    XML_Parser parser;
    struct frame frames[JSON_DEPTH_MAX];
    size_t depth, n_nodes;
    const char *refusal; /* why the document is not read; NULL: it is */
    char *root_name;
    cJSON *root;
};

static void refuse(struct reader *reader, const char *why)
{
    if (reader->refusal == NULL)
        reader->refusal = why;
    XML_StopParser(reader->parser, XML_FALSE);
}

static bool names_an_element_of_a_list(const char *name)
{
    return strcmp(name, "item") == 0 || strcmp(name, "member") == 0;
}

/* --- building -------------------------------------------------------------------------------- */

/* A second sibling of one name turns the first into an array of both. */
static void group_with_last(struct frame *parent, const char *name, cJSON *value)
{
    if (!parent->last_is_group) {
        cJSON *group = cJSON_CreateArray();
        cJSON_DetachItemViaPointer(parent->node, parent->last);
        cJSON_AddItemToArray(group, parent->last);
        cJSON_AddItemToObject(parent->node, name, group);
        parent->last = group;
        parent->last_is_group = true;
    }
    cJSON_AddItemToArray(parent->last, value);
}

static void attach(struct frame *parent, const char *name, cJSON *value)
{
    if (cJSON_IsArray(parent->node)) {
        cJSON_AddItemToArray(parent->node, value);
    } else if (parent->last != NULL && strcmp(parent->last->string, name) == 0) {
        group_with_last(parent, name, value);
    } else {
        cJSON_AddItemToObject(parent->node, name, value);
        parent->last = value;
        parent->last_is_group = false;
    }
}

static void on_start(void *arg, const XML_Char *name, const XML_Char **attributes)
{
    struct reader *reader = arg;
    (void)attributes;
    if (reader->depth == JSON_DEPTH_MAX) {
        refuse(reader, "nested too deeply");
        return;
    }
    if (++reader->n_nodes > XML_NODES_MAX) {
        refuse(reader, "too many elements");
        return;
    }
    struct frame *frame = &reader->frames[reader->depth];
    struct frame *parent = reader->depth > 0 ? frame - 1 : NULL;
    if (parent != NULL && parent->node == NULL)
        parent->node =
            names_an_element_of_a_list(name) ? cJSON_CreateArray() : cJSON_CreateObject();
    frame->name = mem_strdup(name);
    frame->node = frame->last = NULL;
    frame->last_is_group = false;
    buf_clear(&frame->text);
    reader->depth++;
}

static void on_text(void *arg, const XML_Char *text, int len)
{
    struct reader *reader = arg;
    if (reader->depth == 0)
        return;
    struct frame *frame = &reader->frames[reader->depth - 1];
    if (frame->node == NULL)
        buf_add(&frame->text, (struct sv){text, (size_t)len});
}

static void on_end(void *arg, const XML_Char *name)
{
    struct reader *reader = arg;
    if (reader->refusal != NULL)
        return;
    struct frame *frame = &reader->frames[--reader->depth];
    cJSON *value = frame->node != NULL ? frame->node : cJSON_CreateString(buf_cstr(&frame->text));
    frame->node = NULL;
    if (reader->depth > 0) {
        attach(frame - 1, name, value);
        mem_free(frame->name);
    } else {
        reader->root = value;
        reader->root_name = frame->name;
    }
    frame->name = NULL;
}

static void on_doctype(void *arg, const XML_Char *name, const XML_Char *system_id,
                       const XML_Char *public_id, int has_internal_subset)
{
    (void)name, (void)system_id, (void)public_id, (void)has_internal_subset;
    refuse(arg, "a document type declaration");
}

/* --- stripping ------------------------------------------------------------------------------- */

/* In <OpResponse>: takes <OpResult> out of root, NULL when there is none. */
static cJSON *take_result(cJSON *root, const char *root_name)
{
    struct sv name = sv_of(root_name);
    if (!sv_ends(name, SV("Response")))
        return NULL;
    AUTO(buf_done) struct buf result_name = BUF_NONE;
    buf_add(&result_name, (struct sv){name.ptr, name.len - (sizeof "Response" - 1)});
    buf_add_cstr(&result_name, "Result");
    return cJSON_DetachItemFromObjectCaseSensitive(root, buf_cstr(&result_name));
}

/* The members that stand beside the result; in conflict the result's own stay. */
static void move_members(cJSON *from, cJSON *to)
{
    while (cJSON_IsObject(from) && from->child != NULL) {
        cJSON *member = cJSON_DetachItemViaPointer(from, from->child);
        if (cJSON_GetObjectItemCaseSensitive(to, member->string) != NULL)
            cJSON_Delete(member);
        else
            cJSON_AddItemToObject(to, member->string, member);
    }
}

/* Gives the tree without its wrappers; root is used up. */
static cJSON *strip_wrappers(cJSON *root, const char *root_name)
{
    if (!cJSON_IsObject(root) && !cJSON_IsArray(root)) {
        cJSON_Delete(root);
        return cJSON_CreateObject();
    }
    cJSON *metadata = cJSON_DetachItemFromObjectCaseSensitive(root, "ResponseMetadata");
    cJSON *result = take_result(root, root_name);
    if (result != NULL && !cJSON_IsObject(result)) { /* <OpResult/> */
        cJSON_Delete(result);
        result = cJSON_CreateObject();
    }
    if (result != NULL) {
        move_members(root, result);
        cJSON_Delete(root);
        root = result;
    }
    if (cJSON_IsObject(root))
        move_members(metadata, root);
    cJSON_Delete(metadata);
    return root;
}

/* --- parsing --------------------------------------------------------------------------------- */

static void reader_done(struct reader *reader)
{
    for (size_t i = 0; i < JSON_DEPTH_MAX; i++) {
        mem_free(reader->frames[i].name);
        cJSON_Delete(reader->frames[i].node);
        buf_done(&reader->frames[i].text);
    }
    cJSON_Delete(reader->root);
    mem_free(reader->root_name);
    XML_ParserFree(reader->parser);
}

static bool is_response_of(struct sv root_name, const char *op)
{
    return sv_starts(root_name, sv_of(op)) &&
           sv_eq_cstr((struct sv){root_name.ptr + strlen(op), root_name.len - strlen(op)},
                      "Response");
}

enum err_code xml_parse(struct sv text, const char *op, const char *where, cJSON **tree,
                        struct err *err)
{
    AUTO(reader_done) struct reader reader = {.parser = XML_ParserCreate("UTF-8")};
    if (reader.parser == NULL)
        return err_set(err, ERR_NOMEM, where, "expat has no memory");
    XML_SetUserData(reader.parser, &reader);
    XML_SetElementHandler(reader.parser, on_start, on_end);
    XML_SetCharacterDataHandler(reader.parser, on_text);
    XML_SetStartDoctypeDeclHandler(reader.parser, on_doctype);

    bool whole = text.len <= INT32_MAX &&
                 XML_Parse(reader.parser, text.ptr, (int)text.len, XML_TRUE) == XML_STATUS_OK;
    if (reader.refusal != NULL)
        return err_set(err, ERR_PARSE, where, "XML refused: %s", reader.refusal);
    if (!whole)
        return err_set(err, ERR_PARSE, where, "XML is malformed in line %lu: %s",
                       XML_GetCurrentLineNumber(reader.parser),
                       XML_ErrorString(XML_GetErrorCode(reader.parser)));
    if (op != NULL && !is_response_of(sv_of(reader.root_name), op))
        return err_set(err, ERR_PARSE, where, "the reply is <%.60s>, not <%sResponse>",
                       reader.root_name, op);
    *tree = strip_wrappers(reader.root, reader.root_name);
    reader.root = NULL;
    return OK;
}
