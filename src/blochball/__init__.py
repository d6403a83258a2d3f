"""Permutation-invariant emitter ensembles: one description, three theories, one Dataset."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from blochball._version import __version__
from blochball.protocol import Protocol, Rotation
from blochball.scans import scan
from blochball.support import storage
from blochball.system import Ensemble, System
from blochball.terms import ChainExchange, CollectiveJump, SpinCoupling

if TYPE_CHECKING:
    from blochball import cumulants, exact, models, observables, per_emitter, pictures, twa

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


def __getattr__(name: str) -> Any:
    """Import a theory when it is first asked for: nobody waits for those that they do not use."""
    if name in __all__:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
