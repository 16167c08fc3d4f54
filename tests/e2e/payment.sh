#!/bin/sh
# Paying through an outside payment system, which payment.py plays: what it is told, byte for byte, what it calls back with,
# and what is refused; invoices; refunds; two who do the same thing at once.
. "$(dirname "$0")/lib.sh"

PAY_PORT=$(free_port)
echo a-shared-secret-of-both-sides >"$WORK/payment-secret"
daemon <<YAML
payment:
  webhook_url: http://127.0.0.1:$PAY_PORT/tenure?shop=7
  webhook_secret_file: $WORK/payment-secret
  timeout_seconds: 5
YAML
check "a line gets a price" sh -c '"$1" catalog set Sold --vendor Sold --title Sold --title-zh 在售 --profile modern --grade dv \
    --domain-type single --key-algorithm p256 --names-max 1 --currency CNY && "$1" catalog price Sold 10000 2000' - "$TENURE"
export PAY_PORT
run_python payment
check "people read the payments" sh -c '"$1" payment list | grep -q credited && "$1" refund list | grep -q done' - "$TENURE"
check "the ledgers add up" tenure quota verify
