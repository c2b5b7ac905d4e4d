/*
 * xml: replies of the Query and EC2 protocols as the same kind of tree as JSON replies.
 *
 * An element with children becomes an object by the children's names; an element whose children
 * are all called `item` or `member` (or repeated siblings of one name) becomes an array; a leaf
 * becomes a string (numbers and booleans stay text: json_i64 and json_bool read both). An empty
 * element becomes "". The root element is stripped, and with it <OpResult>; request ids stay as
 * RequestId / requestId.
 */
#ifndef CORE_AWS_XML_H
#define CORE_AWS_XML_H

#include "core/base/json.h"

/*
 * Parses one document with expat: no DTD, no entities but the five of XML 1.0, depth at most
 * JSON_DEPTH_MAX, all text UTF-8. ERR_PARSE otherwise. *tree is the caller's.
 */
enum err_code xml_parse(struct sv text, const char *where, cJSON **tree, struct err *err);

#endif
