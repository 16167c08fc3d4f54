# Hooks of four conventions that make records by a key named hook, at a BIND on port 53 that has example.test. Source it after
# lib.sh, in a network of its own (own_network.sh).
#
#   key_secret           of $WORK/dns/hook.key
#   write_credentials    what the hooks read, the word $PASSWORD among it
#   hook_commands        for tenure.yaml: entries of deploy.commands

HOOKS=$(realpath "$(dirname "$0")/../data/hooks")
SERVER=127.0.0.1
PASSWORD=correct-horse-battery

key_secret() { sed -n 's/.*secret "\(.*\)";/\1/p' "$WORK/dns/hook.key"; }

write_credentials() {
    printf 'DNS_SERVER=%s\nDNS_ZONE=example.test\nDNS_KEY_FILE=%s/dns/hook.key\nDNS_LOG=%s/hook.log\nDNS_PASSWORD=%s\n' \
        "$SERVER" "$WORK" "$WORK" "$PASSWORD" >"$WORK/dns.env"
    printf 'BIND_Server=%s\nBIND_Key=%s/dns/hook.key\nBIND_Password="%s"\n' "$SERVER" "$WORK" "$PASSWORD" >"$WORK/acme.env"
    printf '[DEFAULT]\nname_server_ip = %s\nkey_name = hook.\nkey_secret = %s\nkey_algorithm = hmac-sha256\nwait = -1\n' \
        "$SERVER" "$(key_secret)" >"$WORK/ddns.conf"
    chmod 600 "$WORK/dns.env" "$WORK/acme.env" "$WORK/ddns.conf"
}

hook_commands() {
    cat <<YAML
  - name: ddns-tsig
    hook: dehydrated
    argv: [/usr/share/dehydrated-hook-ddns-tsig/dehydrated-hook-ddns-tsig.py, -c, $WORK/ddns.conf]
  - {name: certbot-auth, hook: certbot, argv: [$HOOKS/certbot-auth], environment_file: $WORK/dns.env}
  - {name: certbot-cleanup, hook: certbot, argv: [$HOOKS/certbot-cleanup], environment_file: $WORK/dns.env}
  - {name: lego, hook: lego, argv: [$HOOKS/lego], environment_file: $WORK/dns.env}
  - {name: acme, hook: acmesh, acme_sh: $HOOKS/acme.sh, dnsapi: dns_bind, environment_file: $WORK/acme.env}
YAML
}
