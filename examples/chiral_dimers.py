r"""
Can driven emitters go dark in pairs?
=====================================

Emitters along a chiral waveguide emit more to the right than to the left. Driven through the
guide, four of them settle in a pure state of two pairs, each of which emits nothing (K.
Stannigel, P. Rabl and P. Zoller, New J. Phys. 14, 063014 (2012); H. Pichler and others, Phys.
Rev. A 91, 042116 (2015)). Every emitter is excited, and yet the guide is dark. Both directions
have to differ: without chirality pairs do not form.
"""

import matplotlib.pyplot as plt
import numpy as np

from blochball import exact, models

times = np.linspace(0, 40, 201)
figure, ax = plt.subplots(figsize=(6.5, 3.5), layout="constrained")
late = {}
for backward, color in ((0.0, "C0"), (0.3, "C1"), (1.0, "C2")):
    guide = models.chiral_waveguide(
        4, 1, phase=0.0, forward=1.0, backward=backward, drive=0.5, detunings=[0.2, -0.2] * 2
    )
    ds = exact.solve(guide, times)
    rates = np.array([1.0, backward])
    photons = (rates * ds.output).sum("channel")
    ax.plot(times, photons, color=color, label=f"backward {backward}, forward 1")
    late[backward] = ds.isel(time=-1), photons[-1].item()
ax.set(xlabel="time", ylabel="scattered photons per time", yscale="log", ylim=(1e-4, 10))
ax.legend()

# %%
# With a cascade (nothing goes backward) the first pair settles first, then the second one in its
# dark.
#
# **Check.** A pair of opposite detunings :math:`\pm\delta` is in the state
# :math:`|gg\rangle+\alpha|S\rangle` with :math:`|\alpha|^2=8\Omega^2/(4\delta^2+\Delta\gamma^2)`,
# :math:`\Delta\gamma` the difference of the two rates. Half of its excitation sits on each
# emitter.

for backward in (0.0, 0.3):
    ds, photons = late[backward]
    alpha = 8 * 0.5**2 / (4 * 0.2**2 + (1 - backward) ** 2)
    excited = ds.inversion.values + 0.5
    print(
        f"backward {backward}: excited {excited.round(4)}, law {alpha / (1 + alpha) / 2:.4f}, ",
        end="",
    )
    print(f"photons {photons:.1e}")
    if backward == 0:
        assert abs(excited - alpha / (1 + alpha) / 2).max() < 1e-3
        assert photons < 1e-3
assert late[1.0][1] > 0.05
