/* The replies of AWS Query and of EC2. */
#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "tests/sandbox/wire/codec.h"

/* Is this a character that XML 1.0 (2.2) can carry as it is? */
static bool is_xml_char(uint32_t c)
{
    return c == '\t' || c == '\n' || (c >= 0x20 && c != 0xFFFE && c != 0xFFFF);
}

void xml_text(struct buf *out, struct sv text)
{
    while (text.len > 0) {
        uint32_t c;
        size_t len = utf8_decode(text, &c);
        if (c == '&')
            buf_add_cstr(out, "&amp;");
        else if (c == '<')
            buf_add_cstr(out, "&lt;");
        else if (c == '>')
            buf_add_cstr(out, "&gt;");
        else if (c == UINT32_MAX)
            buf_add_cstr(out, "\xEF\xBF\xBD");
        else if (!is_xml_char(c))
            buf_addf(out, "&#x%X;", c);
        else
            buf_add(out, (struct sv){text.ptr, len});
        text.ptr += len;
        text.len -= len;
    }
}

struct writer {
    struct buf *out, *mistake;
    enum protocol protocol;
};

static bool write_value(struct writer *w, const struct shape *shape, const cJSON *node);

static void open_tag(struct writer *w, const char *name)
{
    buf_add_char(w->out, '<');
    buf_add_cstr(w->out, name);
    buf_add_char(w->out, '>');
}

static void close_tag(struct writer *w, const char *name)
{
    buf_add_cstr(w->out, "</");
    buf_add_cstr(w->out, name);
    buf_add_char(w->out, '>');
}

static bool write_element(struct writer *w, const char *name, const struct shape *shape,
                          const cJSON *node)
{
    open_tag(w, name);
    bool written = write_value(w, shape, node);
    close_tag(w, name);
    return written;
}

static bool write_list(struct writer *w, const struct shape *shape, const cJSON *node,
                       const char *element)
{
    const cJSON *child;
    cJSON_ArrayForEach (child, node)
        if (!write_element(w, element, shape->element.shape, child))
            return false;
    return true;
}

static const char *name_or(const char *name, const char *otherwise)
{
    return *name ? name : otherwise;
}

static bool write_map(struct writer *w, const struct shape *shape, const cJSON *node)
{
    const cJSON *child;
    cJSON_ArrayForEach (child, node) {
        const char *key = name_or(shape->key.location, "key");
        open_tag(w, "entry");
        open_tag(w, key);
        xml_text(w->out, sv_of(child->string));
        close_tag(w, key);
        if (!write_element(w, name_or(shape->element.location, "value"), shape->element.shape,
                           child))
            return false;
        close_tag(w, "entry");
    }
    return true;
}

static bool write_structure(struct writer *w, const struct shape *shape, const cJSON *node)
{
    const cJSON *child;
    cJSON_ArrayForEach (child, node) {
        const struct member *m = shape_member(shape, sv_of(child->string));
        if (!m && cJSON_IsRaw(child)) {
            buf_addf(w->out, "<%s>%s</%s>", child->string, child->valuestring, child->string);
            continue;
        }
        if (!m) {
            buf_addf(w->mistake, "%s has no member %s", shape->name, child->string);
            return false;
        }
        const char *name = name_or(m->location, m->name);
        bool flat = m->shape->type == SHAPE_LIST && m->shape->flattened;
        bool written =
            flat && cJSON_IsArray(child)
                ? write_list(w, m->shape, child, name_or(m->shape->element.location, name))
                : write_element(w, name, m->shape, child);
        if (!written)
            return false;
    }
    return true;
}

static bool write_scalar(struct writer *w, const struct shape *shape, const cJSON *node)
{
    if (shape->type == SHAPE_BOOLEAN && cJSON_IsBool(node)) {
        buf_add_cstr(w->out, cJSON_IsTrue(node) ? "true" : "false");
    } else if (shape->type == SHAPE_TIMESTAMP && cJSON_IsNumber(node)) {
        char iso[CLOCK_ISO_SIZE];
        clock_iso8601((int64_t)(node->valuedouble * 1000 + 0.5), w->protocol == PROTOCOL_EC2, iso);
        buf_add_cstr(w->out, iso);
    } else if ((shape->type == SHAPE_INTEGER || shape->type == SHAPE_LONG) &&
               cJSON_IsNumber(node)) {
        buf_addf(w->out, "%lld", (long long)node->valuedouble);
    } else if (shape->type == SHAPE_DOUBLE && cJSON_IsNumber(node)) {
        buf_addf(w->out, "%.17g", node->valuedouble);
    } else if ((shape->type == SHAPE_STRING || shape->type == SHAPE_BLOB) && cJSON_IsString(node)) {
        xml_text(w->out, sv_of(node->valuestring));
    } else {
        return false;
    }
    return true;
}

static bool write_value(struct writer *w, const struct shape *shape, const cJSON *node)
{
    bool object = cJSON_IsObject(node);
    if (cJSON_IsRaw(node)) { /* what a fault has put there */
        buf_add_cstr(w->out, node->valuestring);
        return true;
    }
    if (shape->type == SHAPE_STRUCTURE && object)
        return write_structure(w, shape, node);
    if (shape->type == SHAPE_MAP && object)
        return write_map(w, shape, node);
    if (shape->type == SHAPE_LIST && cJSON_IsArray(node))
        return write_list(
            w, shape, node,
            name_or(shape->element.location, w->protocol == PROTOCOL_EC2 ? "item" : "member"));
    if (write_scalar(w, shape, node))
        return true;
    buf_addf(w->mistake, "%s is not a %s", node->string ? node->string : "an element", shape->name);
    return false;
}

/* <OpResponse><OpResult>...</OpResult><ResponseMetadata>, or EC2's flat form; an EC2 operation
 * without output answers <return>true</return>. */
bool codec_write_xml(struct buf *body, const struct operation *op, const cJSON *output,
                     const char *request_id, struct buf *mistake)
{
    struct writer w = {.out = body, .mistake = mistake, .protocol = op->service->protocol};
    bool ec2 = w.protocol == PROTOCOL_EC2, written = true;
    if (ec2)
        buf_add_cstr(body, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    buf_addf(body, "<%sResponse xmlns=\"%s%s\">", op->name, op->service->xml_namespace,
             ec2 ? "/" : "");
    if (ec2)
        buf_addf(body, "<requestId>%s</requestId>", request_id);
    else if (*op->result_wrapper)
        open_tag(&w, op->result_wrapper);
    if (op->output)
        written = write_structure(&w, op->output, output);
    else if (ec2)
        buf_add_cstr(body, "<return>true</return>");
    if (!ec2 && *op->result_wrapper)
        close_tag(&w, op->result_wrapper);
    if (!ec2)
        buf_addf(body, "<ResponseMetadata><RequestId>%s</RequestId></ResponseMetadata>",
                 request_id);
    buf_addf(body, "</%sResponse>\n", op->name);
    return written;
}

const char *codec_content_type(enum protocol protocol)
{
    static const char *const types[PROTOCOL_COUNT] = {
        [PROTOCOL_JSON] = "application/x-amz-json-1.1",
        [PROTOCOL_QUERY] = "text/xml",
        [PROTOCOL_REST] = "application/json",
        [PROTOCOL_EC2] = "text/xml;charset=UTF-8",
    };
    return types[protocol];
}
