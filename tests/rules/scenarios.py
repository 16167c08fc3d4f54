"""The scenarios, by feature, and the rules whose scenario cannot run yet with what they wait for."""
import scenarios_deploy  # noqa: F401
import scenarios_keys  # noqa: F401
import scenarios_life  # noqa: F401
import scenarios_managed  # noqa: F401
import scenarios_orders  # noqa: F401
import scenarios_validity  # noqa: F401
import scenarios_verify  # noqa: F401
import scenarios_window  # noqa: F401
import table

# What the rules wait for that have no scenario yet.
_FEATURES = {
    "the catalogue as data with an API":
        "R126 R127 R128 R144 R146 R147 R171 R174 R176 R179",
    "quotes":
        "R028 R084 R130 R185",
    "payment":
        "R081 R085 R184",
    "the states of orders: submit, withdraw, cancel, resubmit":
        "R025 R036 R045 R079 R088 R116 R119",
    "the default profile of an account, test certificates and those of private CAs":
        "R003 R006 R009 R013 R014 R019 R020 R093 R094 R131 R133 R134 R135 R136 R140 R141 R142",
    "terms of several years and their activation":
        "R053 R211",
    "managed service":
        "R046 R056 R059 R060 R062 R063 R064 R065 R067 R200",
    "the CSR manager":
        "R102 R106 R177 R196",
    "applications, and domain validation by Tenure itself":
        "R109 R110 R111 R112 R115 R118 R124 R186 R188 R189 R192 R193 R217",
    "review of OV and EV: contacts, organisations, letters":
        "R114 R117 R120 R121 R122 R125 R201 R215 R216 R218",
    "notifications":
        "R001 R149 R153 R170 R205 R206",
    "the way back from an emergency":
        "R129 R164 R165 R166 R167 R168 R169",
}
WAITING = {id_: feature for feature, ids in _FEATURES.items() for id_ in ids.split()}

BEGIN = min(row.begin for row in table.rows)
