/*
 * export: the rows that a list shows, as a file.
 */
#ifndef VIEWS_EXPORT_H
#define VIEWS_EXPORT_H

#include "views/view.h"

/*
 * The command `export` of list views: without a name the `:` line is opened with one. The name's
 * end says the format: .csv, .json, .ndjson, .md (with what could not be read) or .txt; any other
 * is ERR_USAGE.
 */
enum err_code export_run(struct view *view, const struct command_call *call, struct err *err);

#endif
