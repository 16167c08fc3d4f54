#!/bin/sh
# A certificate has expired and the site is down: from the first look to the site that is back; and a private CA that publishes
# newer versions.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/servers.sh"

SITES_PORT=$(free_port)
stop_servers() {
    end_process "$WORK/nginx.pid"
    end_children ${PUBLISHER:-}
}

# expired_site: nginx serves a certificate that ended yesterday; Tenure knows it and where it is.
expired_site() {
    TLS=$WORK/tls
    SERVER_PORT=$(free_port)
    old_certificate "$TLS" -1 $NAME
    nginx_configuration "$WORK" "$SERVER_PORT"
    nginx -q -c "$WORK/nginx.conf" || not_ok "nginx starts"
    nginx_daemon
    CERT=$(tenure import "$TLS/fullchain.pem" --key "$TLS/key.pem" --quiet)
    check "the site serves what has expired" test "$(served "$SERVER_PORT" $NAME)" = "$(fingerprint_of "$CERT")"
    TARGET=$(add_target web "$CERT" "$SERVER_PORT" test reload --file "$TLS/fullchain.pem=fullchain" --file "$TLS/key.pem=key")
    check "its target is known" test -n "$TARGET"
}

# emergency [OPTION…]: its status is left in STATUS, what it says in said.
emergency() {
    STATUS=0
    tenure emergency "$NAME:$SERVER_PORT" --address 127.0.0.1 "$@" >"$WORK/said" 2>&1 || STATUS=$?
}

said() { grep -q "$1" "$WORK/said" || { sed 's/^/#   /' "$WORK/said"; false; }; }
newest() { tenure emergency list --json | /usr/bin/python3 -c 'import json, sys; print(json.load(sys.stdin)["items"][0][sys.argv[1]])' "$1"; }

brought_back() {
    emergency
    check "without force a person must act: status 6" test "$STATUS" = 6
    check "and learns why" said issuer_not_trusted
    check "the site still serves the old one" test "$(served "$SERVER_PORT" $NAME)" = "$(fingerprint_of "$CERT")"
    emergency --force
    check "with force the site comes back" test "$STATUS" = 0
    check "where the old files are is told" said "$TLS/fullchain.pem"
    for stage in "find what is served" "issue a DV" "deploy it" "verify that"; do
        check "the time of '$stage' is printed" said "$stage.*([0-9]* s)"
    done
    check "and the time of all" said "is back after [0-9]* seconds"
    STOPGAP=$(newest certificate_id)
    check "the site serves the stopgap" test "$(served "$SERVER_PORT" $NAME)" = "$(fingerprint_of "$STOPGAP")"
    check "which is on the target" sh -c "'$TENURE' target show $TARGET | grep -q $STOPGAP"
    check "the old certificate was DV: nothing is left to do" test "$(newest stage)" = closed
    emergency
    check "of the site that works there is nothing to bring back" said nothing_wrong
    check "no leftovers" no_leftovers "$TLS"
}

# publish FOLDER: what a private CA does, at http://127.0.0.1:SITES_PORT.
publish() {
    /usr/bin/python3 -m http.server --bind 127.0.0.1 --directory "$1" "$SITES_PORT" >/dev/null 2>&1 &
    PUBLISHER=$!
    wait_for 10 port_answers "$SITES_PORT"
}

sync_result() {
    tenure show "$1" --json |
        /usr/bin/python3 -c 'import json, sys; print((json.load(sys.stdin)["source"] or {}).get("last_result") or "")'
}

is_result() { test "$(sync_result "$PCA")" = "$1"; }

synchronised() {
    mkdir "$WORK/ca"
    old_certificate "$WORK/ca" 5 pca.example.com
    cp "$WORK/ca/fullchain.pem" "$WORK/ca/leaf.pem"
    publish "$WORK/ca"
    PCA=$(tenure import "$WORK/ca/fullchain.pem" --kind pca --quiet --source-url "http://127.0.0.1:$SITES_PORT/leaf.pem")
    check "a certificate of a private CA is there" sh -c "'$TENURE' list --kind pca --quiet | grep -q $PCA"
    check "sync looks where the CA publishes" tenure sync "$PCA"
    check "nothing is newer" wait_for 20 is_result unchanged
    old_certificate "$WORK/ca" 60 pca.example.com
    cp "$WORK/ca/fullchain.pem" "$WORK/ca/leaf.pem"
    check "sync is asked for again" tenure sync "$PCA"
    check "a newer version is taken" wait_for 20 is_result updated
    check "it is the published one" test "$(fingerprint <"$WORK/ca/leaf.pem")" = "$(fingerprint_of "$PCA")"
    rm "$WORK/ca/leaf.pem"
    check "sync is asked for once more" tenure sync "$PCA"
    check "what goes wrong is told" wait_for 20 is_result unreachable
    check "explain tells it, too" sh -c "'$TENURE' explain $PCA | grep -q 'HTTP status 404'"
    old_certificate "$WORK/ca" 80 pca.example.com
    check "a person may bring a newer one" tenure sync "$PCA" "$WORK/ca/fullchain.pem"
    check "which is then there" test "$(fingerprint <"$WORK/ca/fullchain.pem")" = "$(fingerprint_of "$PCA")"
}

expired_site
brought_back
synchronised
check "the audit chain is intact" tenure audit verify
