/*
 * log_line: the lines of what Systems Manager keeps in CloudWatch Logs: output of commands and
 * sessions as it was shown, or, of sessions that are streamed, in records of JSON.
 */
#ifndef CORE_GOV_LOG_LINE_H
#define CORE_GOV_LOG_LINE_H

#include "core/base/json.h"

struct log_line {
    int64_t at_ms; /* of the record, else of the event */
    struct sv who; /* the caller's ARN, of records; SV_NONE */
    struct sv text;
};

typedef void log_line_fn(void *arg, const struct log_line *line);

/*
 * Calls fn for each line of an event's message. A streamed record is an object with sessionData, a
 * list of texts, eventTime and userIdentity.arn; whatever else there is, is text. Of text that a
 * terminal was to show, the commands to the terminal are left out. Pure.
 */
void log_lines(struct sv message, int64_t at_ms, log_line_fn *fn, void *arg);

/* Appends line without commands to a terminal (ECMA-48: ESC and CSI sequences, OSC and the other
 * strings) and other control characters; what was taken back by a backspace is gone, a tab is
 * blanks. Pure. */
void log_text_plain(struct sv line, struct buf *out);

/* The group and stream of a console's address of them, "...#logEventViewer:group=G;stream=S". False
 * when it is no such address. Pure. */
bool log_place_of_url(struct sv url, struct buf *group, struct buf *stream);

#endif
