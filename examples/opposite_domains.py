r"""
Can a cavity pump the ensemble that it drains?
==============================================

Five emitters start in the ground state, fifteen inverted, and all decay into one cavity. What
emits last? The light stops although emitters are still excited: the collective decay can only
lower :math:`J^z` within the total spin :math:`J` of all twenty, and :math:`J=5` is likely at the
start. The five that began in the ground state end inverted: they have a negative temperature.
"""

from math import lgamma

import matplotlib.pyplot as plt
import numpy as np

from blochball import CollectiveJump, Ensemble, System, exact, twa

low, high = 5, 15
domains = System(
    [Ensemble(low, polar=np.pi), Ensemble(high)], CollectiveJump(1.0, [1, 1], name="cavity")
)
times = np.linspace(0, 6, 121)
true = exact.solve(domains, times)
sampled = twa.solve(domains, times, trajectories=5000, seed=1)

figure, ax = plt.subplots(figsize=(6.5, 3.5), layout="constrained")
for site, (size, color) in enumerate(((low, "C0"), (high, "C1"))):
    ax.plot(times, 2 * true.inversion.isel(site=site) / size, color=color, label=f"{size} emitters")
    ax.plot(times, 2 * sampled.inversion.isel(site=site) / size, "--", color=color)
ax.plot([], [], "k-", label="exact")
ax.plot([], [], "k--", label="TWA")
ax.axhline(0, color="0.6", lw=0.8)
ax.set(xlabel=r"time $\Gamma t$", ylabel=r"inversion $2\langle J_l^z\rangle/N_l$")
ax.legend()

# %%
# **Check.** In the end :math:`J^z=-J`, and the distribution of :math:`J` never changes. In a
# product of a ground and an inverted state it is
# :math:`P(J)=(2J+1)\,N_1!\,N_2!/[(N/2+J+1)!\,(N/2-J)!]`.

total = low + high
spins = np.arange((high - low) / 2, total / 2 + 1)
log = [
    np.log(2 * j + 1) + lgamma(low + 1) + lgamma(high + 1)
    - lgamma(total / 2 + j + 2) - lgamma(total / 2 - j + 1)
    for j in spins
]  # fmt: skip
chance = np.exp(log)
expected = -(chance @ spins)
late = true.isel(time=-1)
print(f"sum of P(J): {chance.sum():.12f}")
print(f"final inversion: {float(late.inversion.sum()):.5f}, law: {expected:.5f}")
small = true.inversion[-1, 0].item(), sampled.inversion[-1, 0].item()
print(f"of the small ensemble: {small[0]:.5f}, TWA {small[1]:.2f}")
assert abs(chance.sum() - 1) < 1e-12
assert abs(float(late.inversion.sum()) - expected) < 1e-3
assert late.inversion[0] > 1.6
