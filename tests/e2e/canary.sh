#!/bin/sh
# builds: check-gcc
# No secret leaves: private keys, pass phrases, access keys and the master key are planted, used in every way that there
# is, and then looked for in all answers, in the log and in the database, in whatever way they may be written.
. "$(dirname "$0")/lib.sh"

TLS=$WORK/tls
old_certificate "$TLS" 9 canary.example.com
openssl pkcs12 -export -in "$TLS/fullchain.pem" -inkey "$TLS/key.pem" -passout pass:canary-pass-phrase -out "$WORK/in.p12"
openssl pkcs8 -topk8 -in "$TLS/key.pem" -passout pass:canary-pass-phrase -out "$WORK/encrypted.pem"

daemon <<EOT
log_level: debug
deploy:
  folders: [$TLS]
EOT
run_python canary
