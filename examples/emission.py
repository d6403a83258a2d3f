r"""
Which start makes an ensemble flash?
====================================

After PIQS's notebook on superradiant light emission: twenty emitters decay together into a bad
cavity. They start inverted, as a coherent state on the equator, or in the Dicke state
:math:`|J=10,M=0\rangle`, which is as much excited as the one on the equator but has no phase. Who
needs a phase to emit at once?
"""

import matplotlib.pyplot as plt
import numpy as np

from blochball import CollectiveJump, Ensemble, System, exact, twa

size = 20
times = np.linspace(0, 0.5, 201)
starts = {
    "inverted": Ensemble(size),
    "coherent, on the equator": Ensemble(size, polar=np.pi / 2),
    r"Dicke state $|10, 0\rangle$": Ensemble(size, dicke=(size // 2, 0)),
}
figure, ax = plt.subplots(figsize=(6.5, 3.5), layout="constrained")
light = {}
for color, (name, ensemble) in zip(("C0", "C1", "C2"), starts.items(), strict=True):
    system = System(ensemble, CollectiveJump(1.0, [1]))
    light[name] = exact.solve(system, times).isel(site=0)
    ax.plot(times, light[name].emission, color=color, label=name)
    if ensemble.dicke is None:
        sampled = twa.solve(system, times, trajectories=4000, seed=1).isel(site=0)
        ax.plot(times, sampled.emission, "--", color="k", lw=0.8)
ax.plot([], [], "k--", lw=0.8, label="TWA")
ax.axhline(size, color="0.6", lw=0.8)
ax.set(xlabel=r"time $\Gamma t$", ylabel=r"emission $\langle J^+J^-\rangle$", ylim=(0, None))
ax.legend()

# %%
# A phase is not needed: the Dicke state emits at once, and as fast as the coherent one. What counts
# is that emitters are correlated. Those that start inverted emit as independent ones do (the grey
# line) until they are, by having emitted together. TWA has no Dicke states: their Wigner functions
# are negative.
#
# **Check.** The Dicke state :math:`|J,M\rangle` emits :math:`(J+M)(J-M+1)` at the start, the
# coherent state :math:`N(N+1)/4`; and all of the energy leaves as light.

for ds, at_first in zip(light.values(), (size, size * (size + 1) / 4, 10 * 11), strict=True):
    photons = float(np.trapezoid(ds.emission, times))
    lost = float(ds.inversion[0] - ds.inversion[-1])
    print(f"{float(ds.emission[0]):.3f} for {at_first:.0f}; {photons:.3f} photons for {lost:.3f}")
    assert abs(ds.emission[0] - at_first) < 1e-6
    assert abs(photons - lost) < 1e-3 * lost
