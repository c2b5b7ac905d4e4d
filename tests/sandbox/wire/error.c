#include "tests/sandbox/wire/error.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/sandbox/wire/codec.h"

struct words {
    int status;
    const char *code;
    const char *message; /* may hold one %s */
};

#define TOKEN_INVALID "The security token included in the request is invalid."
#define TOKEN_EXPIRED "The security token included in the request is expired"
#define MISMATCH                                                                            \
    "The request signature we calculated does not match the signature you provided. Check " \
    "your AWS Secret Access Key and signing method. Consult the service documentation for " \
    "details."
#define EC2_NOT_VALIDATED "AWS was not able to validate the provided access credentials"

/* REST speaks with the words of JSON, as far as its services have none of their own. */
#define FAMILY_COUNT PROTOCOL_REST

static const struct words auth_words[AUTH_FAULT_COUNT][FAMILY_COUNT] = {
    [AUTH_MISSING] = {{400, "MissingAuthenticationTokenException", "Missing Authentication Token"},
                      {403, "MissingAuthenticationToken",
                       "Request is missing Authentication Token"},
                      {403, "MissingAuthenticationToken",
                       "Request is missing Authentication Token"}},
    [AUTH_INCOMPLETE] = {{400, "IncompleteSignatureException", ""},
                         {400, "IncompleteSignature", ""},
                         {400, "IncompleteSignature", ""}},
    [AUTH_UNKNOWN_KEY] = {{400, "UnrecognizedClientException", TOKEN_INVALID},
                          {403, "InvalidClientTokenId", TOKEN_INVALID},
                          {401, "AuthFailure", EC2_NOT_VALIDATED}},
    [AUTH_EXPIRED] = {{400, "ExpiredTokenException", TOKEN_EXPIRED},
                      {403, "ExpiredToken", TOKEN_EXPIRED},
                      {400, "RequestExpired", "Request has expired."}},
    [AUTH_MISMATCH] = {{400, "InvalidSignatureException", MISMATCH},
                       {403, "SignatureDoesNotMatch", MISMATCH},
                       {401, "AuthFailure", EC2_NOT_VALIDATED}},
    [AUTH_REFUSED] = {{400, "InvalidSignatureException", ""},
                      {403, "SignatureDoesNotMatch", ""},
                      {401, "AuthFailure", EC2_NOT_VALIDATED}},
};

static const struct words refusal_words[REFUSE_COUNT][FAMILY_COUNT] = {
    [REFUSE_UNKNOWN_OPERATION] = {{400, "UnknownOperationException", ""},
                                  {400, "InvalidAction", "Could not find operation %s"},
                                  {400, "InvalidAction",
                                   "The action %s is not valid for this web service."}},
    [REFUSE_MISSING_ACTION] = {{400, "UnknownOperationException", ""},
                               {400, "MissingAction",
                                "The request is missing an action or a required parameter."},
                               {400, "MissingAction",
                                "The request is missing an action or a required parameter."}},
    [REFUSE_WRONG_VERSION] = {{400, "UnknownOperationException", ""},
                              {400, "InvalidAction", "Could not find operation for version %s"},
                              {400, "NoSuchVersion",
                               "The requested version (%s) of service AmazonEC2 does not exist"}},
    [REFUSE_MALFORMED] = {{400, "SerializationException", "%s"},
                          {400, "MalformedInput", "%s"},
                          {400, "MalformedQueryString", "%s"}},
    [REFUSE_TOO_LARGE] = {{413, "RequestEntityTooLargeException", "Request is too large."},
                          {413, "RequestEntityTooLarge", "Request is too large."},
                          {413, "RequestEntityTooLarge", "Request is too large."}},
    [REFUSE_THROTTLED] = {{400, "ThrottlingException", "Rate exceeded"},
                          {400, "Throttling", "Rate exceeded"},
                          {503, "RequestLimitExceeded", "Request limit exceeded."}},
    [REFUSE_DENIED] = {{400, "AccessDeniedException", "%s"},
                       {403, "AccessDenied", "%s"},
                       {403, "UnauthorizedOperation",
                        "You are not authorized to perform this operation. %s"}},
    [REFUSE_INVALID] = {{400, "ValidationException", "%s"},
                        {400, "ValidationError", "%s"},
                        {400, "InvalidParameterValue", "%s"}},
    [REFUSE_BAD_TOKEN] = {{400, "ValidationException", "The specified token is not valid."},
                          {400, "ValidationError", "The specified token is not valid."},
                          {400, "InvalidParameterValue",
                           "Value for parameter %s is invalid. The token is invalid."}},
    [REFUSE_NOT_SERVED] = {{501, "NotImplemented", "the sandbox does not serve %s"},
                           {501, "NotImplemented", "the sandbox does not serve %s"},
                           {501, "NotImplemented", "the sandbox does not serve %s"}},
    [REFUSE_INTERNAL] = {{500, "InternalFailure", "the sandbox has failed: %s"},
                         {500, "InternalFailure", "the sandbox has failed: %s"},
                         {500, "InternalError", "the sandbox has failed: %s"}},
};

/* Where a service does not speak as its family does. */
static const struct {
    const char *service;
    enum refusal refusal;
    struct words words;
} own_words[] = {
    {"organizations",
     REFUSE_THROTTLED,
     {400, "TooManyRequestsException", "Rate exceeded. You have sent too many requests."}},
    {"organizations",
     REFUSE_BAD_TOKEN,
     {400, "InvalidInputException", "You specified an invalid value for nextToken."}},
    {"config",
     REFUSE_BAD_TOKEN,
     {400, "InvalidNextTokenException",
      "The specified next token is not valid. Specify the nextToken string that was returned in "
      "the previous response to get the next page of results."}},
    {"cloudtrail", REFUSE_BAD_TOKEN, {400, "InvalidNextTokenException", "Invalid next token."}},
    {"logs", REFUSE_INVALID, {400, "InvalidParameterException", "%s"}},
    {"logs",
     REFUSE_BAD_TOKEN,
     {400, "InvalidParameterException", "The specified nextToken is invalid."}},
    {"ssm", REFUSE_BAD_TOKEN, {400, "InvalidNextToken", "The specified token is not valid."}},
    {"sso", REFUSE_MALFORMED, {400, "InvalidRequestException", "%s"}},
    {"sso", REFUSE_INVALID, {400, "InvalidRequestException", "%s"}},
    {"sso", REFUSE_BAD_TOKEN, {400, "InvalidRequestException", "Invalid next token"}},
    {"sso", REFUSE_THROTTLED, {429, "TooManyRequestsException", "Too many requests"}},
    {"sso-oidc", REFUSE_MALFORMED, {400, "InvalidRequestException", "%s"}},
    {"sso-oidc", REFUSE_INVALID, {400, "InvalidRequestException", "%s"}},
    {"sso-oidc", REFUSE_THROTTLED, {400, "SlowDownException", "Too many requests"}},
};

static enum protocol family_of(enum protocol protocol)
{
    return protocol == PROTOCOL_REST ? PROTOCOL_JSON : protocol;
}

static const struct words *words_of(enum protocol protocol, const char *service,
                                    enum refusal refusal)
{
    for (size_t i = 0; i < ARRAY_LEN(own_words); i++)
        if (own_words[i].refusal == refusal && strcmp(own_words[i].service, service) == 0)
            return &own_words[i].words;
    return &refusal_words[refusal][family_of(protocol)];
}

void error_refuse(struct reply *reply, enum protocol protocol, const struct service *service,
                  enum refusal refusal, const char *text)
{
    const char *name = service ? service->name : "";
    const struct words *words = words_of(protocol, name, refusal);
    reply_error(reply, words->status, words->code, words->message, text);
    if (refusal == REFUSE_BAD_TOKEN && strcmp(name, "organizations") == 0)
        cJSON_AddStringToObject(reply->output, "Reason", "INVALID_NEXT_TOKEN");
}

void error_refuse_auth(struct reply *reply, enum protocol protocol, enum auth_fault fault,
                       const char *message)
{
    const struct words *words = &auth_words[fault][family_of(protocol)];
    reply_error(reply, words->status, words->code, "%s",
                *words->message ? words->message : message);
}

/* --- bodies --------------------------------------------------------------------------------- */

/* Which of the two spellings an error's shape has for its message. */
static const char *message_key(const struct service *service, const char *code)
{
    const struct shape *shape = service ? api_error(service, code) : NULL;
    return shape && shape_member(shape, SV("Message")) ? "Message" : "message";
}

/* Errors of the models go by their bare names, those of the framework by its name space. */
static void add_type(struct buf *type, const struct service *service, const char *code)
{
    if (!service || !api_error(service, code))
        buf_add_cstr(type, strcmp(code, "ValidationException") == 0 ? "com.amazon.coral.validate#"
                                                                    : "com.amazon.coral.service#");
    buf_add_cstr(type, code);
}

static void write_json(struct buf *body, const struct service *service, const struct reply *error)
{
    struct json_writer w = {.out = body};
    AUTO(buf_done) struct buf type = BUF_NONE;
    add_type(&type, service, error->code);
    jw_object(&w);
    jw_string_at(&w, "__type", buf_sv(&type));
    if (*error->message)
        jw_string_at(&w, message_key(service, error->code), sv_of(error->message));
    const cJSON *member;
    cJSON_ArrayForEach (member, error->output) {
        jw_key(&w, member->string);
        jw_tree(&w, member);
    }
    jw_object_end(&w);
}

/* "AuthorizationPendingException" as OAuth has it: "authorization_pending" (RFC 6749 5.2). */
static void add_oauth_code(struct buf *out, const char *code)
{
    const char *end = strstr(code, "Exception");
    for (const char *c = code; *c && c != end; c++) {
        if (isupper((unsigned char)*c) && c != code)
            buf_add_char(out, '_');
        buf_add_char(out, (char)tolower((unsigned char)*c));
    }
}

/* The code travels in a header, with the name space of the service's framework behind it. */
static void set_error_type(struct http_response *response, const struct service *service,
                           const char *code)
{
    static const char *const spaces[][2] = {{"sso", "com.amazonaws.switchboard.portal"},
                                            {"sso-oidc", "com.amazonaws.sso.oidc"}};
    str_copy(response->error_type, code);
    for (size_t i = 0; i < ARRAY_LEN(spaces) && service; i++)
        if (strcmp(service->name, spaces[i][0]) == 0)
            snprintf(response->error_type, sizeof response->error_type,
                     "%s:http://internal.amazon.com/coral/%s/", code, spaces[i][1]);
}

/* The body has what the error's shape has. */
static void write_rest(struct http_response *response, const struct service *service,
                       const struct reply *error)
{
    struct json_writer w = {.out = &response->body};
    const struct shape *shape = service ? api_error(service, error->code) : NULL;
    set_error_type(response, service, error->code);
    jw_object(&w);
    if (shape && shape_member(shape, SV("error_description"))) {
        AUTO(buf_done) struct buf code = BUF_NONE;
        add_oauth_code(&code, error->code);
        jw_string_at(&w, "error", buf_sv(&code));
        jw_string_at(&w, "error_description", sv_of(error->message));
    } else {
        jw_string_at(&w, "message", sv_of(error->message));
    }
    jw_object_end(&w);
}

static void write_code_and_message(struct buf *body, const struct reply *error)
{
    buf_add_cstr(body, "<Code>");
    xml_text(body, sv_of(error->code));
    buf_add_cstr(body, "</Code><Message>");
    xml_text(body, sv_of(error->message));
    buf_add_cstr(body, "</Message>");
}

static void write_query(struct buf *body, const struct service *service, const struct reply *error,
                        const struct http_response *response)
{
    buf_addf(body, "<ErrorResponse xmlns=\"%s\"><Error><Type>%s</Type>",
             service ? service->xml_namespace : "", response->status < 500 ? "Sender" : "Receiver");
    write_code_and_message(body, error);
    buf_addf(body, "</Error><RequestId>%s</RequestId></ErrorResponse>\n", response->request_id);
}

static void write_ec2(struct buf *body, const struct reply *error, const char *request_id)
{
    buf_add_cstr(body, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error>");
    write_code_and_message(body, error);
    buf_addf(body, "</Error></Errors><RequestID>%s</RequestID></Response>\n", request_id);
}

static int status_of(const struct service *service, const struct reply *reply)
{
    const struct shape *shape = service ? api_error(service, reply->code) : NULL;
    if (reply->http_status != 0)
        return reply->http_status;
    return shape ? shape->error_status : 400;
}

void error_write(struct http_response *response, enum protocol protocol,
                 const struct service *service, const struct reply *reply)
{
    response->status = status_of(service, reply);
    response->content_type = codec_content_type(protocol);
    buf_clear(&response->body);
    switch (protocol) {
    case PROTOCOL_EC2:
        write_ec2(&response->body, reply, response->request_id);
        break;
    case PROTOCOL_QUERY:
        write_query(&response->body, service, reply, response);
        break;
    case PROTOCOL_REST:
        write_rest(response, service, reply);
        break;
    default:
        write_json(&response->body, service, reply);
    }
}
