/*
 * err: what went wrong, in one small vocabulary.
 *
 * Functions that can fail return `enum err_code`, and take a `struct err *` last that receives the
 * details. The code decides what the program does, the details are for the person who reads them.
 * Every message passes the text door on its way in (core/base/text.h), so that a remote string
 * inside an error is as harmless as one inside a cell.
 */
#ifndef CORE_BASE_ERR_H
#define CORE_BASE_ERR_H

#include <stdarg.h>
#include <stdbool.h>

/*
 * X(code, exit status, what it is, what to do about it unless the error has advice of its own)
 *
 * Exit statuses are those of `watchdeck --once`: 1 internal, 2 usage, 3 findings, 4 partial
 * coverage, 5 credentials, 6 refused by the gate, 7 integrity.
 */
#define ERR_TABLE(X)                                                                            \
    X(ERR_INTERNAL, 1, "internal error", "please report it, with the log of :debug")            \
    X(ERR_NOMEM, 1, "out of memory", "narrow the scope, or give the program more memory")       \
    X(ERR_USAGE, 2, "wrong usage", "? lists what there is")                                     \
    X(ERR_CONFIG, 2, "wrong configuration", "correct it where it is set")                       \
    X(ERR_IO, 1, "input/output error", "check the file, its folder and its permissions")        \
    X(ERR_DISK_FULL, 1, "no space left on the device", "free some space and try again")         \
    X(ERR_NO_READER, 1, "nobody reads what is printed", "let it be read to its end")            \
    X(ERR_NOT_FOUND, 1, "not found", "")                                                        \
    X(ERR_EXISTS, 1, "already exists", "choose another name")                                   \
    X(ERR_IN_USE, 1, "not free", "name another one, or none to have one that is free")          \
    X(ERR_PARSE, 1, "malformed data", "see :requests for the reply that could not be read")     \
    X(ERR_TOO_BIG, 1, "larger than allowed", "narrow the request")                              \
    X(ERR_CANCELLED, 1, "cancelled", "press r to load it again")                                \
    X(ERR_TIMEOUT, 1, "no answer in time", "check the network, then press r")                   \
    X(ERR_DNS, 1, "host name does not resolve", "check the network, DNS and the endpoint")      \
    X(ERR_CONNECT, 1, "cannot connect", "check the endpoint, the network and the proxy")        \
    X(ERR_TLS, 1, "TLS failed", "check the CA bundle (AWS_CA_BUNDLE) and the host name")        \
    X(ERR_NET, 1, "connection lost", "press r to try again")                                    \
    X(ERR_HTTP, 1, "unexpected HTTP answer", "check that the endpoint is an AWS endpoint")      \
    X(ERR_CREDENTIALS, 5, "no usable credentials", "set AWS_PROFILE or AWS_ACCESS_KEY_ID")      \
    X(ERR_EXPIRED, 5, "credentials have expired", "renew them, then press r")                   \
    X(ERR_DENIED, 4, "access denied", "ask for the IAM action named")                           \
    X(ERR_THROTTLED, 4, "throttled by AWS", "wait a moment, then press r")                      \
    X(ERR_SKEW, 5, "this machine's clock is wrong", "set the clock (timedatectl set-ntp true)") \
    X(ERR_SERVICE, 4, "the service is in trouble", "try again later")                           \
    X(ERR_OUTDATED, 4, "this copy is out of date", "look at the account itself, or wait")       \
    X(ERR_AWS, 1, "AWS refused the request", "see :requests for the whole answer")              \
    X(ERR_PAGING_LOOP, 4, "the service repeats a page token", "the rows so far are kept")       \
    X(ERR_STALE, 6, "the state has changed since the plan", "look again and make a new plan")   \
    X(ERR_READ_ONLY, 6, "read-only", "lift it for a time with :elevate 15m")                    \
    X(ERR_STARTED_READ_ONLY, 6, "read-only", "start it again without --read-only")              \
    X(ERR_CONSENT, 6, "not confirmed", "type the name that is asked for")                       \
    X(ERR_REFUSED, 6, "refused by the change gate", "the sheet says which check failed")        \
    X(ERR_UNKNOWN_OUTCOME, 6, "sent, outcome unknown", "it is settled by reading AWS again")    \
    X(ERR_UNVERIFIED, 6, "done, but not yet seen in AWS", "press r in a minute")                \
    X(ERR_INTEGRITY, 7, "the record has been altered", "see watchdeck trail verify")            \
    X(ERR_HOST_KEY, 1, "the host key is not trusted", "compare it on the node itself")          \
    X(ERR_LOGIN, 1, "the node lets nobody in", "check the user and the key")                    \
    X(ERR_UNSUPPORTED, 2, "not supported here", "")

enum err_code {
    OK = 0,
#define ERR_ENUM(code, exit_status, text, hint) code,
    ERR_TABLE(ERR_ENUM)
#undef ERR_ENUM
        ERR_COUNT
};

/* The details of one failure. Fixed size, owned by the caller, copied by assignment. */
struct err {
    enum err_code code;
    int http_status;     /* 0 when no HTTP answer came */
    char aws_code[64];   /* the service's own code, "" when there is none */
    char request_id[80]; /* x-amzn-RequestId, "" when there is none */
    char iam_action[80]; /* the IAM action that was missing, "" when it was not that */
    char where[64];      /* what was being done: "config:DescribeConfigRules", a file name, ... */
    char message[320];   /* one safe line */
    const char *advice;  /* what to do about this one, a constant; NULL: what the table says */
};

#define ERR_NONE ((struct err){.code = OK})

/*
 * Fills *err (which may be NULL) and returns code, so that a failing function ends in
 * `return err_set(err, ERR_IO, path, "cannot open: %s", strerror(errno));`.
 * The formatted message is cut to fit and neutralised; all other fields are cleared.
 */
enum err_code err_set(struct err *err, enum err_code code, const char *where, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/*
 * Gives *err (which may be NULL) advice of its own in the place of the table's, a string constant
 * without a capital or a full stop; "" where the message says it all. Returns code:
 * `return err_advise(err, err_set(err, ERR_USAGE, ...), "write it as HOST:PORT");`
 */
enum err_code err_advise(struct err *err, enum err_code code, const char *advice);

/* As err_set, with the code and the message that errno stands for (ENOSPC becomes ERR_DISK_FULL);
 * of a file that is not there the name is to be checked. */
enum err_code err_set_errno(struct err *err, const char *where, const char *what);

const char *err_name(enum err_code code); /* "ERR_IO"; "OK" */
const char *err_text(enum err_code code); /* "input/output error" */
/* What to do about it on a screen; "" when the message says it. Borrowed from constants. */
const char *err_hint(const struct err *err);
int err_exit_status(enum err_code code); /* 0 for OK */

/*
 * The whole error as one line for a person: "config:DescribeConfigRules (payments eu-west-1):
 * access denied: ... Ask for the IAM action named."  Always terminated within size bytes.
 */
void err_describe(const struct err *err, char *line, unsigned long size);
/* The same for who has typed a command at a shell: what to do is something to type, no key. */
void err_describe_on_line(const struct err *err, char *line, unsigned long size);

#endif
