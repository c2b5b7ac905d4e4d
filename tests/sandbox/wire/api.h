/*
 * api: the services' models, read once from the data beside this file (api/NAME.json, embedded).
 *
 * Everything is immutable, lives as long as the program and may be kept. To carry over more of a
 * service, run api/import.py again.
 */
#ifndef SANDBOX_API_H
#define SANDBOX_API_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/base/str.h"
#include "tests/sandbox/wire/handler.h"

/* How a service speaks: AWS JSON 1.1, AWS Query, EC2's own Query, REST with JSON bodies. */
enum protocol { PROTOCOL_JSON, PROTOCOL_QUERY, PROTOCOL_EC2, PROTOCOL_REST, PROTOCOL_COUNT };

enum shape_type {
    SHAPE_STRUCTURE,
    SHAPE_LIST,
    SHAPE_MAP,
    SHAPE_STRING,
    SHAPE_BLOB, /* base64 text on both sides of the seam */
    SHAPE_BOOLEAN,
    SHAPE_INTEGER,
    SHAPE_LONG,
    SHAPE_DOUBLE,
    SHAPE_TIMESTAMP,
};

struct shape;

/* Where a REST request carries a member. */
enum place { PLACE_BODY, PLACE_QUERY, PLACE_HEADER };

/* A reference from one shape to another. */
struct member {
    const char *name;     /* of a structure's member; "" in lists and maps */
    const char *location; /* the name in XML or at place, "" when it is that of the model */
    const char *query;    /* the name in EC2's input when the model says one, "" otherwise */
    struct shape *shape;
    bool required;
    enum place place;
};

struct shape {
    const char *name;
    enum shape_type type;
    bool has_min, has_max; /* of a value, or of a length in characters or elements */
    double min, max;
    const char *pattern; /* as the model has it, "" when it has none */
    const char *ere;     /* the same as POSIX ERE; "" when it is not checked */
    regex_t *compiled;   /* api_matches makes it when it is first asked for */
    const char **enums;
    size_t n_enums;
    struct member *members; /* of a structure */
    size_t n_members;
    struct member element, key; /* element: of a list, or the values of a map */
    bool flattened;
    bool sensitive; /* does not belong into a log */
    bool is_error;
    const char *error_code; /* the code on the wire, "" when it is the shape's name */
    int error_status;
};

struct operation {
    const char *name;
    const struct service *service;
    const struct shape *input, *output; /* NULL: nothing goes in or comes back */
    const char *result_wrapper;         /* "AssumeRoleResult" */
    const char *method, *path;          /* of REST, "" otherwise */
    bool is_unsigned;                   /* whoever calls it has no credentials yet */
    const char *token_in, *token_out;   /* members that page, "" when it does not page */
    const char *page_size;              /* the input member, "" when there is none */
    bool has_dry_run;
    handler_fn *handle; /* NULL: known to the model, not served */
};

struct service {
    const char *name; /* "config": the name requests are signed for, as far as they are */
    enum protocol protocol;
    const char *version;       /* "2011-06-15" */
    const char *target_prefix; /* "StarlingDoveService"; "" but for JSON */
    const char *xml_namespace;
    struct operation *operations;
    size_t n_operations;
    struct shape *shapes;
    size_t n_shapes;
    const struct service_routes *routes; /* NULL: only the model knows it */
};

/* Reads the embedded data and ties the handlers of services.def to it. Call once, first. Exits
 * the program with a message when the data is broken: that is a defect of the build. */
void api_load(void);
void api_unload(void); /* for leak checkers */

const struct service *api_service(struct sv name); /* NULL when there is none */
const struct service *api_service_of_target(struct sv prefix);
const struct operation *api_operation(const struct service *service, struct sv name);
/* The REST operation of that method and path; NULL when there is none. */
const struct operation *api_rest_operation(struct sv method, struct sv path);
/* The error shape whose code on the wire is code; NULL when the model does not name it. */
const struct shape *api_error(const struct service *service, const char *code);

const struct member *shape_member(const struct shape *structure, struct sv name);
/* Does the whole text match the shape's pattern? True for a shape without one. */
bool api_matches(const struct shape *shape, const char *text);

#endif
