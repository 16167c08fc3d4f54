"""The scenarios, by feature, and the rules whose scenario cannot run yet with what they wait for."""
import scenarios_application  # noqa: F401
import scenarios_applied  # noqa: F401
import scenarios_catalogue  # noqa: F401
import scenarios_deploy  # noqa: F401
import scenarios_keys  # noqa: F401
import scenarios_kinds  # noqa: F401
import scenarios_life  # noqa: F401
import scenarios_managed  # noqa: F401
import scenarios_notices  # noqa: F401
import scenarios_orders  # noqa: F401
import scenarios_parties  # noqa: F401
import scenarios_payment  # noqa: F401
import scenarios_proof  # noqa: F401
import scenarios_requests  # noqa: F401
import scenarios_review  # noqa: F401
import scenarios_terms  # noqa: F401
import scenarios_uploaded  # noqa: F401
import scenarios_validity  # noqa: F401
import scenarios_verify  # noqa: F401
import scenarios_window  # noqa: F401
import table

# What a rule waits for that has no scenario yet: its id -> the feature.
WAITING = {}

BEGIN = min(row.begin for row in table.rows)
