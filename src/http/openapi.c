/* OpenAPI 3.1 from route rows. */
#include "http/openapi.h"
#include "base/buf.h"
#include <ctype.h>

static json_t *reference(const char *to) {
    return json_pack("{ss}", "$ref", to);
}

/* {"application/json": {"schema": …}} */
static json_t *content(const char *type, json_t *schema) {
    return json_pack("{s{so}}", type, "schema", schema);
}

/* ---- parameters ---- */

static json_t *parameter(const char *name, const char *in, bool required, json_t *schema) {
    return json_pack("{ss ss sb so}", "name", name, "in", in, "required", (int)required, "schema", schema);
}

static void add_path_parameters(struct arena *a, json_t *parameters, const char *path) {
    for (const char *open = strchr(path, '{'); open; open = strchr(open + 1, '{')) {
        const char *name = arena_strndup(a, open + 1, strcspn(open + 1, "}"));
        json_array_append_new(parameters, parameter(name, "path", true, json_pack("{ss}", "type", "string")));
    }
}

static void add_query_parameters(json_t *parameters, const struct field *fields) {
    json_t *schema = json_schema(fields, true);
    json_t *properties = json_object_get(schema, "properties"), *property;
    for (const struct field *f = fields; f->name; f++)
        if ((property = json_object_get(properties, f->name)))
            json_array_append_new(
                parameters, parameter(f->name, "query", f->flags & FIELD_REQUIRED, json_incref(property)));
    json_decref(schema);
}

static json_t *parameters_of(struct arena *a, const struct route *r) {
    json_t *parameters = json_array();
    add_path_parameters(a, parameters, r->path);
    if (r->query)
        add_query_parameters(parameters, r->query);
    if (r->flags & ROUTE_LIST) {
        json_array_append_new(parameters, reference("#/components/parameters/limit"));
        json_array_append_new(parameters, reference("#/components/parameters/cursor"));
    }
    if (r->flags & ROUTE_WRITES && strcmp(r->method, "POST") == 0)
        json_array_append_new(parameters, reference("#/components/parameters/idempotency_key"));
    return parameters;
}

/* ---- bodies ---- */

static json_t *request_body(const struct route *r) {
    if (r->flags & ROUTE_TEXT_BODY && !r->body)
        return json_pack(
            "{sb so}", "required", 1, "content",
            content("application/octet-stream", json_pack("{ss ss}", "type", "string", "format", "binary")));
    return json_pack("{so}", "content", content("application/json", json_schema(r->body, true)));
}

static json_t *answer_schema(const struct route *r) {
    json_t *schema = r->answer ? json_schema(r->answer, false) : json_pack("{ss}", "type", "object");
    if (!(r->flags & ROUTE_LIST))
        return schema;
    return json_pack("{ss s[ss] s{s{ss so} s{s[ss]}}}", "type", "object", "required", "items", "next",
                     "properties", "items", "type", "array", "items", schema, "next", "type", "string",
                     "null");
}

static json_t *answer_content(const struct route *r) {
    if (r->flags & ROUTE_RAW)
        return content("application/octet-stream", json_object());
    return content("application/json", answer_schema(r));
}

/* ---- operations ---- */

/* "get_v1_certificates_id": unique, since methods and paths are. */
static const char *operation_id(struct arena *a, const struct route *r) {
    struct buf id = buf_new(a, 256);
    for (const char *p = r->method; *p; p++)
        buf_char(&id, (char)tolower((unsigned char)*p));
    bool word = false;
    for (const char *p = r->path; *p; p++) {
        bool part = isalnum((unsigned char)*p) || *p == '_';
        if (part && !word)
            buf_char(&id, '_');
        if (part)
            buf_char(&id, *p);
        word = part;
    }
    return id.p;
}

/* The noun behind the version: "certificates". */
static const char *tag_of(struct arena *a, const struct route *r) {
    const char *noun = strncmp(r->path, "/v1/", 4) == 0 ? r->path + 4 : r->path + 1;
    return arena_strndup(a, noun, strcspn(noun, "/"));
}

static json_t *security_of(const struct route *r) {
    return r->access == ACCESS_PUBLIC ? json_array() : json_pack("[{s[]}]", "access_key");
}

static json_t *roles_of(const struct route *r) {
    json_t *roles = json_array();
    for (int role = ROLE_NONE + 1; role < ROLE_COUNT; role++)
        if (r->access & 1u << role)
            json_array_append_new(roles, json_string(role_name(role)));
    return roles;
}

static json_t *operation(struct arena *a, const struct route *r) {
    json_t *op =
        json_pack("{ss s[s] so so so}", "operationId", operation_id(a, r), "tags", tag_of(a, r), "security",
                  security_of(r), "x-roles", roles_of(r), "parameters", parameters_of(a, r));
    if (r->flags & ROUTE_ADMINISTERS)
        json_object_set_new(op, "x-administrators", json_true());
    if (r->summary.in[LANG_EN]) {
        json_object_set_new(op, "summary", json_string(r->summary.in[LANG_EN]));
        json_object_set_new(op, "x-summary-zh", json_string(r->summary.in[LANG_ZH]));
    }
    if (r->body || r->flags & ROUTE_TEXT_BODY)
        json_object_set_new(op, "requestBody", request_body(r));
    json_object_set_new(op, "responses",
                        json_pack("{s{ss so} so}", "2XX", "description", "Done", "content", answer_content(r),
                                  "default", reference("#/components/responses/problem")));
    return op;
}

static json_t *paths_of(struct arena *a, const struct route *const *tables) {
    json_t *paths = json_object();
    for (; *tables; tables++)
        for (const struct route *r = *tables; r->method; r++) {
            const char *method = operation_id(a, r);
            json_t *path = json_object_get(paths, r->path);
            if (!path) {
                path = json_object();
                json_object_set_new(paths, r->path, path);
            }
            json_object_set_new(path, arena_strndup(a, method, strcspn(method, "_")), operation(a, r));
        }
    return paths;
}

/* ---- what operations refer to ---- */

/* A compiled-in literal; a mistake in it would be found by the first test that reads the document. */
static json_t *literal(const char *text) {
    return json_loads(text, 0, NULL);
}

static json_t *components(void) {
    json_t *parts = literal(
        "{\"securitySchemes\": {\"access_key\": {\"type\": \"http\", \"scheme\": \"bearer\","
        " \"bearerFormat\": \"ID.SECRET\"}},"
        "\"responses\": {\"problem\": {\"description\": \"What went wrong (RFC 9457)\", \"content\":"
        " {\"application/problem+json\": {\"schema\": {\"$ref\": \"#/components/schemas/problem\"}}}}},"
        "\"schemas\": {\"problem\": {\"type\": \"object\","
        " \"required\": [\"type\", \"title\", \"status\", \"code\", \"codes\"], \"properties\": {"
        " \"type\": {\"type\": \"string\"}, \"title\": {\"type\": \"string\"}, \"status\": {\"type\": \"integer\"},"
        " \"detail\": {\"type\": \"string\"}, \"code\": {\"type\": \"string\"},"
        " \"codes\": {\"type\": \"array\", \"items\": {\"type\": \"string\"}}, \"field\": {\"type\": \"string\"},"
        " \"object\": {\"type\": \"string\"}, \"state\": {\"type\": \"string\"}, \"remedy\": {\"type\": \"string\"},"
        " \"request_id\": {\"type\": \"string\"}}}},"
        "\"parameters\": {"
        " \"cursor\": {\"name\": \"cursor\", \"in\": \"query\", \"schema\": {\"type\": \"string\"},"
        " \"description\": \"next of the page before\"},"
        " \"idempotency_key\": {\"name\": \"Idempotency-Key\", \"in\": \"header\", \"schema\": {\"type\": \"string\"},"
        " \"description\": \"The same key within 24 hours gives the same answer and does nothing twice\"}}}");
    json_t *limit =
        json_pack("{ss ss s{ss si si si}}", "name", "limit", "in", "query", "schema", "type", "integer",
                  "minimum", 1, "maximum", LIST_LIMIT_MAX, "default", LIST_LIMIT_DEFAULT);
    json_object_set_new(json_object_get(parts, "parameters"), "limit", limit);
    return parts;
}

json_t *openapi_document(struct arena *a, const struct route *const *tables, const char *public_url) {
    return json_pack("{ss s{ss ss s{ss ss}} s[{ss}] so so}", "openapi", "3.1.0", "info", "title", "Tenure",
                     "version", TENURE_VERSION, "license", "name", "Apache-2.0", "identifier", "Apache-2.0",
                     "servers", "url", public_url, "paths", paths_of(a, tables), "components", components());
}
