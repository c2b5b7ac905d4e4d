/*
 * fault: what goes wrong on purpose, as --fault says: kind[:key=value,...][;...]
 *
 * Refusals:
 *   throttle   the service refuses too many; retry_after=TEXT adds x-amz-retry-after
 *   error      the service's own form of an error: code=NAME (InternalFailure), status=N (500)
 * Who asks (gateway.c):
 *   expired    the session that asks has ended, if it has asked calls=N (0) times before
 *   revoked    every session of single sign-on has ended (sso.h)
 *   skew       the clocks of the services are off by s=N seconds, and the Date header with them;
 *              none of the keys of all
 * What is wrong in the answer (twist.h):
 *   loop       page tokens go round in circles of pages=N (1)
 *   blank      the first pages=N (1) pages have no items
 *   twice      what is listed is listed twice
 *   strange    values and members that nobody knows yet
 *   wrong      is=null, type, date or missing: so are share=0..1 (1) of the values
 * What is wrong with its bytes (spoil.h):
 *   body       is=html, empty, cut, deep, entities, external (to=URL) or garbage; status=N (200,
 *              502 with html)
 *   huge       bytes=N more of blanks
 *   length     Content-Length is off by=N (1): too long, and the connection ends early, or
 *              too short (by=-N), and the rest comes behind
 *   redirect   to=URL, status=N (307)
 * What is wrong with the connection (relay.h), after bytes=N (0) of the answer, head included:
 *   reset      a TCP reset        close      an end
 *   stall      nothing more       slow       a byte every ms=N (1000)
 * What is wrong on the way between a session's client and its node (session/passage.h); each of its
 * messages is a request of the service ssmmessages, its type (output_stream_data) the operation;
 * is=both, down (to the client) or up:
 *   lose       it is lost         double     it comes twice
 *   late       it comes ms=N (50) later, so that others overtake it
 *   digest     on its way down its payload is spoilt, so that its digest is wrong
 *   pause      the node is gone for ms=N (5000; 0: for ever): nothing passes, and every second
 *              pause_publication says so, at last start_publication
 *   vanish     the same (ms=0), and nobody says so but GetConnectionStatus
 *   bye        the connection is closed with 1000 "Bye"       drop       it is reset
 *
 * Keys of all: rate (0..1, of the requests that fit; 1), account, service, operation (those
 * requests alone), after=N (the first N that fit are spared), first=N (then only so many).
 * A refused or expired request is not carried out, every other one is.
 */
#ifndef SANDBOX_FAULTS_FAULT_H
#define SANDBOX_FAULTS_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/base/str.h"

enum fault_kind {
    FAULT_THROTTLE,
    FAULT_ERROR,
    FAULT_EXPIRED,
    FAULT_REVOKED,
    FAULT_SKEW,
    FAULT_LOOP,
    FAULT_BLANK,
    FAULT_TWICE,
    FAULT_STRANGE,
    FAULT_WRONG,
    FAULT_BODY,
    FAULT_HUGE,
    FAULT_LENGTH,
    FAULT_REDIRECT,
    FAULT_RESET,
    FAULT_CLOSE,
    FAULT_STALL,
    FAULT_SLOW,
    FAULT_LOSE,
    FAULT_DOUBLE,
    FAULT_LATE,
    FAULT_DIGEST,
    FAULT_PAUSE,
    FAULT_VANISH,
    FAULT_BYE,
    FAULT_DROP,
    FAULT_KIND_COUNT
};

struct fault {
    enum fault_kind kind;
    double rate, share;
    char account[16], service[32], operation[80]; /* "": any */
    char is[16], code[64], retry_after[64], to[200];
    int64_t after, first, status, pages, bytes, by, ms, calls, s; /* first -1: all; status 0: not
                                                                     said */
    int64_t n_fitted, n_met;
};

struct faults;

/* Reads spec; ERR_USAGE says what is wrong in it. The same seed makes the same choices. */
enum err_code faults_new(struct sv spec, uint64_t seed, struct faults **faults, struct err *err);
void faults_free(struct faults *faults);
/* Are there faults that need the byte relay before the server? */
bool faults_break_wires(const struct faults *faults);

/* Are there faults of messages of sessions? */
bool faults_reach_messages(const struct faults *faults);

/* Which request it is. */
struct fault_target {
    const char *service, *operation, *account_id;
    int64_t n_calls; /* that the session has made before; -1: it is no session's */
    const char *way; /* of a message of a session: "down" or "up"; NULL: it is a request */
};
/* What one request meets: of each kind the fault, or NULL. Borrowed from the faults. */
struct fate {
    const struct fault *of[FAULT_KIND_COUNT];
};
void faults_choose(struct faults *faults, const struct fault_target *target, struct fate *fate);
/* How far the clocks of the services are ahead. */
int64_t faults_skew_ms(const struct faults *faults);
/* A number of 0 <= x < 1, the next of those that follow from the seed. */
double faults_random(struct faults *faults);

#endif
