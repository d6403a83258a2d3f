"""Phase space of variable-length spins: Weyl symbols, Poisson bracket and the kernel behind them.

A point is (phi, theta, psi, spin): Euler angles of a symmetric top and the classical spin 𝒥, which
is half-integer, 𝒥 = (J + J')/2 for an operator that couples the sectors J and J' (paper Eqs. 4-6).
R = 𝒥 + 1/2 and M = R cos(theta) are the momenta conjugate to psi and phi, and kappa =
sqrt(𝒥(𝒥+1)) = sqrt(R^2 - 1/4) is the length of the Bloch vector.

Every function but the kernel takes numbers, arrays that broadcast or, with ``xp=sympy``, symbols.
Derivations are in docs/derivation.md. The mapping is that of Tomatani, Romero and Klimov,
J. Phys. A 48, 215303 (2015), and Morales-Hernandez et al., Entropy 23, 684 (2021).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import factorial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blochball.support import validation

COORDINATES = ("phi", "theta", "psi", "spin")
Bracket = Callable[[Any, Any], Any]


# -- symbols -------------------------------------------------------------------------------------


def amplitude_squared(j, size, length):  # type: ignore[no-untyped-def]
    """Square X_j^2 of the part of a local jump amplitude that does not depend on its kind q.

    Parameters
    ----------
    j : {-1, 0, 1}
        Change of the spin.
    size : number
        Emitters N.
    length : number or array
        R = 𝒥 + 1/2, between 1/2 and N/2 + 1: the amplitude vanishes where the spin would leave
        its range (R = 1/2 for j = -1, R = N/2 + 1 for j = 1).
    """
    return (size + 2 - 2 * j * length) * (2 * length + j) / (2 * length)


def local_amplitude(j: int, q: int, size: Any, spin: Any, xp: Any = np) -> Any:
    """Jump amplitude chi_jq(𝒥) of a local jump of kind q = -1, 0, 1 in Eq. (4)."""
    return _spherical(q, xp) * xp.sqrt(amplitude_squared(j, size, spin + _half(xp)))


def collective_amplitude(q: int, spin: Any, xp: Any = np) -> Any:
    """Jump amplitude chi_q(𝒥) of J^-, J^z or J^+ in Eq. (4)."""
    scale = 2 if q else 1
    return scale * _spherical(q, xp) * xp.sqrt(spin * (spin + 1))


def rotation_element(q: int, j: int, phi: Any, theta: Any, psi: Any, xp: Any = np) -> Any:
    """Conjugate D^{1*}_{qj}(phi, theta, psi) of a spin-1 Wigner D-matrix element.

    The rotation is exp(-i phi J^z) exp(-i theta J^y) exp(-i psi J^z).
    """
    if q and j:
        polar = (1 + q * j * xp.cos(theta)) / 2
    elif q or j:
        polar = (j - q) * xp.sin(theta) / xp.sqrt(2)
    else:
        polar = xp.cos(theta)
    return polar * xp.exp(_unit(xp) * (q * phi + j * psi))


def local_jump(j: int, q: int, size: Any, point: tuple[Any, Any, Any, Any], xp: Any = np) -> Any:
    """Weyl symbol l^{jq} of the effective jump that takes J to J + j and M to M + q: Eq. (4).

    Parameters
    ----------
    j, q : {-1, 0, 1}
        Change of the spin; kind of the jump: decay, dephasing (sigma^z, not half of it), pump.
    size : number
        Emitters N.
    point : tuple
        (phi, theta, psi, spin).
    xp : module
        numpy or sympy.

    Notes
    -----
    Exact for 𝒥 = 1/2, 1, ..., N/2; at 𝒥 = 0, where no pair of sectors is coupled by a vector
    operator, the trace with the kernel is 0 and this is the continuation.
    """
    phi, theta, psi, spin = point
    turned = rotation_element(q, j, phi, theta, psi, xp)
    return local_amplitude(j, q, size, spin, xp) * turned


def collective_jump(q: int, point: tuple[Any, Any, Any, Any], xp: Any = np) -> Any:
    """Weyl symbol L^q of J^- (q = -1), J^z (0) or J^+ (1): Eq. (4)."""
    phi, theta, _, spin = point
    return collective_amplitude(q, spin, xp) * rotation_element(q, 0, phi, theta, 0, xp)


def bloch_vector(point: tuple[Any, Any, Any, Any], xp: Any = np) -> tuple[Any, Any, Any]:
    """Weyl symbols of J^x, J^y and J^z: the vector kappa(𝒥) n(phi, theta)."""
    phi, theta, _, spin = point
    length = xp.sqrt(spin * (spin + 1))
    return (
        length * xp.sin(theta) * xp.cos(phi),
        length * xp.sin(theta) * xp.sin(phi),
        length * xp.cos(theta),
    )


def poisson_bracket(first: Any, second: Any, theta: Any, spin: Any, xp: Any = np) -> Any:
    """Poisson bracket {f, g} of the symmetric top in Eq. (5), from two gradients.

    The canonical pairs are {phi, M} = 1 and {psi, R} = 1.

    Parameters
    ----------
    first, second : sequence of four
        Derivatives of f and g by phi, theta, psi and spin.
    theta, spin : number, array or symbol
        Where.
    xp : module
        numpy or sympy.

    Returns
    -------
    number, array or expression
        {f, g}; {J^x, J^y} = J^z up to relative O(1/R^2).
    """

    def wedge(k: int, l: int) -> Any:
        return first[k] * second[l] - first[l] * second[k]

    phi_theta, psi_theta, psi_spin = wedge(0, 1), wedge(2, 1), wedge(2, 3)
    length = spin + _half(xp)
    tilted = (xp.cos(theta) * psi_theta - phi_theta) / (length * xp.sin(theta))
    return tilted + psi_spin


def product(first: Any, second: Any, bracket: Bracket) -> Any:
    """Weyl symbol of the product of two operators, to relative O(1/R^2): Eq. (5).

    Parameters
    ----------
    first, second : tuple (real part, imaginary part)
        Weyl symbols of the factors.
    bracket : callable
        Poisson bracket {f, g} of two real functions.

    Returns
    -------
    tuple (real part, imaginary part)
    """
    (a, b), (c, d) = first, second
    # {a + ib, c + id}, whose i/2 turns real into imaginary
    real, imaginary = bracket(a, c) - bracket(b, d), bracket(a, d) + bracket(b, c)
    return a * c - b * d - imaginary / 2, a * d + b * c + real / 2


def langevin(
    function: Any, hamiltonian: Any, jumps: Iterable[Any], bracket: Bracket, xp: Any = np
) -> Any:
    """Rate of change of a function along one trajectory: Eq. (6), a Stratonovich equation.

    Parameters
    ----------
    function, hamiltonian : number, array or expression
        Z and H, real.
    jumps : iterable of (rate, symbol, noise)
        r_k, and L_k and eta_k as tuples (real part, imaginary part); real and imaginary part of
        the noise are each a unit white noise.
    bracket : callable
        Poisson bracket {f, g} of two real functions.
    xp : module
        numpy or sympy.

    Returns
    -------
    number, array or expression
        {Z, H} + Re sum_k {Z, sqrt(r_k) L_k} (eta_k + i sqrt(r_k) L_k^*).
    """
    change = bracket(function, hamiltonian)
    for rate, (real, imaginary), noise in jumps:
        root = xp.sqrt(rate)
        along = root * bracket(function, real), root * bracket(function, imaginary)
        kick = noise[0] + root * imaginary, noise[1] + root * real
        change = change + along[0] * kick[0] - along[1] * kick[1]
    return change


def generator(function: Any, jump: Any, bracket: Bracket, sign: int = 1) -> Any:
    """Mean rate of change of a function under one jump of unit rate: the generator of Eq. (6).

    Re[i L^* {f, L}], the drift, and half of the second derivatives along the two noise fields.

    Parameters
    ----------
    function : number, array or expression
        f, real.
    jump : tuple (real part, imaginary part)
        The Weyl symbol L.
    bracket : callable
        Poisson bracket {f, g} of two real functions.
    sign : {1, -1}
        -1 for a jump whose recoil has the wrong sign: a control for tests.

    Returns
    -------
    number, array or expression
    """
    real, imaginary = jump
    along_real, along_imaginary = bracket(function, real), bracket(function, imaginary)
    drift = sign * (imaginary * along_real - real * along_imaginary)
    return drift + (bracket(along_real, real) + bracket(along_imaginary, imaginary)) / 2


# -- the kernel, for few emitters ------------------------------------------------------------------


def dicke_basis(size: int) -> list[tuple[float, float]]:
    """Return the pairs (J, M), J from size/2 down and M from J down: the basis of `kernel`."""
    size = validation.integer("dicke_basis", "size", size, 1)
    spins = [size / 2 - k for k in range(size // 2 + 1)]
    return [(spin, spin - k) for spin in spins for k in range(round(2 * spin) + 1)]


def tensor_operator(
    size: int, rank: int, component: int, after: float, before: float
) -> NDArray[np.float64]:
    """Irreducible tensor T^K_q from the sector J = `before` to `after`, with Tr T^+ T = 1.

    The phases are such that the adjoint of T^K_q(J', J) is (-1)^(J' - J - q) T^K_-q(J, J').
    """
    basis = dicke_basis(size)
    found = np.zeros((len(basis), len(basis)))
    for row, (spin, m) in enumerate(basis):
        for column, (start, m_start) in enumerate(basis):
            if (spin, start) == (after, before) and m == m_start + component:
                sign = (-1) ** round(spin - m)
                symbol = wigner_3j(spin, rank, start, -m, component, m_start)
                found[row, column] = sign * np.sqrt(2 * rank + 1) * symbol
    return found


def kernel(size: int, spin: float, phi: float, theta: float, psi: float) -> NDArray[np.complex128]:
    """Stratonovich-Weyl kernel Delta(phi, theta, psi, 𝒥) = U Pi_𝒥 U^+ on the Dicke basis.

    The symbol of O is Tr[O Delta]; Tr[A B] is the sum over 𝒥 = 0, 1/2, 1, ... of (2𝒥 + 1)/(8 pi^2)
    times the integral of the product of their symbols over all angles.

    Parameters
    ----------
    size : int
        Emitters N; the cost grows as N^6.
    spin : float
        𝒥, a multiple of 1/2 between 0 and N/2. Where N/2 - 𝒥 is whole only sectors whose J differ
        by an even number are coupled, otherwise only those where it is odd.
    phi, theta, psi : float
        Euler angles in radians.

    Returns
    -------
    ndarray of shape (states, states)
        Hermitian; in the basis of `dicke_basis`.

    Raises
    ------
    ValueError
        If 𝒥 is not a multiple of 1/2 in range.
    """
    basis = dicke_basis(size)
    sectors = {spin for spin, _ in basis}
    twice = 2 * validation.real("kernel", "spin", spin, 0)
    if twice != round(twice) or twice > size:
        raise ValueError(f"kernel: spin must be a multiple of 1/2 up to {size / 2:g}, got {spin!r}")
    parity = np.zeros((len(basis), len(basis)))
    for change in range(-size, size + 1):
        after, before = spin + change / 2, spin - change / 2
        if after in sectors and before in sectors:
            for rank in range(abs(change), round(after + before) + 1):
                weight = np.sqrt((2 * rank + 1) / (2 * spin + 1))
                parity += weight * tensor_operator(size, rank, change, after, before).T
    turn = rotation(size, phi, theta, psi)
    return np.asarray(turn @ parity @ turn.conj().T)


def rotation(size: int, phi: float, theta: float, psi: float) -> NDArray[np.complex128]:
    """Return U = exp(-i phi J^z) exp(-i theta J^y) exp(-i psi J^z) on the Dicke basis."""
    inversion, raising = spin_operators(size)
    value, vector = np.linalg.eigh((raising - raising.T) / 2j)
    tilt = (vector * np.exp(-1j * theta * value)) @ vector.conj().T
    m = np.diag(inversion)
    return np.asarray(np.exp(-1j * phi * m)[:, None] * tilt * np.exp(-1j * psi * m))


def spin_operators(size: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return J^z and J^+ as matrices on the Dicke basis."""
    basis = dicke_basis(size)
    inversion = np.diag([m for _, m in basis])
    raising = np.zeros((len(basis), len(basis)))
    for row, (spin, m) in enumerate(basis):
        if m < spin:
            raising[row - 1, row] = np.sqrt((spin - m) * (spin + m + 1))
    return inversion, raising


def wigner_3j(a: float, b: float, c: float, ma: float, mb: float, mc: float) -> float:
    """Wigner 3j symbol of integer or half-integer arguments by Racah's formula."""
    if ma + mb + mc != 0 or not abs(a - b) <= c <= a + b:
        return 0.0
    if abs(ma) > a or abs(mb) > b or abs(mc) > c:
        return 0.0
    sides = (a + b - c, a - b + c, -a + b + c, a + ma, a - ma, b + mb, b - mb, c + mc, c - mc)
    square = 1.0
    for number in sides:
        square *= factorial(round(number))
    square /= factorial(round(a + b + c + 1))
    first = round(max(0.0, b - c - ma, a - c + mb))
    last = round(min(a + b - c, a - ma, b + mb))
    total = 0.0
    for k in range(first, last + 1):
        below = (a + b - c - k, a - ma - k, b + mb - k, c - b + ma + k, c - a - mb + k)
        product = factorial(k)
        for number in below:
            product *= factorial(round(number))
        total += (-1) ** k / product
    return float((-1) ** round(a - b - mc) * np.sqrt(square) * total)


# -- numbers that must stay exact when the arguments are symbols ---------------------------------


def _half(xp: Any) -> Any:
    return 0.5 if xp is np else xp.Rational(1, 2)


def _unit(xp: Any) -> Any:
    return 1j if xp is np else xp.I


def _spherical(q: int, xp: Any) -> Any:
    # sigma^q in units of the spherical components of the Pauli vector
    return -q / xp.sqrt(2) if q else 1
