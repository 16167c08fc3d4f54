/* The HTTP client. */
#include "http/client.h"
#include "base/buf.h"
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

enum { CONNECT_TIMEOUT_MS = 10000, URL_MAX = 2000 };

struct client {
    CURL *curl;
    const struct outbound_policy *policy;
    char problem[CURL_ERROR_SIZE];
    /* of the call in progress */
    bool local;   /* this machine alone */
    bool refused; /* the policy said no to an address */
    bool tried;   /* and yes to another one */
    bool connected;
    struct buf body;
};

static void client_free(void *object) {
    struct client *client = object;
    curl_easy_cleanup(client->curl);
}

struct client *client_new(struct arena *a, const struct outbound_policy *policy) {
    struct client *client = ARENA_NEW(a, struct client);
    client->policy = policy;
    client->curl = curl_easy_init();
    if (!client->curl)
        abort(); /* out of memory ends the process */
    arena_defer(a, client_free, client);
    return client;
}

/* ---- where it may go ---- */

static void free_url(CURLU **url) {
    curl_url_cleanup(*url);
}

static void free_part(char **part) {
    curl_free(*part);
}
#define AUTO_PART __attribute__((cleanup(free_part))) char *

static bool host_is_loopback(char *host) {
    struct address address;
    size_t len = strlen(host);
    if (*host == '[' && host[len - 1] == ']') {
        host[len - 1] = 0;
        host++;
    }
    return strcmp(host, "localhost") == 0 || (address_parse(host, &address) && address_is_loopback(&address));
}

/* `local`: only this machine may be asked. */
static bool check_url(const struct http_request *request, bool *local, struct error *e) {
    __attribute__((cleanup(free_url))) CURLU *url = curl_url();
    AUTO_PART scheme = NULL;
    AUTO_PART host = NULL;
    const char *text = request->url;
    if (!url || curl_url_set(url, CURLUPART_URL, text, CURLU_DISALLOW_USER) != CURLUE_OK ||
        curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
        curl_url_get(url, CURLUPART_HOST, &host, 0) != CURLUE_OK)
        return fail_field(e, "url", ERR_BAD_FIELD, "'%s' is not an address such as https://example.com/",
                          "“%s”不是有效的地址,例如 https://example.com/", text);
    bool plain = strcmp(scheme, "https") != 0;
    *local = plain && !request->plain_allowed;
    if ((plain && strcmp(scheme, "http") != 0) || (*local && !host_is_loopback(host)))
        return fail_field(e, "url", ERR_BAD_FIELD,
                          "'%s' must begin with https://; only this machine is asked by http://",
                          "“%s”必须以 https:// 开头;仅本机可使用 http://", text);
    return true;
}

static const char *plain_host(struct arena *a, const char *host) {
    size_t length = strlen(host);
    bool bracketed = *host == '[' && host[length - 1] == ']';
    return bracketed ? arena_lower(a, host + 1, length - 2) : arena_lower(a, host, length);
}

bool http_url_parts(struct arena *a, const char *url, struct url_parts *parts) {
    __attribute__((cleanup(free_url))) CURLU *parsed = curl_url();
    AUTO_PART scheme = NULL;
    AUTO_PART host = NULL;
    AUTO_PART port = NULL;
    if (!parsed || strlen(url) > URL_MAX ||
        curl_url_set(parsed, CURLUPART_URL, url, CURLU_DISALLOW_USER) != CURLUE_OK ||
        curl_url_get(parsed, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
        curl_url_get(parsed, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
        curl_url_get(parsed, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) != CURLUE_OK)
        return false;
    parts->secure = strcmp(scheme, "https") == 0;
    parts->host = plain_host(a, host);
    parts->port = (uint16_t)strtoul(port, NULL, 10);
    return parts->secure || strcmp(scheme, "http") == 0;
}

const char *http_url(struct arena *a, const char *name, uint16_t port, const char *path) {
    const char *host = strchr(name, ':') ? arena_printf(a, "[%s]", name) : name;
    return port == 80 ? arena_printf(a, "http://%s%s", host, path)
                      : arena_printf(a, "http://%s:%u%s", host, port, path);
}

bool http_url_check(const char *field, const char *url, struct error *e) {
    const struct http_request request = {.url = url};
    bool local;
    if (strlen(url) > URL_MAX)
        return fail_field(e, field, ERR_BAD_FIELD, "an address has %d bytes at most", "地址最多 %d 字节",
                          URL_MAX);
    if (check_url(&request, &local, e))
        return true;
    snprintf(e->field, sizeof e->field, "%s", field);
    return false;
}

/* libcurl asks for a socket after resolution, with the very address: names cannot lie to us between look-ups.
 */
static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *to) {
    struct client *client = context;
    struct address address;
    (void)purpose;
    bool local = address_from(&to->addr, &address) && address_is_loopback(&address);
    if ((client->local && !local) || !outbound_allowed(client->policy, &to->addr)) {
        client->refused = true;
        return CURL_SOCKET_BAD;
    }
    client->tried = true;
    return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

/* ---- the call ---- */

static size_t take(char *data, size_t size, size_t count, void *context) {
    struct client *client = context;
    buf_add(&client->body, data, size * count);
    return client->body.overflow ? 0 : size * count;
}

static struct curl_slist *header_list(const char *const *headers) {
    /* no waiting for 100-continue: our bodies are small */
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    for (; headers && *headers; headers++)
        list = curl_slist_append(list, *headers);
    return list;
}

/* Every name and port of this call leads to that address; NULL: as they resolve. Unlike CURLOPT_RESOLVE it
 * leaves nothing behind in the handle, and no connection to another address is used again. */
static bool connect_list(struct arena *a, const char *address, struct curl_slist **list, struct error *e) {
    struct address parsed;
    *list = NULL;
    if (!address)
        return true;
    if (!address_parse(address, &parsed))
        return fail_field(e, "address", ERR_BAD_FIELD, "'%s' is not an IP address", "“%s”不是 IP 地址",
                          address);
    *list = curl_slist_append(NULL, arena_printf(a, strchr(address, ':') ? "::[%s]:" : "::%s:", address));
    return true;
}

/* None of the system's beside them: a CA whose root is pinned is talked to under that root alone. */
static void set_roots(CURL *c, struct slice roots) {
    struct curl_blob blob = {.data = (void *)roots.p, .len = roots.len, .flags = CURL_BLOB_COPY};
    if (roots.len == 0)
        return;
    curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(c, CURLOPT_CAINFO_BLOB, &blob);
}

static void set_options(struct client *client, const struct http_request *request, struct curl_slist *headers,
                        struct curl_slist *connect_to) {
    CURL *c = client->curl;
    curl_easy_reset(c); /* connections stay */
    curl_easy_setopt(c, CURLOPT_URL, request->url);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(c, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
    curl_easy_setopt(c, CURLOPT_USERAGENT, "tenure/" TENURE_VERSION);
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, client->problem);
    curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, client);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, client);
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(c, CURLOPT_CONNECT_TO, connect_to);
    curl_easy_setopt(c, CURLOPT_FRESH_CONNECT, (long)request->once);
    set_roots(c, request->roots);
    if (request->body.p) {
        curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
        curl_easy_setopt(c, CURLOPT_POSTFIELDS, request->body.p);
    }
    if (request->any_certificate) {
        curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 0L);
        curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    if (strcmp(request->method, "HEAD") == 0)
        curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
    curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, request->method);
}

static bool was_connected(CURLcode code) {
    return code != CURLE_COULDNT_RESOLVE_HOST && code != CURLE_COULDNT_CONNECT &&
           code != CURLE_OPERATION_TIMEDOUT;
}

bool http_connected(const struct client *client) {
    return client->connected;
}

static bool call_failed(const struct client *client, const char *url, CURLcode code, struct error *e) {
    if (client->refused && !client->tried)
        return fail(e, ERR_ADDRESS_NOT_ALLOWED,
                    "%s lies in an address range that is closed to outgoing connections",
                    "%s 位于禁止对外连接的地址段内", url);
    if (client->body.overflow)
        return fail(e, ERR_UNREACHABLE, "%s answers with more than %zu bytes", "%s 的应答超过 %zu 字节", url,
                    client->body.max);
    if (code == CURLE_OPERATION_TIMEDOUT)
        return fail(e, ERR_TIMED_OUT, "%s does not answer in time", "%s 未在规定时间内应答", url);
    const char *reason = *client->problem ? client->problem : curl_easy_strerror(code);
    return fail(e, ERR_UNREACHABLE, "%s does not answer: %s", "%s 无应答:%s", url, reason);
}

static void fill_headers(struct client *client, struct http_reply *reply) {
    struct arena *a = client->body.arena;
    struct curl_header *h = NULL;
    while (reply->header_count < HTTP_HEADERS_MAX &&
           (h = curl_easy_nextheader(client->curl, CURLH_HEADER, -1, h)))
        if (strlen(h->value) <= HTTP_HEADER_VALUE_MAX)
            reply->headers[reply->header_count++] =
                (struct http_header){arena_strdup(a, h->name), arena_strdup(a, h->value)};
}

static void fill_reply(struct client *client, struct http_reply *reply) {
    long status = 0;
    const char *content_type = NULL, *redirect = NULL;
    curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(client->curl, CURLINFO_CONTENT_TYPE, &content_type);
    curl_easy_getinfo(client->curl, CURLINFO_REDIRECT_URL, &redirect);
    *reply = (struct http_reply){.status = (int)status,
                                 .content_type =
                                     content_type ? arena_strdup(client->body.arena, content_type) : "",
                                 .redirect = redirect ? arena_strdup(client->body.arena, redirect) : "",
                                 .body = buf_slice(&client->body),
                                 .cut = client->body.overflow};
    fill_headers(client, reply);
}

const char *http_reply_header(const struct http_reply *reply, const char *name) {
    const char *value = NULL;
    return http_reply_headers(reply, name, &value, 1) ? value : NULL;
}

size_t http_reply_headers(const struct http_reply *reply, const char *name, const char **values, size_t max) {
    size_t found = 0;
    for (size_t i = 0; i < reply->header_count && found < max; i++)
        if (strcasecmp(reply->headers[i].name, name) == 0)
            values[found++] = reply->headers[i].value;
    return found;
}

bool http_call(struct client *client, struct arena *a, const struct http_request *request,
               struct http_reply *reply, struct error *e) {
    struct curl_slist *connect_to;
    if (!check_url(request, &client->local, e) || !connect_list(a, request->address, &connect_to, e))
        return false;
    client->refused = client->tried = client->connected = false;
    client->problem[0] = 0;
    client->body = buf_new(a, request->reply_max ? request->reply_max : HTTP_REPLY_MAX);
    struct curl_slist *headers = header_list(request->headers);
    set_options(client, request, headers, connect_to);
    CURLcode code = curl_easy_perform(client->curl);
    curl_easy_setopt(client->curl, CURLOPT_HTTPHEADER, NULL);
    curl_easy_setopt(client->curl, CURLOPT_CONNECT_TO, NULL);
    curl_slist_free_all(headers);
    curl_slist_free_all(connect_to);
    client->connected = was_connected(code);
    bool cut = request->cut_allowed && client->body.overflow;
    if (code != CURLE_OK && !cut)
        return call_failed(client, request->url, code, e);
    fill_reply(client, reply);
    return true;
}
