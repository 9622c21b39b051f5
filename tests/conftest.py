"""How hard the properties are tried: a Hypothesis profile, chosen by HYPOTHESIS_PROFILE.
And clients in tests find the servers on this machine, whatever proxy the environment names."""

import os

from hypothesis import settings

# No deadlines: a busy machine must not turn a property into a claim about time.
settings.register_profile("dev", max_examples=50, deadline=None)
# The same commit gets the same verdict; fresh examples are what `dev` and `proofs` are for. Some
# properties ask every card that ships for each example: with 200 they took half an hour.
settings.register_profile("ci", max_examples=50, deadline=None, derandomize=True)
# One property, one plugin: what the kit asks of the plugins that ship (`nox -s kit`).
settings.register_profile("kit", max_examples=500, deadline=None, derandomize=True)
# HYPOTHESIS_EXAMPLES is for a quicker look at one property, or a longer one.
examples = int(os.environ.get("HYPOTHESIS_EXAMPLES", "20000"))
settings.register_profile("proofs", max_examples=examples, deadline=None, print_blob=True)

settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev"))

_others = os.environ.get("no_proxy") or os.environ.get("NO_PROXY")
for _name in ("NO_PROXY", "no_proxy"):
    os.environ[_name] = ",".join(filter(None, (_others, "127.0.0.1,localhost,::1")))
