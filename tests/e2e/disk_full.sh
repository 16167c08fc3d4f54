#!/bin/sh
# The disk of the data folder gets full, and becomes read-only, in the middle of a renewal: writes are refused, reads go
# on, nothing is half-done, and the renewal goes on by itself when there is room again.
. "$(dirname "$0")/lib.sh"

TLS=$WORK/tls
HOLD=$WORK/hold # while it is there, a reload takes its time
DISK=$WORK/disk
DATA=$WORK/data
MOUNTED=

# An ext4 of its own, which can be made read-only under its users; else a tmpfs, which cannot.
mount_disk() {
    mkdir "$DATA"
    [ "$(id -u)" = 0 ] || return 1
    truncate -s 16M "$DISK" && mkfs.ext4 -q -F -m 0 "$DISK" 2>/dev/null &&
        mount -o loop "$DISK" "$DATA" 2>/dev/null && MOUNTED=ext4 && chmod 0700 "$DATA" &&
        rmdir "$DATA/lost+found" && return
    mount -t tmpfs -o size=8m,mode=0700 tenure-e2e "$DATA" 2>/dev/null && MOUNTED=tmpfs
}

stop_servers() { [ -z "$MOUNTED" ] || umount -l "$DATA"; }

# take_in NAME: a certificate with nine days left and its target, in a folder of their own; prints its id.
take_in() {
    old_certificate "$TLS/$1" 9 "$1"
    cp "$TLS/$1/fullchain.pem" "$WORK/$1.pem"
    id=$(tenure import "$TLS/$1/fullchain.pem" --key "$TLS/$1/key.pem" --quiet)
    tenure target add "$1" --certificate "$id" --file "$TLS/$1/fullchain.pem=fullchain" --file "$TLS/$1/key.pem=key" \
        --reload reload >/dev/null
    echo "$id"
}

# deployment_is NAME STATE
deployment_is() { tenure deployments | grep "$1" | grep -q "$2"; }
# renewed NAME: the file is not the old one.
renewed() { deployment_is "$1" done && ! cmp -s "$WORK/$1.pem" "$TLS/$1/fullchain.pem"; }
nothing_temporary() { ! ls -A "$TLS"/* "$DATA" | grep -E '\.(new|old|absent|keep|tmp)$'; }
is_held_up() { grep -q 'work is held up' "$WORK/tenure.log"; }
certificates() { tenure list --quiet | wc -l; }

# What a program sees: status, Retry-After and code of a write. The key never stands on a command line.
refused_write() {
    sed -n 's/^key: *\(.*\)/header = "Authorization: Bearer \1"/p' "$XDG_CONFIG_HOME/tenure/client.yaml" |
        curl -s -i -K - -X PUT -H 'Content-Type: application/json' -d '{"tags": ["x"]}' \
            "$TENURE_URL/v1/certificates/$1/tags" >"$WORK/answer"
    grep -q '^HTTP/1.1 503' "$WORK/answer" && grep -qi '^Retry-After: [0-9]' "$WORK/answer" &&
        grep -q '"code":"database_unavailable"' "$WORK/answer"
}

# The log of the database may have room in itself for a while.
write_until_refused() {
    for i in $(seq 300); do
        tenure tag "$1" "number-$i" >"$WORK/answer" 2>&1 || return 0
    done
    return 1
}

# What is written is given its place later, so that there is some room left after the first time.
fill_disk() {
    for i in 1 2 3; do
        cat /dev/zero >>"$DATA/filler" 2>/dev/null
        sync -f "$DATA"
    done
}

# begin_renewal NAME: takes it in and stays in the middle of its deployment; sets ID.
begin_renewal() {
    : >"$HOLD"
    ID=$(take_in "$1")
    tenure renew "$ID" >/dev/null || not_ok "renewal of $1"
    wait_for 20 deployment_is "$1" running || not_ok "the deployment of $1 runs"
}

# nothing_can_be_written CASE: what must be true then; $ID is being renewed, $OTHER not.
nothing_can_be_written() {
    count=$(certificates)
    check "$1: writes are refused at last" write_until_refused "$OTHER"
    check "$1: a write answers 503, Retry-After and database_unavailable" refused_write "$OTHER"
    check "$1: a renewal is refused" fails_with 1 database_unavailable tenure renew "$OTHER"
    check "$1: reads go on" \
        sh -c "'$TENURE' list | grep -q other.example.com && '$TENURE' show $ID && '$TENURE' deployments"
    check "$1: the refused renewal has left nothing" test "$(certificates)" = "$count"
    check "$1: the audit chain is intact" tenure audit verify
    : >"$WORK/tenure.log"
    rm "$HOLD"
    check "$1: work is held up, and says so" wait_for 20 is_held_up
    check "$1: the daemon runs" kill -0 "$DAEMON"
}

all_is_well_again() { # CASE NAME
    check "$1: the renewal is finished without being asked" wait_for 30 renewed "$2"
    check "$1: no temporary file is left" nothing_temporary
    check "$1: the audit chain is intact" tenure audit verify
}

full_disk() {
    begin_renewal one.example.com
    fill_disk
    nothing_can_be_written "full disk"
    rm "$DATA/filler"
    all_is_well_again "room again" one.example.com
}

# What the kernel does when the disk has errors. There is no way back but to mount it anew.
read_only_disk() {
    begin_renewal two.example.com
    mount -o remount,abort "$DATA"
    nothing_can_be_written "read-only disk"
    stop_daemon
    check "read-only disk: a start is refused, with the reason" \
        fails_with 1 "Read-only file system" "$TENURE" serve --config "$WORK/tenure.yaml"
    umount "$DATA" && mount -o loop "$DISK" "$DATA"
    start_daemon
    all_is_well_again "writable again" two.example.com
    check "writable again: what was refused can be done" tenure renew "$OTHER" --wait
}

mount_disk || {
    echo "ok - a full disk # SKIP cannot mount a small file system here"
    exit 0
}
daemon <<END
deploy:
  folders: [$TLS]
  commands:
    - name: reload
      argv: [sh, -c, "while [ -e $HOLD ]; do sleep 0.1; done"]
      timeout_seconds: 120
END
mkdir -p "$TLS"
OTHER=$(take_in other.example.com)
full_disk
if [ "$MOUNTED" = ext4 ]; then
    read_only_disk
else
    echo "ok - a read-only disk # SKIP needs an ext4 on a loop device"
fi
