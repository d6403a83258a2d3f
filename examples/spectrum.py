r"""
What colour is the light of an incoherently pumped ensemble?
============================================================

After PIQS's notebooks on steady states and spectra, which no longer run: ten emitters that are
pumped one by one and decay together, at a weak and at a strong pump. The spectrum is that of the
light from the cavity, by the regression theorem and one sparse linear system a frequency.
"""

import matplotlib.pyplot as plt
import numpy as np

from blochball import exact, models

size = 10
frequencies = np.linspace(-40, 40, 161)
figure, ax = plt.subplots(figsize=(6.5, 3.5), layout="constrained")
intensity = {}
for pump, color in ((1.0, "C0"), (5.0, "C1"), (20.0, "C2")):
    laser = models.superradiant_laser(size, pump)
    line = exact.spectrum(laser, frequencies)
    ax.plot(frequencies, line / line.max(), color=color, label=f"pump {pump:.0f}")
    intensity[pump] = float(line.integrate(line.dims[0])) / (2 * np.pi)
ax.set(
    xlabel=r"frequency $\omega/\Gamma$", ylabel="spectrum (scaled)", yscale="log", ylim=(1e-3, 1.5)
)
ax.legend()

# %%
# **Check.** The integral over all frequencies is the intensity :math:`\langle J^+J^-\rangle` of
# the steady state, but for the wings beyond the picture; and at a pump equal to the decay rate of
# one emitter the state is fully mixed, with an emission of N/2.

for pump, area in intensity.items():
    steady = exact.steady_state(models.superradiant_laser(size, pump)).emission.item()
    print(f"pump {pump}: integral {area:.3f}, emission {steady:.3f}")
    assert 0.8 < area / steady < 1.0
mixed = exact.steady_state(models.superradiant_laser(size, 1.0)).emission.item()
assert abs(mixed - size / 2) < 1e-8
