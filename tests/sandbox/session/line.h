/*
 * line: a client's connection to the data channel: a WebSocket whose first message is a token,
 * and whose others are messages of a session.
 */
#ifndef SANDBOX_SESSION_LINE_H
#define SANDBOX_SESSION_LINE_H

#include "tests/sandbox/session/ws.h"
#include "tests/sandbox/wire/http.h"

#define CHANNEL_PATH "/v1/data-channel/"

struct broker;
struct line;
struct sandbox;
struct session;

/* Answers a request below CHANNEL_PATH: 101 for a handshake of a WebSocket (RFC 6455 4.2), after
 * which the connection is a line's. */
void line_answer(struct sandbox *sandbox, const struct http_request *request,
                 struct http_response *response);

/* Sends a message of the session, in a frame of its own. */
void line_send(struct line *line, struct sv message);
/* What waits to be written, in bytes. */
size_t line_backlog(const struct line *line);
/* Says goodbye and closes when that was heard, or after a while. */
void line_close(struct line *line, enum ws_status status, const char *reason);
/* Resets the connection. */
void line_drop(struct line *line);

/* For broker.c: what has become due, and when something is (monotonic; -1: never); the lines of
 * a broker, and their end. */
void lines_turn(struct line **lines, int64_t now_ms);
int64_t lines_due_ms(const struct line *lines);
void lines_free(struct line **lines);
struct line **broker_lines(struct broker *broker);

#endif
