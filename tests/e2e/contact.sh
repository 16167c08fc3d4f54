#!/bin/sh
# builds: check-gcc
# Contacts, organisations and forms: entered once, used in applications, and kept as long as something uses them.
. "$(dirname "$0")/lib.sh"

member_of() { tenure "$1" show "$2" --json | field "$3"; }

enters_contacts() {
    CONTACT=$(tenure contact add "王芳" --email Wang.Fang@EXAMPLE.com --mobile "+86 138-0013-8000" --quiet)
    check "a contact is stored in one form" test "$(member_of contact "$CONTACT" mobile)" = +8613800138000
    check "with its address" test "$(member_of contact "$CONTACT" email)" = Wang.Fang@example.com
    check "an address that is none is refused" \
        fails_with 2 bad_field tenure contact add x --email nobody --mobile +8613800138000
    check "in both languages" sh -c "LANG=zh_CN.UTF-8 '$TENURE' contact add x --email nobody --mobile +8613800138000 2>&1 |
        grep -q 不是有效的电子邮箱地址"
    check "so is a number without its country" \
        fails_with 2 bad_field tenure contact add x --email a@example.com --mobile 13800138000
    check "so is one without a number" fails_with 2 bad_field tenure contact add x --email a@example.com
    check "a contact is changed" tenure contact change "$CONTACT" --title CTO
    check "and keeps the rest" test "$(member_of contact "$CONTACT" title) $(member_of contact "$CONTACT" name)" = "CTO 王芳"
    check "the list shows it" sh -c "'$TENURE' contact list | grep -q Wang.Fang@example.com"
}

enters_organizations() {
    ORGANIZATION=$(tenure organization add "示例公司" --country cn --city 杭州 --registration-number 91330100MA00000000 --quiet)
    check "an organisation is stored" test "$(member_of organization "$ORGANIZATION" country)" = CN
    check "it has a city" fails_with 2 bad_field tenure organization add x --country CN
    check "and a country" fails_with 2 bad_field tenure organization add x --country China --city x
    check "an organisation is changed" tenure organization change "$ORGANIZATION" --phone "+86 571 12345678"
    check "the list shows it" sh -c "'$TENURE' organization list | grep -q 91330100MA00000000"
    check "the contact speaks for it" tenure contact change "$CONTACT" --organization "$ORGANIZATION"
    check "so it stays" fails_with 1 "$CONTACT" tenure organization delete "$ORGANIZATION"
    check "one that is not there is not found" \
        fails_with 2 not_found tenure contact change "$CONTACT" --organization org_00000000000000000000000000
}

fills_in_forms() {
    CERTIFICATE=$(tenure buy form.example.com --brand GlobalSign --quiet)
    check "a form is filled in in parts" tenure form set "$CERTIFICATE" --contact "$CONTACT"
    check "and says so" test "$(member_of form "$CERTIFICATE" contact_id)" = "$CONTACT"
    check "the rest" tenure form set "$CERTIFICATE" --organization "$ORGANIZATION" --validation-method file --remark 上午联系
    check "the brand demands nothing" test "$(member_of form "$CERTIFICATE" demands)" = none
    check "a contact that is chosen stays" fails_with 1 "$CERTIFICATE" tenure contact delete "$CONTACT"
    wildcard=$(tenure buy "*.form.example.com" --brand GlobalSign --quiet)
    check "no file proves control over a wildcard" \
        fails_with 2 file_validation_not_for_wildcard tenure form set "$wildcard" --validation-method file
    check "a submission takes it" tenure submit "$CERTIFICATE"
    check "a certificate that is over" tenure cancel "$wildcard"
    check "has no form to fill in" fails_with 1 conflict tenure form set "$wildcard" --remark x
}

lets_go() {
    spare=$(tenure contact add spare --email spare@example.com --mobile +12025550100 --quiet)
    check "a contact that nothing uses is deleted" tenure contact delete "$spare"
    check "and is gone" fails_with 2 not_found tenure contact show "$spare"
    later=$(tenure buy later.example.com --brand GlobalSign --quiet)
    check "also for forms" fails_with 2 not_found tenure form set "$later" --contact "$spare"
    check "the log has it" sh -c "'$TENURE' audit list | grep -q contact.delete"
}

daemon </dev/null
enters_contacts
enters_organizations
fills_in_forms
lets_go
check "the audit chain is intact" tenure audit verify
