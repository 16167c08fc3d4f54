#!/bin/sh
# What goes wrong at a target, each at an nginx of its own: the old set is live again, the reason is told, a retry is
# planned, and once the cause is gone the certificate gets there. And drift: what others overwrite is repaired.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/servers.sh"

SITES="reload before after disk stale drift"

# ---- the sites ----

port_of() { cat "$WORK/$1/port"; }
served_by() { served "$(port_of "$1")" $NAME; }
nginx_of() {
    site=$1
    shift
    nginx -q -c "$WORK/$site/nginx.conf" "$@" 2>>"$WORK/$site/nginx.log"
}
# What the target's reload command does at this site.
reload_with() { echo "$2" >"$WORK/$1/reload"; }
reload_rightly() { reload_with "$1" "exec nginx -q -s reload -c $WORK/$1/nginx.conf"; }
configure_nginx() { nginx_configuration "$WORK/$1" "$(port_of "$1")" "$2"; }

# A folder that gets full. Only root can mount one.
mount_small_folder() {
    [ "$(id -u)" = 0 ] && mount -t tmpfs -o size=64k,mode=0755 tenure-e2e "$1" 2>/dev/null && MOUNTED=$1
}

make_site() {
    mkdir -p "$WORK/$1/tls"
    free_port >"$WORK/$1/port"
    [ "$1" != disk ] || mount_small_folder "$WORK/$1/tls"
    old_certificate "$WORK/$1/tls" 9 $NAME
    reload_rightly "$1"
    configure_nginx "$1"
    nginx_of "$1" || not_ok "nginx of site $1 starts"
}

stop_servers() {
    for site in $SITES; do
        end_process "$WORK/$site/nginx.pid"
    done
    [ -z "$MOUNTED" ] || umount "$MOUNTED"
}

settings() {
    echo "deploy:"
    echo "  folders: [$WORK]"
    echo "  commands:"
    for site in $SITES; do
        echo "    - {name: test-$site, argv: [nginx, -q, -t, -c, $WORK/$site/nginx.conf]}"
        echo "    - {name: reload-$site, argv: [sh, $WORK/$site/reload]}"
    done
}

# ---- what is done and asked ----

# take_in SITE: sets CERT and TARGET.
take_in() {
    tls=$WORK/$1/tls
    CERT=$(tenure import "$tls/fullchain.pem" --key "$tls/key.pem" --quiet)
    TARGET=$(add_target "$1" "$CERT" "$(port_of "$1")" "test-$1" "reload-$1" \
        --file "$tls/fullchain.pem=fullchain" --file "$tls/key.pem=key")
}

# newest_deployment CERTIFICATE MEMBER
newest_deployment() {
    tenure deployments --certificate "$1" --json | /usr/bin/python3 -c '
import json, sys
newest = max(json.load(sys.stdin)["items"], key=lambda deployment: deployment["number"])
print(newest.get(sys.argv[1]) or "")' "$2"
}

contents_of() { (cd "$1" && cat fullchain.pem key.pem | sha256sum); }

renewal_status() {
    tenure renew "$1" --wait >/dev/null 2>&1
    echo $?
}

# The detail is in both languages, and the English one says what happened.
tells() {
    detail=$(newest_deployment "$1" detail_en)
    case $detail in *"$2"*) ;; *) echo "'$2' is not in: $detail" && return 1 ;; esac
    [ -n "$(newest_deployment "$1" detail_zh)" ]
}

# The first retry comes a minute after the failure.
retry_is_planned() {
    explanation=$(tenure explain "$1")
    at=$(printf '%s\n' "$explanation" | sed -n 's/^Next, at \(.*Z\): Tenure replaces.*/\1/p')
    seconds=$(($(date -d "${at:-1970-01-01}" +%s) - $(date +%s)))
    [ "$seconds" -gt 0 ] && [ "$seconds" -le 61 ] || { echo "in $seconds seconds: $explanation" && return 1; }
}

is_deployed() { [ "$(newest_deployment "$1" state)" = done ] && [ "$(served_by "$2")" = "$(fingerprint_of "$1")" ]; }

# old_set_is_live SITE TITLE: that of the moment of `remember SITE`.
remember() {
    served_by "$1" >"$WORK/$1/served"
    contents_of "$WORK/$1/tls" >"$WORK/$1/contents"
}
old_set_is_live() {
    check "$2: the old certificate is served" test "$(served_by "$1")" = "$(cat "$WORK/$1/served")"
    check "$2: the old files are back" test "$(contents_of "$WORK/$1/tls")" = "$(cat "$WORK/$1/contents")"
    check "$2: nothing is left behind" no_leftovers "$WORK/$1/tls"
}

# failed_well STATUS SITE TITLE STATE REASON TEXT: the renewal of CERT has ended with that status.
failed_well() {
    check "$3: renew --wait tells that it did not get there" test "$1" = 4
    shift
    NEW=$(successor_of "$CERT")
    old_set_is_live "$1" "$2"
    check "$2: the deployment is $3" test "$(newest_deployment "$NEW" state)" = "$3"
    check "$2: the reason is $4" test "$(newest_deployment "$NEW" reason)" = "$4"
    check "$2: the detail tells what happened" tells "$NEW" "$5"
    check "$2: a retry is planned" retry_is_planned "$NEW"
}

goes_wrong() {
    remember "$1"
    failed_well "$(renewal_status "$CERT")" "$@"
}

# goes_well SITE TITLE: the cause is gone.
goes_well() {
    check "$2: deploying again is accepted" tenure deploy "$NEW"
    check "$2: then the new certificate is served" wait_for 15 is_deployed "$NEW" "$1"
    check "$2: and nothing is left behind" no_leftovers "$WORK/$1/tls"
}

# ---- the faults ----

stale_server_begins() {
    reload_with stale "true"
    take_in stale
    STALE=$CERT
    remember stale
    renewal_status "$STALE" >"$WORK/stale/status" &
}

# It is looked at five times within a quarter of a minute before Tenure gives up, so the others go first.
stale_server_ends() {
    title="a server that keeps the old certificate"
    CERT=$STALE
    wait_for 60 test -s "$WORK/stale/status"
    failed_well "$(cat "$WORK/stale/status")" stale "$title" rolled_back service_not_reloaded "serves serial number"
    reload_rightly stale
    goes_well stale "$title"
}

wrong_reload() {
    take_in reload
    reload_with reload "nginx-with-a-typo -s reload"
    goes_wrong reload "a wrong reload command" failed reload_failed "ended with status 127"
    reload_rightly reload
    goes_well reload "a wrong reload command"
}

broken_before() {
    take_in before
    echo "nonsense;" >>"$WORK/before/nginx.conf"
    goes_wrong before "a configuration broken before" failed configuration_test_failed "before anything was changed"
    configure_nginx before
    goes_well before "a configuration broken before"
}

# The server has the key from another file, which does not fit the new certificate.
broken_after() {
    take_in after
    cp "$WORK/after/tls/key.pem" "$WORK/after/key.pem"
    configure_nginx after "$WORK/after/key.pem"
    nginx_of after -s reload
    goes_wrong after "a configuration that the new files break" failed configuration_test_failed \
        "test failed; the old files are live again"
    configure_nginx after
    goes_well after "a configuration that the new files break"
}

full_disk() {
    if [ -z "$MOUNTED" ]; then
        echo "ok - a full disk # SKIP cannot mount a small file system here"
        return
    fi
    take_in disk
    cat /dev/zero >"$MOUNTED/filler" 2>/dev/null
    goes_wrong disk "a full disk" failed files_not_written "No space left"
    rm "$MOUNTED/filler"
    goes_well disk "a full disk"
}

is_adopted() { [ -n "$(tenure target show "$TARGET" --json | field version_id)" ]; }
has_drifted() { [ "$(served_by drift)" = "$(fingerprint <"$WORK/other/fullchain.pem")" ]; }
is_repaired() {
    [ "$(newest_deployment "$CERT" state)" = done ] && [ "$(served_by drift)" = "$(cat "$WORK/drift/served")" ]
}

drift() {
    take_in drift
    remember drift
    check "drift: what is served already counts as deployed" wait_for 10 is_adopted
    old_certificate "$WORK/other" 30 $NAME
    cp "$WORK/other/fullchain.pem" "$WORK/other/key.pem" "$WORK/drift/tls"
    nginx_of drift -s reload
    check "drift: another certificate is served" wait_for 5 has_drifted
    check "drift: the target is checked" tenure target check "$TARGET"
    check "drift: the certificate is brought back" wait_for 10 is_repaired
    check "drift: its deployment says why" test "$(newest_deployment "$CERT" cause)" = drift
    check "drift: it is in the audit log" sh -c "'$TENURE' audit list | grep -q target.drift"
    check "drift: nothing is left behind" no_leftovers "$WORK/drift/tls"
}

MOUNTED=
for each in $SITES; do
    make_site "$each"
done
settings >"$WORK/settings"
daemon <"$WORK/settings"
stale_server_begins
wrong_reload
broken_before
broken_after
full_disk
drift
stale_server_ends
check "the audit chain is intact" tenure audit verify
