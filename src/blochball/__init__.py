"""Permutation-invariant emitter ensembles: one description, three theories, one Dataset."""

from blochball import cumulants, exact, models, observables, per_emitter, pictures, twa
from blochball._version import __version__
from blochball.protocol import Protocol, Rotation
from blochball.scans import scan
from blochball.support import storage
from blochball.system import Ensemble, System
from blochball.terms import ChainExchange, CollectiveJump, SpinCoupling

__all__ = [
    "ChainExchange",
    "CollectiveJump",
    "Ensemble",
    "Protocol",
    "Rotation",
    "SpinCoupling",
    "System",
    "__version__",
    "cumulants",
    "exact",
    "models",
    "observables",
    "per_emitter",
    "pictures",
    "scan",
    "storage",
    "twa",
]
