#!/usr/bin/env sh
# A script of dnsapi/ that keeps the records in a file: FILE_Zone names it.

dns_file_add() {
  fulldomain="$1"
  txtvalue="$2"
  _file_load || return 1
  _info "Adding $fulldomain"
  printf '%s TXT "%s"\n' "$fulldomain" "$txtvalue" >>"$FILE_Zone"
}

dns_file_rm() {
  fulldomain="$1"
  txtvalue="$2"
  _file_load || return 1
  _info "Removing $fulldomain"
  grep -vxF "$fulldomain TXT \"$txtvalue\"" "$FILE_Zone" >"$FILE_Zone.new"
  mv "$FILE_Zone.new" "$FILE_Zone"
}

_file_load() {
  FILE_Zone="${FILE_Zone:-$(_readaccountconf_mutable FILE_Zone)}"
  [ "$FILE_Zone" ] && return 0
  _err "FILE_Zone is not set"
}
