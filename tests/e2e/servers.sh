# What the tests with a real server share. Source it after lib.sh.

NAME=shop.example.com

# nginx_configuration FOLDER PORT [KEY_FILE]: FOLDER/nginx.conf of an nginx that serves FOLDER/tls.
nginx_configuration() {
    cat >"$1/nginx.conf" <<CONFIGURATION
pid $1/nginx.pid;
error_log $1/nginx.log;
worker_processes 1;
events { worker_connections 64; }
http {
    access_log off;
    client_body_temp_path $1/tmp; proxy_temp_path $1/tmp; fastcgi_temp_path $1/tmp;
    uwsgi_temp_path $1/tmp; scgi_temp_path $1/tmp;
    server {
        listen 127.0.0.1:$2 ssl;
        ssl_certificate $1/tls/fullchain.pem;
        ssl_certificate_key ${3:-$1/tls/key.pem};
    }
}
CONFIGURATION
}

# end_process PID_FILE: told to end, and waited for. What has ended has no program any more, even if nobody asked for its status.
end_process() {
    [ -s "$1" ] || return 0
    pid=$(cat "$1")
    kill "$pid" 2>/dev/null
    wait_for 5 test ! -e "/proc/$pid/exe"
}

# start_nginx: a certificate with nine days left in TLS, served at SERVER_PORT; stop_servers ends it.
start_nginx() {
    TLS=$WORK/tls
    SERVER_PORT=$(free_port)
    stop_servers() { end_process "$WORK/nginx.pid"; }
    old_certificate "$TLS" 9 $NAME
    nginx_configuration "$WORK" "$SERVER_PORT"
    nginx -q -c "$WORK/nginx.conf" || not_ok "nginx starts"
}

# nginx_daemon [RELOAD]: the daemon, with the commands `test` and `reload` for that nginx; RELOAD is an argv in YAML.
nginx_daemon() {
    daemon <<CONFIGURATION
deploy:
  folders: [$TLS]
  commands:
    - {name: test, argv: [nginx, -q, -t, -c, $WORK/nginx.conf]}
    - {name: reload, argv: ${1:-[nginx, -q, -s, reload, -c, $WORK/nginx.conf]}}
CONFIGURATION
}

# add_target NAME CERTIFICATE PORT TEST RELOAD --file PATH=CONTENT…: prints the id.
add_target() {
    target=$1 certificate=$2 port=$3 test=$4 reload=$5
    shift 5
    tenure target add "$target" --certificate "$certificate" --test "$test" --reload "$reload" \
        --probe "127.0.0.1:$port" --server-name "$NAME" --quiet "$@"
}

fingerprint_of() { tenure show "$1" --json | field fingerprint; }
successor_of() { tenure show "$1" --json | field successor_id; }

# no_leftovers FOLDER: no temporary, no backup.
no_leftovers() { ! ls -A "$1" | grep -E '\.(new|old|absent|keep|tmp)$'; }

# A renewal of what the server at SERVER_PORT serves from the folder TLS, from the first look to the verified deployment.
# The daemon has the commands `test` and `reload`. renews KEY_FILE --file PATH=CONTENT…
renews() {
    key_file=$1
    shift
    OLD=$(served "$SERVER_PORT" $NAME)
    CERT=$(tenure import "$TLS/fullchain.pem" --key "$TLS/key.pem" --quiet)
    check "the server serves what was imported" test "$OLD" = "$(fingerprint_of "$CERT")"
    check "a certificate with nine days left is about to expire" \
        sh -c "'$TENURE' show $CERT | grep -q pending_expiration"
    check "a target is added" add_target web "$CERT" "$SERVER_PORT" test reload "$@"
    check "renew --wait ends when the server serves the new certificate" tenure renew "$CERT" --wait
    NEW=$(successor_of "$CERT")
    check "the server serves it" test "$(served "$SERVER_PORT" $NAME)" = "$(fingerprint_of "$NEW")"
    check "it is another one" test "$(fingerprint_of "$NEW")" != "$OLD"
    check "the key file is 0600" test "$(stat -c %a "$key_file")" = 600
    check "no temporary or backup file is left" no_leftovers "$TLS"
}
