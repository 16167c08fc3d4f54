#!/usr/bin/env sh
# A stand-in for acme.sh, of what its dnsapi scripts find in it: it is read like the real one, whose last line calls the
# function that its arguments name, or tells how it is used if there are none. Written from its wiki (DNS API Dev Guide).

_info() { printf '%s\n' "$*"; }

_err() {
  printf '%s\n' "$*" >&2
  return 1
}

_debug() { return 0; }

_readaccountconf() { sed -n "s/^$1='\(.*\)'\$/\1/p" "$ACCOUNT_CONF_PATH" 2>/dev/null; }

_readaccountconf_mutable() { _readaccountconf "SAVED_$1"; }

_saveaccountconf_mutable() { return 0; }

_initpath() {
  if [ -z "$LE_WORKING_DIR" ]; then
    _err "no working folder"
    return 1
  fi
  export LE_CONFIG_HOME="$LE_WORKING_DIR"
  ACCOUNT_CONF_PATH="$LE_CONFIG_HOME/account.conf"
  # what the script of a caller might have kept in variables
  domain=clobbered name=clobbered value=clobbered
}

showhelp() { echo "Usage: acme.sh <command> ... [parameters ...]"; }

main() {
  [ -z "$1" ] && showhelp && return
  "$@"
}

main "$@"
