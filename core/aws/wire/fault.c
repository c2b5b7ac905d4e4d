#include "core/aws/wire/fault.h"

#include <ctype.h>
#include <string.h>

#include "core/aws/wire/xml.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/text.h"

#define VALUE_SHOWN_BYTES 40 /* of one that AWS quotes */

/*
 * The codes that mean more than "refused". LimitExceededException is not here although botocore
 * throttles on it: in Config, KMS and IAM it is a quota of resources, and waiting does not help.
 */
static const struct fault_row {
    const char *aws_code;
    enum fault fault;
    enum err_code code;
} rows[] = {
    {"BandwidthLimitExceeded", FAULT_THROTTLED, ERR_THROTTLED},
    {"EC2ThrottledException", FAULT_THROTTLED, ERR_THROTTLED},
    {"PriorRequestNotComplete", FAULT_THROTTLED, ERR_THROTTLED},
    {"ProvisionedThroughputExceededException", FAULT_THROTTLED, ERR_THROTTLED},
    {"RequestLimitExceeded", FAULT_THROTTLED, ERR_THROTTLED},
    {"RequestThrottled", FAULT_THROTTLED, ERR_THROTTLED},
    {"RequestThrottledException", FAULT_THROTTLED, ERR_THROTTLED},
    {"SlowDown", FAULT_THROTTLED, ERR_THROTTLED},
    {"ThrottledException", FAULT_THROTTLED, ERR_THROTTLED},
    {"Throttling", FAULT_THROTTLED, ERR_THROTTLED},
    {"ThrottlingException", FAULT_THROTTLED, ERR_THROTTLED},
    {"TooManyRequestsException", FAULT_THROTTLED, ERR_THROTTLED},
    {"TransactionInProgressException", FAULT_THROTTLED, ERR_THROTTLED},

    {"IDPCommunicationError", FAULT_TRANSIENT, ERR_SERVICE},
    {"RequestTimeout", FAULT_TRANSIENT, ERR_SERVICE},
    {"RequestTimeoutException", FAULT_TRANSIENT, ERR_SERVICE},

    {"AuthFailure", FAULT_EXPIRED, ERR_CREDENTIALS},
    {"ExpiredToken", FAULT_EXPIRED, ERR_EXPIRED},
    {"ExpiredTokenException", FAULT_EXPIRED, ERR_EXPIRED},
    {"InvalidAccessKeyId", FAULT_EXPIRED, ERR_CREDENTIALS},
    {"InvalidClientTokenId", FAULT_EXPIRED, ERR_CREDENTIALS},
    {"RequestExpired", FAULT_EXPIRED, ERR_EXPIRED},
    {"TokenRefreshRequired", FAULT_EXPIRED, ERR_EXPIRED},
    {"UnrecognizedClientException", FAULT_EXPIRED, ERR_CREDENTIALS},

    {"RequestInTheFuture", FAULT_SKEW, ERR_SKEW},
    {"RequestTimeTooSkewed", FAULT_SKEW, ERR_SKEW},

    {"IncompleteSignature", FAULT_FINAL, ERR_CREDENTIALS},
    {"InvalidSignatureException", FAULT_FINAL, ERR_CREDENTIALS},
    {"MissingAuthenticationToken", FAULT_FINAL, ERR_CREDENTIALS},
    {"MissingAuthenticationTokenException", FAULT_FINAL, ERR_CREDENTIALS},
    {"SignatureDoesNotMatch", FAULT_FINAL, ERR_CREDENTIALS},

    {"AccessDenied", FAULT_FINAL, ERR_DENIED},
    {"AccessDeniedException", FAULT_FINAL, ERR_DENIED},
    {"NotAuthorized", FAULT_FINAL, ERR_DENIED},
    {"OptInRequired", FAULT_FINAL, ERR_DENIED},
    {"UnauthorizedOperation", FAULT_FINAL, ERR_DENIED},

    {"DryRunOperation", FAULT_DRY_RUN, OK},
    {"InvalidNextToken", FAULT_PAGE_TOKEN, ERR_AWS},
    {"InvalidNextTokenException", FAULT_PAGE_TOKEN, ERR_AWS},
    {"InvalidPaginationToken", FAULT_PAGE_TOKEN, ERR_AWS},
    {"InvalidPaginationTokenException", FAULT_PAGE_TOKEN, ERR_AWS},
};

/* What a body says of an error; views into the reply or into tree. */
struct aws_error {
    cJSON *tree;
    struct sv code, message, request_id;
};

static void aws_error_done(struct aws_error *error)
{
    json_free(error->tree);
}

static struct sv first_of(struct sv a, struct sv b)
{
    return a.len > 0 ? a : b;
}

/* --- reading --------------------------------------------------------------------------------- */

/* "com.amazon.x#Code:http://..." is Code. */
static struct sv bare_code(struct sv code)
{
    code = sv_split(&code, ':');
    while (code.len > 0 && memchr(code.ptr, '#', code.len) != NULL)
        sv_split(&code, '#');
    return code;
}

static void read_json_error(struct sv body, struct aws_error *error)
{
    if (json_parse(body, "error", &error->tree, NULL) != OK)
        return;
    const cJSON *tree = error->tree;
    error->code = bare_code(first_of(json_sv(tree, "__type"), json_sv(tree, "code")));
    error->message = first_of(json_sv(tree, "message"), json_sv(tree, "Message"));
}

/* <ErrorResponse><Error>, <Response><Errors><Error>, or <Error> as the root. */
static void read_xml_error(struct sv body, struct aws_error *error)
{
    if (xml_parse(body, NULL, "error", &error->tree, NULL) != OK)
        return;
    const cJSON *tree = error->tree;
    const cJSON *item = json_get(tree, "Error");
    if (item == NULL)
        item = json_path(tree, "Errors.Error");
    if (cJSON_IsArray(item))
        item = item->child;
    if (item == NULL)
        item = tree;
    error->code = json_sv(item, "Code");
    error->message = json_sv(item, "Message");
    error->request_id = first_of(first_of(json_sv(tree, "RequestId"), json_sv(tree, "RequestID")),
                                 json_sv(tree, "requestId"));
}

static void read_error(const struct aws_op *op, const struct http_reply *reply,
                       struct aws_error *error)
{
    struct sv body = buf_sv(&reply->body);
    enum aws_protocol protocol = op->service->protocol;
    if (body.len > 0 && body.len <= FAULT_BODY_MAX) {
        if (protocol == AWS_QUERY || protocol == AWS_EC2 || protocol == AWS_REST_XML)
            read_xml_error(body, error);
        else
            read_json_error(body, error);
    }
    if (error->code.len == 0)
        error->code = bare_code(http_reply_header(reply, "x-amzn-errortype"));
    struct sv id = first_of(http_reply_header(reply, "x-amzn-requestid"), error->request_id);
    error->request_id = first_of(id, http_reply_header(reply, "x-amz-request-id"));
}

/* --- classifying ----------------------------------------------------------------------------- */

static const struct fault_row *find_row(struct sv aws_code)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (sv_eq_cstr(aws_code, rows[i].aws_code))
            return &rows[i];
    }
    return NULL;
}

static bool says_wrong_clock(struct sv message)
{
    return sv_contains(message, SV("Signature expired")) ||
           sv_contains(message, SV("Signature not yet current"));
}

static struct fault_row classify(const struct aws_error *error, int status, int64_t skew_ms)
{
    static const struct fault_row skew = {NULL, FAULT_SKEW, ERR_SKEW};
    const struct fault_row *row = find_row(error->code);
    bool clocks_differ = skew_ms > FAULT_SKEW_MS || skew_ms < -FAULT_SKEW_MS;
    bool may_be_clock =
        sv_eq_cstr(error->code, "AuthFailure") || sv_eq_cstr(error->code, "RequestExpired");
    if ((row != NULL && row->code == ERR_CREDENTIALS && says_wrong_clock(error->message)) ||
        (may_be_clock && clocks_differ))
        return skew;
    if (row != NULL)
        return *row;
    if (status == 429 || status == 509)
        return (struct fault_row){NULL, FAULT_THROTTLED, ERR_THROTTLED};
    if (status == 500 || status == 502 || status == 503 || status == 504)
        return (struct fault_row){NULL, FAULT_TRANSIENT, ERR_SERVICE};
    return (struct fault_row){NULL, FAULT_FINAL, error->code.len > 0 ? ERR_AWS : ERR_HTTP};
}

/* The resolver has tried several times itself: a name that it does not know is told at once. */
static enum fault fault_of_transport(enum err_code code)
{
    switch (code) {
    case ERR_TIMEOUT:
        return FAULT_TIMEOUT;
    case ERR_CONNECT:
    case ERR_NET:
        return FAULT_TRANSIENT;
    default:
        return FAULT_FINAL;
    }
}

/* --- telling -----------------------------------------------------------------------------------
 */

static const char *find_text(struct sv text, struct sv part)
{
    return text.len > 0 ? memmem(text.ptr, text.len, part.ptr, part.len) : NULL;
}

static bool is_action_char(char c)
{
    return isalnum((unsigned char)c) || c == ':' || c == '-' || c == '*';
}

/* "... is not authorized to perform: config:X on resource ..." names the action best. */
static void name_missing_action(const struct aws_op *op, struct sv message, struct err *err)
{
    struct sv action = SV_NONE;
    const char *marker = find_text(message, SV("to perform: "));
    if (marker != NULL) {
        const char *end = message.ptr + message.len;
        action.ptr = marker + sizeof "to perform: " - 1;
        while (action.ptr + action.len < end && is_action_char(action.ptr[action.len]))
            action.len++;
    }
    bool usable = action.len < sizeof err->iam_action && sv_contains(action, SV(":"));
    sv_copy(usable ? action : sv_of(op->iam_action), err->iam_action, sizeof err->iam_action);
}

/* EC2 appends a blob for DecodeAuthorizationMessage, of no use to a reader. */
static struct sv without_blob(struct sv message)
{
    const char *blob = find_text(message, SV(" Encoded authorization failure message:"));
    return blob != NULL ? (struct sv){message.ptr, (size_t)(blob - message.ptr)} : message;
}

/* "Value 'TEXT' at 'reason' failed to satisfy constraint: ...": TEXT is what was sent, however long
 * it is, and what is wrong with it stands behind. */
static void add_shortened(struct sv message, struct buf *out)
{
    const char *quote = find_text(message, SV("Value '"));
    const char *text = quote != NULL ? quote + sizeof "Value '" - 1 : message.ptr;
    struct sv rest = {text, (size_t)(message.ptr + message.len - text)};
    const char *end = quote != NULL ? find_text(rest, SV("' at '")) : NULL;
    if (end == NULL || end - text <= VALUE_SHOWN_BYTES) {
        buf_add(out, message);
        return;
    }
    size_t shown = VALUE_SHOWN_BYTES;
    while (shown > 0 && ((unsigned char)text[shown] & 0xc0) == 0x80) /* not within a character */
        shown--;
    buf_add(out, (struct sv){message.ptr, (size_t)(text - message.ptr) + shown});
    buf_add_cstr(out, "…");
    buf_add(out, (struct sv){end, (size_t)(message.ptr + message.len - end)});
}

static void tell(const struct aws_op *op, const struct http_reply *reply,
                 const struct aws_error *error, enum err_code code, struct err *err)
{
    AUTO(buf_done) struct buf shortened = BUF_NONE;
    add_shortened(without_blob(error->message), &shortened);
    struct sv message = buf_sv(&shortened);
    if (reply->status >= 300 && reply->status < 400)
        err_set(err, code, op->iam_action, "the endpoint answers %d and sends elsewhere: refused",
                reply->status);
    else if (message.len > 0)
        err_set(err, code, op->iam_action, SV_FMT, SV_ARG(message));
    else if (error->code.len > 0)
        err_set(err, code, op->iam_action, SV_FMT, SV_ARG(error->code));
    else
        err_set(err, code, op->iam_action, "HTTP %d without an AWS error", reply->status);
    err->http_status = reply->status;
    text_safe_copy(err->aws_code, sizeof err->aws_code, error->code, TEXT_IDENTITY);
    text_safe_copy(err->request_id, sizeof err->request_id, error->request_id, TEXT_IDENTITY);
    if (code == ERR_CREDENTIALS)
        err_advise(err, code, "AWS refuses them: check the keys, the profile and the region");
    if (code == ERR_DENIED)
        name_missing_action(op, error->message, err);
}

enum fault fault_read(const struct aws_op *op, const struct http_reply *reply, int64_t skew_ms,
                      struct err *err)
{
    *err = ERR_NONE;
    if (reply->code != OK) {
        *err = reply->err;
        str_copy(err->where, op->iam_action);
        return fault_of_transport(reply->code);
    }
    if (reply->status >= 200 && reply->status < 300)
        return FAULT_NONE;
    AUTO(aws_error_done) struct aws_error error = {0};
    read_error(op, reply, &error);
    struct fault_row row = classify(&error, reply->status, skew_ms);
    if (row.fault != FAULT_DRY_RUN)
        tell(op, reply, &error, row.code, err);
    return row.fault;
}
