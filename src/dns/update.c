/* Updates by ldns over our own sockets: its resolver would go past the outbound policy. */
#include "dns/update.h"
#include "base/clock.h"
#include "base/rand.h"
#include "dns/exchange.h"
#include "dns/tsig.h"
#include <sodium.h>
#include <strings.h>

enum { STRING_MAX = 255, KEY_BYTES_MAX = 512 };

static const char *const algorithms[] = {"hmac-sha256", "hmac-sha512", "hmac-sha1"};

bool dns_update_algorithm_known(const char *algorithm) {
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++)
        if (strcasecmp(algorithms[i], algorithm) == 0)
            return true;
    return false;
}

/* One change on its way. */
struct change {
    struct arena *arena;
    const struct dns_update *update;
    const char *zone;
    struct tsig_key key;
    /* of the message that waits for its answer */
    const ldns_pkt *query;
    ldns_pkt *reply; /* ends with the arena */
};

static void release_reply(void *object) {
    ldns_pkt_free(object);
}

/* ---- what an answer means ---- */

static bool key_refused(const struct change *c, int code, struct error *e) {
    const char *server = c->update->server.name, *key = c->update->key_name;
    if (code == TSIG_BADTIME)
        return fail(e, ERR_DNS_KEY_REFUSED, "the clock of %s and ours differ by more than %d s (BADTIME)",
                    "%s 的时钟与本机相差超过 %d 秒(BADTIME)", server, TSIG_FUDGE_SECONDS);
    if (code == TSIG_BADSIG)
        return fail(e, ERR_DNS_KEY_REFUSED, "%s has another secret for the key %s (BADSIG)",
                    "%s 上密钥 %s 的内容与此不同(BADSIG)", server, key);
    /* Knot says so also of a key that has no right to the zone. */
    return fail(e, ERR_DNS_KEY_REFUSED,
                "%s does not know the key %s with %s, or it has no rights there (BADKEY)",
                "%s 上没有密钥 %s(%s),或该密钥在此没有权限(BADKEY)", server, key, c->update->algorithm);
}

static bool zone_not_found(const struct change *c, const char *name, struct error *e) {
    return fail(e, ERR_DNS_ZONE_NOT_FOUND, "%s is not an authority for %s", "%s 不是 %s 的权威服务器",
                c->update->server.name, name);
}

static bool judge(const struct change *c, const char *name, struct error *e) {
    int rcode = ldns_pkt_get_rcode(c->reply), code = tsig_error(c->reply);
    if (rcode == LDNS_RCODE_NOERROR)
        return true;
    if (code == TSIG_BADSIG || code == TSIG_BADKEY || code == TSIG_BADTIME)
        return key_refused(c, code, e);
    if (rcode == LDNS_RCODE_NOTAUTH || rcode == LDNS_RCODE_NOTZONE)
        return zone_not_found(c, name, e);
    return fail(e, ERR_DNS_CHANGE_REFUSED, "%s refuses to change %s by the key %s (%s)",
                "%1$s 拒绝以密钥 %3$s 更改 %2$s(%4$s)", c->update->server.name, name, c->update->key_name,
                dns_rcode_name(c->arena, rcode));
}

static bool no_answer(const struct change *c, enum dns_status status, struct error *e) {
    const char *server = c->update->server.name;
    if (status == DNS_NOT_ALLOWED)
        return fail(e, ERR_ADDRESS_NOT_ALLOWED,
                    "%s lies in an address range that is closed to outgoing connections",
                    "%s 位于禁止对外连接的地址段内", server);
    if (status == DNS_TIMED_OUT)
        return fail(e, ERR_TIMED_OUT, "%s does not answer in time", "%s 未在规定时间内应答", server);
    if (status == DNS_GARBLED)
        return fail(e, ERR_DNS_KEY_REFUSED, "what %s answers is not signed by the key %s",
                    "%s 的应答未由密钥 %s 签名", server, c->update->key_name);
    return fail(e, ERR_UNREACHABLE, "%s does not answer", "%s 无应答", server);
}

/* ---- one message and its answer ---- */

static bool take(void *context, struct slice bytes) {
    struct change *c = context;
    c->reply = tsig_answer(c->query, &c->key, bytes);
    if (c->reply)
        arena_defer(c->arena, release_reply, c->reply);
    return c->reply != NULL;
}

static struct exchange exchange_with(struct arena *a, const struct dns_update *update) {
    return (struct exchange){.arena = a,
                             .policy = update->server.configured ? &outbound_anywhere : update->policy,
                             .server = &update->server,
                             .deadline_ms = clock_monotonic_ms() + update->timeout_ms};
}

/* `query` is signed here; it must outlive the call, and the reply outlives it. */
static bool converse(struct change *c, ldns_pkt *query, struct error *e) {
    const struct dns_update *update = c->update;
    struct exchange x = exchange_with(c->arena, update);
    uint16_t id;
    x.take = take;
    x.context = c;
    rand_bytes(&id, sizeof id);
    ldns_pkt_set_id(query, id);
    c->query = query;
    if (!tsig_sign(query, &c->key) || !packet_write(c->arena, query, &x.message))
        return fail(e, ERR_INTERNAL, "ldns cannot sign with the key %s", "ldns 无法用密钥 %s 签名",
                    update->key_name);
    enum dns_status status = update->tcp ? exchange_tcp(&x) : exchange_udp(&x);
    if (status == DNS_ANSWERED && !update->tcp && ldns_pkt_tc(c->reply))
        status = exchange_tcp(&x);
    return status == DNS_ANSWERED || no_answer(c, status, e);
}

/* ---- the zone ---- */

static bool bad_name(const char *name, struct error *e) {
    return fail(e, ERR_BAD_NAME, "'%s' is no name of DNS", "“%s”不是有效的 DNS 名称", name);
}

/* In the answer for the zone's own name, beside it (RFC 2308) for names below. */
static bool find_soa(struct change *c, const ldns_rr_list *records, const char *name) {
    for (size_t i = 0; i < ldns_rr_list_rr_count(records); i++) {
        const ldns_rr *rr = ldns_rr_list_rr(records, i);
        const char *zone;
        if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_SOA && packet_name(c->arena, ldns_rr_owner(rr), &zone) &&
            dns_below(name, zone)) {
            c->zone = zone;
            return true;
        }
    }
    return false;
}

static bool ask_soa(struct change *c, const char *name, struct error *e) {
    AUTO_PACKET query = packet_query(name, LDNS_RR_TYPE_SOA);
    return query ? converse(c, query, e) : bad_name(name, e);
}

/*
 * An authority names its zone in whatever it answers, except behind a CNAME: then the name above is asked.
 * Who is no authority must not be asked about the names above: below a delegation the parent takes records
 * that nobody ever sees.
 */
static bool find_zone(struct change *c, const char *name, struct error *e) {
    for (const char *at = name; at && *at; at = dns_parent(at)) {
        if (!ask_soa(c, at, e))
            return false;
        int rcode = ldns_pkt_get_rcode(c->reply);
        if (rcode != LDNS_RCODE_NXDOMAIN && rcode != LDNS_RCODE_REFUSED && !judge(c, name, e))
            return false;
        if (!ldns_pkt_aa(c->reply))
            return zone_not_found(c, name, e);
        if (find_soa(c, ldns_pkt_answer(c->reply), name) || find_soa(c, ldns_pkt_authority(c->reply), name))
            return true;
    }
    return zone_not_found(c, name, e);
}

/* ---- the change ---- */

/* A value longer than one string of a TXT record goes into several. */
static bool push_value(ldns_rr *rr, const char *value) {
    uint8_t string[1 + STRING_MAX];
    size_t left = strlen(value);
    do {
        size_t length = left < STRING_MAX ? left : STRING_MAX;
        string[0] = (uint8_t)length;
        memcpy(string + 1, value, length);
        ldns_rdf *field = ldns_rdf_new_frm_data(LDNS_RDF_TYPE_STR, length + 1, string);
        if (!field || !ldns_rr_push_rdf(rr, field))
            return false;
        value += length;
        left -= length;
    } while (left > 0);
    return true;
}

static void free_records(ldns_rr_list **records) {
    ldns_rr_list_deep_free(*records);
}

/* Class and TTL say what is to be done with it (RFC 2136, section 2.5). */
static ldns_rr_list *record(const char *name, const char *value, ldns_rr_class class, uint32_t ttl) {
    ldns_rr_list *records = ldns_rr_list_new();
    ldns_rr *rr = ldns_rr_new();
    ldns_rdf *owner = ldns_dname_new_frm_str(name);
    if (records && rr && owner && ldns_rr_list_push_rr(records, rr)) {
        ldns_rr_set_owner(rr, owner);
        ldns_rr_set_type(rr, LDNS_RR_TYPE_TXT);
        ldns_rr_set_class(rr, class);
        ldns_rr_set_ttl(rr, ttl);
        if (push_value(rr, value))
            return records;
        owner = NULL; /* the list has both */
        rr = NULL;
    }
    ldns_rdf_deep_free(owner);
    ldns_rr_free(rr);
    ldns_rr_list_deep_free(records);
    return NULL;
}

static bool send_change(struct change *c, const char *name, const ldns_rr_list *records, struct error *e) {
    ldns_rdf *zone = ldns_dname_new_frm_str(*c->zone ? c->zone : ".");
    AUTO_PACKET query =
        zone && records ? ldns_update_pkt_new(zone, LDNS_RR_CLASS_IN, NULL, records, NULL) : NULL;
    if (!query) {
        ldns_rdf_deep_free(zone);
        return bad_name(name, e);
    }
    return converse(c, query, e) && judge(c, name, e);
}

static bool check_key(const struct dns_update *update, struct error *e) {
    uint8_t bytes[KEY_BYTES_MAX];
    size_t length = 0;
    int bad = sodium_base642bin(bytes, sizeof bytes, (const char *)secret_bytes(update->key),
                                secret_len(update->key), NULL, &length, NULL, sodium_base64_VARIANT_ORIGINAL);
    sodium_memzero(bytes, sizeof bytes);
    return (!bad && length > 0) || fail_field(e, "secret", ERR_BAD_FIELD, "the secret of a key is base64",
                                              "密钥内容应为 base64 编码");
}

/* With a final dot. Names are signed in lower case. */
static const char *lower(struct arena *a, const char *name) {
    return arena_printf(a, "%s.", arena_lower(a, name, strlen(name)));
}

static bool change(struct arena *a, const struct dns_update *update, const char *name,
                   const ldns_rr_list *records, struct error *e) {
    struct change c = {.arena = a,
                       .update = update,
                       .zone = update->zone,
                       .key = {.name = lower(a, update->key_name),
                               .algorithm = lower(a, update->algorithm),
                               .secret = (const char *)secret_bytes(update->key)}};
    return check_key(update, e) && (c.zone || find_zone(&c, name, e)) && send_change(&c, name, records, e);
}

bool dns_update_add(struct arena *a, const struct dns_update *update, const char *name, const char *value,
                    int64_t ttl, struct error *e) {
    __attribute__((cleanup(free_records))) ldns_rr_list *records =
        record(name, value, LDNS_RR_CLASS_IN, (uint32_t)ttl);
    return change(a, update, name, records, e);
}

/* Asked as anybody may ask. Only an authority can say that something is not there. */
static bool is_absent(struct arena *a, const struct dns_update *update, const char *name, const char *value) {
    struct exchange x = exchange_with(a, update);
    struct dns_answer answer;
    struct slice text;
    struct error ignored;
    if (!exchange_ask(&x, name, DNS_TXT, &answer, &ignored) || answer.status != DNS_ANSWERED ||
        !answer.authoritative || (answer.rcode != DNS_NOERROR && answer.rcode != DNS_NXDOMAIN))
        return false;
    for (size_t i = 0; i < answer.count; i++)
        if (dns_txt(a, answer.data[i], &text) && slice_equal(text, slice_str(value)))
            return false;
    return true;
}

bool dns_update_remove(struct arena *a, const struct dns_update *update, const char *name, const char *value,
                       struct error *e) {
    __attribute__((cleanup(free_records))) ldns_rr_list *records = record(name, value, LDNS_RR_CLASS_NONE, 0);
    if (change(a, update, name, records, e))
        return true;
    bool refused = e->id == ERR_DNS_KEY_REFUSED || e->id == ERR_DNS_CHANGE_REFUSED;
    if (!refused || !is_absent(a, update, name, value))
        return false;
    error_clear(e);
    return true;
}
