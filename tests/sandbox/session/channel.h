/*
 * channel: a client's connection to the data channel: a WebSocket whose first message is a token,
 * and whose others are messages of a session.
 */
#ifndef SANDBOX_SESSION_CHANNEL_H
#define SANDBOX_SESSION_CHANNEL_H

#include "tests/sandbox/session/ws.h"
#include "tests/sandbox/wire/http.h"

#define CHANNEL_PATH "/v1/data-channel/"

struct broker;
struct channel;
struct sandbox;
struct session;

/* Answers a request below CHANNEL_PATH: 101 for a handshake of a WebSocket (RFC 6455 4.2), after
 * which the connection is a channel's. */
void channel_answer(struct sandbox *sandbox, const struct http_request *request,
                    struct http_response *response);

/* Sends a message of the session, in a frame of its own. */
void channel_send(struct channel *channel, struct sv message);
/* What waits to be written, in bytes. */
size_t channel_backlog(const struct channel *channel);
/* Says goodbye and closes when that was heard, or after a while. */
void channel_close(struct channel *channel, enum ws_status status, const char *reason);
/* Resets the connection. */
void channel_drop(struct channel *channel);

/* For broker.c: what has become due, and when something is (monotonic; -1: never); the channels of
 * a broker, and their end. */
void channels_turn(struct channel **channels, int64_t now_ms);
int64_t channels_due_ms(const struct channel *channels);
void channels_free(struct channel **channels);
struct channel **broker_channels(struct broker *broker);

#endif
