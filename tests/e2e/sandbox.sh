#!/bin/sh
# A release build confines its roles; a build with sanitizers cannot, and says nothing. What a confined role must not do fails.
. "$(dirname "$0")/lib.sh"

daemon <<END
responder:
  http: 127.0.0.1:$(free_port)
END

children() { cat "/proc/$DAEMON/task/$DAEMON/children"; }

# process NAME: of the first role of that name.
process() {
    for child in $(children); do
        [ "$(cat "/proc/$child/comm" 2>/dev/null)" = "$1" ] && echo "$child" && return
    done
    return 1
}

status_of() { sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status"; }

has_status() { test "$(status_of "$(process "$1")" "$2")" = "$3"; }

owner_only() { test "$(stat -c %a "$1")" = "$2"; }

check "the daemon runs its roles" sh -c "test $(children | wc -w) -ge 5"
if ldd "$TENURE" | grep -q libasan; then
    check "a build with sanitizers is not confined" has_status web Seccomp 0
else
    for role in web signer signer-slow responder; do
        check "$role runs under a seccomp filter" has_status $role Seccomp 2
        check "$role can gain no privileges" has_status $role NoNewPrivs 1
    done
    check "the runner, which runs commands, is not confined" has_status runner Seccomp 0
    check "the signer opens no file: its only descriptors are sockets, pipes and the log" \
        sh -c "! ls -l /proc/$(process signer)/fd | grep -E 'tenure.db|master.key'"
    check "the responder has no connection to the signer or the runner" \
        sh -c "! ls -l /proc/$(process responder)/fd | grep -E 'master.key|runner|signer'"
fi
check "the data folder is the owner's alone" owner_only "$WORK/data" 700
check "the database is the owner's alone" owner_only "$WORK/data/tenure.db" 600
check "the master key is the owner's alone" owner_only "$WORK/data/master.key" 600
check "the one-time secret's file is gone after the login" test ! -e "$WORK/data/first-login"
check "a second daemon on the same data folder is refused" fails_with 1 conflict \
    timeout 20 "$TENURE" serve --config "$WORK/tenure.yaml" --data "$WORK/data"
