#!/bin/sh
# builds: check-gcc
# Every row of the table of validity through `tenure plan`. Usage: plan.sh TENURE
tenure=${1:?usage: plan.sh TENURE}
failed=0

verdict() { # status text
    if [ "$1" -eq 0 ]; then
        echo "ok - $2"
    else
        echo "not ok - $2"
        failed=1
    fi
}

# gives TEXT EXPRESSION OPTION...: the Python expression holds for the plan `p`; versions are in `v`, of all terms.
gives() {
    text=$1 expression=$2
    shift 2
    "$tenure" plan "$@" --json | python3 -c '
import json, sys
p = json.load(sys.stdin)
v = [x for term in p["terms"] for x in term["versions"]]
day = lambda x: x["issued_at"][:10] + " " + str(x["days"])
sys.exit(not eval(f"({sys.argv[1]})"))' "$expression"
    verdict $? "$text"
}

# refuses TEXT STATUS CODE OPTION...
refuses() {
    text=$1 status=$2 code=$3
    shift 3
    answer=$("$tenure" plan "$@" --json)
    got=$?
    printf '%s' "$answer" | python3 -c '
import json, sys
p = json.load(sys.stdin)
sys.exit(p["code"] != sys.argv[1] or not p["detail"] or not p["remedy"])' "$code" && [ $got -eq "$status" ]
    verdict $? "$text"
}

for profile in alibaba-2025-intl alibaba-2025-cn; do
    gives "row 1: $profile carries 20 days" \
        'v[0]["not_after"] == "2026-09-30T23:59:59Z" and p["carried_days"] == 20 and v[0]["days"] == 385 and len(v) == 1' \
        --profile $profile --renew --old-end 2025-10-01T00:00:00Z --at 2025-09-10T10:00:00Z
done
gives "row 2: an early renewal submits itself where the window opens" \
    'p["carried_days"] == 30 and v[0]["days"] == 395 and v[0]["issued_at"] == "2025-09-01T00:00:00Z"' \
    --profile alibaba-2025-cn --early --old-end 2025-10-01T00:00:00Z --at 2025-08-15
gives "row 3: a purchase carries nothing" 'p["carried_seconds"] == 0 and v[0]["days"] == 365 and len(v) == 1' \
    --profile alibaba-2025-cn --buy --at 2025-08-15T00:00:00Z
for profile in alibaba-2021 alibaba-2025-intl alibaba-2025-cn tencent-2024 modern; do
    refuses "row 4: $profile refuses to renew what has expired" 1 expired_buy_new \
        --profile $profile --renew --old-end 2025-10-01 --at 2025-10-01T00:00:01Z
done
gives "row 5: a changed specification loses the carry-over" 'p["carried_days"] == 0 and v[0]["days"] == 365' \
    --profile alibaba-2021 --renew --old-end 2021-11-01T00:00:00Z --at 2021-10-02T00:00:00Z --spec-changed
gives "row 6: bonus days, and a second version" \
    'p["coverage_end"] == "2025-06-30T00:00:00Z" and p["bonus_days"] == 90 and v[0]["days"] == 397 and len(v) == 2
     and v[0]["limited_by"] == "cap" and v[1]["limited_by"] == "coverage"' \
    --profile tencent-2024 --renew --old-end 2024-04-01 --at 2024-03-12 --bonus 90
gives "row 7: four versions under the changing caps" \
    'p["coverage_end"] == "2027-12-01T00:00:00Z"
     and [day(x) for x in v] == ["2026-11-21 199", "2027-05-09 99", "2027-07-17 99", "2027-09-24 68"]' \
    --profile modern --renew --old-end 2026-12-01 --at 2026-11-21 --backdate 0
gives "row 8: a purchase of one year" '[x["days"] for x in v] == [199, 99, 99, 58]' \
    --profile modern --buy --at 2026-11-21 --backdate 0
gives "row 8: a purchase of three years" \
    '[len(t["versions"]) for t in p["terms"]] == [3, 6, 9]
     and [t["coverage_end"][:10] for t in p["terms"]] == ["2027-11-21", "2028-11-20", "2029-11-20"]' \
    --profile modern --buy --at 2026-11-21 --years 3 --backdate 0
gives "row 9: versions of 46 days at most" \
    'p["coverage_end"] == "2030-04-10T00:00:00Z" and all(x["days"] <= 46 for x in v)' \
    --profile modern --renew --old-end 2029-04-10 --at 2029-03-31

refuses "too early to renew" 1 outside_window --renew --old-end 2027-01-01 --at 2026-12-01T23:59:59Z
gives "the first second of the window" 'p["carried_days"] == 30' --renew --old-end 2027-01-01 --at 2026-12-02
refuses "too late for an early renewal" 1 inside_window --early --old-end 2027-01-01 --at 2026-12-02
refuses "no early renewal in the profile" 1 profile_has_no_early_renewal \
    --profile tencent-2024 --early --old-end 2027-01-01 --at 2026-11-01
refuses "more years than the profile offers" 1 years_not_offered --profile alibaba-2021 --buy --at 2021-01-01 --years 2
refuses "a changed specification where the profile refuses it" 1 specification_change_buy_new \
    --profile alibaba-2025-intl --renew --old-end 2025-10-01 --at 2025-09-10 --spec-changed
refuses "an unknown profile is a usage error" 2 bad_field --profile nobody --buy --at 2026-11-21
refuses "a bad time is a usage error" 2 bad_field --buy --at tomorrow
refuses "two kinds of order are a usage error" 2 usage --buy --renew --old-end 2027-01-01

LANG=zh_CN.UTF-8 LC_ALL= "$tenure" plan --buy --at 2026-11-21 | grep -q '覆盖至 2027-11-20'
verdict $? "the table for people, in Chinese"
LC_ALL=C "$tenure" plan --renew --old-end 2026-01-01 --at 2026-01-02 2>&1 >/dev/null | grep -q 'expired_buy_new'
verdict $? "a refusal for people goes to stderr"
LC_ALL=C "$tenure" plan --no-such-option 2>/dev/null
[ $? -eq 2 ]
verdict $? "an unknown option exits with 2"

exit $failed
