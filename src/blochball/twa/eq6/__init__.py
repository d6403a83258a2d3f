"""The paper's four variables an ensemble, Eq. (6): the reference for the Bloch-ball form."""

from blochball.twa.eq6.solver import solve

__all__ = ["solve"]
