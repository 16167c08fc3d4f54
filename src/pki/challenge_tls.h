/*
 * The server's side of tls-alpn-01 (RFC 8737): a handshake that shows a certificate made for it, and nothing
 * behind it. A client that offers anything but acme-tls/1 alone, or no name, is sent away. Never waits: the
 * caller's poll loop owns the sockets and the deadlines.
 */
#pragma once
#include "base/error.h"

struct challenge_tls;

/* The key authorization for a name (lower case) or an address; false: there is none. Lives in the arena. */
typedef bool challenge_tls_answer(void *context, struct arena *a, const char *name,
                                  const char **key_authorization);

/* With a key of its own, which nobody else trusts or needs; ends with the arena. */
bool challenge_tls_new(struct arena *a, challenge_tls_answer *answer, void *context,
                       struct challenge_tls **server, struct error *e);

struct challenge_session;
enum challenge_state { CHALLENGE_READS, CHALLENGE_WRITES, CHALLENGE_OVER };

/* `fd` is non-blocking and stays the caller's. NULL: out of memory. */
struct challenge_session *challenge_session_new(struct challenge_tls *server, int fd, int64_t now);
/* Goes on as far as it can, and says what it waits for. */
enum challenge_state challenge_session_go(struct challenge_session *session);
void challenge_session_free(struct challenge_session *session);

/* The address of "1.2.0.192.in-addr.arpa" or its like of IPv6 (RFC 8738); any other name as it is. */
const char *challenge_name_of(struct arena *a, const char *server_name);
