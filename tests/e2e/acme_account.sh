#!/bin/sh
# builds: check-gcc
# Accounts at a CA (RFC 8555, 7.3), against Pebble: registration, external accounts, contact, key, deactivation; nonces that
# are refused half of the time; the CA's root.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/pebble.sh"

export PEBBLE_VA_NOSLEEP=1 PEBBLE_WFE_NONCEREJECT=50
EAB_KEY=zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W
start_pebble -strict
daemon </dev/null

# state ACCOUNT, account ISSUER: the id of the account there
state() { tenure issuer account show "$1" --json | field state; }
is() { [ "$(state "$1")" = "$2" ]; }
error_is() { tenure issuer account show "$1" --json | field error | grep -qx "$2"; }
account() {
    tenure issuer account list --json | /usr/bin/python3 -c 'import json, sys
print([one["id"] for one in json.load(sys.stdin)["items"] if one["issuer"] == sys.argv[1]][0])' "$1"
}
show() { tenure issuer account show "$1" --json | field "$2"; }

check "a CA is added by its directory" tenure issuer add pebble --directory "$PEBBLE_URL" --tls-roots "$PEBBLE_ROOTS" \
    --contact ops@example.com
check "a preset fills in what is known of a CA" sh -c '"$1" issuer add letsencrypt --json | grep -q acme-v02.api.letsencrypt.org' - "$TENURE"
check "an unknown preset names those there are" fails_with 2 letsencrypt "$TENURE" issuer add nobody
check "no CA is spoken to without TLS" fails_with 2 bad_field "$TENURE" issuer add plain --directory http://ca.example.com/dir

# ---- terms ----
check "an account is asked for" tenure issuer account register pebble
ACCOUNT=$(account pebble)
check "nobody but a person agrees to terms" wait_for 15 error_is "$ACCOUNT" acme_user_action
check "a person agrees" tenure issuer change pebble --agree-terms
check "and asks again" tenure issuer account contact "$ACCOUNT" admin@example.com
check "a record that lets it in waits for its address" fails_with 2 "no account at pebble.example" "$TENURE" solver persist a.example.com --issuer pebble.example
check "the account is registered" wait_for 20 is "$ACCOUNT" valid
check "its address is the CA's" sh -c 'case $1 in https://localhost:*) ;; *) exit 1 ;; esac' - "$(show "$ACCOUNT" url)"

# ---- contact ----
check "a CA without a domain name of its own is told" fails_with 2 caa_domains "$TENURE" solver persist a.example.com --issuer pebble
tenure issuer change pebble --caa-domains pebble.example >/dev/null
lets_in() { tenure solver persist "$2" --issuer "$1" --json | jq -e --arg value "pebble.example; accounturi=$(show "$ACCOUNT" url)" '.value == $value'; }
check "a record of dns-persist-01 has the address of the account here" lets_in pebble a.example.com
check "and by the name that the CA calls itself by" lets_in pebble.example b.example.com

check "the contact is told" tenure issuer account contact "$ACCOUNT" a@example.com b@example.com
told() { sqlite3 "$WORK/data/tenure.db" "SELECT count(*) FROM acme_account WHERE told_contact = 'a@example.com b@example.com'" | grep -qx 1; }
check "and the CA has taken it" wait_for 20 told
check "without its own it has the issuer's" tenure issuer account contact "$ACCOUNT"
told() { sqlite3 "$WORK/data/tenure.db" "SELECT count(*) FROM acme_account WHERE told_contact = '$1'" | grep -qx 1; }
check "which the CA hears of" wait_for 20 told ops@example.com
check "another one of the issuer" tenure issuer change pebble --contact "new-ops@example.com"
check "is told by the accounts that have it" wait_for 20 told new-ops@example.com
check "what is no address is refused" fails_with 2 bad_field "$TENURE" issuer account contact "$ACCOUNT" nobody

# ---- roll-over ----
BEFORE=$(show "$ACCOUNT" thumbprint)
rolled() { [ "$(show "$ACCOUNT" thumbprint)" != "$BEFORE" ] && is "$ACCOUNT" valid; }
check "the key is changed" tenure issuer account roll "$ACCOUNT"
check "and the CA has taken it" wait_for 20 rolled
URL=$(show "$ACCOUNT" url)
check "the new key signs" tenure issuer account contact "$ACCOUNT" new@example.com
new_key() { sqlite3 "$WORK/data/tenure.db" "SELECT count(*) FROM acme_account WHERE told_contact = 'new@example.com'" | grep -qx 1; }
check "the CA takes what it signs" wait_for 20 new_key

# As if the worker had died between the CA's answer and its own save: the row still has the old key, the CA the new one.
stop_daemon
OLD=$WORK/old.db
cp "$WORK/data/tenure.db" "$OLD" 2>/dev/null
start_daemon
BEFORE=$(show "$ACCOUNT" thumbprint)
check "the key is changed again" tenure issuer account roll "$ACCOUNT"
check "and is" wait_for 20 rolled
NEXT=$(show "$ACCOUNT" thumbprint)
stop_daemon
sqlite3 "$WORK/data/tenure.db" "ATTACH '$OLD' AS old; UPDATE acme_account SET next_key_id = key_id, next_spki = spki,
    next_sealed = key_sealed, key_id = (SELECT o.key_id FROM old.acme_account o WHERE o.id = acme_account.id),
    spki = (SELECT o.spki FROM old.acme_account o WHERE o.id = acme_account.id),
    key_sealed = (SELECT o.key_sealed FROM old.acme_account o WHERE o.id = acme_account.id),
    thumbprint = (SELECT o.thumbprint FROM old.acme_account o WHERE o.id = acme_account.id)"
start_daemon
check "after a crash the old key is in the row" [ "$(show "$ACCOUNT" thumbprint)" = "$BEFORE" ]
check "anything makes it go on" tenure issuer account contact "$ACCOUNT" crash@example.com
resumed() { [ "$(show "$ACCOUNT" thumbprint)" = "$NEXT" ] && is "$ACCOUNT" valid; }
check "the change that the CA made is found out" wait_for 20 resumed
check "the account is the same" [ "$(show "$ACCOUNT" url)" = "$URL" ]

# ---- the CA's root ----
old_certificate "$WORK/other" 30 other.example.com
tenure issuer add stranger --directory "$PEBBLE_URL" --tls-roots "$WORK/other/fullchain.pem" --agree-terms >/dev/null
tenure issuer add system --directory "$PEBBLE_URL" --agree-terms >/dev/null
tenure issuer account register stranger >/dev/null
tenure issuer account register system >/dev/null
check "another root is not trusted" wait_for 15 error_is "$(account stranger)" unreachable
check "nor is that root one of the system's" wait_for 15 error_is "$(account system)" unreachable

# ---- deactivation ----
check "the account is given up" tenure issuer account deactivate "$ACCOUNT"
check "and the CA has heard of it" wait_for 20 is "$ACCOUNT" deactivated
check "nothing can be changed there any more" fails_with 1 conflict "$TENURE" issuer account roll "$ACCOUNT"
check "a person may register anew" tenure issuer account register pebble
check "with another key" wait_for 20 is "$(account pebble)" valid

# ---- an account that the CA has forgotten ----
ACCOUNT=$(account pebble)
restart_pebble
tenure issuer account contact "$ACCOUNT" late@example.com >/dev/null
check "an account that the CA has forgotten is gone" wait_for 20 is "$ACCOUNT" gone
check "people are told" sh -c '"$1" notices | grep -q "pebble does not know our account"' - "$TENURE"

# ---- external accounts ----
stop_pebble
PEBBLE_EAB="kid-1:$EAB_KEY kid-2:$EAB_KEY"
start_pebble -strict
tenure issuer account register pebble >/dev/null
ACCOUNT=$(account pebble)
check "a CA that wants external accounts is told apart" wait_for 20 error_is "$ACCOUNT" acme_external_account
printf '%s\n' wrongwrongwrongwrongwrongwrong00 >"$WORK/eab"
tenure issuer change pebble --eab-kid kid-1 --eab-key-file "$WORK/eab" >/dev/null
wrong() { tenure issuer account show "$ACCOUNT" --json | field detail | grep -qv "none is set for"; }
tenure issuer account contact "$ACCOUNT" wrong@example.com >/dev/null
check "a wrong key is refused by the CA, in its words" wait_for 20 wrong
check "and named as that" error_is "$ACCOUNT" acme_external_account
printf '%s\n' "$EAB_KEY" >"$WORK/eab"
check "the right key is set" tenure issuer change pebble --eab-kid kid-1 --eab-key-file "$WORK/eab"
tenure issuer account contact "$ACCOUNT" right@example.com >/dev/null
check "and binds the account" wait_for 20 is "$ACCOUNT" valid
check "which says to what" [ "$(show "$ACCOUNT" eab_kid)" = kid-1 ]
check "the key is never shown" sh -c '! "$1" issuer show pebble --json | grep -q "$2"' - "$TENURE" "$EAB_KEY"
check "nor kept in the clear" sh -c '! grep -rqa "$2" "$1/data"' - "$WORK" "$EAB_KEY"
OWN=$XDG_CONFIG_HOME
tenure account create branch --owner wang --json | field login_secret >"$WORK/secret"
export XDG_CONFIG_HOME=$WORK/branch
tenure login --secret-file "$WORK/secret" >/dev/null
tenure issuer account register pebble >/dev/null
OTHER=$(account pebble)
check "it is not for the accounts of others" wait_for 20 error_is "$OTHER" acme_external_account
check "who set their own, as the remedy says" tenure issuer account register pebble --eab-kid kid-2 --eab-key-file "$WORK/eab"
check "for the account that waits for it" wait_for 20 is "$OTHER" valid
check "and is bound to that one" [ "$(show "$OTHER" eab_kid)" = kid-2 ]
check "once" fails_with 1 already_exists tenure issuer account register pebble --eab-kid kid-2 --eab-key-file "$WORK/eab"
export XDG_CONFIG_HOME=$OWN
check "the built-in issuer stays as it is" fails_with 2 forbidden "$TENURE" issuer remove local
check "an issuer that is removed takes no accounts" sh -c '"$1" issuer remove letsencrypt >/dev/null &&
    ! "$1" issuer account register letsencrypt 2>/dev/null' - "$TENURE"
