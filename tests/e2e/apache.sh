#!/bin/sh
# A real Apache httpd: certificate and chain in files of their own, reloaded gracefully.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/servers.sh"

TLS=$WORK/tls
SERVER_PORT=$(free_port)
MODULES=/usr/lib/apache2/modules

apache_configuration() {
    cat >"$WORK/apache.conf" <<EOT
ServerRoot $WORK
ServerName $NAME
PidFile $WORK/apache.pid
ErrorLog $WORK/apache.log
DefaultRuntimeDir $WORK
LoadModule mpm_event_module $MODULES/mod_mpm_event.so
LoadModule authz_core_module $MODULES/mod_authz_core.so
LoadModule ssl_module $MODULES/mod_ssl.so
User www-data
Group www-data
StartServers 1
ThreadsPerChild 25
Listen 127.0.0.1:$SERVER_PORT
<VirtualHost 127.0.0.1:$SERVER_PORT>
    SSLEngine on
    SSLCertificateFile $TLS/fullchain.pem
    SSLCertificateKeyFile $TLS/key.pem
</VirtualHost>
EOT
}

stop_servers() { end_process "$WORK/apache.pid"; }

old_certificate "$TLS" 9 $NAME
apache_configuration
apache2 -f "$WORK/apache.conf" || not_ok "Apache starts"
wait_for 10 port_answers "$SERVER_PORT"

daemon <<EOT
deploy:
  folders: [$TLS]
  commands:
    - {name: test, argv: [apache2, -t, -f, $WORK/apache.conf]}
    - {name: reload, argv: [apache2, -k, graceful, -f, $WORK/apache.conf]}
EOT

renews "$TLS/key.pem" --file "$TLS/fullchain.pem=fullchain" --file "$TLS/key.pem=key"
