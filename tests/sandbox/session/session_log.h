/*
 * session_log: what a session shows is kept in CloudWatch Logs, in the group that its preferences
 * name and a stream that is called as the session is: at its end, an event for each line; or, when
 * they want it streamed, as it goes on, in records of JSON.
 */
#ifndef SANDBOX_SESSION_SESSION_LOG_H
#define SANDBOX_SESSION_SESSION_LOG_H

#include "tests/sandbox/session/broker.h"

/* Whether a session may begin: not when its log has to be encrypted and the group is not, or is not
 * there; then why says what its client is told. */
bool session_log_check(const struct session *session, struct buf *why);
/* What its shell or command has shown. Sessions to ports, and those without a group that is there,
 * keep nothing. */
void session_log_hear(struct session *session, struct sv shown);
/* It is over: what is left is kept. */
void session_log_end(struct session *session);

#endif
