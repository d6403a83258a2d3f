r"""
How narrow is the line of a superradiant laser?
===============================================

Emitters that are pumped one by one and decay together lase on a line far narrower than any rate
that acts on them. Meiser and others proposed this as an atomic clock (Phys. Rev. Lett. 102, 163601
(2009)). For many emitters at pump :math:`xN\Gamma` the full width is
:math:`\Gamma(1+x)/(2(1-x))`; second-order cumulants have :math:`\Gamma(1+x^2)/(1-x)`.
"""

import matplotlib.pyplot as plt
import numpy as np

from blochball import cumulants, exact, models, observables, twa

size = 1000
ratios = np.array([0.2, 0.35, 0.5, 0.65])
delays = np.array([20, 40, 60, 100, 150, 200]) / size
closed = (1 + ratios) / (2 * (1 - ratios))


def width(theory, ratio, **options):
    """Linewidth in units of Gamma, from the decay of the first order."""
    laser = models.superradiant_laser(size, ratio * size)
    return observables.linewidth(theory.two_time(laser, delays, **options))


# %%
# The delays are a tenth of the coherence time: a rate needs no more. TWA takes about a second a
# point, the exact sampling of coherences some seconds.

semiclassical = [width(twa, x, trajectories=512, origins=30, seed=1) for x in ratios]
true = [width(exact, x, trajectories=64, seed=1) for x in ratios]
truncated = [width(cumulants, x).item() for x in ratios]

figure, ax = plt.subplots(figsize=(6, 3.5), layout="constrained")
ax.plot(ratios, closed, "k-", label=r"$N\to\infty$")
for values, name, marker in ((semiclassical, "TWA", "o"), (true, "exact, sampled", "x")):
    errors = [value.stderr.item() for value in values]
    ax.errorbar(ratios, [value.item() for value in values], errors, fmt=marker, label=name)
ax.plot(ratios, truncated, "^", label="second-order cumulants")
ax.set(xlabel=r"pump$/N\Gamma$", ylabel=r"linewidth$/\Gamma$")
ax.legend()

# %%
# **Check.** TWA agrees with the exact solution within standard errors, and with the closed form to
# a few percent; the cumulants are far off, as they are for any number of emitters.

for x, here, judge, other in zip(ratios, semiclassical, true, truncated, strict=True):
    error = np.hypot(here.stderr.item(), judge.stderr.item())
    print(
        f"{x}: TWA {here.item():.3f}, exact {judge.item():.3f}({error:.3f}), cumulants {other:.3f}"
    )
    assert abs(here.item() - judge.item()) < 4 * error
    assert other > 1.3 * judge.item()
assert np.allclose([here.item() for here in semiclassical], closed, rtol=0.08)
