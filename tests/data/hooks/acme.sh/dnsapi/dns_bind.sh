#!/usr/bin/env sh
# A script of dnsapi/ for name servers that take updates: BIND_Server and BIND_Key, as real ones name what they need.

dns_bind_add() {
  fulldomain="$1"
  txtvalue="$2"
  _bind_change "add $fulldomain. 60 TXT \"$txtvalue\"" || return 1
  _info "Added with $BIND_Password"
}

dns_bind_rm() {
  fulldomain="$1"
  txtvalue="$2"
  _bind_change "delete $fulldomain. TXT \"$txtvalue\""
}

_bind_change() {
  BIND_Server="${BIND_Server:-$(_readaccountconf_mutable BIND_Server)}"
  BIND_Key="${BIND_Key:-$(_readaccountconf_mutable BIND_Key)}"
  if [ -z "$BIND_Server" ] || [ -z "$BIND_Key" ]; then
    _err "BIND_Server or BIND_Key is missing"
    return 1
  fi
  printf 'server %s\nupdate %s\nsend\n' "$BIND_Server" "$1" | nsupdate -k "$BIND_Key"
}
