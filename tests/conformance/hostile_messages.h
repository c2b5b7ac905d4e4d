/*
 * hostile_messages: what a session makes of one message that nobody should send.
 *
 * The message is the first that a talk hears (core/session/wire/talk.h) which has told its size; a
 * handshake's end and a challenge are heard in a handshake as well, where they belong. What is
 * judged is what the talk does: what it acknowledges, sends and tells.
 */
#ifndef TESTS_CONFORMANCE_HOSTILE_MESSAGES_H
#define TESTS_CONFORMANCE_HOSTILE_MESSAGES_H

#include "tests/conformance/case_line.h"

/*
 * Outcomes: `reject` (damaged, so that it has to come again, or the session ends for it), `ignore`
 * (nothing comes of it), `accept`, `buffer` (before its turn), `ack` (acknowledged again, and no
 * more). What is next in the stream, is acknowledged and says nothing that is understood is
 * `ignore` and may be called `accept`; so is the acknowledgement of a message that was never sent.
 * What is next and does not end the session may be called `ack`, too, as that is what it is given.
 * `reject|ignore` leaves it open.
 */
case_line_fn hostile_message_run;

#endif
