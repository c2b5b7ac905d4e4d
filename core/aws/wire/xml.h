/*
 * xml: replies of the Query and EC2 protocols as the same kind of tree as JSON replies.
 *
 * An element whose first child is called `item` or `member` becomes an array of its children; any
 * other element with children becomes an object by the children's names, where siblings of one
 * name that follow each other become one array under that name. A leaf becomes a string (numbers
 * and booleans stay text: json_i64 and json_bool read both), an empty element "", so that an empty
 * list has no json_items. Attributes are left out.
 *
 * The root element is stripped, and with it <OpResult> of an <OpResponse>; what stood beside the
 * result is kept as members of it (RequestId from ResponseMetadata as RequestId).
 */
#ifndef CORE_AWS_XML_H
#define CORE_AWS_XML_H

#include "core/base/json.h"

#define XML_NODES_MAX 500000

/*
 * Parses one document with expat: no DTD, no entities but the five of XML 1.0, depth at most
 * JSON_DEPTH_MAX, at most XML_NODES_MAX elements, all text UTF-8. op: the root has to be
 * <opResponse>, as both protocols have it (what a proxy says instead is no empty list); NULL: any
 * will do. ERR_PARSE otherwise. *tree is an object or an array, and the caller's.
 */
enum err_code xml_parse(struct sv text, const char *op, const char *where, cJSON **tree,
                        struct err *err);

#endif
