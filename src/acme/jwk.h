/* Public keys as JSON (RFC 7517, 7518, 8037): P-256, P-384, RSA, Ed25519; and what is made of their digest.
 */
#pragma once
#include "http/json.h"

/* In the form that RFC 7638 digests: the required members alone, sorted, without white space. */
bool jwk_text(struct arena *a, struct slice spki, const char **jwk, struct error *e);
/* Other members are passed over. ERR_MALFORMED_KEY, ERR_KEY_UNSUPPORTED, ERR_WEAK_KEY. */
bool jwk_read(struct arena *a, const json_t *jwk, struct slice *spki, struct error *e);
bool jwk_thumbprint(struct arena *a, struct slice spki, const char **thumbprint, struct error *e);

/* RFC 8555, 8.1: what proves that this account's owner controls the name. */
const char *key_authorization(struct arena *a, const char *token, const char *thumbprint);
/* The value of the TXT record of dns-01 (RFC 8555, 8.4); what it encodes stands in the certificate of
 * tls-alpn-01 (RFC 8737). */
const char *key_authorization_dns_value(struct arena *a, const char *key_authorization);
