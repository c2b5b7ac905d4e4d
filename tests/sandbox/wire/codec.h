/*
 * codec: between the bytes of a protocol and the trees that handlers see.
 *
 * Inside, an input or output is a cJSON object under the model's member names: text as strings,
 * blobs as base64 strings, numbers and booleans as such, timestamps as seconds since 1970.
 */
#ifndef SANDBOX_CODEC_H
#define SANDBOX_CODEC_H

#include <cjson/cJSON.h>

#include "core/base/str.h"
#include "tests/sandbox/wire/api.h"
#include "tests/sandbox/wire/http.h"

#define CODEC_BODY_MAX ((size_t)1 << 20) /* of a request, in bytes */

const char *codec_content_type(enum protocol protocol);

/* Why an input could not be read. Of the Query protocols parameter names the one it is about. */
struct codec_problem {
    bool unknown_parameter; /* EC2 alone refuses what it does not know */
    char parameter[160];
    char text[320];
};

/* AWS JSON: reads body by shape (NULL: no input). NULL and *problem when it cannot be read; else
 * free the tree with json_free. Members that the model does not know, and nulls, are left out. */
cJSON *codec_read_json(const struct shape *shape, struct sv body, struct codec_problem *problem);

/* REST: reads the members from where the model has them: query, headers, JSON body. The rest as
 * codec_read_json. */
cJSON *codec_read_rest(const struct shape *shape, const struct http_request *request,
                       struct codec_problem *problem);

/* A parsed form: parameters in a tree of names, "A.B.1=x" as {"A":{"B":{"1":"x"}}}. */
cJSON *codec_parse_form(struct sv form, struct codec_problem *problem);
/* Query and EC2: reads the parameters by shape; the rest as codec_read_json. */
cJSON *codec_read_form(const struct shape *shape, enum protocol protocol, const cJSON *form,
                       struct codec_problem *problem);

/*
 * Writes output (borrowed) as the operation's reply. False and *mistake when the tree is not what
 * the model says: a handler's defect.
 */
bool codec_write_json(struct buf *body, const struct operation *op, const cJSON *output,
                      struct buf *mistake);
bool codec_write_xml(struct buf *body, const struct operation *op, const cJSON *output,
                     const char *request_id, struct buf *mistake);

/* What a member is called in a request: EC2 begins names with capitals. name holds 160 bytes. */
void codec_input_name(const struct member *member, enum protocol protocol, char name[160]);

/* Appends text escaped for an XML element. What XML cannot carry becomes a character reference
 * that parsers refuse, as the services themselves do it. */
void xml_text(struct buf *out, struct sv text);

#endif
