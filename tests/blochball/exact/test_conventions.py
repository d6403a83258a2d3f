"""The tables of docs/conventions.md: Systems as other programs write them, in QuTiP and here."""

import numpy as np
import pytest
import qutip

from blochball import CollectiveJump, Ensemble, System, exact

CLASSES = (2, 1)
TIMES = [0.0, 0.3, 0.9]
POLAR, AZIMUTH = 1.1, 0.3
FIRST = ("spin_x", "spin_y", "inversion")


def emitters():
    """sigma^-, sigma^+ and sigma^z of each emitter, and the number of its class."""
    count, every = sum(CLASSES), []
    for l in range(count):
        parts = []
        for matrix in (qutip.sigmam(), qutip.sigmap(), qutip.sigmaz()):
            factors = [qutip.qeye(2)] * count
            factors[l] = matrix
            parts.append(qutip.tensor(factors))
        every.append(parts)
    return every, np.repeat(np.arange(len(CLASSES)), CLASSES)


def theirs(hamiltonian, jumps, every, of):
    """<J> of every class, shape (times, classes, 3)."""
    up = np.cos(POLAR / 2) * qutip.basis(2, 0)
    down = np.sin(POLAR / 2) * np.exp(1j * AZIMUTH) * qutip.basis(2, 1)
    start = qutip.tensor([up + down] * len(of))
    spin = []
    for label in range(len(CLASSES)):
        mine = [parts for parts, l in zip(every, of, strict=True) if l == label]
        minus, plus, z = (sum(parts) for parts in zip(*mine, strict=True))
        spin += [(plus + minus) / 2, (plus - minus) / 2j, z / 2]
    options = {"rtol": 1e-10, "atol": 1e-12, "progress_bar": ""}
    found = qutip.mesolve(hamiltonian, start, TIMES, jumps, e_ops=spin, options=options)
    return np.array(found.expect).T.reshape(len(TIMES), len(CLASSES), 3)


def ours(system):
    ds = exact.solve(system, TIMES, tolerance=1e-11)
    return np.stack([ds[name].values for name in FIRST], axis=-1)


def ensembles(**rates):
    each = [
        {name: np.broadcast_to(value, len(CLASSES))[l] for name, value in rates.items()}
        for l in range(len(CLASSES))
    ]
    return [
        Ensemble(n, polar=POLAR, azimuth=AZIMUTH, **some)
        for n, some in zip(CLASSES, each, strict=True)
    ]


@pytest.mark.parametrize("factor", [2, 1], ids=["as the table says", "negative control"])
def test_cavsqueeze(factor):
    chi, rate, occupation, gamma_phi = 0.7, 0.5, 0.4, 0.3
    weights, delta = np.array([1.0, 1.3]), np.array([0.4, -0.6])
    every, of = emitters()
    minus, plus = (
        sum(weights[l] * parts[k] for parts, l in zip(every, of, strict=True)) for k in (0, 1)
    )
    hamiltonian = chi * plus * minus
    hamiltonian += sum(delta[l] / 2 * parts[2] for parts, l in zip(every, of, strict=True))
    jumps = [np.sqrt(rate * (occupation + 1)) * minus, np.sqrt(rate * occupation) * plus]
    jumps += [np.sqrt(gamma_phi / 2) * parts[2] for parts in every]
    system = System(
        ensembles(detuning=delta, dephasing=gamma_phi / factor),
        [
            CollectiveJump(rate * (occupation + 1), weights),
            CollectiveJump(rate * occupation, weights, "pump"),
        ],
        exchange=chi * np.outer(weights, weights),
    )
    off = np.abs(ours(system) - theirs(hamiltonian, jumps, every, of)).max()
    assert off < 1e-7 if factor == 2 else off > 0.01


@pytest.mark.parametrize("factor", [4, 2], ids=["as the table says", "negative control"])
def test_quantum_cumulants(factor):
    frequency, drive, nu = 0.8, 0.35, 0.6
    rates = np.array([[0.9, 0.4], [0.4, 0.7]])
    every, of = emitters()
    # sigma^{12} lowers, sigma^{22} is excited
    excited = [(1 + parts[2]) / 2 for parts in every]
    hamiltonian = sum(frequency * e for e in excited)
    hamiltonian += sum(drive * (parts[0] + parts[1]) for parts in every)
    lowering = [
        sum(parts[0] for parts, l in zip(every, of, strict=True) if l == label)
        for label in range(len(CLASSES))
    ]
    # sum_ij R_ij (J_i rho J_j^+ - {J_j^+ J_i, rho} / 2)
    dissipator = sum(
        rates[i, j] * qutip.lindblad_dissipator(lowering[i], lowering[j])
        for i, j in np.ndindex(2, 2)
    )
    local = [np.sqrt(nu) * e for e in excited]
    found = theirs(qutip.liouvillian(hamiltonian) + dissipator, local, every, of)
    values, vectors = np.linalg.eigh(rates)
    system = System(
        ensembles(detuning=frequency, dephasing=nu / factor),
        [CollectiveJump(value, v) for value, v in zip(values, vectors.T, strict=True)],
        drive=[drive] * len(CLASSES),
    )
    off = np.abs(ours(system) - found).max()
    assert off < 1e-7 if factor == 4 else off > 0.01
