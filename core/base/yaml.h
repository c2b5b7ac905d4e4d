/*
 * yaml: writes what a JSON document says as YAML 1.2 in block style, for reading.
 */
#ifndef CORE_BASE_YAML_H
#define CORE_BASE_YAML_H

#include "core/base/err.h"
#include "core/base/str.h"

/*
 * Appends json (one document, as strict as json_parse; its depth ends where json_parse's does) to
 * out, each line ended by LF: members and elements a line each, two blanks further in a level; "[]"
 * and "{}" for what is empty; numbers, true, false and null as they are written.
 *
 * A text stands without quotes only where no reader of YAML, 1.1 or 1.2, could take it for
 * anything else: printable ASCII that begins with a letter, "_" or "/", ends without a blank or a
 * colon, has no ": " and no " #", and is none of the words null, true, false, yes, no, on, off, y
 * and n in any case. Else it is quoted (QUOTE_YAML), so digits stay a text. What is written is
 * harmless on a terminal. Members of the same name stay as many as they are.
 *
 * ERR_PARSE with where, and out as it was, for what is no JSON. On any runner.
 */
enum err_code yaml_add_json(struct buf *out, struct sv json, const char *where, struct err *err);

#endif
