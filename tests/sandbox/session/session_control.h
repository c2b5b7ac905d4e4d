/*
 * session_control: sessions from outside, for tests.
 *
 *   GET  sessions                                 those that live, and how often agents said
 *                                                 something again
 *   POST sessions {"action":"bye"}                ends connections as the service does every hour
 *   POST sessions {"action":"drop"}               resets them
 *   POST sessions {"action":"pause","ms":5000}    nodes are gone for so long; 0: until "back"
 *   POST sessions {"action":"back"}               they are there again
 *                 "session":"ID"                  of one session alone
 *   POST sessions {"options":"prompt=0,kms=KEY"}  as --session; holds for sessions that begin later
 */
#ifndef SANDBOX_SESSION_SESSION_CONTROL_H
#define SANDBOX_SESSION_SESSION_CONTROL_H

#include "tests/sandbox/sandbox.h"

/* As control.c wants it: body is JSON or empty; the answer is JSON, a refusal {"error": "..."}. */
void session_control_get(struct sandbox *sandbox, struct sv body, struct http_response *response);
void session_control_post(struct sandbox *sandbox, struct sv body, struct http_response *response);

#endif
