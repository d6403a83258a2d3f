"""Random numbers: who draws from which stream, random words, and the variates made of them."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from blochball.twa.lanes import LANES, uncounted, width

# unit variance, fourth moment 3: weak order two asks no more of a noise than that
RARE = 1.8572802003960462  # each sign with probability 1/8
FREQUENT = 0.4283729905961322  # each sign with probability 3/8
STEPS_PER_WORD = 7  # 3 noises of 3 bits a step out of 64 bits

_U = np.uint64


class Stream(IntEnum):
    """What a stream of random numbers is for: the first entry of its spawn key."""

    BLOCKS = 0
    PILOT = 1
    STEP_ERROR = 2
    STRATA = 3
    EQ6 = 4
    TWO_TIMES = 5
    STATIONARY = 6


def stream(seed: int, purpose: Stream, *numbers: int) -> np.random.Generator:
    """Return the stream of a purpose, and of a block where it has blocks."""
    key = (int(purpose), *numbers)
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=key)))


def seeds(generator: np.random.Generator, groups: int) -> NDArray[np.uint64]:
    """Draw states of the lanes' generators, a row for each group."""
    raw = generator.bit_generator.random_raw(groups * 2 * LANES)
    return np.asarray(raw, np.uint64).reshape(groups, 2 * LANES)


@uncounted
def draw(state, word, halves):
    """Draw one 64-bit word a lane by xoroshiro128++ (Blackman & Vigna, arXiv:1805.01407)."""
    n = width(halves)
    for i in range(n):
        a = state[i]
        b = state[i + n]
        c = a + b
        word[i] = ((c << _U(17)) | (c >> _U(47))) + a
        b ^= a
        state[i] = ((a << _U(49)) | (a >> _U(15))) ^ b ^ (b << _U(21))
        state[i + n] = (b << _U(28)) | (b >> _U(36))


@uncounted
def refresh(random, words, clock, which, halves):
    """Return the shift of the bits for the next step, after new words where they are used up."""
    if clock[which] == STEPS_PER_WORD:
        for k in range(words.shape[0]):
            draw(random, words[k], halves)
        clock[which] = 0
    clock[which] += 1
    return _U(9 * (clock[which] - 1))


@uncounted
def sizes(scale):
    """Return scale times the two sizes of a variate."""
    return scale * RARE, scale * FREQUENT


@uncounted
def variate(bits, rare=RARE, frequent=FREQUENT):
    """Turn the lowest three bits into a four-valued variate, of unit variance or other `sizes`."""
    size = rare if bits & _U(3) == _U(0) else frequent
    return size if bits & _U(4) == _U(0) else -size


@uncounted
def fill_noise(word, shift, scale, out, column, halves):
    """Fill a column with scale times a variate."""
    n = width(halves)
    rare, frequent = sizes(scale)
    for i in range(n):
        out[i + column] = variate(word[i] >> shift, rare, frequent)
